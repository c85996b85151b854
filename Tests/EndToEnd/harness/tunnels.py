"""Many WebSockets of one member in one process: as little work for each as can be."""

import base64
import os
import selectors
import socket
import time
from urllib.parse import urlsplit


class Tunnels:
    """`count` WebSockets to one path, open until `close`. Answers are read by whoever waits for them."""

    def __init__(self, member, path, count, at_once=100):
        parts = urlsplit(member.base)
        self.address = (parts.hostname, parts.port)
        self.head = (
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: {member.base}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nCookie: {member.cookie_header()}\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        ).encode()
        self.sockets = []
        while len(self.sockets) < count:
            batch = [self._dial() for _ in range(min(at_once, count - len(self.sockets)))]
            self.sockets += batch
            for connection in batch:
                answer = b""
                while b"\r\n\r\n" not in answer:  # what an app sends at once may follow
                    piece = connection.recv(4096)
                    assert piece, f"closed after {answer!r}"
                    answer += piece
                assert answer.startswith(b"HTTP/1.1 101 "), answer
        for connection in self.sockets:
            connection.setblocking(False)

    def _dial(self):
        connection = socket.create_connection(self.address, timeout=60)
        connection.sendall(self.head)
        return connection

    def exchange(self, size, at_once=50, within=60):
        """A message of `size` bytes there and one back, through each of them."""
        request, expected = frame(size), len(frame(size)) - 4
        for start in range(0, len(self.sockets), at_once):
            self._exchange(self.sockets[start:start + at_once], request, expected, within)

    def _exchange(self, some, request, expected, within):
        deadline = time.monotonic() + within
        left = {connection: [memoryview(request), expected] for connection in some}
        with selectors.DefaultSelector() as selector:
            for connection in some:
                selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while left:
                assert time.monotonic() < deadline, f"{len(left)} tunnels did not answer within {within} s"
                for key, events in selector.select(1):
                    state = left[key.fileobj]
                    if events & selectors.EVENT_WRITE:
                        state[0] = state[0][key.fileobj.send(state[0]):]
                        if not state[0]:
                            selector.modify(key.fileobj, selectors.EVENT_READ)
                    if events & selectors.EVENT_READ:
                        data = key.fileobj.recv(1 << 17)
                        assert data, "a tunnel was closed"
                        state[1] -= len(data)
                        assert state[1] >= 0, "more came than was asked for"
                    if not state[0] and not state[1]:
                        selector.unregister(key.fileobj)
                        del left[key.fileobj]

    def close(self):
        for connection in self.sockets:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def frame(size, opcode=2, mask=b"\x01\x02\x03\x04"):
    """A whole message of zeros from a client, masked (RFC 6455 section 5.2)."""
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65536:
        length = bytes([0x80 | 126]) + size.to_bytes(2)
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8)
    return bytes([0x80 | opcode]) + length + mask + (mask * (size // 4 + 1))[:size]
