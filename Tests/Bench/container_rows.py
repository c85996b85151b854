"""How long a member waits for a container: carrel's warm and cold ones, `docker run`, and JupyterHub's DockerSpawner."""

import json
import statistics
import time

from harness import configuration, docker
from harness.claims import Line
from harness.configuration import in_container, tiny
from harness.server import Carrel
from hub import DockerSpawnerHub
from report import Row, listed, times

#: Warm and cold. A claim of either has a home; each round's home is there already, as on any day but the first.
WARM, COLD = "tiny", "cold"
LAB, LAB_PAGE = "lab", "/api/status"


def rows_of_containers(directory, short=False):
    """Interleaved: in each round one start of DockerSpawner, one of carrel without a spare, one `docker run`, and some
    claims of a spare."""
    yield from rows_of_hubs(directory, short)
    yield from rows_of_jupyterlab(directory, short)


def rows_of_hubs(directory, short):
    rounds, claims = (1, 2) if short else (7, 8)
    warm_app = in_container(tiny(pool={"spares": 2}))
    cold_app = in_container(tiny(id=COLD))
    taken = {"warm": [], "cold": [], "docker run": [], "DockerSpawner": []}
    with Carrel([warm_app, cold_app], name="containers", **configuration.containers()) as carrel:
        operator = carrel.program("operate")
        carrel.add_member("ada")
        token = carrel.token("workspaces", user="ada")

        def claimed(app, name):
            carrel.wait_for_spares(operator, WARM, 2)
            milliseconds, id = claim(carrel.users_url, token, app, name)
            operator.stop(id, within=120)
            return milliseconds

        with DockerSpawnerHub(directory, warm_app) as hub:
            # Not counted: volumes are made, files are read for the first time.
            hub.start()
            hub.stop()
            for app in (COLD, WARM):
                claimed(app, "first")
            for number in range(rounds):
                # Nothing else starts meanwhile.
                carrel.wait_for_spares(operator, WARM, 2)
                taken["DockerSpawner"].append(hub.start())
                hub.stop()
                taken["cold"].append(claimed(COLD, f"cold-{number}"))
                carrel.wait_for_spares(operator, WARM, 2)
                taken["docker run"].append(docker.run_and_ask(warm_app) * 1000)
                for turn in range(claims):
                    taken["warm"].append(claimed(WARM, f"warm-{number}-{turn}"))
    yield from told(taken)


def rows_of_jupyterlab(directory, short):
    """What a member waits for who opens JupyterLab: a spare of carrel's, and a start by DockerSpawner."""
    rounds, claims = (1, 2) if short else (3, 5)
    app = configuration.lab_in_container(pool={"spares": 1})
    taken = {"warm": [], "DockerSpawner": []}
    with Carrel([app], name="labs", **configuration.containers()) as carrel:
        operator = carrel.program("operate")
        carrel.add_member("ada")
        token = carrel.token("workspaces", user="ada")
        with DockerSpawnerHub(directory, app, f"{LAB_PAGE}?token=bench") as hub:
            hub.start()
            hub.stop()
            for number in range(rounds):
                carrel.wait_for_spares(operator, LAB, 1, within=120)
                taken["DockerSpawner"].append(hub.start())
                hub.stop()
                for turn in range(claims):
                    carrel.wait_for_spares(operator, LAB, 1, within=120)
                    milliseconds, id = claim(carrel.users_url, token, LAB, f"warm-{number}-{turn}", LAB_PAGE)
                    taken["warm"].append(milliseconds)
                    operator.stop(id, within=120)
    median = {name: statistics.median(all_of_it) for name, all_of_it in taken.items()}
    ratio = median["DockerSpawner"] / median["warm"]
    yield Row(
        f"JupyterLab: claim of a spare with its home to the first byte, median of {len(taken['warm'])}: how many times "
        f"faster than DockerSpawner, median of {len(taken['DockerSpawner'])}",
        f"≥ {times(100)}", times(ratio), ratio >= 100,
        "ms: " + listed(median, lambda value: f"{value:.1f}" if value < 100 else f"{value:.0f}"), "",
    )


def claim(url, token, app, name, path="/nonce"):
    """Milliseconds from asking carrel's API for a workspace to the first byte of its page, and its id."""
    line = Line(url, token)
    before = time.perf_counter()
    answer, body, _ = line.ask("POST", "/api/v1/workspaces", {"app": app, "name": name})
    # 201: a spare was theirs at once.
    assert answer.status == (202 if app == COLD else 201), body
    id = json.loads(body)["id"]
    if answer.status == 202:
        wait_until_ready(Line(url, token), id)
    page, body, arrived = line.ask("GET", f"/w/{id}{path}")
    assert page.status == 200, body
    return (arrived - before) * 1000, id


def wait_until_ready(line, id):
    """By the stream of events that the progress page reads."""
    line.connection.request("GET", f"/api/v1/workspaces/{id}/events", headers=line.headers)
    answer = line.connection.getresponse()
    for text in answer:
        if text.startswith(b"data:"):
            phase = json.loads(text[5:])["phase"]
            assert phase != "ended", text
            if phase == "ready":
                break
    line.connection.close()


def told(taken):
    median = {name: statistics.median(all_of_it) for name, all_of_it in taken.items()}
    figures = "ms: " + listed(median, lambda value: f"{value:.1f}" if value < 100 else f"{value:.0f}")
    ratio = median["DockerSpawner"] / median["warm"]
    yield Row(
        f"claim of a spare with its home to the first byte, median of {len(taken['warm'])}: how many times faster than "
        f"DockerSpawner, median of {len(taken['DockerSpawner'])}",
        f"≥ {times(100)}", times(ratio), ratio >= 100, figures,
        "DockerSpawner's time is what there is to save: see the figures",
    )
    yield Row(
        f"the same in ms; worst {max(taken['warm']):.1f}", "≤ 20", f"{median['warm']:.1f}", median["warm"] <= 20,
        "", "the worst of them and the parts of a claim's trace tell more",
    )
    ratio = median["DockerSpawner"] / median["cold"]
    yield Row(
        "start without a spare, with its home: how many times faster than DockerSpawner", f"≥ {times(1)}", times(ratio),
        ratio >= 1, "", "its network, the firewall's check and the engine's own time",
    )
    difference = median["cold"] - median["docker run"]
    yield Row(
        "start without a spare, less `docker run` and the app, ms", "≤ 150", f"{difference:.0f}", difference <= 150, "",
        "a network and a home of its own, which `docker run` has not",
    )
