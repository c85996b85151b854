"""Holds ten thousand WebSockets and more in one process and answers each message with one of the same length.

Made for measuring what the gateway keeps for a tunnel: reads and writes with a selector, keeps a few bytes for each.
Only Python's standard library. Listens on 127.0.0.1:$APP_PORT.
"""

import base64
import hashlib
import os
import selectors
import socket

listener = socket.create_server(("127.0.0.1", int(os.environ["APP_PORT"])), backlog=4096)
listener.setblocking(False)
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ, None)


class Connection:
    __slots__ = ("socket", "inbound", "left", "outbound")

    def __init__(self, connection):
        self.socket = connection
        self.inbound = b""
        self.left = None  # of the present message; None before a frame's header, -1 before the 101
        self.outbound = b""

    def take(self, data):
        """Follows the client's frames; returns what is to be answered."""
        answer = b""
        self.inbound += data
        while True:
            if self.left is None:
                if len(self.inbound) < 2:
                    return answer
                short = self.inbound[1] & 0x7F
                header = 6 + {126: 2, 127: 8}.get(short, 0)
                if len(self.inbound) < header:
                    return answer
                length = short if short < 126 else int.from_bytes(self.inbound[2:header - 4])
                answer += frame(length)
                self.inbound, self.left = self.inbound[header:], length
            taken = min(self.left, len(self.inbound))
            self.inbound = self.inbound[taken:]
            self.left -= taken
            if self.left:
                return answer
            self.left = None


def frame(length):
    """One binary message, unmasked."""
    if length < 126:
        return bytes([0x82, length]) + bytes(length)
    if length < 65536:
        return bytes([0x82, 126]) + length.to_bytes(2) + bytes(length)
    return bytes([0x82, 127]) + length.to_bytes(8) + bytes(length)


def accept_all():
    while True:
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            return
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ, Connection(client))


def answer_request(connection, data):
    connection.inbound += data
    head, end, rest = connection.inbound.partition(b"\r\n\r\n")
    if not end:
        return
    connection.inbound = b""
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if fields.get(b"upgrade") != b"websocket":
        connection.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        return
    key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")).split(b": ")[1]
    digest = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.socket.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + digest + b"\r\n\r\n"
    )
    selector.modify(connection.socket, selectors.EVENT_READ, (connection,))  # a tunnel from now on
    write(connection, connection.take(rest))


def write(connection, data):
    connection.outbound += data
    try:
        while connection.outbound:
            connection.outbound = connection.outbound[connection.socket.send(connection.outbound):]
    except BlockingIOError:
        pass
    events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.outbound else 0)
    if selector.get_key(connection.socket).events != events:
        selector.modify(connection.socket, events, (connection,))


def close(connection):
    selector.unregister(connection.socket)
    connection.socket.close()


while True:
    for key, events in selector.select():
        if key.data is None:
            accept_all()
            continue
        is_tunnel = isinstance(key.data, tuple)
        connection = key.data[0] if is_tunnel else key.data
        try:
            if events & selectors.EVENT_WRITE:
                write(connection, b"")
            if not events & selectors.EVENT_READ:
                continue
            data = connection.socket.recv(1 << 17)
            if not data:
                close(connection)
            elif is_tunnel:
                write(connection, connection.take(data))
            else:
                answer_request(connection, data)
        except BlockingIOError:
            continue
        except OSError:
            close(connection)
