"""What homes hold is measured and shown; quotas are kept by the file system, or by starting nothing new."""

import re
import subprocess

import pytest

from harness import configuration, places
from harness.browser import sign_in
from harness.configuration import in_container, tiny
from harness.waiting import eventually

MEGA = 1 << 20
KINDS = ["here", pytest.param("docker", marks=pytest.mark.docker)]


def served(serve, kind, quota=None, **changes):
    """A server with one app on that engine and homes as they are usual there, with a quota if given."""
    if kind == "here":
        app, settings = tiny(), {"homes": {"mine": {}}}
    else:
        app, settings = in_container(tiny()), configuration.containers()
    if quota is not None:
        for home in settings["homes"].values():
            home["quota"] = quota
    return serve(app, **configuration.merged(settings, changes))


def fill(member, workspace, megabytes, name="data"):
    member.in_workspace(workspace, f"/home?name={name}", "PUT", data=b"x" * (megabytes * MEGA))


def homes(member):
    return member.get("/api/v1/me").json()["homes"]


def measured(member, holds, what):
    """Waits until the member's one home was measured so."""
    return eventually(lambda: next((home for home in homes(member) if holds(home)), None), 120, what)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_home_holds_is_shown_to_its_member_and_to_operators_and_survives_a_restart(serve, kind):
    carrel = served(serve, kind)
    ada, operator = carrel.member("ada"), carrel.program("operate")
    workspace = ada.open("tiny")["id"]
    fill(ada, workspace, 5)
    ada.stop(workspace)
    home = measured(ada, lambda home: (home["used"] or 0) >= 5 * MEGA, "5 MiB are counted")
    assert home["used"] < 6 * MEGA and home["quota"] is None and home["measuredAt"].endswith("Z")
    row = next(user for user in operator.get("/api/v1/users").json() if user["id"] == ada.id)
    assert row["homes"] == [home]
    gauge = rf'^carrel_home_used_bytes{{[^}}]*user="{ada.id}"[^}}]*}} {home["used"]}$'
    assert re.search(gauge, operator.get("/metrics").text, re.M)
    assert "5 MiB" in ada.get("/").text

    carrel.restart()
    assert homes(ada) == [home]
    again = ada.open("tiny")["id"]
    assert ada.get(f"/api/v1/workspaces/{again}").json()["home"]["name"] == home["name"]


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_file_system_keeps_no_quota_nothing_new_is_started_for_who_is_over_it(serve, kind):
    carrel = served(serve, kind, quota="8Mi")
    # On a machine whose file system does, the next test says more.
    if "quota:" not in carrel.ok("check"):
        pytest.skip("the file system keeps quotas")
    carrel.eventually_logs(["quota", "no project quotas"])
    ada, ben = carrel.member("ada"), carrel.member("ben")
    workspace = ada.open("tiny")["id"]
    fill(ada, workspace, 10)
    ada.stop(workspace)
    home = measured(ada, lambda home: (home["used"] or 0) >= 10 * MEGA, "10 MiB are counted")
    assert home["quota"] == 8 * MEGA and not home["enforced"]
    refused = ada.post("/api/v1/workspaces", json={"app": "tiny"})
    assert refused.status_code == 409 and refused.json()["code"] == "home-full"
    assert re.match(r"Your home holds 10(\.\d)? MiB and may hold 8 MiB", refused.json()["detail"])
    assert "Ask an operator" in refused.json()["detail"]
    page = ada.get("/").text
    assert "holds more than it may" in page and "<meter" in page
    ben.open("tiny")
    decisions = carrel.json("explain", "here:ada")
    rows = decisions if isinstance(decisions, list) else decisions["decisions"]
    assert any(row["verdict"] == "refused" and "home" in row["because"] for row in rows)


def test_whoever_is_over_the_quota_goes_on_and_deletes_and_may_start_again(serve):
    carrel = served(serve, "here", quota="8Mi")
    if "quota:" not in carrel.ok("check"):
        pytest.skip("the file system keeps quotas")
    ada = carrel.member("ada")
    kept, other = ada.open("tiny")["id"], ada.open("tiny", name="other")["id"]
    fill(ada, other, 10)
    ada.stop(other)
    measured(ada, lambda home: (home["used"] or 0) >= 10 * MEGA, "10 MiB are counted")
    assert ada.open("tiny")["id"] == kept
    refused = ada.post("/api/v1/workspaces", json={"app": "tiny", "name": "other"})
    assert refused.status_code == 409 and "Delete files in Tiny, which is still open" in refused.json()["detail"]
    ada.in_workspace(kept, "/home?name=data", "PUT", data=b"")

    def opens():
        return ada.post("/api/v1/workspaces", json={"app": "tiny", "name": "other"}).status_code in (201, 202)

    eventually(opens, 120, "the refusal itself has the home measured again", every=1)


def test_near_the_quota_the_portal_warns(serve, page):
    carrel = served(serve, "here", quota="20Mi")
    password = carrel.add_member("ada")
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    fill(ada, workspace, 19)
    ada.stop(workspace)
    measured(ada, lambda home: (home["used"] or 0) >= 19 * MEGA, "19 MiB are counted")
    sign_in(page, carrel, "ada", password)
    assert page.get_by_text("Your home is nearly full").is_visible()
    assert page.locator("meter.near").get_attribute("value") == "95"


@pytest.fixture
def quota_disk(as_root, tmp_path):
    """A file system with project quotas; skipped where this kernel can't."""
    place = places.SCRATCH / f"quota-{tmp_path.name}"
    image = place.with_suffix(".img")
    place.mkdir(parents=True)
    with open(image, "wb") as file:
        file.truncate(400 * MEGA)
    made = subprocess.run(
        ["mkfs.ext4", "-q", "-F", "-O", "project,quota", "-E", "quotatype=prjquota", str(image)], capture_output=True, check=False,
    )
    mounted = subprocess.run(["mount", "-o", "loop,prjquota", str(image), str(place)], capture_output=True, check=False)
    try:
        if made.returncode or mounted.returncode:
            pytest.skip("this machine's kernel has no project quotas")
        place.chmod(0o755)
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)
        image.unlink()
        place.rmdir()


def test_who_fills_their_home_is_stopped_by_the_file_system_and_nobody_else_is_hit(serve, quota_disk):
    carrel = serve(tiny(), homes={"mine": {"path": str(quota_disk / "{{user.id}}"), "quota": "20Mi"}})
    assert "quota:" not in carrel.ok("check")
    ada, ben = carrel.member("ada"), carrel.member("ben")
    hers, his = ada.open("tiny")["id"], ben.open("tiny")["id"]
    answer = ada.in_workspace(hers, "/home?name=data", "PUT", data=b"x" * (40 * MEGA))
    assert answer.status_code >= 500
    assert (quota_disk / ada.id / "data").stat().st_size <= 20 * MEGA
    fill(ben, his, 10)
    assert (quota_disk / ben.id / "data").stat().st_size == 10 * MEGA
    ada.stop(hers)
    home = measured(ada, lambda home: (home["used"] or 0) >= 15 * MEGA, "they are counted")
    assert home["enforced"] and home["used"] <= 20 * MEGA
    assert ada.open("tiny")["id"] != hers
