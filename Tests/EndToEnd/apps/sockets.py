"""WebSockets as applications serve them: by the library `websockets`, with compression and subprotocols.

Listens on 127.0.0.1:$APP_PORT. Tells each client first what was agreed, then sends back what it gets.
"""

import asyncio
import http
import json
import os

from websockets.asyncio.server import serve
from websockets.exceptions import NegotiationError

SPOKEN = ["v1.kernel.websocket.jupyter.org", "graphql-ws"]


async def talk(connection):
    await connection.send(json.dumps({
        "subprotocol": connection.subprotocol,
        "extensions": [extension.name for extension in connection.protocol.extensions],
        "path": connection.request.path,
    }))
    async for message in connection:
        await connection.send(message)


def select(_, offered):
    """None need be offered; where some are, one has to be ours."""
    if not offered:
        return None
    for name in offered:
        if name in SPOKEN:
            return name
    raise NegotiationError("none of these is spoken here")


def answer(connection, request):
    if "Upgrade" not in request.headers:
        return connection.respond(http.HTTPStatus.OK, "sockets\n")


async def main():
    async with serve(
        talk, "127.0.0.1", int(os.environ["APP_PORT"]), select_subprotocol=select,
        process_request=answer, max_size=None, ping_interval=None,
    ) as server:
        await server.serve_forever()


asyncio.run(main())
