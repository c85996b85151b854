"""Two members at once: what is one's own answers the other as if it did not exist."""

import re

import pytest
from websockets.exceptions import InvalidStatus

from harness import configuration

NOBODYS = "ws-aaaaaaaaaaaaaaaa"

PATHS = ["/", "/lab", "/api/status", "/api/kernels", "/nonce", "/~extra/", "/api/contents/secret.txt"]
CALLS = [
    ("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume"), ("GET", "/logs"),
    ("GET", "/logs?follow=1"), ("GET", "/events"),
]


def told(answer, workspace):
    """What an answer says, less what differs between any two requests: its id, its date, the workspace asked for."""
    body = answer.text
    for name, value in answer.headers.items():
        if "request-id" in name.lower():
            body = body.replace(value, "‹request›")
    body = re.sub(r'("request[-_]?[iI]d"\s*:\s*)"[^"]*"', r'\1"‹request›"', body)
    body = re.sub(r'(name="csrf" (?:value|content)=)"[^"]*"', r'\1"‹csrf›"', body)  # masked anew each time
    headers = sorted(
        (name.lower(), value.replace(workspace, "‹workspace›"))
        for name, value in answer.headers.items()
        if name.lower() not in ("date", "content-length") and "request-id" not in name.lower()
    )
    return answer.status_code, headers, body.replace(workspace, "‹workspace›")


@pytest.mark.jupyter
def test_each_has_a_jupyterlab_and_the_others_answers_as_one_that_does_not_exist(serve):
    carrel = serve(configuration.jupyter(pool={"spares": 2}))
    ada, bob = carrel.member("ada"), carrel.member("bob")
    hers, his = ada.open("jupyter")["id"], bob.open("jupyter")["id"]
    assert hers != his
    for owner, workspace in ((ada, hers), (bob, his)):
        assert owner.in_workspace(workspace, "/api/status").status_code == 200
        assert "jupyter-config-data" in owner.in_workspace(workspace, "/lab").text
    for stranger, workspace in ((ada, his), (bob, hers)):
        assert_nothing_tells_that_it_exists(stranger, workspace)


def test_the_same_holds_for_any_app(serve):
    carrel = serve(configuration.tiny())
    ada, bob = carrel.member("ada"), carrel.member("bob")
    hers = ada.open("tiny")["id"]
    assert_nothing_tells_that_it_exists(bob, hers)
    assert ada.in_workspace(hers, "/nonce").status_code == 200, "the stranger's calls did her workspace no harm"
    assert [found["id"] for found in bob.workspaces()] == []


def assert_nothing_tells_that_it_exists(stranger, workspace):
    for path in PATHS:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
            found = stranger.in_workspace(workspace, path, method)
            missing = stranger.in_workspace(NOBODYS, path, method)
            assert found.status_code == 404, f"{method} {path} → {found.status_code}"
            assert told(found, workspace) == told(missing, NOBODYS), f"{method} {path}"
    page = stranger.navigate(f"/w/{workspace}/lab")
    assert page.status_code == 404
    assert told(page, workspace) == told(stranger.navigate(f"/w/{NOBODYS}/lab"), NOBODYS)
    for method, path in CALLS:
        found = stranger.request(method, f"/api/v1/workspaces/{workspace}{path}")
        missing = stranger.request(method, f"/api/v1/workspaces/{NOBODYS}{path}")
        assert found.status_code == 404, f"{method} {path} → {found.status_code} {found.text}"
        assert told(found, workspace) == told(missing, NOBODYS), f"{method} {path}"
        assert found.json()["code"] == "not-found"
    assert refusal(stranger, workspace) == refusal(stranger, NOBODYS)


def refusal(stranger, workspace):
    with pytest.raises(InvalidStatus) as refused:
        with stranger.websocket(f"/w/{workspace}/ws"):
            pass
    response = refused.value.response
    assert response.status_code == 404
    id = next((value for name, value in response.headers.items() if "request-id" in name.lower()), None)
    body = (response.body or b"").decode().replace(workspace, "‹workspace›")
    return response.status_code, body.replace(id, "‹request›") if id else body


def test_a_member_sees_only_their_own_workspaces_and_a_token_only_its_members(serve):
    carrel = serve(configuration.tiny())
    ada, bob = carrel.member("ada"), carrel.member("bob")
    hers = ada.open("tiny")["id"]
    bobs_program = carrel.program("workspaces", user="bob", listener="users")
    assert bobs_program.workspaces() == []
    assert bobs_program.get(f"/api/v1/workspaces/{hers}").status_code == 404
    assert bobs_program.get(f"/w/{hers}/nonce").status_code == 404
    adas_program = carrel.program("workspaces", user="ada", listener="users")
    assert [found["id"] for found in adas_program.workspaces()] == [hers]
    assert adas_program.get(f"/w/{hers}/nonce").status_code == 200


def test_without_a_session_a_page_leads_to_sign_in_and_anything_else_gets_401(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    hers = ada.open("tiny")["id"]
    ada.http.cookies.clear()
    for workspace in (hers, NOBODYS):
        page = ada.navigate(f"/w/{workspace}/")
        assert page.status_code == 303
        assert page.headers["Location"].split("?")[0].endswith("/sign-in")
        assert ada.in_workspace(workspace, "/nonce", headers={"Accept": "application/json"}).status_code == 401
