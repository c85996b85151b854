"""Takes away what a test's server left behind: processes, mounts, cgroups, the state directory."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil


def instances_of(state):
    """The `carrel-init` processes whose workspaces belong to the server with this state directory."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        name = process.info["name"] or ""
        command = " ".join(process.info["cmdline"] or [])
        if name.startswith("carrel-init") and str(state) in command and _is_outermost(process):
            found.append(process)
    return found


def _is_outermost(process):
    """Inside a sandbox a second carrel-init may run under the first."""
    try:
        return not any(parent.name().startswith("carrel-init") for parent in process.parents())
    except psutil.NoSuchProcess:
        return False


def belonging_to(state):
    """Every process of that server's workspaces: the instances, their trees, and what names the state directory."""
    found = {}
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if process.pid != os.getpid() and any(str(state) in word for word in words):
            found[process.pid] = process
    for process in list(found.values()):
        try:
            for child in process.children(recursive=True):
                found[child.pid] = child
        except psutil.NoSuchProcess:
            continue
    found.pop(os.getpid(), None)
    return list(found.values())


def end_processes(state):
    """Ends them by pid, twice: what was started meanwhile goes too."""
    for _ in range(2):
        victims = belonging_to(state)
        for process in victims:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
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


def remove_cgroups(deployment):
    """Removes the empty cgroups that carry the deployment's name."""
    for root, directories, _ in os.walk("/sys/fs/cgroup", topdown=False):
        for name in directories:
            path = os.path.join(root, name)
            if deployment in path:
                try:
                    os.rmdir(path)
                except OSError:
                    continue


def remove_everything(directory, deployment):
    end_processes(directory)
    unmount_below(directory)
    remove_cgroups(deployment)
    if not mounts_below(directory):
        shutil.rmtree(directory, ignore_errors=True)


def is_gone(pid):
    return not Path(f"/proc/{pid}").exists()
