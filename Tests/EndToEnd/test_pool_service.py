"""POST /pool: the protocol of programs written for a pool service."""

import pytest
import requests

from harness import configuration
from harness.member import NAVIGATION
from harness.waiting import eventually


@pytest.fixture
def pool(serve):
    carrel = serve(
        configuration.tiny(pool={"spares": 1, "max": 2}, labels={"purpose": "analysis"}),
        pool_service={"default-app": "tiny", "provider": "here"},
    )
    caller = carrel.program("pool")
    carrel.ask = lambda command, payload: caller.post("/pool", json={"command": command, "payload": payload})
    carrel.wait_for_spares(carrel.program("operate"), "tiny", 1)
    return carrel


def test_a_program_asks_for_a_workspace_shows_it_and_deletes_it(pool):
    made = pool.ask("REQUEST_RSTUDIO", {"userId": "1234-abcd"})
    assert made.status_code == 200, made.text
    id = made.json()["instanceId"]
    assert id.startswith("ws-")
    instance = eventually(lambda: shown(pool, id), 20, "its address")
    assert instance["instanceId"] == id and instance["userId"] == "1234-abcd" and instance["purpose"] == "analysis"
    browser = requests.Session()
    browser.trust_env = False
    page = browser.get(instance["url"], headers=NAVIGATION, timeout=20)
    assert page.status_code == 200 and "id=nonce" in page.text
    assert id in [found["instanceId"] for found in pool.ask("GET_STATUS", {}).json()["instances"]]
    assert pool.ask("DELETE", {"instanceId": id}).json() == {"status": "OK"}


def shown(pool, id):
    answer = pool.ask("GET_STATUS", {"instanceId": id})
    assert answer.status_code == 200, answer.text
    instance = answer.json()["instance"]
    return instance if instance.get("url") else None


def test_nonsense_is_never_answered_with_200(pool):
    for command, payload in (
        ("NO_SUCH_COMMAND", {}), ("GET_STATUS", {"instanceId": "ws-aaaaaaaaaaaaaaaa"}), ("REQUEST_RSTUDIO", {}),
        ("DELETE", {"instanceId": "ws-aaaaaaaaaaaaaaaa"}), ("DELETE", {}), (None, None),
        ("REQUEST_RSTUDIO", {"userId": "x", "purpose": "no-such-app"}), ("REQUEST_RSTUDIO", {"userId": "../../x"}),
    ):
        answer = pool.ask(command, payload)
        assert 400 <= answer.status_code < 500, f"{command} {payload} → {answer.status_code} {answer.text}"
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_a_full_pool_is_a_503(pool):
    for member in ("one", "two"):
        assert pool.ask("REQUEST_RSTUDIO", {"userId": member}).status_code == 200
    assert pool.ask("REQUEST_RSTUDIO", {"userId": "three"}).status_code == 503


def test_a_token_without_the_scope_is_refused(pool):
    caller = pool.program("observe")
    assert caller.post("/pool", json={"command": "GET_STATUS", "payload": {}}).status_code == 403
