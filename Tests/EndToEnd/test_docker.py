"""Workspaces as containers of a real Docker Engine: handed over warm, with the member's own volume, kept to themselves."""

import pytest

from harness import configuration, docker, leftovers
from harness.configuration import in_container, tiny
from harness.waiting import eventually

pytestmark = pytest.mark.docker


def serve_containers(serve, *apps, **changes):
    return serve(*apps, **configuration.merged(configuration.containers(), changes))


def nothing_is_left(carrel):
    """Of containers, networks and mounts; homes stay."""
    return (
        not docker.containers(carrel.deployment)
        and not docker.networks(carrel.deployment)
        and [point for point in leftovers.mounts_below(carrel.state) if not point.endswith("/slots")] == []
    )


def test_a_spare_becomes_the_members_own_with_their_volume_in_it(serve):
    carrel = serve_containers(serve, in_container(tiny(pool={"spares": 1})))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 1)
    ada = carrel.member("ada")
    claimed = ada.open("tiny")
    assert claimed["trace"]["source"] == "spare"
    assert ada.in_workspace(claimed["id"], "/home?name=note.txt", "PUT", data=b"kept").status_code in (200, 201, 204)
    assert [row["Name"] for row in docker.volumes(carrel.deployment)] == [f"e2e-{ada.id}"]
    ada.stop(claimed["id"])
    carrel.wait_for_spares(operator, "tiny", 1)
    again = ada.open("tiny")
    assert again["id"] != claimed["id"]
    assert ada.in_workspace(again["id"], "/home?name=note.txt").content == b"kept"


def test_nobody_finds_anothers_home(serve):
    carrel = serve_containers(serve, in_container(tiny(pool={"spares": 2})))
    ada, bob = carrel.member("ada"), carrel.member("bob")
    hers, his = ada.open("tiny"), bob.open("tiny")
    ada.in_workspace(hers["id"], "/home?name=secret.txt", "PUT", data=b"hers")
    assert bob.in_workspace(his["id"], "/home?name=secret.txt").status_code == 404
    assert bob.get(f"/w/{hers['id']}/").status_code == 404
    code, listing = docker.execute(his["id"], "ls", "/home/member")
    assert (code, listing) == (0, "")


def test_a_container_has_no_rights_that_it_does_not_need(serve):
    app = in_container(tiny(resources={"memory": "256Mi", "cpu": 0.5, "processes": 64}), read_only=True)
    carrel = serve_containers(serve, app)
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    about = docker.inspect(f"carrel-{workspace}")
    host = about["HostConfig"]
    assert host["CapDrop"] == ["ALL"] and not host["CapAdd"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert (host["Memory"], host["MemorySwap"]) == (256 << 20, 256 << 20)
    assert (host["NanoCpus"], host["PidsLimit"]) == (500_000_000, 64)
    assert host["ReadonlyRootfs"] and not host["Privileged"]
    assert not any("docker.sock" in mount["Source"] for mount in about["Mounts"])
    assert about["Config"]["User"] == "1000:1000"
    _, status = docker.execute(workspace, "cat", "/proc/1/status")
    assert "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status


def test_running_out_of_memory_is_told_as_that(serve):
    program = "import sys; blocks = []\nwhile True: blocks.append(bytes(1 << 20) + b'x')"
    app = in_container(tiny(resources={"memory": "64Mi"}), command=["/usr/bin/python3", "-c", program])
    carrel = serve_containers(serve, app)
    ada = carrel.member("ada")
    workspace = ada.claim("tiny").json()["id"]
    ended = ada.wait_for_phase(workspace, "ended", 60)
    assert "used more memory than its limit of 64 MiB" in ended["reason"]
    eventually(lambda: nothing_is_left(carrel), 30, "nothing is left")


def test_a_container_that_somebody_removes_is_told_and_its_remains_go(serve):
    carrel = serve_containers(serve, in_container(tiny(pool={"spares": 1})))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 1)
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    ada.in_workspace(workspace, "/home?name=note.txt", "PUT", data=b"kept")
    docker.docker("rm", "--force", f"carrel-{workspace}")
    ended = ada.wait_for_phase(workspace, "ended", 60)
    assert ended["reason"] == "lost" or "removed from outside" in ended["reason"], ended["reason"]
    again = ada.open("tiny")
    assert ada.in_workspace(again["id"], "/home?name=note.txt").content == b"kept"
    def gone():
        names = {row["Name"] for row in docker.networks(carrel.deployment)}
        return f"carrel-{workspace}" not in names and not (carrel.state / "engines/docker/slots" / workspace).exists()
    eventually(gone, 30, "its network and slot are gone")


def test_the_log_and_the_pause_of_a_container(serve):
    carrel = serve_containers(serve, in_container(tiny()))
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    assert ada.post(f"/api/v1/workspaces/{workspace}/pause").status_code in (200, 202, 204)
    ada.wait_for_phase(workspace, "paused")
    assert docker.inspect(f"carrel-{workspace}")["State"]["Paused"]
    assert ada.navigate(f"/w/{workspace}/nonce").status_code == 200, "opening it wakes it"
    assert not docker.inspect(f"carrel-{workspace}")["State"]["Paused"]
    assert "listens on" in carrel.ok("logs", workspace)
