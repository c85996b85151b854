"""Spares: given at once, refilled at once, given to one member only, never given twice."""

from harness import configuration, leftovers
from harness.waiting import eventually


def test_a_ready_spare_is_given_at_once_with_the_home_attached(serve):
    carrel = serve(configuration.tiny(pool={"spares": 2}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 2)
    ada = carrel.member("ada")
    first = ada.open("tiny")["id"]
    ada.in_workspace(first, "/home?name=letter.txt", "PUT", data=b"from the first workspace")
    carrel.wait_for_spares(operator, "tiny", 2)

    answer = ada.claim("tiny", name="second")
    assert answer.status_code == 201
    workspace = answer.json()
    assert workspace["phase"] == "ready"
    assert workspace["owner"] == ada.id
    assert workspace["name"] == "second"
    assert ada.in_workspace(workspace["id"], "/home?name=letter.txt").content == b"from the first workspace"


def test_the_claims_trace_is_in_the_answer_and_in_server_timing(serve):
    carrel = serve(configuration.tiny(pool={"spares": 1}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 1)
    ada = carrel.member("ada")
    answer = ada.claim("tiny")
    trace = answer.json()["trace"]
    assert trace["source"] == "spare"
    for part in ("queue", "commit", "attach", "route"):
        assert trace[part] >= 0
        assert part in answer.headers["Server-Timing"], answer.headers["Server-Timing"]
    id = answer.json()["id"]
    ada.in_workspace(id, "/")
    first_byte = eventually(lambda: ada.workspace(id)["trace"].get("firstByte"), 10, "the first byte in the trace")
    assert first_byte > 0


def test_a_new_spare_is_on_its_way_as_soon_as_one_is_given(serve):
    carrel = serve(configuration.tiny(pool={"spares": 2}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 2)
    ada = carrel.member("ada")
    assert ada.claim("tiny").status_code == 201
    eventually(
        lambda: (pool := carrel.pool(operator, "tiny"))["ready"] + pool["starting"] >= 2,
        within=1, what="a replacement is starting", every=0.01,
    )
    carrel.wait_for_spares(operator, "tiny", 2, within=20)


def test_opening_again_leads_to_the_same_workspace_and_takes_no_spare(serve):
    carrel = serve(configuration.tiny(pool={"spares": 1}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 1)
    ada = carrel.member("ada")
    first = ada.claim("tiny").json()["id"]
    carrel.wait_for_spares(operator, "tiny", 1)
    again = ada.claim("tiny")
    assert (again.status_code, again.json()["id"]) == (201, first)
    assert carrel.pool(operator, "tiny")["ready"] == 1
    assert ada.claim("tiny", name="another").json()["id"] != first


def test_a_spare_is_never_used_twice(serve):
    carrel = serve(configuration.tiny(pool={"spares": 2}))
    operator = carrel.program("operate")
    members = [carrel.member(name) for name in ("ada", "bob", "cyd")]
    owners_of = {}
    for turn in range(9):
        member = members[turn % 3]
        carrel.wait_for_spares(operator, "tiny", 1)
        workspace = member.open("tiny")["id"]
        nonce = member.in_workspace(workspace, "/nonce").json()["nonce"]
        runtime = member.in_workspace(workspace, "/runtime").json()
        assert "left-behind" not in runtime, "something of a former owner is still there"
        member.in_workspace(workspace, "/runtime?name=left-behind", "PUT", data=member.name.encode())
        owners_of.setdefault(nonce, set()).add((member.name, workspace))
        member.stop(workspace)
    assert len(owners_of) == 9, "a started process served more than one workspace"
    assert all(len(owners) == 1 for owners in owners_of.values())


def test_a_spare_sees_no_home_before_it_is_given(serve):
    carrel = serve(configuration.tiny(pool={"spares": 1}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 1)
    ada, bob = carrel.member("ada"), carrel.member("bob")
    hers = ada.open("tiny")["id"]
    ada.in_workspace(hers, "/home?name=secret.txt", "PUT", data=b"hers")
    carrel.wait_for_spares(operator, "tiny", 1)
    his = bob.open("tiny")["id"]
    assert bob.in_workspace(his, "/home").json() == []


def test_a_killed_spare_is_replaced(serve):
    carrel = serve(configuration.tiny(pool={"spares": 1}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 1)
    [spare] = carrel.instances()
    leftovers.kill(spare.children(recursive=True))
    def replaced():
        return [found for found in carrel.instances() if found.pid != spare.pid]
    eventually(replaced, 20, "another spare")
    carrel.wait_for_spares(operator, "tiny", 1, within=20)
    assert carrel.member("ada").claim("tiny").status_code == 201


def test_ending_a_workspace_leaves_no_process_and_keeps_the_home(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    ada.in_workspace(workspace, "/home?name=kept.txt", "PUT", data=b"kept")
    ada.in_workspace(workspace, "/burn", "POST")
    [instance] = carrel.instances()
    tree = [instance, *instance.children(recursive=True)]
    ended = ada.stop(workspace)
    assert ended["reason"] == "user"
    eventually(lambda: not any(process.is_running() for process in tree), 10, "the whole tree is gone")
    assert (carrel.directory / "homes" / ada.id / "kept.txt").read_bytes() == b"kept"
