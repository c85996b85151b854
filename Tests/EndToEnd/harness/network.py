"""A second network on this machine, whose cable can be pulled."""

import os
import secrets
import subprocess


class Network:
    """A namespace, joined to this one by a pair of interfaces. `here` and `there` are the two ends' addresses."""

    def __init__(self):
        mark = secrets.token_hex(3)
        self.name = f"carrel-{mark}"
        self.interface = f"cv{mark}"
        self.peer = f"cp{mark}"
        block = int(mark, 16) % 16_000
        # RFC 2544's block for measurements: nobody's real network.
        prefix = f"198.18.{block // 64 % 250}.{block % 64 * 4}".rsplit(".", 1)
        self.here = f"{prefix[0]}.{int(prefix[1]) + 1}"
        self.there = f"{prefix[0]}.{int(prefix[1]) + 2}"

    def open(self):
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.interface, "type", "veth", "peer", "name", self.peer, "netns", self.name)
        run("ip", "address", "add", f"{self.here}/30", "dev", self.interface)
        run("ip", "link", "set", self.interface, "up")
        self.inside("address", "add", f"{self.there}/30", "dev", self.peer)
        self.inside("link", "set", self.peer, "up")
        return self

    def inside(self, *words):
        run("ip", "-n", self.name, *words)

    def start(self, *command, **options):
        """A program in there."""
        return subprocess.Popen(["ip", "netns", "exec", self.name, *command], **options)

    def cut(self):
        """What was sent is lost from now on, also the end of connections."""
        self.inside("link", "set", self.peer, "down")

    def close(self):
        subprocess.run(["ip", "link", "delete", self.interface], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "delete", self.name], check=False, capture_output=True)

    @staticmethod
    def is_possible():
        if os.geteuid() != 0:
            return False
        name = f"carrel-{secrets.token_hex(3)}"
        try:
            made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True).returncode == 0
        except FileNotFoundError:
            return False
        if made:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
        return made


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
