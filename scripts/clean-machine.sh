#!/bin/bash
# clean-machine.sh STATE: ends the workspaces of the carrel that kept its state in STATE, and takes back what it did to
# this machine: containers and their networks, mounts, control groups, firewall rules. Touches no file: STATE and the homes
# stay, to be kept or removed. Containers are ended through the docker command; DOCKER_HOST tells where the engine is.
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

# FNV-1a of a path, its lower half: see fingerprintDigits.
fingerprint() {
    hash=$((0xcbf29ce484222325))
    for byte in $(printf %s "$1" | od -An -v -tu1); do hash=$(((hash ^ byte) * 0x100000001b3)); done
    printf %08x $((hash & 0xffffffff))
}
mark=$(fingerprint "$state")

# What a container engine of this state has under a workspace's name: `containers DIRECTORY MARK`, `networks DIRECTORY MARK`.
containers() {
    for directory in "$1"/instances/ws-*; do
        [ -d "$directory" ] || continue
        id=${directory##*/}
        docker ps -aq --filter "name=^/carrel-$id\$" --filter "label=org.carrel.workspace=$id"
    done
    # Those that keep volumes mounted; the volumes stay.
    docker ps -aq --filter label=org.carrel.volume --filter "label=org.carrel.engine=$2"
}
networks() {
    docker network ls -q --filter label=org.carrel.workspace | while read -r network; do
        docker network inspect -f \
            '{{ or (index .Options "com.docker.network.bridge.name") "-" }} {{ index .Labels "org.carrel.workspace" }} {{ .Name }}' \
            "$network" | while read -r bridge id name; do
            case $bridge in "cr${2:3}"*) echo "$name" ;; *) [ -d "$1/instances/$id" ] && echo "$name" ;; esac
        done
    done
}
below="$(realpath -m "$state")/slots"
for directory in "$state"/engines/*; do
    [ -d "$directory/instances" ] || continue
    below+=$'\n'"$(realpath -m "$directory")/slots"
    # Slots may lie elsewhere; the records say where.
    below+=$'\n'$(sed -n 's/.*"slot" *: *"\([^"]*\)\/ws-[^"]*".*/\1/p' "$directory"/instances/*/instance.json 2>/dev/null \
        | sed 's|\\/|/|g' | sort -u)
    command -v docker >/dev/null || { echo "docker is not installed: containers of $directory are left" >&2; continue; }
    for container in $(containers "$directory" "$(fingerprint "$directory")"); do
        docker rm -fv "$container" >/dev/null && echo "removed container $container"
    done
    for network in $(networks "$directory" "$(fingerprint "$directory")"); do
        docker network rm "$network" >/dev/null && echo "removed network $network"
    done
done

while read -r slots; do
    [ -n "$slots" ] || continue
    awk -v below="$slots" '$2 == below || index($2, below "/") == 1 { print $2 }' /proc/mounts \
        | sort -r | while read -r point; do umount "$point" && echo "unmounted $point"; done
done <<<"$below"

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

for directory in "$state"/engines/*; do
    [ -d "$directory" ] || continue
    chains="CARREL-$(fingerprint "$directory")-"
    for program in iptables ip6tables; do
        command -v "$program" >/dev/null || continue
        for table in filter security; do
            rules=$("$program" --wait -t "$table" -S 2>/dev/null) && grep -q "^-N $chains" <<<"$rules" || continue
            {
                echo "*$table"
                grep -e " -j $chains" <<<"$rules" | grep -v "^-A $chains" | sed 's/^-A/-D/'
                sed -n "s/^-N \($chains.*\)/-F \1/p" <<<"$rules"
                sed -n "s/^-N \($chains.*\)/-X \1/p" <<<"$rules"
                echo COMMIT
            } | "$program-restore" --wait --noflush && echo "removed $program $table $chains*"
        done
    done
done

if grep -q " $(realpath -m "$state")/" /proc/mounts; then
    echo "something is still mounted below $state: do not remove it" >&2
    exit 1
fi
echo "done; $state holds files only"
