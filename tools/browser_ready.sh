#!/bin/sh
# browser_ready.sh PYTHON: makes sure that there is a Chromium for the browser tests.
python=$1
works() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && "$name" --version >/dev/null 2>&1 && return 0
    done
    "$python" -c 'if 1:
        import os, sys
        from playwright.sync_api import sync_playwright
        with sync_playwright() as p:
            sys.exit(not os.path.exists(p.chromium.executable_path))' 2>/dev/null
}
# Playwright brings a Node of its own, which needs this library.
atomic() { ldconfig -p 2>/dev/null | grep -q libatomic.so.1 || [ "$(uname -s)" != Linux ]; }
works && atomic && exit 0
if [ "$(id -u)" = 0 ] && grep -q '^ID=debian' /etc/os-release 2>/dev/null; then
    echo "Installing the packages chromium and libatomic1 for the browser tests ..."
    apt-get update -qq && apt-get install -y -qq chromium libatomic1 >/dev/null
elif [ "$(id -u)" = 0 ] && grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
    echo "Installing Chromium for the browser tests ..."
    apt-get update -qq && apt-get install -y -qq libatomic1 >/dev/null
    "$python" -m playwright install --with-deps chromium
fi
works && exit 0
echo "The browser tests need Chromium on PATH: install it, or run $python -m playwright install chromium." >&2
exit 1
