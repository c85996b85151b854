"""The measurements. Each takes the proxies and goes round by round over all of them."""

import json
import re
import statistics
import subprocess
import time

import machine

#: The proxy under test has one core for itself; who asks and who answers share the other.
PROXY_CORE, OTHER_CORE = 1, 0
MEBIBYTE = 1 << 20


class Figures:
    """What each round found, by the proxy's name."""

    def __init__(self, rounds):
        self.rounds = rounds
        self.median = {name: statistics.median(values) for name, values in rounds.items()}

    def ratio(self, one, other):
        """Median of the rounds' own ratios: a machine that is slower for a while is so for both."""
        return statistics.median(a / b for a, b in zip(self.rounds[one], self.rounds[other]))

    def ratio_of_medians(self, one, other):
        """For tails: which round has the machine's own stalls in it is chance, and a ratio of two of them says nothing."""
        return self.median[one] / self.median[other]

    def without(self, base):
        """What each adds to `base`."""
        own = self.rounds[base]
        return Figures({
            name: [max(value - least, 0.1) for value, least in zip(values, own)]
            for name, values in self.rounds.items() if name != base
        })


class Bench:
    def __init__(self, programs, rounds, seconds, rest=5):
        self.load_program = str(programs / "load")
        self.directory = programs
        self.rounds = rounds
        self.seconds = seconds
        self.rest = rest

    # One measurement

    def load(self, proxy, head, connections, rate=0, body=0, seconds=None):
        file = self.directory / "head"
        file.write_bytes(head)
        done = subprocess.run(
            ["taskset", "-c", str(OTHER_CORE), self.load_program, "requests", str(proxy.port), str(connections),
             str(seconds or self.seconds), str(rate), str(body), str(file)],
            capture_output=True, text=True, check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{proxy.name}: {done.stderr}")
        found = json.loads(done.stdout)
        if found["failures"]:
            raise RuntimeError(f"{proxy.name}: {found['failures']} requests failed")
        return found

    def cost(self, proxy, head, connections, **options):
        """What was done, and the proxy's CPU seconds for it."""
        before = machine.cpu_seconds(proxy.pid)
        found = self.load(proxy, head, connections, **options)
        # Never nothing: a very short run on a busy machine may find no tick and no answer.
        found["cpu"] = max(machine.cpu_seconds(proxy.pid) - before, 1 / machine.TICK)
        for what in ("requests", "received", "sent"):
            found[what] = max(found[what], 1)
        return found

    def each(self, proxies, one):
        """`one(proxy)` for each, `rounds` times, another one first each time."""
        found = {proxy.name: [] for proxy in proxies}
        for turn in range(self.rounds):
            for index in range(len(proxies)):
                proxy = proxies[(turn + index) % len(proxies)]
                found[proxy.name].append(one(proxy))
        return Figures(found)

    # Rows

    def requests(self, proxies):
        """CPU microseconds per request: 1 KiB answers, 64 connections that stay open."""
        def one(proxy):
            found = self.cost(proxy, proxy.head("/api/status?since=1"), 64)
            return found["cpu"] * 1e6 / found["requests"]
        return self.each(proxies, one)

    def secure_requests(self, proxies, connections, streams):
        """CPU microseconds per request over TLS 1.3: 1 KiB answers; with `streams` on each connection over HTTP/2, or
        (`streams` 0) over HTTP/1.1."""
        def one(proxy):
            before = machine.cpu_seconds(proxy.pid)
            count = self.secure_load(proxy, connections, streams)
            return max(machine.cpu_seconds(proxy.pid) - before, 1 / machine.TICK) * 1e6 / count
        return self.each(proxies, one)

    def secure_load(self, proxy, connections, streams):
        """Runs h2load (nghttp2) for `seconds`; returns how many requests were answered."""
        protocol = ["-m", str(streams)] if streams else ["--h1", "-m", "1"]
        path = proxy.path + "/api/status?since=1"
        return self.h2load(
            proxy, "-D", str(max(1, round(self.seconds))), "-c", str(connections), *protocol,
            f"https://127.0.0.1:{proxy.port}{path}",
        )

    def pages(self, proxies, files, pages):
        """CPU milliseconds per page: each on a new connection over HTTP/2, `files` small files, none of them twice."""
        def one(proxy):
            list_of_files = self.directory / "page"
            list_of_files.write_text("".join(
                f"https://127.0.0.1:{proxy.port}{proxy.path}/static/lab/{number:03d}.{number * 7919:x}.js\n"
                for number in range(files)
            ))
            before = machine.cpu_seconds(proxy.pid)
            for _ in range(pages):
                answered = self.h2load(proxy, "-n", str(files), "-c", "1", "-m", "100", "-i", str(list_of_files))
                if answered != files:
                    raise RuntimeError(f"{proxy.name}: {answered} of {files} files")
            return max(machine.cpu_seconds(proxy.pid) - before, 1 / machine.TICK) * 1e3 / pages
        return self.each(proxies, one)

    def h2load(self, proxy, *words):
        """How many requests were answered, all of them with 200."""
        head = proxy.head("/api/status?since=1").decode().split("\r\n")
        headers = [line for line in head[2:] if line]
        done = subprocess.run(
            ["taskset", "-c", str(OTHER_CORE), "h2load", "--tls13-ciphers=TLS_AES_128_GCM_SHA256",
             *(word for line in headers for word in ("-H", line)), *words],
            capture_output=True, text=True, check=False,
        )
        answered = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
        if done.returncode or not answered or any(int(answered[kind]) for kind in (2, 3, 4)):
            raise RuntimeError(f"{proxy.name}: {done.stdout[-2000:]}{done.stderr}")
        return max(1, int(answered[1]))

    def download(self, proxies):
        """GB per CPU second, 100 MB answers on 4 connections."""
        def one(proxy):
            found = self.cost(proxy, proxy.head("/bytes/100000000"), 4)
            return found["received"] / 1e9 / found["cpu"]
        return self.each(proxies, one)

    def upload(self, proxies):
        """GB per CPU second, bodies of 100 MB on 4 connections."""
        size = 100_000_000

        def one(proxy):
            origin = f"Origin: http://127.0.0.1:{proxy.port}\r\n"
            head = proxy.head("/upload", "POST", f"{origin}Content-Length: {size}\r\n")
            found = self.cost(proxy, head, 4, body=size)
            return found["sent"] / 1e9 / found["cpu"]
        return self.each(proxies, one)

    def latency(self, proxies, direct):
        """Added microseconds, median of one connection, everything on one core."""
        self.move(proxies, OTHER_CORE)
        try:
            found = self.each(
                [direct, *proxies], lambda proxy: self.load(proxy, proxy.head("/api/status"), 1, seconds=1)["p50"],
            )
        finally:
            self.move(proxies, PROXY_CORE)
        return found.without("direct")

    def busy_latency(self, proxies, direct, rate, tunnels):
        """Added microseconds, 99th percentile at `rate` requests per second, with open tunnels; and that without a proxy."""
        held = [self.tunnels(proxy, tunnels, 0) for proxy in proxies]
        try:
            found = self.each(
                [direct, *proxies],
                lambda proxy: self.load(proxy, proxy.head("/api/status"), 64, rate=rate, seconds=2 * self.seconds)["p99"],
            )
        finally:
            for process in held:
                process.communicate("")
        return found.without("direct"), found.median["direct"]

    def tunnel_bytes(self, proxies, count, traffic):
        """Resident bytes per open tunnel, `rest` seconds after the last byte: never used, and after `traffic` bytes."""
        fresh, used = {}, {}
        for proxy in proxies:
            self.tunnels(proxy, 20, 0).communicate("")  # what is made once, and kept
            before = self.resident(proxy)
            process = self.tunnels(proxy, count, traffic)
            time.sleep(self.rest)
            fresh[proxy.name] = (self.resident(proxy) - before) / count
            self.say(process, "\n", "used", proxy)
            time.sleep(self.rest)
            used[proxy.name] = (self.resident(proxy) - before) / count
            process.communicate("")
        return fresh, used

    # Parts

    def tunnels(self, proxy, count, traffic):
        origin = f"Origin: http://127.0.0.1:{proxy.port}\r\n"
        file = self.directory / "upgrade"
        file.write_bytes(proxy.head(
            "/socket", more=f"{origin}Connection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        ))
        process = subprocess.Popen(
            ["taskset", "-c", str(OTHER_CORE), self.load_program, "tunnels", str(proxy.port), str(count),
             str(traffic), str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.say(process, "", "open", proxy)
        return process

    def say(self, process, words, answer, proxy):
        process.stdin.write(words)
        process.stdin.flush()
        if process.stdout.readline().strip() != answer:
            raise RuntimeError(f"{proxy.name}: {process.communicate()[1]}")

    def resident(self, proxy):
        return sum(machine.resident(pid) for pid in proxy.pids)

    def move(self, proxies, core):
        for proxy in proxies:
            for pid in proxy.pids:
                machine.pin(pid, core)
