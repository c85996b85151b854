"""What the kernel tells of processes and of this machine."""

import os
import platform
import re
import subprocess
from pathlib import Path

#: Debian's Node.js finds Debian's modules by itself; another one, where that is installed, has to be told.
NODE = {"NODE_PATH": "/usr/share/nodejs"}
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all threads so far (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _rollup(pid, field):
    return int(re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1)) * 1024


def resident(pid):
    """Resident bytes (proc(5), smaps_rollup)."""
    return _rollup(pid, "Rss")


def anonymous(pid):
    """Of those, the bytes that lie in no file."""
    return _rollup(pid, "Anonymous")


def children(pid):
    """Every descendant."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(entry.name), *children(int(entry.name))]
    return found


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def pin(pid, core):
    """All threads of a process to one core."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core})


def go_first(pid=None):
    """Before whatever else this machine computes, if this user may: what is started from here inherits it."""
    try:
        if pid is None:
            if os.getsid(0) != os.getpid():
                os.setsid()
            os.setpriority(os.PRIO_PROCESS, 0, -20)
        # Where sessions share the processor (sched(7), autogroup), nice values count only inside of one.
        Path(f"/proc/{pid or 'self'}/autogroup").write_text("-20")
    except OSError:
        pass


def said(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **NODE})
    return (done.stdout + done.stderr).strip()


def describe():
    """For the report: processor, system, and how many processes wanted the processor in the last five minutes."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.M)
    return {
        "processor": f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores",
        "load": f"{os.getloadavg()[1]:.0f}",
        "system": f"{platform.freedesktop_os_release().get('PRETTY_NAME', 'Linux')}, Linux {platform.release()}",
    }


def versions():
    node = said("node", "--version")
    return {
        "nginx": said("nginx", "-v").split("/")[-1],
        "HAProxy": re.search(r"version (\S+)", said("haproxy", "-v")).group(1),
        "configurable-http-proxy": f"{said('configurable-http-proxy', '--version')} on Node.js {node.lstrip('v')}",
    }
