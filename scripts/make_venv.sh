#!/bin/sh
# .venv from python3; on a bare Debian or Ubuntu the venv module is a package of its own.
set -eu
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "error: Python 3.10 or newer is needed; set PYTHON=/path/to/python3" >&2
    exit 1
fi
if "$python" -m venv .venv 2>/dev/null; then exit 0; fi
rm -rf .venv
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    "$python" -m venv .venv && exit 0
fi
echo "error: python3 cannot make virtual environments; install its venv module (Debian, Ubuntu: sudo apt-get install python3-venv)" >&2
exit 1
