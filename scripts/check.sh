#!/usr/bin/env bash
# What a machine can see of the style: format, arrows between targets, size of files.
source "$(dirname "$0")/steps.sh"

need_swift
step "Checking the format" swift format lint --strict --parallel --recursive Sources Tests Package.swift ||
    fail "Some files are not formatted: \`make fmt\` mends most of it."

too_long() {
    git ls-files --cached --others --exclude-standard -- '*.swift' '*.c' '*.h' '*.py' '*.sh' |
        while read -r file; do
            if [ -f "$file" ] && [ "$(wc -l <"$file")" -gt 500 ]; then
                echo "$file has $(wc -l <"$file") lines"
            fi
        done
}
found=$(too_long)
[ -z "$found" ] || fail "No file may have more than 500 lines: $found"

# `make fuzz` compiles the codec without anything else.
if grep -nE '^(public |internal )?import (NIO|Carrel)' Sources/CarrelGateway/Head/*.swift; then
    fail "The codec in Sources/CarrelGateway/Head must stay free of SwiftNIO and of the rest of Carrel: see above."
fi

step "Checking the arrows between targets" swift build --explicit-target-dependency-import-check error ||
    fail "A target imports what Package.swift does not allow it, or does not compile: see above."
