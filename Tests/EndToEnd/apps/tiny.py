"""A little web application that tells what it is asked: the end-to-end tests look through it into a workspace.

Only Python's standard library. Listens on $APP_HOST:$APP_PORT; knows its home ($APP_HOME) and runtime directory
($APP_RUNTIME). Where JupyterHub starts it, its paths are below $JUPYTERHUB_SERVICE_PREFIX.
"""

import asyncio
import base64
import ctypes
import hashlib
import json
import os
import pathlib
import platform
import secrets
import signal
import socket
import sys
import time
from urllib.parse import parse_qs, unquote, urlsplit

NONCE = secrets.token_hex(16)  # made once per start: two workspaces never share one
STARTED = time.time()
HOME = pathlib.Path(os.environ.get("APP_HOME", "/nonexistent"))
RUNTIME = pathlib.Path(os.environ.get("APP_RUNTIME", "/nonexistent"))
PREFIX = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "").rstrip("/")
BLOCK = bytes(range(256)) * 256  # 64 KiB

kernel_state = "idle"
sockets = 0  # open now
burners = []


class Request:
    def __init__(self, method, target, headers, reader, writer):
        self.method = method
        parts = urlsplit(target)
        self.path = unquote(parts.path).removeprefix(PREFIX)
        self.query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        self.headers = headers
        self.reader = reader
        self.writer = writer
        self.received = time.perf_counter()

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)

    async def body(self):
        """The body in pieces as it comes."""
        if (self.header("transfer-encoding") or "").lower() == "chunked":
            while True:
                size = int((await self.reader.readline()).split(b";")[0], 16)
                if size == 0:
                    while (await self.reader.readline()).strip():
                        pass
                    return
                yield await self.reader.readexactly(size)
                await self.reader.readexactly(2)
        left = int(self.header("content-length") or 0)
        while left > 0:
            piece = await self.reader.read(min(left, 1 << 18))
            if not piece:
                raise ConnectionError("the body ended early")
            left -= len(piece)
            yield piece

    async def whole(self):
        return b"".join([piece async for piece in self.body()])

    async def answer(self, content, status="200 OK", kind="application/json"):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        micros = int((time.perf_counter() - self.received) * 1e6)
        self.writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
            f"X-App-Micros: {micros}\r\n\r\n".encode() + (b"" if self.method == "HEAD" else data)
        )
        await self.writer.drain()


async def page(request):
    await request.answer(f"<!doctype html><title>Tiny</title><p id=nonce>{NONCE}</p>".encode(), kind="text/html")


async def nonce(request):
    await request.answer({"nonce": NONCE, "pid": os.getpid(), "started": STARTED})


async def headers(request):
    await request.answer(request.headers)


async def upload(request):
    digest, count = hashlib.sha256(), 0
    async for piece in request.body():
        digest.update(piece)
        count += len(piece)
    await request.answer({"bytes": count, "sha256": digest.hexdigest()})


async def download(request):
    left = int(request.query["bytes"])
    request.writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {left}\r\n\r\n".encode()
    )
    while left > 0:
        piece = BLOCK[:left]
        request.writer.write(piece)
        await request.writer.drain()
        left -= len(piece)


async def ticks(request):
    """A chunked answer: one line now, one more each time that `every` milliseconds went by."""
    request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for number in range(int(request.query.get("count", "3"))):
        line = f"data: {number}\n\n".encode()
        request.writer.write(b"%x\r\n%s\r\n" % (len(line), line))
        await request.writer.drain()
        await asyncio.sleep(int(request.query.get("every", "100")) / 1000)
    request.writer.write(b"0\r\n\r\n")
    await request.writer.drain()


async def home(request):
    """PUT writes a file into the home, GET reads it; without a name: the listing."""
    await files(request, HOME)


async def runtime(request):
    await files(request, RUNTIME)


async def files(request, directory):
    name = request.query.get("name")
    if request.method == "PUT":
        data = await request.whole()
        (directory / name).write_bytes(data)
        await request.answer({"written": len(data)})
    elif name is None:
        await request.answer(sorted(entry.name for entry in directory.iterdir()))
    elif (directory / name).is_file():
        await request.answer((directory / name).read_bytes(), kind="application/octet-stream")
    else:
        await request.answer({"missing": name}, status="404 Not Found")


async def burn(request):
    """POST starts a process that burns CPU in a session of its own; DELETE ends all of them."""
    await request.whole()
    if request.method == "POST":
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "while True: pass", start_new_session=True
        )
        burners.append(child)
    else:
        while burners:
            child = burners.pop()
            child.send_signal(signal.SIGKILL)
            await child.wait()
    await request.answer({"burning": len(burners)})


async def kernels(request):
    """What a busy probe reads; POST /kernels?state=busy changes it."""
    global kernel_state
    await request.whole()
    if request.method == "POST":
        kernel_state = request.query["state"]
    await request.answer([{"id": "k1", "name": "train.ipynb", "execution_state": kernel_state}])


async def connect(request):
    """Tries to reach each `{"host", "port"}` or `{"unix"}`; says what came of it."""
    answers = []
    for target in json.loads(await request.whole()):
        try:
            if "unix" in target:
                pending = asyncio.open_unix_connection(target["unix"])
            else:
                pending = asyncio.open_connection(target["host"], target["port"])
            reader, writer = await asyncio.wait_for(pending, target.get("within", 3))
            writer.write(b"GET / HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
            said = await asyncio.wait_for(reader.read(64), target.get("within", 3))
            writer.close()
            answers.append({"reached": True, "said": said.decode(errors="replace")})
        except (OSError, asyncio.TimeoutError) as error:
            answers.append({"reached": False, "error": f"{type(error).__name__}: {error}"})
    await request.answer(answers)


async def look(request):
    """For each path: a directory's listing, a file's first bytes, or why not."""
    answers = {}
    for path in json.loads(await request.whole()):
        try:
            if os.path.isdir(path):
                answers[path] = {"listing": sorted(os.listdir(path))}
            else:
                with open(path, "rb") as file:
                    answers[path] = {"content": base64.b64encode(file.read(4096)).decode()}
        except OSError as error:
            answers[path] = {"error": error.strerror}
    await request.answer(answers)


async def self_portrait(request):
    def addresses():
        return [name for _, name in socket.if_nameindex()]

    await request.answer({
        "uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(), "cwd": os.getcwd(),
        "environment": sorted(os.environ), "interfaces": addresses(),
        "pids": sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit()),
    })


async def keys(request):
    """What lies in the kernel's keyrings that this process has (keyrings(7)); POST leaves its body in each of them."""
    add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
    call = ctypes.CDLL(None).syscall
    text = ctypes.create_string_buffer(1024)
    describe, read, lasting = 6, 11, 22
    session, user, own = -3, -4, -2
    found, content = [], await request.whole()
    for ring in (session, user, call(keyctl, lasting, -1, own)):
        length = max(0, min(call(keyctl, read, ring, text, len(text)), len(text)))
        for key in memoryview(text.raw[:length]).cast("i"):
            call(keyctl, describe, key, text, len(text))
            name = text.value.decode()
            length = call(keyctl, read, key, text, len(text))
            found.append({"name": name, "content": text.raw[:max(0, length)].decode("latin-1")})
        if request.method == "POST":
            call(add_key, b"user", b"left by " + NONCE.encode(), content, len(content), ring)
    await request.answer(found)


async def leave(request):
    await request.answer({"leaving": NONCE})
    os._exit(int(request.query.get("code", "0")))


async def count_sockets(request):
    await request.answer({"open": sockets})


async def raw(request):
    """Switches to whatever protocol was asked for and sends bytes back. ?flood=1 sends as fast as they are taken and
    reads nothing."""
    request.writer.write(
        f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: {request.header('upgrade')}\r\nConnection: Upgrade\r\n\r\n".encode()
    )
    global sockets
    sockets += 1
    try:
        while "flood" in request.query:
            request.writer.write(BLOCK)
            await request.writer.drain()
        while data := await request.reader.read(1 << 16):
            request.writer.write(data)
            await request.writer.drain()
    finally:
        sockets -= 1
    raise ConnectionError("the tunnel closed")


async def websocket(request):
    """Echoes data frames. With ?ping=MS it also sends pings; answers to those are the client's pongs (RFC 6455). With
    ?part=1 the first thing it sends is half a frame, and nothing follows."""
    global sockets
    sockets += 1
    try:
        await talk(request)
    finally:
        sockets -= 1


async def talk(request):
    key = request.header("sec-websocket-key")
    if key is None:
        return await request.answer({"error": "not a WebSocket"}, status="400 Bad Request")
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    request.writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    if "part" in request.query:
        request.writer.write(b"\x82\x64" + bytes(50))
        while await request.reader.read(1 << 16):
            pass
        raise ConnectionError("the WebSocket closed")
    pinger = None
    if "ping" in request.query:
        pinger = asyncio.create_task(send_pings(request.writer, int(request.query["ping"]) / 1000))
    try:
        while True:
            first, second = await request.reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                length = int.from_bytes(await request.reader.readexactly(2))
            elif length == 127:
                length = int.from_bytes(await request.reader.readexactly(8))
            mask = await request.reader.readexactly(4)
            data = unmasked(await request.reader.readexactly(length), mask)
            opcode = first & 0x0F
            if opcode == 8:
                request.writer.write(frame(0x88, data))
                await request.writer.drain()
                break
            if opcode == 9:
                request.writer.write(frame(0x8A, data))
            elif opcode in (0, 1, 2):
                request.writer.write(frame(first, data))
            await request.writer.drain()
    finally:
        if pinger:
            pinger.cancel()
    raise ConnectionError("the WebSocket closed")


def unmasked(data, mask):
    size = len(data)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data) ^ int.from_bytes(pattern)).to_bytes(size) if size else b""


def frame(first, data):
    size = len(data)
    if size < 126:
        return bytes([first, size]) + data
    if size < 65536:
        return bytes([first, 126]) + size.to_bytes(2) + data
    return bytes([first, 127]) + size.to_bytes(8) + data


async def send_pings(writer, every):
    while True:
        writer.write(frame(0x89, b"are you there"))
        await asyncio.sleep(every)


ROUTES = {
    "/": page, "/ready": nonce, "/nonce": nonce, "/headers": headers, "/upload": upload, "/download": download,
    "/ticks": ticks, "/home": home, "/runtime": runtime, "/burn": burn, "/kernels": kernels, "/poll": nonce,
    "/connect": connect, "/look": look, "/self": self_portrait, "/keys": keys, "/leave": leave,
    "/ws": websocket, "/sockets": count_sockets, "/raw": raw,
}


async def serve(reader, writer):
    try:
        while line := await reader.readline():
            method, target, _ = line.decode().split()
            fields = []
            while (line := await reader.readline()).strip():
                name, _, value = line.decode("latin-1").partition(":")
                fields.append([name, value.strip()])
            request = Request(method, target, fields, reader, writer)
            handler = ROUTES.get(request.path)
            if handler is None:
                await request.whole()
                await request.answer({"missing": request.path}, status="404 Not Found")
            else:
                await handler(request)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, os.environ.get("APP_HOST", "127.0.0.1"), int(os.environ["APP_PORT"]), limit=1 << 20)
    print(f"tiny {NONCE} listens on {os.environ['APP_PORT']}", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
