"""Listening sockets that are passed to the daemon, and restarts under load through them."""
import http.client
import json
import shutil
import signal
import socket
import subprocess

import pytest

from processes import DEADLINE, Lines, binary, eventually, has_libsystemd, parse_log_line
from submitter import BODY, Submitter

pytestmark = pytest.mark.skipif(not has_libsystemd(), reason="built without libsystemd")


def listener(address="127.0.0.1", family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind((address, 0) if family != socket.AF_UNIX else address)
    sock.listen(4096)
    return sock


def listening(daemon):
    """Return {name: address} of what the log says of passed sockets."""
    lines = map(parse_log_line, daemon.lines.all)
    return {line["socket"]: line["address"] for line in lines if line.get("event") == "listening"}


def get(sock, path="/healthz"):
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    answer.read()
    return answer


def test_several_sockets(make_daemon, dns, tmp_path):
    """Each is served under its name, and what api.listen says is not."""
    daemon = make_daemon(dns)
    daemon.settings["api.listen"] = "127.0.0.1:1"
    path = str(tmp_path / "sock")
    daemon.sockets = {"http": listener(), "six": listener("::1", socket.AF_INET6), "local": listener(path, socket.AF_UNIX)}
    with daemon:
        addresses = listening(daemon)
        assert addresses == {"http": f"127.0.0.1:{daemon.sockets['http'].getsockname()[1]}", "local": "unix",
                             "six": f"[::1]:{daemon.sockets['six'].getsockname()[1]}"}
        for sock in daemon.sockets.values():
            with socket.socket(sock.family, socket.SOCK_STREAM) as client:
                client.connect(sock.getsockname())
                assert get(client).status == 200
        accepted = daemon.sockets["http"]
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert (tmp_path / "sock").exists(), "the file of a socket that was passed is not ours"


def test_not_for_us(make_daemon, dns):
    """Variables that are about another process mean nothing."""
    daemon = make_daemon(dns)
    daemon.environment = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"}
    with daemon as running:
        assert running.api.get("/healthz").status_code == 200


@pytest.mark.parametrize("kind", ["datagram", "connected", "not listening"])
def test_wrong_socket(make_daemon, dns, kind):
    daemon = make_daemon(dns)
    sock, _other = socket.socketpair()
    if kind != "connected":
        sock = socket.socket(type=socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
    daemon.sockets = {"http": sock}
    with pytest.raises(AssertionError, match="event="):
        daemon.start()
    assert daemon.wait_end() == 1
    assert "http" in daemon.event("listen_failed")["why"]


def test_too_many(make_daemon, dns):
    daemon = make_daemon(dns)
    daemon.sockets = {f"s{i}": listener() for i in range(9)}
    with pytest.raises(AssertionError, match="event="):
        daemon.start()
    assert daemon.wait_end() == 1 and daemon.event("sockets_invalid")["most"] == "8"


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd-socket-activate is absent")
def test_socket_activate(dns, tmp_path):
    """systemd's own tool starts it with the first connection, which is served."""
    with listener() as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "--fdname=http", binary("src/asyncprobed"),
         f"-ostore.url=sqlite://{tmp_path}/jobs.db", f"-odns.servers={dns.address}"],
        stderr=subprocess.PIPE, text=True)
    lines = Lines(process.stderr)
    try:
        lines.wait_for("Listening on")
        with socket.create_connection(("127.0.0.1", port), DEADLINE) as client:
            assert get(client).status == 200
        lines.wait_for(rf"event=listening address=127.0.0.1:{port} socket=http")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0


@pytest.mark.dns("--slow-ms", 1000)
def test_drain_hands_over(make_daemon, dns):
    """While it drains new connections wait for the next daemon; a kept one is answered, and closed."""
    daemon = make_daemon(dns, settings={"dns.timeout": "5s"})
    daemon.sockets = {"http": listener()}
    address = daemon.sockets["http"].getsockname()
    with daemon:
        slow = daemon.api.submit(["slow-1.test"])
        with socket.create_connection(address) as kept, socket.create_connection(address) as late:
            assert get(kept).status == 200
            # connected before the end, and asking only then
            eventually(lambda: daemon.api.metrics()["asyncprobed_http_connections"] == 3, "all are connected")
            daemon.send(signal.SIGTERM)
            daemon.wait_event("draining")
            with socket.create_connection(address) as fresh:
                answer = get(kept, "/readyz")
                assert answer.status == 503 and answer.getheader("Connection") == "close"
                late.sendall(f"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             f"Content-Length: {len(BODY)}\r\n\r\n{BODY}".encode())
                answer = http.client.HTTPResponse(late, method="POST")
                answer.begin()
                assert answer.status == 202, "a job that comes while it drains is for the next start"
                job = json.loads(answer.read())
                fresh.settimeout(0.2)
                fresh.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                with pytest.raises(TimeoutError):
                    fresh.recv(1)
                assert daemon.wait_end(15) == 0
                daemon.start()
                fresh.settimeout(DEADLINE)
                assert fresh.recv(100).startswith(b"HTTP/1.1 200 ")
        for submitted in (slow, job):
            assert daemon.api.wait(submitted)["counts"]["found"] == 1


def test_restart_under_load(make_daemon, dns):
    """50 submissions a second over five restarts: each is answered 202, none is lost, none is done twice."""
    daemon = make_daemon(dns)
    daemon.sockets = {"http": listener()}
    with daemon:
        with Submitter(daemon.sockets["http"].getsockname()) as submitter:
            for number in range(5):
                eventually(lambda n=number: len(submitter.ids) > 30 * (n + 1), "jobs are taken")
                daemon.restart()
        assert len(submitter.ids) > 150
        submitter.check(daemon.api)
