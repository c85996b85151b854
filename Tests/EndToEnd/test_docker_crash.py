"""kill -9 of carrel at random moments of claims and ends, with containers: no home is lost, mixed up or left mounted."""

import hashlib
import os
import random
import subprocess
import threading

import pytest
import requests

from harness import configuration, docker, leftovers
from harness.configuration import in_container, light, tiny
from harness.waiting import eventually

KILLS = 100 if os.environ.get("CARREL_STRICT_FIGURES") else 12
#: Networks that are made ahead, of one policy.
AHEAD = 2
MEMBERS = ["ada", "bob", "cyd"]

pytestmark = pytest.mark.docker


def homes(carrel):
    """Every volume's content as a checksum by name, read on the machine itself."""
    sums = {}
    for row in docker.volumes(carrel.deployment):
        path = docker.docker("volume", "inspect", "--format", "{{.Mountpoint}}", row["Name"])
        names = sorted(os.listdir(path))
        content = b"".join(open(os.path.join(path, name), "rb").read() for name in names)
        sums[row["Name"]] = (names, hashlib.sha256(content).hexdigest())
    return sums


def wrong_homes(carrel, owners):
    """Workspaces in which a file of somebody who does not own them can be seen."""
    wrong = []
    for row in docker.containers(carrel.deployment):
        if row["State"] != "running":
            continue
        workspace = row["Names"].removeprefix("carrel-")
        code, listing = docker.execute(workspace, "ls", "/home/member")
        seen = set(listing.split()) if code == 0 else set()
        owner = owners().get(workspace)
        if seen - ({owner} if owner else set()):
            wrong.append((workspace, owner, seen))
    return wrong


def test_carrel_killed_at_random_moments_of_claims_and_ends_mixes_up_no_home(serve, figure):
    seed = int(os.environ.get("CARREL_SEED", random.randrange(1 << 30)))
    print(f"seed {seed}: CARREL_SEED repeats it")
    chance = random.Random(seed)
    carrel = serve(in_container(tiny(pool={"spares": 2, "max": 12})), **configuration.containers())
    operator = carrel.program("operate")
    for name in MEMBERS:
        carrel.add_member(name)
    for name in MEMBERS:
        id = operator.open("tiny", user=f"here:{name}")["id"]
        # One file, called like its owner: whoever sees another's name is in the wrong home.
        theirs = carrel.program("workspaces", user=name, listener="users")
        written = theirs.request("PUT", f"/w/{id}/home?name={name}", data=name.encode() * 1000)
        assert written.status_code == 200, written.text
        operator.stop(id)
    before = homes(carrel)
    assert [names for names, _ in before.values()] and len(before) == len(MEMBERS)

    def claiming(name, over):
        mine = random.Random(f"{seed}{name}")
        while not over.is_set():
            try:
                answer = operator.claim("tiny", user=f"here:{name}")
                if answer.status_code in (201, 202) and mine.random() < 0.7:
                    operator.delete(f"/api/v1/workspaces/{answer.json()['id']}")
            except requests.exceptions.RequestException:
                over.wait(0.02)

    over = threading.Event()
    threads = [threading.Thread(target=claiming, args=(name, over), daemon=True) for name in MEMBERS]
    for thread in threads:
        thread.start()
    try:
        for _ in range(KILLS):
            threading.Event().wait(chance.uniform(0, 1.5))  # the moment is what is random here
            carrel.kill()
            carrel.start(within=60)
    finally:
        over.set()
        for thread in threads:
            thread.join(60)

    def owners():
        return {found["id"]: found["ownerName"] for found in operator.workspaces() if found["owner"]}

    def settled():
        pool = carrel.pool(operator, "tiny")
        living = operator.workspaces()
        names = {row["Names"].removeprefix("carrel-") for row in docker.containers(carrel.deployment)}
        nets = {row["Name"].removeprefix("carrel-") for row in docker.networks(carrel.deployment)}
        slots = set(os.listdir(carrel.state / "engines/docker/slots"))
        # Spares are not in the list of members' workspaces: count them by the pool.
        assert pool["starting"] == 0 and pool["ready"] == 2, pool
        assert len(names) == len({found["id"] for found in living if found["owner"]}) + pool["ready"], (names, living)
        assert nets == names and slots == names, (names, nets, slots)
        return True

    eventually(settled, 120, "everything is known and nothing is left over", every=0.5)
    assert wrong_homes(carrel, owners) == []
    for found in operator.workspaces():
        if found["owner"]:
            operator.stop(found["id"])
    assert homes(carrel) == before
    mounted = [point for point in leftovers.mounts_below(carrel.state) if not point.endswith("/slots")]
    assert mounted == []
    assert carrel.run("audit", "--verify").returncode == 0
    figure(f"carrel killed {KILLS} times among claims and ends with containers: homes changed or mixed up", 0, 0)


@pytest.mark.alone
def test_many_containers_are_started_claimed_and_culled_and_leave_nothing(serve, figure):
    count = 200 if os.environ.get("CARREL_STRICT_FIGURES") else 24
    app = in_container(light(pool={"spares": 4, "max": count + 4}, idle={"after": "5s", "busy": {"cpu": "none"}}))
    carrel = serve(app, **configuration.containers())
    operator = carrel.program("operate")
    disk = docker.docker("system", "df", "--format", "{{.Type}} {{.TotalCount}}")
    ids = []
    for number in range(count):
        answer = operator.claim("light", name=f"number-{number}", user="here:many")
        assert answer.status_code in (201, 202), answer.text
        ids.append(answer.json()["id"])

    def all_ended():
        # The list has the living.
        return not {found["id"] for found in operator.workspaces()} & set(ids)

    eventually(all_ended, 60 + 5 * count, f"{count} were ready and are culled", every=1)
    for id in ids:
        assert operator.workspace(id).get("reason") == "idle", operator.workspace(id)
    # No spares any more: now everything goes.
    carrel.app("light")["pool"]["spares"] = 0
    carrel.write()
    carrel.reload()
    eventually(lambda: not docker.containers(carrel.deployment), 120, "the spares are gone", every=0.5)
    eventually(lambda: not docker.networks(carrel.deployment), 30, "the networks are gone", every=0.5)
    assert len(docker.networks_ahead(carrel.deployment)) <= AHEAD
    places = [carrel.state / "engines/docker" / name for name in ("slots", "instances")]
    eventually(lambda: not any(os.listdir(place) for place in places), 30, "no slot and no record is left")
    assert leftovers.mounts_below(carrel.state / "engines/docker/slots") in (
        [], [str(carrel.state / "engines/docker/slots")],
    )
    filters = subprocess.run(["iptables-save"], capture_output=True, text=True, check=False).stdout
    bridges = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=False).stdout
    made_ahead = docker.networks_ahead(carrel.deployment)
    assert not [id for id in ids if f"carrel-{id}" not in made_ahead and id.removeprefix("ws-")[:7] in bridges + filters]
    assert docker.docker("volume", "ls", "-q", "--filter", f"label=org.carrel.deployment={carrel.deployment}") == ""
    figure(f"containers started, claimed, culled and gone without a trace; disk before: {disk.splitlines()[1]}", count, count)
