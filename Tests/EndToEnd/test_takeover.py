"""Upgrades by `carrel serve --takeover`: nobody is dropped, and what may not go on does not."""

import contextlib
import os
import signal
import socket as python_socket
import subprocess
import threading
import time
from collections import Counter

import psutil
import pytest
import requests
from websockets.exceptions import ConnectionClosed

from harness import configuration, places
from harness.load import Load
from harness.member import NAVIGATION, Member
from harness.server import DidNotStart
from harness.waiting import eventually, stays

#: `make bench` takes the goal at its word; every other run a share of it.
STRICT = bool(os.environ.get("CARREL_STRICT_FIGURES"))
UPGRADES, TUNNELS, RATE = (10, 500, 200) if STRICT else (3, 100, 100)
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


def test_workspaces_do_not_notice_an_upgrade(desk):
    carrel = desk()
    before = carrel.ada.in_workspace(carrel.workspace, "/nonce").json()
    processes = {(process.pid, process.create_time()) for process in carrel.instances()}
    carrel.take_over()
    assert carrel.ada.in_workspace(carrel.workspace, "/nonce").json() == before
    assert {(process.pid, process.create_time()) for process in carrel.instances()} == processes
    assert carrel.ada.open("tiny", name="second")["phase"] == "ready"
    assert carrel.run("audit", "--verify").returncode == 0


# What the old process is still told


@pytest.mark.parametrize("upgrades", [1, 2])
def test_a_session_revoked_after_an_upgrade_closes_its_tunnels_in_the_old_process(desk, figure, upgrades):
    carrel = desk()
    socket = tunnel(carrel)
    for _ in range(upgrades):
        carrel.take_over()
    assert says(socket, "as before")
    assert carrel.ada.sign_out().status_code == 303
    before = time.monotonic()
    assert close_code(socket) == 1008
    took = time.monotonic() - before
    figure("from sign-out to the end of a tunnel in an old process", f"{took:.3f} s", "1 s")
    assert took < 1 or not STRICT
    assert all(elder.wait(SOON) == 0 for elder in carrel.elders)


def test_a_member_disabled_on_the_command_line_after_an_upgrade_loses_tunnels_in_the_old_process(desk):
    carrel = desk()
    socket = tunnel(carrel)
    carrel.take_over()
    carrel.ok("users", "disable", "ada")
    assert close_code(socket) == 1008


def test_a_workspace_ended_after_an_upgrade_closes_its_tunnels_in_the_old_process(desk):
    carrel = desk()
    socket = tunnel(carrel)
    carrel.take_over()
    assert says(socket, "as before")
    carrel.ok("stop", carrel.workspace)
    assert close_code(socket) == 1001


def test_a_tunnel_in_the_old_process_is_still_told_after_the_new_one_crashed_and_came_back(desk):
    carrel = desk()
    socket = tunnel(carrel)
    carrel.take_over()
    carrel.kill()
    assert says(socket, "nobody else serves now")
    carrel.start()
    assert says(socket, "as before")
    carrel.ada.http.close()
    assert carrel.ada.sign_out().status_code == 303
    assert close_code(socket) == 1008


def test_stopping_the_new_process_ends_what_is_open_in_the_old_one(desk):
    carrel = desk(listeners={"drain": "1s"})
    socket = tunnel(carrel)
    carrel.take_over()
    carrel.eventually_logs(["keeps going what is open there"], within=SOON)
    assert carrel.stop() == 0
    assert close_code(socket) == 1001
    assert carrel.elders[0].wait(SOON) == 0


def test_the_old_process_ends_what_is_open_after_takeover_drain(desk):
    carrel = desk(listeners={"takeover-drain": "1s"})
    socket = tunnel(carrel)
    carrel.take_over()
    assert close_code(socket) == 1001
    assert carrel.elders[0].wait(SOON) == 0


# What the new one hears from the old process


def test_a_tunnel_that_is_used_only_through_the_old_process_keeps_its_workspace_awake(desk):
    carrel = desk(idle={"after": "4s", "then": "stop", "busy": {"cpu": "50%", "over": "2s"}})
    socket = tunnel(carrel)
    carrel.take_over()
    stays(lambda: says(socket, "a key"), during=12, what="it is kept", every=0.5)
    assert carrel.operator.workspace(carrel.workspace)["phase"] == "ready"
    ended = carrel.operator.wait_for_phase(carrel.workspace, "ended", within=60)
    assert ended["reason"] == "idle"
    assert close_code(socket) == 1001


def test_a_paused_workspace_wakes_for_a_page_asked_for_over_a_connection_to_the_old_process(desk):
    carrel = desk()
    kept = requests.Session()
    kept.trust_env = False
    kept.cookies.update(carrel.ada.http.cookies)
    address = f"{carrel.users_url}/w/{carrel.workspace}/nonce"
    before = kept.get(address, timeout=SOON).json()
    socket = tunnel(carrel)
    carrel.take_over()
    assert carrel.operator.post(f"/api/v1/workspaces/{carrel.workspace}/pause").status_code == 200
    answer = kept.get(address, headers=NAVIGATION, timeout=SOON)
    assert answer.status_code == 200 and answer.json() == before
    assert says(socket, "awake")


# Nothing of the hub's is lost


def test_claims_and_sign_ins_in_the_middle_of_an_upgrade_are_answered(desk):
    carrel = desk()
    over = threading.Event()
    seen = Counter()
    programs = [carrel.program("operate") for _ in range(2)]

    def claiming(program, number):
        count = 0
        while not over.is_set():
            answer = program.claim("tiny", name=f"load-{number}-{count % 3}", user="here:load")
            seen[f"claim {answer.status_code}"] += 1
            count += 1

    def signing_in():
        while not over.is_set():
            answer = Member(carrel, "ada", carrel.ada.password).try_to_sign_in(carrel.ada.password)
            seen[f"sign-in {answer.status_code}"] += 1

    def listing():
        while not over.is_set():
            seen[f"ls {carrel.run('ls').returncode}"] += 1

    def guarded(work, *words):
        try:
            work(*words)
        except Exception as error:  # told by the assertion below
            seen[f"{work.__name__} {error!r}"] += 1

    works = [(claiming, programs[0], 0), (claiming, programs[1], 1), (signing_in,), (listing,)]
    threads = [threading.Thread(target=guarded, args=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            before = sum(seen.values())
            carrel.take_over()
            eventually(lambda: sum(seen.values()) > before + 20, 60, "they go on")
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert set(seen) <= {"claim 201", "claim 202", "sign-in 303", "ls 0"}, seen
    assert carrel.run("audit", "--verify").returncode == 0


def test_an_event_stream_ends_whole_and_is_there_again_in_the_new_process(desk):
    carrel = desk()
    address = f"/api/v1/workspaces/{carrel.workspace}/events"
    with carrel.ada.get(address, stream=True, timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines) == b"event: workspace"
        carrel.take_over()
        list(lines)  # throws unless the last chunk came
    with carrel.ada.get(address, stream=True, timeout=60) as stream:
        assert next(stream.iter_lines()) == b"event: workspace"


# Upgrades that go wrong


def test_an_upgrade_that_fails_leaves_the_old_process_serving_and_says_why(desk):
    carrel = desk()
    socket = tunnel(carrel)
    good = carrel.settings
    carrel.write("apps: 7\n")
    with pytest.raises(DidNotStart, match="exit code 2(.|\n)*carrel.yaml:"):
        carrel.take_over()
    assert says(socket, "still here")
    assert carrel.ada.get("/api/v1/me").status_code == 200
    carrel.write(good)
    carrel.take_over()
    assert says(socket, "and after one that worked")


def test_an_upgrade_that_fails_after_the_old_process_let_go_leaves_it_writing_again(desk):
    carrel = desk(pool={"spares": 1})
    socket = tunnel(carrel)
    with contextlib.closing(python_socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        carrel.write(configuration.merged(carrel.settings, {
            "listeners": {"operators": {"bind": f"127.0.0.1:{port}"}},
        }))
        with pytest.raises(DidNotStart, match="exit code 1(.|\n)*in use"):
            carrel.take_over()
    carrel.eventually_logs(["the takeover failed", "in use"])
    assert says(socket, "still here")
    assert carrel.ada.open("tiny", name="second")["phase"] == "ready"
    assert len(carrel.json("ls")) >= 2
    carrel.write()
    carrel.take_over()
    assert says(socket, "and after one that worked")
    assert carrel.ada.open("tiny", name="third")["phase"] == "ready"
    assert carrel.run("audit", "--verify").returncode == 0


def newcomer(carrel):
    """A process that takes over, as soon as the old one knows of it."""
    known = carrel.log().count("wants to take over")
    log = open(carrel.log_file, "ab")
    with log:
        process = subprocess.Popen(
            [str(places.CARREL), "serve", "--takeover", "--config", str(carrel.file)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=carrel.directory,
        )
    eventually(lambda: carrel.log().count("wants to take over") > known, SOON, "it has begun", every=0.001)
    return process


def test_a_new_process_that_is_killed_before_it_serves_changes_nothing(desk):
    carrel = desk()
    socket = tunnel(carrel)
    kept = carrel.pid
    for _ in range(3):
        process = newcomer(carrel)
        process.kill()
        process.wait(10)
        # Killed when it served already, it would have been a crash of the one that serves, which is another test.
        if "this one keeps going what is open" in carrel.log():
            pytest.skip("the machine was too slow to kill it in time")
        carrel.eventually_logs(["the takeover failed"], within=SOON)
        assert says(socket, "still here")
        assert carrel.ada.get("/api/v1/me").status_code == 200
    assert carrel.ada.open("tiny", name="second")["phase"] == "ready"
    assert carrel.pid == kept


def test_a_new_process_starts_though_the_old_one_is_killed_in_the_middle(desk):
    carrel = desk()
    before = carrel.ada.in_workspace(carrel.workspace, "/nonce").json()
    ready = carrel.log().count("ready users=")
    process = newcomer(carrel)
    carrel.kill()
    carrel.process = process
    eventually(lambda: carrel.log().count("ready users=") > ready, 60, "it serves")
    carrel.ada.http.close()
    assert carrel.ada.in_workspace(carrel.workspace, "/nonce").json() == before
    assert carrel.ada.open("tiny", name="second")["phase"] == "ready"


def test_of_two_that_want_to_take_over_one_is_told_to_wait(desk):
    carrel = desk()
    socket = tunnel(carrel)
    first = newcomer(carrel)
    first.send_signal(signal.SIGSTOP)
    try:
        if "this one keeps going what is open" in carrel.log():
            pytest.skip("the machine was too slow to stop it in time")
        second = carrel.run("serve", "--takeover")
        assert second.returncode == 1 and "taking over already" in second.stderr, second.stderr
    finally:
        first.kill()
        first.wait(10)
    carrel.eventually_logs(["the takeover failed"], within=SOON)
    assert says(socket, "still here")
    carrel.take_over()
    assert says(socket, "and after one that worked")


def test_without_a_running_server_it_starts_as_always(serve):
    carrel = serve(configuration.tiny())
    carrel.stop()
    carrel.start(options=["--takeover"])
    assert carrel.member("ada").open("tiny")["phase"] == "ready"


def test_sigusr2_makes_a_running_server_start_its_successor(desk):
    carrel = desk()
    socket = tunnel(carrel)
    old = carrel.process
    children = {child.pid for child in psutil.Process(old.pid).children()}
    old.send_signal(signal.SIGUSR2)
    eventually(lambda: "this one keeps going what is open" in carrel.log(), 60, "it was taken over from")
    new = [child for child in psutil.Process(old.pid).children() if child.pid not in children]
    assert len(new) == 1 and "--takeover" in new[0].cmdline()
    try:
        assert says(socket, "as before")
        assert carrel.ada.open("tiny", name="second")["phase"] == "ready"
        socket.close()
        assert old.wait(SOON) == 0
        assert carrel.ada.get("/api/v1/me").status_code == 200
    finally:
        new[0].terminate()
        new[0].wait(SOON)


def test_a_service_manager_is_told_which_process_serves(desk, tmp_path):
    with contextlib.closing(python_socket.socket(python_socket.AF_UNIX, python_socket.SOCK_DGRAM)) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(SOON)
        carrel = desk()
        carrel.take_over(environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        told = manager.recv(4096).decode().splitlines()
        assert {"READY=1", f"MAINPID={carrel.pid}"} <= set(told)
