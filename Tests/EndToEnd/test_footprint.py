"""What an idle server costs, and how soon it answers."""

import re
import statistics
import subprocess

import pytest

from harness import configuration, places
from harness.memory import MEGABYTE, megabytes, resident
from harness.waiting import eventually

pytestmark = pytest.mark.alone

STARTS = 7


def test_idle_it_holds_at_most_45_mb_of_which_15_mb_anonymous(serve, figure):
    carrel = serve(configuration.tiny())
    operator = carrel.program("operate")
    assert operator.get("/healthz").status_code == 200
    whole, anonymous = settled(carrel.pid)
    figure("idle, resident MB", megabytes(whole), 45)
    figure("idle, anonymous MB", megabytes(anonymous), 15)
    assert whole <= 45 * MEGABYTE
    assert anonymous <= 15 * MEGABYTE
    ada = carrel.member("ada")
    assert ada.navigate("/").status_code == 200
    used, anonymous = settled(carrel.pid)
    figure("idle after a member has signed in, resident MB", megabytes(used), 45)
    assert used <= 45 * MEGABYTE
    assert anonymous <= 15 * MEGABYTE


def settled(pid):
    """Resident and anonymous bytes, once two readings in a row are within 100 kB of each other."""
    seen = [resident(pid)]

    def same():
        seen.append(resident(pid))
        return abs(seen[-1][0] - seen[-2][0]) < 100_000

    eventually(same, 15, "its memory settles", every=1)
    return seen[-1]


def test_it_accepts_connections_within_150_ms(serve, figure):
    carrel = serve(configuration.tiny())
    carrel.stop()
    taken = []
    for _ in range(STARTS):
        carrel.start()
        taken.append(carrel.seconds_to_ready * 1000)
        carrel.stop()
    median = statistics.median(taken)
    figure(f"ready in ms, median of {STARTS}; worst {max(taken):.0f}", round(median), 150)
    assert median <= 150 * places.SLACK


def test_swifts_libraries_are_linked_into_the_binary():
    needed = subprocess.run(["ldd", str(places.CARREL)], capture_output=True, text=True, check=True).stdout
    assert not re.findall(r"libswift\w*\.so|libFoundation\w*\.so", needed), needed


def test_a_cold_start_takes_the_apps_own_time_and_little_more(serve, figure):
    carrel = serve(configuration.light())
    ada = carrel.member("ada")
    ids = [ada.open("light", name=f"turn-{turn}")["id"] for turn in range(5)]
    found = [ada.workspace(id) for id in ids]
    assert all(workspace["trace"]["source"] == "cold" for workspace in found)
    median = statistics.median(workspace["trace"]["queue"] for workspace in found)
    figure("cold start of an app that needs some 20 ms itself, in ms, median of 5", round(median), 170)
    assert median <= 1000, "something waits where it should be told"
