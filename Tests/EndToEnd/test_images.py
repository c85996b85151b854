"""The images that members work in, built from Debian's packages and PyPI's. Slow, so `make test-docker` runs these;
what their scripts do alone is tested in test_image_scripts.py."""

import json
import os
import re
import subprocess
import time

import pytest
import yaml

from harness import configuration, docker, images, leftovers, places
from harness.composed import FOLDER
from harness.jupyter import Jupyter
from harness.waiting import eventually

SOURCES = places.REPOSITORY / "images"
pytestmark = [
    pytest.mark.docker,
    pytest.mark.usefixtures("as_root"),
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not os.environ.get("CARREL_STRICT_FIGURES"), reason="builds for minutes: `make test-docker`"),
]


def built(name, figure):
    before = time.monotonic()
    tag = f"carrel/{name}:test-{os.getpid()}"
    images.build(tag, SOURCES / name / "Dockerfile", SOURCES, within=1500, BASE=images.debian())
    size = docker.inspect(tag)["Size"] / 1e6
    figure(f"image {name}: MB of {size:.0f}; seconds to build", round(time.monotonic() - before), 1500)
    return tag


@pytest.fixture(scope="module")
def jupyter_image(module_figure):
    tag = built("jupyter", module_figure)
    yield tag
    images.remove(tag)


@pytest.fixture(scope="module")
def shiny_image(module_figure):
    tag = built("shiny", module_figure)
    yield tag
    images.remove(tag)


@pytest.fixture(scope="module")
def module_figure():
    def tell(what, value, bound):
        places.ARTIFACTS.mkdir(parents=True, exist_ok=True)
        with open(places.ARTIFACTS / "figures.txt", "a") as file:
            file.write(f"{what}: {value} (bound {bound})\n")
    return tell


def documented(app, image):
    """The block of carrel.yaml that images/README.md shows for the app."""
    blocks = re.findall(r"```yaml\n(.*?)```", (SOURCES / "README.md").read_text(), re.DOTALL)
    found = next(entry for block in blocks for entry in yaml.safe_load(block)["apps"] if entry["id"] == app)
    return configuration.merged(found, {"image": image, "home": {"volume": "volumes"}, "pool": {"spares": 1}})


@pytest.fixture
def lab(serve, jupyter_image):
    """The documented JupyterLab, a spare of which was given to ada."""
    carrel = serve(documented("jupyter", jupyter_image), **configuration.containers())
    operator = carrel.operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "jupyter", 1, within=120)
    carrel.ada = carrel.member("ada")
    return carrel


def claimed(carrel, app="jupyter"):
    carrel.wait_for_spares(carrel.operator, app, 1, within=120)
    workspace = carrel.ada.open(app)
    assert workspace["trace"]["source"] == "spare"
    return workspace["id"]


def test_what_a_member_installs_lands_in_the_home_and_is_there_in_the_next_workspace(lab):
    first = claimed(lab)
    kernel = Jupyter.of(lab.ada, first).start_kernel()
    assert kernel.run("6*7") == ("", "42")
    kernel.run("%pip install --quiet cowsay", within=180)
    printed, _ = kernel.run("import cowsay; print(cowsay.__file__)")
    assert printed.startswith("/home/member/.local/lib/python3"), printed
    newer, _ = kernel.run(
        "!pip install --quiet 'requests==2.31.0'\n!python -c 'import requests; print(requests.__version__)'", 180
    )
    assert "2.31.0" in newer, "what the member installed comes before what the image has"

    lab.ada.stop(first)
    second = claimed(lab)
    assert second != first
    kernel = Jupyter.of(lab.ada, second).start_kernel()
    printed, _ = kernel.run("import cowsay, requests; print(cowsay.__file__, requests.__version__)")
    assert printed.startswith("/home/member/.local/") and printed.strip().endswith("2.31.0")


def test_the_versions_of_a_workspace_are_told_with_those_in_the_home(lab):
    workspace = claimed(lab)
    kernel = Jupyter.of(lab.ada, workspace).start_kernel()
    told = lab.ada.in_workspace(workspace, "/~versions/")
    assert told.status_code == 200 and told.headers["Content-Type"] == "application/json", told.text[:300]
    told = told.json()
    assert told["system"]["id"] == "debian" and told["system"]["version"] == "12"
    printed, _ = kernel.run("import sys, numpy, pandas; print('%d.%d.%d' % sys.version_info[:3], numpy.__version__, pandas.__version__)")
    packages = told["python"]["packages"]
    assert [told["python"]["version"], packages["numpy"], packages["pandas"]] == printed.split()
    code, version = docker.execute(workspace, "Rscript", "-e", "cat(as.character(getRversion()))")
    assert code == 0 and told["r"]["version"] == version.strip().splitlines()[-1]
    assert told["r"]["packages"]["IRkernel"] and "cowsay" not in packages
    kernel.run("%pip install --quiet cowsay", within=180)
    assert lab.ada.in_workspace(workspace, "/~versions/").json()["python"]["packages"]["cowsay"]


def test_r_computes_and_a_members_own_r_package_lands_in_the_home(lab):
    workspace = claimed(lab)
    jupyter = Jupyter.of(lab.ada, workspace)
    answer = jupyter.call("POST", "/api/kernels", json={"name": "ir"})
    assert answer.status_code == 201, answer.text
    jupyter.call("DELETE", f"/api/kernels/{answer.json()['id']}")
    jupyter.save("DESCRIPTION", "Package: mine\nVersion: 1.2.3\nTitle: Mine\nDescription: Mine.\nLicense: MIT\nAuthor: A\nMaintainer: A <a@example.org>\n")
    shown = jupyter.in_terminal(
        "cd; mkdir mine; mv DESCRIPTION mine/; touch mine/NAMESPACE; Rscript -e 'cat(6*7, \"\\n\");"
        " install.packages(\"mine\", repos = NULL, type = \"source\"); cat(find.package(\"mine\"))'; echo en''ded", "ended", 120,
    )
    assert "42" in shown and "/home/member/R/" in shown, shown
    assert lab.ada.in_workspace(workspace, "/~versions/").json()["r"]["packages"]["mine"] == "1.2.3"


def test_nothing_is_opened_in_the_home_before_somebody_comes(lab):
    spare = next(row["Names"] for row in docker.containers(lab.deployment))
    opened = docker.docker("exec", spare, "sh", "-c", "ls -lA /home/member; ls -l /proc/[0-9]*/fd /proc/[0-9]*/cwd 2>/dev/null")
    assert "/home/member" not in opened, opened
    assert "uid=1000(member) gid=1000(member)" in docker.docker("exec", spare, "id")


def test_how_long_a_cold_one_takes(lab, jupyter_image, figure):
    taken = []
    for _ in range(3):
        before = time.perf_counter()
        container = docker.docker("run", "--detach", "--rm", "--init", "--network", "host", "--env", "PORT=18888", "--env", "VERSIONS_PORT=12310", jupyter_image)
        try:
            def answers():
                return subprocess.run(["curl", "-sf", "http://127.0.0.1:18888/api"], capture_output=True, check=False).returncode == 0
            eventually(answers, 60, "JupyterLab answers")
            taken.append(time.perf_counter() - before)
        finally:
            docker.docker("rm", "--force", container, check=False)
    figure("image jupyter: seconds from docker run to its first answer, best of 3", round(min(taken), 2), 60)


def test_a_shiny_app_is_handed_over_warm_below_its_own_path(serve, shiny_image, figure):
    carrel = serve(documented("shiny", shiny_image), **configuration.containers())
    carrel.operator, carrel.ada = carrel.program("operate"), carrel.member("ada")
    workspace = claimed(carrel, "shiny")
    page = carrel.ada.navigate(f"/w/{workspace}/")
    assert page.status_code == 200 and "How a mean settles" in page.text
    script = re.search(r'src="([^"]*shiny[^"]*\.js)"', page.text).group(1)
    assert not script.startswith("/"), "assets are found below the workspace's path"
    assert carrel.ada.in_workspace(workspace, f"/{script}").status_code == 200
    with carrel.ada.websocket(f"/w/{workspace}/websocket/") as socket:
        hidden = {".clientdata_output_last_hidden": False, ".clientdata_output_means_hidden": True}
        socket.send(json.dumps({"method": "init", "data": {"count:shiny.number": 50, **hidden}}))
        eventually(lambda: "The mean of 50 numbers" in socket.recv(timeout=20), 30, "the app computes")
    told = carrel.ada.in_workspace(workspace, "/~versions/").json()
    assert told["r"]["packages"]["shiny"] and told["system"]["id"] == "debian"


def test_nothing_of_these_is_left_mounted(lab):
    workspace = claimed(lab)
    lab.ada.stop(workspace)
    eventually(
        lambda: not any(workspace in point for point in leftovers.mounts_below(lab.state)), 30, "the home is unmounted",
    )


def test_compose_ships_the_documented_block():
    shipped = yaml.safe_load((FOLDER / "config" / "carrel.yaml").read_text())["apps"][0]
    shipped["environment"].pop("TEAM_KEY")
    assert shipped == configuration.merged(documented("jupyter", shipped["image"]), {"home": shipped["home"], "pool": shipped["pool"]})
