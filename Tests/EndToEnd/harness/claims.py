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
