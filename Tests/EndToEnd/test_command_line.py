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
    assert "carrel users password" in done.stderr
    carrel.member("ada")


def test_users_ls_tells_everybody_and_no_password(serve):
    carrel = serve(configuration.tiny())
    carrel.add_member("ada", "--operator", "--group", "chosen", password="a very secret word")
    told = json.dumps(carrel.json("users", "ls"))
    assert "ada" in told and "chosen" in told
    assert "a very secret word" not in told and "scrypt" not in told


def test_check_tells_what_this_machine_can_not_do_and_what_is_missing(serve):
    carrel = serve(configuration.tiny(), configuration.tiny(id="gone", command=["/usr/bin/no-such-program"]), started=False)
    done = carrel.run("check")
    assert done.returncode == 1
    assert "app gone: its command /usr/bin/no-such-program can't be started" in done.stdout
    assert not carrel.state.exists()
    engine = next(report for report in json.loads(carrel.run("check", "--json").stdout)["engines"])
    carrel.start()
    served = next(found for found in carrel.program("operate").get("/api/v1/engines").json())
    assert engine["findings"] == served["findings"]


def test_check_tells_of_a_damaged_database(serve):
    carrel = serve(configuration.tiny(), started=False)
    carrel.state.mkdir(mode=0o700)
    (carrel.state / "carrel.sqlite").write_bytes(b"not a database" * 1000)
    done = carrel.run("check")
    assert done.returncode == 1
    assert "damaged" in done.stdout and "carrel.sqlite" in done.stdout
    assert not done.stderr


def test_the_record_is_one_json_document_also_when_it_is_empty(serve):
    carrel = serve(configuration.tiny(), started=False)
    assert carrel.json("audit") == []
    carrel.add_member("ada")
    assert [line["entry"]["kind"] for line in carrel.json("audit")][0] == "user.added"


def test_without_a_server_commands_say_so_at_once(serve):
    carrel = serve(configuration.tiny(), started=False)
    done = carrel.run("ls", within=5)
    assert done.returncode == 1
    assert "No carrel serve answers" in done.stderr


def test_a_start_says_one_line_that_it_is_ready_and_no_more_than_what_is_weaker(serve):
    carrel = serve(configuration.tiny())
    carrel.stop()
    lines = carrel.log().splitlines()
    assert [line for line in lines if " notice " not in line and " warning " not in line] == [], lines
    assert sum("ready users=" in line for line in lines) == 1


def test_opening_an_app_that_does_not_exist_makes_no_member(serve):
    carrel = serve(configuration.tiny())
    before = carrel.json("users", "ls")
    done = carrel.run("open", "nothing", "--user", "here:new")
    assert done.returncode == 1 and "no such app" in done.stderr, done.stderr
    assert carrel.json("users", "ls") == before
    carrel.ok("open", "tiny", "--user", "here:new")
    assert len(carrel.json("users", "ls")) == len(before) + 1


def test_listed_tokens_tell_nothing_that_their_secret_is_known_by(serve):
    carrel = serve(configuration.tiny(), started=False)
    carrel.add_member("ada")
    carrel.json("tokens", "create", "--scope", "workspaces", "--user", "ada")
    [listed] = carrel.json("tokens", "ls")
    assert listed["scopes"] == ["workspaces"] and "digest" not in listed


def test_what_changes_nothing_is_wrong_usage(serve):
    carrel = serve(configuration.tiny(), started=False)
    carrel.add_member("ada")
    done = carrel.run("users", "change", "ada")
    assert done.returncode == 2 and "Say what to change" in done.stderr
    done = carrel.run("explain", "ws-aaa")
    assert done.returncode == 2 and "no workspace's id" in done.stderr
    done = carrel.run("tokens", "revoke", "nonsense")
    assert done.returncode == 2 and done.stderr.startswith("carrel: ")
