"""A changed configuration is applied while everything goes on; an invalid one changes nothing."""

from harness import configuration
from harness.waiting import eventually, stays


def test_a_changed_file_is_applied_without_dropping_a_connection(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    with ada.websocket(f"/w/{workspace}/ws") as socket:
        socket.send("before")
        assert socket.recv(timeout=5) == "before"
        carrel.settings["apps"].append(configuration.light(title="Brand new"))
        carrel.write()
        carrel.reload()
        eventually(lambda: "light" in app_ids(ada), 10, "the new app is offered")
        socket.send("after")
        assert socket.recv(timeout=5) == "after"
    assert ada.open("light")["phase"] == "ready"
    assert ada.in_workspace(workspace, "/nonce").status_code == 200


def app_ids(member):
    body = member.get("/api/v1/apps").json()
    return [app["id"] for app in (body if isinstance(body, list) else body["apps"])]


def test_an_invalid_file_changes_nothing_and_says_why(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    carrel.write({**carrel.settings, "apps": [configuration.light(pool={"spares": "many"})]})
    carrel.reload()
    line = carrel.eventually_logs(["spares"])
    assert "carrel.yaml:" in carrel.log() and line
    stays(lambda: app_ids(ada) == ["tiny"], during=2, what="the old configuration holds")
    assert ada.open("tiny")["phase"] == "ready"


def test_what_a_reload_cannot_change_is_said_and_nothing_is_changed(serve):
    carrel = serve(configuration.tiny())
    ada = carrel.member("ada")
    carrel.write({**carrel.settings, "deployment": "another", "apps": [configuration.light()]})
    carrel.reload()
    carrel.eventually_logs(["deployment", "reload"])
    assert app_ids(ada) == ["tiny"]


def test_it_can_be_asked_for_over_the_api_and_tells_the_problems(serve):
    carrel = serve(configuration.tiny())
    operator = carrel.program("operate")
    carrel.settings["apps"].append(configuration.light())
    carrel.write()
    assert operator.post("/api/v1/reload").status_code in (200, 204)
    ada = carrel.member("ada")
    assert sorted(app_ids(ada)) == ["light", "tiny"]
    carrel.write("apps: 7\n")
    answer = operator.post("/api/v1/reload")
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] == "configuration"
    assert sorted(app_ids(ada)) == ["light", "tiny"]


def test_spares_of_a_changed_app_are_replaced_and_workspaces_in_use_are_not(serve):
    carrel = serve(configuration.tiny(pool={"spares": 2}))
    operator, ada = carrel.program("operate"), carrel.member("ada")
    carrel.wait_for_spares(operator, "tiny", 2)
    hers = ada.open("tiny")["id"]
    before = ada.in_workspace(hers, "/nonce").json()
    carrel.wait_for_spares(operator, "tiny", 2)
    old = {process.pid for process in carrel.instances()}
    carrel.app("tiny")["environment"]["EDITION"] = "second"
    carrel.write()
    carrel.reload()

    def all_replaced():
        now = {process.pid for process in carrel.instances()}
        return len(now & old) == 1 and carrel.pool(operator, "tiny")["ready"] == 2

    eventually(all_replaced, 60, "both spares are new ones")
    assert ada.in_workspace(hers, "/nonce").json() == before
    fresh = ada.open("tiny", name="second")["id"]
    assert "EDITION" in ada.in_workspace(fresh, "/self").json()["environment"]
