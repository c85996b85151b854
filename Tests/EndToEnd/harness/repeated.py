"""Works that are done over and over, each by a thread of its own, while a test does something else."""

import threading
from collections import Counter


class Repeated:
    """Use as a context. `seen` counts what the works returned. What fails in a `tolerated` way counts as "unreachable"
    and is tried again; any other failure is kept in `failures`, and ends that work."""

    def __init__(self, works, tolerated=()):
        self.seen = Counter()
        self.failures = []
        self.over = threading.Event()
        self._tolerated = tuple(tolerated)
        self._threads = [threading.Thread(target=self._go, args=(work,), daemon=True) for work in works]

    @property
    def rounds(self):
        return sum(self.seen.values())

    def _go(self, work):
        while not self.over.is_set():
            try:
                self.seen[work()] += 1
            except self._tolerated:
                self.seen["unreachable"] += 1
                self.over.wait(0.05)
            except Exception as error:  # told by the test, whatever it is
                self.failures.append(f"{getattr(work, '__name__', work)}: {error!r}")
                return

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self._threads:
            thread.join(60)
