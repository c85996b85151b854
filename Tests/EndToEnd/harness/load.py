"""Many members at work at once: requests by the second and WebSockets that echo. Everything that is lost is kept."""

import asyncio
import threading
from collections import Counter
from urllib.parse import urlsplit

from websockets.asyncio.client import connect

#: How long one answer may take on a machine that is busy with other tests. Late is not lost.
PATIENCE = 60


class Load:
    """`member`'s requests to `paths`, `rate` a second over `connections` kept-alive ones, and `tunnels` WebSockets
    to `socket_path`, each of which sends and gets back a word every `every` seconds."""

    def __init__(self, member, paths, rate, tunnels, socket_path, connections=20, every=1.0):
        self.member = member
        self.paths = paths
        self.rate = rate
        self.tunnels = tunnels
        self.socket_path = socket_path
        self.connections = connections
        self.every = every
        self.answered = Counter()
        self.echoed = 0
        self.closed_by_server = 0
        self.lost = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(PATIENCE), f"the tunnels do not open: {self.lost[:3]}"
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(2 * PATIENCE)
        assert not self._thread.is_alive(), "the load does not end"

    async def _run(self):
        self._over = asyncio.Event()
        self._open = 0
        tasks = [asyncio.create_task(self._ask(number)) for number in range(self.connections)]
        tasks += [asyncio.create_task(self._tunnel(number)) for number in range(self.tunnels)]
        if self.tunnels == 0:
            self._ready.set()
        await asyncio.gather(*tasks)

    async def _pause(self, seconds):
        """Returns whether it is over."""
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
            return True
        except TimeoutError:
            return False

    async def _ask(self, number):
        """One kept-alive connection after the other; what the server announced as the last answer is no loss."""
        parts = urlsplit(self.member.base)
        head = f"Host: {parts.netloc}\r\nCookie: {self.member.cookie_header()}\r\n\r\n"
        stream = None
        turn = number
        while not await self._pause(self.connections / self.rate):
            path = self.paths[turn % len(self.paths)]
            turn += 1
            try:
                async with asyncio.timeout(PATIENCE):
                    if stream is None:
                        stream = await asyncio.open_connection(parts.hostname, parts.port)
                    stream[1].write(f"GET {path} HTTP/1.1\r\n{head}".encode())
                    status, closes = await self._answer(stream[0])
                self.answered[status] += 1
                if status != 200:
                    self.lost.append(f"{path}: {status}")
                if closes:
                    self.closed_by_server += 1
                    stream[1].close()
                    stream = None
            except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.lost.append(f"{path}: {type(error).__name__} {error}")
                stream = None
        if stream:
            stream[1].close()

    @staticmethod
    async def _answer(reader):
        status = int((await reader.readuntil(b"\r\n")).split()[1])
        fields = {}
        while line := (await reader.readuntil(b"\r\n")).strip():
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip().lower()
        if "content-length" in fields:
            await reader.readexactly(int(fields["content-length"]))
        else:
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                await reader.readexactly(size + 2)
            await reader.readuntil(b"\r\n")
        return status, fields.get("connection") == "close"

    async def _tunnel(self, number):
        base = urlsplit(self.member.base).netloc
        try:
            async with connect(
                f"ws://{base}{self.socket_path}",
                origin=self.member.base,
                additional_headers={"Cookie": self.member.cookie_header()},
                open_timeout=PATIENCE,
                ping_interval=None,
                proxy=None,
                compression=None,
            ) as socket:
                self._open += 1
                if self._open == self.tunnels:
                    self._ready.set()
                count = 0
                while not await self._pause(self.every):
                    word = f"{number}:{count}"
                    count += 1
                    async with asyncio.timeout(PATIENCE):
                        await socket.send(word)
                        assert await socket.recv() == word
                    self.echoed += 1
        except Exception as error:  # whatever it was, this tunnel is lost
            self.lost.append(f"tunnel {number}: {type(error).__name__} {error}")
