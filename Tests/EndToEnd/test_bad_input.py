"""Bad input gets a clear error and loses nothing."""

import os
import socket

import pytest
import yaml

from harness import configuration
from harness.server import DidNotStart
from harness.waiting import eventually


def problems(carrel, settings):
    """What `carrel check` says about a configuration, line by line; its exit code must be 2."""
    carrel.write(settings)
    done = carrel.run("check")
    assert done.returncode == 2, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return (done.stdout + done.stderr).strip().splitlines()


@pytest.fixture
def written(serve):
    """A server with its configuration written but not started."""
    return serve(configuration.tiny(), started=False)


# The configuration

def test_malformed_yaml_is_told_with_its_line(written):
    found = problems(written, "state: /tmp/x\napps:\n  - id: [unclosed\n  title: x\n")
    assert any("carrel.yaml:" in line and line.split("carrel.yaml:")[1][0].isdigit() for line in found), found
    with pytest.raises(DidNotStart) as refused:
        written.start()
    assert "exit code 2" in str(refused.value)


def test_every_problem_is_told_at_once_with_line_field_and_what_would_be_right(written):
    settings = written.settings
    settings["apps"][0]["pool"] = {"spares": "many"}
    settings["apps"][0]["idel"] = {"after": "30m"}
    settings["isolation"] = {"mode": "pathh"}
    settings["apps"][0]["home"]["volume"] = "nowhere"
    found = problems(written, settings)
    text = yaml.safe_dump(settings, sort_keys=False, width=1000).splitlines()
    for word, hint in (("spares", "many"), ("idel", "idle"), ("mode", "path"), ("volume", "nowhere")):
        line = next(number for number, content in enumerate(text, start=1) if content.strip(" -").startswith(word))
        told = [problem for problem in found if f"carrel.yaml:{line}:" in problem]
        assert told and any(hint in problem for problem in told), f"{word} at line {line}: {found}"


def test_what_is_not_built_into_this_version_is_refused_by_name(written):
    written.settings["engines"]["far"] = {"kind": "swarm"}
    found = problems(written, written.settings)
    assert any("swarm" in line and "not built into this version" in line for line in found), found


def test_a_template_that_needs_the_owner_in_an_app_with_spares_says_why(written):
    app = written.app("tiny")
    app["pool"] = {"spares": 1}
    app["environment"]["WHO"] = "{{user.name}}"
    found = problems(written, written.settings)
    assert any("user.name" in line and "spare" in line for line in found), found


def test_a_missing_file_is_one_sentence_and_exit_2(written):
    written.file.unlink()
    for command in ("check", "serve"):
        done = written.run(command)
        assert done.returncode == 2
        assert "carrel.yaml" in done.stderr and "Traceback" not in done.stderr and "Fatal" not in done.stderr


def test_a_valid_file_is_told_to_be_fine(written):
    done = written.run("check")
    assert done.returncode == 0, done.stdout + done.stderr


# The machine

def test_a_port_in_use_is_told_with_its_number(written):
    with socket.create_server(("127.0.0.1", written.users_port)):
        with pytest.raises(DidNotStart) as refused:
            written.start()
    assert str(written.users_port) in str(refused.value)
    assert "exit code 1" in str(refused.value)
    written.start()


def test_a_second_server_on_the_same_state_is_refused_and_the_first_unharmed(serve):
    first = serve(configuration.tiny())
    ada = first.member("ada")
    second = serve(configuration.tiny(), started=False, state=str(first.state))
    with pytest.raises(DidNotStart):
        second.start()
    assert ada.me()["id"] == ada.id


def test_an_unwritable_state_directory_is_told(written):
    blocker = written.directory / "a-file"
    blocker.write_text("not a directory")
    written.settings["state"] = str(blocker / "state")
    written.write()
    with pytest.raises(DidNotStart) as refused:
        written.start()
    assert str(blocker) in str(refused.value)
    assert blocker.read_text() == "not a directory"


def test_a_damaged_database_is_told_and_left_as_it_is(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada")
    carrel.stop()
    [database] = [path for path in carrel.state.rglob("*") if path.suffix in (".db", ".sqlite", ".sqlite3")]
    for beside in database.parent.glob(database.name + "-*"):
        beside.unlink()
    damaged = b"this is no database at all, whatever its name says" * 100
    database.write_bytes(damaged)
    with pytest.raises(DidNotStart) as refused:
        carrel.start()
    assert database.name in str(refused.value)
    assert database.read_bytes() == damaged


def test_a_full_disk_is_told_and_what_was_there_is_kept(small_disk, serve):
    carrel = serve(configuration.tiny(home=None), state=str(small_disk / "state"))
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
    for turn in range(20):
        answer = ada.claim("tiny", name=f"more-{turn}")
        if answer.status_code >= 500:  # not even the claim could be written down
            assert answer.headers["Content-Type"].startswith("application/problem+json")
            break
        ended = ada.wait_for_phase(answer.json()["id"], "ended", within=30)
        assert ended["reason"].startswith("failed: "), "there is no room for its files"
    assert ada.in_workspace(workspace, "/nonce").status_code == 200, "the open workspace goes on"
    filler.unlink()
    eventually(lambda: ada.claim("tiny", name="after").status_code in (201, 202), 20, "claims work again")
    assert ada.workspace(workspace)["phase"] == "ready"
    carrel.restart()
    assert ada.in_workspace(workspace, "/nonce").status_code == 200
    assert carrel.run("audit", "--verify").returncode == 0


# Apps that fail

@pytest.mark.parametrize("command, hint", [
    (["/usr/bin/no-such-program"], "no-such-program"),
    (["/bin/sh", "-c", "echo the disk of the app is missing >&2; exit 3"], "the disk of the app is missing"),
], ids=["missing program", "exits at once"])
def test_an_app_that_cannot_start_ends_as_failed_with_its_last_lines(serve, command, hint):
    carrel = serve(configuration.tiny(command=command, home=None, environment=None))
    ada = carrel.member("ada")
    id = ada.claim("tiny").json()["id"]
    ended = ada.wait_for_phase(id, "ended", within=30)
    assert ended["reason"].startswith("failed: "), ended["reason"]
    assert hint in ended["reason"] + ada.get(f"/api/v1/workspaces/{id}/logs").text
    assert not carrel.instances()


def test_an_app_that_never_listens_ends_as_failed_when_its_time_is_up(serve):
    carrel = serve(configuration.tiny(command=["/bin/sleep", "600"], environment=None, ready={"within": "2s"}))
    ada = carrel.member("ada")
    id = ada.claim("tiny").json()["id"]
    ended = ada.wait_for_phase(id, "ended", within=30)
    assert ended["reason"].startswith("failed: "), ended["reason"]
    eventually(lambda: not carrel.instances(), 10, "it is taken away")


def test_an_app_whose_spares_fail_backs_off_and_says_so(serve):
    carrel = serve(configuration.tiny(command=["/bin/false"], environment=None, pool={"spares": 2}))
    operator = carrel.program("operate")
    failing = eventually(lambda: carrel.pool(operator, "tiny").get("failing"), 20, "the pool says that it fails")
    assert failing
    explained = carrel.log().count("/bin/false") + carrel.log().count("tiny")
    assert explained < 2000, "it spins"


# Requests

def is_problem(answer, status, code):
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["title"] or body["detail"]
    return body


def test_requests_that_make_no_sense_get_a_problem_document(serve):
    carrel = serve(
        configuration.tiny(),
        configuration.tiny(id="closed", access={"groups": ["here:chosen"]}),
        configuration.tiny(id="single", limits={"per-member": 1}),
    )
    ada = carrel.member("ada")
    unknown = is_problem(ada.claim("no-such-app"), 404, "not-found")
    forbidden = is_problem(ada.claim("closed"), 404, "not-found")
    assert {key for key in unknown} == {key for key in forbidden}, "the two are told apart to nobody"
    csrf = {"X-Carrel-CSRF": ada.csrf(), "Origin": ada.base}
    for body in (b"not json", b"", b"[]", b'{"app": 7}', b"{}", b'{"app": "tiny", "name": "../../etc"}', b"\xff\xfe"):
        answer = ada.post("/api/v1/workspaces", data=body, headers={"Content-Type": "application/json", **csrf})
        is_problem(answer, 400, "invalid-request")
    is_problem(ada.get("/api/v1/workspaces/ws-aaaaaaaaaaaaaaaa"), 404, "not-found")
    is_problem(ada.get("/api/v1/workspaces/..%2f..%2fetc"), 404, "not-found")
    is_problem(ada.get("/api/v1/no-such-thing"), 404, "not-found")
    ada.open("single")
    second = ada.claim("single", name="second")
    assert second.status_code in (403, 409, 429), second.text
    assert second.json()["code"] == "limit-reached"
    ada.http.cookies.clear()
    is_problem(ada.get("/api/v1/me"), 401, "unauthenticated")


def test_a_member_of_the_right_group_opens_what_others_may_not(serve):
    carrel = serve(configuration.tiny(access={"groups": ["here:chosen"]}))
    assert carrel.member("bob").get("/api/v1/apps").json() in ([], {"apps": []})
    ada = carrel.member("ada", "--group", "chosen")
    assert ada.open("tiny")["phase"] == "ready"


@pytest.mark.parametrize("head", [
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
], ids=["both lengths", "two lengths", "space before colon", "fold", "signed length", "bare LF", "TLS"])
def test_a_message_whose_framing_is_ambiguous_is_refused_and_the_connection_closed(serve, head):
    carrel = serve(configuration.tiny())
    with socket.create_connection(("127.0.0.1", carrel.users_port), timeout=15) as connection:
        connection.sendall(head)
        said = b""
        while piece := connection.recv(65536):
            said += piece
    assert said.split(b"\r\n")[0].split(b" ")[1] == b"400", said[:200]
    assert said.count(b"HTTP/1.1 ") == 1


def test_an_oversized_head_gets_431(serve):
    carrel = serve(configuration.tiny())
    with socket.create_connection(("127.0.0.1", carrel.users_port), timeout=15) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000)
        assert connection.recv(65536).split(b" ")[1] == b"431"


def test_errors_that_a_member_sees_name_no_path_of_this_machine(serve):
    carrel = serve(configuration.tiny(command=["/usr/bin/no-such-program"], environment=None))
    ada = carrel.member("ada")
    id = ada.claim("tiny").json()["id"]
    ada.wait_for_phase(id, "ended", within=30)
    for page in (ada.navigate("/"), ada.navigate(f"/w/{id}/"), ada.navigate("/no/such/page")):
        assert str(carrel.directory) not in page.text
        assert os.path.expanduser("~") + "/" not in page.text or os.path.expanduser("~") == "/"
