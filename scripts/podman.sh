#!/usr/bin/env bash
# podman.sh start DIRECTORY|stop DIRECTORY: Podman as a container engine for the tests, with a socket, images and containers
# of its own below DIRECTORY, and the small image that they run. Docker's engine hands that over: `docker.sh start` first.
set -euo pipefail
directory=$2
socket=$directory/podman.sock
podman=(podman --root "$directory/root" --runroot "$directory/run" --cgroup-manager cgroupfs)

case ${1:-} in
start)
    command -v podman >/dev/null || { echo "podman is not installed (Debian: apt-get install podman)" >&2; exit 1; }
    mkdir -p "$directory"
    # As root, Podman asks for more open files and processes than a build service's machine may give: there each container
    # gets what this shell has.
    # runc, which Docker has as well, runs on machines with both versions of control groups too.
    runtime=$(command -v runc)
    if ! (ulimit -Hn 1048576) 2>/dev/null; then
        real=$runtime runtime=$directory/runc-with-our-limits
        cat >"$runtime" <<END
#!/usr/bin/python3
import json, os, sys
if "--bundle" in sys.argv:
    path = os.path.join(sys.argv[sys.argv.index("--bundle") + 1], "config.json")
    with open(path) as file:
        settings = json.load(file)
    settings["process"].pop("rlimits", None)
    with open(path, "w") as file:
        json.dump(settings, file)
os.execv("$real", ["runc", *sys.argv[1:]])
END
        chmod +x "$runtime"
    fi
    cat >"$directory/containers.conf" <<END
[engine]
runtime = "runc"
[engine.runtimes]
runc = ["$runtime"]
[network]
network_backend = "netavark"
END
    CONTAINERS_CONF=$directory/containers.conf setsid "${podman[@]}" system service --time 0 "unix://$socket" \
        >"$directory/log" 2>&1 </dev/null &
    echo $! >"$directory/pid"
    for _ in $(seq 300); do
        docker -H "unix://$socket" version >/dev/null 2>&1 && break
        kill -0 "$(cat "$directory/pid")" 2>/dev/null || break
        sleep 0.1
    done
    docker -H "unix://$socket" version >/dev/null 2>&1 ||
        { echo "podman does not answer; its last words:" >&2; tail -5 "$directory/log" >&2; exit 1; }
    docker save carrel-test/tiny | docker -H "unix://$socket" load >/dev/null
    ;;
stop)
    [ -e "$directory/pid" ] || exit 0
    CONTAINERS_CONF=$directory/containers.conf "${podman[@]}" rm --all --force --time 0 >/dev/null 2>&1 || true
    pid=$(cat "$directory/pid")
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = podman ]; then
        kill "$pid"
        for _ in $(seq 300); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    fi
    awk -v below="$directory/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r |
        while read -r point; do umount "$point" || true; done
    grep -q " $directory/" /proc/mounts || rm -rf "$directory"
    ;;
*)
    echo "Use: podman.sh start|stop DIRECTORY" >&2
    exit 2
    ;;
esac
