"""Waiting for something that happens on its own, never longer than said."""

import threading
import time


class TooLate(AssertionError):
    """It did not happen in time."""


def eventually(predicate, within=10.0, what=None, every=0.05):
    """Returns the first truthy result of `predicate`, asked again and again for at most `within` seconds.

    An AssertionError inside counts as "not yet"; the last one is shown when time is up.
    """
    deadline = time.monotonic() + within
    pause = threading.Event()
    last = None
    while True:
        try:
            result = predicate()
            if result:
                return result
            last = f"last answer: {result!r}"
        except AssertionError as error:
            last = str(error)
        if time.monotonic() >= deadline:
            raise TooLate(f"not within {within} s: {what or predicate}; {last}")
        pause.wait(min(every, max(0.0, deadline - time.monotonic())))


def stays(predicate, during, what=None, every=0.1):
    """Fails as soon as `predicate` stops being true within `during` seconds."""
    deadline = time.monotonic() + during
    pause = threading.Event()
    while time.monotonic() < deadline:
        assert predicate(), f"did not stay so for {during} s: {what or predicate}"
        pause.wait(every)
