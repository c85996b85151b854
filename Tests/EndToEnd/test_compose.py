"""deploy/compose: Carrel and its workspaces as containers of one machine, from nothing to a signed-in member."""

import os
import shutil
import signal
import socket
import subprocess
from urllib.parse import urlsplit

import pytest
import requests

from harness import docker, images, leftovers, places
from harness.composed import FOLDER, OPERATORS, Composed
from harness.configuration import in_container, tiny
from harness.waiting import eventually

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount here"),
]


@pytest.fixture(scope="module")
def image():
    """deploy/image built from the binaries under test, on a base of this machine's own files."""
    mark = f"test-{os.getpid()}"
    names = [f"carrel-test/base:{mark}", f"carrel-test/binaries:{mark}", f"carrel/carrel:{mark}"]
    base, binaries, built = names
    try:
        images.base_for_carrel(base)
        images.carrels_binaries(binaries)
        images.build(
            built, places.REPOSITORY / "deploy/image/Dockerfile", places.REPOSITORY, BASE=base, BINARIES=binaries,
        )
        yield built
    finally:
        for name in reversed(names):
            images.remove(name)


@pytest.fixture(scope="module")
def compose(image, request):
    """One deployment for all of them; each has a member of its own."""
    app = in_container(tiny(pool={"spares": 1}), home={"volume": "team"})
    composed = Composed(image, app)
    failed = request.session.testsfailed
    try:
        yield composed.up()
    finally:
        if request.session.testsfailed > failed:
            composed.keep_log(request.node.name)
        composed.remove()
        assert leftovers.mounts_below(composed.directory) == [] and not composed.directory.exists()
        assert not docker.containers(composed.deployment) and not docker.networks(composed.deployment)


def refuses(address, port):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) != 0


def test_from_nothing_to_a_member_in_a_warm_workspace_whose_home_outlives_down_and_up(compose):
    operator = compose.operator()
    compose.wait_for_spares(operator, "tiny", 1)
    ada = compose.member("ada")
    claimed = ada.open("tiny")
    assert claimed["trace"]["source"] == "spare"
    written = ada.in_workspace(claimed["id"], "/home?name=note.txt", "PUT", data=b"kept")
    assert written.status_code in (200, 201, 204), written.text
    nonce = ada.navigate(f"/w/{claimed['id']}/nonce").text

    compose.down()
    assert docker.inspect(f"carrel-{claimed['id']}")["State"]["Running"], "the workspace goes on without carrel"
    compose.up()
    assert ada.navigate(f"/w/{claimed['id']}/nonce").text == nonce, "the same workspace, and the same session"
    assert ada.in_workspace(claimed["id"], "/home?name=note.txt").content == b"kept"

    ada.stop(claimed["id"])
    compose.wait_for_spares(operator, "tiny", 1)
    again = ada.open("tiny")
    assert again["id"] != claimed["id"] and again["trace"]["source"] == "spare"
    assert ada.in_workspace(again["id"], "/home?name=note.txt").content == b"kept"


def test_members_and_operators_come_by_two_addresses(compose):
    members, operators = urlsplit(compose.users_url), urlsplit(compose.operators_url)
    assert requests.get(f"{compose.operators_url}/healthz", timeout=10).status_code == 200
    assert requests.get(f"{compose.users_url}/healthz", timeout=10).status_code == 404
    assert refuses(OPERATORS, members.port) and refuses(members.hostname, operators.port)


def test_a_crash_is_followed_by_a_start_and_members_stay_where_they_were(compose):
    bob = compose.member("bob")
    workspace = bob.open("tiny")["id"]
    bob.in_workspace(workspace, "/home?name=note.txt", "PUT", data=b"kept")
    restarts = compose.about()["RestartCount"]
    first = compose.about()["State"]["Pid"]
    os.kill(first, signal.SIGKILL)
    eventually(lambda: compose.about()["State"]["Pid"] not in (0, first), 60, "it was started again")
    eventually(lambda: compose.health() == "healthy", 90, "it is healthy again")
    assert compose.about()["RestartCount"] == restarts + 1
    assert bob.in_workspace(workspace, "/home?name=note.txt").content == b"kept"


def test_only_carrel_has_the_socket_and_the_secret_is_a_file(compose):
    about = compose.about()
    assert not about["HostConfig"]["Privileged"] and about["HostConfig"]["CapDrop"] == ["ALL"]
    assert about["HostConfig"]["ReadonlyRootfs"]
    assert compose.secret not in str(about), "neither in its environment nor in its command"
    assert compose.execute("cat", "/run/secrets/team-key") == compose.secret
    eve = compose.member("eve")
    workspace = eve.open("tiny")["id"]
    code, environment = docker.execute(workspace, "cat", "/proc/1/environ")
    assert code == 0 and f"TEAM_KEY={compose.secret}" in environment, "given to the app that asks for it"
    mounts = docker.inspect(f"carrel-{workspace}")["Mounts"]
    assert not any("docker.sock" in mount["Source"] for mount in mounts)


def test_the_health_check_knows_when_nobody_answers(compose):
    compose.execute("carrel-healthy", urlsplit(compose.operators_url).netloc)
    compose.execute("carrel-healthy")
    with pytest.raises(AssertionError, match="→ 1"):
        compose.execute("carrel-healthy", f"{OPERATORS}:1")


def test_the_configuration_that_is_shipped_is_right(tmp_path):
    shutil.copy(FOLDER / "config" / "carrel.yaml", tmp_path)
    secret = tmp_path / "team-key"
    secret.write_text("a secret")
    file = tmp_path / "carrel.yaml"
    text = file.read_text().replace("/run/secrets/team-key", str(secret))
    file.write_text(text.replace("/var/lib/carrel", str(tmp_path / "state")))
    checked = subprocess.run(
        [str(places.CARREL), "check", "--config", str(file)], capture_output=True, text=True, timeout=60, check=False,
    )
    assert checked.returncode != 2, checked.stdout + checked.stderr
