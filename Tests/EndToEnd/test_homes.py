"""Homes outlive workspaces."""

import pytest

from harness import configuration
from harness.jupyter import Jupyter


@pytest.mark.parametrize("spares", [0, 1], ids=["cold", "warm"])
def test_what_was_written_is_there_in_the_members_next_workspace(serve, spares):
    carrel = serve(configuration.tiny(pool={"spares": spares}))
    operator, ada = carrel.program("operate"), carrel.member("ada")
    for turn in range(3):
        if spares:
            carrel.wait_for_spares(operator, "tiny", spares)
        workspace = ada.open("tiny")["id"]
        assert ada.in_workspace(workspace, "/home").json() == [f"turn-{past}" for past in range(turn)]
        ada.in_workspace(workspace, f"/home?name=turn-{turn}", "PUT", data=b"x" * 1000)
        ada.stop(workspace)


def test_a_home_is_shared_by_a_members_workspaces_and_by_nobody_else(serve):
    carrel = serve(configuration.tiny(), configuration.tiny(id="other", pool={"spares": 1}))
    ada, bob = carrel.member("ada"), carrel.member("bob")
    one, two = ada.open("tiny")["id"], ada.open("other")["id"]
    ada.in_workspace(one, "/home?name=shared.txt", "PUT", data=b"both see it")
    assert ada.in_workspace(two, "/home?name=shared.txt").content == b"both see it"
    ada.in_workspace(two, "/home?name=answer.txt", "PUT", data=b"and both write")
    assert ada.in_workspace(one, "/home?name=answer.txt").content == b"and both write"
    assert bob.in_workspace(bob.open("tiny")["id"], "/home").json() == []


def test_a_home_keeps_one_owner_on_disk_whichever_workspace_wrote(serve, as_root):
    carrel = serve(configuration.tiny(pool={"spares": 1}))
    operator, ada = carrel.program("operate"), carrel.member("ada")
    owners = set()
    for turn in range(3):
        carrel.wait_for_spares(operator, "tiny", 1)
        workspace = ada.open("tiny")["id"]
        ada.in_workspace(workspace, f"/home?name=turn-{turn}", "PUT", data=b"x")
        ada.stop(workspace)
    for file in (carrel.directory / "homes" / ada.id).iterdir():
        owners.add(file.stat().st_uid)
    assert len(owners) == 1 and 0 not in owners, owners


@pytest.mark.jupyter
def test_a_notebook_saved_in_one_jupyterlab_opens_in_the_next(serve):
    carrel = serve(configuration.jupyter())
    ada = carrel.member("ada")
    first = ada.open("jupyter", within=120)["id"]
    Jupyter.of(ada, first).save("work.txt", "a day's work")
    ada.stop(first)
    second = ada.open("jupyter", within=120)["id"]
    assert Jupyter.of(ada, second).read("work.txt") == "a day's work"
