"""Free ports and this machine's addresses."""

import socket

_given = set()


def free_port(host="127.0.0.1"):
    """A port that nobody listens on now and that was not handed out before in this run."""
    while True:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def outside_address():
    """This machine's own address on its way out, other than loopback; None if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: sends nothing, chooses the route
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address
