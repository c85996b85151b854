#!/usr/bin/env bash
# docker.sh start|stop: a Docker Engine for the tests, with the small image that they run.
#
# start: uses the engine that answers on /var/run/docker.sock, else starts one and remembers that; stop ends only that one.
set -euo pipefail
cd "$(dirname "$0")/.."
pidfile=.build/dockerd.pid
mkdir -p .build

answers() { docker version >/dev/null 2>&1; }

tiny_image() {
    docker image inspect carrel-test/tiny >/dev/null 2>&1 && return
    local root
    root=$(mktemp -d)
    mkdir -p "$root"/{bin,etc,tmp,home/member,run,www}
    chmod 1777 "$root/tmp"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for name in $("$root/bin/busybox" --list); do [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"; done
    printf 'root:x:0:0:root:/:/bin/sh\nmember:x:1000:1000:member:/home/member:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nmember:x:1000:\n' >"$root/etc/group"
    tar -C "$root" -c . | docker import - carrel-test/tiny >/dev/null
    rm -rf "$root"
}

# Python alone, from this machine: its program, its library, what both are linked with, and what wheels may be linked with.
python_image() {
    local version=3
    [ "$(docker image inspect --format '{{.Config.Labels.version}}' carrel-test/python 2>/dev/null)" = $version ] && return
    local root python
    root=$(mktemp -d)
    python=$(readlink -f /usr/bin/python3)
    mkdir -p "$root"/{tmp,home/member,run,proc,usr/bin,usr/lib,lib64,bin,etc}
    chmod 1777 "$root/tmp"
    cp "$python" "$root/usr/bin/python3"
    cp -r "/usr/lib/$(basename "$python")" "$root/usr/lib/"
    rm -rf "$root/usr/lib/$(basename "$python")"/{test,idlelib,tkinter,ensurepip,config-*}
    find "$root/usr/lib" -name '*.so' -print0 | xargs -0 ldd "$python" 2>/dev/null |
        grep -o '/[^ ]*\.so[^ ]*' | grep -v "^$root" | sort -u |
        while read -r library; do [ -e "$library" ] && cp -nL --parents "$library" "$root" 2>/dev/null; done || true
    for name in rt dl pthread util resolv gcc_s stdc++; do
        for library in /lib/*-linux-gnu/lib$name.so.[0-9]; do
            [ -e "$library" ] && cp -nL --parents "$library" "$root"
        done
    done
    cp "$(command -v busybox)" "$root/bin/busybox"
    for name in sh sleep cat ls nc wget nslookup ip ping; do ln -s busybox "$root/bin/$name"; done
    printf 'root:x:0:0:root:/:/bin/sh\nmember:x:1000:1000:member:/home/member:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nmember:x:1000:\n' >"$root/etc/group"
    chown 1000:1000 "$root/home/member"
    tar -C "$root" -c . | docker import --change "LABEL version=$version" - carrel-test/python >/dev/null
    rm -rf "$root"
}

case ${1:-} in
start)
    if ! answers; then
        command -v dockerd >/dev/null || { echo "dockerd is not installed (Debian: apt-get install docker.io)" >&2; exit 1; }
        setsid dockerd >.build/dockerd.log 2>&1 </dev/null &
        echo $! >$pidfile
        for _ in $(seq 300); do
            answers && break
            kill -0 "$(cat $pidfile)" 2>/dev/null || break
            sleep 0.1
        done
        answers || { echo "dockerd does not answer; its last words:" >&2; tail -5 .build/dockerd.log >&2; exit 1; }
    fi
    tiny_image
    python_image
    ;;
stop)
    [ -e $pidfile ] || exit 0
    pid=$(cat $pidfile)
    rm -f $pidfile
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || exit 0
    kill "$pid"
    for _ in $(seq 300); do [ -d "/proc/$pid" ] || exit 0; sleep 0.1; done
    ;;
*)
    echo "Use: docker.sh start|stop" >&2
    exit 2
    ;;
esac
