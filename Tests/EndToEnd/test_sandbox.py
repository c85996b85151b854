"""What a workspace cannot reach, tried from inside one."""

import ctypes
import platform
from pathlib import Path

import pytest

from harness import configuration, ports
from harness.waiting import eventually


@pytest.fixture
def two_desks(serve, as_root):
    """Two members' workspaces with a way to the internet; both of carrel's listeners on an outside address too."""
    outside = ports.outside_address()
    carrel = serve(
        configuration.tiny(network={"egress": "internet"}),
        operators_host=outside or "127.0.0.1",
        engines={"here": {"sandbox": "required"}},
    )
    carrel.outside = outside
    carrel.ada, carrel.bob = carrel.member("ada"), carrel.member("bob")
    carrel.hers, carrel.his = carrel.ada.open("tiny")["id"], carrel.bob.open("tiny")["id"]
    return carrel


def reached(member, workspace, targets):
    answers = member.in_workspace(workspace, "/connect", "POST", json=targets, timeout=120).json()
    return [f"{target} → {answer['said']}" for target, answer in zip(targets, answers) if answer["reached"]]


def app_port(carrel, member, workspace):
    """The port that an app listens on inside, as its log says."""
    log = member.get(f"/api/v1/workspaces/{workspace}/logs").text
    return int(log.split("listens on ")[1].split()[0])


def test_no_workspace_reaches_anothers_port(two_desks):
    carrel = two_desks
    port = app_port(carrel, carrel.bob, carrel.his)
    own = app_port(carrel, carrel.ada, carrel.hers)
    assert reached(carrel.ada, carrel.hers, [{"host": "127.0.0.1", "port": own}]), "its own port answers"
    nonce = carrel.ada.in_workspace(carrel.hers, "/nonce").json()["nonce"]
    hosts = ["127.0.0.1", "10.0.2.2", "10.0.2.3", "10.0.2.100"] + ([carrel.outside] if carrel.outside else [])
    found = reached(carrel.ada, carrel.hers, [{"host": host, "port": port} for host in hosts])
    if port == own:  # every sandbox may use the same number: then loopback is its own
        found = [answer for answer in found if "127.0.0.1" not in answer and "10.0.2.100" not in answer]
    assert not found
    assert carrel.bob.in_workspace(carrel.his, "/nonce").json()["nonce"] != nonce


def test_no_workspace_reaches_the_operators_listener_on_loopback_or_any_address_of_the_machine(two_desks):
    carrel = two_desks
    hosts = ["127.0.0.1", "10.0.2.2", "localhost"] + ([carrel.outside] if carrel.outside else [])
    targets = [{"host": host, "port": carrel.operators_port} for host in hosts]
    assert reached(carrel.ada, carrel.hers, targets) == []


def test_no_workspace_reaches_the_users_listener(two_desks):
    carrel = two_desks
    hosts = ["127.0.0.1", "10.0.2.2"] + ([carrel.outside] if carrel.outside else [])
    assert reached(carrel.ada, carrel.hers, [{"host": host, "port": carrel.users_port} for host in hosts]) == []


def test_no_workspace_reaches_a_socket_of_the_hub_or_of_another_workspace(two_desks):
    carrel = two_desks
    sockets = [path for path in carrel.state.rglob("*") if path.is_socket()]
    assert sockets, "the hub and the workspaces have sockets below the state directory"
    found = reached(carrel.ada, carrel.hers, [{"unix": str(path)} for path in sockets])
    assert found == []


def test_no_workspace_sees_another_members_files_nor_carrels_own(two_desks):
    carrel = two_desks
    carrel.bob.in_workspace(carrel.his, "/home?name=secret.txt", "PUT", data=b"his secret")
    theirs = carrel.directory / "homes" / carrel.bob.id
    assert (theirs / "secret.txt").read_bytes() == b"his secret"
    paths = [
        str(path) for path in (
            theirs, theirs / "secret.txt", carrel.directory / "homes", carrel.state, carrel.file,
            *carrel.state.rglob("*.db"), *carrel.state.rglob("*.sqlite*"), *carrel.state.glob("*"),
        )
    ]
    said = carrel.ada.in_workspace(carrel.hers, "/look", "POST", json=paths).json()
    readable = {path: answer for path, answer in said.items() if answer.get("content") or answer.get("listing")}
    allowed = {str(carrel.state)}  # may be there as an empty way to something mounted, never with another's name
    for path, answer in readable.items():
        assert path in allowed, f"{path} → {answer}"
        assert carrel.his not in str(answer) and carrel.bob.id not in str(answer), f"{path} → {answer}"


def test_no_workspace_sees_processes_other_than_its_own(two_desks):
    carrel = two_desks
    inside = carrel.ada.in_workspace(carrel.hers, "/self").json()
    assert len(inside["pids"]) <= 5, inside["pids"]
    roots = [f"/proc/{pid}/root/etc/hostname" for pid in (carrel.pid, *[found.pid for found in carrel.instances()])]
    said = carrel.ada.in_workspace(carrel.hers, "/look", "POST", json=roots).json()
    assert all("error" in answer for answer in said.values()), said


def test_workspaces_run_as_somebody_of_their_own_and_never_as_root(two_desks):
    carrel = two_desks
    uids = set()
    for instance in carrel.instances():
        for process in instance.children(recursive=True):
            if "tiny.py" in " ".join(process.cmdline()) and process.name().startswith("python"):
                uids.add(process.uids().real)
    assert len(uids) == 2 and 0 not in uids, uids


def test_an_app_is_told_none_of_carrels_own_environment(serve):
    carrel = serve(configuration.tiny(), environment={"COMPANY_SECRET": "do not tell"})
    ada = carrel.member("ada")
    inside = ada.in_workspace(ada.open("tiny")["id"], "/self").json()
    assert "COMPANY_SECRET" not in inside["environment"]


def test_with_egress_none_there_is_no_way_out(serve, as_root):
    carrel = serve(configuration.tiny(network={"egress": "none"}), engines={"here": {"sandbox": "required"}})
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    assert ada.in_workspace(workspace, "/self").json()["interfaces"] == ["lo"]


def test_with_egress_internet_there_is_an_interface_that_leads_out(two_desks):
    def interfaces():
        return two_desks.ada.in_workspace(two_desks.hers, "/self").json()["interfaces"]
    eventually(lambda: len(interfaces()) == 2, 15, "slirp4netns made its interface")


def test_no_workspace_reaches_the_address_at_which_a_cloud_keeps_its_credentials(two_desks):
    """Answered or not, they are refused on this machine. Only where some network answers for them does this tell."""
    ada, hers = two_desks.ada, two_desks.hers
    eventually(lambda: len(ada.in_workspace(hers, "/self").json()["interfaces"]) == 2, 15, "the way out is there")
    places = ["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192"]
    assert reached(ada, hers, [{"host": host, "port": 80, "within": 1} for host in places]) == []


def test_files_of_the_host_are_read_only_inside(two_desks):
    said = two_desks.ada.in_workspace(two_desks.hers, "/look", "POST", json=["/etc/shadow", "/root"]).json()
    assert all("error" in answer or not answer.get("listing") for answer in said.values()), said
    assert Path("/etc/shadow").exists()


@pytest.fixture
def service_with_keys():
    """A session keyring, as systemd gives one to a service: whatever this thread starts inherits it."""
    keyctl = {"x86_64": 250, "aarch64": 219}.get(platform.machine())
    if keyctl is None or ctypes.CDLL(None).syscall(keyctl, 1, None) < 0:
        pytest.skip("this kernel has no keyrings for us")


def test_no_workspace_finds_a_key_that_another_left_in_the_kernel(service_with_keys, serve, as_root):
    carrel = serve(configuration.tiny(), engines={"here": {"sandbox": "required"}})
    ada, bob = carrel.member("ada"), carrel.member("bob")
    hers, his = ada.open("tiny")["id"], bob.open("tiny")["id"]
    ada.in_workspace(hers, "/keys", "POST", data=b"her secret")
    assert "her secret" in ada.in_workspace(hers, "/keys").text
    assert "her secret" not in bob.in_workspace(his, "/keys").text

    uid = ada.in_workspace(hers, "/self").json()["uid"]
    ada.stop(hers)
    for name in range(10):  # the user that hers ran as is free again, and is given to another
        next_one = bob.open("tiny", name=f"w{name}")["id"]
        assert "her secret" not in bob.in_workspace(next_one, "/keys").text
        if bob.in_workspace(next_one, "/self").json()["uid"] == uid:
            return
    pytest.skip("that user went to somebody else on this machine")
