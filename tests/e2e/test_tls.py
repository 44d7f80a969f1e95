"""HTTPS: certificates, clients with certificates, and that nothing else about the API changes."""
import signal
import socket
import ssl
import subprocess

import pytest
import requests

from client import Client, expect
from processes import DEADLINE, binary, eventually, parse_log_line
from test_config import run
from tokens import bearer, write_tokens

UPLOAD = (b"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
          b"Transfer-Encoding: chunked\r\n\r\n")


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=DEADLINE)


def issue(folder, name, subject, extensions, authority="ca"):
    """Make NAME.key and NAME.pem, signed by the authority, and NAME.both with both."""
    (folder / f"{name}.ext").write_text(extensions)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", subject, folder=folder)
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial",
            "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem", folder=folder)
    (folder / f"{name}.both").write_bytes((folder / f"{name}.pem").read_bytes() + (folder / f"{name}.key").read_bytes())


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """A folder with an authority, a server's certificate, those of two clients, and another authority's."""
    folder = tmp_path_factory.mktemp("pki")
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN=authority {name}", folder=folder)
    issue(folder, "server", "/CN=asyncprobed", "subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    issue(folder, "client", "/CN=worker 7/O=Example", "extendedKeyUsage=clientAuth\n")
    issue(folder, "stranger", "/CN=stranger", "extendedKeyUsage=clientAuth\n", authority="other")
    for path in folder.glob("*.key"):
        path.chmod(0o600)
    return folder



@pytest.fixture
def serve(make_daemon, dns, contract, pki):
    """A function that starts a daemon that speaks HTTPS; afterwards it is stopped."""
    running = []

    def start(settings=None, client=None):
        daemon = make_daemon(dns, settings={"api.tls_cert": pki / "server.pem", "api.tls_key": pki / "server.key",
                                            **(settings or {})})
        daemon._make_client = None
        daemon.start()
        running.append(daemon)
        api = Client(f"https://{daemon.address}", contract)
        api._session.verify = str(pki / "ca.pem")
        if client:
            api._session.cert = (str(pki / f"{client}.pem"), str(pki / f"{client}.key"))
        daemon.api = api
        return daemon

    yield start
    for daemon in running:
        daemon.stop()


def connect(daemon, pki, minimum=None, maximum=None):
    context = ssl.create_default_context(cafile=str(pki / "ca.pem"))
    if maximum is not None:
        context.minimum_version, context.maximum_version = minimum, maximum
    host, port = daemon.address.rsplit(":", 1)
    sock = socket.create_connection((host, int(port)), DEADLINE)
    return context.wrap_socket(sock, server_hostname="localhost")


def test_jobs(serve):
    daemon = serve()
    [result] = daemon.api.run(["found.test"])
    assert result["status"] == "found"
    daemon.api.get("/metrics")


def test_long_bodies_and_answers(serve):
    """More than any buffer holds, both ways, and with other connections beside it."""
    daemon = serve()
    names = [f"n{i}.test" for i in range(60_000)]
    job = daemon.api.submit_lines(names)
    assert job["total"] == 60_000
    with requests.Session() as other:
        other.verify, other.trust_env = daemon.api._session.verify, False
        lines = 0
        for _ in daemon.api.follow(job):
            lines += 1
            if lines % 20_000 == 0:
                assert other.get(daemon.api.url + "/healthz", timeout=DEADLINE).status_code == 200
    assert lines == 60_000
    assert len(daemon.api.results(job)) == 60_000


def test_events_come_while_the_stream_waits(serve):
    daemon = serve()
    job = daemon.api.submit(["found.test", "slow.test"])
    names = [event.name for event in daemon.api.events(job)]
    assert names[-1] == "state" and names.count("result") == 2, names


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(serve, pki, version):
    daemon = serve()
    with connect(daemon, pki, version, version) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 ")


def ciphers_taken(pki, daemon, names):
    """Those of TLS 1.2's ciphers with which a handshake succeeds."""
    host, port = daemon.address.rsplit(":", 1)
    taken = []
    for name in names:
        context = ssl.create_default_context(cafile=str(pki / "ca.pem"))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{name}:@SECLEVEL=0")
        with socket.create_connection((host, int(port)), DEADLINE) as sock:
            try:
                with context.wrap_socket(sock, server_hostname="localhost"):
                    taken.append(name)
            except (ssl.SSLError, ConnectionResetError):
                pass
    return taken


def test_ciphers(serve, pki):
    """Forward secrecy and authenticated encryption, or nothing."""
    with_both = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]
    without = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-CCM"]
    assert ciphers_taken(pki, serve(), with_both + without) == with_both


def test_ciphers_of_rsa(serve, tmp_path):
    """With a key that could decrypt what was recorded, no session depends on it."""
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", folder=tmp_path)
    (tmp_path / "ca.key").chmod(0o600)
    daemon = serve({"api.tls_cert": tmp_path / "ca.pem", "api.tls_key": tmp_path / "ca.key"})
    names = ["AES128-GCM-SHA256", "AES256-SHA", "AES128-SHA", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"]
    assert ciphers_taken(tmp_path, daemon, names) == ["ECDHE-RSA-AES128-GCM-SHA256"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_are_refused(serve, pki):
    daemon = serve()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki / "ca.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    host, port = daemon.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), DEADLINE) as sock:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            context.wrap_socket(sock, server_hostname="localhost")


def test_no_http_in_clear(serve):
    daemon = serve()
    host, port = daemon.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), DEADLINE) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        try:
            while piece := sock.recv(4096):
                got += piece
        except ConnectionResetError:
            pass
    assert b"HTTP" not in got, got
    assert daemon.api.get("/healthz").json() == {"status": "ok"}


def test_unix_sockets_stay_in_clear(serve, tmp_path, contract):
    serve({"api.listen": f"127.0.0.1:0,unix:{tmp_path}/api.sock"})
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(DEADLINE)
        sock.connect(f"{tmp_path}/api.sock")
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert Client("", contract).read_answer(sock, "GET", "/healthz").status == 200


def drain(sock):
    """Return what comes until the end, in clear words of TLS or not at all."""
    got = b""
    try:
        while piece := sock.recv(65536):
            got += piece
    except ssl.SSLError as error:
        assert "WRONG_VERSION" not in str(error) and "wrong version" not in str(error).lower(), "something came in clear"
    except ConnectionResetError:
        pass
    return got


def test_body_too_large_is_told(serve, pki):
    """The client learns why, through the session."""
    daemon = serve({"api.max_body": "100K"})
    with connect(daemon, pki) as sock:
        try:
            sock.sendall(UPLOAD)
            for _ in range(40):
                sock.sendall(b"2000\r\n" + b"# nothing here\n" * 546 + b"#\n" + b"\r\n")
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
            pass
        assert drain(sock).startswith(b"HTTP/1.1 413 ")
    daemon.api.get("/healthz")


def test_slow_body_is_told(serve, pki):
    daemon = serve({"api.transfer_timeout": "1s"})
    with connect(daemon, pki) as sock:
        sock.sendall(UPLOAD + b"5\r\na.tes")
        assert drain(sock).startswith(b"HTTP/1.1 408 ")
    daemon.api.get("/healthz")


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], ids=["nothing", "begun", "half"])
def test_handshake_without_end(serve, sent):
    """It has the time of a header."""
    daemon = serve({"api.header_timeout": "1s"})
    host, port = daemon.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), DEADLINE) as sock:
        sock.sendall(sent)
        sock.settimeout(10)
        try:
            while sock.recv(4096):
                pass
        except ConnectionResetError:
            pass
    eventually(lambda: daemon.api.metrics()["asyncprobed_http_connections"] <= 1, "it is gone")


def test_handshakes_that_fail_disturb_nobody(serve):
    daemon = serve()
    host, port = daemon.address.rsplit(":", 1)
    strict = ssl.create_default_context()  # the authority is unknown to it
    for _ in range(20):
        with socket.create_connection((host, int(port)), DEADLINE) as sock, pytest.raises(ssl.SSLError):
            strict.wrap_socket(sock, server_hostname="localhost")
    daemon.api.get("/healthz")
    eventually(lambda: daemon.api.metrics()["asyncprobed_http_connections"] <= 1, "they are gone")


def test_stops_with_open_connections(serve, pki):
    daemon = serve()
    job = daemon.api.submit(["silent.test"])
    with connect(daemon, pki) as idle, connect(daemon, pki) as stream:
        stream.sendall(f"GET /jobs/{job['id']}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert stream.recv(4096).startswith(b"HTTP/1.1 200 ")
        daemon.restart()
        assert b"HTTP" not in drain(idle)


class TestClientCertificates:
    @pytest.fixture
    def settings(self, pki):
        return {"api.tls_client_ca": pki / "ca.pem"}

    def test_good(self, serve, settings):
        daemon = serve(settings, client="client")
        daemon.api.run(["found.test"])
        line = next(parse_log_line(line) for line in daemon.lines.all if "event=audit" in line)
        assert "worker 7" in line["certificate"], line

    def test_none(self, serve, settings):
        daemon = serve(settings)
        response = expect(daemon.api("GET", "/jobs"), 403)
        assert "certificate" in response.json()["detail"]
        daemon.api.get("/healthz")

    def test_of_another_authority(self, serve, settings):
        daemon = serve(settings, client="stranger")
        try:
            response = daemon.api("GET", "/jobs")
        except (requests.exceptions.SSLError, requests.exceptions.ConnectionError):
            return  # refused in the handshake: as good
        expect(response, 403)

    def test_none_through_a_unix_socket(self, serve, settings, tmp_path, contract):
        serve({**settings, "api.listen": f"127.0.0.1:0,unix:{tmp_path}/api.sock"})
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE)
            sock.connect(f"{tmp_path}/api.sock")
            sock.sendall(b"GET /jobs HTTP/1.1\r\nHost: x\r\n\r\n")
            assert Client("", contract).read_answer(sock, "GET").status == 200

    def test_tokens_too(self, serve, settings, tmp_path):
        secrets = write_tokens(tmp_path / "tokens", {"a": "read"})
        daemon = serve({**settings, "api.token_file": str(tmp_path / "tokens")}, client="client")
        expect(daemon.api("GET", "/jobs"), 401)
        expect(daemon.api("GET", "/jobs", headers=bearer(secrets["a"])), 200)


def serial(sock):
    """The number of the certificate at the other end."""
    return sock.getpeercert()["serialNumber"]


def test_a_renewed_certificate_is_taken_up(serve, pki, tmp_path):
    """SIGHUP reads the files anew: the next handshakes show the new certificate, open connections stay."""
    for name in ("ca.pem", "ca.key", "server.pem", "server.key"):
        (tmp_path / name).write_bytes((pki / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    daemon = serve({"api.tls_cert": tmp_path / "server.pem", "api.tls_key": tmp_path / "server.key"})
    with connect(daemon, pki) as before:
        first = serial(before)
        issue(tmp_path, "server", "/CN=asyncprobed", "subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        daemon.send(signal.SIGHUP)
        daemon.wait_event("certificate_renewed")
        with connect(daemon, pki) as after:
            second = serial(after)
        assert second != first
        before.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert before.recv(4096).startswith(b"HTTP/1.1 200")
    # a key that does not fit changes nothing
    (tmp_path / "server.key").write_bytes((pki / "server.key").read_bytes())
    daemon.send(signal.SIGHUP)
    daemon.wait_event("reload_failed")
    with connect(daemon, pki) as still:
        assert serial(still) == second


def ctl(daemon, *arguments, status=0):
    done = subprocess.run([binary("src/asyncprobectl"), f"--url=https://{daemon.address}", *map(str, arguments)],
                          capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == status, done
    return done


def test_ctl(serve, pki):
    daemon = serve({"api.tls_client_ca": pki / "ca.pem"})
    assert ctl(daemon, "--ca-file", pki / "ca.pem", "--cert", pki / "client.both", "domains", "found.test").stdout == "+ found.test\n"
    assert "certificate" in ctl(daemon, "--ca-file", pki / "ca.pem", "jobs", status=1).stderr
    assert "certificate" in ctl(daemon, "--ca-file", pki / "other.pem", "jobs", status=3).stderr
    ctl(daemon, "jobs", status=3)


def check(pki, status, **settings):
    options = {"tls_cert": pki / "server.pem", "tls_key": pki / "server.key", **settings}
    done = run("-t", *(f"-oapi.{name}={value}" for name, value in options.items() if value is not None))
    assert done.returncode == status, done
    return done.stderr


def test_settings(pki, tmp_path):
    check(pki, 0)
    check(pki, 0, tls_client_ca=pki / "ca.pem")
    assert "tls_key" in check(pki, 1, tls_key=None)
    assert "tls_cert" in check(pki, 1, tls_cert=None)
    assert "tls_client_ca" in check(pki, 1, tls_cert=None, tls_key=None, tls_client_ca=pki / "ca.pem")
    assert "/nonexistent" in check(pki, 1, tls_cert="/nonexistent")
    assert "/nonexistent" in check(pki, 1, tls_client_ca="/nonexistent")
    assert "server.pem" in check(pki, 1, tls_key=pki / "client.key"), "the key of another"
    assert "server.csr" in check(pki, 1, tls_cert=pki / "server.csr")
    assert "server.key" in check(pki, 1, tls_client_ca=pki / "server.key")
    readable = tmp_path / "readable.key"
    readable.write_bytes((pki / "server.key").read_bytes())
    readable.chmod(0o644)
    assert "readable.key" in check(pki, 1, tls_key=readable)


def test_other_addresses_need_tokens_and_tls(pki, tmp_path):
    write_tokens(tmp_path / "tokens", {"a": "read"})
    listen = {"listen": "0.0.0.0:0"}
    assert "token_file" in check(pki, 1, **listen)
    check(pki, 0, **listen, token_file=tmp_path / "tokens")
    check(pki, 0, **listen, tls_client_ca=pki / "ca.pem")
    assert "tls_cert" in check(pki, 1, **listen, token_file=tmp_path / "tokens", tls_cert=None, tls_key=None)
