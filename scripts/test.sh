#!/usr/bin/env bash
# test.sh all|unit|e2e|docker|bench [pytest's options]: sets up what the tests need, runs them, prints the totals.
source "$(dirname "$0")/steps.sh"
source scripts/packages.sh

what=$1
shift
results=.build/results
export CARREL_BIN="$PWD/.build/release/carrel"
export CARREL_APP_VENV="$PWD/.build/app-venv"
export CARREL_HUB_VENV="$PWD/.build/hub-venv"
export CARREL_ARTIFACTS="$PWD/.build/e2e-artifacts"
python=.build/test-venv/bin/python

broken=
rm -rf "$results" "$CARREL_ARTIFACTS"
mkdir -p "$results" "$CARREL_ARTIFACTS"
need_swift
if [ -z "${NO_INSTALL:-}" ]; then
    scripts/install-debian.sh "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}"
fi
export NO_INSTALL=1

# Warnings are errors where tests decide.
export CI=1

# A Docker Engine for the tests; one that was started for them ends with them.
engine() {
    step "Looking for a Docker Engine" scripts/docker.sh start || fail "There is no Docker Engine: see above."
    trap 'scripts/docker.sh stop' EXIT
    export CARREL_DOCKER_REQUIRED=1
}

unit() {
    engine
    scripts/python-venv.sh .build/app-venv scripts/requirements/laptop.txt
    export CARREL_TEST_VENV="$CARREL_APP_VENV"
    step "Building the Swift tests" swift build --build-tests --explicit-target-dependency-import-check error ||
        fail "The Swift tests do not build: the compiler's message is above."
    # One after the other: on two cores that is no slower, and nothing waits for a processor when time counts.
    step "Running the Swift tests" swift test --skip-build --no-parallel --xunit-output "$results/unit.xml" || broken=1
    [ -s "$results/unit-swift-testing.xml" ] || fail "The Swift tests did not come to their end: see above."
}

pytests() {
    [ -n "${CARREL_DOCKER_REQUIRED:-}" ] || engine
    local name=$1
    shift
    local status=0
    STEP_TAIL=400 step "End-to-end tests, $name" "$python" -m pytest Tests/EndToEnd -c Tests/EndToEnd/pytest.ini \
        --rootdir Tests/EndToEnd --junit-xml "$results/e2e-$name.xml" "$@" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 5 ] || broken=1 # 5: these options pick none of this half
    [ -s "$results/e2e-$name.xml" ] || fail "The end-to-end tests did not run: see above."
}

# Podman beside Docker's engine, with nothing in common but the machine.
podman_contract() {
    engine
    local place status=0
    place=$(mktemp -d /tmp/carrel-podman-XXXXXX)
    # shellcheck disable=SC2064 # the place as it is now
    trap "scripts/podman.sh stop '$place'; scripts/docker.sh stop" EXIT
    step "Starting Podman" scripts/podman.sh start "$place" || fail "Podman does not start: see above."
    step "Building the Swift tests" swift build --build-tests ||
        fail "The Swift tests do not build: the compiler's message is above."
    CARREL_DOCKER_SOCKET=$place/podman.sock STEP_TAIL=400 step "The contract of engines, on Podman" \
        swift test --skip-build --no-parallel --filter EngineDockerTests.EngineContractTests \
        --xunit-output "$results/podman.xml" || status=$?
    [ "$status" -eq 0 ] || broken=1
    scripts/podman.sh stop "$place"
    trap 'scripts/docker.sh stop' EXIT
}

e2e_set_up() {
    scripts/python-venv.sh .build/test-venv Tests/EndToEnd/requirements.txt
    scripts/python-venv.sh .build/app-venv scripts/requirements/laptop.txt
    scripts/python-venv.sh .build/hub-venv Tests/Bench/hub_requirements.txt
    scripts/build.sh
    step "Building the gateway that is measured alone" \
        swift build -c release --static-swift-stdlib --product bench-gateway ||
        fail "The benchmark's gateway does not build: the compiler's message is above."
}

case $what in
all)
    scripts/check.sh
    unit
    e2e_set_up
    pytests together -m "not alone" -n 2 "$@"
    pytests alone -m alone "$@"
    ;;
unit) unit ;;
docker)
    export CARREL_STRICT_FIGURES=1
    e2e_set_up
    podman_contract
    pytests docker -m docker "$@"
    ;;
e2e)
    e2e_set_up
    pytests together -m "not alone" -n 2 "$@"
    pytests alone -m alone "$@"
    ;;
bench)
    export CARREL_STRICT_FIGURES=1
    e2e_set_up
    say "This takes about 25 minutes: 15 for end-to-end tests that measure, 10 of which are one test under mixed" \
        "load, then 6 to 10 beside the peers. Leave the machine alone meanwhile."
    pytests figures -m alone -v "$@"
    measured=1
    STEP_TAIL=400 step "Measuring the gateway beside its peers" \
        env CARREL_FIGURES="$CARREL_ARTIFACTS/figures.txt" "$python" Tests/Bench/run.py || broken=1 measured=
    [ -z "$measured" ] || cat "$logs/measuring-the-gateway-beside-its-peers.log"
    ;;
*) fail "Use: test.sh all|unit|e2e|docker|bench" ;;
esac

if [ -s "$CARREL_ARTIFACTS/figures.txt" ]; then
    printf '\nMeasured:\n'
    cat "$CARREL_ARTIFACTS/figures.txt"
fi
/usr/bin/python3 scripts/totals.py "$results" || broken=1
[ -z "$broken" ] || exit 1
