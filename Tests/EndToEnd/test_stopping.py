"""SIGTERM: nobody new is let in, what is under way may finish, what stays open is told, and then it is over."""

import http.client
import signal
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed

from harness import configuration
from harness.waiting import eventually

SOON = 30


@pytest.fixture
def desk(serve):
    """`desk("5s")`: a server that lets what is open go on for five seconds, and ada with a workspace of hers."""

    def open_one(drain):
        carrel = serve(configuration.tiny(), listeners={"drain": drain})
        carrel.ada = carrel.member("ada")
        carrel.workspace = carrel.ada.open("tiny")["id"]
        carrel.ada.http.close()
        return carrel

    return open_one


def kept_alive(carrel):
    """A connection that has had an answer and may have another."""
    connection = http.client.HTTPConnection("127.0.0.1", carrel.users_port, timeout=SOON)
    ask(carrel, connection)
    return connection


def ask(carrel, connection, path="/nonce"):
    connection.request("GET", f"/w/{carrel.workspace}{path}", headers={"Cookie": carrel.ada.cookie_header()})
    answer = connection.getresponse()
    answer.body = answer.read()
    return answer


def refuses(carrel):
    connection = http.client.HTTPConnection("127.0.0.1", carrel.users_port, timeout=SOON)
    try:
        connection.connect()
    except ConnectionRefusedError:
        return True
    finally:
        connection.close()
    return False


def test_requests_finish_and_connections_are_refused_and_it_exits_with_0(desk):
    carrel = desk("60s")
    answers = []
    request = threading.Thread(
        target=lambda: answers.append(ask(carrel, kept_alive(carrel), "/ticks?count=30&every=100")))
    with carrel.ada.websocket(f"/w/{carrel.workspace}/ws") as socket:
        request.start()
        socket.send("before")
        assert socket.recv(timeout=SOON) == "before"
        carrel.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(carrel), SOON, "nobody new is let in")
        socket.send("during")
        assert socket.recv(timeout=SOON) == "during", "tunnels live on"
        request.join(SOON)
        assert [answer.status for answer in answers] == [200]
        assert answers[0].body.count(b"data:") == 30
    assert carrel.process.wait(SOON) == 0


def test_a_kept_alive_connection_is_answered_once_more_with_connection_close(desk):
    carrel = desk("60s")
    with carrel.ada.websocket(f"/w/{carrel.workspace}/ws"):
        connection = kept_alive(carrel)
        carrel.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(carrel), SOON, "it is stopping", every=0.005)
        answer = ask(carrel, connection)
        assert answer.status == 200 and answer.getheader("Connection") == "close"
        connection.close()


def test_what_is_open_after_drain_is_closed_with_1001(desk):
    carrel = desk("2s")
    with carrel.ada.websocket(f"/w/{carrel.workspace}/ws") as socket:
        before = time.monotonic()
        carrel.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=SOON)
        assert closed.value.rcvd.code == 1001
        assert time.monotonic() - before >= 1.9, "not before its time"
    assert carrel.process.wait(SOON) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(desk, number):
    carrel = desk("600s")
    with carrel.ada.websocket(f"/w/{carrel.workspace}/ws"):
        carrel.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(carrel), SOON, "it is stopping")
        assert carrel.process.poll() is None
        carrel.process.send_signal(number)
        assert carrel.process.wait(SOON) == 1
    assert len(carrel.instances()) == 1, "workspaces live on"
