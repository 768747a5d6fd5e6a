#!/bin/sh
# prometheus_ready.sh FOLDER: makes sure that the tests of the metrics find Prometheus and
# Alertmanager, on PATH or in FOLDER. Debian's packages are unpacked there: nothing is installed,
# and no service is started. Where that cannot be done those tests are skipped.
folder=$1
PATH="$PATH:$folder/usr/bin"
there() {
    command -v prometheus >/dev/null 2>&1 && command -v promtool >/dev/null 2>&1 &&
        { command -v prometheus-alertmanager >/dev/null 2>&1 || command -v alertmanager >/dev/null 2>&1; }
}
there && exit 0
if command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1; then
    echo "Fetching the packages prometheus and prometheus-alertmanager for the tests of the metrics ..."
    scratch=$(mktemp -d)
    fetch() { (cd "$scratch" && apt-get download -qq prometheus prometheus-alertmanager) >/dev/null 2>&1; }
    fetch || { [ "$(id -u)" = 0 ] && apt-get update -qq && fetch; }
    mkdir -p "$folder"
    for package in "$scratch"/*.deb; do
        [ -f "$package" ] && dpkg-deb -x "$package" "$folder"
    done
    rm -rf "$scratch"
fi
there || echo "Prometheus and Alertmanager are not to be had here: the tests that need them are skipped." >&2
exit 0
