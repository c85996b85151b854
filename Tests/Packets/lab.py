"""A machine, workspaces, somebody else's container and the world outside, each in a network namespace of its own, joined by
virtual cables; and packets between them. Nothing of the real machine's network is touched."""

import contextlib
import ctypes
import os
import selectors
import socket
import subprocess
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000

#: What packets of each version go between. `gateway` is the machine's end of a workspace's cable.
ADDRESSES = {
    4: {
        "in": "10.213.0.2", "in2": "10.213.0.10", "no": "10.213.0.18", "list": "10.213.0.26",
        "gateway": "10.213.0.1", "gateway2": "10.213.0.9", "gateway-no": "10.213.0.17", "gateway-list": "10.213.0.25",
        # Behind a workspace's cable, but of no block; of the block, but behind no workspace's cable.
        "stray": "10.99.0.2", "unused": "10.213.200.2",
        "machine": "198.18.0.1", "allowed": "198.18.0.2", "other": "198.18.0.6",
        "bystander": "10.9.0.2", "bystander-gateway": "10.9.0.1", "false": "198.51.100.9",
    },
    6: {
        "in": "fdc0:1::2", "in2": "fdc0:2::2", "no": "fdc0:3::2", "list": "fdc0:4::2",
        "gateway": "fdc0:1::1", "gateway2": "fdc0:2::1", "gateway-no": "fdc0:3::1", "gateway-list": "fdc0:4::1",
        "stray": "fdc9::2", "unused": "fdc0:200::2",
        "machine": "fdd0::1", "allowed": "fdd0::2", "other": "fdd0::6",
        "bystander": "fdb0::2", "bystander-gateway": "fdb0::1", "false": "fdef::9",
    },
}


def run(*words, text=None):
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Lab:
    """Use as a context. `prefix`: how the names of workspaces' bridges begin; `outside`: further addresses out there."""

    def __init__(self, version, prefix, codes, outside):
        self.version, self.outside, self.codes = version, outside, codes
        self.family = socket.AF_INET if version == 4 else socket.AF_INET6
        self.width = 32 if version == 4 else 128
        self.at = ADDRESSES[version]
        self.places = ["machine", "in", "in2", "no", "list", "bystander", "world"]
        self.names = {place: f"crp{os.getpid()}-{place}" for place in self.places}
        self.bridges = {
            place: f"{prefix}{codes[place.rstrip('2')]}{number:06}"
            for number, place in enumerate(("in", "in2", "no", "list"))
        }
        self.notes, self.heard = [], threading.Condition()
        self.over = False

    def ip(self, place, *words):
        return run("ip", f"-{self.version}", "-n", self.names[place], *words)

    def __enter__(self):
        try:
            self._build()
            self.selector = selectors.DefaultSelector()
            self._listen()
            self.server = threading.Thread(target=self._serve, daemon=True)
            self.server.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.over = True
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    # Cables

    def _build(self):
        for place in self.places:
            run("ip", "netns", "add", self.names[place])
            self.ip(place, "link", "set", "lo", "up")
        # Refusals are not to be saved: each question is told of its own.
        settings = ("ipv4.ip_forward=1", "ipv4.icmp_ratelimit=0", "ipv4.icmp_msgs_per_sec=100000")
        if self.version == 6:
            settings = ("ipv6.conf.all.forwarding=1", "ipv6.icmp.ratelimit=0")
        for setting in settings:
            self.inside("machine", run, "sysctl", "-q", "-w", f"net.{setting}")
        for place, suffix in (("in", ""), ("in2", "2"), ("no", "-no"), ("list", "-list")):
            self._cable(place, self.bridges[place], self.at["gateway" + suffix], self.at[place])
        self._cable("bystander", "br-other", self.at["bystander-gateway"], self.at["bystander"])
        self._cable("world", "wan", self.at["machine"], self.at["allowed"])
        for address in (self.at["other"], self.at["unused"], *self.outside):
            self._also("world", "wan", address)
        self._also("in2", self.bridges["in2"], self.at["stray"])
        # Where packets with a false address would be answered.
        self.ip("machine", "route", "add", f"{self.at['false']}/{self.width}", "dev", self.bridges["in"])
        self._add("in", "eth0", self.at["false"])

    def _add(self, place, device, address):
        quick = ("nodad",) if self.version == 6 else ()
        self.ip(place, "addr", "add", f"{address}/{self.width}", "dev", device, *quick)

    def _cable(self, place, device, near, far):
        """Whoever is at the other end is known beforehand: rules may refuse to be asked for neighbours."""
        run(
            "ip", "link", "add", device, "netns", self.names["machine"], "type", "veth", "peer", "name", "eth0", "netns",
            self.names[place],
        )
        for end, own, other in (("machine", near, far), (place, far, near)):
            name = device if end == "machine" else "eth0"
            self.ip(end, "link", "set", name, "up")
            self._add(end, name, own)
        for end, other, name, peer, peer_name in (
            ("machine", far, device, place, "eth0"), (place, near, "eth0", "machine", device),
        ):
            self.ip(end, "route", "add", f"{other}/{self.width}", "dev", name)
            self.ip(end, "neigh", "replace", other, "lladdr", self._card(peer, peer_name), "dev", name, "nud", "permanent")
        self.ip(place, "route", "add", "default", "via", near, "src", far)

    def _card(self, place, device):
        words = self.ip(place, "-o", "link", "show", "dev", device).split()
        return words[words.index("link/ether") + 1]

    def _also(self, place, device, address):
        """One more address at the far end of a cable."""
        self._add(place, "eth0", address)
        self.ip("machine", "route", "add", f"{address}/{self.width}", "dev", device)
        card = self._card(place, "eth0")
        self.ip("machine", "neigh", "replace", address, "lladdr", card, "dev", device, "nud", "permanent")

    # Inside

    def inside(self, place, work, *arguments, uid=0):
        """Does the work in that namespace, by a thread of its own: namespace and uid are a thread's (setns(2))."""
        outcome = {}

        def go():
            try:
                with open(f"/run/netns/{self.names[place]}") as file:
                    if LIBC.setns(file.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                LIBC.setfsuid(uid)
                outcome["is"] = work(*arguments)
            except Exception as error:
                outcome["failed"] = error

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        thread.join()
        if "failed" in outcome:
            raise outcome["failed"]
        return outcome["is"]

    def socket(self, place, kind, uid=0):
        return self.inside(place, socket.socket, self.family, kind, uid=uid)

    # Servers

    def _listen(self):
        world = [self.at["allowed"], self.at["other"], self.at["unused"], *self.outside]
        for place, ports in (
            ("machine", (53, 8080)), ("in", (8888,)), ("in2", (8888,)), ("bystander", (80,)), ("world", (53, 80)),
        ):
            for port in ports:
                taker = self.socket(place, socket.SOCK_STREAM)
                taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                taker.bind(("", port))
                taker.listen(128)
                self.selector.register(taker, selectors.EVENT_READ, "connections")
        for place, addresses, ports in (("machine", [self.at["machine"]], (53,)), ("world", world, (53, 123))):
            for address in addresses:
                for port in ports:
                    taker = self.socket(place, socket.SOCK_DGRAM)
                    taker.bind((address, port))
                    self.selector.register(taker, selectors.EVENT_READ, "datagrams")

    def _serve(self):
        while not self.over:
            for key, _ in self.selector.select(0.5):
                with contextlib.suppress(OSError):
                    if key.data == "connections":
                        stream, _ = key.fileobj.accept()
                        self.selector.register(stream, selectors.EVENT_READ, "stream")
                    elif key.data == "datagrams":
                        data, peer = key.fileobj.recvfrom(2048)
                        with self.heard:
                            self.notes.append(data.decode())
                            self.heard.notify_all()
                        key.fileobj.sendto(data, peer)
                    else:
                        self._echo(key.fileobj)

    def _echo(self, stream):
        try:
            data = stream.recv(2048)
            if data:
                stream.sendall(data)
                return
        except OSError:
            pass
        self.selector.unregister(stream)
        stream.close()

    # Questions

    def connect(self, source, host, port, within, uid=0):
        """A TCP connection on which something comes back: "reached", or else "refused" or "silent"."""
        with self.socket(source, socket.SOCK_STREAM, uid) as asking:
            asking.settimeout(within)
            try:
                asking.connect((host, port))
                return self.speak(asking, within)
            except OSError as error:
                return self.told(error)

    def speak(self, asking, within):
        asking.settimeout(within)
        try:
            asking.sendall(b"x")
            return "reached" if asking.recv(1) == b"x" else "refused"
        except OSError as error:
            return self.told(error)

    def datagram(self, source, host, port, within):
        with self.socket(source, socket.SOCK_DGRAM) as asking:
            asking.settimeout(within)
            try:
                asking.connect((host, port))
                asking.send(b"x")
                return "reached" if asking.recv(1) == b"x" else "refused"
            except OSError as error:
                return self.told(error)

    def false_address(self, host, port, within):
        """Whether a datagram from an address that is not the workspace's arrives; an honest one follows it on the same way."""
        mark = os.urandom(6).hex()
        for address, word in ((self.at["false"], f"{mark} false"), (self.at["in"], f"{mark} honest")):
            with self.socket("in", socket.SOCK_DGRAM) as asking:
                asking.bind((address, 0))
                with contextlib.suppress(OSError):
                    asking.sendto(word.encode(), (host, port))
        with self.heard:
            honest = self.heard.wait_for(lambda: f"{mark} honest" in self.notes, within)
            return "reached" if f"{mark} false" in self.notes else "dropped" if honest else "silent"

    @staticmethod
    def told(error):
        if isinstance(error, TimeoutError):
            return "silent"
        return "refused" if isinstance(error, (ConnectionError, PermissionError)) else f"error: {error.strerror}"
