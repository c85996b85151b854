"""A real JupyterLab, handed over warm, worked in through the gateway."""

import pytest

from harness import configuration
from harness.jupyter import Jupyter

pytestmark = pytest.mark.jupyter


@pytest.fixture
def lab(serve):
    """A spare JupyterLab that was given to ada."""
    carrel = serve(configuration.jupyter(pool={"spares": 1}))
    operator = carrel.program("operate")
    carrel.wait_for_spares(operator, "jupyter", 1, within=120)
    ada = carrel.member("ada")
    answer = ada.claim("jupyter")
    assert answer.status_code == 201, f"a ready spare is handed over at once: {answer.status_code} {answer.text}"
    workspace = answer.json()
    assert workspace["trace"]["source"] == "spare"
    carrel.ada, carrel.workspace = ada, workspace["id"]
    carrel.jupyter = Jupyter.of(ada, workspace["id"])
    return carrel


def test_a_cell_with_six_times_seven_gives_42(lab):
    assert lab.jupyter.start_kernel().run("6*7") == ("", "42")


def test_a_warm_one_starts_kernels_and_terminals_and_saves_into_the_home(lab):
    lab.jupyter.save("notes.txt", "saved through the contents API")
    printed, _ = lab.jupyter.start_kernel().run(
        "import os, pathlib; pathlib.Path.home().joinpath('from-kernel.txt').write_text('kernel');"
        "print(os.environ['HOME'], sorted(os.listdir(os.path.expanduser('~'))))"
    )
    assert printed.startswith("/home/member ")
    shown = lab.jupyter.in_terminal("cd; echo terminal > from-terminal.txt; ls; echo do''ne", until="done")
    assert "from-terminal.txt" in shown
    assert lab.jupyter.read("from-kernel.txt") == "kernel"
    home = lab.directory / "homes" / lab.ada.id
    assert (home / "notes.txt").read_text() == "saved through the contents API"
    assert (home / "from-kernel.txt").read_text() == "kernel"
    assert (home / "from-terminal.txt").read_text() == "terminal\n"


def test_runtime_files_lie_outside_the_home(lab):
    kernel = lab.jupyter.start_kernel()
    connection, _ = kernel.run("import ipykernel; print(ipykernel.get_connection_file())")
    assert not connection.startswith("/home/member"), connection
    assert not list((lab.directory / "homes" / lab.ada.id).rglob("kernel-*.json"))


def test_output_of_a_long_cell_streams_as_it_comes(lab):
    kernel = lab.jupyter.start_kernel()
    with kernel.connect() as conversation:
        printed, _ = conversation.run(
            "for n in range(20):\n    print('x' * 100_000)"
        )
    assert len(printed) == 20 * 100_001


def test_two_windows_on_one_kernel_see_the_same_state(lab):
    kernel = lab.jupyter.start_kernel()
    kernel.run("answer = 6*7")
    assert kernel.run("answer")[1] == "42"


def test_the_members_name_is_in_the_runtime_directory(lab):
    printed, _ = lab.jupyter.start_kernel().run(
        "import json, os, pathlib\n"
        "runtime = pathlib.Path(os.environ['XDG_RUNTIME_DIR'])\n"
        "print(json.loads((runtime / 'identity.json').read_text())['id'])"
    )
    assert printed.strip() == lab.ada.id
