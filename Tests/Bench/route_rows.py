"""Rows about ten thousand routes: what they take in memory, and what their coming and going does to requests."""

import subprocess
import time

import machine
import measure
import peers
from carrel_proxy import CarrelProxy
from harness import known
from harness.memory import megabytes
from report import Row, listed, times

ROUTES, CHANGES = 10_000, 1_000


class ChangingGateway(peers.Proxy):
    """The gateway alone (`Gateway/`, beside the release binary), whose routes a program publishes and withdraws."""

    name = "gateway"

    def __init__(self, program, directory, upstream_port, session, routes):
        super().__init__(directory, None, upstream_port, session, "/w/" + known.numbered("ws-", 0))
        self.program, self.routes = program, routes

    def start(self, core):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), str(self.program), str(self.upstream_port), str(self.routes), self.session],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.port = int(self.process.stdout.readline())
        return self

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def change(self, rate):
        self._say(f"change {rate}")

    def rest(self):
        """How many routes a second went and came since `change`."""
        self._say("rest")
        count, seconds = self.process.stdout.readline().split()
        return int(count) / max(float(seconds), 1e-6)

    def _say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


class Stage(peers.Proxy):
    """The same gateway while its routes rest, or while they change."""

    def __init__(self, gateway, name, rate):
        super().__init__(gateway.directory, gateway.port, gateway.upstream_port, gateway.session, gateway.path)
        self.gateway, self.name, self.rate = gateway, name, rate
        self.reached = []


def changing_routes(directory, bench, program, carrel, rate, short):
    routes = 500 if short else ROUTES
    gateway = ChangingGateway(program, directory, carrel.upstream_port, carrel.session, routes)
    gateway.start(measure.PROXY_CORE)
    try:
        stages = [Stage(gateway, "at rest", 0), Stage(gateway, "changing", CHANGES)]

        def one(stage):
            if stage.rate:
                gateway.change(stage.rate)
            found = bench.load(stage, stage.head("/api/status"), 64, rate=rate, seconds=0.5 if short else 2)
            if stage.rate:
                stage.reached.append(gateway.rest())
            return found["p99"]

        tail = bench.each(stages, one)
    finally:
        gateway.stop()
    ratio = tail.ratio("changing", "at rest")
    slowest, rest = min(stages[1].reached), tail.median["at rest"]
    # Where requests queue without changes too, or too few routes change, the figure is the machine's.
    doubt = ""
    if rest > 10_000:
        doubt = f"on this busy machine it was {rest / 1000:.0f} ms at rest"
    elif slowest < 0.9 * CHANGES:
        doubt = f"on this busy machine only {slowest:,.0f} routes a second were changed"
    yield Row(
        f"p99 at {rate:,.0f} requests/s while {CHANGES:,} routes a second go and as many come, {routes:,} in all, ÷ at rest",
        "≤ 2.00 ×, no request fails", f"{times(ratio)}, none failed", None if doubt else ratio <= 2,
        "µs: " + listed(tail.median, lambda value: f"{value:.0f}") + f"; {slowest:,.0f} routes a second in the slowest round",
        doubt,
    )


def memory_of_routes(directory, short):
    """`carrel serve` that finds that many ready workspaces of as many members when it starts."""
    count = 200 if short else ROUTES
    carrel = CarrelProxy(directory / "upstream")
    try:
        carrel.start(measure.PROXY_CORE)
        server = carrel.carrel
        workspace = carrel.path.removeprefix("/w/")
        server.restart()  # on all cores, with as many event loops
        alone = settled(server.pid, short)
        server.stop()
        known.multiply(server, workspace, count)
        server.start(within=120)
        found = settled(server.pid, short)
        told = len(server.program("operate").workspaces())
        if told != count:
            raise RuntimeError(f"{told} of {count} workspaces are known")
    finally:
        carrel.stop()
    whole, anonymous = found
    yield Row(
        f"resident memory of `carrel serve` with {count:,} routes, MB", "≤ 80", str(megabytes(whole)),
        whole <= 80e6,
        f"anonymous {megabytes(anonymous)}; with one route {megabytes(alone[0])} and {megabytes(alone[1])}; "
        f"ready {server.seconds_to_ready * 1000:.0f} ms after its start",
        "33 MB are the program's files",
    )


def settled(pid, short):
    """Resident and anonymous bytes, the most of ten seconds: the reconciler looks at every workspace meanwhile."""
    time.sleep(0.2 if short else 10)
    readings = []
    for _ in range(2 if short else 20):
        readings.append((machine.resident(pid), machine.anonymous(pid)))
        time.sleep(0.1 if short else 0.5)
    return max(readings)
