"""Several name servers, bad ones among them, and servers that are restarted in the middle of a job."""
import os
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from processes import DEADLINE, Stub, binary, eventually


def closed_port():
    """A port of 127.0.0.1 where nobody listens, over UDP or TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return f"127.0.0.1:{udp.getsockname()[1]}"


def statuses(api, job):
    found = {}
    for row in api.results(job):
        found[row["status"]] = found.get(row["status"], 0) + 1
    return found


@pytest.mark.parametrize("resolver", ["engine", "evdns"])
def test_either_asks_when_told_so(make_daemon, dns, resolver):
    with make_daemon(dns, settings={"dns.resolver": resolver}) as daemon:
        rows = {row["domain"]: row["status"] for row in daemon.api.run(["found.test", "nx.test", "nodata.test"])}
    assert rows == {"found.test": "found", "nx.test": "not_found", "nodata.test": "not_found"}


@pytest.mark.parametrize("strategy", ["order", "spread"])
def test_strategy(make_daemon, strategy):
    with Stub() as first, Stub() as second:
        with make_daemon(first, second, settings={"dns.resolver": "engine", "dns.strategy": strategy}) as daemon:
            daemon.api.run([f"found-{i}.test" for i in range(100)])  # fewer than the windows hold
        asked = first.stats()["queries"], second.stats()["queries"]
    assert sum(asked) == 104, "each is asked two questions of a health check"
    if strategy == "order":
        assert asked == (102, 2)
    else:
        assert min(asked) >= 30, asked


def test_servers_of_resolv_conf_are_asked_in_order(make_daemon, tmp_path):
    """The port can't be named there, so nobody answers; the first is asked first."""
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 127.0.0.251\nnameserver 127.0.0.252\n", encoding="ascii")
    with make_daemon(settings={"dns.resolver": "engine", "dns.servers": "", "dns.resolv_conf": str(path), "dns.timeout": "100ms"}) as daemon:
        [row] = daemon.api.run(["found.test"], attempts=2)
    assert row["status"] == "error"
    assert row["evidence"][0]["server"] == "127.0.0.251:53"


def test_a_fast_server_that_fails_swallows_no_name(make_daemon):
    with Stub("--servfail-all") as bad, Stub("--latency-ms", "30") as good:
        with make_daemon(bad, good, settings={"dns.resolver": "engine"}) as daemon:
            job = daemon.api.wait(daemon.api.submit([f"found-{i}.test" for i in range(3000)]))
            assert statuses(daemon.api, job) == {"found": 3000}


def test_a_closed_port_costs_no_time(make_daemon):
    with Stub() as good, make_daemon(closed_port(), good, settings={"dns.resolver": "engine", "dns.timeout": "10s"}) as daemon:
        job = daemon.api.wait(daemon.api.submit([f"found-{i}.test" for i in range(1000)]), 20)
        assert statuses(daemon.api, job) == {"found": 1000}


def exists(name):
    """The stub's rule for names under `--default half`."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value & 1 == 1


def by_address(api):
    return {row["address"]: row for row in api.get("/servers").json()["name_servers"]}


@pytest.mark.parametrize("strategy", ["order", "spread"])
@pytest.mark.parametrize("lie", ["found", "nx"])
def test_a_server_that_lies_gives_no_verdict(make_daemon, lie, strategy):
    names = [f"name{i}.example" for i in range(3000)]
    with Stub("--default", lie, "--lies") as liar, Stub("--default", "half") as one, Stub("--default", "half") as other:
        settings = {"dns.resolver": "engine", "dns.strategy": strategy}
        with make_daemon(liar, one, other, settings=settings) as daemon:
            job = daemon.api.wait(daemon.api.submit(names))
            wrong = [row for row in daemon.api.results(job)
                     if row["status"] != ("found" if exists(row["domain"]) else "not_found")]
            assert not wrong, wrong[:3]
            row = eventually(lambda: next((row for row in [by_address(daemon.api)[liar.address]] if row["lies"]), None), "a lie")
            assert (row["state"], row["why"]) == ("resting", "lying") and row["until"], row
            assert row["queries"] < 10, row
            healthy = by_address(daemon.api)[one.address]
            assert healthy["state"] == "healthy" and healthy["why"] is healthy["until"] is None, healthy
            assert healthy["answers"]["NOERROR"] > 100 and healthy["answers"]["NXDOMAIN"] > 100, healthy
            metrics = daemon.api.get("/metrics").text
            assert f'asyncprobed_dns_server_healthy{{server="{liar.address}"}} 0' in metrics
            assert f'asyncprobed_dns_server_healthy{{server="{one.address}"}} 1' in metrics


def test_servers_are_listed(make_daemon):
    with Stub() as good, make_daemon(closed_port(), good, settings={"dns.resolver": "engine"}) as daemon:
        daemon.api.run([f"found-{i}.test" for i in range(100)])
        rows = by_address(daemon.api)
        out = subprocess.run([binary("src/asyncprobectl"), "servers"], capture_output=True, text=True, check=True, timeout=DEADLINE,
                             env={**os.environ, "ASYNCPROBED_URL": daemon.api.url}).stdout.splitlines()
    assert [line.split()[-1] for line in out] == ["ADDRESS", *rows]
    assert [line.split()[0] for line in out[1:]] == [row["state"] for row in rows.values()] == ["resting", "healthy"]


def test_without_checks_a_liar_is_believed(make_daemon):
    """What the test before owes to the checks."""
    with Stub("--default", "found", "--lies") as liar, Stub("--default", "nx") as honest:
        settings = {"dns.resolver": "engine", "dns.check_interval": "0"}
        with make_daemon(liar, honest, settings=settings) as daemon:
            job = daemon.api.wait(daemon.api.submit([f"name{i}.example" for i in range(100)]))
            assert len(statuses(daemon.api, job)) == 2
            assert by_address(daemon.api)[liar.address]["lies"] == 0


class Crowd:
    """Many name servers in one thread: 127.77.x.y, all on one port. Names that begin with "n" don't exist."""

    def __init__(self, n, silent=0, limit=0):
        self.n_queries = 0
        self._limit = limit  # answers a second; 0: none
        self._tokens, self._filled = 0, time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._sockets = []
        port = 0
        for i in range(n):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            self._sockets.append(sock)
            sock.bind((f"127.77.{i >> 8}.{i & 255}", port))
            port = sock.getsockname()[1]
            self._selector.register(sock, selectors.EVENT_READ, i < silent)
        self.addresses = [f"{host}:{port}" for host, _ in (sock.getsockname() for sock in self._sockets)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @staticmethod
    def _reply(query):
        end = query.index(b"\0", 12) + 5
        qtype = query[end - 4:end - 2]
        if query[13:14].lower() == b"n" or b"\7invalid\0" in query:
            return query[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + query[12:end]
        if qtype != b"\0\1":
            return query[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + query[12:end]
        return (query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:end] +
                b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1")

    def _serve(self):
        while not self._stop.is_set():
            for key, _ in self._selector.select(0.1):
                while True:
                    try:
                        query, peer = key.fileobj.recvfrom(512)
                    except BlockingIOError:
                        break
                    self.n_queries += 1
                    if not key.data and self._may_answer():
                        key.fileobj.sendto(self._reply(query), peer)

    def _may_answer(self):
        if self._limit == 0:
            return True
        now = time.monotonic()
        self._tokens = min(self._tokens + (now - self._filled) * self._limit, self._limit / 20)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for sock in self._sockets:
            sock.close()


def raise_descriptors(n):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < n:
        pytest.skip(f"this process may not have {n} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, n), hard))


def resident(daemon):
    """Bytes of memory that the daemon has."""
    status = Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) << 10


@pytest.mark.seconds(120)
def test_two_thousand_servers(make_daemon, tmp_path):
    """A list of public resolvers, some of which are gone."""
    raise_descriptors(4096)
    names = [f"{'an'[i % 2]}{i}.test" for i in range(20000)]
    with Crowd(2000, silent=100) as crowd:
        path = tmp_path / "resolvers"
        path.write_text("# public resolvers\n" + "\n".join(crowd.addresses) + "\n", encoding="ascii")
        with make_daemon(settings={"dns.resolver": "engine", "dns.servers": f"@{path}", "dns.timeout": "5s"}) as daemon:
            eventually(lambda: sum(row["state"] == "healthy" for row in by_address(daemon.api).values()) == 1900,
                       "those who answer are healthy", 60)
            before = resident(daemon)
            job = daemon.api.wait(daemon.api.submit(names), 60)
            for row in daemon.api.results(job):
                assert row["status"] == {"a": "found", "n": "not_found"}[row["domain"][0]], row
            rows = by_address(daemon.api)
            assert list(rows) == crowd.addresses
            assert {row["why"] for row in rows.values() if row["state"] == "resting"} == {"unproven"}
            assert sum(row["queries"] > 4 for row in rows.values()) > 1000, "names go to all of them"
            assert 'asyncprobed_dns_server_healthy{server="all"} 1900' in daemon.api.get("/metrics").text
            assert resident(daemon) - before < 100 << 20


@pytest.mark.seconds(120)
def test_a_server_that_is_silent_beyond_a_limit(make_daemon):
    """Bursts, and time-outs in between, would get a fraction of its 1,000 answers a second."""
    names = [f"{'an'[i % 2]}{i}.test" for i in range(6000)]
    with Crowd(1, limit=1000) as crowd:
        settings = {"dns.resolver": "engine", "dns.servers": crowd.addresses[0], "dns.attempts": "6"}
        with make_daemon(settings=settings) as daemon:
            job = daemon.api.wait(daemon.api.submit(names), 60)
            assert statuses(daemon.api, job) == {"found": 3000, "not_found": 3000}
            assert job["elapsed_ms"] < 15000, "6 s and what it takes to find the limit, on a busy machine"


class Truncating:
    """Says TC=1 over UDP and gives addresses over TCP, as a server with a big answer does."""

    def __init__(self):
        self.n_connections = 0
        while True:
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._udp.bind(("127.0.0.1", 0))
            try:
                self._tcp.bind(self._udp.getsockname())
                break
            except OSError:
                continue
        self._tcp.listen()
        self.address = f"127.0.0.1:{self._udp.getsockname()[1]}"
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    @staticmethod
    def _reply(query, flags, n):
        end = query.index(b"\0", 12) + 5
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4"
        data = b"".join(record + bytes([192, 0, 2, i]) for i in range(n))
        return query[:2] + flags + b"\0\1" + n.to_bytes(2, "big") + b"\0\0\0\0" + query[12:end] + data

    def _serve_udp(self):
        while True:
            query, peer = self._udp.recvfrom(512)
            self._udp.sendto(self._reply(query, b"\x83\x80", 0), peer)

    def _serve_tcp(self):
        while True:
            conn, _ = self._tcp.accept()
            self.n_connections += 1
            threading.Thread(target=self._serve_one, args=(conn,), daemon=True).start()

    def _serve_one(self, conn):
        with conn, conn.makefile("rb") as file:
            while size := file.read(2):
                reply = self._reply(file.read(int.from_bytes(size, "big")), b"\x81\x80", 20)
                conn.sendall(len(reply).to_bytes(2, "big") + reply)


def test_a_truncated_answer_is_fetched_over_tcp(make_daemon):
    server = Truncating()
    with make_daemon(server, settings={"dns.resolver": "engine"}) as daemon:
        rows = daemon.api.run([f"big-{i}.test" for i in range(50)])
    assert all(row["status"] == "found" and len(row["addresses"]) == 20 for row in rows)
    assert [e["rcode"] for e in rows[0]["evidence"]] == ["TRUNCATED", "NOERROR"]
    assert server.n_connections == 1, "one connection for all"


NSD = shutil.which("nsd") or shutil.which("/usr/sbin/nsd")
NSD_CONF = """\
server:
	server-count: 1
	ip-address: {address}
	do-ip6: no
	username: ""
	chroot: ""
	zonesdir: "{dir}"
	database: ""
	pidfile: ""
	xfrdfile: "{dir}/xfrd.state"
	zonelistfile: "{dir}/zone.list"
	xfrdir: "{dir}"
	logfile: "{dir}/nsd.log"
	rrl-ratelimit: {limit}
	rrl-whitelist-ratelimit: {limit}
remote-control:
	control-enable: no
zone:
	name: restart.test
	zonefile: zone
"""
ZONE = """\
$ORIGIN restart.test.
$TTL 300
@ IN SOA ns hostmaster 1 3600 900 604800 300
@ IN NS ns
ns IN A 192.0.2.53
*.wild IN A 192.0.2.1
*.alias IN CNAME x.wild
"""


class Nsd:
    """NSD with ZONE. It answers once the constructor has returned; after start() it may still be starting."""

    QUERY = b"\0\1\0\0\0\1\0\0\0\0\0\0\7restart\4test\0\0\6\0\1"  # SOA restart.test.

    def __init__(self, folder, limit=0):
        self._folder = folder
        self._process = None
        (folder / "zone").write_text(ZONE, encoding="ascii")
        for _ in range(5):  # somebody else may take the port before it does
            self.address = closed_port()
            (folder / "nsd.conf").write_text(
                NSD_CONF.format(dir=folder, limit=limit, address=self.address.replace(":", "@")), encoding="ascii")
            self.start()
            eventually(lambda: self._answers() or self._process.poll() is not None, "nsd answers or has ended")
            if self._process.poll() is None:
                return
        raise AssertionError((folder / "nsd.log").read_text(encoding="utf-8"))

    def _answers(self):
        host, port = self.address.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect((host, int(port)))
            try:
                sock.send(self.QUERY)
                return sock.recv(512)[:2] == self.QUERY[:2]
            except OSError:  # refused, or silent
                return False

    def start(self):
        self._process = subprocess.Popen([NSD, "-d", "-c", self._folder / "nsd.conf"],
                                         stderr=subprocess.DEVNULL, start_new_session=True)

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)  # it has children that serve
        self._process.wait()


@pytest.mark.seconds(120)
@pytest.mark.skipif(NSD is None, reason="nsd is not installed")
def test_a_server_killed_and_restarted_in_the_middle_of_a_job(make_daemon, tmp_path):
    """Names wait for it; none gets a wrong verdict, and none is lost."""
    kinds = {"wild": "found", "alias": "found", "none": "not_found"}
    names = [f"n{i}.{kind}.restart.test" for i in range(4000) for kind in kinds]
    nsd = Nsd(tmp_path)
    try:
        with make_daemon(nsd, settings={"dns.resolver": "engine", "dns.timeout": "2s", "dns.attempts": "5"}) as daemon:
            job = daemon.api.submit(names, rate=4000)
            for part in (0.2, 0.5):
                eventually(lambda p=part: daemon.api.show(job)["completed"] > p * len(names), "a part of the job", 30)
                nsd.kill()
                nsd.start()
            job = daemon.api.wait(job, 60)
            for row in daemon.api.results(job):
                assert row["status"] == kinds[row["domain"].split(".")[1]], row
            assert job["completed"] == len(names)
    finally:
        nsd.kill()


@pytest.mark.seconds(120)
@pytest.mark.skipif(NSD is None, reason="nsd is not installed")
def test_a_server_that_limits_its_answers(make_daemon, tmp_path):
    """Beyond 200 answers a second NSD is silent or truncates; what it says over TCP has no limit."""
    kinds = {"wild": "found", "none": "not_found"}
    names = [f"n{i}.{kind}.restart.test" for i in range(3000) for kind in kinds]
    nsd = Nsd(tmp_path, limit=200)
    try:
        with make_daemon(nsd, settings={"dns.resolver": "engine", "dns.timeout": "2s"}) as daemon:
            job = daemon.api.wait(daemon.api.submit(names), 60)
            rows = daemon.api.results(job)
            wrong = [r for r in rows if r["status"] not in ("error", kinds[r["domain"].split(".")[1]])]
            assert not wrong, wrong[:3]
            errors = [r for r in rows if r["status"] == "error"]
            assert len(errors) < len(names) / 100, errors[:3]
    finally:
        nsd.kill()
