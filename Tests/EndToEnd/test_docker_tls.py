"""A container engine of another machine, by TLS: carrel proves who it is, and each side's mistake is told in a sentence."""

import contextlib
import secrets

import pytest

from harness import configuration, docker, ports
from harness.configuration import in_container, tiny
from harness.engine import Engine
from harness.tls import Authority
from harness.waiting import eventually

pytestmark = pytest.mark.docker


class Remote:
    """An engine that only clients with its authority's certificates may use."""

    def __init__(self, directory, authority):
        authority.issue("engine")
        self.port = ports.free_port()
        files = authority.files("engine")
        self.engine = Engine(
            "--host", f"tcp://127.0.0.1:{self.port}", "--tlsverify", "--tlscacert", str(authority.file),
            "--tlscert", files["certificate"], "--tlskey", files["key"],
        )
        self.authority = authority

    def settings(self, name="carrel", authority=None, by=None):
        """`engines.docker` with the certificate NAME that `by` issued, trusting `authority`."""
        files = (by or self.authority).files(name)
        return {
            "kind": "docker",
            # It is this machine after all: the other engine's workspaces have the default block.
            "subnets": f"10.214.{secrets.randbelow(256)}.0/24",
            "address": f"tcp://127.0.0.1:{self.port}",
            "tls": {"ca": str((authority or self.authority).file), **files},
        }


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    remote = Remote(tmp_path_factory.mktemp("remote"), Authority(tmp_path_factory.mktemp("authority")))
    with contextlib.ExitStack() as stack:
        stack.callback(remote.engine.remove)
        remote.engine.start().load(docker.IMAGE)
        yield remote


def containers(engine):
    changes = configuration.containers()
    changes["engines"]["docker"] = engine
    return changes


def no_secrets(text, *keys):
    assert "PRIVATE KEY" not in text
    for key in keys:
        for line in open(key, encoding="ascii").read().splitlines()[1:-1]:
            assert line not in text


def test_a_workspace_runs_on_an_engine_of_another_machine_with_its_home_as_a_volume(as_root, remote, serve):
    remote.authority.issue("carrel")
    carrel = serve(in_container(tiny()), **containers(remote.settings()))
    ada = carrel.member("ada")
    try:
        first = ada.open("tiny")
        assert first["trace"]["source"] != "spare"
        written = ada.in_workspace(first["id"], "/home?name=note.txt", "PUT", data=b"kept")
        assert written.status_code == 200, f"{written.status_code} {written.text[:300]}\n{carrel.ok('logs', first['id'])}"
        ada.stop(first["id"])
        again = ada.open("tiny")
        assert again["id"] != first["id"]
        assert ada.in_workspace(again["id"], "/home?name=note.txt").content == b"kept"
        checked = carrel.run("check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "start cold" in checked.stdout
        carrel.eventually_logs(["start cold"])
        ada.stop(again["id"])
        eventually(lambda: not docker.containers(carrel.deployment, remote.engine.socket), 60, "its container is gone")
    finally:
        carrel.kill()
        docker.remove_everything(carrel.deployment, remote.engine.socket)


@pytest.mark.parametrize("mistake, sentence", [
    ("a certificate of somebody else's", "The container engine refuses carrel's certificate."),
    ("an authority that did not sign the engine's", "The container engine's certificate is not one that `tls.ca` vouches for"),
    ("an expired certificate", "Carrel's certificate for the container engine ended on "),
    ("a certificate of tomorrow", "Carrel's certificate for the container engine is not valid before "),
    ("another certificate's key", "The certificate and the key for the container engine do not belong together."),
    ("a key that is none", "The certificates for the container engine can't be read."),
])
def test_each_mistake_with_certificates_is_a_sentence(as_root, remote, serve, tmp_path, mistake, sentence):
    other = Authority(tmp_path)
    other.issue("carrel")
    remote.authority.issue("right")
    settings = {
        "a certificate of somebody else's": lambda: remote.settings(by=other),
        "an authority that did not sign the engine's": lambda: remote.settings("right", authority=other),
        "an expired certificate": lambda: (remote.authority.issue("expired", days=-1, begins=30), remote.settings("expired"))[1],
        "a certificate of tomorrow": lambda: (remote.authority.issue("early", begins=-1), remote.settings("early"))[1],
        "another certificate's key": lambda: remote.settings("right"),
        "a key that is none": lambda: remote.settings("right"),
    }[mistake]()
    if mistake == "another certificate's key":
        settings["tls"]["key"] = other.files("carrel")["key"]
    if mistake == "a key that is none":
        settings["tls"]["key"] = str(tmp_path / "none.key")
        (tmp_path / "none.key").write_text("not a key\n")
    carrel = serve(tiny(), in_container(tiny(id="boxed")), started=False, **containers(settings))
    checked = carrel.run("check")
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert sentence in checked.stdout + checked.stderr
    no_secrets(checked.stdout + checked.stderr, settings["tls"]["key"])
    if mistake == "a key that is none":
        return
    carrel.start()
    carrel.eventually_logs([sentence], 30)
    # Those on other engines are open; this one's members are told, and not of files and addresses.
    ada = carrel.member("ada")
    assert ada.open("tiny")["phase"] == "ready"
    answer = ada.claim("boxed")
    assert answer.status_code == 503, answer.text
    assert answer.json()["detail"]
    assert not any(word in answer.text for word in ("certificate", "127.0.0.1:", ".pem", ".key", "tls"))
    no_secrets(carrel.log(), settings["tls"]["key"])
