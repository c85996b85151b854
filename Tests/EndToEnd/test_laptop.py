"""The example that `make run` serves: its apps as they are written there, opened by a member."""

import json
import re

import pytest
import yaml
from playwright.sync_api import expect

from harness import configuration, places
from harness.browser import picture, sign_in
from harness.jupyter import Jupyter

pytestmark = pytest.mark.jupyter

EXAMPLE = places.REPOSITORY / "examples" / "laptop.yaml"


@pytest.fixture
def laptop(serve):
    """The example's apps, homes and engine with the tests' ports, state and Python environment."""
    text = EXAMPLE.read_text().replace("../state/venv", str(places.APP_VENV))
    text = text.replace("./shiny", str(EXAMPLE.parent / "shiny"))
    example = yaml.safe_load(text)
    carrel = serve(started=False)
    for own in ("state", "listeners", "deployment", "sign-in"):
        example[own] = carrel.settings[own]
    for home in example["homes"].values():
        home["path"] = home["path"].replace("../state", str(carrel.directory))
    carrel.settings = example
    carrel.write()
    carrel.start()
    carrel.operator = carrel.program("operate")
    return carrel


def test_it_checks_without_a_problem(serve):
    carrel = serve(started=False)
    carrel.file = EXAMPLE
    done = carrel.run("check")
    # Without `make run` its Python environment is not there: that, and nothing else, may be told.
    told = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("error:")]
    assert done.returncode == (1 if told else 0), done.stdout + done.stderr
    assert all("state/venv/" in line for line in told), told


def test_its_jupyterlab_is_handed_over_warm_and_computes(laptop):
    laptop.wait_for_spares(laptop.operator, "jupyter", 2, within=120)
    ada = laptop.member("ada")
    answer = ada.claim("jupyter")
    assert (answer.status_code, answer.json()["trace"]["source"]) == (201, "spare")
    jupyter = Jupyter.of(ada, answer.json()["id"])
    assert jupyter.start_kernel().run("6*7")[1] == "42"
    jupyter.save("kept.txt", "in the home")
    assert (laptop.directory / "homes" / ada.id / "kept.txt").read_text() == "in the home"


def test_its_shiny_app_answers_over_its_websocket(laptop):
    laptop.wait_for_spares(laptop.operator, "shiny", 1, within=60)
    ada = laptop.member("ada")
    workspace = ada.open("shiny")["id"]
    assert ada.navigate(f"/w/{workspace}").headers["Location"].endswith(f"/w/{workspace}/"), "relative links need it"
    with ada.websocket(f"/w/{workspace}/websocket/") as socket:
        socket.send(json.dumps({"method": "init", "data": {"size:shiny.number": 100, "again:shiny.action": 0}}))
        assert "config" in json.loads(socket.recv(timeout=20))


def test_its_shiny_app_works_in_a_browser(laptop, page):
    laptop.wait_for_spares(laptop.operator, "shiny", 1, within=60)
    sign_in(page, laptop, "ada", laptop.add_member("ada"))
    page.goto(f"{laptop.users_url}/open/shiny")
    page.wait_for_url(re.compile(r"/w/ws-[a-z2-7]{16}/"))
    expect(page.locator("#summary")).to_contain_text("n = 100", timeout=30_000)
    picture(page, "shiny")
    page.get_by_role("button", name="Draw again").click()
    expect(page.locator("#summary")).to_contain_text("mean = ")


def test_the_tests_own_jupyterlab_is_set_up_as_the_examples():
    """One recipe: what the other tests hold for theirs holds for the one that people get."""
    example = next(app for app in yaml.safe_load(EXAMPLE.read_text())["apps"] if app["id"] == "jupyter")
    own = configuration.jupyter()
    assert example["command"][1:] == own["command"][1:]
    assert example["environment"] == own["environment"]
    assert example["headers"] == own["headers"]
    assert example["ready"]["path"] == own["ready"]["path"]
    assert example["idle"]["ignore"] == own["idle"]["ignore"]
    assert example["idle"]["busy"]["probe"] == own["idle"]["busy"]["probe"]
