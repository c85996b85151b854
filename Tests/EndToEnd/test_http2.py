"""HTTP/2 at the front: everything that holds for HTTP/1.1 holds here, both ways are held back, and floods are bounded."""

import hashlib
import json
import os
import signal
import threading

import pytest
from hyperframe import frame as frames

from harness import configuration
from harness.http2 import (
    ENABLE_CONNECT_PROTOCOL, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, PROTOCOL_ERROR, Gone, Http2,
)
from harness.memory import megabytes, resident
from harness.server import Carrel
from harness.tls import Authority
from harness.waiting import eventually

BLOCK = bytes(range(256)) * 256


class House:
    """A server, Ada's workspace in it, and connections to it."""

    def __init__(self, carrel, authority):
        self.carrel, self.authority = carrel, authority
        self.ada = carrel.member("ada")
        self.workspace = self.ada.open("tiny")["id"]
        self.cookie = [("cookie", self.ada.cookie_header())]
        self.own = [*self.cookie, ("origin", carrel.users_url)]
        self.connections = []

    def connect(self, **options):
        connection = Http2(self.carrel.users_port, self.authority.context("h2"), **options)
        self.connections.append(connection)
        return connection

    def path(self, rest):
        return f"/w/{self.workspace}{rest}"

    def still_serves(self):
        """Another member's connection is not troubled."""
        with self.connect() as other:
            assert other.request("GET", self.path("/nonce"), self.cookie).status == 200


    def close(self):
        for connection in self.connections:
            connection.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory, request):
    """One server for all tests that leave it as it is."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.issue()
    carrel = Carrel([configuration.tiny()], name="http2", listeners={"users": {"tls": authority.files()}})
    carrel.authority = str(authority.file)
    failed = request.session.testsfailed
    with carrel:
        made = House(carrel, authority)
        yield made
        made.close()
        if request.session.testsfailed > failed:
            carrel.keep_log("http2")


@pytest.fixture
def house_of_its_own(serve_https, authority):
    made = House(serve_https(configuration.tiny()), authority)
    yield made
    made.close()


# What passes

def test_requests_of_every_kind_pass_on_one_connection(house):
    connection = house.connect()
    page = connection.request("GET", house.path("/"), house.cookie)
    assert page.status == 200 and b"Tiny" in page.body
    assert page.header("strict-transport-security") == "max-age=31536000"
    assert not {"connection", "transfer-encoding", "keep-alive", "upgrade"} & set(dict(page.headers))
    head = connection.request("HEAD", house.path("/nonce"), house.cookie)
    assert (head.status, head.body) == (200, b"") and int(head.header("content-length")) > 0
    assert connection.request("GET", house.path("/nowhere"), house.cookie).status == 404
    answer = connection.request("PUT", house.path("/upload"), [*house.own, ("content-length", "5")], b"hello")
    assert json.loads(answer.body)["bytes"] == 5
    assert json.loads(connection.request("POST", house.path("/upload"), house.own).body)["bytes"] == 0
    assert connection.request("GET", "/sign-in").status == 200


def test_large_bodies_pass_unchanged_in_both_directions(house):
    connection = house.connect()
    body = BLOCK * 160  # 10 MiB
    for length in ([], [("content-length", str(len(body)))]):
        answer = json.loads(connection.request("PUT", house.path("/upload"), house.own + length, body).body)
        assert answer == {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    down = connection.request("GET", house.path(f"/download?bytes={len(body)}"), house.cookie)
    assert hashlib.sha256(down.body).digest() == hashlib.sha256(body).digest()


def test_an_answer_in_pieces_arrives_piece_by_piece_over_http2(house):
    answer = house.connect().request("GET", house.path("/ticks?count=4&every=300"), house.cookie)
    assert answer.body == b"".join(b"data: %d\n\n" % number for number in range(4))
    assert answer.arrivals[-1] - answer.arrivals[0] > 0.6, "all came together: something on the way buffers"


def test_a_hundred_streams_are_answered_at_once(house):
    connection = house.connect()
    streams = [connection.open("GET", house.path("/ticks?count=2&every=500"), house.cookie) for _ in range(100)]
    for stream in streams:
        assert connection.finish(stream).body == b"data: 0\n\ndata: 1\n\n"


def test_the_app_sees_a_request_of_http1_with_one_cookie_line_and_our_own_forwarding(house):
    connection = house.connect()
    answer = connection.request("GET", house.path("/headers"), [
        ("cookie", "a=1"), *house.cookie, ("cookie", "b=2"), ("te", "trailers"),
        ("x-forwarded-for", "203.0.113.9"), ("x-carrel-user", "root"), ("x-own", "kept"),
    ])
    seen = [(name.lower(), value) for name, value in json.loads(answer.body)]
    names = [name for name, _ in seen]
    assert dict(seen)["host"] == connection.authority and names.count("host") == 1
    assert [value for name, value in seen if name == "cookie"] == ["a=1; b=2"]
    assert dict(seen)["x-forwarded-for"] == "127.0.0.1" and names.count("x-forwarded-for") == 1
    assert dict(seen)["x-forwarded-proto"] == "https"
    assert dict(seen)["x-own"] == "kept"
    assert ("x-carrel-user", "root") not in seen
    assert not {"te", "transfer-encoding", ":authority"} & set(names)


def test_session_route_and_origin_are_checked_for_each_stream(house):
    connection = house.connect()
    bob = [("cookie", house.carrel.member("bob").cookie_header())]
    assert connection.request("GET", house.path("/nonce"), bob).status == 404
    assert connection.request("GET", house.path("/nonce")).status == 401
    for origin in ("https://evil.example", "null", f"http://{connection.authority}"):
        refused = connection.request("PUT", house.path("/upload"), [*house.cookie, ("origin", origin)], b"x")
        assert refused.status == 403, origin
    assert connection.request("GET", house.path("/nonce"), house.cookie).status == 200


def test_a_websocket_opens_on_a_connection_of_http1_beside_http2(house):
    """Extended CONNECT (RFC 8441) is not offered: browsers then take HTTP/1.1 for their WebSockets by themselves."""
    connection = house.connect()
    assert connection.settings.get(ENABLE_CONNECT_PROTOCOL, 0) == 0
    with house.ada.websocket(house.path("/ws")) as socket:
        socket.send("hello")
        assert socket.recv(timeout=20) == "hello"
    stream = connection.headers([(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"),
                                 (":authority", connection.authority), (":path", house.path("/ws")), *house.cookie])
    assert connection.finish(stream).reset is not None
    assert connection.request("CONNECT", house.path("/ws"), house.cookie).reset is not None
    stream = connection.headers([(":method", "CONNECT"), (":authority", "example.org:443")])
    assert connection.finish(stream).status == 405
    assert connection.request("GET", house.path("/nonce"), house.cookie).status == 200


def test_a_workspace_that_stops_ends_its_streams_and_no_others(house_of_its_own):
    house = house_of_its_own
    connection = house.connect()
    stream = connection.open("GET", house.path("/ticks?count=1000&every=100"), house.cookie)
    connection.read_until(lambda: connection.answers[stream].size > 0)
    house.ada.stop(house.workspace)
    assert connection.finish(stream).reset is not None, "it must not look complete"
    assert connection.request("GET", "/sign-in").status == 200


def test_a_stop_lets_streams_finish_and_tells_clients_to_go(house_of_its_own):
    house = house_of_its_own
    connection = house.connect()
    stream = connection.open("GET", house.path("/ticks?count=10&every=200"), house.cookie)
    connection.read_until(lambda: connection.answers[stream].size > 0)
    os.kill(house.carrel.pid, signal.SIGTERM)
    assert connection.finish(stream).body.endswith(b"data: 9\n\n")
    assert connection.until_gone() == 0


# What is refused

def malformed(connection, house):
    ordinary = connection.fields("GET", house.path("/headers"), house.cookie)
    return {
        "upper-case name": [*ordinary, ("X-Upper", "1")],
        "connection": [*ordinary, ("connection", "close")],
        "transfer-encoding": [*ordinary, ("transfer-encoding", "chunked")],
        "upgrade": [*ordinary, ("upgrade", "websocket")],
        "keep-alive": [*ordinary, ("keep-alive", "1")],
        "te": [*ordinary, ("te", "gzip")],
        "pseudo field after others": [*ordinary[:3], ("x-a", "1"), ordinary[3]],
        "method twice": [ordinary[0], *ordinary],
        "path twice": [*ordinary[:4], (":path", "/sign-in"), *ordinary[4:]],
        "no path": [*ordinary[:3], *ordinary[4:]],
        "no method": ordinary[1:],
        "no scheme": [ordinary[0], *ordinary[2:]],
        "no authority and no host": [*ordinary[:2], *ordinary[3:]],
        "unknown pseudo field": [(":user", "root"), *ordinary],
        "status in a request": [(":status", "200"), *ordinary],
        "host of another": [*ordinary, ("host", "evil.example")],
        "host twice": [*ordinary[:2], *ordinary[3:], ("host", "a.example"), ("host", "a.example")],
        "user in authority": [*ordinary[:2], (":authority", f"root@{connection.authority}"), *ordinary[3:]],
        "path of another host": [*ordinary[:3], (":path", "https://evil.example/"), *ordinary[4:]],
        "path with a blank": [*ordinary[:3], (":path", house.path("/headers HTTP/1.1")), *ordinary[4:]],
        "method with a blank": [(":method", "GET /sign-in"), *ordinary[1:]],
        "line break in a value": [*ordinary, ("x-a", "1\r\nx-carrel-user: root")],
        "line feed in a value": [*ordinary, ("x-a", "1\nx-b: 2")],
        "nul in a value": [*ordinary, ("x-a", "1\x002")],
        "line break in the path": [*ordinary[:3], (":path", "/a\r\nx-b: 1"), *ordinary[4:]],
        "colon in a name": [*ordinary, ("x:a", "1")],
    }


def test_a_malformed_request_is_reset_and_the_connections_others_go_on(house):
    connection = house.connect()
    for what, fields in malformed(connection, house).items():
        answer = connection.finish(connection.headers(fields))
        assert answer.reset == PROTOCOL_ERROR and not answer.headers, what
    assert connection.request("GET", house.path("/nonce"), house.cookie).status == 200


def test_a_header_that_is_no_utf8_is_refused_and_one_that_is_arrives_byte_for_byte(house):
    connection = house.connect()
    for value in (b"caf\xe9", b"\xff", b"\xc3(", b"\xef\xbf"):
        for name in (b"x-name", b"cookie"):
            answer = connection.request("GET", house.path("/headers"), [*house.cookie, (name, value)])
            assert answer.status == 400, (name, value)
    answer = connection.request("GET", house.path("/headers"), [*house.cookie, (b"x-name", "café €".encode())])
    assert answer.status == 200
    assert "café €" in answer.body.decode() or "caf\\u00c3\\u00a9" in answer.body.decode(), answer.body


@pytest.mark.parametrize("said, sent", [("5", b"hello!"), ("5", b"hell"), ("0", b"x"), ("+5", b"hello"), ("5, 5", b"hello")])
def test_a_length_that_the_data_does_not_have_never_reaches_the_app_as_whole(house, said, sent):
    connection = house.connect()
    answer = connection.request("PUT", house.path("/upload"), [*house.own, ("content-length", said)], sent)
    assert answer.reset == PROTOCOL_ERROR or answer.status == 400, answer.headers
    assert b'"bytes"' not in answer.body
    assert connection.request("GET", house.path("/nonce"), house.cookie).status == 200


def test_fields_that_frame_or_prove_anything_may_not_be_trailers(house):
    connection = house.connect()
    for name in ("cookie", "content-length", "host", "authorization"):
        stream = connection.open("PUT", house.path("/upload"), house.own, ends=False)
        connection.data(stream, b"hello")
        connection.headers([(name, "1")], stream=stream)
        answer = connection.finish(stream)
        assert answer.reset is not None or answer.status == 400, name
    stream = connection.open("PUT", house.path("/upload"), house.own, ends=False)
    connection.data(stream, b"hello")
    connection.headers([("x-digest", "1")], stream=stream)
    assert json.loads(connection.finish(stream).body)["bytes"] == 5


def test_too_many_and_too_large_headers_are_refused(house):
    connection = house.connect()
    many = [(f"x-{number}", "1") for number in range(300)]
    assert connection.request("GET", house.path("/nonce"), house.cookie + many).status == 431
    assert connection.request("GET", house.path("/nonce"), house.cookie).status == 200
    assert connection.settings[6] == 65_536


# Both ways are held back

@pytest.mark.alone
def test_a_reader_who_stops_reading_holds_the_app_back_over_http2(house_of_its_own, figure):
    house = house_of_its_own
    before = resident(house.carrel.pid)[0]
    slow = house.connect(window=65_535, reads=False)
    streams = [slow.open("GET", house.path("/download?bytes=200000000"), house.cookie) for _ in range(20)]
    slow.read_until(lambda: all(slow.answers[stream].size >= 65_535 for stream in streams))
    assert slow.request("GET", house.path("/nonce"), house.cookie).status == 200, "others on the connection go on"
    threading.Event().wait(2)  # the app would have sent all of it by now
    growth = resident(house.carrel.pid)[0] - before
    figure("20 downloads of 200 MB to a reader who stopped, HTTP/2, growth in MB", megabytes(growth), 30)
    assert growth < 30_000_000


def test_an_app_that_stops_reading_holds_the_client_back_over_http2(house):
    connection = house.connect()
    # It answers without reading the body, a line every ten minutes.
    stream = connection.open("PUT", house.path("/ticks?count=3&every=600000"), house.own, ends=False)
    connection.read_until(lambda: connection.answers[stream].size > 0)
    sent, piece = 0, bytes(16_384)
    while sent < 100_000_000:
        if connection.stream_windows[stream] < len(piece) or connection.window < len(piece):
            # No more is taken: an answer on another stream shows that whatever was to come has come.
            for _ in range(3):
                assert connection.request("GET", house.path("/nonce"), house.cookie).status == 200
            if connection.stream_windows[stream] < len(piece):
                break
        connection.data(stream, piece)
        sent += len(piece)
    assert sent < 20_000_000, "the upload piles up in between"


def test_data_beyond_the_window_resets_its_stream_only(house):
    connection = house.connect()
    stream = connection.open("PUT", house.path("/ticks?count=3&every=600000"), house.own, ends=False)
    connection.read_until(lambda: connection.answers[stream].size > 0)
    for _ in range(1000):  # 16 MB, whatever the server said
        connection.frame(frames.DataFrame(stream, bytes(16_384)))
    assert connection.finish(stream).reset == FLOW_CONTROL_ERROR
    assert connection.request("GET", house.path("/nonce"), house.cookie).status == 200


# Floods: each ends with the connection, and nobody else notices

def rapid_reset(connection, house):
    for _ in range(3000):
        stream = connection.open("GET", house.path("/nonce"), house.cookie)
        connection.frame(frames.RstStreamFrame(stream, error_code=8))


def pings(connection, _):
    for number in range(5000):
        connection.frame(frames.PingFrame(0, number.to_bytes(8)))


def settings(connection, _):
    for number in range(5000):
        connection.frame(frames.SettingsFrame(0, settings={4: 65_535 + number}))


def continuations(connection, house):
    stream = connection.take_stream()
    block = connection.encoder.encode(connection.fields("GET", house.path("/nonce")))
    connection.frame(frames.HeadersFrame(stream, block))
    for _ in range(5000):
        connection.frame(frames.ContinuationFrame(stream, b""))


def headers_without_end(connection, house):
    stream = connection.take_stream()
    connection.frame(frames.HeadersFrame(stream, connection.encoder.encode(connection.fields("GET", "/"))))
    for number in range(2000):
        block = connection.encoder.encode([(f"x-{number}", "v" * 8000)])
        connection.frame(frames.ContinuationFrame(stream, block[:16_384]))


def header_bomb(connection, house):
    """One field of 4 KB in the table, then named in a byte each (CVE-2016-6581)."""
    fields = connection.fields("GET", house.path("/nonce"))
    connection.headers([*fields, ("x-bomb", "b" * 3900)])
    block = connection.encoder.encode(fields) + connection.encoder.encode([("x-bomb", "b" * 3900)]) * 15_000
    connection.frame(frames.HeadersFrame(connection.take_stream(), block[:16_384], flags=["END_HEADERS", "END_STREAM"]))


def too_many_streams(connection, house):
    for _ in range(1000):
        connection.open("GET", house.path("/ticks?count=2&every=60000"), house.cookie)


def window_updates(connection, _):
    update = frames.WindowUpdateFrame(0, window_increment=1).serialize()
    for _ in range(500):
        connection.send(update * 200)


def window_overflow(connection, _):
    for _ in range(2):
        connection.frame(frames.WindowUpdateFrame(0, window_increment=2**31 - 1))


def empty_data(connection, house):
    stream = connection.open("PUT", house.path("/upload"), house.own, ends=False)
    for _ in range(5000):
        connection.frame(frames.DataFrame(stream, b""))


def padded_data(connection, house):
    stream = connection.open("PUT", house.path("/upload"), house.own, ends=False)
    for _ in range(100):
        connection.frame(frames.DataFrame(stream, b"", pad_length=255, flags=["PADDED"]))


def unknown_frames(connection, _):
    unknown = bytes([0, 0, 0, 0xBE, 0, 0, 0, 0, 0])
    for _ in range(500):
        connection.send(unknown * 200)


def priorities(connection, _):
    for number in range(5000):
        connection.frame(frames.PriorityFrame(2 * number + 1, depends_on=0, stream_weight=1))


def malformed_requests(connection, house):
    for _ in range(1000):
        connection.headers([*connection.fields("GET", house.path("/nonce")), ("connection", "close")])


def empty_name(connection, _):
    connection.headers([*connection.fields("GET", "/"), ("", "1")])


def not_http2(connection, _):
    connection.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 10)


CALM = {ENHANCE_YOUR_CALM}
FLOODS = {
    rapid_reset: CALM, pings: CALM, settings: CALM, continuations: CALM, window_updates: CALM, empty_data: CALM,
    padded_data: CALM, unknown_frames: CALM, priorities: CALM, too_many_streams: CALM | {PROTOCOL_ERROR},
    malformed_requests: CALM | {PROTOCOL_ERROR},
    headers_without_end: CALM | {PROTOCOL_ERROR}, header_bomb: CALM | {PROTOCOL_ERROR, 9},
    window_overflow: {FLOW_CONTROL_ERROR},
    empty_name: {PROTOCOL_ERROR, 9}, not_http2: None,
}


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.__name__)
def test_a_flood_ends_its_connection_and_others_go_on(house, flood):
    connection, other = house.connect(), house.connect()
    assert other.request("GET", house.path("/nonce"), house.cookie).status == 200
    stopped = threading.Event()

    def attack():
        try:
            flood(connection, house)
        except (OSError, Gone):
            pass  # it was closed in the middle
        finally:
            stopped.set()

    attacker = threading.Thread(target=attack)
    attacker.start()
    while not stopped.is_set():
        assert other.request("GET", house.path("/nonce"), house.cookie).status == 200
    attacker.join()
    code = connection.until_gone()
    if FLOODS[flood] is not None:
        assert code in FLOODS[flood]
    assert other.request("GET", house.path("/nonce"), house.cookie).status == 200
    house.still_serves()
    assert house.carrel.process.poll() is None


def test_a_connection_that_never_ends_its_headers_is_closed(serve_https, authority):
    carrel = serve_https(configuration.tiny(), listeners={"limits": {"header-timeout": "1s"}})
    with Http2(carrel.users_port, authority.context("h2")) as connection:
        block = connection.encoder.encode(connection.fields("GET", "/"))
        connection.frame(frames.HeadersFrame(connection.take_stream(), block))
        connection.until_gone()
    with Http2(carrel.users_port, authority.context("h2")) as connection:  # nor one that never asks for anything
        assert connection.until_gone() == 0


def test_open_streams_count_as_connections_of_their_client(serve_https, authority):
    carrel = serve_https(configuration.tiny(), listeners={"limits": {"connections-per-client": 10}})
    house = House(carrel, authority)
    house.ada.http.close()
    with Http2(carrel.users_port, authority.context("h2")) as connection:
        streams = [connection.open("GET", house.path("/ticks?count=2&every=600000"), house.cookie) for _ in range(8)]
        connection.read_until(lambda: all(connection.answers[stream].size for stream in streams))
        eventually(lambda: connection.request("GET", "/sign-in").status == 200, 20, "a tenth is let in")
        more = [connection.open("GET", house.path("/ticks?count=2&every=600000"), house.cookie) for _ in range(3)]
        connection.read_until(lambda: any(connection.answers[stream].headers for stream in more[1:]))
        assert 429 in [connection.answers[stream].status for stream in more if connection.answers[stream].headers]
