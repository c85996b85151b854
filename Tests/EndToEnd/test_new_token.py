"""A token that was made a moment ago enters its member's workspace, or is told the truth about why not yet."""

import requests

from harness.waiting import eventually


def test_a_token_made_a_moment_ago_is_never_told_that_a_ready_workspace_is_not_ready(serve):
    carrel = serve()
    workspace = carrel.member("ada").open("tiny")["id"]
    for _ in range(3):
        token = carrel.token("workspaces", user="ada")
        told = []

        def enters():
            answer = requests.get(
                f"{carrel.users_url}/w/{workspace}/nonce", headers={"Authorization": f"Bearer {token}"}, timeout=30,
                allow_redirects=False,
            )
            if answer.status_code == 503:
                told.append(answer.json()["code"])
                assert int(answer.headers["Retry-After"]) <= 1
            return answer.status_code == 200

        eventually(enters, 30, "it enters")
        assert set(told) <= {"ask-again"}, told
