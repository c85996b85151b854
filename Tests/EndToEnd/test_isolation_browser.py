"""What a workspace's page can't do, in a real browser: read or act on the hub, or on another workspace.

Over TLS, for the cookies' names then begin with `__Host-`, as on any real installation.
"""

import pytest
from playwright.sync_api import Error

from harness import configuration, names
from harness.names import DESKS, HUB
from harness.waiting import eventually


@pytest.fixture
def resolved():
    with names.resolved_here():
        yield


@pytest.fixture
def window(chromium):
    """A browser that knows nobody yet, and takes the tests' certificate for good."""
    context = chromium.new_context(ignore_https_errors=True)
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def desks(serve_https, authority, window, resolved, request):
    """Ada's hub and two workspaces of hers, `evil` and `good`; she has been in both."""
    mode = getattr(request, "param", "subdomain")
    authority.issue(hosts=[HUB, DESKS, f"*.{DESKS}"])
    carrel = names.name_them(serve_https(configuration.tiny(), started=False), mode).start()
    password = carrel.add_member("ada")
    page = window.new_page()
    sign_in(page, carrel, password)
    carrel.urls = {}
    for name in ("good", "evil"):
        go(page, f"{carrel.users_url}/open/tiny?name={name}")
        page.wait_for_selector("#nonce", timeout=60_000)
        carrel.urls[name] = page.url
    carrel.page, carrel.window, carrel.mode = page, window, mode
    return carrel


def go(page, address):
    """The browser gives up what is on its way whenever this machine gets or loses a network, as containers' come and go:
    tried until it is left in peace."""
    def there():
        try:
            return page.goto(address)
        except Error as error:
            if not any(it in str(error) for it in ("ERR_NETWORK_CHANGED", "interrupted by another navigation")):
                raise
            return None

    return eventually(there, within=120, every=0.3)


def press(page, button):
    """Returns when what it leads to is there, or did not come."""
    try:
        with page.expect_navigation():
            button.click()
    except Error:
        page.wait_for_load_state()


def sign_in(page, carrel, password):
    def signed_in():
        go(page, f"{carrel.users_url}/sign-in")
        if "/sign-in" in page.url:
            page.fill("input[name=username]", "ada")
            page.fill("input[name=password]", password)
            press(page, page.locator("form:has(input[name=password]) button"))
        return page.url == f"{carrel.users_url}/"

    eventually(signed_in, within=120)


def is_signed_in(carrel):
    """In a window of her own, as she would see it."""
    page = carrel.window.new_page()
    try:
        go(page, carrel.users_url)
        return page.url == f"{carrel.users_url}/" and page.get_by_role("button", name="Sign out").count() == 1
    finally:
        page.close()


def ids(carrel):
    return {name: next(part for part in url.replace(".", "/").split("/") if part.startswith("ws-"))
            for name, url in carrel.urls.items()}


READ = """async address => {
    try { return (await fetch(address, { credentials: 'include' })).status; } catch (error) { return error.name; }
}"""
SEND = """async ([address, method, body]) => {
    try { return (await fetch(address, { method, body, mode: 'no-cors', credentials: 'include' })).type; }
    catch (error) { return error.name; }
}"""
TUNNEL = """address => new Promise(done => {
    const socket = new WebSocket(address);
    socket.onopen = () => done('open'); socket.onerror = () => done('refused');
})"""
FRAME = """address => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.name = 'framed';
    frame.onload = () => { let seen = null; try { seen = frame.contentDocument } catch (error) {} done(seen && seen.body
        && seen.body.innerText || 'nothing'); };
    frame.src = address;
    document.body.append(frame);
})"""
POST_FORM = """([address, fields]) => {
    const form = document.createElement('form');
    form.method = 'post'; form.action = address; form.target = '_blank';
    for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement('input'); input.name = name; input.value = value; form.append(input);
    }
    document.body.append(form);
    form.submit();
}"""


@pytest.mark.parametrize("desks", ["subdomain", "host"], indirect=True)
def test_a_page_of_a_workspace_reads_nothing_of_the_hub_and_does_nothing_there(desks):
    page, hub = desks.page, desks.users_url
    assert eventually(lambda: page.evaluate(READ, page.url + "nonce") == 200, 60), "its own name it may ask"
    for path in ("/", "/api/v1/me", "/api/v1/workspaces", f"/w/{ids(desks)['good']}/", "/enter"):
        assert page.evaluate(READ, hub + path) == "TypeError", path
    for method, path, body in (
        ("POST", "/sign-out", "csrf=x"), ("POST", f"/workspaces/{ids(desks)['good']}/stop", "csrf=x"),
        ("POST", "/api/v1/workspaces", '{"app":"tiny","name":"sneaked"}'), ("POST", "/open/tiny?name=sneaked", ""),
        ("GET", "/open/tiny?name=sneaked", None), ("GET", "/sign-out", None),
    ):
        page.evaluate(SEND, [hub + path, method, body])
    assert page.evaluate(TUNNEL, hub.replace("https", "wss") + "/api/v1/me") == "refused"
    assert page.evaluate(FRAME, hub + "/") == "nothing"
    framed = page.frame("framed")
    assert framed is None or "Tiny" not in framed.content(), "the hub is in nobody's frame"
    for path, fields in (("/sign-out", {"csrf": "x"}), (f"/workspaces/{ids(desks)['good']}/stop", {"csrf": "x"})):
        with desks.window.expect_page() as opened:
            page.evaluate(POST_FORM, [hub + path, fields])
        opened.value.wait_for_load_state()
        opened.value.close()
    assert is_signed_in(desks)
    check = desks.window.new_page()
    go(check, hub)
    assert check.get_by_text("sneaked").count() == 0
    assert check.get_by_role("button", name="Stop Tiny good").count() == 1
    check.close()


@pytest.mark.parametrize("desks", ["subdomain", "host"], indirect=True)
def test_a_page_of_a_workspace_neither_reads_nor_sets_the_hubs_cookies(desks):
    page, hub = desks.page, desks.users_url
    before = {it["name"]: it["value"] for it in desks.window.cookies(hub)}
    assert before and all(name.startswith("__Host-") for name in before)
    own = desks.window.cookies(page.url)
    assert own and all(it["httpOnly"] and it["secure"] and it["name"].startswith("__Host-") for it in own)
    assert not {it["name"] for it in own} & set(before)
    assert page.evaluate("document.cookie") == "", "no script sees one"
    for name in [*before, *(it["name"] for it in own)]:
        for spelling in (name, name.removeprefix("__Host-"), "__Secure-" + name.removeprefix("__Host-")):
            for domain in (DESKS, HUB, "localhost", ""):
                for path in ("/", "/w", "/api/v1", "/sign-in"):
                    where = f"; Domain={domain}" if domain else ""
                    page.evaluate("text => { document.cookie = text }", f"{spelling}=tossed{where}; Path={path}; Secure")
    after = {it["name"]: it["value"] for it in desks.window.cookies(hub)}
    assert after == before, "nothing came to the hub"
    assert is_signed_in(desks)
    for url in desks.urls.values():
        go(page, url + "nonce")
        assert "nonce" in page.inner_text("body"), "and nobody was locked out of a workspace"


def test_a_page_of_a_workspace_reads_nothing_of_another_one_and_does_nothing_there(desks):
    page, good = desks.page, desks.urls["good"]
    assert eventually(lambda: page.evaluate(READ, page.url + "kernels") == 200, 60)
    for path in ("", "nonce", "headers", "kernels", ".carrel/enter"):
        assert page.evaluate(READ, good + path) == "TypeError", path
    for method in ("POST", "GET"):
        page.evaluate(SEND, [good + "kernels?state=busy", method, "x" if method == "POST" else None])
    with desks.window.expect_page() as opened:
        page.evaluate(POST_FORM, [good + "kernels?state=busy", {"a": "b"}])
    opened.value.wait_for_load_state()
    opened.value.close()
    own = page.url.replace("https", "wss") + "ws"
    assert eventually(lambda: page.evaluate(TUNNEL, own) == "open", 60), "its own it may open"
    assert page.evaluate(TUNNEL, good.replace("https", "wss") + "ws") == "refused"
    assert page.evaluate(FRAME, good) == "nothing"
    framed = page.frame("framed")
    assert framed is None or "id=\"nonce\"" not in framed.content(), "nor is it in its frame"
    check = desks.window.new_page()
    go(check, good + "kernels")
    assert '"idle"' in check.inner_text("body"), "the other's state is as it was"
    check.close()


def test_a_window_that_a_workspaces_page_opened_is_closed_to_it(desks):
    page = desks.page
    for address in (desks.users_url + "/", desks.urls["good"]):
        with desks.window.expect_page() as opened:
            page.evaluate("address => { window.other = window.open(address) }", address)
        opened.value.wait_for_load_state()
        found = page.evaluate("""() => {
            const tried = {};
            for (const what of ['document', 'localStorage', 'fetch']) {
                try { tried[what] = String(window.other[what]) } catch (error) { tried[what] = error.name }
            }
            return tried;
        }""")
        assert set(found.values()) <= {"SecurityError", "undefined", "null"}, found
        back = opened.value.evaluate("""() => {
            if (!window.opener) return 'none';
            try { return String(window.opener.document.cookie) } catch (error) { return error.name }
        }""")
        assert back in ("none", "SecurityError")
        opened.value.close()


@pytest.mark.parametrize("desks", ["subdomain", "host"], indirect=True)
def test_the_portals_button_and_the_sign_in_form_lead_into_a_workspace(desks):
    """Both are forms of the hub's pages, whose answers lead to another name: browsers hold that to `form-action`."""
    page = desks.page

    def opened():
        go(page, desks.users_url)
        press(page, page.get_by_role("button", name="Open Tiny").first)
        return page.locator("#nonce").count() == 1

    eventually(opened, 120, every=2)
    assert names.origin_of(page.url) != desks.users_url
    address = page.url

    def signed_in_there():
        desks.window.clear_cookies()
        go(page, address)
        page.fill("input[name=username]", "ada")
        page.fill("input[name=password]", desks._passwords["ada"])
        press(page, page.locator("form:has(input[name=password]) button"))
        return page.locator("#nonce").count() == 1

    eventually(signed_in_there, 120)
    assert page.url == address, "without a ticket in it"


@pytest.mark.parametrize("desks", ["subdomain", "host"], indirect=True)
def test_signing_out_at_the_hub_shuts_the_workspaces(desks):
    page = desks.page
    hub = desks.window.new_page()

    def signed_out():
        go(hub, desks.users_url)
        if "/sign-in" not in hub.url:
            press(hub, hub.get_by_role("button", name="Sign out"))
        return "/sign-in" in hub.url

    eventually(signed_out, 60)

    def shut():
        return page.evaluate(READ, desks.urls["evil"] + "nonce") == 401

    assert eventually(shut, within=30)
    go(page, desks.urls["evil"])
    assert page.url.startswith(f"{desks.users_url}/sign-in?")


@pytest.mark.jupyter
def test_a_notebook_runs_at_a_name_of_its_own(serve_https, authority, window, resolved):
    from test_browser import run_six_times_seven

    authority.issue(hosts=[HUB, DESKS, f"*.{DESKS}"])
    carrel = names.name_them(serve_https(configuration.jupyter(), started=False), "subdomain").start()
    password = carrel.add_member("ada")
    page = window.new_page()
    sign_in(page, carrel, password)
    go(page, f"{carrel.users_url}/open/jupyter/lab")
    page.wait_for_selector(".jp-Launcher", timeout=140_000)
    assert page.url.startswith("https://ws-") and f".{DESKS}:{carrel.users_port}/lab" in page.url
    run_six_times_seven(page)
