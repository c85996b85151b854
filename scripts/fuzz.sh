#!/usr/bin/env bash
# fuzz.sh [SECONDS]: throws bytes at the gateway's codec, on every core, for so long (default 600).
#
# Properties and seeds: Tests/CarrelGatewayTests/Fuzzing. What breaks a property is put into Fuzzing/Crashes, where
# `make test` replays it from then on.
source "$(dirname "$0")/steps.sh"

seconds=${1:-600}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "Use: fuzz.sh [SECONDS], a whole number above 0."
need_swift
[ -d .build/checkouts/swift-nio ] || step "Fetching packages" swift package resolve ||
    fail "The packages could not be fetched: see above."

here=Tests/CarrelGatewayTests/Fuzzing
built=.build/fuzz
llhttp=$PWD/.build/checkouts/swift-nio/Sources/CNIOLLHTTP
compiler=$(dirname "$(readlink -f "$(command -v swiftc)")")

# The codec compiles alone: neither SwiftNIO nor the rest of Carrel is instrumented, and it takes seconds.
build() {
    rm -rf "$built/objects" && mkdir -p "$built/objects" "$built/llhttp" &&
        printf 'module CNIOLLHTTP { header "%s/include/CNIOLLHTTP.h" export * }\n' "$llhttp" >"$built/llhttp/module.modulemap" &&
        for file in "$llhttp"/*.c; do
            "$compiler/clang" -O2 -g -fsanitize=fuzzer-no-link,address -I "$llhttp/include" -c "$file" \
                -o "$built/objects/$(basename "$file" .c).o" || return 1
        done &&
        swiftc -O -g -wmo -DFUZZING -swift-version 6 -enable-upcoming-feature ExistentialAny -parse-as-library \
            -module-name CarrelFuzz -sanitize=fuzzer,address -I "$built/llhttp" \
            Sources/CarrelGateway/Head/*.swift "$here/MessageReader.swift" "$here/CodecProperties.swift" Fuzz/*.swift \
            "$built"/objects/*.o -o "$built/carrel-fuzz" &&
        rm -f CarrelFuzz-1.swift* # what the compiler leaves where it stands
}
step "Building the fuzzer" build || fail "The fuzzer does not build: see above."

# What earlier runs found lies in the working corpus; the seeds are what is kept.
mkdir -p "$built/corpus" "$built/found"
rm -f "$built"/found/* "$built"/fuzz-*.log
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
cores=$(nproc)
say "Fuzzing for $seconds s on $cores cores …"
pids=()
for ((core = 0; core < cores; core++)); do
    "$built/carrel-fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 -reload=30 -print_final_stats=1 \
        -use_value_profile=1 -dict=Fuzz/words.dict -artifact_prefix="$built/found/" \
        "$built/corpus" "$here/Seeds" "$here/Crashes" >"$built/fuzz-$core.log" 2>&1 &
    pids+=($!)
done
trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
broken=
while :; do
    running=0
    for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null && running=$((running + 1)); done
    say "$(grep -h '^#' "$built/fuzz-0.log" | tail -n 1 | cut -c 1-100)"
    [ "$running" -gt 0 ] || break
    sleep "$((seconds < 30 ? 2 : 15))"
done
for pid in "${pids[@]}"; do wait "$pid" || broken=1; done
trap - EXIT
runs=$(awk '/stat::number_of_executed_units/ { sum += $2 } END { print sum + 0 }' "$built"/fuzz-*.log)
say "$runs inputs tried"
if [ -n "$broken" ]; then
    for found in "$built"/found/*; do
        [ -f "$found" ] || continue
        kept=$here/Crashes/$(sha1sum <"$found" | cut -c 1-12)
        cp "$found" "$kept"
        timeout 30 "$built/carrel-fuzz" "$kept" 2>&1 </dev/null | grep -m 1 'Fatal error\|ERROR: ' >&2 || true
        printf 'Kept as %s\n' "$kept" >&2
    done
    grep -h -m 1 'Fatal error\|ERROR: ' "$built"/fuzz-*.log >&2 || true
    fail "The fuzzer found something: mend it, and keep the file as a regression test."
fi
say "Nothing found."
