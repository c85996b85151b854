"""Jupyter's REST API and kernel protocol, as JupyterLab's page speaks them (jupyter-client, "Messaging")."""

import json
import uuid
from datetime import datetime, timezone

from .waiting import eventually


class Jupyter:
    """`call(method, path, **options)` sends a request below the server's base; `dial(path)` opens a WebSocket."""

    def __init__(self, call, dial):
        self.call = call
        self.dial = dial

    @classmethod
    def of(cls, member, workspace):
        """A member's own JupyterLab, through the gateway."""
        return cls(
            lambda method, path, **options: member.in_workspace(workspace, path, method, **options),
            lambda path: member.websocket(f"/w/{workspace}{path}"),
        )

    def start_kernel(self):
        answer = self.call("POST", "/api/kernels", json={"name": "python3"})
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        return Kernel(self, answer.json()["id"])

    def start_session(self, notebook):
        """A kernel that belongs to a notebook, as opening the notebook would start it."""
        answer = self.call("POST", "/api/sessions", json={
            "kernel": {"name": "python3"}, "name": notebook, "path": notebook, "type": "notebook",
        })
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        return Kernel(self, answer.json()["kernel"]["id"])

    def kernels(self):
        return self.call("GET", "/api/kernels").json()

    def save(self, name, text):
        answer = self.call("PUT", f"/api/contents/{name}", json={"type": "file", "format": "text", "content": text})
        assert answer.status_code in (200, 201), f"{answer.status_code} {answer.text}"

    def read(self, name):
        answer = self.call("GET", f"/api/contents/{name}", params={"content": "1"})
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()["content"]

    def in_terminal(self, command, until, within=20):
        """Types a command into a new terminal and returns what it showed up to and with the text `until`."""
        answer = self.call("POST", "/api/terminals", json={})
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        name = answer.json()["name"]
        shown = ""
        with self.dial(f"/terminals/websocket/{name}") as socket:
            socket.send(json.dumps(["stdin", command + "\r"]))
            while until not in shown:
                kind, *rest = json.loads(socket.recv(timeout=within))
                if kind == "stdout":
                    shown += rest[0]
        self.call("DELETE", f"/api/terminals/{name}")
        return shown


class Kernel:
    def __init__(self, server, id):
        self.server = server
        self.id = id

    def state(self):
        return next(kernel for kernel in self.server.kernels() if kernel["id"] == self.id)["execution_state"]

    def connect(self):
        return Conversation(self.server.dial(f"/api/kernels/{self.id}/channels?session_id={uuid.uuid4().hex}"))

    def run(self, code, within=60):
        """Runs a cell over a WebSocket of its own. Returns what it printed and its value as text."""
        with self.connect() as conversation:
            return conversation.run(code, within)

    def wait_until(self, state, within=20):
        eventually(lambda: self.state() == state, within, f"kernel {state}")


class Conversation:
    """One WebSocket to one kernel."""

    def __init__(self, socket):
        self.socket = socket.__enter__()
        self.session = uuid.uuid4().hex

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, code):
        """Sends an execute_request; returns its message id."""
        id = uuid.uuid4().hex
        self.socket.send(json.dumps({
            "channel": "shell",
            "header": {
                "msg_id": id, "msg_type": "execute_request", "username": "", "session": self.session,
                "version": "5.3", "date": datetime.now(timezone.utc).isoformat(),
            },
            "parent_header": {},
            "metadata": {},
            "content": {
                "code": code, "silent": False, "store_history": True, "user_expressions": {},
                "allow_stdin": False, "stop_on_error": True,
            },
            "buffers": [],
        }))
        return id

    def run(self, code, within=60):
        id = self.ask(code)
        printed, value = "", None
        is_idle = is_answered = False
        while not (is_idle and is_answered):
            message = json.loads(self.socket.recv(timeout=within))
            if message["parent_header"].get("msg_id") != id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed += content["text"]
            elif kind == "execute_result":
                value = content["data"]["text/plain"]
            elif kind == "error":
                raise AssertionError(f"the cell failed: {content['ename']}: {content['evalue']}")
            elif kind == "execute_reply":
                is_answered = True
            elif kind == "status" and content["execution_state"] == "idle":
                is_idle = True
        return printed, value
