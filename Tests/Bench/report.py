"""Rows of what was measured, with goal and verdict, as docs/benchmarks.md."""

import datetime
from pathlib import Path

import hub
import machine

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


class Row:
    """`reached` and `goal` are text. `is_met`: None if this run can't tell. `holds_back`: why it is not, or can't."""

    def __init__(self, what, goal, reached, is_met, figures="", holds_back=""):
        self.what, self.goal, self.reached, self.is_met = what, goal, reached, is_met
        self.figures, self.holds_back = figures, holds_back

    @property
    def verdict(self):
        if self.is_met is None:
            return f"not judged: {self.holds_back}"
        return "met" if self.is_met else f"not met: {self.holds_back or 'not known yet'}"


def times(value):
    return f"{value:.2f} ×"


def listed(figures, form):
    return ", ".join(f"{name} {form(value)}" for name, value in figures.items())


def table(rows):
    lines = ["| what | goal | reached | verdict | figures |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.goal} | {row.reached} | {row.verdict} | {row.figures} |" for row in rows]
    return "\n".join(lines)


def told(rows):
    """For the terminal."""
    width = max(len(row.what) for row in rows)
    return "\n".join(f"{row.what:<{width}}  {row.reached:<28}  (goal {row.goal})  {row.verdict}" for row in rows)


def write(rows, containers, earlier, rounds):
    """`containers`: rows of their own table. `earlier`: lines that the end-to-end tests measured just before, or none."""
    described, versions = machine.describe(), {**machine.versions(), **hub.versions()}
    text = f"""# Benchmarks

Written by `make bench` on {datetime.date.today().isoformat()}; do not edit.
{described["processor"]}; {described["system"]}; load average {described["load"]} (above 3: other work was going on).
Peers: {", ".join(f"{name} {version}" for name, version in versions.items())}.

## The gateway beside its peers

{table(rows)}

How it is measured (`Tests/Bench`): carrel is the release binary as `carrel serve` runs it, with the process engine, a
member who signed in, and their workspace; every check is on. Its app is the same small upstream that the peers forward
to, outside a sandbox, so that all reach it by TCP. nginx and HAProxy look the session cookie up in a map of 10,000
sessions, choose one of 16 upstreams by it, take the cookie out, and set `X-Forwarded-*`, a request id and the user, as
carrel does; carrel also verifies the session, finds the route, checks the owner, the framing and the origin, and
counts. configurable-http-proxy has one default target and looks nothing up.

- The proxy under test has one core for itself; load and upstream share the other. What counts is work per CPU second of
  the proxy, not per second: the machine may be busy. Each proxy's figure is the median of {rounds} rounds, and a ratio
  is the median of the ratios that each round has; another proxy is first in each.
- Requests: a browser's script's `GET` (ten header lines, three cookies) on 64 connections; 1 KiB answers.
- Latency: the median of one connection with everything on one core, less the same without a proxy.
- Latency under load: 99th percentile at 60 % of the rate that would saturate nginx, with open tunnels, less the same
  without a proxy.
- Downloads and uploads: 100 MB on 4 connections.
- Tunnels: resident memory before and after, divided; after traffic: 64 KiB each way, then five seconds of rest.

- TLS and HTTP/2: `h2load` with the same head and the same certificate (ECDSA P-256); TLS 1.3 with AES-128-GCM.
  The handshakes are in the figures, one for each connection.
- Pages: 200 different small files (1 KiB) on one new connection, 100 streams at once, as a browser loads a page; 25
  pages in each round.
- Routes that come and go: the gateway as it is in carrel, in a program that publishes and withdraws (`Tests/Bench/Gateway`),
  for workspaces can't be started so fast; the 99th percentile is of the whole way, the rate the same as above.
- Memory of 10,000 routes: `carrel serve` finds 10,000 ready workspaces of as many members in its store and its engine's
  state when it starts, and serves them; the most of ten seconds, ten seconds after the start. MB are 10^6 bytes.
"""
    text += f"""
## Containers beside JupyterHub's DockerSpawner

{table(containers)}

The application is the same on both sides: `Tests/EndToEnd/apps/tiny.py` in the image `carrel-test/python`, with an init, the
same user and a volume as home; in the last row JupyterLab, without JupyterHub's own `jupyterhub-singleuser`, whose start
takes longer. Both are asked by their API for one member's workspace; the time ends at the first byte of its page through
the hub's proxy. DockerSpawner has the dummy authenticator, SQLite, configurable-http-proxy, removes
containers at their end, and reaches them by address on Docker's default bridge; carrel makes a network for each, and its
firewall is in force. Each hub's first start is not counted. In each of seven rounds there are one start by DockerSpawner,
one by carrel without a spare, one `docker run` without home and network of its own, and eight claims of a spare; with
JupyterLab three rounds of one start by DockerSpawner and five claims.
"""
    if earlier:
        text += "\n## Measured by the end-to-end tests just before\n\n"
        text += "".join(f"- {line}\n" for line in earlier)
    DOCUMENT.write_text(text)
