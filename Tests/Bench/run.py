#!/usr/bin/env python3
"""run.py [--short] [--only gateway|containers]: measures carrel beside its peers, prints the ratios, writes
docs/benchmarks.md.

--short: one quick round of everything, to see that it works; nothing is written, no figure is judged.
--only: half of it; nothing is written.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "EndToEnd"))

from harness.places import CARREL  # noqa: E402


def alone_in_its_network():
    """In a network namespace of its own, where this user may have one: other programs' firewall rules would be asked
    for every packet (with 200 of them, half of a proxy's time)."""
    if os.environ.get("CARREL_BENCH_NETWORK") or os.geteuid() != 0 or not shutil.which("unshare"):
        return
    os.environ["CARREL_BENCH_NETWORK"] = "own"
    os.execvp("unshare", [
        "unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "bench", sys.executable, __file__,
        *sys.argv[1:],
    ])


def build(directory):
    compiler = shutil.which("cc") or "clang"  # the Swift toolchain has one
    for program in ("upstream", "load"):
        subprocess.run(
            [compiler, "-O2", "-Wall", "-Wextra", "-o", str(directory / program), str(HERE / f"{program}.c")],
            check=True,
        )


def measured_containers(options):
    """Rows of containers, measured before this program goes into a network of its own, where no bridge of Docker's is."""
    import report

    kept = os.environ.get("CARREL_BENCH_CONTAINERS")
    if kept:
        return [report.Row(**row) for row in json.loads(kept)]
    if options.only == "gateway":
        return []
    import container_rows

    directory = Path(tempfile.mkdtemp(prefix="carrel-bench-"))
    directory.chmod(0o755)
    try:
        found = list(container_rows.rows_of_containers(directory, options.short))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    os.environ["CARREL_BENCH_CONTAINERS"] = json.dumps([vars(row) for row in found])
    for row in found:
        print(f"       {row.what}: {row.reached}  {row.figures}", flush=True)
    return found


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--short", action="store_true")
    words.add_argument("--only", choices=["gateway", "containers"])
    words.add_argument("--rounds", type=int, default=9)
    words.add_argument("--seconds", type=float, default=0.7)
    options = words.parse_args()
    options.gateway = CARREL.parent / "bench-gateway"
    if options.only != "containers" and not options.gateway.exists():
        words.error(f"{options.gateway} is missing: `swift build -c release --product bench-gateway` makes it")
    containers = measured_containers(options)
    if options.only == "containers":
        import report

        print(f"\n{report.told(containers)}")
        return
    alone_in_its_network()

    import machine
    import rows
    import report

    machine.go_first()
    directory = Path(tempfile.mkdtemp(prefix="carrel-bench-"))
    directory.chmod(0o755)  # workspaces have users of their own
    try:
        build(directory)
        found, began = [], time.monotonic()
        for row in rows.all_of_them(directory, options):
            found.append(row)
            minutes, seconds = divmod(round(time.monotonic() - began), 60)
            print(f"{minutes:02d}:{seconds:02d}  {row.what}: {row.reached}", flush=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print()
    print(report.told(found + containers))
    if not options.short and not options.only:
        figures = os.environ.get("CARREL_FIGURES")
        earlier = Path(figures).read_text().splitlines() if figures and Path(figures).exists() else []
        report.write(found, containers, earlier, options.rounds)
        print(f"\nWritten: {report.DOCUMENT}")


if __name__ == "__main__":
    main()
