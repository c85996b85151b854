"""Who takes part in an upgrade: processes of other users do not, and who hears of revoked sessions no more ends."""

import os
import signal
import subprocess
import time

import pytest
from websockets.exceptions import ConnectionClosed

from harness import configuration, places
from harness.waiting import eventually

#: Waits for what happens at once, on machines that are busy with other tests.
SOON = 60
NOBODY = 65534
#: As long as an old process goes on without hearing of the one that serves.
LONELINESS = 60

#: Prints how many bytes it is told at a unix socket, 0 if it is sent away, once another line of input came.
VISITOR = """
import socket, sys
kind = {"stream": socket.SOCK_STREAM, "messages": socket.SOCK_SEQPACKET}[sys.argv[2]]
with socket.socket(socket.AF_UNIX, kind) as visitor:
    visitor.settimeout(60)
    visitor.connect(sys.argv[1])
    print("connected", flush=True)
    try:
        print(len(visitor.recv(1 << 16)), flush=True)
    except ConnectionResetError:
        print(0, flush=True)
"""


@pytest.fixture
def desk(serve):
    """A server and ada with a workspace of hers, a WebSocket open in it."""
    carrel = serve(configuration.tiny(), listeners={"drain": "1s"})
    carrel.ada = carrel.member("ada")
    carrel.workspace = carrel.ada.open("tiny")["id"]
    carrel.socket = carrel.ada.websocket(f"/w/{carrel.workspace}/ws").__enter__()
    return carrel


@pytest.fixture
def visit():
    """`visit(socket, kind, user)`: a process of that user that is connected there."""
    started = []

    def start(socket, kind, user):
        process = subprocess.Popen(
            [places.SYSTEM_PYTHON, "-I", "-c", VISITOR, str(socket), kind], user=user, group=user, extra_groups=[],
            stdout=subprocess.PIPE, text=True, cwd="/",
        )
        started.append(process)
        assert process.stdout.readline() == "connected\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(SOON)
        process.stdout.close()


def open_to_all(socket):
    """Takes away what keeps others off before carrel itself would: the modes of the directories and of the socket."""
    os.chmod(socket, 0o666)
    for directory in socket.parents[:2]:
        os.chmod(directory, 0o755)


def test_a_process_of_another_user_hears_nothing_where_old_processes_keep_in_touch(as_root, desk, visit):
    socket = desk.state / "run" / f"elders.{desk.pid}.sock"
    open_to_all(socket)
    told = visit(socket, "stream", 0)
    assert int(told.stdout.readline()) > 0, "one of its own user is told of sessions at once"
    stranger = visit(socket, "stream", NOBODY)
    assert int(stranger.stdout.readline()) == 0


def test_a_process_of_another_user_that_answers_for_the_running_one_is_refused(as_root, desk, visit):
    before = set((desk.state / "run").iterdir())
    desk.process.send_signal(signal.SIGSTOP)  # so that it comes second
    newcomer = subprocess.Popen(
        [str(places.CARREL), "serve", "--takeover", "--config", str(desk.file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=desk.directory,
    )
    try:
        socket = eventually(
            lambda: next((path for path in (desk.state / "run").glob("takeover.*.sock") if path not in before), None),
            SOON, "it waits to be called",
        )
        open_to_all(socket)
        visit(socket, "messages", NOBODY)
        desk.process.send_signal(signal.SIGCONT)
        said = newcomer.communicate(timeout=2 * SOON)[0]
        assert newcomer.returncode == 1
        assert f"uid {NOBODY}" in said and "may not take part in a takeover" in said, said
    finally:
        desk.process.send_signal(signal.SIGCONT)
        newcomer.kill()
        newcomer.wait(SOON)
    # The newcomer may have left before it was called.
    eventually(
        lambda: "the takeover failed" in desk.log() or "can't be reached" in desk.log(), SOON, "the running one gave up"
    )
    assert desk.ada.open("tiny", name="second")["phase"] == "ready", "the running one goes on"
    desk.socket.send("still here")
    assert desk.socket.recv(timeout=SOON) == "still here"


@pytest.mark.timeout(300)
def test_an_old_process_that_hears_of_nobody_for_a_minute_ends_what_is_open_there(desk):
    """It can't know any more whose session was revoked."""
    desk.take_over()
    desk.eventually_logs(["keeps going what is open there"], within=SOON)
    desk.kill()
    lonely = time.monotonic()
    desk.socket.send("still here")
    assert desk.socket.recv(timeout=SOON) == "still here", "a crash of the other is no reason yet"
    with pytest.raises(ConnectionClosed) as closed:
        desk.socket.recv(timeout=LONELINESS + SOON)
    assert closed.value.rcvd.code == 1001
    assert time.monotonic() - lonely > LONELINESS - 5
    assert desk.elders[0].wait(SOON) == 0
    assert "no process serves any more" in desk.log()
