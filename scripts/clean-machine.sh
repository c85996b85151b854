#!/bin/bash
# clean-machine.sh STATE: ends the workspaces of the carrel that kept its state in STATE, and takes back what it did to
# this machine: mounts, control groups, firewall rules. Touches no file: STATE and the homes stay, to be kept or removed.
set -u

[ $# -eq 1 ] || { echo "usage: $0 STATE: the state directory of a carrel that was stopped, or where it was" >&2; exit 2; }
# As carrel spells it: absolute, without a slash at the end; its bytes name the groups and rules.
state=$(realpath -ms "$1")
if [ -e "$state/carrel.lock" ] && ! flock -n "$state/carrel.lock" true; then
    echo "carrel serve runs with $state: stop it first" >&2
    exit 1
fi

keepers() {
    for file in "$state"/instances/*/keeper.json; do
        [ -e "$file" ] || continue
        pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$file")
        # The number may be another program's by now; a keeper works in its instance's directory.
        [ "$(readlink "/proc/$pid/cwd")" = "$(realpath "${file%/*}")" ] && echo "$pid"
    done
}

echo "workspaces: $(keepers | wc -l) to end"
for pid in $(keepers); do kill -TERM "$pid"; done
for _ in $(seq 150); do
    [ -z "$(keepers)" ] && break
    sleep 0.1
done
if [ -n "$(keepers)" ]; then
    echo "still running: $(keepers | tr '\n' ' ')" >&2
    exit 1
fi

awk -v below="$(realpath -m "$state")/slots" '$2 == below || index($2, below "/") == 1 { print $2 }' /proc/mounts \
    | sort -r | while read -r point; do umount "$point" && echo "unmounted $point"; done

# FNV-1a of the path, its lower half: see EngineDirectories.fingerprint.
mark=$((0xcbf29ce484222325))
for byte in $(printf %s "$state" | od -An -v -tu1); do mark=$(((mark ^ byte) * 0x100000001b3)); done
mark=$(printf %08x $((mark & 0xffffffff)))

find /sys/fs/cgroup -depth -type d -path "*/carrel-*-$mark*" 2>/dev/null | while read -r group; do
    rmdir "$group" && echo "removed $group"
done

for program in iptables ip6tables; do
    command -v "$program" >/dev/null && "$program" --wait -S "CARREL-$mark" >/dev/null 2>&1 || continue
    "$program" --wait -S OUTPUT | grep -e "-j CARREL-$mark\$" | sed 's/^-A/-D/' | while read -r rule; do
        # shellcheck disable=SC2086 # the rule's words
        "$program" --wait $rule
    done
    "$program" --wait -F "CARREL-$mark" && "$program" --wait -X "CARREL-$mark" && echo "removed $program CARREL-$mark"
done

if grep -q " $(realpath -m "$state")/" /proc/mounts; then
    echo "something is still mounted below $state: do not remove it" >&2
    exit 1
fi
echo "done; $state holds files only"
