"""The command line, as an operator types it."""

import json

from harness import configuration


def test_version_is_one_line(serve):
    carrel = serve(configuration.tiny(), started=False)
    done = carrel.run("version")
    assert done.returncode == 0
    assert len(done.stdout.strip().splitlines()) == 1


def test_wrong_usage_is_exit_2_and_tells_on_stderr(serve):
    carrel = serve(configuration.tiny(), started=False)
    for words in (["no-such-command"], ["users", "add"], ["tokens", "create", "--scope", "nonsense", "--all-users"],
                  ["serve", "--no-such-option"]):
        done = carrel.run(*words)
        assert done.returncode == 2, f"{words} → {done.returncode}"
        assert done.stderr and not done.stdout


def test_ls_shows_the_living_and_stop_ends_one(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    listed = carrel.json("ls")
    listed = listed if isinstance(listed, list) else listed["workspaces"]
    [found] = [entry for entry in listed if entry["id"] == workspace]
    assert (found["app"], found["phase"], found["owner"]) == ("tiny", "ready", ada.id)
    assert workspace in carrel.ok("ls")
    carrel.ok("stop", workspace)
    assert ada.wait_for_phase(workspace, "ended", 20)["reason"] == "operator"


def test_logs_shows_what_the_app_printed_also_after_its_end(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    assert "tiny" in carrel.ok("logs", workspace)
    ada.stop(workspace)
    assert "tiny" in carrel.ok("logs", workspace)


def test_explain_tells_why_it_was_given_and_why_it_stopped(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    ada.stop(workspace)
    told = carrel.ok("explain", workspace)
    assert workspace in told or "stopped" in told
    verdicts = [entry["verdict"] for entry in carrel.explain(workspace)]
    assert "given" in verdicts and "stopped" in verdicts, verdicts


def test_explain_tells_why_a_member_was_refused(serve):
    carrel = serve(configuration.tiny(), configuration.tiny(id="closed", access={"groups": ["here:chosen"]}))
    ada = carrel.member("ada")
    assert ada.claim("closed").status_code == 404
    told = carrel.json("explain", ada.id)
    decisions = told if isinstance(told, list) else told["decisions"]
    refused = next(entry for entry in decisions if entry["verdict"] == "refused")
    assert refused["app"] == "closed" and refused["because"]


def test_unknown_things_are_told_in_a_sentence_and_exit_1(serve):
    carrel = serve(configuration.tiny())
    for words in (["stop", "ws-aaaaaaaaaaaaaaaa"], ["logs", "ws-aaaaaaaaaaaaaaaa"], ["explain", "ws-aaaaaaaaaaaaaaaa"],
                  ["users", "disable", "nobody"], ["users", "link", "nobody"]):
        done = carrel.run(*words)
        assert done.returncode == 1, f"{words} → {done.returncode} {done.stdout}{done.stderr}"
        assert done.stderr.strip()


def test_adding_a_member_twice_is_refused_and_keeps_the_password(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada", password="the first one")
    done = carrel.run("users", "add", "ada", "--password-stdin", stdin="the second\n")
    assert done.returncode == 1
    carrel.member("ada")


def test_users_ls_tells_everybody_and_no_password(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada", "--operator", "--group", "chosen", password="a very secret word")
    told = json.dumps(carrel.json("users", "ls"))
    assert "ada" in told and "chosen" in told
    assert "a very secret word" not in told and "scrypt" not in told
