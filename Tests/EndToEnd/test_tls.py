"""HTTPS at the front: who may speak it how, what browsers are told, and certificates that change while it serves."""

import os
import shutil
import signal
import socket
import ssl
import subprocess

import pytest

from harness import configuration
from harness.browser import picture, sign_in
from harness.http2 import Http2
from harness.ports import free_port
from harness.server import DidNotStart
from harness.tls import put, serial_shown
from harness.waiting import eventually, stays


def shown(carrel, authority):
    return serial_shown(("127.0.0.1", carrel.users_port), authority)


# What is spoken

def test_pages_workspaces_and_websockets_pass_over_tls(serve_https):
    carrel = serve_https(configuration.tiny())
    assert carrel.users_url.startswith("https://")
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    cookie = next(iter(ada.http.cookies))
    assert cookie.secure and cookie.name.startswith("__Host-")
    for path in ("/", "/sign-in", f"/w/{workspace}/", f"/w/{workspace}/nowhere", "/api/v1/me", f"/w/{workspace}"):
        assert ada.get(path).headers["Strict-Transport-Security"] == "max-age=31536000", path
    seen = dict(ada.in_workspace(workspace, "/headers").json())
    assert seen["X-Forwarded-Proto"] == "https"
    with ada.websocket(f"/w/{workspace}/ws") as websocket:
        websocket.send("hello")
        assert websocket.recv(timeout=20) == "hello"
    body = bytes(range(256)) * 40_000  # 10 MB
    assert ada.in_workspace(workspace, "/upload", "PUT", data=body).json()["bytes"] == len(body)
    assert len(ada.in_workspace(workspace, "/download?bytes=10000000").content) == 10_000_000
    assert ada.in_workspace(workspace, "/nonce", headers={"Connection": "close"}).status_code == 200


def test_the_own_origin_is_the_one_in_https(serve_https):
    carrel = serve_https(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    clear = carrel.users_url.replace("https://", "http://")
    for origin, status in ((carrel.users_url, 200), (clear, 403), ("https://localhost", 403), ("null", 403)):
        answer = ada.in_workspace(workspace, "/upload", "PUT", data=b"x", headers={"Origin": origin})
        assert answer.status_code == status, origin


@pytest.mark.parametrize("version", ["2", "1.1"])
def test_a_real_curl_speaks_both_versions(serve_https, authority, version):
    curl = shutil.which("curl")
    assert curl, "install Debian's curl"
    carrel = serve_https(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    done = subprocess.run([
        curl, f"--http{version}", "--silent", "--show-error", "--cacert", str(authority.file), "--max-time", "60",
        "--cookie", ada.cookie_header(), "--header", f"Origin: {carrel.users_url}", "--data-binary", "@-",
        "--write-out", "\n%{http_version} %{http_code}", f"{carrel.users_url}/w/{workspace}/upload",
    ], input=bytes(5_000_000), capture_output=True, check=True)
    body, _, last = done.stdout.decode().rpartition("\n")
    assert '"bytes": 5000000' in body and last == f"{version} 200"


def test_who_offers_nothing_or_something_else_gets_http1(serve_https, authority):
    carrel = serve_https(configuration.tiny())
    for offered in ((), ("spdy/3",), ("http/1.1",)):
        context = authority.context(*offered) if offered else ssl.create_default_context(cafile=str(authority.file))
        with socket.create_connection(("127.0.0.1", carrel.users_port), timeout=60) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_old_versions_and_weak_ciphers_are_not_spoken(serve_https, authority):
    carrel = serve_https(configuration.tiny())

    def agreed(newest, ciphers=None):
        context = authority.context("http/1.1")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
        if ciphers:
            context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", carrel.users_port), timeout=60) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                return connection.version(), connection.cipher()[0]

    assert agreed(ssl.TLSVersion.TLSv1_3)[0] == "TLSv1.3"
    assert agreed(ssl.TLSVersion.TLSv1_2)[1].startswith("ECDHE-ECDSA-")
    for weak in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "ALL:!AESGCM:!CHACHA20"):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            agreed(ssl.TLSVersion.TLSv1_2, weak)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        agreed(ssl.TLSVersion.TLSv1_1, "ALL")


def test_clear_text_and_nonsense_on_the_port_of_tls_end_that_connection_only(serve_https):
    carrel = serve_https(configuration.tiny(), listeners={"limits": {"header-timeout": "1s"}})
    for first in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", bytes(1000), b"\x16\x03\x01\x00\xc8\x01", b""):
        with socket.create_connection(("127.0.0.1", carrel.users_port), timeout=60) as connection:
            connection.sendall(first)
            try:
                while connection.recv(1000):
                    pass
            except ConnectionError:
                pass
    assert carrel.member("ada").get("/").status_code == 200


def test_plain_http_is_sent_to_the_same_address_in_https(serve_https):
    port = free_port()
    carrel = serve_https(configuration.tiny(), tls={"redirect-from": f"127.0.0.1:{port}", "hsts": "0s"})
    ada = carrel.member("ada")
    ada.base = f"http://127.0.0.1:{port}"
    for method, status in (("GET", 301), ("HEAD", 301), ("POST", 308), ("DELETE", 308)):
        answer = ada.request(method, "/w/ws-aaaaaaaaaaaaaaaa/lab?reset=1&x=%2F", headers={"X-Own": "1"}, data=b"body")
        assert answer.status_code == status
        assert answer.headers["Location"] == f"{carrel.users_url}/w/ws-aaaaaaaaaaaaaaaa/lab?reset=1&x=%2F"
        assert "Set-Cookie" not in answer.headers and "Strict-Transport-Security" not in answer.headers
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n")
        assert b" 431 " in connection.recv(1000)
    ada.base = carrel.users_url
    assert "Strict-Transport-Security" not in ada.get("/sign-in").headers, "hsts: 0s"


# Certificates

def test_a_renewed_certificate_is_taken_over_without_dropping_a_connection(serve_https, authority):
    carrel = serve_https(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    cookie = [("cookie", ada.cookie_header())]
    before = shown(carrel, authority)
    with (
        ada.websocket(f"/w/{workspace}/ws") as websocket,
        Http2(carrel.users_port, authority.context("h2")) as connection,
    ):
        renewed = authority.issue()
        eventually(lambda: shown(carrel, authority) == renewed, 60, "the new certificate is shown")
        assert renewed != before
        websocket.send("still there")
        assert websocket.recv(timeout=20) == "still there"
        assert connection.request("GET", f"/w/{workspace}/nonce", cookie).status == 200
        other = authority.issue("other")
        carrel.settings["listeners"]["users"]["tls"].update(authority.files("other"))
        carrel.write()
        carrel.reload()
        eventually(lambda: shown(carrel, authority) == other, 60, "the other files are in use")
        websocket.send("still")
        assert websocket.recv(timeout=20) == "still"
        assert connection.request("GET", f"/w/{workspace}/nonce", cookie).status == 200


def test_a_broken_pair_leaves_the_old_one_in_use_and_is_told_in_the_log(serve_https, authority):
    carrel = serve_https(configuration.tiny())
    before = shown(carrel, authority)
    authority.issue("other")
    put(authority.directory / "server.key", (authority.directory / "other.key").read_bytes())
    line = carrel.eventually_logs(["error", "stays in use"], 60)
    assert "server.key is not that of the certificate" in line
    stays(lambda: shown(carrel, authority) == before, 5, every=1)
    assert carrel.log().count("stays in use") == 1, "told once"
    carrel.reload()
    line = carrel.eventually_logs(["reload refused", "listeners.users.tls.key"], 60)
    assert "carrel.yaml:" in line
    assert shown(carrel, authority) == before
    renewed = authority.issue()
    eventually(lambda: shown(carrel, authority) == renewed, 60, "it is taken over once it is right")
    key = (authority.directory / "server.key").read_text().splitlines()[1]
    assert key not in carrel.log()


def missing(authority):
    (authority.directory / "server.pem").unlink()


def directory(authority):
    (authority.directory / "server.key").unlink()
    (authority.directory / "server.key").mkdir()


def no_certificate(authority):
    put(authority.directory / "server.pem", b"hello\n")


def no_key(authority):
    put(authority.directory / "server.key", (authority.directory / "server.pem").read_bytes())


def mismatch(authority):
    authority.issue("other")
    put(authority.directory / "server.key", (authority.directory / "other.key").read_bytes())


def expired(authority):
    authority.issue(begins=30, days=-3)


def early(authority):
    authority.issue(begins=-2, days=30)


def encrypted(authority):
    authority.issue(passphrase=b"swordfish")


TROUBLES = {
    missing: ("certificate", "No such file"), directory: ("key", "no regular file"),
    no_certificate: ("certificate", "has no certificate"), no_key: ("key", "has no private key"),
    mismatch: ("key", "is not that of the certificate"), expired: ("certificate", "expired"),
    early: ("certificate", "not valid yet"), encrypted: ("key", "is encrypted"),
}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_a_pair_that_can_not_be_served_is_told_with_line_and_column(serve_https, authority, trouble):
    carrel = serve_https(configuration.tiny(), started=False)
    assert carrel.run("check").returncode == 0
    trouble(authority)
    keys = [path.read_text().splitlines()[1] for path in authority.directory.glob("*.key") if path.is_file()]
    key, words = TROUBLES[trouble]
    text = carrel.file.read_text().splitlines()
    line = next(number for number, content in enumerate(text, start=1) if content.strip().startswith(f"{key}:"))
    done = carrel.run("check")
    assert done.returncode == 2
    told = done.stdout + done.stderr
    assert f"carrel.yaml:{line}:" in told and f"listeners.users.tls.{key}" in told and words in told, told
    with pytest.raises(DidNotStart) as refused:
        carrel.start()
    assert "exit code 2" in str(refused.value) and words in str(refused.value)
    assert not any(key in told + carrel.log() for key in keys)
    assert carrel.run("users", "ls").returncode == 0, "who does not serve it needs not read it"


def test_what_should_be_looked_after_is_told_as_a_warning(serve_https, authority):
    carrel = serve_https(configuration.tiny(), started=False)
    authority.issue(days=5)
    os.chmod(authority.directory / "server.key", 0o644)
    told = carrel.ok("check")
    assert "the certificate expires in" in told and "can read the private key" in told
    assert carrel.start().member("ada").get("/").status_code == 200
    assert "the certificate expires in" in carrel.log()


def test_a_certificate_that_is_not_made_for_the_public_address_is_told_as_a_warning(serve_https):
    carrel = serve_https(configuration.tiny(), started=False)
    users = carrel.settings["listeners"]["users"]
    for origin in ("https://localhost:8443", "https://127.0.0.1:8443", "https://LOCALHOST"):
        carrel.write(configuration.merged(carrel.settings, {"listeners": {"users": {"public-url": origin}}}))
        assert "certificate" not in carrel.ok("check"), origin
    users["public-url"] = "https://work.example.org"
    carrel.write()
    told = "browsers come to work.example.org (public-url), and the certificate is made for localhost, 127.0.0.1"
    assert told in carrel.ok("check")
    carrel.start()
    assert told in carrel.log()


def test_tls_can_not_be_taken_away_by_a_reload(serve_https):
    carrel = serve_https(configuration.tiny())
    del carrel.settings["listeners"]["users"]["tls"]
    carrel.write()
    carrel.reload()
    carrel.eventually_logs(["reload refused", "listeners.users.tls"], 30)
    assert carrel.member("ada").get("/").status_code == 200


def test_a_stop_does_not_wait_for_idle_connections(serve_https, authority):
    carrel = serve_https(configuration.tiny())
    context = authority.context("http/1.1")
    with (
        Http2(carrel.users_port, authority.context("h2")) as idle,
        socket.create_connection(("127.0.0.1", carrel.users_port), timeout=60) as silent,
        context.wrap_socket(
            socket.create_connection(("127.0.0.1", carrel.users_port), timeout=60), server_hostname="localhost"
        ) as unused,
    ):
        assert idle.request("GET", "/sign-in").status == 200
        carrel.process.send_signal(signal.SIGTERM)
        assert idle.until_gone() == 0
        assert unused.recv(100) == b"" and silent.recv(100) == b""
        assert carrel.process.wait(25) == 0, "it waited for who had nothing to say"


# A real browser

def test_a_real_browser_works_in_a_workspace_over_tls(serve_https, chromium):
    carrel = serve_https(configuration.tiny())
    password = carrel.add_member("ada")
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, carrel, "ada", password)
    page.goto(f"{carrel.users_url}/open/tiny")
    page.wait_for_selector("#nonce")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
    said = page.evaluate("""() => new Promise((done, failed) => {
        const socket = new WebSocket(location.href.replace(/^https/, 'wss').replace(/[^/]*$/, '') + 'ws');
        socket.onopen = () => socket.send('over TLS');
        socket.onmessage = event => done(event.data);
        socket.onerror = () => failed(new Error('refused'));
    })""")
    assert said == "over TLS"
    bytes_up = page.evaluate("""async () => {
        const answer = await fetch('upload', {method: 'PUT', body: new Uint8Array(3000000)});
        return (await answer.json()).bytes;
    }""")
    assert bytes_up == 3_000_000
    assert page.evaluate("async () => (await (await fetch('download?bytes=3000000')).arrayBuffer()).byteLength") == 3_000_000
    picture(page, "workspace-over-tls")
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies and all(cookie["secure"] for cookie in cookies.values())
    context.close()
