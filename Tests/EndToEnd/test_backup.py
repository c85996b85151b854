"""`carrel backup` beside a carrel that runs, and `carrel restore` on what is then an empty machine."""

import json
import shutil
import stat
import subprocess

import pytest

from harness import configuration, docker, leftovers, places
from harness.configuration import in_container, tiny
from harness.waiting import eventually

pytestmark = pytest.mark.skipif(not shutil.which("restic"), reason="needs restic (Debian's package of that name)")

NOTE = {"name": "note.txt"}


@pytest.fixture
def password(tmp_path, monkeypatch):
    file = tmp_path / "password"
    file.write_text("a secret of some length\n")
    monkeypatch.setenv("RESTIC_PASSWORD_FILE", str(file))


def prepared(serve, kind):
    if kind == "process":
        return serve(tiny())
    if not docker.answers():
        pytest.skip("needs a Docker engine")
    return serve(in_container(tiny()), **configuration.containers("backup"))


def restore(*words):
    return subprocess.run(
        [str(places.CARREL), "restore", *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )


def lose(carrel, *, homes=True):
    """What a burnt machine leaves: no process, no file."""
    carrel.kill()
    leftovers.end_processes(carrel.state)
    leftovers.unmount_below(carrel.directory)
    shutil.rmtree(carrel.state)
    if homes:
        shutil.rmtree(carrel.directory / "homes", ignore_errors=True)
        if docker.answers():
            docker.remove_everything(carrel.deployment)


@pytest.mark.parametrize("kind", ["process", pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.usefixtures("as_root", "password")
def test_members_homes_and_the_record_come_back_on_an_empty_machine(serve, tmp_path, kind):
    carrel = prepared(serve, kind)
    ada = carrel.member("ada")
    mine = ada.open("tiny")["id"]
    assert ada.in_workspace(mine, "/home", "PUT", params=NOTE, data=b"kept through the fire").status_code < 300
    repository = tmp_path / "repository"
    saved = carrel.json("backup", f"restic:{repository}")
    assert [home["because"] for home in saved["missing"]] == []
    assert len(saved["manifest"]["homes"]) == 1

    # It was saved while somebody worked; what came later is lost, and nothing else.
    carrel.add_member("late")
    before = carrel.json("audit")
    lose(carrel)
    carrel.file.unlink()

    done = restore(repository, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["restored"] == 1 and report["missing"] == []
    assert report["configuration"] == str(carrel.file) and not report["keepsConfiguration"]
    assert stat.S_IMODE((carrel.state / "carrel.sqlite").stat().st_mode) == 0o600

    carrel.start()
    # The keys are the same: the cookie of before still counts.
    eventually(lambda: ada.workspace(mine)["phase"] == "ended", 60, "its instance went with the machine")
    again = ada.open("tiny")["id"]
    assert ada.in_workspace(again, "/home", params=NOTE).content == b"kept through the fire"
    assert carrel.run("audit", "--verify").returncode == 0
    after = carrel.json("audit")
    kept = [entry for entry in before if entry["entry"]["at"] <= saved["manifest"]["at"]]
    assert len(kept) > 3 and [entry for entry in kept if entry not in after] == []
    assert [user["name"] for user in carrel.program("operate").get("/api/v1/users").json()] == ["ada"]


@pytest.mark.usefixtures("as_root")
def test_a_directory_holds_everything_but_homes_and_says_so(serve, tmp_path):
    carrel = prepared(serve, "process")
    ada = carrel.member("ada")
    ada.open("tiny")
    told = carrel.ok("backup", str(tmp_path / "backups"))
    assert "homes are saved to restic repositories only" in told
    (made,) = (tmp_path / "backups").iterdir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    for file in made.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    lose(carrel, homes=False)

    done = restore(tmp_path / "backups", "--config", carrel.file)
    assert done.returncode == 0, done.stderr
    assert "was there already and stays as it is" in done.stdout and "Not restored: the home" in done.stdout
    carrel.start()
    assert ada.me()["name"] == "ada"


@pytest.mark.usefixtures("as_root", "password")
def test_nothing_that_is_there_is_written_over(serve, tmp_path):
    carrel = prepared(serve, "process")
    ada = carrel.member("ada")
    ada.in_workspace(ada.open("tiny")["id"], "/home", "PUT", params=NOTE, data=b"first")
    repository = f"restic:{tmp_path / 'repository'}"
    carrel.ok("backup", repository)

    def refused(*because):
        done = restore(repository, "--config", carrel.file)
        assert done.returncode == 1 and all(word in done.stderr for word in because), done.stderr

    refused("Another carrel serve uses the state directory")
    carrel.stop()
    refused("has a database already", "stays as it is")
    lose(carrel, homes=False)
    refused("holds files already")
    assert not (carrel.state / "carrel.sqlite").exists(), "nothing half-done stays"
    shutil.rmtree(carrel.directory / "homes")
    done = restore(repository, "--config", carrel.file)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("as_root")
def test_what_is_wrong_is_said_in_a_sentence(serve, tmp_path, monkeypatch):
    carrel = prepared(serve, "process")
    for name in ("RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    done = carrel.run("backup", f"restic:{tmp_path / 'repository'}")
    assert done.returncode == 2 and "RESTIC_PASSWORD_FILE" in done.stderr
    done = restore(tmp_path, "--config", carrel.file)
    assert done.returncode == 1 and "holds no backup of Carrel" in done.stderr
    (tmp_path / "blocked").write_text("a file")
    done = carrel.run("backup", str(tmp_path / "blocked"))
    assert done.returncode == 1 and "can't be made" in done.stderr
