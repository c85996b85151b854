"""A thousand claims at once: nobody gets two, nothing gets two owners, nobody waits for ever."""

import asyncio
import json
from collections import Counter, defaultdict
from urllib.parse import urlsplit

import pytest

from harness import configuration
from harness.waiting import eventually

MEMBERS, CLAIMS_EACH, ROOM = 100, 10, 50


async def claim(address, token, member, start):
    """One claim over a connection of its own. Returns the member, the status and the answer."""
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    body = json.dumps({"app": "light", "user": f"here:{member}"}).encode()
    head = (
        f"POST /api/v1/workspaces HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    await start.wait()
    writer.write(head.encode() + body)
    answer = await asyncio.wait_for(reader.read(), 120)
    writer.close()
    head, _, content = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        content = content[content.index(b"{"): content.rindex(b"}") + 1]
    return member, int(head.split()[1]), json.loads(content)


async def all_at_once(url, token):
    address, start = urlsplit(url), asyncio.Event()
    waiting = [
        asyncio.create_task(claim(address, token, f"member-{number % MEMBERS:03d}", start))
        for number in range(MEMBERS * CLAIMS_EACH)
    ]
    await asyncio.sleep(1)  # all are connected before the first asks
    start.set()
    return await asyncio.gather(*waiting)


@pytest.mark.alone
@pytest.mark.timeout(600)
def test_a_thousand_claims_by_a_hundred_members_on_a_pool_of_fifty(serve, figure):
    carrel = serve(
        configuration.light(pool={"spares": 10, "max": ROOM}),
        listeners={"limits": {"connections-per-client": 5000}},
    )
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "light", 10)
    answers = asyncio.run(all_at_once(carrel.operators_url, carrel.token("operate")))

    statuses = Counter(status for _, status, _ in answers)
    assert set(statuses) <= {201, 202}, statuses
    ids_of, owners_of = defaultdict(set), defaultdict(set)
    for member, _, workspace in answers:
        ids_of[member].add(workspace["id"])
        owners_of[workspace["id"]].add(workspace["owner"])
    assert len(ids_of) == MEMBERS
    assert all(len(ids) == 1 for ids in ids_of.values()), "somebody got two workspaces for one app and name"
    assert all(len(owners) == 1 for owners in owners_of.values()), "a workspace got two owners"
    assert None not in set.union(*owners_of.values())

    living = {found["id"]: found for found in operator.workspaces() if found["phase"] != "ended"}
    assert set(owners_of) <= set(living), "every claim was answered by a workspace that is there"
    waiting = [found for found in living.values() if found["phase"] == "queued"]
    assert len(living) - len(waiting) <= ROOM
    places = sorted(found["queue"] for found in waiting)
    assert places == list(range(1, len(waiting) + 1)), "each has a place of their own in the queue"

    figure("1000 claims: answered 201/202", dict(statuses), "all")
    nonces = serve_everybody(carrel, operator, {next(iter(ids)): member for member, ids in ids_of.items()})
    assert len(nonces) == MEMBERS and len(set(nonces.values())) == MEMBERS, "a process served two workspaces"


def serve_everybody(carrel, operator, member_of):
    """Ends each workspace once its member saw its page, until everybody had one. Returns what each page said."""
    pages = {}

    def turn():
        for found in operator.workspaces():
            id = found["id"]
            if id in member_of and found["phase"] == "ready" and id not in pages:
                member = carrel.program("workspaces", user=member_of[id], listener="users")
                page = member.get(f"/w/{id}/")
                member.close()
                assert page.status_code == 200, f"{page.status_code} {page.text[:300]}"
                pages[id] = page.text
                operator.delete(f"/api/v1/workspaces/{id}")
        return len(pages) == len(member_of)

    eventually(turn, within=300, what="everybody's turn came", every=0.5)
    return pages
