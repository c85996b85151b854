"""Asking for workspaces as fast as a program can."""

import http.client
import json
import time
from urllib.parse import urlsplit


class Line:
    """One connection to the users' listener that stays open."""

    def __init__(self, url, token):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.connection.connect()
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method, path, body=None):
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()  # returns once the head is there: the first byte
        arrived = time.perf_counter()
        return answer, answer.read(), arrived

    def wait_until_ready(self, id):
        """Follows the workspace's events on a connection of its own."""
        connection = http.client.HTTPConnection(self.connection.host, self.connection.port, timeout=60)
        connection.request("GET", f"/api/v1/workspaces/{id}/events", headers=self.headers)
        answer = connection.getresponse()
        assert answer.status == 200
        while line := answer.readline():
            if line.startswith(b"data:"):
                phase = json.loads(line.removeprefix(b"data:"))["phase"]
                assert phase in ("starting", "ready"), line
                if phase == "ready":
                    return connection.close()
        raise AssertionError("the events ended before it was ready")
