#!/bin/sh
# python_ready.sh PYTHON: makes sure that this interpreter can make virtual environments.
python=$1
if ! command -v "$python" >/dev/null 2>&1; then
    echo "There is no $python here: install Python 3.11 or newer, or name one with PYTHON=." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$python is older than 3.11: name a newer interpreter with PYTHON=." >&2
    exit 1
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the package python3-venv, which $python lacks ..."
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    "$python" -c 'import ensurepip, venv' 2>/dev/null && exit 0
fi
echo "$python cannot make virtual environments: install its venv package (python3-venv)." >&2
exit 1
