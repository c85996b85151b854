"""A Docker Engine of a test's own, which it may stop, restart and cut off."""

import json
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from . import docker, leftovers, places
from .waiting import eventually


class Engine:
    """Uses neither the firewall nor a bridge of the machine's own: nothing of another engine is touched."""

    def __init__(self, *options):
        places.SCRATCH.mkdir(parents=True, exist_ok=True, mode=0o755)
        self.directory = places.SCRATCH / f"engine-{secrets.token_hex(3)}"
        self.directory.mkdir()
        self.socket = str(self.directory / "docker.sock")
        self.options = options
        self.process = None

    def start(self):
        bridge = subprocess.run(["ip", "-4", "-o", "address", "show", "dev", "docker0"], capture_output=True, text=True, check=False)
        log = open(self.directory / "log", "ab")
        with log:
            self.process = subprocess.Popen(
                [
                    "dockerd", "--host", f"unix://{self.socket}", "--data-root", str(self.directory / "data"),
                    "--exec-root", str(self.directory / "run"), "--pidfile", str(self.directory / "pid"),
                    "--bridge", "none", "--iptables=false", "--ip6tables=false", *self.options,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        eventually(self.answers, 60, "the engine answers")
        self._give_back_bridge(bridge.stdout.split())
        return self

    @staticmethod
    def usable():
        """False where something is on the default bridge of the machine's engine, which dockerd takes away for a moment."""
        about = json.loads(docker.docker("network", "inspect", "bridge"))
        return not about[0]["Containers"]

    @staticmethod
    def _give_back_bridge(words):
        """Told to have no default bridge, dockerd removes the one that the machine's own engine made."""
        if os.path.exists("/sys/class/net/docker0") or "inet" not in words:
            return
        subprocess.run(["ip", "link", "add", "docker0", "type", "bridge"], check=True)
        address = words[words.index("inet") + 1]
        subprocess.run(["ip", "address", "add", address, "brd", "+", "dev", "docker0"], check=True)
        subprocess.run(["ip", "link", "set", "docker0", "up"], check=True)

    def answers(self):
        assert self.process.poll() is None, Path(self.directory / "log").read_text()[-2000:]
        done = subprocess.run(
            ["docker", "--host", f"unix://{self.socket}", "version"], capture_output=True, timeout=30, check=False,
        )
        return done.returncode == 0

    def load(self, image):
        """Copies an image from the machine's engine."""
        saved = subprocess.Popen(
            ["docker", "--host", f"unix://{docker.SOCKET}", "save", image], stdout=subprocess.PIPE,
        )
        subprocess.run(
            ["docker", "--host", f"unix://{self.socket}", "load"], stdin=saved.stdout, check=True, capture_output=True,
        )
        assert saved.wait(60) == 0

    def stop(self, number=signal.SIGTERM):
        process, self.process = self.process, None
        process.send_signal(number)
        process.wait(60)

    def remove(self):
        """With all that it ran."""
        if self.process is None:
            self.start()
        for container in docker.docker("ps", "--all", "--quiet", socket=self.socket).split():
            docker.docker("rm", "--force", container, socket=self.socket, check=False)
        for network in docker.docker("network", "ls", "--quiet", "--filter", "type=custom", socket=self.socket).split():
            docker.docker("network", "rm", network, socket=self.socket, check=False)
        self.stop()
        # With live-restore its containerd stays.
        leftovers.end_processes(self.directory)
        leftovers.unmount_below(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        assert not os.path.exists(self.socket)
