"""One `carrel serve` of its own: configuration, state directory, ports, start, stop, crash and restart."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import yaml

from . import configuration, docker, leftovers, places, ports
from .member import Member
from .program import Program
from .waiting import eventually

READY = re.compile(r"ready users=(\S+) operators=(\S+)")


class DidNotStart(AssertionError):
    """`carrel serve` ended, or did not say that it is ready."""


class Carrel:
    """Use as a context, or through the `carrel` fixture: everything it started is gone afterwards."""

    def __init__(self, apps, name="carrel", **changes):
        # Short: the sockets below it must fit into the 107 bytes that a unix socket's path may have.
        self.deployment = "-".join(("e2e", name[:12].strip("-"), secrets.token_hex(3)))
        places.SCRATCH.mkdir(parents=True, exist_ok=True, mode=0o755)
        self.directory = places.SCRATCH / self.deployment
        self.directory.mkdir(mode=0o755)
        self.directory.chmod(0o755)
        (self.directory / "homes").mkdir()
        self.file = self.directory / "carrel.yaml"
        self.log_file = self.directory / "carrel.log"
        operators_host = changes.get("operators_host", "127.0.0.1")
        self.users_port = ports.free_port()
        self.operators_port = ports.free_port(operators_host)
        self.settings = configuration.server(
            self.directory, self.deployment, self.users_port, self.operators_port, apps, **changes
        )
        self.write()
        self.process = None
        #: Processes that were taken over from, the oldest first.
        self.elders = []
        self.users_url = f"http://127.0.0.1:{self.users_port}"
        self.operators_url = f"http://{operators_host}:{self.operators_port}"
        #: The file of the authority that signed its certificates; None: browsers' own.
        self.authority = None
        self.seconds_to_ready = None
        self._reader = None
        self._observer = None
        self._passwords = {}

    # Configuration

    @property
    def state(self):
        return Path(self.settings["state"])

    def write(self, settings=None):
        """Writes carrel.yaml: the present settings, a mapping, or text as it is."""
        content = self.settings if settings is None else settings
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False, width=1000)
        replacement = self.file.with_suffix(".new")
        replacement.write_text(text)
        replacement.rename(self.file)

    def app(self, id):
        return next(app for app in self.settings["apps"] if app["id"] == id)

    # Life

    def start(self, within=30, environment=None, options=()):
        assert self.process is None, "it runs already"
        return self._launch(options, within, environment)

    def take_over(self, within=90, environment=None):
        """An upgrade: a second process takes over from the first, which stays among `elders` until it ends."""
        old, reader = self.process, self._reader
        try:
            self._launch(["--takeover"], within, environment)
        except DidNotStart:
            self.process, self._reader = old, reader
            raise
        self.elders.append(old)
        return self

    def _launch(self, options, within, environment):
        assert places.CARREL.exists(), f"{places.CARREL} is missing: `make build` makes it"
        before = time.monotonic()
        log = open(self.log_file, "ab")
        self.process = subprocess.Popen(
            [str(places.CARREL), "serve", *options, "--config", str(self.file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            env={**os.environ, **(environment or {})},
        )
        ready = threading.Event()
        found = {}

        def read(stream):
            with log, stream:
                for line in stream:
                    log.write(line)
                    log.flush()
                    match = READY.search(line.decode(errors="replace"))
                    if match and not ready.is_set():
                        found["after"] = time.monotonic() - before
                        found["urls"] = match.groups()
                        ready.set()
            ready.set()

        self._reader = threading.Thread(target=read, args=(self.process.stdout,), daemon=True)
        self._reader.start()
        spoke = ready.wait(within)
        if "urls" not in found:
            code = self.process.wait(10) if spoke else "none, it still runs"
            self.kill()
            raise DidNotStart(f"exit code {code}; it said:\n{self.log()[-4000:]}")
        self.users_url, self.operators_url = (url.rstrip("/") for url in found["urls"])
        self.seconds_to_ready = found["after"]
        return self

    @property
    def pid(self):
        return self.process.pid

    def stop(self, within=30):
        """As systemd would: SIGTERM. Workspaces stay. Returns the exit code."""
        return self._end(signal.SIGTERM, within)

    def kill(self):
        """As a crash would: SIGKILL."""
        if self.process is not None:
            self._end(signal.SIGKILL, 10)

    def _end(self, number, within):
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(number)
        try:
            code = process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            raise AssertionError(f"it did not end within {within} s of {signal.Signals(number).name}") from None
        finally:
            self._reader.join(5)
        return code

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def eventually_logs(self, words, within=10):
        """Waits until the log has all the words in one line, and returns that line."""
        def line():
            return next((line for line in self.log().splitlines() if all(word in line for word in words)), None)
        return eventually(line, within, f"a line of the log with {words}")

    def remove(self):
        self.kill()
        for elder in self.elders:
            elder.kill()
            elder.wait(10)
        for engine in self.settings["engines"].values():
            if engine["kind"] == "docker":
                docker.remove_everything(self.deployment, engine.get("socket"))
        leftovers.remove_everything(self.directory, self.state)

    def keep_log(self, name):
        """Copies log and configuration where a failed test's remains are kept."""
        places.ARTIFACTS.mkdir(parents=True, exist_ok=True)
        for source, ending in ((self.log_file, "log"), (self.file, "yaml")):
            if source.exists():
                shutil.copyfile(source, places.ARTIFACTS / f"{name}.{self.deployment}.{ending}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    # Command line

    def run(self, *words, stdin=None, within=60):
        """Any subcommand, with this configuration. Returns the completed process, whatever its exit code."""
        return subprocess.run(
            [str(places.CARREL), *words, "--config", str(self.file)],
            input=stdin, capture_output=True, text=True, timeout=within, cwd=self.directory,
        )

    def ok(self, *words, stdin=None):
        """A subcommand that must succeed: its stdout."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, f"carrel {' '.join(words)} → {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def json(self, *words):
        return json.loads(self.ok(*words, "--json"))

    # People and programs

    def add_member(self, name, *options, password=None):
        password = password or secrets.token_urlsafe(12)
        self.ok("users", "add", name, "--password-stdin", *options, stdin=password + "\n")
        self._passwords[name] = password
        return password

    def member(self, name, *options):
        """A member, added if need be, with a browser of their own that is signed in."""
        if name not in self._passwords:
            self.add_member(name, *options)
        return Member(self, name, self._passwords[name]).sign_in()

    def token(self, *scopes, user=None):
        scope_options = [word for scope in scopes for word in ("--scope", scope)]
        whom = ["--all-users"] if user is None else ["--user", f"here:{user}"]
        return self.ok("tokens", "create", *scope_options, *whom).split()[-1]

    def program(self, *scopes, user=None, listener="operators"):
        """A program with a token; without `user` it acts for all members."""
        base = self.operators_url if listener == "operators" else self.users_url
        program = Program(base, self.token(*scopes, user=user))
        program.http.verify = self.authority or True
        eventually(lambda: program.get("/api/v1/me").status_code != 401, 3, "the new token is known")
        return program

    # What is there

    def instances(self):
        return leftovers.instances_of(self.state)

    def pool(self, operator, app):
        return next(pool for pool in operator.get("/api/v1/pools").json() if pool["app"] == app)

    def wait_for_spares(self, operator, app, count, within=60):
        return eventually(lambda: self.pool(operator, app)["ready"] >= count, within, f"{count} ready spares of {app}")

    def open_connections(self):
        """Requests and tunnels that the gateway has open to workspaces, by its own count."""
        if self._observer is None:
            self._observer = self.program("observe")
        answer = self._observer.get("/metrics")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:300]}"
        return sum(int(float(count)) for count in re.findall(r"^carrel_connections_open\S* (\S+)$", answer.text, re.M))

    def explain(self, workspace):
        """The recorded decisions about a workspace, the newest first."""
        answer = self.json("explain", workspace)
        return answer if isinstance(answer, list) else answer["decisions"]
