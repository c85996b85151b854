"""A program that talks to the API with a token."""

import requests

from .waiting import eventually


class Program:
    def __init__(self, base, token):
        self.base = base
        self.token = token
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, path, **options):
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        return self.http.request(method, self.base + path, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def claim(self, app, name=None, user=None):
        """POST /api/v1/workspaces: the answer, whatever it is."""
        body = {"app": app}
        if name is not None:
            body["name"] = name
        if user is not None:
            body["user"] = user
        return self.post("/api/v1/workspaces", json=body)

    def workspace(self, id):
        answer = self.get(f"/api/v1/workspaces/{id}")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    def workspaces(self):
        answer = self.get("/api/v1/workspaces")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        body = answer.json()
        return body if isinstance(body, list) else body["workspaces"]

    def open(self, app, name=None, user=None, within=60):
        """Claims, and waits until it is ready. Returns the workspace."""
        answer = self.claim(app, name=name, user=user)
        assert answer.status_code in (201, 202), f"{answer.status_code} {answer.text}"
        return self.wait_for_phase(answer.json()["id"], "ready", within)

    def wait_for_phase(self, id, phase, within=60):
        def reached():
            found = self.workspace(id)
            if found["phase"] == "ended" != phase:
                raise RuntimeError(f"it ended: {found.get('reason')}")
            return found if found["phase"] == phase else None
        return eventually(reached, within, f"workspace {id} {phase}")

    def stop(self, id, within=30):
        """Ends a workspace and waits until it is gone."""
        answer = self.delete(f"/api/v1/workspaces/{id}")
        assert answer.status_code in (200, 202, 204), f"{answer.status_code} {answer.text}"
        return self.wait_for_phase(id, "ended", within)

    def close(self):
        self.http.close()
