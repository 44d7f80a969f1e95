"""The files that are fetched, and nginx, the server that has them, on free loopback ports."""

import contextlib
import math
import os
import random
import resource
import shutil
import socket
import ssl
import subprocess
import time

import machine

SEED = 36  # the same sizes and bytes in every run
SMALLEST, MEDIAN, LARGEST = 1_193, 9_900, 36_300  # bytes, as of the flags of 194 countries
SPREAD = 0.633  # of the logarithm: their mean is 12.1 kB
N_ADDRESSES = 16  # 127.0.0.1 and its next, so that fresh connections don't run out of ports
SYSTEM_CAS = "/etc/ssl/certs/ca-certificates.crt"

CONFIG = """\
daemon off;
master_process off;
worker_rlimit_nofile {n_files};
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{
	worker_connections 4096;
	multi_accept on;
}}
http {{
	access_log off;
	default_type application/octet-stream;
	types {{ image/gif gif; }}
	root {root};
	sendfile on;
	tcp_nopush on;
	server_tokens off;
	open_file_cache {cache};
	open_file_cache_valid 1h;
	keepalive_requests 1000000000;
	keepalive_timeout 1h;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	server {{
{listen}
	}}
	server {{
		listen 127.0.0.1:{h2_port} ssl http2 backlog=4096;
		ssl_certificate {dir}/server.pem;
		ssl_certificate_key {dir}/server.key;
	}}
	server {{ # each connection is fresh, each handshake is a whole one
		listen 127.0.0.1:{tls_port} ssl;
		ssl_certificate {dir}/server.pem;
		ssl_certificate_key {dir}/server.key;
		ssl_session_cache off;
		ssl_session_tickets off;
		keepalive_timeout 0;
	}}
}}
"""


def file_sizes(count):
    """The sizes of `count` files; the same ones each time."""
    chance = random.Random(SEED)
    return [min(LARGEST, max(SMALLEST, int(chance.lognormvariate(math.log(MEDIAN), SPREAD))))
            for _ in range(count)]


def file_name(number):
    """The name of a file."""
    return f"f{number:06d}.gif"


def file_bytes(number, size, noise):
    """The bytes of a file: its number, and noise that no other file has at this place."""
    start = number * 61 % (len(noise) - LARGEST)
    return number.to_bytes(8, "big") + noise[start:start + size - 8]


def noise():
    """What file_bytes cuts the files from."""
    return random.Random(SEED).randbytes(1 << 20)


def host_name(number, zone):
    """One of the many hosts."""
    return f"h{number:06d}.{zone}"


def host_address(number):
    """Where that host is."""
    return f"127.0.0.{1 + number % N_ADDRESSES}"


class Nginx:
    """One nginx without a master, in a directory of the run; use it in a `with`."""

    def __init__(self, directory, count, huge_bytes):
        self.program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.dir = os.path.join(directory, "nginx")
        self.root = os.path.join(self.dir, "files")
        self.count = count
        self.huge_bytes = huge_bytes
        self.large_bytes = huge_bytes // 2
        self.sizes = file_sizes(count)
        self.port = self.tls_port = self.h2_port = 0
        self.keeps_open = False  # the files, from one request to the next
        self._noise = noise()
        self._process = None

    def __enter__(self):
        os.makedirs(self.root, exist_ok=True)  # of an nginx before
        self._write_files()
        self._make_certificate()
        for _ in range(3):  # another program may take a port before nginx does
            self.port, self.tls_port, self.h2_port = _free_ports()
            self._write_config()
            argv = [self.program, "-p", self.dir, "-c", self._path("nginx.conf"),
                    "-e", self._path("error.log")]
            self._process = machine.start(argv, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
            if self._answers(20.0):
                return self
            machine.stop(self._process, 5.0)
        raise machine.BenchError(f"{self.program} does not answer: {self._log()}")

    def __exit__(self, *_):
        machine.stop(self._process, 5.0)

    def cpu_seconds(self):
        """CPU time so far."""
        return machine.cpu_seconds(self._process.pid)

    def url(self, number, host="127.0.0.1"):
        """Where a file is."""
        return f"http://{host}:{self.port}/{file_name(number)}"

    def tls_url(self, number):
        """Where a file is behind TLS."""
        return f"https://127.0.0.1:{self.tls_port}/{file_name(number)}"

    def huge_url(self):
        """Where the sparse file is."""
        return f"http://127.0.0.1:{self.port}/huge"

    def large_url(self):
        """Where the other sparse file is, of half its size."""
        return f"http://127.0.0.1:{self.port}/large"

    @property
    def ca_file(self):
        """The system's authorities and ours."""
        return self._path("ca.pem")

    def bytes_of(self, number):
        """What a file must contain."""
        return file_bytes(number, self.sizes[number], self._noise)

    def count_wrong(self, directory, count):
        """Of the first `count` files, those that aren't in a directory as they are here."""
        n_wrong = 0
        for number in range(count):
            try:
                with open(os.path.join(directory, file_name(number)), "rb") as file:
                    n_wrong += file.read() != self.bytes_of(number)
            except OSError:
                n_wrong += 1
        return n_wrong

    def _path(self, name):
        return os.path.join(self.dir, name)

    def _write_files(self):
        for number in range(self.count):
            with open(os.path.join(self.root, file_name(number)), "wb") as file:
                file.write(self.bytes_of(number))
        with open(os.path.join(self.root, "huge"), "wb") as file:
            file.truncate(self.huge_bytes)
        with open(os.path.join(self.root, "large"), "wb") as file:
            file.truncate(self.large_bytes)

    def _make_certificate(self):
        """An authority of our own, and a certificate of 127.0.0.1 that it signed.

        Ours is added to the system's, because reading some hundred certificates for each connection
        is a fault that should show.
        """
        request = ["openssl", "req", "-x509", "-nodes", "-days", "30", "-newkey"]
        machine.run(request + ["rsa:2048", "-subj", "/CN=bench CA", "-keyout", self._path("ca.key"),
                               "-out", self._path("own-ca.pem")], 60)
        machine.run(request + ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                               "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                               "-addext", "basicConstraints=critical,CA:false",
                               "-CA", self._path("own-ca.pem"), "-CAkey", self._path("ca.key"),
                               "-keyout", self._path("server.key"),
                               "-out", self._path("server.pem")], 60)
        with open(self.ca_file, "wb") as out:
            for path in (SYSTEM_CAS, self._path("own-ca.pem")):
                if os.path.exists(path):
                    with open(path, "rb") as file:
                        shutil.copyfileobj(file, out)

    def _write_config(self):
        n_files = self.count + 8192
        self.keeps_open = _may_open(n_files)
        if not self.keeps_open:
            n_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        # it keeps each file open, and one that is too small never has the file that comes next
        cache = f"max={self.count + 100} inactive=1h" if self.keeps_open else "off"
        listen = "\n".join(f"\t\tlisten {host_address(i)}:{self.port} backlog=4096;"
                           for i in range(N_ADDRESSES))
        with open(self._path("nginx.conf"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(dir=self.dir, root=self.root, listen=listen, n_files=n_files,
                                     cache=cache, tls_port=self.tls_port, h2_port=self.h2_port))

    def _answers(self, patience):
        """Ask until it answers; TLS too."""
        deadline = time.monotonic() + patience
        context = ssl.create_default_context(cafile=self._path("own-ca.pem"))
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.tls_port), 1.0) as plain, \
                        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
                    secured.sendall(f"GET /{file_name(0)} HTTP/1.0\r\n\r\n".encode("ascii"))
                    if secured.recv(12).endswith(b" 200"):
                        return True
            except ConnectionRefusedError:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.02)
            except OSError as error:
                raise machine.BenchError(f"nginx over TLS: {error}") from error
        return False

    def _log(self):
        try:
            with open(self._path("error.log"), encoding="utf-8", errors="replace") as file:
                return file.read()[-300:].strip()
        except OSError:
            return "it left no log"


def _may_open(n_files):
    """Let the programs that we start open so many files. False when the system says no."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard >= n_files:
        return True
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n_files, n_files))
    except (OSError, ValueError):
        return False
    return True


def _free_ports():
    """Three ports that are free at this moment, the first one on all our addresses."""
    for _ in range(50):
        sockets = [socket.socket() for _ in range(N_ADDRESSES + 2)]
        try:
            sockets[0].bind(("127.0.0.1", 0))
            port = sockets[0].getsockname()[1]
            for i in range(1, N_ADDRESSES):
                sockets[i].bind((host_address(i), port))
            for each in sockets[-2:]:
                each.bind(("127.0.0.1", 0))
            return port, *(each.getsockname()[1] for each in sockets[-2:])
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise machine.BenchError("no free port on 127.0.0.1 to 127.0.0.16")
