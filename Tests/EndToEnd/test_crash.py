"""Stops, crashes and restarts of carrel: the same processes serve the same members with the same cookies."""

import threading

import pytest
import requests

from harness import configuration, leftovers
from harness.jupyter import Jupyter
from harness.repeated import Repeated
from harness.waiting import eventually


def identities(carrel):
    return {(process.pid, process.create_time()) for process in carrel.instances()}


def test_after_kill_9_under_load_the_same_processes_serve_the_same_members(serve):
    carrel = serve(configuration.tiny(pool={"spares": 2}))
    operator = carrel.program("operate")
    members = [carrel.member(name) for name in ("ada", "bob", "cyd")]
    workspaces = {member: member.open("tiny")["id"] for member in members}
    before = {member: member.in_workspace(id, "/nonce").json() for member, id in workspaces.items()}
    for member, id in workspaces.items():
        member.in_workspace(id, "/home?name=mine.txt", "PUT", data=member.name.encode())
    carrel.wait_for_spares(operator, "tiny", 2)
    owned_before = identities(carrel)

    def visiting(member):
        session = requests.Session()
        session.trust_env = False
        session.cookies.update(member.http.cookies)
        return lambda: session.get(f"{member.base}/w/{workspaces[member]}/nonce", timeout=20).status_code

    claimants = carrel.program("operate")
    promised = []

    def claiming():
        answer = claimants.claim("tiny", name=f"load-{len(promised)}", user="here:load")
        if answer.status_code in (201, 202):
            promised.append(answer.json()["id"])
        threading.Event().wait(0.2)  # a claim starts a process: a few are load enough
        return answer.status_code

    # While carrel is away, a refused connection is no surprise.
    works = [visiting(member) for member in members] + [claiming]
    with Repeated(works, tolerated=(requests.exceptions.RequestException, AssertionError)) as load:
        eventually(lambda: load.seen[200] > 50 and len(promised) > 1, 60, "the load runs")
        carrel.kill()
        eventually(lambda: load.seen["unreachable"] > 3, 60, "carrel is away")
        survivors = identities(carrel)
        assert owned_before - survivors == set(), "no workspace died with carrel"
        carrel.start()
        answered = load.seen[200]
        eventually(lambda: load.seen[200] > answered + 50, 60, "the same cookies are served again")

    for member, id in workspaces.items():
        assert member.workspace(id)["phase"] == "ready"
        assert member.in_workspace(id, "/nonce").json() == before[member], "another process answers"
        assert member.in_workspace(id, "/home?name=mine.txt").content == member.name.encode()
    known = {found["id"] for found in operator.workspaces()}
    assert len(promised) > 1 and set(promised) <= known, "a claim that was answered is kept"
    everything_is_known(carrel, operator)
    assert carrel.run("audit", "--verify").returncode == 0


def everything_is_known(carrel, operator):
    """As many processes run as the store knows of: nothing orphaned, nothing lost."""
    def settled():
        pool = carrel.pool(operator, "tiny")
        running = sum(found["phase"] in ("starting", "ready", "paused", "stopping") for found in operator.workspaces()
                      if found["owner"] is not None)
        return pool["starting"] == 0 and len(carrel.instances()) == running + pool["ready"]
    eventually(settled, 60, "instances and records agree", every=0.3)


def test_a_stop_leaves_workspaces_running_and_a_start_finds_them(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    before = ada.in_workspace(workspace, "/nonce").json()
    assert carrel.stop() == 0
    assert len(carrel.instances()) == 1
    carrel.start()
    assert ada.in_workspace(workspace, "/nonce").json() == before


@pytest.mark.jupyter
def test_a_kernels_memory_survives_a_crash_of_carrel(serve):
    carrel = serve(configuration.jupyter())
    ada = carrel.member("ada")
    workspace = ada.open("jupyter", within=120)["id"]
    kernel = Jupyter.of(ada, workspace).start_kernel()
    kernel.run("answer = 6*7")
    carrel.kill()
    carrel.start()
    assert kernel.run("answer")[1] == "42"


def test_a_workspace_that_died_while_carrel_was_away_is_told_as_ended(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    carrel.kill()
    for instance in carrel.instances():
        leftovers.kill([*instance.children(recursive=True), instance])
    carrel.start()
    ended = ada.wait_for_phase(workspace, "ended", within=20)
    assert ended["reason"] == "lost" or ended["reason"].startswith("failed: "), ended["reason"]
    again = ada.open("tiny")
    assert again["id"] != workspace


def test_carrel_killed_in_the_middle_of_starts_repairs_itself(serve):
    carrel = serve(configuration.tiny(pool={"spares": 4}))
    operator = carrel.program("operate")
    for _ in range(3):
        eventually(lambda: carrel.instances(), 20, "something is being started", every=0.01)
        carrel.kill()
        carrel.start()
    carrel.wait_for_spares(operator, "tiny", 4)
    everything_is_known(carrel, operator)
    assert len(carrel.instances()) == 4


def test_a_session_that_was_ended_stays_ended_after_a_crash(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    kept = dict(ada.http.cookies)
    assert ada.sign_out().status_code == 303
    carrel.kill()
    carrel.start()
    ada.http.cookies.update(kept)
    assert ada.get("/api/v1/me").status_code == 401
