"""Large bodies pass through unchanged and unbuffered, in both directions."""

import hashlib
import socket
import threading
import time

import pytest

from harness import configuration
from harness.memory import megabytes, resident

SIZE = 200_000_000
BLOCK = bytes(range(256)) * 256


def pieces(size):
    left = size
    while left > 0:
        yield BLOCK[:left]
        left -= min(left, len(BLOCK))


def digest(size):
    made = hashlib.sha256()
    for piece in pieces(size):
        made.update(piece)
    return made.hexdigest()


class Peak:
    """The most that a process holds resident while this is open, read every 20 ms."""

    def __init__(self, pid):
        self.pid = pid
        self.most = 0

    def __enter__(self):
        self.before = resident(self.pid)[0]
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def _watch(self):
        while not self._over.wait(0.02):
            self.most = max(self.most, resident(self.pid)[0])

    def __exit__(self, *_):
        self._over.set()
        self._watcher.join()
        self.most = max(self.most, resident(self.pid)[0])

    @property
    def growth(self):
        return self.most - self.before


@pytest.fixture
def open_app(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    carrel.ada, carrel.workspace = ada, ada.open("tiny")["id"]
    assert ada.in_workspace(carrel.workspace, "/download?bytes=1000000").status_code == 200  # code paths loaded
    ada.in_workspace(carrel.workspace, "/upload", "PUT", data=bytes(1_000_000))
    return carrel


@pytest.mark.alone
@pytest.mark.parametrize("framing", ["content-length", "chunked"])
def test_200_mb_go_up_unchanged_and_carrel_grows_by_less_than_20_mb(open_app, framing, figure):
    class Sized:
        """requests sends an object with a length under Content-Length, one without in chunks."""

        def __init__(self):
            self.source = pieces(SIZE)

        def __iter__(self):
            return self.source

    class WithLength(Sized):
        def __len__(self):
            return SIZE

    body = WithLength() if framing == "content-length" else Sized()
    with Peak(open_app.pid) as peak:
        answer = open_app.ada.in_workspace(open_app.workspace, "/upload", "PUT", data=body)
    assert answer.json() == {"bytes": SIZE, "sha256": digest(SIZE)}
    figure(f"200 MB up ({framing}), growth in MB", megabytes(peak.growth), 20)
    assert peak.growth < 20_000_000


@pytest.mark.alone
def test_200_mb_come_down_unchanged_and_carrel_grows_by_less_than_20_mb(open_app, figure):
    received = hashlib.sha256()
    with Peak(open_app.pid) as peak:
        with open_app.ada.in_workspace(open_app.workspace, f"/download?bytes={SIZE}", stream=True) as answer:
            for piece in answer.iter_content(1 << 18):
                received.update(piece)
    assert received.hexdigest() == digest(SIZE)
    figure("200 MB down, growth in MB", megabytes(peak.growth), 20)
    assert peak.growth < 20_000_000


@pytest.mark.alone
def test_a_reader_who_stops_reading_holds_the_app_back_instead_of_filling_memory(open_app, figure):
    with Peak(open_app.pid) as peak:
        with open_app.ada.in_workspace(open_app.workspace, f"/download?bytes={SIZE}", stream=True) as answer:
            answer.raw.read(1_000_000)
            threading.Event().wait(2)  # the app would have sent all of it by now
    figure("200 MB to a reader who stopped, growth in MB", megabytes(peak.growth), 20)
    assert peak.growth < 20_000_000


@pytest.mark.alone
@pytest.mark.jupyter
def test_a_real_jupyterlab_takes_a_large_file_and_gives_it_back(serve, figure):
    carrel = serve(configuration.jupyter())
    ada = carrel.member("ada")
    workspace = ada.open("jupyter", within=120)["id"]
    sent, received = hashlib.sha256(), hashlib.sha256()
    with Peak(carrel.pid) as peak:
        for number in range(1, 11):
            piece = (f"{number:07d}\n" * 2_500_000).encode()  # 20 MB
            sent.update(piece)
            answer = ada.in_workspace(workspace, "/api/contents/large.txt", "PUT", json={
                "type": "file", "format": "text", "content": piece.decode(), "chunk": -1 if number == 10 else number,
            })
            assert answer.status_code in (200, 201), answer.text[:500]
        with ada.in_workspace(workspace, "/files/large.txt", stream=True) as answer:
            for piece in answer.iter_content(1 << 18):
                received.update(piece)
    assert received.hexdigest() == sent.hexdigest()
    with open(carrel.directory / "homes" / ada.id / "large.txt", "rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sent.hexdigest()
    figure("large file through JupyterLab, growth in MB", megabytes(peak.growth), 20)
    assert peak.growth < 20_000_000


def test_an_answer_in_pieces_arrives_piece_by_piece(open_app):
    arrivals = []
    with open_app.ada.in_workspace(open_app.workspace, "/ticks?count=4&every=300", stream=True) as answer:
        for line in answer.iter_lines(chunk_size=1):
            if line:
                arrivals.append(time.monotonic())
    assert len(arrivals) == 4
    assert arrivals[-1] - arrivals[0] > 0.6, "all came together: something on the way buffers"


def test_websocket_messages_of_every_size_come_back_unchanged(open_app):
    with open_app.ada.websocket(f"/w/{open_app.workspace}/ws") as socket:
        for size in (0, 1, 125, 126, 65_535, 65_536, 3_000_000):
            data = (BLOCK * (size // len(BLOCK) + 1))[:size]
            socket.send(data)
            assert socket.recv(timeout=20) == data
        socket.send("text stays text")
        assert socket.recv(timeout=20) == "text stays text"


@pytest.mark.parametrize("pause", [0, 0.0005, 0.002, 0.01, 0.1])
def test_a_body_that_comes_later_than_its_head_arrives(open_app, pause):
    """On new connections and used ones: the gateway may still be on its way to the app when the body comes."""
    head = (
        f"PUT /w/{open_app.workspace}/upload HTTP/1.1\r\nHost: 127.0.0.1:{open_app.users_port}\r\n"
        f"Origin: {open_app.users_url}\r\nCookie: {open_app.ada.cookie_header()}\r\nContent-Length: 5\r\n\r\n"
    ).encode()
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", open_app.users_port), timeout=10) as connection:
            for _ in range(3):
                connection.sendall(head)
                threading.Event().wait(pause)
                connection.sendall(b"hello")
                answer = b""
                while not answer.endswith(b"}"):
                    piece = connection.recv(65536)
                    assert piece, answer
                    answer += piece
                assert b'"bytes": 5' in answer
