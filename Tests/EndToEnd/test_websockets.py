"""WebSockets and other protocols pass through untouched, whatever two ends have agreed upon."""

import json
import os
import socket

import pytest
from websockets.exceptions import InvalidStatus

from harness import configuration


@pytest.fixture
def desk(serve):
    carrel = serve(configuration.sockets(), configuration.tiny())
    carrel.ada = carrel.member("ada")
    return carrel


@pytest.fixture
def path(desk):
    return f"/w/{desk.ada.open('sockets')['id']}/"


def test_compression_is_agreed_between_the_two_ends_and_messages_survive_it(desk, path):
    with desk.ada.websocket(path) as web_socket:
        assert [extension.name for extension in web_socket.protocol.extensions] == ["permessage-deflate"]
        assert json.loads(web_socket.recv(timeout=20))["extensions"] == ["permessage-deflate"]
        for message in ("", "text", "x" * 100_000, os.urandom(70_000), bytes(3_000_000)):
            web_socket.send(message)
            assert web_socket.recv(timeout=30) == message
        # In fragments, with pings between them.
        web_socket.send(part for part in ("one ", "two ", "three"))
        web_socket.ping()
        assert web_socket.recv(timeout=20) == "one two three"


def test_without_compression_there_is_none(desk, path):
    with desk.ada.websocket(path, compression=None) as web_socket:
        assert json.loads(web_socket.recv(timeout=20))["extensions"] == []
        assert web_socket.protocol.extensions == []
        web_socket.send("plain")
        assert web_socket.recv(timeout=20) == "plain"


@pytest.mark.parametrize("offered, agreed", [
    (["v1.kernel.websocket.jupyter.org"], "v1.kernel.websocket.jupyter.org"),
    (["unheard-of", "graphql-ws"], "graphql-ws"),
])
def test_the_subprotocol_is_the_one_that_the_two_ends_agree_on(desk, path, offered, agreed):
    with desk.ada.websocket(path, subprotocols=offered) as web_socket:
        assert web_socket.subprotocol == agreed
        assert json.loads(web_socket.recv(timeout=20))["subprotocol"] == agreed


def test_a_subprotocol_that_the_app_does_not_speak_is_refused_by_the_app(desk, path):
    with pytest.raises(InvalidStatus) as refused:
        with desk.ada.websocket(path, subprotocols=["unheard-of"]):
            pass
    assert refused.value.response.status_code == 400


def test_the_query_reaches_the_app(desk, path):
    with desk.ada.websocket(f"{path}room?token=a%20b&empty=") as web_socket:
        assert json.loads(web_socket.recv(timeout=20))["path"] == "/room?token=a%20b&empty="


@pytest.mark.parametrize("protocol", ["bytes", "tcp-forward/2", "SPDY/3.1"])
def test_any_other_protocol_is_tunnelled_as_bytes(desk, protocol):
    workspace = desk.ada.open("tiny")["id"]
    head = (
        f"GET /w/{workspace}/raw HTTP/1.1\r\nHost: 127.0.0.1:{desk.users_port}\r\nOrigin: {desk.users_url}\r\n"
        f"Cookie: {desk.ada.cookie_header()}\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", desk.users_port), timeout=20) as connection:
        connection.sendall(head)
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        assert received.startswith(b"HTTP/1.1 101 ")
        assert f"upgrade: {protocol}".lower().encode() in received.lower()
        for sent in (b"\x00", b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)) * 4000):
            connection.sendall(sent)
            back = b""
            while len(back) < len(sent):
                back += connection.recv(1 << 16)
            assert back == sent
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b"", "the end comes through as well"
