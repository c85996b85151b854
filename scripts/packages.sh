# The Debian packages that each task needs. Sourced.

# To compile and link: SQLite's headers, the C library's, the linker.
build_packages=(binutils ca-certificates libc6-dev libsqlite3-dev libstdc++-12-dev zlib1g-dev)
# To run workspaces apart from each other, and Python applications in them.
run_packages=(bubblewrap iptables procps python3-venv slirp4netns util-linux)
# Two container engines with a registry, Compose, and what images are made of; backups; a real browser, a font that it can
# show text with, another client that speaks HTTP/2, networks that can be cut, and the proxies that the gateway is measured beside.
test_packages=(
    busybox-static chromium curl debootstrap docker-compose docker.io docker-registry fonts-dejavu-core haproxy iproute2
    netavark nghttp2-client nginx node-configurable-http-proxy podman restic
)
