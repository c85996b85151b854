"""Fixtures of the end-to-end tests. Everything they start is taken away again, whatever the test did."""

import os
import re
import subprocess

import pytest
from playwright.sync_api import sync_playwright

from harness import configuration, docker, places
from harness.browser import picture, still_network
from harness.server import Carrel
from harness.tls import Authority


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: measures time or memory, so nothing else may run beside it")
    config.addinivalue_line("markers", "docker: needs a Docker Engine (`scripts/docker.sh start`)")
    config.addinivalue_line("markers", "jupyter: needs a real JupyterLab in the apps' virtual environment")
    if not config.option.collectonly and not places.CARREL.exists():
        raise pytest.UsageError(f"{places.CARREL} is missing: run `make build`, or set CARREL_BIN")


def pytest_collection_modifyitems(config, items):
    """`make test` starts an engine, and then a missing one is a failure."""
    if config.option.collectonly or not any(item.get_closest_marker("docker") for item in items):
        return
    if not os.environ.get("CARREL_DOCKER_REQUIRED") and not docker.answers():
        for item in items:
            if item.get_closest_marker("docker"):
                item.add_marker(pytest.mark.skip(reason="no Docker Engine answers: scripts/docker.sh start"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.has_failed = True
    return report


@pytest.fixture
def serve(request):
    """`serve(app, app, …, **changes of the configuration)` starts a server of its own."""
    servers = []

    def start(*apps, started=True, environment=None, **changes):
        name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower().removeprefix("test_")).strip("-")
        server = Carrel(list(apps) or [configuration.tiny()], name=name, **changes)
        servers.append(server)
        return server.start(environment=environment) if started else server

    yield start
    for server in reversed(servers):
        if getattr(request.node, "has_failed", False):
            server.keep_log(request.node.name)
        server.remove()


@pytest.fixture
def authority(tmp_path):
    """Signs certificates that the tests' clients trust; one is there: `server`."""
    made = Authority(tmp_path)
    made.issue()
    return made


@pytest.fixture
def serve_https(serve, authority):
    """As `serve`, with TLS at the users' listener: `tls` are further keys of it, `users` of the listener."""

    def start(*apps, started=True, tls=None, users=None, **changes):
        listener = {"tls": {**authority.files(), **(tls or {})}, **(users or {})}
        listeners = configuration.merged({"users": listener}, changes.pop("listeners", {}))
        carrel = serve(*apps, started=False, listeners=listeners, **changes)
        carrel.authority = str(authority.file)
        return carrel.start() if started else carrel

    return start


@pytest.fixture
def as_root():
    """For what only root may do: mounting, networks."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount here")


@pytest.fixture
def small_disk(as_root, tmp_path):
    """A file system of 24 MB that is easily full."""
    place = places.SCRATCH / f"disk-{os.getpid()}-{tmp_path.name}"
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "carrel-e2e", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)
    place.rmdir()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    still = still_network(tmp_path_factory.mktemp("chromium"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=places.CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            env={**os.environ, "LD_PRELOAD": str(still)},
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, request):
    """A window of a browser that knows nobody yet. Its last sight is kept."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    picture(page, f"{request.node.name}-last")
    context.close()


@pytest.fixture
def figure(request):
    """`figure("what", value, bound)` prints a measured figure and keeps it beside the screenshots."""

    def tell(what, value, bound):
        line = f"{what}: {value} (bound {bound})"
        places.ARTIFACTS.mkdir(parents=True, exist_ok=True)
        with open(places.ARTIFACTS / "figures.txt", "a") as file:
            file.write(line + "\n")
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(f"  figure  {line}")

    return tell
