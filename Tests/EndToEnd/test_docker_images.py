"""Images that a container engine has not got yet: fetched with credentials, told on the progress page, replaced when their
tag moves."""

import json
import re

import pytest
from playwright.sync_api import expect

from harness import configuration, docker, registry
from harness.browser import picture, sign_in
from harness.configuration import in_container, tiny
from harness.waiting import eventually

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not registry.is_installed(), reason="needs docker-registry (Debian's package of that name)"),
]


@pytest.fixture
def images(tmp_path):
    with registry.Registry(tmp_path).running() as running:
        yield running


def engine(images, **changes):
    """The container engine's configuration, with the credentials for the registry behind its slow line."""
    words = images.directory / "word"
    words.write_text(registry.PASSWORD + "\n")
    login = {"username": registry.USERNAME, "password": {"file": str(words)}}
    return configuration.merged(
        configuration.containers(),
        {"engines": {"docker": {"registries": {images.slow: login}, "docker-config": str(no_file(images)), **changes}}},
    )


def no_file(images):
    """Whoever runs the tests may have credentials of their own."""
    path = images.directory / "empty.json"
    path.write_text("{}")
    return path


def messages(member, workspace):
    """What the progress page is told, until the workspace is ready or has ended."""
    told = []
    with member.get(f"/api/v1/workspaces/{workspace}/events", stream=True, timeout=120) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            if line.startswith(b"data:"):
                event = json.loads(line[5:])
                told.append(event["message"])
                if event["phase"] in ("ready", "ended"):
                    break
    return told


def test_the_progress_page_tells_how_far_an_image_is_and_its_time_is_not_the_apps(images, serve):
    # Two at once, each for some twenty seconds: longer than the app has to answer.
    images.rate = 600_000
    name = images.publish("team/app:1", sizes=[12_000_000, 12_000_000])
    app = in_container(tiny(ready={"path": "/ready", "within": "15s"}), image=name)
    carrel = serve(app, **engine(images))
    ada = carrel.member("ada")
    answer = ada.claim("tiny")
    assert answer.status_code == 202, answer.text
    told = messages(ada, answer.json()["id"])
    layers = [re.fullmatch(r"Fetching the image: (\d) of (\d) layers, (\S+) of (\S+) MB", message) for message in told]
    counted = [match.groups() for match in layers if match]
    assert len(counted) >= 3, told
    assert {(match[1], match[3]) for match in counted} == {("3", "24")} or counted[-1][1] == "3", told
    received = [float(match[2]) for match in counted]
    assert received == sorted(received) and received[-1] > received[0], told
    assert told[-1] == "Ready" or told[-1] == "Bringing your files", told
    assert not any(images.slow in message or "127.0.0.1" in message for message in told)
    assert f"fetching the image {name} with credentials from" in carrel.log()
    assert registry.PASSWORD not in carrel.log()


def test_in_a_browser_the_numbers_grow_and_then_the_page_comes_by_itself(images, serve, page):
    name = images.publish("team/app:1", sizes=[16_000_000])
    carrel = serve(in_container(tiny(), image=name), **engine(images))
    sign_in(page, carrel, "ada", carrel.add_member("ada"))
    page.goto(f"{carrel.users_url}/open/tiny")
    expect(page.locator("#message")).to_have_text(re.compile(r"Fetching the image: 1 of 2 layers, \S+ of 16 MB"), timeout=30_000)
    picture(page, "image")
    page.wait_for_selector("#nonce", timeout=60_000)


def test_a_member_reads_why_an_image_can_not_be_had_and_the_operator_where_it_was_looked_for(images, serve):
    app = in_container(tiny(), image=f"{images.slow}/team/none:1")
    carrel = serve(app, **engine(images))
    ada = carrel.member("ada")
    workspace = ada.claim("tiny").json()["id"]
    assert messages(ada, workspace)[-1] == "Ended: The app's image does not exist."
    eventually(lambda: f"fetching {images.slow}/team/none:1" in carrel.log())


def test_spares_of_a_tag_that_moved_at_its_registry_are_replaced(images, serve):
    images.rate = 100_000_000
    name = images.publish("team/app:1")
    app = in_container(tiny(pool={"spares": 2}), image=name)
    carrel = serve(app, **engine(images, **{"image-check": "10s"}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "tiny", 2)
    before = {row["Image"] for row in docker.containers(carrel.deployment)}
    ada = carrel.member("ada")
    hers = ada.open("tiny")["id"]
    images.publish("team/app:1")

    def images_of_spares():
        return {row["Image"] for row in docker.containers(carrel.deployment) if hers not in row["Names"]}

    eventually(lambda: images_of_spares() and not images_of_spares() & before, within=120)
    carrel.wait_for_spares(operator, "tiny", 2)
    assert ada.get(f"/w/{hers}/").status_code == 200, "what a member has stays theirs"
