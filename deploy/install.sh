#!/bin/sh
# Makes .venv with the locked packages. Usage: deploy/install.sh [dev]
# Does nothing when the locks have not changed since the last run.
set -eu
cd "$(dirname "$0")/.."
locks="requirements-bootstrap.lock requirements.lock"
[ "${1:-}" = dev ] && locks="$locks requirements-dev.lock"
want=$(cat $locks | cksum)
[ -x .venv/bin/python ] && [ "$(cat .venv/.installed 2>/dev/null)" = "$want" ] && exit 0
# The development set holds everything that running needs.
[ "${1:-}" != dev ] && [ -x .venv/bin/python ] &&
    [ "$(cat .venv/.installed 2>/dev/null)" = "$(cat $locks requirements-dev.lock | cksum)" ] && exit 0

is310() { "$@" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

if ! { [ -x .venv/bin/python ] && is310 .venv/bin/python; }; then
    rm -rf .venv
    python=
    for candidate in python3.10 python3 python; do
        if is310 "$candidate"; then python=$candidate; break; fi
    done
    if [ -z "$python" ] && command -v uv >/dev/null 2>&1; then
        uv python install 3.10 >/dev/null 2>&1 || true
        found=$(uv python find 3.10 2>/dev/null || true)
        if [ -n "$found" ] && is310 "$found"; then python=$found; fi
    fi
    if [ -z "$python" ]; then
        echo "Hypnic needs Python 3.10 (Rasa 3.6 runs on no newer one). Install it with 'uv python install 3.10', 'pyenv install 3.10' or your system's packages (python3.10 and python3.10-venv), then run this again." >&2
        exit 1
    fi
    echo "Making a virtual environment ..."
    "$python" -m venv .venv
fi
echo "Installing the locked packages (one to four minutes the first time) ..."
.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
lists=
for lock in $locks; do lists="$lists -r $lock"; done
# --no-deps: the lock is complete, and leaves out what requirements-overrides.txt says.
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes $lists
# Last on the path, so that a real TensorFlow would be found first (docs/decisions/013-no-tensorflow.md).
echo "$PWD/deploy/stand-in" > "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/stand-in.pth"
echo "$want" > .venv/.installed
