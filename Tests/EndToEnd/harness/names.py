"""Carrel and its workspaces at names of their own, all of them on this machine: `*.localhost`."""

import contextlib
import socket
from urllib.parse import urljoin, urlsplit

from .member import NAVIGATION, Member

HUB = "hub.localhost"
DESKS = "desks.localhost"


@contextlib.contextmanager
def resolved_here():
    """Names that end in .localhost are this machine's (RFC 6761 section 6.3), whatever its resolver thinks."""
    asked = socket.getaddrinfo

    def answer(host, *more, **options):
        name = host.decode() if isinstance(host, bytes) else host
        return asked("127.0.0.1" if name and name.endswith(".localhost") else host, *more, **options)

    socket.getaddrinfo = answer
    try:
        yield
    finally:
        socket.getaddrinfo = asked


def name_them(carrel, mode, domain=DESKS):
    """Changes a configuration that is not started yet."""
    listener = carrel.settings["listeners"]["users"]
    scheme = "https" if "tls" in listener else "http"
    listener["public-url"] = f"{scheme}://{HUB}:{carrel.users_port}"
    carrel.settings["isolation"] = {"mode": mode, "domain": domain}
    carrel.write()
    carrel.users_url = listener["public-url"]
    return carrel


def origin_of(address):
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


class Visitor(Member):
    """A member who goes where addresses lead, to whatever name, as a browser does."""

    def go(self, address, **headers):
        """One step: no redirect is followed."""
        return self.http.get(address, headers={**NAVIGATION, **headers}, allow_redirects=False, timeout=60)

    def walk(self, address, steps=10):
        """Follows redirects; every answer on the way."""
        answers = [self.go(address)]
        while answers[-1].is_redirect and len(answers) < steps:
            answers.append(self.go(requests_url(answers[-1])))
        return answers

    def at(self, address, method="GET", **options):
        """As the page at this address would: what it fetches from itself."""
        headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        if method not in ("GET", "HEAD"):
            headers["Origin"] = origin_of(address)
        headers.update(options.pop("headers", {}))
        return self.http.request(method, address, headers=headers, allow_redirects=False, timeout=60, **options)

    def forget(self, address):
        """Every cookie of this name is gone."""
        for cookie in self.cookies_of(address).values():
            self.http.cookies.clear(cookie.domain, cookie.path, cookie.name)

    def cookies_of(self, address):
        """What would be sent to this address."""
        host = urlsplit(address).hostname
        return {cookie.name: cookie for cookie in self.http.cookies if cookie.domain == host}


def requests_url(answer):
    """Where a redirect leads, whole."""
    return urljoin(answer.url, answer.headers["Location"])


def visitor(carrel, name, group=None):
    """A new member, signed in at the hub's name."""
    password = carrel.add_member(name, *(["--group", group] if group else []))
    return Visitor(carrel, name, password).sign_in()
