#!/usr/bin/python3 -I
"""Stands in for RStudio Server's `rserver`, as its documentation describes it behind a proxy that takes its path off:
answers below `--www-root-path`, redirects there, starts a session (and only then opens the home) with the first call
of `/rpc/client_init`, and holds `/events/get_events` for a while. Writes its options beside its database."""

import http.server
import json
import os
import pathlib
import sys
import threading

options = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:])
root = options["www-root-path"].rstrip("/")
data = pathlib.Path(options["server-data-dir"])
(data / "options.json").write_text(json.dumps(options))
key = pathlib.Path(options["secure-cookie-key-file"])
assert len(key.read_text()) >= 32 and key.stat().st_mode & 0o77 == 0, "the key of the cookies is private"
assert pathlib.Path(options["database-config-file"]).read_text().startswith("provider=sqlite\n")
news = threading.Event()


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, code, text, **fields):
        body = text.encode()
        self.send_response(code)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/unsupported_browser.htm":
            self.say(200, "unsupported")
        elif self.path == "/auth-sign-out":
            self.say(302, "", Location=f"{root}/signed-out", Set_Cookie=f"user-id=; path={root}/")
        else:
            self.say(200, f"<title>RStudio</title><a href='{root}/help'>", Set_Cookie=f"user-id=member; path={root}/; HttpOnly")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/rpc/client_init":
            home = pathlib.Path(os.environ["HOME"])
            (home / ".Rhistory").write_text("6*7\n")
            news.set()
            self.say(200, json.dumps({"result": {"home": str(home), "user": os.environ["USER"]}}))
        elif self.path == "/events/get_events":
            news.wait(20)
            self.say(200, json.dumps({"result": [{"event": "session_started"}]}))
        else:
            self.say(404, "")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((options["www-address"], int(options["www-port"])), Answer).serve_forever()
