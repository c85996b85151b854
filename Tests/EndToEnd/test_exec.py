"""`carrel exec`: an operator's command inside a workspace, on carrel's own machine, recorded."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from harness import configuration, docker, places
from harness.configuration import in_container, tiny
from harness.waiting import eventually

pytestmark = pytest.mark.docker

UNKNOWN = "ws-aaaaaaaaaaaaaaaa"


@pytest.fixture
def carrel(serve):
    return serve(in_container(tiny()), **configuration.containers())


def execute(carrel, workspace, *command, stdin=""):
    """As `Carrel.run`, with the options before `--`."""
    return subprocess.run(
        [str(places.CARREL), "exec", "--config", str(carrel.file), workspace, "--", *command],
        input=stdin, capture_output=True, text=True, timeout=120, cwd=carrel.directory, check=False,
    )


def recorded(carrel, workspace=None):
    """What the record has of commands, the oldest first."""
    rows = [row["entry"] for row in json.loads(carrel.ok("audit", "--json"))]
    return [
        row for row in rows
        if row["kind"].startswith("workspace.exec") and (workspace is None or row.get("workspace") == workspace)
    ]


def test_output_input_and_exit_code_of_a_command(carrel):
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    done = execute(carrel, workspace, "sh", "-c", "echo out; echo err >&2; cat; exit 7", stdin="given\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\ngiven\n", "err\n")
    done = execute(carrel, workspace, "sh", "-c", "id -u; echo $HOME")
    assert done.stdout == "1000\n/home/member\n" and done.returncode == 0
    begun, ended = recorded(carrel, workspace)[:2]
    assert begun["kind"] == "workspace.exec" and begun["user"] == ada.id
    assert begun["details"]["command"] == "sh -c 'echo out; echo err >&2; cat; exit 7'"
    assert begun["details"]["uid"] == str(os.geteuid()) and begun["details"]["app"] == "tiny"
    assert ended["kind"] == "workspace.exec-ended" and ended["details"]["ended"] == "exit code 7"
    assert carrel.run("audit", "--verify").returncode == 0


class Terminal:
    """A command line in a terminal of its own, as an operator sees it."""

    def __init__(self, carrel, workspace, columns, rows):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "vt100"
            os.chdir(carrel.directory)
            os.execv(places.CARREL, ["carrel", "exec", "--config", str(carrel.file), workspace])
        self.resize(columns, rows)
        self.seen = ""

    def resize(self, columns, rows):
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.file, text.encode())

    def shows(self, pattern, within=60):
        end = time.monotonic() + within
        while not re.search(pattern, self.seen):
            assert time.monotonic() < end, f"{pattern!r} never appeared in {self.seen!r}"
            if select.select([self.file], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.file, 65536).decode(errors="replace")
                except OSError:
                    assert re.search(pattern, self.seen), f"{pattern!r} never appeared in {self.seen!r}"
                    return

    def end(self):
        """The exit code."""
        while True:
            try:
                if not os.read(self.file, 65536):
                    break
            except OSError:
                break
        _, status = os.waitpid(self.pid, 0)
        os.close(self.file)
        return os.waitstatus_to_exitcode(status)


def test_a_shell_in_a_terminal_echoes_and_follows_its_size(carrel):
    workspace = carrel.member("ada").open("tiny")["id"]
    terminal = Terminal(carrel, workspace, 91, 31)
    terminal.type("echo begun-$((40 + 2)) $TERM\n")
    terminal.shows(r"echo begun-\$")
    terminal.shows("begun-42 vt100")
    terminal.type("stty size\n")
    terminal.shows("31 91")
    terminal.resize(132, 43)
    terminal.type("until stty size | grep '43 132'; do sleep 0.1; done; echo followed-$((1 + 1))\n")
    terminal.shows("followed-2")
    # Ctrl-C ends what runs there, not the command line.
    terminal.type("sh -c 'echo sleeps-$((1 + 1)); exec sleep 1000'\n")
    terminal.shows("sleeps-2")
    terminal.type("\x03")
    # What is typed ahead of the prompt goes with the interrupted command.
    terminal.shows(r"\^C[\s\S]*\$ ")
    terminal.type("echo still-$((2 + 2)); exit 5\n")
    terminal.shows("still-4")
    assert terminal.end() == 5
    ended = recorded(carrel, workspace)[-1]
    assert ended["details"]["terminal"] == "yes" and ended["details"]["ended"] == "exit code 5"


def test_whoever_leaves_takes_the_command_along_and_that_is_recorded(carrel):
    workspace = carrel.member("ada").open("tiny")["id"]
    left = subprocess.Popen(
        [str(places.CARREL), "exec", "--config", str(carrel.file), workspace, "--", "sh", "-c", "echo begun; sleep 4321"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=carrel.directory,
    )
    assert left.stdout.readline() == b"begun\n"
    left.send_signal(signal.SIGKILL)
    left.wait(10)
    left.stdin.close()
    left.stdout.close()
    eventually(lambda: recorded(carrel, workspace)[-1]["kind"] == "workspace.exec-ended", 60, "the end is recorded")
    assert recorded(carrel, workspace)[-1]["details"]["ended"] == "left while it ran"
    if os.geteuid() == 0:
        assert "4321" not in docker.docker("top", f"carrel-{workspace}")


def test_a_workspace_that_does_not_run_is_unknown_or_has_no_such_program_is_told_as_that(carrel):
    ada = carrel.member("ada")
    workspace = ada.open("tiny")["id"]
    assert execute(carrel, workspace, "no-such-program").returncode in (126, 127)
    ada.stop(workspace)
    done = execute(carrel, workspace, "true")
    assert done.returncode == 1 and "does not run: it is ended" in done.stderr and done.stdout == ""
    assert recorded(carrel, workspace)[-1]["details"]["ended"].startswith("The workspace does not run")
    done = execute(carrel, UNKNOWN, "true")
    assert done.returncode == 1 and "no such workspace" in done.stderr
    refused = recorded(carrel, UNKNOWN)[-1]
    assert refused["kind"] == "workspace.exec-refused" and refused["details"]["command"] == "true"
    assert carrel.run("exec", "not-an-id").returncode == 2


def test_an_engine_that_can_not_says_so(serve):
    carrel = serve()
    workspace = carrel.member("ada").open("tiny")["id"]
    done = execute(carrel, workspace, "true")
    assert done.returncode == 1 and "can't be run in workspaces of the engine here" in done.stderr


def test_no_listener_has_it_for_members_or_operators(carrel):
    ada, boss = carrel.member("ada"), carrel.member("boss", "--operator")
    workspace = ada.open("tiny")["id"]
    path = f"/api/v1/workspaces/{workspace}/exec?order=" + '{"command":["true"]}'
    for asker in (ada, boss, carrel.program("operate"), carrel.program("workspaces", user="ada", listener="users")):
        assert asker.post(path).status_code == 404
    assert recorded(carrel) == []


def test_whoever_reaches_the_socket_and_is_neither_root_nor_carrels_user_is_refused_and_recorded(carrel, as_root):
    workspace = carrel.member("ada").open("tiny")["id"]
    nobody = 65534
    run = carrel.state / "run"
    # As it should be: they don't come so far.
    done = subprocess.run(
        ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", "cat", str(run / "control.sock")],
        capture_output=True, text=True, check=False,
    )
    assert "Permission denied" in done.stderr
    # As it should not be: somebody opened the way.
    for place in (carrel.directory, carrel.state, run):
        place.chmod(0o755)
    (run / "control.sock").resolve().chmod(0o777)
    ask = (
        "import http.client,socket,sys\n"
        "s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1])\n"
        "c=http.client.HTTPConnection('control');c.sock=s\n"
        "c.request('POST',sys.argv[2]);print(c.getresponse().status)\n"
    )
    path = f"/api/v1/workspaces/{workspace}/exec?order=%7B%22command%22%3A%5B%22id%22%5D%7D"
    done = subprocess.run(
        ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", places.SYSTEM_PYTHON, "-c", ask,
         str(run / "control.sock"), path],
        capture_output=True, text=True, check=False,
    )
    assert done.stdout == "403\n", done.stderr
    [refused] = recorded(carrel, workspace)
    assert refused["kind"] == "workspace.exec-refused" and refused["details"]["uid"] == str(nobody)
    assert refused["details"]["command"] == "id"


def test_a_shell_ends_when_carrel_stops_and_does_not_hold_it_up(carrel):
    workspace = carrel.member("ada").open("tiny")["id"]
    shell = subprocess.Popen(
        [str(places.CARREL), "exec", "--config", str(carrel.file), workspace, "--", "sh", "-c", "echo begun; sleep 4321"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=carrel.directory,
    )
    assert shell.stdout.readline() == b"begun\n"
    assert carrel.stop(within=60) == 0
    assert shell.wait(60) == 1
    shell.communicate()
