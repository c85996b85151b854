"""Putting away: what computes or is used stays, what merely looks open goes, and each end tells its reason."""

import threading

import pytest

from harness import configuration
from harness.jupyter import Jupyter
from harness.waiting import eventually, stays

AFTER = 3  # seconds of `idle.after` in these configurations
LONG_ENOUGH = 3 * AFTER


def idle(**changes):
    return {
        "after": f"{AFTER}s", "then": "stop", "ignore": ["/poll", "/kernels"],
        "busy": {"cpu": "5%", "over": "2s", **changes},
    }


PROBE = {"path": "/kernels", "any": {"execution_state": "busy"}}


def is_living(operator, workspace):
    return operator.workspace(workspace)["phase"] in ("ready", "paused")


@pytest.fixture
def desk(serve):
    """`desk(idle policy)`: a server, an operator who watches, ada with an open workspace."""
    def open_one(policy):
        carrel = serve(configuration.tiny(idle=policy))
        carrel.operator = carrel.program("operate")
        carrel.ada = carrel.member("ada")
        carrel.workspace = carrel.ada.open("tiny")["id"]
        return carrel
    return open_one


def test_one_that_nobody_uses_is_stopped_and_says_idle(desk):
    carrel = desk(idle())
    ended = carrel.operator.wait_for_phase(carrel.workspace, "ended", within=AFTER + 15)
    assert ended["reason"] == "idle"
    culled = next(entry for entry in carrel.explain(carrel.workspace) if entry["verdict"] == "culled")
    assert culled["because"] and culled["inputs"]
    eventually(lambda: not carrel.instances(), 10, "its processes are gone")


def test_one_that_burns_cpu_unwatched_is_kept_until_it_is_done(desk):
    carrel = desk(idle())
    carrel.ada.in_workspace(carrel.workspace, "/burn", "POST")
    stays(lambda: is_living(carrel.operator, carrel.workspace), during=LONG_ENOUGH, what="a computing one is kept")
    kept = next(entry for entry in carrel.explain(carrel.workspace) if entry["verdict"] == "kept")
    assert "of a core" in kept["because"], kept
    carrel.ada.in_workspace(carrel.workspace, "/burn", "DELETE")
    ended = carrel.operator.wait_for_phase(carrel.workspace, "ended", within=AFTER + 20)
    assert ended["reason"] == "idle"


def test_one_whose_probe_says_busy_is_kept_until_it_says_idle(desk):
    carrel = desk(idle(probe=PROBE))
    carrel.ada.in_workspace(carrel.workspace, "/kernels?state=busy", "POST")
    stays(lambda: is_living(carrel.operator, carrel.workspace), during=LONG_ENOUGH, what="a busy one is kept")
    kept = next(entry for entry in carrel.explain(carrel.workspace) if entry["verdict"] == "kept")
    assert "busy" in kept["because"].lower(), kept
    carrel.ada.in_workspace(carrel.workspace, "/kernels?state=idle", "POST")
    assert carrel.operator.wait_for_phase(carrel.workspace, "ended", within=AFTER + 20)["reason"] == "idle"


def test_one_with_an_open_tab_that_only_polls_and_answers_pings_is_culled(desk):
    carrel = desk(idle(probe=PROBE))
    over = threading.Event()

    def poll():
        while not over.wait(0.3):
            carrel.ada.in_workspace(carrel.workspace, "/poll")

    with carrel.ada.websocket(f"/w/{carrel.workspace}/ws?ping=200", ping_interval=0.5):
        tab = threading.Thread(target=poll)
        tab.start()
        try:
            ended = carrel.operator.wait_for_phase(carrel.workspace, "ended", within=AFTER + 20)
        finally:
            over.set()
            tab.join()
    assert ended["reason"] == "idle"


def test_one_whose_tab_sends_data_is_kept(desk):
    carrel = desk(idle())
    with carrel.ada.websocket(f"/w/{carrel.workspace}/ws") as socket:
        def types():
            socket.send("a key")
            return socket.recv(timeout=5) == "a key" and is_living(carrel.operator, carrel.workspace)
        stays(types, during=LONG_ENOUGH, what="one that is used is kept", every=0.5)


def test_one_that_is_visited_is_kept(desk):
    carrel = desk(idle())
    stays(
        lambda: carrel.ada.in_workspace(carrel.workspace, "/nonce").status_code == 200,
        during=LONG_ENOUGH, what="one that is used is kept", every=0.5,
    )


def test_one_that_is_paused_keeps_its_memory_and_wakes_at_a_visit(desk):
    carrel = desk({**idle(), "then": "pause"})
    before = carrel.ada.in_workspace(carrel.workspace, "/nonce").json()
    carrel.operator.wait_for_phase(carrel.workspace, "paused", within=AFTER + 15)
    told = carrel.ada.in_workspace(carrel.workspace, "/nonce")
    assert told.status_code == 503 and "Retry-After" in told.headers, "a program is told to come again"
    after = carrel.ada.navigate(f"/w/{carrel.workspace}/nonce").json()
    assert after == before
    assert carrel.operator.workspace(carrel.workspace)["phase"] == "ready"


def test_one_that_reached_its_lifetime_ends_even_while_it_is_used(serve):
    carrel = serve(configuration.tiny(lifetime="4s"))
    operator, ada = carrel.program("operate"), carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    def visits_until_it_ends():
        ada.in_workspace(workspace, "/nonce")
        return operator.workspace(workspace)["phase"] == "ended"
    eventually(visits_until_it_ends, 20, "its end")
    assert operator.workspace(workspace)["reason"] == "lifetime"


@pytest.mark.jupyter
def test_a_jupyterlab_whose_kernel_is_busy_waiting_is_kept_and_the_notebook_is_named(serve):
    carrel = serve(configuration.jupyter(idle={
        "after": f"{AFTER}s", "then": "stop", "busy": {"cpu": "50%", "over": "2s"},
    }))
    operator, ada = carrel.program("operate"), carrel.member("ada")
    workspace = ada.open("jupyter", within=120)["id"]
    kernel = Jupyter.of(ada, workspace).start_session("train.ipynb")
    with kernel.connect() as conversation:
        conversation.ask("import threading; threading.Event().wait(600)")  # busy, yet no CPU and nobody watching
        kernel.wait_until("busy")
    stays(lambda: is_living(operator, workspace), during=LONG_ENOUGH, what="a busy kernel keeps it")
    kept = next(entry for entry in carrel.explain(workspace) if entry["verdict"] == "kept")
    assert "kernel of train.ipynb busy" in kept["because"], kept


@pytest.mark.jupyter
def test_a_jupyterlab_with_an_open_page_and_an_idle_kernel_is_culled(serve):
    carrel = serve(configuration.jupyter(idle={
        "after": f"{AFTER + 2}s", "then": "stop", "busy": {"cpu": "50%", "over": "2s"},
    }))
    operator, ada = carrel.program("operate"), carrel.member("ada")
    workspace = ada.open("jupyter", within=120)["id"]
    jupyter = Jupyter.of(ada, workspace)
    kernel = jupyter.start_kernel()
    assert kernel.run("6*7")[1] == "42"
    with kernel.connect():  # the page's socket stays open and answers pings
        def polls_until_it_ends():
            for path in ("/api/kernels", "/api/sessions", "/api/terminals", "/api/status"):
                ada.in_workspace(workspace, path)
            return operator.workspace(workspace)["phase"] == "ended"
        eventually(polls_until_it_ends, 60, "its end", every=1)
    assert operator.workspace(workspace)["reason"] == "idle"
