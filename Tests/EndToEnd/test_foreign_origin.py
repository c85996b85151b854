"""A page from any other origin gets nowhere with the member's cookie."""

import pytest
from websockets.exceptions import InvalidStatus

from harness import configuration


@pytest.fixture
def desk(serve):
    carrel = serve(configuration.tiny())
    carrel.ada = carrel.member("ada")
    carrel.workspace = carrel.ada.open("tiny")["id"]
    return carrel


def foreign_origins(carrel):
    port = carrel.users_port
    return [
        "https://evil.example.org", f"http://127.0.0.1:{port + 1}", f"https://127.0.0.1:{port}",
        f"http://localhost:{port}", f"http://127.0.0.1:{port}.evil.example.org", "null",
        f"http://127.0.0.1:{carrel.operators_port}",
    ]


def test_it_cannot_open_a_websocket_to_a_workspace(desk):
    for origin in foreign_origins(desk):
        with pytest.raises(InvalidStatus) as refused:
            with desk.ada.websocket(f"/w/{desk.workspace}/ws", origin=origin):
                pass
        assert refused.value.response.status_code == 403, origin
    with desk.ada.websocket(f"/w/{desk.workspace}/ws") as socket:
        socket.send("her own page may")
        assert socket.recv(timeout=5) == "her own page may"


def test_it_cannot_post_to_a_workspace(desk):
    for origin in foreign_origins(desk):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = desk.ada.in_workspace(desk.workspace, "/kernels?state=busy", method, headers={"Origin": origin})
            assert answer.status_code == 403, f"{method} from {origin!r} → {answer.status_code}"
    states = desk.ada.in_workspace(desk.workspace, "/kernels").json()
    assert states[0]["execution_state"] == "idle", "none of them got through"
    assert desk.ada.in_workspace(desk.workspace, "/kernels?state=busy", "POST").status_code == 200


def test_it_cannot_use_the_api_or_the_forms(desk):
    evil = {"Origin": "https://evil.example.org"}
    for headers in (evil, {**evil, "X-Carrel-CSRF": "guessed"}, {"X-Carrel-CSRF": "guessed"}, {"X-Carrel-CSRF": ""}):
        answer = desk.ada.request("DELETE", f"/api/v1/workspaces/{desk.workspace}", headers=headers)
        assert answer.status_code in (401, 403), f"{headers} → {answer.status_code}"
    assert desk.ada.post("/sign-out", data={}, headers={"Origin": "https://evil.example.org"}).status_code == 403
    assert desk.ada.workspace(desk.workspace)["phase"] == "ready"


def test_a_link_that_is_not_a_navigation_starts_nothing(desk):
    """An image or a frame on a foreign page must not claim; a person who follows the link may."""
    for mode, destination in (("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty")):
        answer = desk.ada.get("/open/tiny?name=sneaked", headers={
            "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination, "Sec-Fetch-Site": "cross-site",
        })
        assert answer.status_code == 200 and "<form" in answer.text, "a page with a button"
    assert [found["name"] for found in desk.ada.workspaces() if found["name"] == "sneaked"] == []
    followed = desk.ada.navigate("/open/tiny/nonce")
    assert followed.status_code == 303
    assert followed.headers["Location"].endswith(f"/w/{desk.workspace}/nonce")


def test_a_workspace_is_told_neither_the_session_nor_what_a_client_made_up(desk):
    answer = desk.ada.in_workspace(desk.workspace, "/headers", headers={
        "X-Carrel-User": "u-aaaaaaaaaaaaaaaa", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "https",
    })
    told = {name.lower(): value for name, value in answer.json()}
    secrets = [cookie.value for cookie in desk.ada.http.cookies]
    assert not any(secret in value for secret in secrets for value in told.values())
    assert told.get("x-carrel-user") != "u-aaaaaaaaaaaaaaaa"
    assert "203.0.113.9" not in told.get("x-forwarded-for", "")
    assert told.get("x-forwarded-host") != "evil.example.org"
    assert told.get("x-forwarded-proto", "http") == "http"


def test_a_token_of_carrels_never_reaches_a_workspace(desk):
    program = desk.program("workspaces", user="ada", listener="users")
    told = program.get(f"/w/{desk.workspace}/headers")
    assert told.status_code == 200
    assert program.token not in told.text
