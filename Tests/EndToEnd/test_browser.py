"""A person's way, in a real browser: sign in, be in JupyterLab, run a cell."""

import re

import pytest
from playwright.sync_api import expect

from harness import configuration
from harness.browser import picture, sign_in

pytestmark = pytest.mark.jupyter


def run_six_times_seven(page):
    """A new notebook from the launcher, a cell typed and run with the keyboard."""
    page.locator(".jp-LauncherCard[data-category=Notebook]").first.click()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    cell = page.locator(".jp-Notebook .jp-Cell .cm-content").first
    cell.click()
    page.keyboard.type("6*7")
    expect(cell).to_have_text("6*7")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output pre", has_text=re.compile(r"^\s*42\s*$")).first).to_be_visible(
        timeout=60_000
    )


def test_signing_in_leads_to_a_warm_jupyterlab_where_a_cell_runs(serve, page):
    carrel = serve(configuration.jupyter(pool={"spares": 1}), sign_in={"default-app": "jupyter"})
    carrel.wait_for_spares(carrel.program("operate"), "jupyter", 1, within=120)
    password = carrel.add_member("ada")
    sign_in(page, carrel, "ada", password)
    page.wait_for_url(re.compile(r"/w/ws-[a-z2-7]{16}/"))
    page.wait_for_selector(".jp-Launcher")
    picture(page, "jupyterlab")
    run_six_times_seven(page)
    picture(page, "cell")
    page.keyboard.press("Control+s")


def test_a_cold_start_shows_its_progress_and_goes_on_by_itself(serve, page):
    carrel = serve(configuration.jupyter())
    password = carrel.add_member("ada")
    sign_in(page, carrel, "ada", password)
    page.goto(f"{carrel.users_url}/open/jupyter/lab")
    picture(page, "progress")
    page.wait_for_url(re.compile(r"/w/ws-[a-z2-7]{16}/lab"), timeout=120_000)
    page.wait_for_selector("#jupyterlab-splash, .jp-LabShell, .jp-Launcher", timeout=120_000)
    picture(page, "after-progress")


def test_the_portal_shows_apps_and_workspaces_and_stops_one(serve, page):
    carrel = serve(configuration.tiny())
    password = carrel.add_member("ada")
    sign_in(page, carrel, "ada", password)
    expect(page.get_by_text("Tiny").first).to_be_visible()
    picture(page, "portal")
    page.goto(f"{carrel.users_url}/open/tiny")
    page.wait_for_selector("#nonce")
    page.goto(f"{carrel.users_url}/")
    picture(page, "portal-with-workspace")
    page.get_by_role("button", name=re.compile("stop", re.I)).first.click()
    expect(page.get_by_role("button", name="Stop Tiny")).to_have_count(0)


def test_all_of_it_works_without_javascript_but_live_updates(serve, chromium):
    carrel = serve(configuration.tiny())
    password = carrel.add_member("ada")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, carrel, "ada", password)
    page.goto(f"{carrel.users_url}/open/tiny")
    if "/w/ws-" not in page.url or page.locator("#nonce").count() == 0:
        page.wait_for_selector("#nonce", timeout=30_000)  # the progress page reloads itself
    page.goto(f"{carrel.users_url}/")
    page.get_by_role("button", name=re.compile("stop", re.I)).first.click()
    context.close()


def test_a_page_of_another_origin_cannot_open_a_websocket_with_her_cookie(serve, page):
    """The browser itself attaches the cookie: a neighbouring port is the same site."""
    carrel = serve(configuration.tiny())
    password = carrel.add_member("ada")
    sign_in(page, carrel, "ada", password)
    page.goto(f"{carrel.users_url}/open/tiny")
    page.wait_for_selector("#nonce")
    path = re.search(r"/w/ws-[a-z2-7]{16}", page.url).group(0)
    attempt = """path => new Promise(done => {
        const socket = new WebSocket(path); socket.onopen = () => done('open'); socket.onerror = () => done('refused');
    })"""
    address = carrel.users_url.replace("http", "ws") + path + "/ws"
    assert page.evaluate(attempt, address) == "open", "her own page may"
    page.goto(carrel.operators_url + "/healthz")  # another origin, same host name
    assert page.evaluate(attempt, address) == "refused"
