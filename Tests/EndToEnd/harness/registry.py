"""A real registry with a password, and a slow line to it: images that take their time to come. Debian: docker-registry."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid

from harness import docker

USERNAME, PASSWORD = "puller", "geheim+/7?"
#: Of that password, by bcrypt.
HASH = "$2y$05$ZDt7OuYKN9FP/bPAuPEhvOVYeqfpf6maQplVKgUqvZAytFYyo73Nm"


def is_installed():
    return shutil.which("docker-registry") is not None


class Registry:
    """Listens at `address`, as fast as it can, and at `slow`, as fast as `rate` says."""

    def __init__(self, directory):
        self.directory = directory
        self.address = f"127.0.0.1:{_free_port()}"
        self.rate = 4_000_000
        self._images = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.slow = f"127.0.0.1:{self._listener.getsockname()[1]}"

    @contextlib.contextmanager
    def running(self):
        (self.directory / "htpasswd").write_text(f"{USERNAME}:{HASH}\n")
        (self.directory / "registry.yml").write_text(
            f"version: 0.1\nlog: {{ level: error, accesslog: {{ disabled: true }} }}\n"
            f"storage: {{ filesystem: {{ rootdirectory: {self.directory}/data }} }}\n"
            # Relative addresses in its answers: they lead through the slow line again.
            f'http: {{ addr: "{self.address}", relativeurls: true }}\n'
            f"auth: {{ htpasswd: {{ realm: test, path: {self.directory}/htpasswd }} }}\n"
        )
        process = subprocess.Popen(
            ["docker-registry", "serve", self.directory / "registry.yml"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            self._await_answer(process)
            yield self
        finally:
            self._listener.close()
            process.terminate()
            process.wait(30)
            for image in self._images:
                docker.docker("image", "rm", "--force", image, check=False)

    def publish(self, name, sizes=()):
        """Brings a new image like the tests' own, with random layers of these many bytes, to the registry, and forgets it
        here. Returns what it is called behind the slow line."""
        context = self.directory / f"context-{uuid.uuid4()}"
        context.mkdir()
        lines = [f"FROM {docker.IMAGE}", f"LABEL version={uuid.uuid4()}"]
        for number, size in enumerate(sizes):
            (context / f"layer-{number}").write_bytes(os.urandom(size))
            lines.append(f"COPY layer-{number} /layers/{number}")
        (context / "Dockerfile").write_text("\n".join(lines) + "\n")
        near, far = f"{self.address}/{name}", f"{self.slow}/{name}"
        environment = {**os.environ, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(self.directory / "docker")}

        def run(*words, **options):
            done = subprocess.run(
                ["docker", "--host", f"unix://{docker.SOCKET}", *words], capture_output=True, text=True, timeout=300,
                check=False, env=environment, **options,
            )
            assert done.returncode == 0, f"docker {words[0]}: {done.stderr}"
            return done.stdout.strip()

        run("login", "--username", USERNAME, "--password-stdin", self.address, input=PASSWORD)
        image = run("build", "--quiet", "--tag", near, str(context))
        run("push", near)
        self._images.add(image)
        self._images.add(far)
        run("image", "rm", "--force", image)
        shutil.rmtree(context)
        return far

    def _await_answer(self, process):
        host, port = self.address.split(":")
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=5):
                return
            time.sleep(0.05)
        raise AssertionError("the registry ended at once")

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                host, port = self.address.split(":")
                server = socket.create_connection((host, int(port)))
                threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, self), daemon=True).start()

    @staticmethod
    def _pass(source, target, limit):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
                if limit:
                    time.sleep(len(data) / limit.rate)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
