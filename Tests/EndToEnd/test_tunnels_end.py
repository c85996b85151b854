"""Whoever may not enter any more, or whose workspace is gone, is out within a second: open WebSockets, too."""

import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness import configuration, places
from harness.waiting import eventually

#: A busy machine may take longer: only `make bench` takes the bound at its word.
SECOND = 1 if places.SLACK == 1 else 30


@pytest.fixture
def desk(serve):
    carrel = serve(configuration.tiny())
    carrel.operator = carrel.program("operate")
    carrel.ada = carrel.member("ada")
    carrel.workspace = carrel.ada.open("tiny")["id"]
    carrel.bob = carrel.member("bob")
    carrel.other = carrel.bob.open("tiny")["id"]
    return carrel


def sign_out(carrel):
    carrel.ada.sign_out()


def disable(carrel):
    carrel.ok("users", "disable", "here:ada")


def stop(carrel):
    carrel.operator.delete(f"/api/v1/workspaces/{carrel.workspace}")


def closing(web_socket):
    """The close code, once the other side closes."""
    with pytest.raises(ConnectionClosed) as closed:
        web_socket.recv(timeout=30)
    return closed.value.rcvd.code if closed.value.rcvd else None


@pytest.mark.parametrize("cause, code", [(sign_out, 1008), (disable, 1008), (stop, 1001)])
def test_an_open_websocket_is_closed_within_a_second_and_nobody_elses(desk, cause, code):
    with (
        desk.ada.websocket(f"/w/{desk.workspace}/ws") as mine,
        desk.bob.websocket(f"/w/{desk.other}/ws") as others,
    ):
        mine.send("there")
        assert mine.recv(timeout=10) == "there"
        cause(desk)
        began = time.monotonic()
        assert closing(mine) == code
        assert time.monotonic() - began < SECOND
        others.send("still here")
        assert others.recv(timeout=10) == "still here"
    eventually(lambda: desk.open_connections() == 0, 10, "the gateway has none open")


def test_the_websocket_of_a_program_ends_with_its_token(desk):
    program = desk.program("workspaces", user="ada", listener="users")
    token = next(token for token in listed(desk) if token["scopes"] == ["workspaces"])
    address = f"ws://127.0.0.1:{desk.users_port}/w/{desk.workspace}/ws"
    with connect(address, additional_headers={"Authorization": f"Bearer {program.token}"}, proxy=None) as its:
        its.send("there")
        assert its.recv(timeout=10) == "there"
        desk.ok("tokens", "revoke", token["id"])
        assert closing(its) == 1008


def listed(carrel):
    tokens = carrel.json("tokens", "ls")
    return tokens if isinstance(tokens, list) else tokens["tokens"]


def test_the_app_sees_the_end_too(desk):
    program = desk.program("workspaces", user="ada", listener="users")

    def count():
        return program.get(f"/w/{desk.workspace}/sockets").json()["open"]

    with desk.ada.websocket(f"/w/{desk.workspace}/ws") as mine:
        assert count() == 1
        sign_out(desk)
        assert closing(mine) == 1008
        eventually(lambda: count() == 0, 10, "the app's side is closed")


@pytest.mark.parametrize("cause", [sign_out, stop])
def test_in_the_middle_of_a_servers_frame_no_frame_is_put_in(desk, cause):
    """Bytes of a close frame there would be taken for the rest of the message: the connection just ends."""
    head = (
        f"GET /w/{desk.workspace}/ws?part=1 HTTP/1.1\r\nHost: 127.0.0.1:{desk.users_port}\r\n"
        f"Origin: {desk.users_url}\r\nCookie: {desk.ada.cookie_header()}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", desk.users_port), timeout=30) as connection:
        connection.sendall(head)
        received = b""
        while len(received.partition(b"\r\n\r\n")[2]) < 52:
            received += connection.recv(4096)
        cause(desk)
        rest = connection.recv(4096)
        while piece := connection.recv(4096):
            rest += piece
        assert rest == b"", "nothing follows half a frame"
    eventually(lambda: desk.open_connections() == 0, 10, "the gateway has none open")


def test_a_client_that_stopped_reading_is_closed_as_well(desk):
    head = (
        f"GET /w/{desk.workspace}/raw?flood=1 HTTP/1.1\r\nHost: 127.0.0.1:{desk.users_port}\r\n"
        f"Origin: {desk.users_url}\r\nCookie: {desk.ada.cookie_header()}\r\nConnection: Upgrade\r\n"
        "Upgrade: bytes\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", desk.users_port), timeout=30) as connection:
        connection.sendall(head)
        eventually(lambda: desk.open_connections() == 1, 10, "it is open")
        sign_out(desk)
        eventually(lambda: desk.open_connections() == 0, 10, "it is open no more")
        # What was on its way before may still be read; then it ends, by a reset where that was cut off.
        try:
            while connection.recv(1 << 20):
                pass
        except ConnectionResetError:
            pass
