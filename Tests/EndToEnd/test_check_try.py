"""`carrel check --try APP`: a throw-away spare is started, handed over, opened and taken away, and said to be."""

import json
import subprocess

import pytest

from harness import configuration, leftovers, places
from harness.configuration import in_container, tiny
from harness.waiting import eventually

ENGINES = [
    pytest.param("process", id="process"),
    pytest.param("docker", id="docker", marks=pytest.mark.docker),
]


def prepared(serve, kind, **changes):
    if kind == "docker":
        return serve(in_container(tiny(**changes)), started=False, **configuration.containers())
    return serve(tiny(**changes), started=False)


def nothing_is_left(carrel):
    state = carrel.settings["state"]
    mounted = [point for point in leftovers.mounts_below(state)]
    tries = list(carrel.state.glob("try-*"))
    homes = list((carrel.directory / "homes").iterdir())
    assert (mounted, tries, homes) == ([], [], [])
    return True


@pytest.mark.parametrize("kind", ENGINES)
def test_an_app_that_works_passes_every_step_and_leaves_nothing(serve, kind):
    carrel = prepared(serve, kind)
    done = carrel.run("check", "--try", "tiny", "--websocket", "/ws", "--json", within=120)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    steps = {step["what"]: step for step in report["steps"]}
    assert steps["the spare is handed over"]["found"].startswith("spare, home attached in")
    assert steps["its page is opened"]["found"].startswith("200, ")
    assert steps["a WebSocket is opened"]["found"] == "101"
    assert report["left"] == [] and steps["nothing is left"]["outcome"] == "done"
    assert nothing_is_left(carrel)


@pytest.mark.parametrize("kind", ENGINES)
def test_an_app_that_does_not_start_fails_with_its_reason(serve, kind):
    carrel = prepared(serve, kind, command=["/usr/bin/python3", "-c", "raise SystemExit('no licence')"])
    done = carrel.run("check", "--try", "tiny", within=120)
    assert done.returncode == 1
    assert "FAILED" in done.stdout and "no licence" in done.stdout
    assert nothing_is_left(carrel)


def test_what_an_interrupted_trial_left_is_taken_away_by_the_next(serve):
    carrel = prepared(serve, "process", ready={"path": "/never-there", "within": "30s"}, command=["/bin/sleep", "600"])
    trial = subprocess.Popen(
        [str(places.CARREL), "check", "--try", "tiny", "--config", str(carrel.file)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    eventually(lambda: leftovers.instances_of(carrel.state), 60, "its spare runs")
    trial.kill()  # an interrupt is ignored by whoever runs in the background of a script
    assert trial.wait(30) != 0
    assert leftovers.instances_of(carrel.state), "it was interrupted before it could clear up"
    carrel.app("tiny").update(tiny())
    carrel.write()
    done = carrel.run("check", "--try", "tiny", within=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert leftovers.instances_of(carrel.state) == []
    assert nothing_is_left(carrel)


def test_an_unknown_app_is_a_wrong_usage(serve):
    carrel = prepared(serve, "process")
    done = carrel.run("check", "--try", "nothing")
    assert (done.returncode, done.stdout) == (2, "") and "There is no app nothing" in done.stderr
