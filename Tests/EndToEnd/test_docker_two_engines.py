"""Two deployments on two container engines of one machine, configured with the same addresses: nobody is led to the other's
containers."""

import ipaddress

import pytest

from harness import configuration, docker
from harness.configuration import in_container, tiny
from harness.engine import Engine

pytestmark = pytest.mark.docker

#: As many as both start at the same time, from the same first address on.
SPARES = 4


@pytest.fixture
def second_engine(as_root):
    if not Engine.usable():
        pytest.skip("containers of others use the default bridge, which a second engine would take away for a moment")
    engine = Engine()
    engine.start().load(docker.IMAGE)
    yield engine
    engine.remove()


def addresses(carrel, socket):
    found = set()
    for row in docker.containers(carrel.deployment, socket):
        for network in docker.inspect(row["ID"], socket)["NetworkSettings"]["Networks"].values():
            found.add(ipaddress.ip_address(network["IPAddress"]))
    return found


def test_two_engines_with_the_same_addresses_never_answer_for_each_other(second_engine, serve):
    subnets = configuration.own_subnets()
    servers = []
    for socket in (docker.SOCKET, second_engine.socket):
        settings = configuration.containers()
        settings["engines"]["docker"] |= {"socket": socket, "subnets": subnets}
        # Both at once: neither knows of what the other makes.
        servers.append((serve(in_container(tiny(pool={"spares": SPARES})), **settings), socket))
    for carrel, _ in servers:
        carrel.wait_for_spares(carrel.program("operate"), "tiny", SPARES)
    homes = []
    for carrel, socket in servers:
        for name in ("ada", "bob"):
            member = carrel.member(name)
            workspace = member.open("tiny")["id"]
            content = f"{name} of {carrel.deployment}".encode()
            assert member.in_workspace(workspace, "/home?name=note.txt", "PUT", data=content).status_code == 200
            homes.append((member, workspace, socket, content))
    for member, workspace, socket, content in homes:
        assert member.in_workspace(workspace, "/home?name=note.txt").content == content
        code, inside = docker.execute(workspace, "cat", "/home/member/note.txt", socket=socket)
        assert (code, inside.encode()) == (0, content), "what they wrote is in their own container"
    first, second = (addresses(carrel, socket) for carrel, socket in servers)
    assert first and second and not first & second
