"""Signing in at a real OpenID provider (canaille), as a person does, in a real browser."""

import re
import time

import pytest
import requests

from harness import canaille, configuration
from harness.browser import picture
from harness.member import NAVIGATION
from harness.waiting import eventually

#: Short, so that a test can wait for it.
RECHECK = 5


@pytest.fixture
def company(serve):
    """`company(algorithm, *apps)`: a carrel whose members come from a canaille of their own: (carrel, provider)."""
    providers = []

    def start(algorithm="RS256", *apps, **changes):
        more = changes.pop("provider", {})
        carrel = serve(*apps, started=False, **changes)
        provider = canaille.Canaille(f"http://127.0.0.1:{carrel.users_port}", algorithm=algorithm)
        providers.append(provider)
        provider.add("ada").add("ben", "analysts")
        provider.run("set", "group", "analysts", "--members", "ada", "--members", "ben")
        provider.start()
        carrel.settings["sign-in"]["providers"].insert(0, provider.provider(recheck=f"{RECHECK}s", **more))
        carrel.write()
        carrel.start(environment={"COMPANY_SECRET": provider.secret})
        return carrel, provider

    yield start
    for provider in providers:
        provider.remove()


def apps():
    """One for everybody, one for a group."""
    models = configuration.tiny(id="models", title="Models", access={"groups": ["company:analysts"]})
    return configuration.tiny(), models


def sign_in(page, carrel, name, next_page="/"):
    """By the button of the sign-in page, then as the provider asks."""
    page.goto(f"{carrel.users_url}{next_page}")
    page.click("text=Company account")
    give_password(page, carrel, name)


def give_password(page, carrel, name):
    page.wait_for_selector("input[name=login], input[name=username]")
    picture(page, "openid-login")
    page.fill("input[name=login], input[name=username]", name)
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=password]")
    page.fill("input[name=password]", canaille.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    consent = page.locator("button[name=answer][value=accept]")
    page.wait_for_function(
        "home => location.href.startsWith(home) || document.querySelector('button[name=answer]')", arg=carrel.users_url
    )
    if consent.count():
        picture(page, "openid-consent")
        consent.click()
    page.wait_for_url(re.compile(re.escape(carrel.users_url) + "/.*"))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_sign_in_groups_recheck_and_sign_out(company, page, algorithm):
    """The whole way: sign in, groups decide which apps are seen, one taken away locks its app, sign out ends both."""
    carrel, provider = company(algorithm, *apps())
    sign_in(page, carrel, "ada")
    page.wait_for_selector("text=Models")
    assert page.locator("text=Tiny").count()
    picture(page, "openid-portal")
    me = page.evaluate("async () => await (await fetch('/api/v1/me')).json()")
    assert me["groups"] == ["company:analysts"]
    assert me["name"] == "Ada Example"

    page.goto(f"{carrel.users_url}/open/models")
    page.wait_for_url(re.compile(r".*/w/ws-[a-z2-7]+/"))
    workspace = page.url
    eventually(lambda: page.goto(workspace + "ready").status == 200, 60)

    provider.run("set", "group", "analysts", "--members", "ben")
    eventually(lambda: page.goto(workspace + "ready").status == 403, RECHECK + 60, every=0.5)
    assert "You may not use this app any more." in page.inner_text("main")
    page.goto(f"{carrel.users_url}/")
    assert page.locator("text=Tiny").count()
    assert not page.locator("a:has-text('Models'), button:has-text('Models')").count()
    assert page.goto(f"{carrel.users_url}/open/models").status in (403, 404)

    page.goto(f"{carrel.users_url}/")
    page.click("text=Sign out")
    # The provider asks before it does it, for it is told no token.
    page.wait_for_url(re.compile(re.escape(provider.issuer) + "/.*"))
    picture(page, "openid-logout")
    page.click("button[name=answer][value=logout]")
    page.wait_for_url(re.compile(re.escape(carrel.users_url) + "/sign-in.*"))
    assert page.evaluate("async () => (await fetch('/api/v1/me')).status") == 401
    # Signed out there, too: it asks for the name again.
    page.click("text=Company account")
    page.wait_for_selector("input[name=login], input[name=username], input[name=password]")


def test_signing_in_leads_to_where_somebody_wanted_to_go(company, page):
    carrel, _ = company("RS256", *apps())
    sign_in(page, carrel, "ben", "/open/tiny")
    page.wait_for_url(re.compile(r".*/w/ws-[a-z2-7]+/"))


def test_who_is_not_allowed_is_told_so(company, page):
    carrel, _ = company("RS256", *apps(), provider={"allow": {"groups": ["company:staff"]}})
    sign_in(page, carrel, "ada")
    assert "Your account at Company account may not use this server." in page.inner_text("main")
    number = page.inner_text("main code")
    assert re.search(rf"sign-in failed.*request={number}|request={number}.*sign-in failed", carrel.log())


def test_a_provider_that_is_down_keeps_nobody_out_who_is_in(company, page):
    carrel, provider = company("RS256", *apps())
    sign_in(page, carrel, "ada")
    page.wait_for_selector("text=Models")
    provider.stop()
    answer = requests.get(f"{carrel.users_url}/sign-in/company", headers=NAVIGATION, timeout=60, allow_redirects=False)
    if answer.status_code == 303:
        # It was there a moment ago.
        time.sleep(11)
        answer = requests.get(
            f"{carrel.users_url}/sign-in/company", headers=NAVIGATION, timeout=60, allow_redirects=False
        )
    assert answer.status_code == 503
    assert "Company account does not answer right now." in answer.text
    assert "Company account does not answer right now." in requests.get(f"{carrel.users_url}/sign-in", timeout=60).text
    # Longer than recheck: they were asked about, and stay.
    eventually(lambda: "a provider does not answer" in carrel.log(), RECHECK + 60)
    page.goto(f"{carrel.users_url}/")
    page.wait_for_selector("text=Models")


def test_a_removed_member_is_out(company, page):
    carrel, provider = company("RS256", *apps())
    sign_in(page, carrel, "ada")
    page.wait_for_selector("text=Models")
    provider.run("delete", "user", "--noconfirm", "--user-name", "ada")
    eventually(
        lambda: page.evaluate("async () => (await fetch('/api/v1/me')).status") == 401, RECHECK + 60, every=0.5
    )


def test_no_secret_is_written_anywhere(company, page):
    """Codes, tokens, cookies and the client's secret: in no log, no address, nothing readable in the state."""
    carrel, provider = company("RS256", *apps())
    seen = []
    page.on("request", lambda request: seen.append(request.url))
    sign_in(page, carrel, "ada")
    page.wait_for_selector("text=Models")
    time.sleep(RECHECK + 2)
    cookies = [cookie["value"] for cookie in page.context.cookies() if cookie["value"]]
    codes = [code for url in seen for code in re.findall(r"[?&]code=([^&]+)", url)]
    states = [state for url in seen for state in re.findall(r"[?&]state=([^&]+)", url)]
    assert codes and states and cookies
    own = [url for url in seen if url.startswith(carrel.users_url) and "/callback" not in url]
    carrel.stop()
    written = carrel.log().encode()
    for file in carrel.state.rglob("*"):
        if file.is_file() and "keys" not in file.parts:
            written += file.read_bytes()
    for secret in [provider.secret, *codes, *states, *[cookie for cookie in cookies if len(cookie) > 30]]:
        assert secret.encode() not in written, f"{secret[:12]}… was written"
        assert not any(secret in url for url in own)
    # Tokens are JWTs or random; the provider knows which refresh tokens it gave.
    tokens = provider.tokens()
    assert tokens
    for token in tokens:
        assert token.encode() not in written, "a token was written"
        assert not any(token in url for url in seen)
