#!/bin/sh
# The browser tests need a Chromium: an existing one, else the distribution's package when we are root, if it has one
# the shell without windows, which is quicker.
set -eu
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing the distribution's chromium for the browser tests" >&2
    apt-get update -qq
    for name in chromium-headless-shell chromium; do
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$name" >/dev/null 2>&1 && exit 0
    done
fi
echo "No Chromium was found, so the browser tests cannot run; install one (Debian, Ubuntu: sudo apt-get install chromium)." >&2
if [ "${CI:-}" = true ]; then exit 1; fi
