"""WebSockets whose other end is gone without a word, or reads no more: found, closed, and cheap until then."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from harness import configuration, places
from harness.memory import megabytes, resident
from harness.network import Network
from harness.repeated import Repeated
from harness.tunnels import Tunnels, frame
from harness.waiting import eventually, stays

KEEPALIVE = {"keepalive-idle": "1s", "keepalive-interval": "1s", "keepalive-probes": 2}
CLIENT = """
import signal, sys, types
sys.path.insert(0, sys.argv[1])
from harness.tunnels import Tunnels
member = types.SimpleNamespace(base=sys.argv[2], cookie_header=lambda: sys.argv[3])
with Tunnels(member, sys.argv[4], int(sys.argv[5])) as tunnels:
    print("open", flush=True)
    signal.pause()
"""


@pytest.fixture
def network():
    if not Network.is_possible():
        pytest.skip("networks can't be made here")
    made = Network()
    try:
        yield made.open()
    finally:
        made.close()


@pytest.fixture
def clients(network):
    """`clients(member, path, count)`: a process on the other network that holds WebSockets open."""
    started = []

    def start(member, path, count):
        process = network.start(
            sys.executable, "-c", CLIENT, str(places.REPOSITORY / "Tests" / "EndToEnd"), member.base,
            member.cookie_header(), path, str(count), stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"open\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def serve_on(serve):
    """A server that listens on an address of its own for members."""
    def start(host, *apps, **limits):
        carrel = serve(*apps, started=False, listeners={"limits": {"connections-per-client": 5_000, **limits}})
        carrel.settings["listeners"]["users"]["bind"] = f"{host}:{carrel.users_port}"
        carrel.write()
        carrel.start()
        carrel.ada = carrel.member("ada")
        return carrel
    return start


def test_clients_whose_network_is_cut_are_found_and_closed_on_both_sides(serve_on, network, clients):
    carrel = serve_on(network.here, configuration.tiny(), **KEEPALIVE)
    workspace = carrel.ada.open("tiny")["id"]
    program = carrel.program("workspaces", user="ada", listener="users")

    def at_the_app():
        return program.get(f"/w/{workspace}/sockets").json()["open"]

    clients(carrel.ada, f"/w/{workspace}/ws", 20)
    assert carrel.open_connections() == 20 and at_the_app() == 20
    stays(lambda: carrel.open_connections() == 20, during=5, what="silent ones that are there stay open")
    network.cut()
    eventually(lambda: carrel.open_connections() == 0, 60, "the gateway has none open")
    eventually(lambda: at_the_app() == 0, 10, "nor has the app")


def test_clients_whose_network_is_cut_while_data_is_on_its_way_are_found_as_well(serve_on, network, clients):
    carrel = serve_on(network.here, configuration.tiny(), **KEEPALIVE)
    workspace = carrel.ada.open("tiny")["id"]
    clients(carrel.ada, f"/w/{workspace}/ws?ping=200", 5)
    assert carrel.open_connections() == 5
    network.cut()
    eventually(lambda: carrel.open_connections() == 0, 60, "the gateway has none open")


@pytest.mark.alone
@pytest.mark.timeout(1200)
def test_memory_stays_flat_under_mixed_load_with_500_abandoned_websockets(serve_on, network, clients, figure):
    """A third read nothing of what floods them, a third are stopped processes, a third are cut off."""
    seconds = 600 if places.SLACK == 1 else 30
    # The operating system gives up the abandoned only after the test.
    carrel = serve_on(network.here, configuration.tiny(), **{"keepalive-idle": "1h", "keepalive-probes": 100})
    workspace = carrel.ada.open("tiny")["id"]
    path = f"/w/{workspace}"
    stopped = clients(carrel.ada, f"{path}/ws?ping=1000", 170)
    with Tunnels(carrel.ada, f"{path}/raw?flood=1", 170):
        cut = clients(carrel.ada, f"{path}/ws", 160)
        assert carrel.open_connections() == 500
        stopped.send_signal(signal.SIGSTOP)
        network.cut()
        with Repeated(mixed(carrel, workspace)) as load:
            load.over.wait(seconds / 3)
            settled = resident(carrel.pid)[0]
            readings = []
            until = time.monotonic() + seconds * 2 / 3
            while time.monotonic() < until:
                load.over.wait(1)
                readings.append(resident(carrel.pid)[0])
        assert load.failures == []
        assert load.rounds > 10
        # Of both thirds of the time the typical reading: buffers come and go.
        half = len(readings) // 2
        growth = sorted(readings[half:])[half // 2] - sorted(readings[:half])[half // 2]
        figure(f"500 abandoned WebSockets and mixed load, {seconds} s, resident MB", megabytes(settled), "none")
        figure("the same, growth from the first half to the second, in MB", megabytes(growth), 10)
        assert carrel.open_connections() >= 500
        assert growth < 10_000_000
    stopped.send_signal(signal.SIGCONT)
    assert cut.poll() is None


def mixed(carrel, workspace):
    """Pages, uploads, downloads and WebSockets, each by a member's browser of its own."""
    browsers = [carrel.member("ada") for _ in range(4)]

    def pages(member=browsers[0]):
        for _ in range(20):
            assert member.in_workspace(workspace, "/nonce").status_code == 200

    def uploads(member=browsers[1]):
        data = os.urandom(1_000_000)
        answer = member.in_workspace(workspace, "/upload", "PUT", data=data)
        assert answer.json()["sha256"] == hashlib.sha256(data).hexdigest()

    def downloads(member=browsers[2]):
        assert len(member.in_workspace(workspace, "/download?bytes=3000000").content) == 3_000_000

    def messages(member=browsers[3]):
        with member.websocket(f"/w/{workspace}/ws") as web_socket:
            for size in (10, 1_000, 300_000):
                web_socket.send(bytes(size))
                assert web_socket.recv(timeout=60) == bytes(size)

    return [pages, uploads, downloads, messages]


@pytest.mark.alone
def test_fifty_clients_that_stop_reading_hold_the_app_back_instead_of_filling_memory(serve_on, figure):
    carrel = serve_on("127.0.0.1", configuration.tiny())
    workspace = carrel.ada.open("tiny")["id"]
    with Tunnels(carrel.ada, f"/w/{workspace}/raw?flood=1", 2):
        pass
    before = resident(carrel.pid)[0]
    with Tunnels(carrel.ada, f"/w/{workspace}/raw?flood=1", 50):
        most = watched(carrel.pid, 5)
    growth = most - before
    figure("50 tunnels whose reader stopped, growth in MB", megabytes(growth), 20)
    assert growth < 20_000_000


@pytest.mark.alone
def test_an_app_that_stops_reading_holds_its_client_back_instead_of_filling_memory(serve_on, figure):
    carrel = serve_on("127.0.0.1", configuration.tiny())
    workspace = carrel.ada.open("tiny")["id"]
    before = resident(carrel.pid)[0]
    block, sent = frame(65_000) * 4, 0
    # It never reads and floods: what it sends is read here, so that only the other way is full.
    with Tunnels(carrel.ada, f"/w/{workspace}/raw?flood=1", 1) as tunnels:
        connection = tunnels.sockets[0]
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 3:
            try:
                connection.recv(1 << 20)
            except BlockingIOError:
                pass
            try:
                sent += connection.send(block)
                quiet_since = time.monotonic()
            except BlockingIOError:
                pass
            assert sent < 64_000_000, "somebody takes everything"
        growth = resident(carrel.pid)[0] - before
    figure("sent to an app that reads nothing, in MB", megabytes(sent), 64)
    figure("a client that sends to an app that reads nothing, growth in MB", megabytes(growth), 20)
    assert growth < 20_000_000


def watched(pid, seconds):
    """The most that it held meanwhile."""
    most, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        most = max(most, resident(pid)[0])
        time.sleep(0.05)
    return most
