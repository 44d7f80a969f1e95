"""DNS over HTTPS as an upstream: a server in threads of this process, and unbound for HTTP/2."""
import http.server
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from processes import DEADLINE, eventually

UNBOUND = shutil.which("unbound") or shutil.which("/usr/sbin/unbound")
TYPE = "application/dns-message"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a key and of a certificate that signs itself, for 127.0.0.1 and dns.test."""
    folder = tmp_path_factory.mktemp("doh")
    key, pem = folder / "key.pem", folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=dns.test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:dns.test", "-keyout", key, "-out", pem],
                   check=True, capture_output=True, timeout=DEADLINE)
    return key, pem


def reply_to(query):
    """NXDOMAIN for names that begin with "n" and under .invalid, else 192.0.2.1."""
    end = query.index(b"\0", 12) + 5
    if query[13:14].lower() == b"n" or b"\7invalid\0" in query:
        return query[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + query[12:end]
    return (query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1")


class Doh:
    """A server that answers POSTs. `respond` turns a query into status, content type and body."""

    def __init__(self, certificate, respond=lambda query: (200, TYPE, reply_to(query))):
        self.n_requests = 0
        self.seen = set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                outer.n_requests += 1
                outer.seen.add((self.path, self.headers["Content-Type"], self.headers["Host"]))
                status, content_type, body = respond(query)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # it is too long, and the client has gone

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[1], certificate[0])
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}/dns-query"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def settings(certificate, **more):
    return {"dns.resolver": "engine", "downloads.ca_file": str(certificate[1]), **more}


def verdicts(daemon, names):
    return {row["domain"]: (row["status"], row["reason"]) for row in daemon.api.run(names)}


NAMES = [f"{'an'[i % 2]}{i}.test" for i in range(300)]
RIGHT = {name: ("found", None) if name[0] == "a" else ("not_found", "nxdomain") for name in NAMES}


@pytest.mark.parametrize("by_name", [False, True], ids=["address", "name"])
def test_names_are_asked_over_https(make_daemon, certificate, by_name):
    with Doh(certificate) as doh:
        url = f"https://dns.test:{doh.port}/dns-query#127.0.0.1" if by_name else doh.url
        with make_daemon(settings=settings(certificate, **{"dns.servers": url, "dns.timeout": "10s"})) as daemon:
            assert verdicts(daemon, NAMES) == RIGHT
            [row] = daemon.api.get("/servers").json()["name_servers"]
            assert row["address"] == f"127.0.0.1:{doh.port}", row
            assert row["answers"]["NOERROR"] >= 150 and row["answers"]["NXDOMAIN"] >= 150, row
        host = f"{'dns.test' if by_name else '127.0.0.1'}:{doh.port}"
        assert doh.seen == {("/dns-query", TYPE, host)}


FAULTS = {
    "status": lambda query: (500, TYPE, reply_to(query)),
    "redirect": lambda query: (302, TYPE, reply_to(query)),
    "type": lambda query: (200, "text/html", reply_to(query)),
    "empty": lambda query: (200, TYPE, b""),
    "too long": lambda query: (200, TYPE, reply_to(query) + b"\0" * 70000),
    "another question": lambda query: (200, TYPE, reply_to(query[:13] + b"x" + query[14:])),
    "another id": lambda query: (200, TYPE, bytes([query[0] ^ 1]) + reply_to(query)[1:]),
    "no message": lambda query: (200, TYPE, b"<html>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_is_none_is_no_verdict(make_daemon, certificate, fault):
    with Doh(certificate, FAULTS[fault]) as doh:
        more = {"dns.servers": doh.url, "dns.timeout": "200ms", "dns.attempts": "1"}
        with make_daemon(settings=settings(certificate, **more)) as daemon:
            assert {status for status, _ in verdicts(daemon, NAMES[:4]).values()} == {"error"}
            eventually(lambda: doh.n_requests, "a request")


def test_a_server_that_is_not_trusted_is_told_no_name(make_daemon, certificate):
    with Doh(certificate) as doh:
        more = {"dns.servers": doh.url, "dns.timeout": "200ms", "dns.attempts": "1", "dns.resolver": "engine"}
        with make_daemon(settings=more) as daemon:
            assert {status for status, _ in verdicts(daemon, NAMES[:4]).values()} == {"error"}
            eventually(lambda: daemon.api.get("/servers").json()["name_servers"][0]["why"] == "closed", "the handshake has failed")
        assert doh.n_requests == 0


def test_the_other_server_is_asked_when_https_fails(make_daemon, dns, certificate):
    with Doh(certificate, FAULTS["status"]) as doh:
        more = {"dns.servers": f"{doh.url}, {dns.address}", "dns.timeout": "5s", "dns.attempts": "5"}
        with make_daemon(settings=settings(certificate, **more)) as daemon:
            names = [f"found-{i}.test" for i in range(200)]
            assert verdicts(daemon, names) == {name: ("found", None) for name in names}


UNBOUND_CONF = """\
server:
	directory: "{dir}"
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	do-daemonize: no
	interface: 127.0.0.1@{port}
	https-port: {port}
	tls-service-key: "{key}"
	tls-service-pem: "{pem}"
	local-zone: "test." redirect
	local-data: "test. 60 IN A 192.0.2.1"
	local-zone: "none." static
remote-control:
	control-enable: no
"""


@pytest.mark.skipif(UNBOUND is None, reason="unbound is not installed")
def test_http_2(make_daemon, certificate, tmp_path):
    """unbound speaks DNS over HTTPS by HTTP/2 alone."""
    key, pem = certificate
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    conf = tmp_path / "unbound.conf"
    conf.write_text(UNBOUND_CONF.format(dir=tmp_path, port=port, key=key, pem=pem), encoding="utf-8")
    with subprocess.Popen([UNBOUND, "-d", "-c", conf], stderr=subprocess.PIPE) as unbound:
        try:
            eventually(lambda: unbound.poll() is not None or is_open(port), "unbound listens")
            assert unbound.poll() is None, unbound.stderr.read()
            more = {"dns.servers": f"https://127.0.0.1:{port}/dns-query", "dns.timeout": "10s"}
            with make_daemon(settings=settings(certificate, **more)) as daemon:
                names = [f"n{i}.{'test' if i % 2 else 'none'}" for i in range(2000)]
                right = {n: ("found", None) if n.endswith("test") else ("not_found", "nxdomain") for n in names}
                assert verdicts(daemon, names) == right
        finally:
            unbound.kill()


def is_open(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
