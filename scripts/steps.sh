# Sourced by the other scripts: steps with their time, and sentences when one fails.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DEBIAN_FRONTEND=noninteractive

: "${STEPS_STARTED:=$(date +%s)}"
export STEPS_STARTED
logs=.build/logs
mkdir -p "$logs"

# Minutes and seconds since the first script of this run began.
clock() {
    local took=$(($(date +%s) - STEPS_STARTED))
    printf '%02d:%02d' $((took / 60)) $((took % 60))
}

say() { printf '%s  %s\n' "$(clock)" "$*"; }

# fail SENTENCE: says what to do, and ends.
fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# step WHAT COMMAND…: runs it with its output in a log, shows that it goes on, and the log's last lines if it fails.
# Inside the command `set -e` does not count: join what belongs together with &&.
step() {
    local what=$1 log status=0 began=$SECONDS ticker=
    shift
    log="$logs/$(printf '%s' "$what" | tr -cs 'A-Za-z0-9' '-' | tr 'A-Z' 'a-z').log"
    say "$what …"
    (
        exec 9<> <(:) # never readable: waits without a process that would outlive this one
        while ! read -r -t 20 -u 9; do
            printf '%s    … %s\n' "$(clock)" "$(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c 1-100)"
        done
    ) &
    ticker=$!
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        tail -n "${STEP_TAIL:-40}" "$log" >&2
        printf '\n%s: failed (the whole story is in %s)\n' "$what" "$log" >&2
        return "$status"
    fi
    say "$what: done in $((SECONDS - began)) s"
}

need_swift() {
    command -v swift >/dev/null ||
        fail "Swift is missing: install a Swift 6.3 toolchain (https://www.swift.org/install/linux/debian/12/) and put it on PATH."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    [ -n "$version" ] || fail "\`swift --version\` does not answer as it should: reinstall the Swift 6.3 toolchain."
    # shellcheck disable=SC2086
    set -- $version
    [ "$1" -gt 6 ] || { [ "$1" -eq 6 ] && [ "$2" -ge 3 ]; } ||
        fail "Swift $1.$2 is too old: Carrel needs 6.3 (https://www.swift.org/install/linux/debian/12/)."
}
