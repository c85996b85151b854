"""judge.py: reads from standard input what a firewall loads (JSON), tries in a lab what it lets through, then leaves out one
rule after the other and tells which ones nobody would miss.

{"version": 4, "prefix": "cr3abcd", "codes": {"in": "in", "no": "no", "list": "q7"}, "outside": [address, …], "servers":
[a name server outside, the machine], "blocks": bool, "script": [a line of iptables-restore, …], "needless": {rule: why}}
"""

import concurrent.futures
import json
import socket
import sys

from lab import Lab, run

#: Chains as Docker leaves them.
BARE = """*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:DOCKER-USER -
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j RETURN
COMMIT
*security
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
COMMIT
"""


def questions(lab, wish):
    """Name → (what must come of it, how it is asked with a bound in seconds)."""
    at, found = lab.at, {}

    def ask(word, what, how, *arguments, **options):
        found[word] = (what, lambda within: how(*arguments, within=within, **options))

    def tcp(source, place, port, what, word=None, **options):
        ask(word or f"{source} → {place}:{port}", what, lab.connect, source, at.get(place, place), port, **options)

    def udp(source, place, port, what):
        ask(f"{source} → {place}:{port} by UDP", what, lab.datagram, source, at.get(place, place), port)

    away, here = wish["servers"]
    tcp("in", "allowed", 80, "reached")
    tcp("in", "other", 80, "reached")
    tcp("list", "allowed", 80, "reached")
    for source in ("list", "no"):
        tcp(source, "other", 80, "refused")
        udp(source, away, 53, "refused")
        udp(source, here, 53, "refused")
    tcp("no", "allowed", 80, "refused")
    for address in wish["outside"]:
        tcp("in", address, 80, "refused")
        udp("in", address, 123, "refused")
    for server in (away, here):
        udp("in", server, 53, "reached")
        tcp("in", server, 53, "reached")
    for place in ("gateway", "gateway2", "machine"):
        tcp("in", place, 8080, "refused")
    tcp("in", "in2", 8888, "refused")
    tcp("in", "stray", 8888, "refused")
    tcp("in", "bystander", 80, "reached")  # an address like any other
    tcp("in", "machine", 9090, "refused", "in → a port that leads to the bystander")
    tcp("world", "machine", 9090, "reached", "world → a port that leads to the bystander")
    tcp("bystander", "other", 80, "reached")
    tcp("world", "machine", 8080, "reached")
    tcp("bystander", "machine", 8080, "reached")
    for source in ("world", "bystander", "in2"):
        tcp(source, "in", 8888, "refused")
    tcp("machine", "in", 8888, "reached")
    if wish["blocks"]:
        tcp("in", "unused", 80, "refused")
        tcp("machine", "in", 8888, "refused", "machine's other users → in:8888", uid=65534)
        ask("false address → world", "dropped", lab.false_address, away, 53)
        ask("false address → machine", "dropped", lab.false_address, here, 53)
    return found


class Judge:
    def __init__(self, lab, wish):
        self.lab, self.wish, self.asked = lab, wish, questions(lab, wish)
        self.restore = "iptables-restore" if wish["version"] == 4 else "ip6tables-restore"
        host = lab.at["bystander"] if wish["version"] == 4 else f"[{lab.at['bystander']}]"
        self.load(
            f"*nat\n-A PREROUTING -d {lab.at['machine']} -p tcp --dport 9090 -j DNAT --to-destination {host}:80\nCOMMIT\n"
        )

    def load(self, text, *options):
        run("ip", "netns", "exec", self.lab.names["machine"], self.restore, "--wait", *options, text=text)

    def differing(self, lines, within):
        """Questions whose answers are other than they must be, with these lines loaded over bare chains."""
        self.load(BARE)
        with self.lab.socket("no", socket.SOCK_STREAM) as old:
            # Made before there was any rule.
            old.settimeout(within)
            old.connect((self.lab.at["allowed"], 80))
            assert self.lab.speak(old, within) == "reached", "nothing is in the way yet"
            self.load("\n".join(lines) + "\n", "--noflush")
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                answers = {word: pool.submit(how, within) for word, (_, how) in self.asked.items()}
                answers["a connection from before"] = pool.submit(self.lab.speak, old, within)
            must = {word: what for word, (what, _) in self.asked.items()} | {"a connection from before": "refused"}
        found = {word: answer.result() for word, answer in answers.items()}
        return {word: f"{found[word]}, not {must[word]}" for word in must if found[word] != must[word]}

    def opened(self, lines):
        return [word for word, answer in self.differing(lines, 2).items() if answer.startswith("reached")]


def main():
    wish = json.load(sys.stdin)
    lines = wish["script"]
    with Lab(wish["version"], wish["prefix"], wish["codes"], wish["outside"]) as lab:
        judge = Judge(lab, wish)
        told = {"wrong": judge.differing(lines, 15), "unnoticed": [], "needed after all": [], "noticed": {}}
        # The second table alone, as while Docker has its hook out: silence in place of refusals, but nothing opens.
        second = [line for line in lines if not line.endswith("-FORWARD") or not line.startswith("-I DOCKER-USER")]
        told["opened"] = judge.opened(second)
        for rule in sorted({line for line in lines if line.startswith(("-A", "-I"))}):
            differing = judge.differing([line for line in lines if line != rule], 3)
            if rule in wish["needless"]:
                if differing:
                    told["needed after all"].append(f"{rule}: {differing}")
            elif differing:
                told["noticed"][rule] = sorted(differing)
            elif rule in second and judge.opened([line for line in second if line != rule]):
                told["noticed"][rule] = ["opens when the first table is not asked"]
            else:
                told["unnoticed"].append(rule)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
