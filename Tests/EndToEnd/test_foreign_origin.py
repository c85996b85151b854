"""A page from any other origin gets nowhere with the member's cookie."""

import socket

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


PUBLIC = "https://hub.example.org"
FOREIGN = [
    # Other schemes and ports.
    "http://hub.example.org", "https://hub.example.org:8443", "https://hub.example.org:80", "ws://hub.example.org",
    "wss://hub.example.org", "file://hub.example.org", "chrome-extension://hub.example.org",
    # Neighbours: below, above, beside; what a wildcard domain gives another workspace.
    "https://ws-aaaaaaaaaaaaaaaa.hub.example.org", "https://example.org", "https://other.example.org",
    "https://www.hub.example.org", "https://ws-aaaaaaaaaaaaaaaa.example.org", "https://.hub.example.org",
    # Look-alikes.
    "https://hub.example.org.evil.net", "https://hub.example.orgevil.net", "https://evil-hub.example.org",
    "https://hub-example.org", "https://hub.example.org.", "https://hub.example.org.:443", "https://hub.example.0rg",
    "https://hub%2Eexample.org", "https://xn--hub-example.org", "https://hub.example.org\t.evil.net",
    # Userinfo, paths and more than one.
    "https://hub.example.org@evil.net", "https://evil.net@hub.example.org", "https://hub.example.org:443@evil.net",
    "https://hub.example.org/", "https://hub.example.org/../evil", "https://hub.example.org#evil.net",
    "https://hub.example.org?evil.net", "https://hub.example.org https://evil.net",
    "https://evil.net https://hub.example.org", "https://hub.example.org,https://evil.net", "https://hub.example.org\\",
    # Nobody in particular.
    "null", "NULL", "undefined", "*", "hub.example.org", "//hub.example.org", "https://", "https:", "https",
]
OWN = [PUBLIC, "https://HUB.example.org", "HTTPS://hub.Example.ORG"]


@pytest.fixture
def public(serve):
    """Behind a proxy that does TLS, with an app that lets in whoever has its token; carrel injects that."""
    carrel = serve(
        configuration.tiny(headers={"Authorization": "token {{workspace.token}}"}),
        listeners={"users": {"public-url": PUBLIC}},
        started=False,
    )
    carrel.start()
    # The URL that members' browsers know is not the one that this test's connections go to.
    carrel.users_url = f"http://127.0.0.1:{carrel.users_port}"
    program = carrel.program("operate")
    carrel.add_member("ada")
    carrel.workspace = program.open("tiny", user="here:ada")["id"]
    carrel.ada = carrel.program("workspaces", user="ada", listener="users")
    return carrel


def in_workspace(carrel, method, path, origin):
    """As a page would that could send whatever it likes; the head is written by hand, byte for byte."""
    kind = "Content-Length: 0\r\n"
    if path == "/ws":
        kind = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    with socket.create_connection(("127.0.0.1", carrel.users_port), timeout=30) as connection:
        connection.sendall(
            f"{method} /w/{carrel.workspace}{path} HTTP/1.1\r\nHost: hub.example.org\r\nOrigin: {origin}\r\n"
            f"Authorization: Bearer {carrel.ada.token}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{kind}\r\n".encode()
        )
        answer = b""
        while b"\r\n" not in answer:
            piece = connection.recv(4096)
            assert piece, f"closed after {answer!r}"
            answer += piece
        return int(answer.split()[1])


@pytest.mark.parametrize("method, path", [
    ("GET", "/ws"), ("POST", "/kernels?state=busy"), ("PUT", "/upload"), ("DELETE", "/burn"), ("PATCH", "/nonce"),
    ("BREW", "/nonce"),
])
def test_no_look_alike_of_the_own_origin_gets_through_to_an_app_with_an_injected_token(public, method, path):
    for origin in FOREIGN:
        assert in_workspace(public, method, path, origin) == 403, origin
    for origin in OWN:
        assert in_workspace(public, method, path, origin) in (101, 200, 404), f"{origin} is its own page"


def test_the_injected_token_is_there_for_the_own_page_alone(public):
    told = public.ada.get(f"/w/{public.workspace}/headers", headers={"Origin": PUBLIC}).json()
    injected = [value for name, value in told if name.lower() == "authorization"]
    assert len(injected) == 1 and injected[0].startswith("token "), "the app sees its own token"
    states = public.ada.get(f"/w/{public.workspace}/kernels").json()
    assert states[0]["execution_state"] == "idle"
    for origin in FOREIGN:
        in_workspace(public, "POST", "/kernels?state=busy", origin)
    states = public.ada.get(f"/w/{public.workspace}/kernels").json()
    assert states[0]["execution_state"] == "idle", "no foreign page got through"


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
