#!/usr/bin/env bash
# Builds the release: one binary with Swift's libraries in it, and the small program that is each workspace's parent.
source "$(dirname "$0")/steps.sh"
source scripts/packages.sh

need_swift
[ -n "${NO_INSTALL:-}" ] || scripts/install-debian.sh "${build_packages[@]}"

release() {
    swift build -c release --static-swift-stdlib --product carrel-init &&
        swift build -c release --static-swift-stdlib --product carrel
}
step "Building the release (about 5 minutes the first time)" release ||
    fail "The release does not build: the compiler's message is above."
