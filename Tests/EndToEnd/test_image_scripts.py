"""What the scripts in images/ do by themselves; the images they belong to are built in test_images.py."""

import importlib.machinery
import importlib.util
import json
import subprocess
import threading
from pathlib import Path

import psutil
import pytest
import requests

from harness import places, ports
from harness.waiting import eventually

SOURCES = places.REPOSITORY / "images"
VERSIONS = SOURCES / "common" / "carrel-versions"


@pytest.fixture(scope="module")
def versions():
    loader = importlib.machinery.SourceFileLoader("carrel_versions", str(VERSIONS))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("carrel_versions", loader))
    loader.exec_module(module)
    return module


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_versions_are_read_from_the_image_and_from_the_members_home(versions, tmp_path):
    root, home = tmp_path / "root", tmp_path / "home"
    write(root / "etc/os-release", 'PRETTY_NAME="Ubuntu 24.04.2 LTS"\nVERSION_ID="24.04"\nID=ubuntu\n')
    library = "lib/python3.99/site-packages"
    write(root / "usr/bin/python3")
    installed = "usr/local/lib/python3.99/dist-packages"
    write(root / "usr/lib/python3.99/os.py")
    write(root / "usr/lib/python3/dist-packages/wheel-0.38.egg-info", "Name: wheel\nVersion: 0.38\n")
    write(root / f"{installed}/numpy-2.1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: numpy\nVersion: 2.1.0\n")
    write(root / f"{installed}/requests-2.32.0.dist-info/METADATA", "Name: requests\nVersion: 2.32.0\n")
    write(home / f".local/{library}/requests-2.31.0.dist-info/METADATA", "Name: requests\nVersion: 2.31.0\n")
    write(root / "usr/lib/R/library/base/DESCRIPTION", "Package: base\nVersion: 4.4.2\n")
    write(root / "usr/lib/R/site-library/shiny/DESCRIPTION", "Package: shiny\nVersion: 1.10.0\n")
    write(home / "R/x86_64-pc-linux-gnu-library/4.4/mine/DESCRIPTION", "Package: mine\nVersion: 1.2.3\n")
    assert versions.versions(str(root), str(home)) == {
        "system": {"id": "ubuntu", "version": "24.04", "name": "Ubuntu 24.04.2 LTS"},
        "python": {"version": "3.99", "packages": {"wheel": "0.38", "numpy": "2.1.0", "requests": "2.31.0"}},
        "r": {"version": "4.4.2", "packages": {"base": "4.4.2", "shiny": "1.10.0", "mine": "1.2.3"}},
    }


def test_what_is_not_there_is_null_and_not_an_error(versions, tmp_path):
    found = versions.versions(str(tmp_path), str(tmp_path))
    assert found == {"system": {"id": None, "version": None, "name": None}, "python": None, "r": None}


def test_the_versions_of_this_machine_are_its_own():
    told = json.loads(subprocess.run([str(VERSIONS)], capture_output=True, check=True, timeout=60).stdout)
    asked = subprocess.run(
        [places.SYSTEM_PYTHON, "-c", "import platform; print(platform.python_version())"],
        capture_output=True, check=True, text=True,
    )
    assert told["python"]["version"] == asked.stdout.strip()


def test_the_server_of_versions_answers_json_and_is_small():
    port = ports.free_port()
    process = subprocess.Popen([str(VERSIONS), "--serve", str(port)])
    try:
        url = f"http://127.0.0.1:{port}/anything"

        def answer():
            try:
                return requests.get(url, timeout=20)
            except requests.ConnectionError:
                return None
        told = eventually(answer, 30, "it answers")
        assert told.headers["Content-Type"] == "application/json" and told.json()["system"]["id"]
        assert requests.post(url, data=b"x", timeout=20).status_code == 405
        head = requests.head(url, timeout=20)
        assert head.status_code == 200 and not head.content
        assert psutil.Process(process.pid).memory_full_info().uss < 16e6
    finally:
        process.terminate()
        process.wait(10)


def test_a_kernel_starts_in_a_python_that_sees_what_is_installed_later(tmp_path):
    tell = "-c 'import site; print(site.USER_SITE, site.ENABLE_USER_SITE)' #"
    script = (SOURCES / "jupyter" / "start-kernel").read_text().replace("-m ipykernel_launcher", tell)
    done = subprocess.run(
        ["sh", "-c", script, "start-kernel", "file"], capture_output=True, text=True, timeout=60, check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    library, enabled = done.stdout.split()
    assert enabled == "True" and Path(library).is_dir() and library.startswith(f"{tmp_path}/.local/")


@pytest.mark.parametrize("script", sorted(
    path for path in SOURCES.rglob("*") if path.is_file() and path.read_bytes().startswith(b"#!/bin/sh")
), ids=lambda path: path.name)
def test_scripts_are_shell_that_every_debian_understands(script):
    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def rstudio(**changes):
    """As images/README.md has it, with a stand-in for the server: RStudio is in no registry that tests can reach."""
    return {
        "id": "rstudio",
        "engine": "here",
        "command": [str(SOURCES / "rstudio" / "start-rstudio"), "{{workspace.path}}"],
        "environment": {"RSERVER": str(places.APPS / "rserver.py"), "PORT": "{{workspace.port}}"},
        "prefix": "strip",
        "ready": {"path": "/unsupported_browser.htm", "within": "60s"},
        "home": {"volume": "mine", "mount": "/home/member"},
        "idle": {"ignore": ["/events/get_events", "/rpc/get_events"]},
        "pool": {"spares": 1},
        **changes,
    }


def test_rstudio_is_told_its_path_and_opens_the_home_with_the_first_session(serve):
    visible = [str(places.APPS), str(SOURCES)]
    carrel = serve(rstudio(), engines={"here": {"visible": visible}})
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "rstudio", 1)
    ada = carrel.member("ada")
    workspace = ada.open("rstudio")
    assert workspace["trace"]["source"] == "spare"
    path = f"/w/{workspace['id']}"
    home = carrel.directory / "homes" / ada.id
    page = ada.navigate(f"{path}/")
    assert page.status_code == 200 and f"href='{path}/help'" in page.text
    cookie = [part.strip().lower() for part in page.headers["Set-Cookie"].split(";")]
    assert f"path={path}/" in cookie or f"path={path}" in cookie, "the path that it chose is neither doubled nor lost"
    assert ada.in_workspace(workspace["id"], "/auth-sign-out").headers["Location"].endswith(f"{path}/signed-out")
    assert ada.in_workspace(workspace["id"], "/auth-sign-out").headers["Location"].count("/w/") == 1
    assert not (home / ".Rhistory").exists()

    events = []
    waiting = threading.Thread(
        target=lambda: events.append(ada.in_workspace(workspace["id"], "/events/get_events", "POST", json={})),
    )
    waiting.start()
    started = ada.in_workspace(workspace["id"], "/rpc/client_init", "POST", json={})
    assert started.json()["result"]["home"] == "/home/member"
    waiting.join(60)
    assert events[0].json()["result"][0]["event"] == "session_started"
    assert (home / ".Rhistory").read_text() == "6*7\n"
