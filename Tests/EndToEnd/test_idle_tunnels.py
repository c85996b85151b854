"""What the gateway keeps for a WebSocket over which nothing passes."""

import resource
import threading

import pytest

from harness import configuration, places
from harness.memory import resident
from harness.tunnels import Tunnels
from harness.waiting import eventually

pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]

#: HAProxy 2.6 keeps 4,796 bytes, nginx 1.22 keeps 18,158.
BOUND = 10_000
GOAL = 4_796


def how_many():
    """Ten thousand where that is asked for and the machine has the descriptors: two for each tunnel, in one process."""
    wanted = 10_000 if places.SLACK == 1 else 1_500
    return min(wanted, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 300) // 2)


@pytest.fixture
def desk(serve):
    carrel = serve(
        configuration.many_tunnels(),
        listeners={"limits": {"connections-per-client": 20_000}},
    )
    carrel.ada = carrel.member("ada")
    carrel.workspace = carrel.ada.open("tunnels")["id"]
    return carrel


def test_an_idle_tunnel_costs_less_than_10_kb_also_after_traffic(desk, figure):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    path = f"/w/{desk.workspace}/ws"
    with Tunnels(desk.ada, path, 100) as few:  # code paths loaded, buffers there
        few.exchange(65_536)
    eventually(lambda: desk.open_connections() == 0, 20, "the first tunnels are gone")
    count = how_many()
    before = resident(desk.pid)[0]
    with Tunnels(desk.ada, path, count) as tunnels:
        threading.Event().wait(5)
        idle = (resident(desk.pid)[0] - before) / count
        figure(f"bytes per idle tunnel, of {count}, before traffic", round(idle), f"{BOUND}, goal {GOAL}")
        tunnels.exchange(65_536)
        busy = (resident(desk.pid)[0] - before) / count
        threading.Event().wait(5)
        after = (resident(desk.pid)[0] - before) / count
        figure(f"bytes per idle tunnel, of {count}, right after traffic", round(busy), "none")
        figure(f"bytes per idle tunnel, of {count}, 5 s after traffic", round(after), f"{BOUND}, goal {GOAL}")
        assert idle <= BOUND
        assert after <= BOUND
    eventually(lambda: desk.open_connections() == 0, 30, "the tunnels are gone")
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
