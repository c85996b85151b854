"""Upgrades by `carrel serve --takeover`: nobody is dropped, and what may not go on does not."""

import os
import threading
import time

import pytest
import requests
from websockets.exceptions import ConnectionClosed

from harness import configuration
from harness.load import Load
from harness.server import DidNotStart
from harness.waiting import eventually, stays

#: `make bench` takes the goal at its word; every other run a share of it.
UPGRADES, TUNNELS, RATE = (10, 500, 200) if os.environ.get("CARREL_STRICT_FIGURES") else (3, 100, 100)
#: Waits for what happens at once, on machines that are busy with other tests.
SOON = 30


def says(socket, word):
    """Whether the tunnel still echoes."""
    socket.send(word)
    return socket.recv(timeout=SOON) == word


def close_code(socket):
    """How the server closes it."""
    try:
        while True:
            socket.recv(timeout=SOON)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def has_ended(process):
    return process.poll() is not None


@pytest.fixture
def desk(serve):
    """`desk(**changes of the app)`: a server, ada with a workspace of hers, an operator."""

    def open_one(listeners=None, **changes):
        carrel = serve(configuration.tiny(**changes), **({"listeners": listeners} if listeners else {}))
        carrel.ada = carrel.member("ada")
        carrel.workspace = carrel.ada.open("tiny")["id"]
        carrel.operator = carrel.program("operate")
        return carrel

    return open_one


def tunnel(carrel, **options):
    return carrel.ada.websocket(f"/w/{carrel.workspace}/ws", **options).__enter__()


@pytest.mark.alone
@pytest.mark.timeout(900)
def test_upgrades_under_load_lose_no_request_and_no_tunnel(desk, figure):
    carrel = desk()
    paths = [f"/w/{carrel.workspace}/nonce"] * 4 + ["/api/v1/me", "/"]
    with Load(carrel.ada, paths, RATE, TUNNELS, f"/w/{carrel.workspace}/ws") as load:
        for _ in range(UPGRADES):
            before, echoed = load.answered[200], load.echoed
            carrel.take_over()
            eventually(
                lambda: load.answered[200] > before + 2 * RATE and load.echoed > echoed + 2 * TUNNELS,
                60, "the load goes on", every=0.2,
            )
            assert load.lost == []
    assert load.lost == []
    assert set(load.answered) == {200}
    eventually(lambda: all(has_ended(elder) for elder in carrel.elders), SOON, "every old process ends")
    assert [elder.returncode for elder in carrel.elders] == [0] * UPGRADES
    figure(f"requests and echoes over {UPGRADES} upgrades", sum(load.answered.values()) + load.echoed, "none lost")


def test_a_tunnel_lives_through_two_upgrades_and_each_old_process_ends_with_its_last_one(desk):
    carrel = desk()
    first = tunnel(carrel)
    carrel.take_over()
    second = tunnel(carrel)
    carrel.take_over()
    third = tunnel(carrel)
    assert says(first, "one") and says(second, "two") and says(third, "three")
    oldest, older = carrel.elders
    assert not has_ended(oldest) and not has_ended(older), "three processes are alive"
    first.close()
    assert oldest.wait(SOON) == 0
    assert says(second, "two") and says(third, "three")
    second.close()
    assert older.wait(SOON) == 0
    assert says(third, "three")
    third.close()
    assert carrel.stop() == 0


def test_an_upgrade_that_fails_leaves_the_old_process_serving_and_says_why(desk):
    carrel = desk()
    socket = tunnel(carrel)
    good = carrel.settings
    carrel.write("apps: 7\n")
    with pytest.raises(DidNotStart, match="carrel.yaml:"):
        carrel.take_over()
    carrel.write(good)
    assert says(socket, "still here")
    assert carrel.ada.get("/api/v1/me").status_code == 200
    carrel.take_over()
    assert says(socket, "and after one that worked")
    socket.close()

