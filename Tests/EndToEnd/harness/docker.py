"""A real Docker Engine: what carrel's deployments have there, seen from outside."""

import http.client
import json
import os
import subprocess
import time

#: `scripts/docker.sh start` makes both.
SOCKET = os.environ.get("CARREL_DOCKER_SOCKET", "/var/run/docker.sock")
IMAGE = "carrel-test/python"


def docker(*words, socket=None, check=True):
    """The command line's stdout."""
    done = subprocess.run(
        ["docker", "--host", f"unix://{socket or SOCKET}", *words], capture_output=True, text=True, timeout=120, check=False,
    )
    assert not check or done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def answers():
    try:
        docker("version", "--format", "{{.Server.Version}}")
        return True
    except (AssertionError, OSError, subprocess.TimeoutExpired):
        return False


def _listed(kind, deployment, socket=None):
    words = [*kind, "--filter", f"label=org.carrel.deployment={deployment}", "--format", "{{json .}}"]
    return [json.loads(line) for line in docker(*words, socket=socket).splitlines()]


def containers(deployment, socket=None):
    """Every container of a deployment, stopped ones too: rows of `docker ps`."""
    return _listed(["ps", "--all", "--no-trunc"], deployment, socket)


def networks(deployment, socket=None):
    """Those of workspaces: those that are made ahead and belong to nobody yet are apart."""
    idle = networks_ahead(deployment, socket)
    return [row for row in _listed(["network", "ls"], deployment, socket) if row["Name"] not in idle]


def networks_ahead(deployment, socket=None):
    """Names of those that are made ahead and have no container."""
    rows = _listed(["network", "ls"], deployment, socket)
    names = {row["Name"] for row in rows if "org.carrel.ahead=" in row["Labels"]}
    return names - {row["Names"] for row in containers(deployment, socket)}


def volumes(deployment, socket=None):
    return _listed(["volume", "ls"], deployment, socket)


def inspect(container, socket=None):
    return json.loads(docker("inspect", container, socket=socket))[0]


def execute(workspace, *command, socket=None):
    """Runs a command inside a workspace's container. Returns exit code and output."""
    done = subprocess.run(
        ["docker", "--host", f"unix://{socket or SOCKET}", "exec", f"carrel-{workspace}", *command],
        capture_output=True, text=True, timeout=60, check=False,
    )
    return done.returncode, done.stdout + done.stderr


def run_and_ask(app):
    """Seconds from `docker run` of an app's container to the first byte of its page, by the container's address."""
    settings = [word for name, value in app["environment"].items() if "{{" not in value for word in ("--env", f"{name}={value}")]
    mounts = [
        word for volume in app.get("volumes", []) for word in ("--volume", f"{volume['path']}:{volume['mount']}:ro")
    ]
    before = time.perf_counter()
    container = docker(
        "run", "--detach", "--init", "--user", app["user"], *settings, *mounts, "--env", "APP_PORT=8888", app["image"],
        *app["command"],
    )
    try:
        address = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", container)
        while True:
            connection = http.client.HTTPConnection(address, 8888, timeout=10)
            try:
                connection.request("GET", "/nonce")
                connection.getresponse()
                return time.perf_counter() - before
            except OSError:
                time.sleep(0.002)  # asking in a tight loop would take a core from the app
            finally:
                connection.close()
    finally:
        docker("rm", "--force", container)


def remove_everything(deployment, socket=None):
    """Containers, networks and volumes of a deployment."""
    for row in containers(deployment, socket):
        docker("rm", "--force", "--volumes", row["ID"], socket=socket, check=False)
    for row in _listed(["network", "ls"], deployment, socket):
        docker("network", "rm", row["ID"], socket=socket, check=False)
    for row in volumes(deployment, socket):
        docker("volume", "rm", "--force", row["Name"], socket=socket, check=False)
