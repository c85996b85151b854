"""Two listeners: what belongs to operators is not on the users' one."""

import pytest

from harness import configuration
from harness.member import Member
from harness.waiting import eventually

OPERATORS = ["/metrics", "/healthz", "/readyz", "/api/v1/pools", "/api/v1/users", "/api/v1/usage", "/api/v1/audit",
             "/api/v1/engines", "/pool"]


@pytest.fixture
def carrel(serve):
    return serve(configuration.tiny())


def test_the_users_listener_answers_404_to_all_that_is_the_operators(carrel):
    token = carrel.token("operate")
    boss = carrel.member("boss", "--operator")
    for path in OPERATORS:
        assert boss.get(path).status_code == 404, path
        answer = boss.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 404, path
    assert boss.post("/pool", json={"command": "GET_STATUS", "payload": {}}).status_code in (403, 404)


def test_health_needs_no_token_and_the_rest_does(carrel):
    nobody = carrel.program("operate")
    nobody.http.headers.pop("Authorization")
    assert nobody.get("/healthz").status_code == 200
    assert nobody.get("/readyz").status_code == 200
    for path in ("/api/v1/pools", "/api/v1/users", "/api/v1/engines"):
        assert nobody.get(path).status_code == 401, path


def test_a_server_whose_only_engine_does_not_work_is_not_ready_until_it_does(serve):
    carrel = serve(configuration.tiny(), started=False)
    carrel.state.mkdir(mode=0o700)
    in_the_way = carrel.state / "instances"
    in_the_way.write_text("a file where a directory belongs")
    carrel.start()
    operator = carrel.program("operate")
    answer = operator.get("/readyz")
    assert answer.status_code == 503 and "No engine is ready" in answer.text
    [engine] = operator.get("/api/v1/engines").json()
    assert any(found["severity"] == "error" for found in engine["findings"]), engine
    in_the_way.unlink()
    eventually(lambda: operator.get("/readyz").status_code == 200, 90, "the engine is tried again")
    carrel.member("ada").open("tiny")


def test_operators_see_pools_engines_and_everybodys_workspaces(carrel):
    operator, ada = carrel.program("operate"), carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    assert workspace in [found["id"] for found in operator.workspaces()]
    [pool] = operator.get("/api/v1/pools").json()
    assert pool["app"] == "tiny" and pool["claimed"] == 1
    assert {"wanted", "ready", "starting", "queued"} <= set(pool)
    assert operator.get("/api/v1/engines").status_code == 200


def test_a_local_account_named_like_an_operator_of_another_provider_is_none(serve):
    carrel = serve(configuration.tiny(), sign_in={
        "providers": [{"id": "here", "kind": "local"}, {"id": "company", "kind": "local"}],
        "operators": {"users": ["company:boss", "here:chief"]},
    })
    operators = Member(carrel, "boss", carrel.add_member("boss", "--provider", "here"))
    operators.base = carrel.operators_url
    answer = operators.try_to_sign_in(operators.password)
    assert answer.status_code != 303 or operators.get("/api/v1/pools").status_code in (401, 403)
    chief = Member(carrel, "chief", carrel.add_member("chief", "--provider", "here"))
    chief.base = carrel.operators_url
    assert chief.try_to_sign_in(chief.password).status_code == 303
    assert chief.get("/api/v1/pools").status_code == 200


def test_operators_see_who_had_which_app_for_how_long(carrel):
    operator, ada = carrel.program("operate"), carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    ada.stop(workspace)
    ada.wait_for_phase(workspace, "ended", within=30)
    ada.open("tiny")
    [used] = operator.get("/api/v1/usage").json()
    assert used.pop("seconds") >= 0
    assert used == {"user": ada.id, "app": "tiny", "workspaces": 2}
    assert operator.get("/api/v1/usage?user=here:ada").json()[0]["user"] == ada.id
    assert operator.get("/api/v1/usage?to=2001-01-01T00:00:00Z").json() == []
    answer = operator.get("/api/v1/usage?from=yesterday")
    assert answer.status_code == 400 and "from must be a moment" in answer.text
