#!/bin/sh
# make test-engines tries Firefox and WebKit as well: those that are installed, else the distribution's packages when we
# are root. Tests of an engine that is not there are skipped, so this never fails.
set -u
missing=""
command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 || missing="$missing firefox-esr"
command -v WebKitWebDriver >/dev/null 2>&1 || missing="$missing webkit2gtk-driver"
command -v Xvfb >/dev/null 2>&1 || missing="$missing xvfb"
if [ -z "$missing" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for the browser tests:$missing" >&2
    apt-get update -qq
    for name in $missing; do
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$name" >/dev/null 2>&1 || echo "$name cannot be installed" >&2
    done
else
    echo "Not tried, since they are not installed:$missing (Debian: sudo apt-get install$missing)." >&2
fi
exit 0
