"""Names of their own for workspaces: how one comes in, and what gets nobody in."""

import socket
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from harness import configuration, names
from harness.names import DESKS, HUB, requests_url, visitor

pytestmark = pytest.mark.usefixtures("resolved")


@pytest.fixture
def resolved():
    with names.resolved_here():
        yield


def named(serve, mode, *apps, **changes):
    return names.name_them(serve(*(apps or [configuration.tiny()]), started=False, **changes), mode).start()


@pytest.fixture(params=["subdomain", "host"])
def desk(request, serve):
    carrel = named(serve, request.param)
    carrel.mode = request.param
    carrel.ada = visitor(carrel, "ada")
    workspace = carrel.ada.open("tiny")
    carrel.workspace, carrel.url = workspace["id"], workspace["url"]
    return carrel


def way_in(carrel, path="nonce"):
    """The address with a ticket, on the way of Ada's browser into her workspace; not followed."""
    answer = carrel.ada.go(carrel.url + path)
    assert answer.status_code == 303, answer.text
    answer = carrel.ada.go(requests_url(answer))
    assert answer.status_code == 303, answer.text
    return requests_url(answer)


def test_a_workspace_is_at_its_own_name_and_the_way_there_leads_over_the_hub(desk):
    port = desk.users_port
    expected = f"{desk.workspace}.{DESKS}:{port}/" if desk.mode == "subdomain" else f"{DESKS}:{port}/w/{desk.workspace}/"
    assert desk.url == f"http://{expected}"
    answers = desk.ada.walk(desk.url + "nonce?a=b")
    assert [answer.status_code for answer in answers] == [303, 303, 303, 200]
    assert [urlsplit(answer.url).hostname for answer in answers[:2]] == [urlsplit(desk.url).hostname, HUB]
    assert answers[-1].url == desk.url + "nonce?a=b" and answers[-1].json()["nonce"]
    assert [answer.headers["Referrer-Policy"] for answer in answers[:3]] == ["no-referrer"] * 3
    again = desk.ada.walk(desk.url + "nonce")
    assert [answer.status_code for answer in again] == [200], "with the cookie there is no way round"


def test_the_lasting_link_and_the_hubs_address_lead_there_too(desk):
    for address in (f"{desk.users_url}/open/tiny/nonce?x=1", f"{desk.users_url}/w/{desk.workspace}/nonce?x=1"):
        desk.ada.forget(desk.url)
        answers = desk.ada.walk(address)
        assert answers[-1].url == desk.url + "nonce?x=1" and answers[-1].status_code == 200


def test_who_is_not_signed_in_signs_in_first_and_arrives(desk):
    desk.ada.http.cookies.clear()
    answers = desk.ada.walk(desk.url + "nonce?a=b")
    assert urlsplit(answers[-1].url).path == "/sign-in" and urlsplit(answers[-1].url).hostname == HUB
    next = parse_qs(urlsplit(answers[-1].url).query)["next"][0]
    desk.ada.sign_in()
    assert desk.ada.walk(desk.users_url + next)[-1].url == desk.url + "nonce?a=b"


def test_its_cookie_is_its_own(desk):
    desk.ada.walk(desk.url)
    hub, inside = desk.ada.cookies_of(desk.users_url), desk.ada.cookies_of(desk.url)
    assert not set(hub) & set(inside), "no name is used on both"
    for cookie in inside.values():
        assert cookie.path == "/" and not cookie.domain_specified and cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    values = {cookie.value for cookie in inside.values()}
    assert not values & {cookie.value for cookie in hub.values()}
    for name in hub:
        for value in values:
            answer = desk.ada.http.get(
                f"{desk.users_url}/api/v1/me", cookies=None, headers={"Cookie": f"{name}={value}"}, timeout=30,
            )
            assert answer.status_code == 401, "at the hub it is worth nothing"
    for name in inside:
        for cookie in hub.values():
            assert raw(desk, desk.url + "nonce", f"Cookie: {name}={cookie.value}") == 401, "nor the hub's inside"


def raw(carrel, address, *lines, method="GET", host=None):
    """The status of a request that is written by hand."""
    parts = urlsplit(address)
    head = [f"{method} {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1", f"Host: {host or parts.netloc}"]
    return answer_to(carrel, "\r\n".join([*head, *lines, "Connection: close", "", ""]))[0]


def answer_to(carrel, request):
    with socket.create_connection(("127.0.0.1", carrel.users_port), timeout=60) as connection:
        connection.sendall(request.encode())
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1"), body


def test_one_workspaces_cookie_opens_no_other(desk):
    other = desk.ada.open("tiny", name="other")
    desk.ada.walk(desk.url)
    values = {cookie.value for cookie in desk.ada.cookies_of(desk.url).values()}
    desk.ada.walk(other["url"])
    for name in {*desk.ada.cookies_of(other["url"]), *desk.ada.cookies_of(desk.url)}:
        for value in values:
            assert raw(desk, other["url"] + "nonce", f"Cookie: {name}={value}") == 401


def test_a_ticket_works_once(desk):
    address = way_in(desk)
    first = desk.ada.go(address)
    assert first.status_code == 303 and first.cookies and requests_url(first) == desk.url + "nonce"
    again = desk.ada.go(address)
    assert again.status_code == 303 and not again.cookies and requests_url(again) == desk.url


def test_a_stolen_ticket_is_worth_nothing_in_another_browser_and_for_another_member(desk):
    bob = visitor(desk, "bob")
    for thief in (bob, names.Visitor(desk, "nobody", "")):
        address = way_in(desk)
        answer = thief.go(address)
        assert answer.status_code == 403 and not answer.cookies
        # With a mark of a browser's own, as a prepared one would have.
        thief.go(desk.url)
        answer = thief.go(way_in(desk))
        assert answer.status_code == 303 and not answer.cookies
        assert thief.at(desk.url + "nonce").status_code == 401
        # It was used up by that.
        assert not desk.ada.go(address).cookies


def test_a_ticket_for_one_workspace_opens_no_other(desk):
    other = desk.ada.open("tiny", name="other")
    ticket = urlsplit(way_in(desk)).query
    astray = desk.ada.go(f"{other['url']}.carrel/enter?{ticket}")
    assert astray.status_code in (303, 403) and not astray.cookies
    assert desk.ada.at(other["url"] + "nonce").status_code == 401
    assert not desk.ada.go(f"{desk.url}.carrel/enter?{ticket}").cookies, "used up by that"


def test_a_ticket_ends_with_its_session(desk):
    address = way_in(desk)
    assert desk.ada.sign_out().status_code == 303
    answer = desk.ada.go(address)
    assert answer.status_code == 303 and not answer.cookies


SPELLINGS = [
    "//evil.example", "/\\evil.example", "https://evil.example/", "///evil.example", "/..//evil.example",
    "/%2e%2e//evil.example", "@evil.example", ".evil.example", ":80@evil.example", "/\tevil.example",
    "/a%0d%0aLocation:%20https://evil.example", "javascript:alert(1)", "%2f%2fevil.example", "/%5c%5cevil.example",
    "?//evil.example", "#//evil.example", "/.//evil.example", "evil.example", " //evil.example", "/./\\evil.example",
]


def test_no_spelling_of_the_path_leads_anywhere_else(desk):
    for spelling in SPELLINGS:
        desk.ada.forget(desk.url)
        away = desk.ada.go(desk.url)
        enter = requests_url(away).partition("&to=")[0] + "&to=" + spelling
        for step in desk.ada.walk(enter)[:3]:
            if step.is_redirect:
                assert urlsplit(requests_url(step)).hostname in (HUB, urlsplit(desk.url).hostname), spelling


def test_programs_and_websockets_without_the_cookie_get_401(desk):
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert desk.ada.at(desk.url + "nonce", method).status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        with connect(desk.url.replace("http", "ws") + "ws", origin=names.origin_of(desk.url), proxy=None):
            pass
    assert refused.value.response.status_code == 401
    program = desk.program("workspaces", user="ada", listener="users")
    assert program.http.get(desk.url + "nonce", timeout=30).status_code == 200, "a token is no cookie"


def test_another_member_is_told_what_is_told_of_one_that_does_not_exist(desk):
    bob = visitor(desk, "bob")
    missing = desk.url.replace(desk.workspace, "ws-aaaaaaaaaaaaaaaa")
    for address in (desk.url, missing):
        answers = bob.walk(address)
        assert [answer.status_code for answer in answers] == [303, 404]
        assert bob.at(address + "nonce").status_code == 401
    desk.ada.walk(desk.url)
    assert desk.ada.at(desk.url + "nonce").status_code == 200


def test_signing_out_at_the_hub_ends_what_is_open_in_the_workspace(desk):
    desk.ada.walk(desk.url)
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in desk.ada.cookies_of(desk.url).items())
    with connect(
        desk.url.replace("http", "ws") + "ws", origin=names.origin_of(desk.url), proxy=None,
        additional_headers={"Cookie": cookies},
    ) as tunnel:
        tunnel.send("still here")
        assert tunnel.recv(timeout=30) == "still here"
        ended = threading.Event()

        def listen():
            try:
                tunnel.recv()
            except ConnectionClosed:
                ended.set()

        threading.Thread(target=listen, daemon=True).start()
        assert desk.ada.sign_out().status_code == 303
        assert ended.wait(30), "the tunnel outlived the session"
    assert desk.ada.at(desk.url + "nonce").status_code == 401


def test_the_name_decides_and_each_serves_only_what_is_its_own(desk):
    desk.ada.walk(desk.url)
    inside = f"Cookie: {'; '.join(f'{name}={it.value}' for name, it in desk.ada.cookies_of(desk.url).items())}"
    hub = f"Cookie: {desk.ada.cookie_header()}"
    port = desk.users_port
    for host in ("evil.example", "127.0.0.1", f"127.0.0.1:{port}", f"x{HUB}", f"{HUB}.evil.example", "localhost"):
        for path in ("/", "/api/v1/me", "/sign-in", f"/w/{desk.workspace}/nonce"):
            assert raw(desk, f"http://{HUB}{path}", hub, host=host) == 421, host
    for path in ("api/v1/me", "sign-in", "enter", "assets/style.css", "open/tiny"):
        for cookie in (inside, hub):
            assert raw(desk, desk.url + path, cookie) in (401, 404), path
    for path in (f"/w/{desk.workspace}/nonce", f"/w/{desk.workspace}/ws"):
        for cookie in (inside, hub):
            assert raw(desk, desk.users_url + path, cookie) in (401, 404), "no workspace on the hub's name"
    root = names.origin_of(desk.url)
    if desk.mode == "host":
        assert raw(desk, f"{root}/", "Accept: text/html") == 303
        assert raw(desk, f"{root}/api/v1/me", hub) == 404
    else:
        assert raw(desk, f"http://{DESKS}/", host=f"{DESKS}:{port}") == 421
        # Not one of ours in any spelling, and no workspace's path below a workspace's name.
        assert raw(desk, f"{root}/w/{desk.workspace}/nonce", inside) == 404


def test_the_workspace_is_told_its_own_name_and_neither_cookie_nor_ticket(desk):
    address = way_in(desk, "headers")
    ticket = parse_qs(urlsplit(address).query)["ticket"][0]
    told = desk.ada.walk(address)[-1].json()
    values = {name.lower(): value for name, value in told}
    assert values["x-forwarded-host"] == urlsplit(desk.url).netloc
    assert values.get("x-forwarded-prefix") == (f"/w/{desk.workspace}" if desk.mode == "host" else None)
    secrets = [cookie.value for cookie in desk.ada.http.cookies] + [ticket]
    assert not [value for value in values.values() if any(secret in value for secret in secrets)]
    assert "referer" not in values
    log = desk.log()
    assert not [secret for secret in secrets if secret in log]


def test_an_app_that_is_told_its_path_finds_itself(serve):
    app = configuration.tiny(
        prefix="keep",
        environment={"WHERE": "{{workspace.path}}"},
        ready={"path": "/ready", "within": "30s"},
    )
    carrel = named(serve, "subdomain", app)
    ada = visitor(carrel, "ada")
    workspace = ada.open("tiny")
    assert ada.walk(workspace["url"] + "nonce")[-1].status_code == 200, "asked at its root, as it was told"


def test_a_workspace_that_ended_leads_to_a_new_one(desk):
    desk.ada.walk(desk.url)
    desk.ada.delete(f"/api/v1/workspaces/{desk.workspace}")
    desk.ada.wait_for_phase(desk.workspace, "ended")
    assert desk.ada.at(desk.url + "nonce").status_code == 410
    answers = desk.ada.walk(desk.url + "nonce", steps=30)
    places = [answer.url for answer in answers]
    assert any("/open/tiny/nonce" in place for place in places), places


def test_check_warns_where_workspaces_could_set_the_hubs_cookies(serve):
    for domain, place in ((f"desks.{HUB}", "below"), (DESKS, None)):
        carrel = names.name_them(serve(configuration.tiny(), started=False), "subdomain", domain)
        done = carrel.run("check")
        assert done.returncode == 0, done.stdout + done.stderr
        said = done.stdout + done.stderr
        assert (f"is {place} carrel's own name" in said) if place else ("isolation" not in said), said


@pytest.mark.parametrize("mode, shown", [("subdomain", f"*.{DESKS}"), ("host", DESKS)])
def test_check_warns_of_a_certificate_that_is_not_made_for_workspaces(serve_https, authority, mode, shown):
    carrel = names.name_them(serve_https(configuration.tiny(), started=False), mode)
    authority.issue(hosts=[HUB])
    done = carrel.run("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"browsers come to workspaces at {shown}" in done.stdout + done.stderr
    authority.issue(hosts=[HUB, shown])
    done = carrel.run("check")
    assert "browsers come to" not in done.stdout + done.stderr


def test_over_https_all_cookies_have_the_prefix_that_keeps_neighbours_from_setting_them(serve_https, authority):
    authority.issue(hosts=[HUB, DESKS, f"*.{DESKS}"])
    carrel = names.name_them(serve_https(configuration.tiny(), started=False), "subdomain").start()
    ada = visitor(carrel, "ada")
    workspace = ada.open("tiny")
    assert workspace["url"].startswith("https://")
    assert ada.walk(workspace["url"] + "nonce")[-1].status_code == 200
    cookies = list(ada.http.cookies)
    assert len(cookies) == 3 and all(cookie.name.startswith("__Host-") and cookie.secure for cookie in cookies), cookies
