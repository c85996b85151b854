"""Images made of what this machine has, where no registry can be asked."""

import glob
import io
import os
import re
import subprocess
import tarfile
from pathlib import Path

from . import docker, places

#: Debian, as `debootstrap` makes it: slow, so it is kept from one run to the next.
DEBIAN = "carrel-test/debian"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"

PASSWD = "root:x:0:0:root:/root:/bin/bash\nmember:x:1000:1000:member:/home/member:/bin/sh\n"
GROUP = "root:x:0:\nmember:x:1000:\n"


def is_there(image):
    return bool(docker.docker("image", "ls", "--quiet", image))


def remove(image):
    docker.docker("image", "rm", "--force", image, check=False)


def build(tag, dockerfile, context, within=900, **arguments):
    """`docker build` in the machine's own network, with the builder that every engine has. Returns what it said."""
    words = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    done = subprocess.run(
        ["docker", "--host", f"unix://{docker.SOCKET}", "build", "--network", "host", "--force-rm", "--tag", tag,
         "--file", str(dockerfile), *words, str(context)],
        capture_output=True, text=True, timeout=within, check=False, env={**os.environ, "DOCKER_BUILDKIT": "0"},
    )
    assert done.returncode == 0, f"{dockerfile} does not build:\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def imported(tag, files=(), texts=None, links=None, directories=()):
    """An image of this machine's files, each where it is or at another path (a pair), of texts and of links."""
    process = subprocess.Popen(
        ["docker", "--host", f"unix://{docker.SOCKET}", "import", "-", tag], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )
    with tarfile.open(fileobj=process.stdin, mode="w|", dereference=True) as archive:
        for directory in directories:
            entry = tarfile.TarInfo(directory.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if directory == "/tmp" else 0o755
            archive.addfile(entry)
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
        for file in files:
            source, target = file if isinstance(file, tuple) else (file, file)
            archive.add(source, arcname=str(target).lstrip("/"))
        for name, text in (texts or {}).items():
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.size, entry.mode = len(text.encode()), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
    process.stdin.close()
    said = process.stderr.read().decode()
    assert process.wait(120) == 0, said
    return tag


def linked(*programs):
    """The programs, and the libraries that they are linked with, at the paths where they are looked for."""
    told = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    return set(map(str, programs)) | set(re.findall(r"(/\S*\.so\S*) \(0x", told))


def merged_usr(path):
    """`/lib/…` is `/usr/lib/…` in the images here, as on this machine."""
    return re.sub(r"^/(lib|lib64|bin|sbin)/", r"/usr/\1/", path)


def base_for_carrel(tag):
    """What deploy/image needs of its base, without a package server: a shell, iptables, SQLite, and the libraries of the
    binary under test, which a debug build has more of."""
    programs = ["/usr/bin/" + name for name in ("bash", "cat", "env", "ls", "rm", "findmnt")]
    programs.append(os.path.realpath("/usr/sbin/iptables"))
    files = linked(*programs, *glob.glob("/usr/lib/*/xtables/*.so"), places.CARREL, places.CARREL.parent / "carrel-init")
    files -= {str(places.CARREL), str(places.CARREL.parent / "carrel-init")}
    links = {"/" + name: f"usr/{name}" for name in ("bin", "sbin", "lib", "lib64")}
    links |= {"/usr/bin/sh": "bash", "/var/run": "/run"}
    tool = os.path.realpath("/usr/sbin/iptables")
    links |= {
        f"/usr/sbin/{name}{ending}": tool
        for name in ("iptables", "ip6tables") for ending in ("", "-restore", "-save")
    }
    return imported(
        tag, [(file, merged_usr(file)) for file in sorted(files)],
        {"/etc/passwd": PASSWD, "/etc/group": GROUP, "/etc/nsswitch.conf": "hosts: files dns\n"}, links,
        ["/etc", "/root", "/run", "/tmp", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/local/bin", "/var"],
    )


def carrels_binaries(tag):
    """What deploy/image/binaries.Dockerfile makes, of the binaries under test."""
    return imported(tag, [(places.CARREL, "carrel"), (places.CARREL.parent / "carrel-init", "carrel-init")])


def debian():
    """Debian alone, made once: `debootstrap`'s smallest variant, with the authorities that this machine believes."""
    if is_there(DEBIAN):
        return DEBIAN
    root = Path(places.SCRATCH) / f"debian-{os.getpid()}"
    root.mkdir(parents=True)
    try:
        subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(root)],
            check=True, capture_output=True, timeout=900,
        )
        (root / AUTHORITIES.lstrip("/")).write_bytes(Path(AUTHORITIES).read_bytes())
        subprocess.run(
            f"tar -C {root} --exclude=./var/cache/apt/archives/*.deb --exclude=./var/lib/apt/lists/* -c . "
            f"| docker --host unix://{docker.SOCKET} import - {DEBIAN}",
            shell=True, check=True, capture_output=True, timeout=120,
        )
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", str(root)], check=False)
    return DEBIAN
