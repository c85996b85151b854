"""What becomes of a request to a workspace that sleeps, is on its way, or is gone."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests
from websockets.exceptions import InvalidStatus

from harness import configuration, places
from harness.member import NAVIGATION
from harness.waiting import eventually

PROGRAMS = [
    {"Accept": "application/json"}, {}, {"Sec-Fetch-Mode": "cors", "Accept": "text/html"},
]


@pytest.fixture
def desk(serve):
    carrel = serve(configuration.tiny())
    carrel.operator = carrel.program("operate")
    carrel.ada = carrel.member("ada")
    carrel.workspace = carrel.ada.open("tiny")["id"]
    return carrel


def pause(carrel):
    answer = carrel.operator.post(f"/api/v1/workspaces/{carrel.workspace}/pause")
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    assert carrel.operator.workspace(carrel.workspace)["phase"] == "paused"


def refused_websocket(member, workspace):
    with pytest.raises(InvalidStatus) as refused:
        with member.websocket(f"/w/{workspace}/ws"):
            pass
    return refused.value.response


def test_a_page_request_to_a_paused_workspace_is_held_while_it_resumes(desk):
    before = desk.ada.in_workspace(desk.workspace, "/nonce").json()
    pause(desk)
    answer = desk.ada.navigate(f"/w/{desk.workspace}/nonce")
    assert answer.status_code == 200 and answer.json() == before, "the same process answers, nothing was lost"
    assert desk.operator.workspace(desk.workspace)["phase"] == "ready"


def test_many_page_requests_at_once_wake_a_paused_workspace_once(desk):
    pause(desk)
    cookie = desk.ada.cookie_header()

    def navigate(_):
        address = f"{desk.users_url}/w/{desk.workspace}/nonce"
        return requests.get(address, headers={**NAVIGATION, "Cookie": cookie}, timeout=60)

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(navigate, range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["nonce"] for answer in answers}) == 1
    woken = [entry for entry in desk.explain(desk.workspace) if "resume" in str(entry).lower()]
    assert len(woken) <= 1, woken
    assert desk.operator.workspace(desk.workspace)["phase"] == "ready"


@pytest.mark.parametrize("headers", PROGRAMS)
def test_an_api_request_to_a_paused_workspace_gets_503_with_retry_after_and_wakes_nobody(desk, headers):
    pause(desk)
    answer = desk.ada.get(f"/w/{desk.workspace}/nonce", headers=headers)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    if "Accept" not in headers or "json" in headers["Accept"]:
        assert answer.json()["code"] == "paused"
    assert desk.operator.workspace(desk.workspace)["phase"] == "paused"


def test_a_websocket_to_a_paused_workspace_gets_503_with_retry_after_and_wakes_nobody(desk):
    pause(desk)
    answer = refused_websocket(desk.ada, desk.workspace)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert desk.operator.workspace(desk.workspace)["phase"] == "paused"


def test_a_page_request_to_one_that_starts_gets_the_progress_page_and_programs_503_with_retry_after(serve):
    slow = configuration.tiny(
        command=["/bin/sh", "-c", f"sleep 15; exec {places.SYSTEM_PYTHON} -I {places.APPS / 'tiny.py'}"],
        ready={"path": "/ready", "within": "90s"},
    )
    carrel = serve(slow)
    ada = carrel.member("ada")
    workspace = ada.claim("tiny").json()["id"]
    page = ada.navigate(f"/w/{workspace}/nonce")
    assert page.status_code == 200 and f"/api/v1/workspaces/{workspace}/events" in page.text
    for headers in PROGRAMS:
        answer = ada.get(f"/w/{workspace}/nonce", headers=headers)
        assert answer.status_code == 503, f"{headers} → {answer.status_code}"
        assert int(answer.headers["Retry-After"]) > 0
    refused = refused_websocket(ada, workspace)
    assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0
    ada.wait_for_phase(workspace, "ready", within=90)
    assert ada.navigate(f"/w/{workspace}/nonce").status_code == 200


def test_a_page_request_to_a_stopped_one_leads_to_the_progress_page_of_a_new_one(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    old = ada.open("tiny")["id"]
    ada.stop(old)
    answer = ada.navigate(f"/w/{old}/nonce?x=1")
    seen = []
    for _ in range(6):
        seen.append(f"{answer.status_code} {answer.headers.get('Location', '')}")
        if answer.status_code != 303:
            break
        parts = urlsplit(answer.headers["Location"])
        answer = ada.navigate(parts.path + (f"?{parts.query}" if parts.query else ""))
    assert answer.status_code == 200, seen
    (new,) = [found["id"] for found in ada.workspaces() if found["phase"] != "ended"]
    assert new != old
    # It may be there already; else this is its progress page.
    assert f"/api/v1/workspaces/{new}/events" in answer.text or "nonce" in answer.text, answer.text[:300]
    ada.wait_for_phase(new, "ready")


def test_programs_are_told_that_a_stopped_one_is_gone_and_start_nothing(desk):
    """410, not 503: its address never comes back, so there is nothing to try again."""
    desk.ada.stop(desk.workspace)
    eventually(lambda: desk.ada.get(f"/w/{desk.workspace}/nonce", headers={"Sec-Fetch-Mode": "cors"}).status_code == 410)
    assert refused_websocket(desk.ada, desk.workspace).status_code == 410
    assert desk.ada.in_workspace(desk.workspace, "/kernels", "POST").status_code == 410
    assert all(found["phase"] == "ended" for found in desk.ada.workspaces())
