"""What a process holds in memory, as the kernel counts it."""


MEGABYTE = 1_000_000


def resident(pid):
    """Resident and anonymous bytes of one process (proc(5), smaps_rollup)."""
    fields = {}
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        for line in rollup:
            name, _, rest = line.partition(":")
            words = rest.split()
            if len(words) == 2 and words[1] == "kB":
                fields[name] = int(words[0]) * 1024
    return fields["Rss"], fields["Anonymous"]


def megabytes(count):
    return round(count / MEGABYTE, 1)
