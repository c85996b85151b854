#!/usr/bin/env bash
# python-venv.sh DIRECTORY REQUIREMENTS: a virtual environment with what the file lists. Quick when it is there already.
#
# Made from the system's Python, never from another that comes first on PATH: workspaces see /usr, and little else.
source "$(dirname "$0")/steps.sh"

directory=$1
requirements=$2
python=/usr/bin/python3
stamp="$directory/.made-from"

[ -x "$python" ] || fail "$python is missing: install Debian's python3 and python3-venv, then run again."

# Another Python or another list: made anew.
wanted="$("$python" --version) $(sha256sum <"$requirements")"
if [ -x "$directory/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

make_it() {
    rm -rf "$directory" &&
        mkdir -p "$(dirname "$directory")" &&
        "$python" -m venv "$directory" &&
        "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
}
step "Python packages into $directory ($(grep -c '^[^#]' "$requirements") and what they need)" make_it ||
    fail "Python packages from $requirements could not be installed into $directory: check that https://pypi.org is reachable (PIP_INDEX_URL names a mirror), then run again."
printf '%s' "$wanted" >"$stamp"
chmod -R a+rX "$directory"
