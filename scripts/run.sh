#!/usr/bin/env bash
# From a fresh Debian to a running Carrel: installs, builds, serves examples/laptop.yaml, prints a sign-in link.
source "$(dirname "$0")/steps.sh"
source scripts/packages.sh

configuration=examples/laptop.yaml
carrel=.build/release/carrel
log=state/serve.log
account=me

need_swift
[ -n "${NO_INSTALL:-}" ] || scripts/install-debian.sh "${build_packages[@]}" "${run_packages[@]}"
mkdir -p state
scripts/python-venv.sh state/venv scripts/requirements/laptop.txt
NO_INSTALL=1 scripts/build.sh
"$carrel" check --config "$configuration" || fail "The configuration $configuration does not fit this machine: see above."

: >"$log"
"$carrel" serve --config "$configuration" >"$log" 2>&1 &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true' INT TERM EXIT

for _ in $(seq 1 300); do
    grep -q 'ready users=' "$log" && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
grep -q 'ready users=' "$log" || {
    tail -n 20 "$log" >&2
    fail "Carrel did not start: its last words are above, all of them in $log."
}

# The first time: an account with a password that nobody needs to know. Links sign in; `carrel users` can do more.
if ! "$carrel" users ls --config "$configuration" --json | grep -q "\"$account\""; then
    head -c 24 /dev/urandom | base64 |
        "$carrel" users add "$account" --operator --password-stdin --config "$configuration" >/dev/null
fi
link=$("$carrel" users link "$account" --config "$configuration" | tail -n 1)

cat <<END

Carrel is running. Sign in with this link, which works once:

    $link

Another link:  $carrel users link $account --config $configuration
Its log:       $log
Ctrl-C stops Carrel. Workspaces go on running and are found again by the next \`make run\`.

END
# Until it ends, or Ctrl-C.
wait "$server" || true
trap - EXIT
tail -n 3 "$log"
