"""carrel as one of the proxies: `carrel serve` with the process engine, a member's session and their workspace."""

import os
import sys
from pathlib import Path

import machine
import peers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

from harness.server import Carrel  # noqa: E402


class CarrelProxy(peers.Proxy):
    """`sandbox` off: the gateway reaches the app's port by TCP, as the other proxies do."""

    name = "carrel"

    def __init__(self, upstream_program, sandbox="off", authority=None):
        app = {
            "id": "upstream",
            "title": "Upstream",
            "engine": "here",
            "command": [str(upstream_program), "{{workspace.port}}"],
            "prefix": "keep",
            "ready": {"path": "/", "within": "60s"},
        }
        self.carrel = Carrel(
            [app],
            name="bench-tls" if authority else "bench",
            engines={"here": {"sandbox": sandbox, "visible": [str(upstream_program.parent)]}},
        )
        listeners = self.carrel.settings["listeners"]
        listeners["limits"] = {"connections-per-client": 30000}
        if authority:
            self.name = "carrel-tls"
            listeners["users"]["tls"] = authority.files()
            self.carrel.authority = str(authority.file)
        self.carrel.write()
        self.port = self.carrel.users_port
        self.upstream_pid = None

    def start(self, core):
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            self.carrel.start()
        finally:
            os.sched_setaffinity(0, before)
        member = self.carrel.member("ada")
        workspace = member.open("upstream")["id"]
        self.path = f"/w/{workspace}"
        self.cookie = next(c for c in member.http.cookies if not c.name.endswith("-visitor"))
        self.session = self.cookie.value
        self.workspace_pids = [
            pid for keeper in self.carrel.instances() for pid in [keeper.pid, *machine.children(keeper.pid)]
        ]
        for pid in self.workspace_pids:
            words = machine.command(pid)
            if words[0].endswith("/upstream"):
                self.upstream_pid, self.upstream_port = pid, int(words[1])
        return self

    @property
    def pid(self):
        return self.carrel.pid

    @property
    def pids(self):
        return [self.carrel.pid]

    def head(self, target, method="GET", more=""):
        cookie = f"{self.cookie.name}={self.cookie.value}"
        return peers.browser_head(method, self.path + target, self.port, cookie, more)

    def stop(self):
        self.carrel.remove()
