"""Sign-in, sessions, links and tokens, as a browser without JavaScript and as programs use them."""

import re
import threading
import time

import pytest
import requests
from websockets.exceptions import ConnectionClosed

from harness import configuration
from harness.member import NAVIGATION, Member, field
from harness.waiting import eventually


def test_signing_in_leads_to_the_portal_or_to_where_one_was_going(serve):
    carrel = serve(configuration.tiny())
    password = carrel.add_member("ada")
    ada = Member(carrel, "ada", password)
    portal = ada.navigate("/")
    assert portal.status_code == 303 and "/sign-in" in portal.headers["Location"]
    answer = ada.try_to_sign_in(password)
    assert answer.status_code == 303
    assert ada.navigate("/").status_code == 200
    assert "Tiny" in ada.navigate("/").text


def test_local_accounts_sign_in_at_one_address_whatever_their_provider_is_called(serve):
    carrel = serve(configuration.tiny())
    password = carrel.add_member("ada")
    assert Member(carrel, "ada", password).try_to_sign_in(password, address="/sign-in/local").status_code == 303


def test_with_a_default_app_signing_in_goes_straight_there(serve):
    carrel = serve(configuration.tiny(), sign_in={"default-app": "tiny"})
    password = carrel.add_member("ada")
    ada = Member(carrel, "ada", password)
    answer = ada.try_to_sign_in(password)
    seen = [answer]
    for _ in range(5):
        location = seen[-1].headers.get("Location")
        if location is None:
            break
        seen.append(ada.http.get(requests.compat.urljoin(seen[-1].url, location), headers=NAVIGATION,
                                 allow_redirects=False))
    assert any("/open/tiny" in page.url or "/w/ws-" in page.url for page in seen), [page.url for page in seen]
    eventually(lambda: [found["app"] for found in ada.workspaces()] == ["tiny"], 10, "the app was opened")


def test_a_wrong_password_and_an_unknown_name_are_told_in_the_same_words(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada", password="correct horse battery")
    wrong = Member(carrel, "ada", "x").try_to_sign_in("wrong")
    unknown = Member(carrel, "nobody", "x").try_to_sign_in("wrong")
    assert wrong.status_code == unknown.status_code and wrong.status_code in (401, 403, 422)
    for text in ("correct horse", "wrong\""):
        assert text not in wrong.text

    def words(answer):
        visible = re.sub(r'value="[^"]*"', "", answer.text.replace("nobody", "ada"))
        for name, value in answer.headers.items():
            if "request-id" in name.lower():
                visible = visible.replace(value, "")
        return visible
    assert words(wrong) == words(unknown)


def test_guessing_is_slowed_down(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada")
    guesser = Member(carrel, "ada", "x")
    def is_refused():
        return guesser.try_to_sign_in("guess").status_code == 429
    assert any(is_refused() for _ in range(40)), "forty wrong passwords in a row and still answering"


def test_the_form_is_refused_without_its_csrf_token(serve):
    carrel = serve(configuration.tiny())
    password = carrel.add_member("ada")
    ada = Member(carrel, "ada", password)
    for token in ("", "guessed"):
        answer = ada.try_to_sign_in(password, csrf=token)
        assert answer.status_code == 403, f"{token!r} → {answer.status_code}"
    other = Member(carrel, "ada", password)
    stolen = other.get("/sign-in")
    assert ada.try_to_sign_in(password, csrf=field(stolen.text, "csrf")).status_code == 403, "another browser's token"
    assert ada.try_to_sign_in(password).status_code == 303


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    answer = Member(carrel, "ada", ada.password).try_to_sign_in(ada.password)
    said = [line.lower() for line in answer.raw.headers.getlist("Set-Cookie")]
    session = [line for line in said if "max-age=0" not in line]
    assert session
    for line in session:
        assert "httponly" in line and "samesite=" in line and "samesite=none" not in line, line


def test_a_forged_cookie_is_nobody(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    for cookie in list(ada.http.cookies):
        for forged in (cookie.value[:-2] + ("bb" if cookie.value.endswith("aa") else "aa"), "x", cookie.value + "0"):
            answer = requests.get(f"{ada.base}/api/v1/me", cookies={cookie.name: forged}, timeout=10)
            assert answer.status_code == 401, forged


def test_signing_out_ends_the_session_everywhere_within_a_second(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    with ada.websocket(f"/w/{workspace}/ws") as socket:
        socket.send("before")
        assert socket.recv(timeout=5) == "before"
        kept = requests.Session()
        kept.trust_env = False
        kept.cookies.update(ada.http.cookies)
        assert kept.get(f"{ada.base}/w/{workspace}/nonce", timeout=10).status_code == 200
        assert ada.sign_out().status_code == 303
        signed_out = time.monotonic()
        def nobody():
            return (
                kept.get(f"{ada.base}/w/{workspace}/nonce", timeout=10, allow_redirects=False).status_code in (303, 401)
                and kept.get(f"{ada.base}/api/v1/me", timeout=10).status_code == 401
            )
        eventually(nobody, 1, "the cookie is worth nothing", every=0.02)
        assert time.monotonic() - signed_out < 1.2
        with pytest.raises(ConnectionClosed):
            while True:
                socket.send("after")
                socket.recv(timeout=2)


def test_disabling_a_member_by_the_command_line_shuts_them_out_within_a_second(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    program = carrel.program("workspaces", user="ada", listener="users")
    assert ada.in_workspace(workspace, "/nonce").status_code == 200
    assert program.get("/api/v1/me").status_code == 200
    carrel.ok("users", "disable", "ada")
    def is_out():
        return (
            ada.in_workspace(workspace, "/nonce").status_code in (303, 401)
            and ada.get("/api/v1/me").status_code == 401
            and program.get("/api/v1/me").status_code == 401
        )
    eventually(is_out, 1.5, "shut out", every=0.05)
    assert Member(carrel, "ada", ada.password).try_to_sign_in(ada.password).status_code in (401, 403, 422)


def test_a_link_signs_in_once(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada", "--operator")
    link = carrel.ok("users", "link", "ada").split()[-1]
    assert link.startswith(carrel.users_url)
    first = requests.Session()
    first.trust_env = False
    page = follow(first, link)
    assert page.status_code == 200
    assert first.get(f"{carrel.users_url}/api/v1/me", timeout=10).json()["name"] == "ada"
    second = requests.Session()
    second.trust_env = False
    follow(second, link)
    assert second.get(f"{carrel.users_url}/api/v1/me", timeout=10).status_code == 401


def follow(browser, link):
    return browser.get(link, headers=NAVIGATION, timeout=20)


def test_a_program_that_merely_checks_a_link_does_not_use_it_up(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada")
    link = carrel.ok("users", "link", "ada").split()[-1]
    assert requests.head(link, timeout=10).status_code != 303
    browser = requests.Session()
    browser.trust_env = False
    follow(browser, link)
    assert browser.get(f"{carrel.users_url}/api/v1/me", timeout=10).status_code == 200


def test_two_who_use_a_link_at_once_are_not_both_signed_in(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada")
    link = carrel.ok("users", "link", "ada").split()[-1]
    browsers = [requests.Session() for _ in range(8)]
    threads = [threading.Thread(target=follow, args=(browser, link)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [browser.get(f"{carrel.users_url}/api/v1/me", timeout=10).status_code for browser in browsers]
    assert answers.count(200) == 1, answers


def test_no_link_leads_to_another_site(serve):
    carrel = serve(configuration.tiny())
    password = carrel.add_member("ada")
    for target in ("https://evil.example.org/", "//evil.example.org/", "/\\evil.example.org", "/%09/evil.example.org"):
        for name in ("next", "return", "to", "path", "redirect"):
            browser = Member(carrel, "ada", password)
            page = browser.get("/sign-in", params={name: target})
            fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', page.text))
            fields.update(username="ada", password=password)
            answer = browser.post(
                re.search(r'method="post" action="([^"]+)"', page.text).group(1), params={name: target}, data=fields, headers={"Origin": browser.base}
            )
            assert answer.status_code == 303
            assert "evil" not in requests.compat.urlparse(
                requests.compat.urljoin(browser.base + "/", answer.headers["Location"].replace("\\", "/"))
            ).netloc


def test_a_token_does_what_its_scope_says_and_nothing_else(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada")
    reader = carrel.program("observe")
    assert reader.get("/api/v1/pools").status_code == 200
    assert reader.claim("tiny", user="here:ada").status_code == 403
    worker = carrel.program("workspaces", user="ada", listener="users")
    assert worker.open("tiny")["phase"] == "ready"
    assert carrel.program("workspaces", user="ada").get("/api/v1/pools").status_code in (401, 403, 404)
    done = carrel.run("tokens", "create", "--scope", "workspaces")
    assert done.returncode == 2, "either --user or --all-users must be given"


def test_a_token_works_as_soon_as_it_was_printed(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada")
    for _ in range(5):
        token = carrel.token("workspaces", user="ada")
        answer = requests.get(
            f"{carrel.users_url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, timeout=10
        )
        assert answer.status_code == 200


def test_a_revoked_token_stops_working_within_a_second(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada")
    program = carrel.program("workspaces", user="ada", listener="users")
    assert program.get("/api/v1/me").status_code == 200
    listed = carrel.json("tokens", "ls")
    listed = listed if isinstance(listed, list) else listed["tokens"]
    assert program.token not in str(listed), "a token is shown once"
    carrel.ok("tokens", "revoke", listed[-1]["id"])
    eventually(lambda: program.get("/api/v1/me").status_code == 401, 1.5, "refused", every=0.05)
