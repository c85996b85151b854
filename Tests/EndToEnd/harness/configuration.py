"""Configurations as an operator would write them, small and with short times."""

import copy
import ipaddress
import secrets

from . import docker, places

JUPYTER_IGNORED = ["/api/status", "/api/kernels", "/api/sessions", "/api/terminals", "/api/contents"]


def merged(base, changes):
    """`changes` laid over `base`: mappings are merged, anything else is replaced, None removes a key."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def tiny(**changes):
    """The little web application of apps/tiny.py, with a home and without spares."""
    base = {
        "id": "tiny",
        "title": "Tiny",
        "engine": "here",
        "command": [places.SYSTEM_PYTHON, "-I", str(places.APPS / "tiny.py")],
        "environment": {
            "APP_PORT": "{{workspace.port}}",
            "APP_HOME": "{{workspace.home}}",
            "APP_RUNTIME": "{{workspace.runtime}}",
        },
        "prefix": "strip",
        "ready": {"path": "/ready", "within": "30s"},
        "home": {"volume": "mine", "mount": "/home/member"},
    }
    return merged(base, {key.replace("_", "-"): value for key, value in changes.items()})


def light(**changes):
    """The lightest application there is (apps/light.py), without a home: for many at once."""
    base = {
        "id": "light",
        "title": "Light",
        "engine": "here",
        "command": [places.SYSTEM_PYTHON, "-I", "-S", "-E", str(places.APPS / "light.py")],
        "environment": {"APP_PORT": "{{workspace.port}}"},
        "prefix": "strip",
        "ready": {"path": "/", "within": "120s"},
    }
    return merged(base, {key.replace("_", "-"): value for key, value in changes.items()})


def sockets(**changes):
    """WebSockets served by the library `websockets` (apps/sockets.py), without a home."""
    base = {
        "id": "sockets",
        "title": "Sockets",
        "engine": "here",
        "command": [str(places.APP_VENV / "bin" / "python"), "-I", str(places.APPS / "sockets.py")],
        "environment": {"APP_PORT": "{{workspace.port}}"},
        "prefix": "strip",
        "ready": {"path": "/", "within": "60s"},
    }
    return merged(base, {key.replace("_", "-"): value for key, value in changes.items()})


def many_tunnels(**changes):
    """An application that holds many thousands of WebSockets (apps/tunnels.py), without a home."""
    base = {
        "id": "tunnels",
        "title": "Tunnels",
        "engine": "here",
        "command": [places.SYSTEM_PYTHON, "-I", "-S", "-E", str(places.APPS / "tunnels.py")],
        "environment": {"APP_PORT": "{{workspace.port}}"},
        "prefix": "strip",
        "ready": {"path": "/", "within": "30s"},
    }
    return merged(base, {key.replace("_", "-"): value for key, value in changes.items()})


def in_container(app, **changes):
    """The same application as a container: Python from an image, the program from this repository."""
    command = ["/usr/bin/python3", "-I"] + [word for word in app["command"][1:] if word != "-I"]
    contained = merged(app, {
        "engine": "docker",
        "image": docker.IMAGE,
        "command": [word.replace(str(places.APPS), "/apps") for word in command],
        "environment": {"APP_HOST": "0.0.0.0"},
        "user": "1000:1000",
        "volumes": [{"path": str(places.APPS), "mount": "/apps"}],
    })
    if "home" in contained:
        contained["home"]["volume"] = "volumes"
    return merged(contained, {key.replace("_", "-"): value for key, value in changes.items()})


def lab_in_container(**changes):
    """A real JupyterLab as a container: Python from an image, JupyterLab from this machine's files."""
    venv = "/venv"
    packages = next((places.APP_VENV / "lib").glob("python*/site-packages")).relative_to(places.APP_VENV)
    return jupyter(**merged({
        "id": "lab",
        "engine": "docker",
        "image": docker.IMAGE,
        "command": ["/usr/bin/python3", "-m", "jupyterlab"] + [
            "--ServerApp.ip=0.0.0.0" if word.startswith("--ServerApp.ip=") else word for word in jupyter()["command"][1:]
        ],
        "environment": {
            "PYTHONPATH": f"{venv}/{packages}",
            "JUPYTER_PATH": f"{venv}/share/jupyter",
            "JUPYTERLAB_DIR": f"{venv}/share/jupyter/lab",
        },
        "user": "1000:1000",
        "volumes": [{"path": str(places.APP_VENV), "mount": venv}],
        "home": {"volume": "volumes"},
    }, changes))


def own_subnets():
    """An IPv4 block for the networks of one deployment. Another engine on this machine (some tests start one) knows nothing
    of the usual block's addresses that are taken, and two bridges with the same one answer for each other."""
    return f"10.{214 + secrets.randbelow(36)}.{16 * secrets.randbelow(16)}.0/20"


def containers(deployment_homes="e2e"):
    """What the whole configuration needs beside such apps: the engine, and homes as volumes."""
    return {
        "engines": {"docker": {"kind": "docker", "socket": docker.SOCKET, "subnets": own_subnets()}},
        "homes": {"volumes": {"engine": "docker", "name": deployment_homes + "-{{user.id}}"}},
    }


def jupyter(**changes):
    """A real JupyterLab, as the documentation recommends to set it up."""
    base = {
        "id": "jupyter",
        "title": "JupyterLab",
        "description": "Notebooks in Python",
        "engine": "here",
        "command": [
            str(places.APP_VENV / "bin" / "jupyter-lab"),
            "--no-browser",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port={{workspace.port}}",
            "--ServerApp.port_retries=0",
            "--ServerApp.base_url={{workspace.path}}",
            "--ServerApp.root_dir={{workspace.home}}",
            "--ServerApp.allow_remote_access=True",
            "--LabApp.news_url=None",
        ],
        "environment": {"JUPYTER_TOKEN": "{{workspace.token}}"},
        "prefix": "keep",
        "headers": {"Authorization": "token {{workspace.token}}"},
        "ready": {"path": "/api/status", "within": "90s"},
        "home": {"volume": "mine", "mount": "/home/member"},
        "idle": {
            "ignore": JUPYTER_IGNORED,
            "busy": {"probe": {
                "path": "/api/sessions", "any": {"kernel.execution_state": "busy"}, "says": "kernel of {name}",
            }},
        },
    }
    return merged(base, {key.replace("_", "-"): value for key, value in changes.items()})


def server(directory, deployment, users_port, operators_port, apps, **changes):
    """The whole carrel.yaml as a mapping. `operators_host` chooses where the operators' listener binds."""
    operators_host = changes.pop("operators_host", "127.0.0.1")
    ipaddress.ip_address(operators_host)
    base = {
        "state": str(directory / "state"),
        "deployment": deployment,
        "store": "sqlite",
        "listeners": {
            "users": {"bind": f"127.0.0.1:{users_port}"},
            "operators": {"bind": f"{operators_host}:{operators_port}"},
        },
        "isolation": {"mode": "path"},
        "sign-in": {"providers": [{"id": "here", "kind": "local", "title": "This machine"}]},
        "engines": {
            "here": {
                "kind": "process",
                "sandbox": "auto",
                "visible": [str(places.APPS), str(places.APP_VENV)],
            },
        },
        "homes": {"mine": {"engine": "here", "path": str(directory / "homes" / "{{user.id}}")}},
        "apps": apps,
    }
    return merged(base, {key.replace("_", "-"): value for key, value in changes.items()})
