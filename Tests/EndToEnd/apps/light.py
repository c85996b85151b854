"""The lightest application there is: answers every request with a text made once at its start.

Starts in some 15 ms and a few megabytes, so that fifty at once fit on a small machine. Listens on $APP_HOST:$APP_PORT.
"""

import os
import selectors
import socket

NONCE = os.urandom(16).hex().encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 32\r\n\r\n" + NONCE

listener = socket.create_server((os.environ.get("APP_HOST", "127.0.0.1"), int(os.environ["APP_PORT"])), backlog=64)
listener.setblocking(False)
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ, None)

while True:
    for key, _ in selector.select():
        if key.data is None:
            client, _ = listener.accept()
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ, bytearray())
            continue
        try:
            data = key.fileobj.recv(65536)
        except BlockingIOError:
            continue
        except OSError:
            data = b""
        if not data:
            selector.unregister(key.fileobj)
            key.fileobj.close()
            continue
        key.data.extend(data)
        while (end := key.data.find(b"\r\n\r\n")) >= 0:  # heads only: nobody sends it a body
            del key.data[: end + 4]
            key.fileobj.sendall(ANSWER)
