"""Clients that do what they like, all at once and at random: the daemon lives, and afterwards it is at rest again."""
import os
import random
import socket
import ssl
import struct
import threading
import time
from pathlib import Path

import pytest

from client import Client
from processes import DEADLINE, eventually, is_sanitized
from test_tls import pki  # noqa: F401

SECONDS = 10
CLIENTS = 4
HELD = 60  # connections that a client keeps open
REST = {"asyncprobed_http_streams": 0, "asyncprobed_http_body_bytes": 0, "asyncprobed_http_connections": 1}
METHODS = ["GET", "GET", "GET", "HEAD", "DELETE", "POST", "OPTIONS", "PATCH"]
FIELDS = ["Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n", "Accept: text/csv\r\n",
          "Accept-Encoding: gzip\r\n", "If-None-Match: *\r\n", "Range: bytes=0-1\r\n", "Last-Event-ID: 3\r\n", "X: " + "a" * 9000 + "\r\n"]
ODD = [b"\r\n\r\n\r\n", b"GET\0 / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"GARBAGE\r\n", b" folded: a\r\n\r\n", b"a" * 70000]


class HostileClient(threading.Thread):
    """Opens connections, sends requests whole, in pieces or wrong, reads or doesn't, and leaves in any way."""

    def __init__(self, seed, address, context, jobs, until):
        super().__init__(daemon=True)
        self._random = random.Random(seed)
        self._address, self._context, self._jobs, self._until = address, context, jobs, until
        self._held = []
        self.failure = None
        self.n_requests = 0

    def run(self):
        try:
            while time.monotonic() < self._until:
                self._step()
            for sock in self._held:
                self._leave(sock)
        except Exception as failure:  # noqa: BLE001
            self.failure = failure

    def _step(self):
        sock = self._random.choice(self._held) if self._held and self._random.random() < 0.5 else self._connect()
        if sock is None:
            return
        try:
            self._act(sock)
        except OSError:  # also what TLS says
            pass
        if self._random.random() < 0.4 or len(self._held) > HELD:
            if sock in self._held:
                self._held.remove(sock)
            self._leave(sock)
        elif sock not in self._held:
            self._held.append(sock)

    def _connect(self):
        sock = socket.socket()
        if self._random.random() < 0.2:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.bind((f"127.0.0.{self._random.randint(2, 9)}", 0))
        sock.settimeout(DEADLINE)
        sock.connect(self._address)
        sock.settimeout(0.2)
        if self._context is None or self._random.random() < 0.05:
            return sock
        if self._random.random() < 0.1:
            return self._begin_handshake(sock)
        try:
            return self._context.wrap_socket(sock, server_hostname="localhost", suppress_ragged_eofs=True)
        except OSError:
            sock.close()
            return None

    def _begin_handshake(self, sock):
        """Send a part of what a handshake begins with."""
        out = ssl.MemoryBIO()
        try:
            self._context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            hello = out.read()
        sock.send(hello[:self._random.randint(1, len(hello))])
        return sock

    def _act(self, sock):
        data = b"".join(self._request() for _ in range(self._random.choice([1, 1, 1, 2, 5, 300])))
        if self._random.random() < 0.2:
            data = data[:self._random.randint(1, len(data))]
        if self._random.random() < 0.05:
            data = data[:self._random.randint(0, len(data))] + self._random.choice(ODD)
        size = self._random.choice([len(data), len(data), 1000, 100])
        for at in range(0, min(len(data), 300 * size), size):
            sock.send(data[at:at + size])
        for _ in range(self._random.choice([0, 0, 1, 3, 20])):
            if not sock.recv(self._random.choice([1, 1000, 1 << 16])):
                break
        if self._random.random() < 0.1 and not isinstance(sock, ssl.SSLSocket):
            sock.shutdown(socket.SHUT_WR)

    def _request(self):
        self.n_requests += 1
        choice = self._random.random()
        if choice < 0.25:
            return self._upload()
        if choice < 0.4:
            return b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        job = self._random.choice(self._jobs)
        path = self._random.choice([
            f"/jobs/{job}", f"/jobs/{job}?wait=10", f"/jobs/{job}/results", f"/jobs/{job}/results?follow=true",
            f"/jobs/{job}/results?format=json", f"/jobs/{job}/events", f"/jobs/{job}/archive.tar", "/metrics", "/jobs", "/limits",
            "/nowhere", "/jobs/%00", "/openapi.json"])
        method, version = self._random.choice(METHODS), self._random.choice(["1.1", "1.1", "1.1", "1.0"])
        if method == "DELETE" and self._random.random() < 0.9:
            method = "GET"
        field = self._random.choice(FIELDS) if self._random.random() < 0.3 else ""
        return f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{field}\r\n".encode()

    def _upload(self):
        media, body = self._random.choice([
            ("text/plain", b"found.test\nnone.test\n" * self._random.choice([1, 100, 3000])),
            ("application/json", b'{"kind":"domains","domains":["found.test"' + b',"a.test"' * self._random.choice([0, 900]) + b"]}"),
            ("application/json", b'{"kind":"domains","domains":[' + b"{}," * self._random.choice([1, 40000]) + b"{}]}"),
            ("image/png", b"a" * 200_000)])
        head = f"POST /jobs?kind=domains&dry_run={self._random.choice(['true', 'false'])} HTTP/1.1\r\nHost: localhost\r\n" \
               f"Content-Type: {media}\r\n{self._random.choice(FIELDS) if self._random.random() < 0.2 else ''}"
        if self._random.random() < 0.5:
            return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        size = self._random.choice([7, 1000, 1 << 16])
        pieces = [body[at:at + size] for at in range(0, len(body), size)][:500]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + self._random.choice([b"0\r\n\r\n", b"0\r\n\r\n", b"zz\r\n"])

    def _leave(self, sock):
        try:
            if self._random.random() < 0.5:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif isinstance(sock, ssl.SSLSocket) and self._random.random() < 0.5:
                sock.unwrap().close()
            sock.close()
        except OSError:
            sock.close()


def count_files(daemon):
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))


def resident(daemon):
    status = Path(f"/proc/{daemon.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


@pytest.mark.seconds(180)
@pytest.mark.parametrize("transport", ["clear", "tls"])
def test_hostile_clients(make_daemon, dns, contract, transport, request):
    context, settings = None, {"api.stream_idle": "15s"}  # not all goodbyes arrive: some windows are full
    seed = int(os.environ.get("STRESS_SEED", "1"))
    if transport == "tls":
        folder = request.getfixturevalue("pki")
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        settings.update({"api.tls_cert": folder / "server.pem", "api.tls_key": folder / "server.key"})
    daemon = make_daemon(dns, settings=settings)
    daemon._make_client = None
    with daemon:
        api = Client(f"{'https' if context else 'http'}://{daemon.address}", contract)
        if context:
            api._session.verify = str(folder / "ca.pem")
        ended = [api.wait(api.submit_lines([f"n{i}.found.test" for i in range(3000)]))["id"] for _ in range(2)]
        waiting = [api.submit(["found.test"], run_at="2040-01-01T00:00:00Z")["id"] for _ in range(2)]
        files, memory = count_files(daemon), resident(daemon)
        host, port = daemon.address.rsplit(":", 1)
        until = time.monotonic() + SECONDS
        clients = [HostileClient(f"{seed}-{i}", (host, int(port)), context, ended + waiting, until) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        while time.monotonic() < until:
            assert api.get("/healthz").elapsed.total_seconds() < 5
        for client in clients:
            client.join(DEADLINE)
            assert client.failure is None and not client.is_alive()
        print(sum(client.n_requests for client in clients), "requests")

        for name, rest in REST.items():
            eventually(lambda: api.metrics()[name] == rest, f"{name} is {rest} again")
        eventually(lambda: count_files(daemon) <= files + 8, "files are closed")
        if not is_sanitized():
            assert resident(daemon) - memory < 64 << 20
