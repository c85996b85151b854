"""Takes away what a test's server left behind: processes, mounts, cgroups, the state directory."""

import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil


def instances_of(state):
    """The outermost `carrel-init` processes of the workspaces that belong to the server with this state directory."""
    return [
        process for process in psutil.process_iter(["name"])
        if (process.info["name"] or "").startswith("carrel-init") and _names(process, state) and _is_outermost(process)
    ]


def _names(process, directory):
    """Whether a process has the directory on its command line, or works below it."""
    try:
        return any(str(directory) in word for word in process.cmdline()) or (
            process.cwd().startswith(f"{directory}/")
        )
    except (psutil.Error, OSError):
        return False


def _is_outermost(process):
    """Inside a sandbox a second carrel-init may run under the first."""
    try:
        return not any(parent.name().startswith("carrel-init") for parent in process.parents())
    except psutil.NoSuchProcess:
        return False


def belonging_to(state):
    """Every process of that server's workspaces: what names the state directory or works in it, and their trees."""
    found = {process.pid: process for process in psutil.process_iter() if _names(process, state)}
    for process in list(found.values()):
        try:
            for child in process.children(recursive=True):
                found[child.pid] = child
        except psutil.NoSuchProcess:
            continue
    for own in [psutil.Process(), *psutil.Process().parents()]:
        found.pop(own.pid, None)
    return list(found.values())


def kill(victims):
    """SIGKILL; one that went with its parent is as dead as it should be."""
    for process in victims:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def end_processes(state):
    """Ends them by pid, twice: what was started meanwhile goes too."""
    for _ in range(2):
        victims = belonging_to(state)
        kill(victims)
        psutil.wait_procs(victims, timeout=5)


def mounts_below(directory):
    """Mount points at or below a directory, the deepest first."""
    points = []
    with open("/proc/self/mountinfo") as table:
        for line in table:
            point = line.split()[4].encode().decode("unicode_escape")
            if point == str(directory) or point.startswith(f"{directory}/"):
                points.append(point)
    return sorted(points, key=len, reverse=True)


def unmount_below(directory):
    for point in mounts_below(directory):
        subprocess.run(["umount", "-l", point], check=False, capture_output=True)


def fingerprint(state):
    """The mark on an engine's control groups and firewall chains: FNV-1a of its state directory's path."""
    number = 0xCBF29CE484222325
    for byte in str(state).encode():
        number = (number ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{number & 0xFFFFFFFF:08x}"


def remove_cgroups(mark):
    """Removes the control groups whose parent carries the mark; what still holds a process stays."""
    for root, directories, _ in os.walk("/sys/fs/cgroup", topdown=False):
        for name in directories:
            path = os.path.join(root, name)
            if mark in path:
                try:
                    os.rmdir(path)
                except OSError:
                    continue


def remove_firewall(mark):
    """Jumps to chains that carry the mark, and the chains, in both tables that carrel uses."""
    for program, table in itertools.product(("iptables", "ip6tables"), ("filter", "security")):
        if shutil.which(program) is None or os.geteuid() != 0:
            continue
        command = [program, "--wait", "--table", table]
        listed = subprocess.run([*command, "-S"], capture_output=True, text=True, check=False).stdout
        chains = {line.split()[1] for line in listed.splitlines() if line.startswith("-N ") and mark in line}
        jumps = [line for line in listed.splitlines() if line.startswith("-A ") and line.split()[-1] in chains]
        for jump in jumps:
            subprocess.run([*command, "-D", *jump.split()[1:]], capture_output=True, check=False)
        for verb in ("-F", "-X"):
            for chain in chains:
                subprocess.run([*command, verb, chain], capture_output=True, check=False)


def remove_everything(directory, state):
    """All that a server and its workspaces left on this machine, and then its directory."""
    for place in {directory, state}:
        end_processes(place)
    for place in (state / "engines", state / "slots", directory):
        unmount_below(place)
    remove_cgroups(fingerprint(state))
    for place in (state, *(state / "engines").glob("*")):
        remove_firewall(fingerprint(place))
    if not mounts_below(directory):
        shutil.rmtree(directory, ignore_errors=True)
