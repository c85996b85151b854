"""Carrel as deploy/compose brings it up, with a configuration, a state directory and addresses of its own."""

import secrets
import shutil
import subprocess

import yaml

from . import configuration, docker, leftovers, places, ports
from .member import Member
from .program import Program
from .waiting import eventually

FOLDER = places.REPOSITORY / "deploy" / "compose"
#: Two networks, as far as one machine has them: addresses that know nothing of each other.
MEMBERS, OPERATORS = "127.0.0.2", "127.0.0.3"


def program():
    """Compose is a plugin of `docker`, or a program beside it."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return ["docker", "--host", f"unix://{docker.SOCKET}", "compose"]
    found = shutil.which("docker-compose")
    assert found, "Compose is not installed (Debian: apt-get install docker-compose)"
    return [found, "--host", f"unix://{docker.SOCKET}"]


class Composed:
    """Everything it made is gone after `remove`."""

    authority = None

    def __init__(self, image, *apps):
        self.deployment = f"compose-{secrets.token_hex(3)}"
        self.name = f"carrel-{self.deployment}"
        self.directory = places.SCRATCH / self.deployment
        for name in ("config", "secrets", "state"):
            (self.directory / name).mkdir(parents=True)
        self.directory.chmod(0o755)
        self.state = self.directory / "state"
        self.secret = secrets.token_urlsafe(16)
        (self.directory / "secrets" / "team-key").write_text(self.secret)
        users, operators = ports.free_port(MEMBERS), ports.free_port(OPERATORS)
        self.users_url = f"http://{MEMBERS}:{users}"
        self.operators_url = f"http://{OPERATORS}:{operators}"
        shipped = yaml.safe_load((FOLDER / "config" / "carrel.yaml").read_text())
        self.settings = configuration.merged(shipped, {
            "state": str(self.state),
            "deployment": self.deployment,
            "listeners": {
                "users": {"bind": f"{MEMBERS}:{users}", "public-url": self.users_url},
                "operators": {"bind": f"{OPERATORS}:{operators}"},
            },
            "sign-in": {"default-app": None},
            "engines": {"docker": {"subnets": configuration.own_subnets()}},
            "homes": {"team": {"name": self.deployment + "-{{user.id}}"}},
            "apps": [
                configuration.merged(app, {"environment": {"TEAM_KEY": {"file": "/run/secrets/team-key"}}}) for app in apps
            ],
        })
        (self.directory / "config" / "carrel.yaml").write_text(yaml.safe_dump(self.settings, sort_keys=False))
        (self.directory / "env").write_text("".join(f"{key}={value}\n" for key, value in {
            "CARREL_IMAGE": image,
            "CARREL_NAME": self.name,
            "CARREL_STATE": self.state,
            "CARREL_CONFIG": self.directory / "config",
            "CARREL_SECRETS": self.directory / "secrets",
            "CARREL_OPERATORS": f"{OPERATORS}:{operators}",
            "CARREL_HEALTH_INTERVAL": "1s",
            "DOCKER_ROOT": docker.docker("info", "--format", "{{.DockerRootDir}}"),
            "DOCKER_SOCKET": docker.SOCKET,
        }.items()))
        self._share()

    def _share(self):
        """As the documentation says for machines whose root is not a shared mount."""
        for words in (["--bind", str(self.state), str(self.state)], ["--make-shared", str(self.state)]):
            subprocess.run(["mount", *words], check=True)

    def compose(self, *words):
        done = subprocess.run(
            [*program(), "--project-name", self.deployment, "--file", str(FOLDER / "compose.yaml"),
             "--env-file", str(self.directory / "env"), *words],
            capture_output=True, text=True, timeout=180, check=False,
        )
        assert done.returncode == 0, f"compose {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def up(self):
        self.compose("up", "--detach", "--no-build")
        eventually(lambda: self.health() == "healthy", 90, "the container is healthy")
        return self

    def down(self):
        self.compose("down")

    def about(self):
        return docker.inspect(self.name)

    def health(self):
        return self.about()["State"]["Health"]["Status"]

    def log(self):
        return docker.docker("logs", self.name, check=False)

    def execute(self, *words, stdin=None):
        """`docker exec` in carrel's own container, as an operator would: its stdout."""
        done = subprocess.run(
            ["docker", "--host", f"unix://{docker.SOCKET}", "exec", "--interactive", self.name, *words],
            input=stdin, capture_output=True, text=True, timeout=60, check=False,
        )
        assert done.returncode == 0, f"{' '.join(words)} → {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def member(self, name):
        password = secrets.token_urlsafe(12)
        self.execute("carrel", "users", "add", name, "--password-stdin", stdin=password + "\n")
        return Member(self, name, password).sign_in()

    def operator(self):
        token = self.execute("carrel", "tokens", "create", "--scope", "operate", "--all-users").split()[-1]
        program = Program(self.operators_url, token)
        eventually(lambda: program.get("/api/v1/me").status_code != 401, 10, "the new token is known")
        return program

    def wait_for_spares(self, operator, app, count, within=60):
        def ready():
            return next(pool for pool in operator.get("/api/v1/pools").json() if pool["app"] == app)["ready"] >= count
        return eventually(ready, within, f"{count} ready spares of {app}")

    def keep_log(self, name):
        places.ARTIFACTS.mkdir(parents=True, exist_ok=True)
        (places.ARTIFACTS / f"{name}.{self.deployment}.log").write_text(self.log())

    def remove(self):
        try:
            self.down()
        finally:
            docker.docker("rm", "--force", self.name, check=False)
            docker.remove_everything(self.deployment)
            leftovers.remove_everything(self.directory, self.state)
