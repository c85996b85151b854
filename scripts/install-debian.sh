#!/usr/bin/env bash
# install-debian.sh PACKAGE…: installs those that are missing. Quick when none is.
source "$(dirname "$0")/steps.sh"

command -v dpkg-query >/dev/null ||
    fail "This is not a Debian system: install the counterparts of these packages yourself, then run again with NO_INSTALL=1: $*"

missing=()
for package in "$@"; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        fail "Packages are missing and only root may install them. As root, run: apt-get install -y --no-install-recommends ${missing[*]}"
    sudo -n true 2>/dev/null || [ -t 0 ] ||
        fail "Packages are missing and sudo asks for a password. Run: sudo apt-get install -y --no-install-recommends ${missing[*]}"
    as_root=(sudo DEBIAN_FRONTEND=noninteractive)
    sudo -v || fail "Packages are missing. Run: sudo apt-get install -y --no-install-recommends ${missing[*]}"
fi

install_them() {
    "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
}
step "Installing ${#missing[@]} Debian packages: ${missing[*]}" install_them ||
    fail "Debian packages could not be installed: see the message above (network? another apt running?), then run again. Wanted: ${missing[*]}"
