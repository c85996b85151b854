"""Starts the proxies, measures row after row, and judges each by the goals of the gateway."""

import machine
import measure
import peers
from carrel_proxy import CarrelProxy
from harness import ports
from harness.tls import Authority
from report import Row, listed, times
from route_rows import changing_routes, memory_of_routes

#: What is known to hold a row back while its goal is not met.
HELD_BACK = {
    "requests": "user-space time in SwiftNIO's channel pipeline, most of it reference counting",
    "configurable": "its work is small here, for it looks nothing up",
    "download": "92 % of it is the kernel's: two thirds writing, of which half is waking the reader, one quarter reading",
    "tls": "not profiled yet; suspected are the copies of each record in SwiftNIO's TLS",
    "http2": "of a request's CPU, 33 % is the kernel's, 17 % SwiftNIO's state machine of HTTP/2 and 12 % its header lists "
    "of `String`s",
    "tunnel": "two connections with their handlers, and what of the heap is not given back",
}


def all_of_them(directory, options):
    """Each as soon as it is measured."""
    started = []
    try:
        carrel, others = start(directory, started)
        yield from measured(directory, options, carrel, others)
    finally:
        for proxy in reversed(started):
            proxy.stop()


def start(directory, started):
    carrel = CarrelProxy(directory / "upstream")
    started.append(carrel)
    carrel.start(measure.PROXY_CORE)
    for pid in carrel.workspace_pids:
        machine.pin(pid, measure.OTHER_CORE)
        machine.go_first(pid)
    others = {}
    for kind in (peers.Nginx, peers.LargeNginx, peers.HAProxy, peers.ConfigurableProxy):
        proxy = kind(directory, ports.free_port(), carrel.upstream_port, carrel.session, carrel.path)
        started.append(proxy)
        others[kind.name] = proxy.start(measure.PROXY_CORE)
    return carrel, others


def measured(directory, options, carrel, others):
    short = options.short
    bench = measure.Bench(directory, 1, 0.2, rest=0.2) if short else measure.Bench(
        directory, options.rounds, options.seconds
    )
    direct = peers.Direct(directory, carrel.upstream_port, carrel.upstream_port, carrel.session, carrel.path)
    nginx, large, haproxy, configurable = (
        others[name] for name in ("nginx", "nginx-64k", "haproxy", "configurable-http-proxy")
    )

    # First, while nobody's heap has room left from other work.
    count = 100 if short else 1000
    for what, size in zip(("never used", "after traffic"), bench.tunnel_bytes([nginx, haproxy, carrel], count, 65536)):
        yield Row(
            f"bytes per idle tunnel, {what}", f"≤ HAProxy's, {size['haproxy']:,.0f}", f"{size['carrel']:,.0f}",
            size["carrel"] <= size["haproxy"], listed(size, lambda value: f"{value:,.0f}"), HELD_BACK["tunnel"],
        )

    cost = bench.requests([nginx, haproxy, configurable, carrel])
    figures = "CPU µs per request: " + listed(cost.median, lambda value: f"{value:.1f}")
    for name, goal in (("nginx", 1.0), ("haproxy", 1.0), ("configurable-http-proxy", 18.0)):
        ratio = cost.ratio(name, "carrel")
        yield Row(
            f"requests/s per core, ÷ {name}", f"≥ {times(goal)}", times(ratio), ratio >= goal,
            figures if name == "nginx" else "",
            HELD_BACK["configurable" if name.startswith("conf") else "requests"],
        )

    added = bench.latency([nginx, haproxy, carrel], direct)
    ratio = added.ratio("carrel", "nginx")
    yield Row(
        "added latency p50, one core, ÷ nginx", "≤ 1.00 ×", times(ratio), ratio <= 1,
        "µs: " + listed(added.median, lambda value: f"{value:.0f}"),
    )

    rate = 0.6e6 / cost.median["nginx"]
    tunnels = 50 if short else 2000
    busy, unproxied = bench.busy_latency([nginx, haproxy, carrel], direct, rate, tunnels)
    ratio = busy.ratio_of_medians("carrel", "nginx")
    # Where those who ask and answer are late themselves, the figure is not the proxies'.
    is_sound = unproxied < 5000
    yield Row(
        f"p99 added latency at {rate:,.0f} requests/s with {tunnels:,} open tunnels, ÷ nginx",
        "≤ 2.00 ×", times(ratio), ratio <= 2 if is_sound else None,
        "µs: " + listed(busy.median, lambda value: f"{value:.0f}"),
        f"without a proxy it was {unproxied / 1000:.0f} ms",
    )

    for what, one in (("download", bench.download), ("upload", bench.upload)):
        speed = one([large, haproxy, carrel])
        ratio = speed.ratio("carrel", "nginx-64k")
        yield Row(
            f"{what}, GB/s per core, ÷ nginx with 64 KiB buffers", "≥ 1.10 ×", times(ratio), ratio >= 1.1,
            listed(speed.median, lambda value: f"{value:.2f}"), HELD_BACK.get(what, ""),
        )

    yield from changing_routes(directory, bench, options.gateway, carrel, rate, short)
    yield from secure_rows(directory, bench, short)
    yield from memory_of_routes(directory, short)


def secure_rows(directory, bench, short):
    """With TLS: carrel and nginx of their own, with one certificate."""
    certificates = directory / "tls"
    certificates.mkdir()
    authority = Authority(certificates)
    authority.issue()
    carrel = CarrelProxy(directory / "upstream", authority=authority)
    nginx = None
    try:
        carrel.start(measure.PROXY_CORE)
        for pid in carrel.workspace_pids:
            machine.pin(pid, measure.OTHER_CORE)
            machine.go_first(pid)
        nginx = peers.SecureNginx(directory, ports.free_port(), carrel.upstream_port, carrel.session, carrel.path)
        nginx.tls = authority.files()
        nginx.start(measure.PROXY_CORE)
        for what, connections, streams, held in (
            ("TLS 1.3, HTTP/1.1, 64 connections", 64, 0, "tls"),
            ("TLS 1.3, HTTP/2, one connection, 100 streams", 1, 100, "http2"),
        ):
            cost = bench.secure_requests([nginx, carrel], connections, streams)
            ratio = cost.ratio("nginx-tls", "carrel-tls")
            yield Row(
                f"requests/s per core, {what}, ÷ nginx", "≥ 0.90 ×", times(ratio), ratio >= 0.9,
                "CPU µs per request: " + listed(cost.median, lambda value: f"{value:.1f}"), HELD_BACK[held],
            )
        files = 200
        cost = bench.pages([nginx, carrel], files, 2 if short else 25)
        ratio = cost.ratio("nginx-tls", "carrel-tls")
        yield Row(
            f"pages per core, {files} small files each on a new connection, TLS 1.3, HTTP/2, ÷ nginx", "≥ 0.90 ×",
            times(ratio), ratio >= 0.9, "CPU ms per page: " + listed(cost.median, lambda value: f"{value:.1f}"),
            HELD_BACK["http2"],
        )
    finally:
        for proxy in (nginx, carrel):
            if proxy:
                proxy.stop()
