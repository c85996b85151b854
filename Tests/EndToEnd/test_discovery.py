"""A container that somebody else started is shown to members by its labels, and goes when it goes."""

import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness import configuration, docker, names, places
from harness.names import visitor
from harness.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("resolved")]


@pytest.fixture
def resolved():
    with names.resolved_here():
        yield


@pytest.fixture(params=["subdomain", "host"])
def house(request, serve):
    """Ada is of the team, Bob is not."""
    containers = configuration.containers()
    containers["engines"]["docker"]["discover"] = True
    carrel = serve(configuration.light(), started=False, **containers)
    names.name_them(carrel, request.param).start()
    carrel.started = []
    carrel.ada = visitor(carrel, "ada", group="team")
    carrel.bob = visitor(carrel, "bob")
    yield carrel
    for container in carrel.started:
        docker.docker("rm", "--force", "--volumes", container, check=False)


def show(carrel, container, name="grafana", **labels):
    """As compose would start it, for this deployment only."""
    labels = {"name": name, "port": "8888", "access": "here:team", "deployment": carrel.deployment, **labels}
    words = [word for key, value in labels.items() for word in ("--label", f"org.carrel.expose.{key}={value}")]
    container = f"{carrel.deployment}-{container}"
    carrel.started.append(container)
    docker.docker(
        "run", "--detach", "--init", "--name", container, *words, "--volume", f"{places.APPS}:/apps:ro",
        "--env", "APP_PORT=8888", "--env", "APP_HOST=0.0.0.0", docker.IMAGE, "/usr/bin/python3", "-I", "/apps/tiny.py",
    )
    return container


def services(member):
    answer = member.get("/api/v1/services")
    assert answer.status_code == 200, answer.text
    return {found["name"]: found for found in answer.json()}


def shown(carrel, name="grafana"):
    """Its address, once it is there and answers."""
    url = eventually(lambda: services(carrel.ada).get(name), 60)["url"]
    eventually(lambda: carrel.ada.walk(url + "nonce")[-1].status_code == 200, 60)
    return url


def test_it_becomes_a_tile_for_whom_its_groups_admit_and_nobody_else_learns_of_it(house):
    show(house, "shown", title="Dashboards")
    url = shown(house)
    assert house.ada.walk(url + "nonce")[-1].url == url + "nonce"
    told = {name.lower(): value for name, value in house.ada.at(url + "headers").json()}
    assert told["x-carrel-user"] == house.ada.id
    assert "cookie" not in told
    assert "Dashboards" in house.ada.navigate("/").text

    assert services(house.bob) == {} and "Dashboards" not in house.bob.navigate("/").text
    missing = url.replace("grafana", "nothing")
    for address in (url, missing):
        assert [answer.status_code for answer in house.bob.walk(address)] == [303, 404]
        assert house.bob.at(address + "nonce").status_code == 401
        nobody = names.Visitor(house, "nobody", "")
        assert "/sign-in" in nobody.walk(address)[-1].url
        assert nobody.at(address + "nonce", "POST").status_code == 401


def test_its_cookie_opens_nothing_else_and_ends_with_the_session(house):
    show(house, "shown")
    url = shown(house)
    workspace = house.ada.open("light")
    values = {cookie.value for cookie in house.ada.cookies_of(url).values()}
    house.ada.walk(workspace["url"])
    for name in house.ada.cookies_of(workspace["url"]):
        for value in values:
            assert house.ada.at(workspace["url"], headers={"Cookie": f"{name}={value}"}).status_code == 401
    assert house.ada.sign_out().status_code == 303
    eventually(lambda: house.ada.at(url + "nonce").status_code == 401, 30)


def tunnel(carrel, url):
    """An open WebSocket of Ada's, and what is set when it ends."""
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in carrel.ada.cookies_of(url).items())
    socket = connect(
        url.replace("http", "ws") + "ws", origin=names.origin_of(url), proxy=None, additional_headers={"Cookie": cookies},
    )
    socket.send("still here")
    assert socket.recv(timeout=30) == "still here"
    ended = threading.Event()

    def listen():
        try:
            socket.recv()
        except ConnectionClosed:
            ended.set()

    threading.Thread(target=listen, daemon=True).start()
    return ended


def test_it_goes_with_its_container_and_what_is_open_there_ends(house):
    container = show(house, "shown")
    url = shown(house)
    ended = tunnel(house, url)
    docker.docker("rm", "--force", "--volumes", container)
    assert ended.wait(60)
    eventually(lambda: services(house.ada) == {}, 60)
    eventually(lambda: house.ada.at(url + "nonce").status_code in (401, 404), 60)
    assert house.ada.walk(url)[-1].status_code == 404
    show(house, "again")
    assert shown(house) == url, "and it comes back at the same address"


def test_who_is_taken_out_of_the_group_is_out_and_so_is_what_they_have_open(house):
    show(house, "shown")
    url = shown(house)
    ended = tunnel(house, url)
    house.ok("users", "change", "here:ada", "--group", "others")
    assert ended.wait(60)
    eventually(lambda: services(house.ada) == {}, 60)
    assert house.ada.at(url + "nonce").status_code in (401, 404)
    assert house.ada.walk(url)[-1].status_code == 404


def test_two_of_a_name_are_both_refused_and_operators_read_why(house):
    show(house, "first")
    url = shown(house)
    second = show(house, "second")
    eventually(lambda: services(house.ada) == {}, 60)
    assert house.ada.walk(url)[-1].status_code == 404
    operator = house.program("operate")

    def told():
        engines = operator.get("/api/v1/engines").json()
        return [it["message"] for engine in engines for it in engine["findings"] if "grafana" in it["message"]]

    assert eventually(told, 60)
    docker.docker("rm", "--force", "--volumes", second)
    assert shown(house) == url


def test_a_container_that_does_not_say_who_may_open_it_is_shown_to_nobody(house):
    show(house, "shown", access="")
    show(house, "other", name="shiny")
    shown(house, "shiny")
    assert set(services(house.ada)) == {"shiny"}
