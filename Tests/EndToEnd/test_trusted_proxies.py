"""Who is believed about the client's address: those that the configuration names, by their own address only."""

import json
import socket
import ssl

import pytest

from harness import configuration
from harness.http2 import Http2
from harness.waiting import eventually

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
#: This machine has all of 127.0.0.0/8; connections may come from any of them.
BALANCER, STRANGER = "127.0.0.2", "127.0.0.3"


def proxy_header(address, command=1, family=None, extra=b""):
    """Version 2 (proxy-protocol.txt, section 2.2): from `address`, to 192.0.2.1 or 2001:db8::1."""
    if address is None:
        body, kind = b"", 0
    elif ":" in address:
        packed = socket.inet_pton(socket.AF_INET6, address)
        body, kind = packed + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + bytes([1, 1, 0, 80]), 0x21
    else:
        body, kind = socket.inet_aton(address) + socket.inet_aton("192.0.2.1") + bytes([1, 1, 0, 80]), 0x11
    body += extra
    return SIGNATURE + bytes([0x20 | command, kind if family is None else family]) + len(body).to_bytes(2) + body


class Client:
    """Raw HTTP/1.1 from one of this machine's addresses, after whatever bytes come first."""

    def __init__(self, carrel, source=BALANCER, before=b"", context=None):
        self.carrel = carrel
        plain = socket.create_connection(("127.0.0.1", carrel.users_port), timeout=60, source_address=(source, 0))
        if before:
            plain.sendall(before)
        self.socket = context.wrap_socket(plain, server_hostname="localhost") if context else plain

    def ask(self, path, *headers):
        """The status and the body."""
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.carrel.users_port}", *headers]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        with self.socket.makefile("rb") as answer:
            status = int(answer.readline().split()[1])
            length = 0
            while (line := answer.readline().strip()):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            return status, answer.read(length)

    def ended(self):
        """Whether the server closes it without a word."""
        try:
            return self.socket.recv(1000) == b""
        except ConnectionError:
            return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class House:
    def __init__(self, carrel):
        self.carrel = carrel
        self.ada = carrel.member("ada")
        self.workspace = self.ada.open("tiny")["id"]
        self.cookie = f"Cookie: {self.ada.cookie_header()}"

    def seen(self, client, *headers):
        """The headers that the app gets."""
        status, body = client.ask(f"/w/{self.workspace}/headers", self.cookie, *headers)
        assert status == 200, body
        return {name.lower(): value for name, value in json.loads(body)}


FORWARDED = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: work.example.org")


def test_forwarding_headers_are_believed_from_trusted_addresses_only(serve):
    house = House(serve(configuration.tiny(), listeners={"users": {"trusted-proxies": [f"{BALANCER}/32"]}}))
    with Client(house.carrel, STRANGER) as client:
        seen = house.seen(client, *FORWARDED, "Forwarded: for=203.0.113.9", "X-Real-IP: 203.0.113.9")
        assert seen["x-forwarded-for"] == STRANGER
        assert seen["x-forwarded-proto"] == "http"
        assert seen["x-forwarded-host"] == f"127.0.0.1:{house.carrel.users_port}"
        assert "forwarded" not in seen and "x-real-ip" not in seen
    with Client(house.carrel, BALANCER) as client:
        seen = house.seen(client, *FORWARDED)
        assert seen["x-forwarded-for"] == "203.0.113.9"
        assert seen["x-forwarded-proto"] == "https"
        assert seen["x-forwarded-host"] == "work.example.org"
        # What a client wrote before the proxy added its own is not believed.
        seen = house.seen(client, "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 127.0.0.2")
        assert seen["x-forwarded-for"] == "203.0.113.9"


@pytest.fixture
def behind(serve):
    listener = {"proxy-protocol": [f"{BALANCER}/32"], "trusted-proxies": ["198.51.100.0/24"]}
    limits = {"header-timeout": "2s"}
    return House(serve(configuration.tiny(), listeners={"users": listener, "limits": limits}))


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9"])
def test_the_proxy_protocol_tells_the_clients_address(behind, address):
    with Client(behind.carrel, before=proxy_header(address, extra=b"\x04\x00\x03abc")) as client:
        for _ in range(2):  # once for the connection, not for the request
            seen = behind.seen(client, *FORWARDED)
            assert seen["x-forwarded-for"] == address
            assert seen["x-forwarded-proto"] == "http", "the client is nobody's trusted proxy"


def test_forwarding_headers_of_a_trusted_proxy_behind_the_balancer_are_believed(behind):
    with Client(behind.carrel, before=proxy_header("198.51.100.7")) as client:
        assert behind.seen(client, *FORWARDED)["x-forwarded-for"] == "203.0.113.9"


def test_a_health_check_of_the_balancer_itself_has_its_own_address(behind):
    for header in (proxy_header(None, command=0), proxy_header(None), proxy_header("203.0.113.9", command=0)):
        with Client(behind.carrel, before=header) as client:
            assert behind.seen(client)["x-forwarded-for"] == BALANCER


def test_a_header_in_pieces_and_a_request_in_the_same_segment_are_read(behind):
    header = proxy_header("203.0.113.9")
    with Client(behind.carrel) as client:
        for byte in header[:-1]:
            client.socket.sendall(bytes([byte]))
        client.socket.sendall(header[-1:] + b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b" 404 " in client.socket.recv(1000)


def test_nobody_else_may_begin_with_a_proxy_header(behind):
    with Client(behind.carrel, STRANGER) as client:
        assert behind.seen(client)["x-forwarded-for"] == STRANGER
    with Client(behind.carrel, STRANGER, before=proxy_header("203.0.113.9")) as client:
        client.socket.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = client.socket.recv(1000)
        assert answer == b"" or b" 400 " in answer


@pytest.mark.parametrize("first", [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PROXY TCP4 203.0.113.9 192.0.2.1 257 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    SIGNATURE[:6] + b"x",
    SIGNATURE + bytes([0x11, 0x11, 0, 12]) + bytes(12),  # version 1 in the place of 2
    SIGNATURE + bytes([0x2F, 0x11, 0, 12]) + bytes(12),  # no such command
    SIGNATURE + bytes([0x21, 0x41, 0, 12]) + bytes(12),  # no such family
    SIGNATURE + bytes([0x21, 0x11, 0, 11]) + bytes(11),  # too short for two addresses
    SIGNATURE + bytes([0x21, 0x21, 0, 12]) + bytes(12),
    SIGNATURE + bytes([0x21, 0x11, 0xFF, 0xFF]) + bytes(12),  # longer than anybody's
    SIGNATURE + bytes([0x21, 0x11, 0, 12]),  # never complete: closed when the time for heads is over
    b"",
], ids=range(11))
def test_a_connection_of_the_balancer_without_a_sound_header_is_closed(behind, first):
    with Client(behind.carrel, before=first) as client:
        assert client.ended()
    with Client(behind.carrel, before=proxy_header("203.0.113.9")) as client:
        assert behind.seen(client)["x-forwarded-for"] == "203.0.113.9"


def test_a_missing_header_is_told_in_the_log_once(behind):
    for _ in range(3):
        with Client(behind.carrel, before=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as client:
            assert client.ended()
    behind.carrel.eventually_logs(["PROXY protocol", BALANCER])
    assert behind.carrel.log().count("PROXY protocol") == 1


def test_limits_count_the_clients_that_are_told_and_not_the_balancer(serve):
    listeners = {"users": {"proxy-protocol": [BALANCER]}, "limits": {"connections-per-client": 3}}
    carrel = serve(configuration.tiny(), listeners=listeners)

    def opened(address):
        client = Client(carrel, before=proxy_header(address))
        return client, client.ask("/nothing")[0]

    first = [opened("203.0.113.9") for _ in range(4)]
    assert [status for _, status in first] == [404, 404, 404, 429]
    second = [opened("203.0.113.10") for _ in range(3)]
    assert [status for _, status in second] == [404, 404, 404]
    first[0][0].socket.close()
    eventually(lambda: opened("203.0.113.9")[1] == 404, 20, "a closed connection counts no more")
    for client, _ in first + second:
        client.socket.close()


def test_the_proxy_protocol_comes_before_tls(serve_https, authority):
    carrel = serve_https(configuration.tiny(), users={"proxy-protocol": [f"{BALANCER}/32"]})
    house = House(carrel)
    context = authority.context("http/1.1")
    header = proxy_header("203.0.113.9")
    with Client(carrel, before=header, context=context) as client:
        seen = house.seen(client)
        assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("203.0.113.9", "https")
    with Http2(carrel.users_port, authority.context("h2"), before=header, source=BALANCER) as client:
        answer = client.request("GET", f"/w/{house.workspace}/headers", [("cookie", house.ada.cookie_header())])
        assert ["X-Forwarded-For", "203.0.113.9"] in json.loads(answer.body)
    with Client(carrel, STRANGER, context=context) as client:
        assert house.seen(client)["x-forwarded-for"] == STRANGER
    for source, first in ((BALANCER, b""), (STRANGER, header)):
        with pytest.raises((ssl.SSLError, OSError)):
            Client(carrel, source, before=first, context=context)
