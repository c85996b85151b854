"""A real OpenID provider (https://canaille.readthedocs.io) with members, groups and a client of its own."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

from . import ports
from .waiting import eventually

PASSWORD = "correct horse battery staple"


class Canaille:
    """Use as a context. `algorithm`: RS256 or ES256."""

    def __init__(self, carrel_url, provider="company", algorithm="RS256"):
        self.directory = Path(tempfile.mkdtemp(prefix="canaille-"))
        self.port = ports.free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.secret = "canary-" + os.urandom(8).hex()
        self.process = None
        self._write_settings([])
        # It wants an RSA key in any case.
        kinds = ["ec", "rsa"] if algorithm.startswith("ES") else ["rsa"]
        self._write_settings([json.loads(self.run("jwk", "create", kind)) for kind in kinds])
        self.run("install")
        back = f"{carrel_url}/sign-in"
        self.run(
            "create", "client", "--client-id", "hub", "--client-name", "Carrel", "--client-secret", self.secret,
            "--redirect-uris", f"{back}/{provider}/callback", "--post-logout-redirect-uris", back,
            "--token-endpoint-auth-method", "client_secret_basic", "--grant-types", "authorization_code",
            "--grant-types", "refresh_token", "--response-types", "code",
            *[word for scope in ("openid", "profile", "email", "groups") for word in ("--scope", scope)],
            "--id-token-signed-response-alg", algorithm,
        )
        self.run("set", "client", "hub", "--audience", "hub")

    def _write_settings(self, keys):
        settings = [
            'SECRET_KEY = "a secret of the test"',
            f'SERVER_NAME = "127.0.0.1:{self.port}"',
            'PREFERRED_URL_SCHEME = "http"',
            "DEBUG = false",
            "[CANAILLE]",
            'DATABASE = "sql"',
            "ENABLE_REGISTRATION = false",
            "EMAIL_CONFIRMATION = false",
            "[CANAILLE_SQL]",
            f'DATABASE_URI = "sqlite:///{self.directory}/canaille.sqlite"',
        ]
        tables = [", ".join(f'"{name}" = {json.dumps(value)}' for name, value in key.items()) for key in keys]
        if keys:
            settings += ["[CANAILLE_OIDC]", "ENABLE_OIDC = true"]
            settings.append("ACTIVE_JWKS = [" + ", ".join(f"{{{table}}}" for table in tables) + "]")
        self.file = self.directory / "canaille.toml"
        self.file.write_text("\n".join(settings) + "\n")

    def run(self, *words):
        """The program `canaille` of this Python's environment."""
        program = Path(sys.executable).with_name("canaille")
        done = subprocess.run(
            [str(program), *words], env=self._environment(), capture_output=True, text=True, timeout=120, cwd=self.directory
        )
        assert done.returncode == 0, f"canaille {' '.join(words[:2])}: {done.stdout[-1000:]} {done.stderr[-2000:]}"
        return done.stdout

    def _environment(self):
        return {**os.environ, "CANAILLE_CONFIG": str(self.file), "AUTHLIB_INSECURE_TRANSPORT": "1"}

    def add(self, name, *groups):
        """A member with a verified address, in groups."""
        self.run(
            "create", "user", "--user-name", name, "--password", PASSWORD, "--given-name", name.capitalize(),
            "--family-name", "Example", "--emails", f"{name}@example.org",
        )
        for group in groups:
            self.run("create", "group", "--display-name", group, "--members", name)
        return self

    def start(self):
        self.log = open(self.directory / "log", "ab")
        self.process = subprocess.Popen(
            [str(Path(sys.executable).with_name("canaille")), "run", "--bind", f"127.0.0.1:{self.port}"],
            env=self._environment(), stdout=self.log, stderr=self.log, cwd=self.directory,
        )

        def answers():
            assert self.process.poll() is None, (self.directory / "log").read_text()[-3000:]
            try:
                return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).status_code == 200
            except requests.ConnectionError:
                return False

        eventually(answers, 60)
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def provider(self, **more):
        """An entry of `sign-in.providers`."""
        return {
            "id": "company", "kind": "oidc", "title": "Company account", "issuer": self.issuer, "client-id": "hub",
            "client-secret": {"env": "COMPANY_SECRET"}, "scopes": ["openid", "profile", "email", "groups"], **more,
        }

    def tokens(self):
        """Every access and refresh token that it gave."""
        with sqlite3.connect(f"file:{self.directory}/canaille.sqlite?mode=ro", uri=True) as database:
            rows = database.execute("SELECT access_token, refresh_token FROM token").fetchall()
        return [token for row in rows for token in row if token]
