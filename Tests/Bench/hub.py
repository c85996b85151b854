"""JupyterHub with DockerSpawner, as its documentation sets it up on one machine, with the application that carrel runs."""

import json
import os
import re
import secrets
import subprocess
import tempfile
import time
from pathlib import Path

import machine
from harness import docker, places, ports
from harness.claims import Line
from harness.leftovers import end_processes
from harness.waiting import eventually

#: `scripts/test.sh` makes it from hub_requirements.txt.
VENV = Path(os.environ.get("CARREL_HUB_VENV", places.REPOSITORY / ".build" / "hub-venv"))
MEMBER = "ada"


def is_installed():
    return (VENV / "bin" / "jupyterhub").exists()


class DockerSpawnerHub:
    """Use as a context. Containers get what carrel's get: image, program, user, an init, a volume as home; none is kept
    between two starts. They are reached by their address, which saves the engine a proxy for each. `page` is asked for
    below the member's path."""

    def __init__(self, directory, app, page="/nonce"):
        self.directory = Path(tempfile.mkdtemp(prefix="hub-", dir=directory))
        self.page = page
        self.mark = f"carrel-bench-{secrets.token_hex(3)}"
        self.token = secrets.token_hex(16)
        self.proxy_port, self.hub_port, self.api_port = (ports.free_port() for _ in range(3))
        self.app = app
        self.process = None

    def configuration(self):
        app = self.app
        volumes = {volume["path"]: {"bind": volume["mount"], "mode": "ro"} for volume in app["volumes"]}
        volumes[f"{self.mark}-{{username}}"] = app["home"]["mount"]
        environment = {name: self.expanded(value) for name, value in app["environment"].items()}
        settings = {
            "JupyterHub.authenticator_class": "dummy",
            "JupyterHub.bind_url": f"http://127.0.0.1:{self.proxy_port}",
            "JupyterHub.hub_bind_url": f"http://127.0.0.1:{self.hub_port}",
            "JupyterHub.db_url": f"sqlite:///{self.directory}/hub.sqlite",
            "JupyterHub.cookie_secret_file": f"{self.directory}/cookie-secret",
            "JupyterHub.pid_file": f"{self.directory}/pid",
            "JupyterHub.log_level": "WARN",
            "JupyterHub.services": [{"name": "bench", "api_token": self.token}],
            "JupyterHub.load_roles": [
                {"name": "bench", "scopes": ["admin:users", "admin:servers"], "services": ["bench"]},
            ],
            "Authenticator.allow_all": True,
            "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{self.api_port}",
            "ConfigurableHTTPProxy.auth_token": secrets.token_hex(16),
            "JupyterHub.spawner_class": "docker",
            "DockerSpawner.image": app["image"],
            "DockerSpawner.cmd": [self.expanded(word) for word in app["command"]],
            "DockerSpawner.port": 8888,
            "DockerSpawner.environment": environment,
            "DockerSpawner.volumes": volumes,
            "DockerSpawner.prefix": self.mark,
            "DockerSpawner.remove": True,
            "DockerSpawner.use_internal_ip": True,
            "DockerSpawner.network_name": "bridge",
            "DockerSpawner.extra_create_kwargs": {"user": app["user"]},
            "DockerSpawner.extra_host_config": {"init": True},
        }
        return "".join(f"c.{key} = {value!r}\n" for key, value in settings.items())

    def expanded(self, text):
        """What carrel's templates mean for a container of this hub's."""
        values = {"port": "8888", "path": f"/user/{MEMBER}", "home": self.app["home"]["mount"], "runtime": "/tmp", "token": "bench"}
        return re.sub(r"{{workspace\.(\w+)}}", lambda found: values[found[1]], text)

    def __enter__(self):
        file = self.directory / "jupyterhub_config.py"
        file.write_text(self.configuration())
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [VENV / "bin" / "jupyterhub", "--config", file], cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={
                    **os.environ, **machine.NODE, "PATH": f"{VENV}/bin:{os.environ['PATH']}",
                    "DOCKER_HOST": f"unix://{docker.SOCKET}",
                },
            )
        try:
            eventually(self._answers, 90, "JupyterHub answers")
            answer, body, _ = self._line().ask("POST", f"/hub/api/users/{MEMBER}")
            assert answer.status == 201, body
        except BaseException:
            self.__exit__()
            raise
        return self

    def _line(self):
        """A new one each time: its proxy closes those that nobody uses for five seconds."""
        return Line(f"http://127.0.0.1:{self.proxy_port}", self.token)

    def _answers(self):
        assert self.process.poll() is None, f"it ended: {self.log()}"
        try:
            answer, _, _ = self._line().ask("GET", "/hub/api/")
        except OSError:
            return False
        return answer.status == 200

    def log(self):
        return (self.directory / "log").read_text(errors="replace")[-4000:]

    def start(self, within=120):
        """Milliseconds from asking its API for the member's server to the first byte of the server's page."""
        line = self._line()
        before = time.perf_counter()
        answer, body, _ = line.ask("POST", f"/hub/api/users/{MEMBER}/server")
        assert answer.status in (201, 202), f"{answer.status} {body} {self.log()}"
        while True:
            answer, _, arrived = line.ask("GET", f"/user/{MEMBER}{self.page}")
            if answer.status == 200:
                return (arrived - before) * 1000
            assert time.perf_counter() < before + within, f"{answer.status}: {self.log()}"

    def stop(self):
        answer, body, _ = self._line().ask("DELETE", f"/hub/api/users/{MEMBER}/server")
        assert answer.status in (202, 204), f"{answer.status} {body}"
        eventually(lambda: not self._about_member()["servers"], 60, "the server is gone")

    def _about_member(self):
        _, body, _ = self._line().ask("GET", f"/hub/api/users/{MEMBER}")
        return json.loads(body)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()  # its proxy ends with it
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        end_processes(self.directory)
        for container in docker.docker("ps", "--all", "--quiet", "--filter", f"name={self.mark}").split():
            docker.docker("rm", "--force", "--volumes", container, check=False)
        for volume in docker.docker("volume", "ls", "--quiet", "--filter", f"name={self.mark}").split():
            docker.docker("volume", "rm", volume, check=False)


def versions():
    code = "import dockerspawner, jupyterhub; print(dockerspawner.__version__, jupyterhub.__version__)"
    spawner, hub = machine.said(str(VENV / "bin" / "python"), "-c", code).split()[-2:]
    return {
        "DockerSpawner": f"{spawner} with JupyterHub {hub}",
        "Docker Engine": docker.docker("version", "--format", "{{.Server.Version}}"),
    }
