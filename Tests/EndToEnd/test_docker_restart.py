"""The container engine restarts under load: workspaces stay or end with a reason, and nobody is left without a sentence."""

from collections import Counter
import threading

import pytest
import requests

from harness import configuration, docker
from harness.configuration import in_container, tiny
from harness.engine import Engine
from harness.waiting import eventually

pytestmark = pytest.mark.docker


@pytest.fixture
def engine(as_root):
    made = []

    def start(*options):
        if not Engine.usable():
            pytest.skip("containers of others use the default bridge, which a second engine would take away for a moment")
        made.append(Engine(*options))
        made[-1].start().load(docker.IMAGE)
        return made[-1]

    yield start
    for each in made:
        each.remove()


class Visits:
    """Keeps asking a workspace's page and claiming; every answer that is an error must say so in words."""

    def __init__(self, carrel, member, workspace):
        self.seen = Counter()
        self.speechless = []
        self.over = threading.Event()
        session = requests.Session()
        session.trust_env = False
        session.cookies.update(member.http.cookies)
        self.asks = [
            lambda: session.get(f"{carrel.users_url}/w/{workspace}/nonce", timeout=60),
            lambda: session.get(f"{carrel.users_url}/api/v1/workspaces", timeout=60),
        ]
        self.thread = threading.Thread(target=self._go, daemon=True)

    def _go(self):
        while not self.over.is_set():
            for ask in self.asks:
                answer = ask()
                self.seen[answer.status_code] += 1
                if answer.status_code == 500 or (answer.status_code > 500 and not answer.text.strip()):
                    self.speechless.append((answer.status_code, answer.text[:200]))
            self.over.wait(0.05)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(90)


def serve_on(serve, engine, **changes):
    settings = configuration.containers()
    settings["engines"]["docker"]["socket"] = engine.socket
    return serve(in_container(tiny(pool={"spares": 2})), **configuration.merged(settings, changes))


def test_with_live_restore_workspaces_stay_when_the_engine_restarts(engine, serve):
    mine = engine("--live-restore")
    carrel = serve_on(serve, mine)
    operator = carrel.program("operate")
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    before = ada.in_workspace(workspace, "/nonce").json()
    carrel.wait_for_spares(operator, "tiny", 2)
    with Visits(carrel, ada, workspace) as visits:
        mine.stop()
        eventually(lambda: visits.seen[200] > 20, 30, "it is used meanwhile")
        mine.start()
        carrel.wait_for_spares(operator, "tiny", 2)
        claimed = operator.open("tiny", user="here:later")
        assert claimed["phase"] == "ready"
    assert visits.speechless == [] and set(visits.seen) == {200}, visits.seen
    assert ada.in_workspace(workspace, "/nonce").json() == before


def test_without_it_they_end_with_a_reason_and_the_pool_refills(engine, serve):
    mine = engine()
    carrel = serve_on(serve, mine)
    operator = carrel.program("operate")
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    ada.in_workspace(workspace, "/home?name=note.txt", "PUT", data=b"kept")
    carrel.wait_for_spares(operator, "tiny", 2)
    spares = {row["Names"] for row in docker.containers(carrel.deployment, mine.socket)}
    with Visits(carrel, ada, workspace) as visits:
        mine.stop()
        # While it is away a claim is refused or waits, in words.
        answer = operator.claim("tiny", user="here:meanwhile")
        assert answer.status_code in (201, 202, 503), answer.text
        assert answer.json().get("detail") or answer.json().get("id")
        mine.start()
        ended = ada.wait_for_phase(workspace, "ended", 90)
        assert ended["reason"] == "lost" or ended["reason"].startswith("failed: "), ended["reason"]

        def refilled():
            now = {row["Names"] for row in docker.containers(carrel.deployment, mine.socket) if row["State"] == "running"}
            return carrel.pool(operator, "tiny")["ready"] == 2 and not now & spares
        eventually(refilled, 90, "two new spares", every=0.5)
    assert visits.speechless == [], visits.speechless[:3]
    again = ada.open("tiny")
    assert ada.in_workspace(again["id"], "/home?name=note.txt").content == b"kept"
