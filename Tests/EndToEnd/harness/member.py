"""A member with a browser of their own: signs in by the real form, keeps cookies, opens workspaces and WebSockets."""

import html
import re
import ssl
from urllib.parse import urlsplit

from websockets.sync.client import connect

from .program import Program

#: What a browser sends when somebody types an address.
NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Site": "none",
}


def field(page, name):
    """The value of the first form field with this name; None if there is none."""
    for tag in re.findall(r"<(?:input|meta)\b[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("name") == name:
            return html.unescape(attributes.get("value", attributes.get("content", "")))
    return None


class Member(Program):
    """Their requests go to the users' listener with the session cookie; never with a token."""

    def __init__(self, carrel, name, password):
        super().__init__(carrel.users_url, token=None)
        del self.http.headers["Authorization"]
        self.http.verify = carrel.authority or True
        self.name = name
        self.password = password

    def sign_in(self):
        answer = self.try_to_sign_in(self.password)
        assert answer.status_code == 303, f"{answer.status_code} {answer.text[:500]}"
        assert self.http.cookies, "signing in set no cookie"
        return self

    def try_to_sign_in(self, password, csrf=None, address=None):
        """Fills in the form of the sign-in page; `address` sends it elsewhere than the page says."""
        page = self.get("/sign-in")
        assert page.status_code == 200, f"{page.status_code} {page.text[:500]}"
        token = csrf if csrf is not None else field(page.text, "csrf")
        assert token is not None, "the sign-in page has no csrf field"
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        return self.post(
            address or html.unescape(action.group(1)),
            data={"username": self.name, "password": password, "csrf": token},
            headers={"Origin": self.base},
        )

    def sign_out(self):
        return self.post("/sign-out", data={"csrf": self.csrf()}, headers={"Origin": self.base})

    def csrf(self):
        """The token that state-changing requests of this session carry."""
        return self.me()["csrf"]

    def request(self, method, path, **options):
        """As the portal's own script would: state-changing API calls carry the CSRF token."""
        if path.startswith("/api/") and method not in ("GET", "HEAD") and "headers" not in options:
            options["headers"] = {"X-Carrel-CSRF": self.csrf(), "Origin": self.base}
        return super().request(method, path, **options)

    def me(self):
        return self.get("/api/v1/me").json()

    @property
    def id(self):
        return self.me()["id"]

    def navigate(self, path):
        """What typing the address into a browser does."""
        return self.get(path, headers=NAVIGATION)

    def cookie_header(self):
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)

    def websocket(self, path, origin=None, **options):
        """A WebSocket through the gateway with the member's cookie, from the workspace's own page unless said."""
        parts = urlsplit(self.base)
        options.setdefault("max_size", None)
        options.setdefault("open_timeout", 20)
        if parts.scheme == "https":
            options.setdefault("ssl", ssl.create_default_context(cafile=self.http.verify))
        return connect(
            f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{path}",
            origin=self.base if origin is None else origin,
            additional_headers={"Cookie": self.cookie_header()},
            proxy=None,
            **options,
        )

    def in_workspace(self, workspace, path, method="GET", **options):
        """A request to a workspace's app, from its own page."""
        if method not in ("GET", "HEAD"):
            options["headers"] = {"Origin": self.base, **options.get("headers", {})}
        return super().request(method, f"/w/{workspace}{path}", **options)
