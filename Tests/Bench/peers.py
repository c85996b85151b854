"""The proxies side by side. Each has `pid` (what its CPU time and memory are read of), `port` and `head(…)`."""

import os
import secrets
import socket
import subprocess
import time

import machine

#: Routes and sessions that nginx and HAProxy look each request's cookie up in.
ROUTES = 10_000
POOLS = 16
COOKIE = "session"


class Proxy:
    """Started on `core`; alone there."""

    name = ""
    environment = {}

    def __init__(self, directory, port, upstream_port, session, path):
        self.directory, self.port, self.upstream_port = directory, port, upstream_port
        self.session, self.path = session, path
        self.process = None

    def start(self, core):
        words = self.prepare()
        log = open(self.directory / f"{self.name}.log", "wb")
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.environment},
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        answers(self.port, self.process)
        return self

    def prepare(self):
        raise NotImplementedError

    @property
    def pid(self):
        return self.process.pid

    @property
    def pids(self):
        return [self.process.pid, *machine.children(self.process.pid)]

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    def head(self, target, method="GET", more=""):
        return browser_head(method, self.path + target, self.port, f"{COOKIE}={self.session}", more)


def browser_head(method, target, port, cookie, more=""):
    """What a browser's script sends."""
    return (
        f"{method} {target} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
        "Accept: application/json, text/plain, */*\r\n"
        "Accept-Language: en-GB,en;q=0.8,de;q=0.5\r\n"
        "Accept-Encoding: gzip, deflate, br\r\n"
        f"Referer: http://127.0.0.1:{port}{target}\r\n"
        f"Cookie: theme=dark; {cookie}; _xsrf=2|9f1c7c3a|8f6a7d0b2c1e4f5a6b7c8d9e0f1a2b3c|1790000000\r\n"
        "Sec-Fetch-Dest: empty\r\n"
        "Sec-Fetch-Mode: cors\r\n"
        "Sec-Fetch-Site: same-origin\r\n"
        f"{more}\r\n"
    ).encode()


def answers(port, process, within=30):
    """Waits until somebody listens."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} does not listen on {port}")


def sessions(own):
    """`ROUTES` sessions of the same length, ours among them, each with a route."""
    yield own, f"app{ROUTES % POOLS}"
    for index in range(ROUTES - 1):
        yield secrets.token_urlsafe(len(own))[: len(own)], f"app{index % POOLS}"


class Direct(Proxy):
    """No proxy: the upstream itself."""

    name = "direct"

    def start(self, core):
        return self

    @property
    def pids(self):
        return []


class Nginx(Proxy):
    """`buffer`: of each of the eight that a response passes through, and of a request's body."""

    name = "nginx"
    buffer = "8k"
    #: Certificate and key, as `listeners.….tls` wants them; None: in clear text.
    tls = None

    def listening(self):
        if not self.tls:
            return f"listen 127.0.0.1:{self.port} backlog=4096;"
        return (
            f"listen 127.0.0.1:{self.port} ssl http2 backlog=4096; ssl_protocols TLSv1.2 TLSv1.3; "
            f"ssl_certificate {self.tls['certificate']}; ssl_certificate_key {self.tls['key']};"
        )

    def prepare(self):
        with open(self.directory / "nginx-sessions", "w") as file:
            for session, pool in sessions(self.session):
                file.write(f'"{session}" {pool};\n')
        pools = "\n".join(
            f"upstream app{index} {{ server 127.0.0.1:{self.upstream_port}; keepalive 256; "
            "keepalive_requests 1000000000; }" for index in range(POOLS)
        )
        file = self.directory / f"{self.name}.conf"
        file.write_text(f"""
user root;
worker_processes 1;
daemon off;
pid {self.directory}/{self.name}.pid;
error_log stderr crit;
events {{ worker_connections 16000; }}
http {{
  access_log off;
  server_tokens off;
  keepalive_requests 1000000000;
  map_hash_max_size 262144;
  map_hash_bucket_size 1024;
  client_body_temp_path {self.directory}/body;
  proxy_temp_path {self.directory}/proxy;
  map $cookie_{COOKIE} $pool {{ default ""; include {self.directory}/nginx-sessions; }}
  # The session is the hub's own: the workspace gets the other cookies.
  map $http_cookie $other_cookies {{
    default $http_cookie;
    "~^(?<before>.*;)? ?{COOKIE}=[^;]*(?:; ?(?<after>.*))?$" "$before $after";
  }}
  map $http_upgrade $hop {{ default upgrade; "" ""; }}
  {pools}
  server {{
    {self.listening()}
    client_max_body_size 0;
    client_body_buffer_size {self.buffer};
    location /w/ {{
      if ($pool = "") {{ return 404; }}
      proxy_pass http://$pool;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_buffer_size {self.buffer};
      proxy_buffers 8 {self.buffer};
      proxy_busy_buffers_size {2 * int(self.buffer[:-1])}k;
      proxy_read_timeout 1h;
      proxy_set_header Host $http_host;
      proxy_set_header Connection $hop;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Cookie $other_cookies;
      proxy_set_header Forwarded "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Id $pid-$connection-$connection_requests;
      proxy_set_header X-User u-aaaaaaaaaaaaaaaa;
    }}
  }}
}}
""")
        return ["nginx", "-p", str(self.directory), "-c", str(file)]

    @property
    def pid(self):
        return machine.children(self.process.pid)[0]


class LargeNginx(Nginx):
    name = "nginx-64k"
    buffer = "64k"


class HAProxy(Proxy):
    name = "haproxy"

    def prepare(self):
        with open(self.directory / "haproxy-sessions", "w") as file:
            for session, pool in sessions(self.session):
                file.write(f"{session} {pool}\n")
        pools = "\n".join(
            f"backend app{index}\n  http-reuse always\n  server s 127.0.0.1:{self.upstream_port} pool-max-conn -1 "
            "pool-purge-delay 1h maxconn 9000" for index in range(POOLS)
        )
        file = self.directory / "haproxy.cfg"
        file.write_text(f"""
global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  timeout connect 5s
  timeout http-keep-alive 1h
frontend users
  bind 127.0.0.1:{self.port} backlog 4096
  http-request set-var(txn.pool) req.cook({COOKIE}),map_str({self.directory}/haproxy-sessions)
  http-request deny deny_status 404 if !{{ var(txn.pool) -m found }}
  http-request del-header Forwarded
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Request-Id %[uuid()]
  http-request set-header X-User u-aaaaaaaaaaaaaaaa
  http-request replace-header Cookie '^(.*; ?)?{COOKIE}=[^;]*(; ?(.*))?$' '\\1\\3'
  use_backend %[var(txn.pool)]
{pools}
""")
        return ["haproxy", "-f", str(file)]


class ConfigurableProxy(Proxy):
    """JupyterHub's. It looks nothing up here and edits little."""

    name = "configurable-http-proxy"
    environment = machine.NODE

    def prepare(self):
        return [
            "configurable-http-proxy", "--ip", "127.0.0.1", "--port", str(self.port), "--api-port",
            str(self.port + 1), "--default-target", f"http://127.0.0.1:{self.upstream_port}", "--log-level", "error",
        ]


class SecureNginx(Nginx):
    name = "nginx-tls"
