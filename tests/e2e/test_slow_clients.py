"""Clients that are slow, silent, half gone or too many: they are let go in time, and nobody else waits for them."""
import http.client
import json
import os
import resource
import select
import signal
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Client, check_complete
from processes import DEADLINE, Daemon, Stub, eventually

CUT = "asyncprobed_http_connections_cut_total"
OPEN = "asyncprobed_http_connections"
STREAMS = "asyncprobed_http_streams"
UPLOAD = b"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
LONG = "60s"  # no time-out of this length strikes in a test


def cuts(api, why):
    return api.metrics()[f'{CUT}{{why="{why}"}}']


def connect(api, source=None, window=None):
    """Connect, from a source address, or as one that takes no more than `window` bytes ahead."""
    if window is None and source is None:
        return api.connect()
    sock = socket.socket()
    sock.settimeout(DEADLINE)
    if window is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    if source is not None:
        sock.bind((source, 0))
    host, port = api.url.removeprefix("http://").rsplit(":", 1)
    sock.connect((host, int(port)))
    return sock


def ask(sock, path="/healthz"):
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


def reset(sock):
    """Close without a word."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def read(sock, method="GET"):
    answer = http.client.HTTPResponse(sock, method=method)
    answer.begin()
    return answer.status, answer.headers, answer.read()


def peek_status(sock):
    """The status of the answer that comes; a refusal is read."""
    while len(head := sock.recv(12, socket.MSG_PEEK)) < 12:
        assert head
    status = int(head[9:])
    if status == 503:
        read(sock)
    return status


def is_closed(sock):
    """Has the other end closed? What comes until then is thrown away."""
    sock.setblocking(False)
    try:
        while sock.recv(1 << 16):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def pause(seconds):
    """The pace of a slow client; nothing waits for another by this."""
    threading.Event().wait(seconds)


class Drip:
    """A thread that sends, or takes, a byte of each of its connections now and then, until they are closed."""

    def __init__(self, every=0.1):
        self._every = every
        self._senders, self._readers = [], []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def sends(self, sock, head):
        sock.sendall(head)
        sock.setblocking(False)
        self._senders.append(sock)

    def reads(self, sock, path):
        ask(sock, path)
        sock.setblocking(False)
        self._readers.append(sock)

    def _is_alive(self, sock):
        try:
            if sock in self._readers:
                sock.recv(1)
                reset = select.poll()
                reset.register(sock, select.POLLHUP)
                return not reset.poll(0)
            sock.send(b"a")
            return not select.select([sock], [], [], 0)[0]
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _run(self):
        while not self._is_over.wait(self._every):
            for socks in (self._senders, self._readers):
                for sock in [sock for sock in socks if not self._is_alive(sock)]:
                    socks.remove(sock)
                    sock.close()

    def n_alive(self):
        return len(self._senders) + len(self._readers)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()
        for sock in self._senders + self._readers:
            sock.close()


def big_job(api, n=6000):
    """A job whose results don't fit into the buffers between it and a client."""
    return api.wait(api.submit_lines((f"found-{i}-{'x' * 40}.test" for i in range(n)), label="big"))


def time_requests(daemon, body, seconds_of):
    """Do what normal clients do, each on a connection of its own; add how long the answers took."""
    host, port = daemon.address.rsplit(":", 1)
    client = http.client.HTTPConnection(host, int(port), timeout=DEADLINE)
    for method, path, data in (("GET", "/metrics", None), ("POST", "/jobs", body), ("GET", "/jobs", None)):
        begin = time.monotonic()
        client.request(method, path, data, {"Content-Type": "application/json"} if data else {})
        answer = client.getresponse()
        answer.read()
        seconds_of.append(time.monotonic() - begin)
        assert answer.status in (200, 202), f"{method} {path}: {answer.status}"
    client.close()


@pytest.mark.settings({"api.header_timeout": "4s", "api.transfer_timeout": "4s", "api.idle_timeout": LONG})
def test_two_hundred_slow_clients(daemon, api):
    """Slow headers, slow bodies and slow readers are gone by the deadline; others are answered as ever."""
    job = big_job(api)
    seconds_of, body = [], json.dumps({"kind": "domains", "domains": ["found.test"]})
    with Drip() as drip:
        begin = time.monotonic()
        for i in range(67):
            drip.sends(connect(api), b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
            drip.sends(connect(api), UPLOAD + b"Content-Length: 1000000\r\n\r\n")
            if i < 66:
                drip.reads(connect(api, window=2048), f"/jobs/{job['id']}/results")
        eventually(lambda: api.metrics()[OPEN] >= 200, "all are connected", 3)
        while drip.n_alive() > 0:
            assert time.monotonic() < begin + 4 + 4 + DEADLINE / 2, f"{drip.n_alive()} slow clients are still there"
            time_requests(daemon, body, seconds_of)
    assert (cuts(api, "slow_header"), cuts(api, "slow_body"), cuts(api, "slow_reader")) == (67, 67, 66)
    eventually(lambda: api.metrics()[OPEN] <= 2, "their connections are closed")
    seconds_of.sort()
    assert len(seconds_of) >= 50
    # the machine, not the daemon, may be busy once in a while
    assert seconds_of[len(seconds_of) * 98 // 100] < 0.1, f"slowest answers: {seconds_of[-10:]}"
    line = daemon.event("connection_cut")
    assert line["why"] in ("slow_header", "slow_body", "slow_reader") and line["peer"].startswith("127.0.0.1:"), line
    assert len([line for line in daemon.lines.all if "event=connection_cut " in line]) < 200, "the log is not flooded"


@pytest.fixture(scope="module")
def shared_door(tmp_path_factory, contract):
    """One daemon, whose time-outs are so long that only a sweep for lost clients closes."""
    settings = {f"api.{name}_timeout": LONG for name in ("header", "idle", "transfer")}
    folder = tmp_path_factory.mktemp("door")
    with Stub() as stub, Daemon(folder, [stub], settings, lambda url: Client(url, contract)) as running:
        yield running


class TestHalfClosed:
    """Clients that close their sending side. Where a request is not whole they are gone, else they get the answer."""

    @pytest.mark.parametrize("data", [
        b"", b"\r\n", b"G", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        UPLOAD, UPLOAD + b"Content-Length: 10\r\n\r\n", UPLOAD + b"Content-Length: 10\r\n\r\nfound.te",
        UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nfou",
        UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: trailer",
    ], ids=["nothing", "blank", "letter", "header", "tls", "upload's header", "no body", "body", "chunk", "trailer"])
    def test_no_whole_request(self, shared_door, data):
        with connect(shared_door.api) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            eventually(lambda: is_closed(sock), "the connection is closed", 15)
        assert shared_door.api.jobs() == []

    def test_behind_an_answer(self, shared_door):
        with connect(shared_door.api) as sock:
            ask(sock)
            assert read(sock)[0] == 200
            sock.sendall(b"\r\n")
            sock.shutdown(socket.SHUT_WR)
            eventually(lambda: is_closed(sock), "the connection is closed", 15)

    def test_get(self, shared_door):
        with connect(shared_door.api) as sock:
            ask(sock)
            sock.shutdown(socket.SHUT_WR)
            assert read(sock)[0] == 200

    def test_many_gets(self, shared_door):
        with connect(shared_door.api) as sock:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 30)
            sock.shutdown(socket.SHUT_WR)
            content = b"".join(iter(lambda: sock.recv(1 << 16), b""))
        assert content.count(b"HTTP/1.1 200 ") == 30


@pytest.mark.settings({"api.header_timeout": "1s", "api.idle_timeout": "4s"})
def test_idle(api):
    """Between requests there is more time than for a header, but not for ever."""
    with connect(api) as kept, connect(api) as silent:
        ask(kept)
        assert read(kept)[0] == 200
        eventually(lambda: is_closed(silent), "who never asked is let go")
        ask(kept)
        assert read(kept)[0] == 200, "a connection that was used may rest longer"
        begin = time.monotonic()
        eventually(lambda: is_closed(kept), "... but not for ever")
        assert time.monotonic() - begin > 2
    assert (cuts(api, "slow_header"), cuts(api, "idle")) == (1, 1)


@pytest.mark.settings({"api.header_timeout": "1s", "api.idle_timeout": LONG})
def test_drip_behind_an_answer(api):
    """The next request's header has its deadline, however much time there is to begin it."""
    with connect(api) as sock, Drip() as drip:
        ask(sock)
        assert read(sock)[0] == 200
        drip.sends(sock, b"GET /healthz HTTP/1.1\r\nX: ")
        eventually(lambda: drip.n_alive() == 0, "it is let go", 15)
    assert cuts(api, "slow_header") == 1


@pytest.mark.settings({"api.transfer_timeout": "1s"})
class TestTransfer:
    def test_slow_body_is_told(self, api):
        with connect(api) as sock:
            sock.sendall(UPLOAD + b"Content-Length: 1000\r\n\r\nfound.test\n")
            status, headers, content = read(sock, "POST")
            assert status == 408 and headers["Content-Type"] == "application/problem+json"
            assert json.loads(content)["status"] == 408
            assert sock.recv(1) == b""
        assert cuts(api, "slow_body") == 1 and api.jobs() == []

    @pytest.mark.parametrize("is_chunked", [False, True])
    def test_long_body_lives(self, api, is_chunked):
        """What moves at a few KiB a second may take many times the time-out."""
        piece = b"found.test\n" * 40
        with connect(api) as sock, connect(api) as other:
            other.sendall(UPLOAD + b"Content-Length: 1000\r\n\r\n")
            sock.sendall(UPLOAD + (b"Transfer-Encoding: chunked\r\n\r\n" if is_chunked else
                                   b"Content-Length: %d\r\n\r\n" % (len(piece) * 40)))
            for _ in range(40):
                sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece)
                pause(0.1)
            if is_chunked:
                sock.sendall(b"0\r\n\r\n")
            status, _, content = read(sock, "POST")
            assert (status, json.loads(content)["total"]) == (202, 1600)
            assert is_closed(other), "the time-out was over all the while"

    def test_long_answer_lives(self, api):
        job = big_job(api, 3000)
        with connect(api, window=4096) as sock:
            ask(sock, f"/jobs/{job['id']}/results")
            answer = http.client.HTTPResponse(sock, method="GET")
            answer.begin()
            content = b""
            for _ in range(40):
                content += answer.read(1000)
                pause(0.1)
            content += answer.read()
        check_complete([json.loads(line) for line in content.splitlines()], 3000)
        assert cuts(api, "slow_reader") == 0

    def test_reader_that_takes_nothing(self, api):
        job = big_job(api)
        with connect(api, window=2048) as sock:
            ask(sock, f"/jobs/{job['id']}/results")
            eventually(lambda: cuts(api, "slow_reader") == 1, "it is let go")
            eventually(lambda: api.metrics()[STREAMS] == 0, "so is the stream")
            assert is_closed(sock)

    @pytest.mark.parametrize("path", ["results?follow=true", "events"])
    def test_quiet_stream_that_is_owed_something(self, api, path):
        """A stream may have nothing to send, but what it sent is to be taken."""
        names = [f"found-{i}-{'x' * 40}.test" for i in range(100)] + ["drop.test"]
        job = api.submit(names, timeout_ms=10_000, attempts=3)
        eventually(lambda: api.show(job)["completed"] == 100, "all but one item are done")
        with connect(api, window=2048) as sock:
            ask(sock, f"/jobs/{job['id']}/{path}")
            eventually(lambda: cuts(api, "slow_reader") == 1, "it is let go", 10)
            eventually(lambda: api.metrics()[STREAMS] == 0, "so is the stream")
        assert api.show(job)["completed"] == 100
        api("POST", f"/jobs/{job['id']}/cancel")

    @pytest.mark.parametrize("path", ["results?follow=true", "events"])
    def test_quiet_stream_lives(self, api, dns, path):
        """A stream that has nothing to send is not slow."""
        dns.toggle_black_hole()
        job = api.submit(["found.test"], timeout_ms=3000, attempts=1)
        with connect(api) as sock, connect(api) as other:
            other.sendall(UPLOAD + b"Content-Length: 1000\r\n\r\n")
            ask(sock, f"/jobs/{job['id']}/{path}")
            content = read(sock)[2]
            assert is_closed(other), "the time-out was over before"
        assert b'"timeout"' in content.lower() and cuts(api, "slow_reader") == 0, content


def test_unix_socket(make_daemon, dns, tmp_path):
    """The deadlines hold there as well, and so does the patience with who is not too slow."""
    path = f"{tmp_path}/api.socket"
    settings = {"api.header_timeout": "1s", "api.transfer_timeout": "1s", "api.idle_timeout": "3s",
                "api.listen": f"127.0.0.1:0, unix:{path}"}

    def dial():
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(path)
        return sock

    with make_daemon(dns, settings=settings) as daemon, Drip() as drip:
        job = big_job(daemon.api)
        drip.sends(dial(), b"GET /healthz HTTP/1.1\r\nX: ")
        drip.sends(dial(), UPLOAD + b"Content-Length: 1000000\r\n\r\n")
        with dial() as idle, dial() as reader, dial() as stuck:
            ask(idle)
            assert read(idle)[0] == 200
            for sock in (reader, stuck):
                ask(sock, f"/jobs/{job['id']}/results")
            answer = http.client.HTTPResponse(reader, method="GET")
            answer.begin()
            content = b""
            for _ in range(30):
                content += answer.read(30_000)
                pause(0.1)
            content += answer.read()
            check_complete([json.loads(line) for line in content.splitlines()], job["total"])
            eventually(lambda: is_closed(idle), "the idle one is let go")
            eventually(lambda: cuts(daemon.api, "slow_reader") == 1, "the one that takes nothing as well")
        eventually(lambda: drip.n_alive() == 0, "and those that drip")
        assert [cuts(daemon.api, why) for why in ("slow_header", "slow_body")] == [1, 1]
        assert daemon.event("connection_cut")["peer"] == "unix"


@pytest.mark.settings({"api.header_timeout": "1s", "api.idle_timeout": "1s", "api.transfer_timeout": "1s"})
def test_daemon_that_is_held_up(daemon, api):
    """Time in which the daemon did not run counts for no one."""
    with connect(api) as header, connect(api) as body, connect(api) as idle:
        ask(idle)
        assert read(idle)[0] == 200
        header.sendall(b"GET /healthz HTTP/1.1\r\n")
        body.sendall(UPLOAD + b"Content-Length: 11\r\n\r\nfound")
        eventually(lambda: api.metrics()[OPEN] >= 3, "they are there")
        daemon.send(signal.SIGSTOP)
        pause(3)
        daemon.send(signal.SIGCONT)
        header.sendall(b"Host: localhost\r\n\r\n")
        body.sendall(b".test\n")
        ask(idle)
        assert [read(sock)[0] for sock in (header, body, idle)] == [200, 202, 200]


def test_large_bodies_keep_the_connection(api):
    """A body that waits for room on its way to the handler ends as any other: the connection serves on."""
    body = b"found.test\n" + b"# nothing here\n" * 60_000
    with connect(api) as sock:
        for _ in range(30):
            sock.sendall(b"POST /jobs?kind=domains&dry_run=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body) + body)
            status, _, content = read(sock, "POST")
            assert (status, json.loads(content)["total"]) == (200, 1)


def work_of(daemon):
    """Seconds of the processor, and how often the daemon went to sleep."""
    status = dict(line.split(":", 1) for line in open(f"/proc/{daemon.pid}/status", encoding="ascii"))
    fields = open(f"/proc/{daemon.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK"), int(status["voluntary_ctxt_switches"])


STUCK = {
    "extension": UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"a" * 200,
    "size": UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 8,
    "header": b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 20_000,
    "line": b"GET /" + b"a" * 10_000,
    "body": UPLOAD + b"Content-Length: 1000000\r\n\r\n" + b"found.test\n" * 1000,
    "trailer": UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 1000,
    "pipelined": b"GET /jobs/%s/events HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4000,
}


@pytest.mark.parametrize("name", STUCK)
def test_no_progress_costs_nothing(daemon, api, dns, name):
    """A connection that makes no progress makes the loop turn no more than an idle daemon does."""
    dns.toggle_black_hole()
    job = api.submit(["found.test"], timeout_ms=10_000, attempts=20)
    data = STUCK[name]
    socks = [connect(api) for _ in range(50)]
    for sock in socks:
        sock.setblocking(False)
        try:
            sock.send(data % job["id"].encode() if name == "pipelined" else data)
        except BlockingIOError:
            pass
    eventually(lambda: api.metrics()[OPEN] >= 50, "they are there")
    api.get("/healthz")
    seconds, turns = work_of(daemon)
    pause(2)
    seconds, turns = (after - before for after, before in zip(work_of(daemon), (seconds, turns)))
    assert seconds < 0.5 and turns < 500, (seconds, turns)
    for sock in socks:
        sock.close()
    api("POST", f"/jobs/{job['id']}/cancel")


class TestLimits:
    def test_per_address(self, make_daemon, dns, tmp_path):
        """One address has so many connections; another one, and the Unix socket, have their own."""
        path = f"{tmp_path}/api.socket"
        settings = {"api.per_address": "5", "api.listen": f"127.0.0.1:0, unix:{path}"}
        with make_daemon(dns, settings=settings) as daemon:
            crowd = [connect(daemon.api, source="127.0.0.2") for _ in range(5)]
            for sock in crowd:
                ask(sock)
                assert read(sock)[0] == 200
            with connect(daemon.api, source="127.0.0.2") as sock:
                eventually(lambda: is_closed(sock), "the sixth is refused")
            with connect(daemon.api, source="127.0.0.3") as sock:
                ask(sock)
                assert read(sock)[0] == 200
            assert cuts(daemon.api, "per_address") == 1
            assert daemon.event("connection_cut")["peer"].startswith("127.0.0.2:")
            local = [socket.socket(socket.AF_UNIX) for _ in range(8)]
            for sock in local:
                sock.settimeout(DEADLINE)
                sock.connect(path)
                ask(sock)
                assert read(sock)[0] == 200
            crowd.pop().close()

            def is_welcome():
                with connect(daemon.api, source="127.0.0.2") as sock:
                    try:
                        ask(sock)
                        return read(sock)[0] == 200
                    except (OSError, http.client.HTTPException):
                        return False

            eventually(is_welcome, "one has gone, another one may come")
            for sock in crowd + local:
                sock.close()

    @pytest.mark.settings({"api.connections": "3"})
    def test_connections(self, daemon):
        """Who comes when all places are taken waits until one is free, even when all get free at once."""
        taken = [connect(daemon.api) for _ in range(3)]
        for sock in taken:
            ask(sock)
            assert read(sock)[0] == 200
        with connect(daemon.api) as waiting:
            ask(waiting)
            assert not select.select([waiting], [], [], 0.2)[0], "there is no place"
            for sock in taken:
                sock.close()
            assert read(waiting)[0] == 200

    @pytest.mark.settings({"api.connections": "3", "api.listen": "127.0.0.1:0, 127.0.0.1:0"})
    def test_connections_of_all_listeners(self, daemon):
        addresses = [line.split("address=")[1].split()[0] for line in daemon.lines.all if "event=listening" in line]
        socks = []
        for i in range(6):
            host, port = addresses[i % 2].split(":")
            socks.append(socket.create_connection((host, int(port)), DEADLINE))
        for sock in socks:
            ask(sock)
        eventually(lambda: len(select.select(socks, [], [], 0)[0]) == 3, "three of six are served")
        taken = select.select(socks, [], [], 0)[0]
        for sock in taken:
            assert read(sock)[0] == 200
            sock.close()
        for sock in set(socks) - set(taken):
            assert read(sock)[0] == 200, "the others have their places"
            sock.close()

    @pytest.mark.settings({"api.per_address": "4"})
    def test_idle_connections_make_room(self, api):
        """Kept connections that rest are closed for a new one of the same address, the oldest first."""
        kept = [connect(api, source="127.0.0.2") for _ in range(4)]
        for sock in kept:
            ask(sock)
            assert read(sock)[0] == 200
        pause(4)  # until they count as resting
        with connect(api, source="127.0.0.2") as sock:
            ask(sock)
            assert read(sock)[0] == 200
        assert is_closed(kept[0]) and not is_closed(kept[2])
        assert cuts(api, "crowded") == 1 and cuts(api, "per_address") == 0

    def test_places_for_other_addresses(self, make_daemon, dns):
        """The last eighth of the connections is for addresses that have few."""
        with make_daemon(dns, settings={"api.connections": "200", "api.per_address": "200"}) as daemon:
            crowd = [connect(daemon.api, source="127.0.0.2") for _ in range(190)]
            for sock in crowd[:175]:
                ask(sock)
                assert read(sock)[0] == 200
            eventually(lambda: cuts(daemon.api, "per_address") == 15, "those beyond seven eighths are refused")
            with connect(daemon.api, source="127.0.0.3") as sock:
                ask(sock)
                assert read(sock)[0] == 200
            for sock in crowd:
                sock.close()

    @pytest.mark.settings({"api.streams": "6", "api.streams_per_client": "4", "api.per_address": "40"})
    def test_shares_of_streams(self, api, dns):
        """An address has its part of the streams; what ends by itself, and other requests, are served all the same."""
        dns.toggle_black_hole()
        job = api.submit(["found.test"], timeout_ms=10_000, attempts=20)
        live = [connect(api, source="127.0.0.2") for _ in range(5)]
        for sock in live:
            ask(sock, f"/jobs/{job['id']}/events")
        eventually(lambda: api.metrics()[STREAMS] == 4, "four are open")
        refused = [sock for sock in live if peek_status(sock) == 503]
        assert len(refused) == 1
        for sock in refused:
            ask(sock)
            assert read(sock)[0] == 200, "the address may ask for other things"
            ask(sock, f"/jobs/{job['id']}/results")
            assert read(sock)[0] == 200, "also for a stream that ends"
        with connect(api, source="127.0.0.3") as one, connect(api, source="127.0.0.3") as two, \
                connect(api, source="127.0.0.3") as three:
            for sock in (one, two):
                ask(sock, f"/jobs/{job['id']}/results?follow=true")
            eventually(lambda: api.metrics()[STREAMS] == 6, "another address has what is left")
            ask(three, f"/jobs/{job['id']}/events")
            assert read(three)[0] == 503
            ask(three, f"/jobs/{job['id']}/results")
            assert read(three)[0] == 200
        for sock in live:
            sock.close()
        api("POST", f"/jobs/{job['id']}/cancel")

    @pytest.mark.settings({"api.streams": "6", "api.streams_per_client": "4", "api.per_address": "40"})
    def test_shares_of_waits(self, api, dns):
        """Requests that wait for the end of a job have places as streams have, and give them back when their client goes."""
        dns.toggle_black_hole()
        job = api.submit(["found.test"], timeout_ms=10_000, attempts=20)
        waits = [connect(api, source="127.0.0.2") for _ in range(5)]
        for sock in waits:
            ask(sock, f"/jobs/{job['id']}?wait=60")
        eventually(lambda: api.metrics()[STREAMS] == 4, "four wait")
        refused, _, _ = select.select(waits, [], [], DEADLINE)
        assert len(refused) == 1 and read(refused[0])[0] == 503
        ask(refused[0], f"/jobs/{job['id']}")
        assert read(refused[0])[0] == 200
        for sock in waits:
            sock.close()
        eventually(lambda: api.metrics()[STREAMS] == 0, "nobody waits any more")
        api("POST", f"/jobs/{job['id']}/cancel")

    @pytest.mark.parametrize("leave", [reset, socket.socket.close])
    @pytest.mark.parametrize("path", ["/events", "/results?follow=true", "?wait=60"])
    def test_requests_behind_a_stream(self, api, dns, path, leave):
        """That a client has gone is seen although it has sent what nobody reads yet."""
        dns.toggle_black_hole()
        job = api.submit(["found.test"], timeout_ms=10_000, attempts=20)
        sock = connect(api)
        ask(sock, f"/jobs/{job['id']}{path}")
        eventually(lambda: api.metrics()[STREAMS] == 1, "the stream is open")
        ask(sock)
        leave(sock)
        eventually(lambda: api.metrics()[STREAMS] == 0, "it ends")
        api("POST", f"/jobs/{job['id']}/cancel")

    def test_no_descriptors(self, daemon, api):
        """Idle connections make room for those who come when no descriptor is left."""
        idle = [connect(api) for _ in range(6)]
        for sock in idle:
            ask(sock)
            assert read(sock)[0] == 200
        before = len(os.listdir(f"/proc/{daemon.pid}/fd"))
        eventually(lambda: len(os.listdir(f"/proc/{daemon.pid}/fd")) <= before - 10, "idle ones have given up their pairs")
        limit = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (1, limit[1]))
        with connect(api) as sock:
            ask(sock)
            daemon.wait_event("accept_failed")
            eventually(lambda: any(is_closed(other) for other in idle), "room is made")
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limit)
            assert read(sock)[0] == 200

    @pytest.mark.settings({"api.connections": "20", "api.per_address": "20"})
    def test_waits_that_are_left(self, daemon, api, dns):
        """A client that goes leaves nothing behind."""
        dns.toggle_black_hole()
        job = api.submit(["found.test"], timeout_ms=10_000, attempts=20)
        for _ in range(100):
            with connect(api) as sock:
                ask(sock, f"/jobs/{job['id']}?wait=60")
                reset(sock)
            with connect(api) as sock:
                ask(sock, "/healthz")
                assert read(sock)[0] == 200
        eventually(lambda: api.metrics()[STREAMS] == 0, "nobody waits any more")
        api("POST", f"/jobs/{job['id']}/cancel")

    @pytest.mark.settings({"api.stream_idle": "1s"})
    def test_idle_streams_end(self, api, dns):
        """A stream without events ends; rows that are not all of them are not taken for all."""
        dns.toggle_black_hole()
        job = api.submit(["found.test"], timeout_ms=10_000, attempts=20)
        with connect(api) as events, connect(api) as rows:
            ask(events, f"/jobs/{job['id']}/events")
            ask(rows, f"/jobs/{job['id']}/results?follow=true")
            status, _, content = read(events)
            assert status == 200 and b"event: state" in content
            with pytest.raises(http.client.IncompleteRead):
                read(rows)
        api("POST", f"/jobs/{job['id']}/cancel")

    @pytest.mark.settings({"api.streams": "2", "api.streams_per_client": "2", "dns.timeout": "2s"})
    @pytest.mark.parametrize("path", ["results?follow=true", "events"])
    def test_streams(self, api, dns, contract, path):
        dns.toggle_black_hole()
        job = api.submit(["found.test"], timeout_ms=10_000, attempts=20)
        path = f"/jobs/{job['id']}/{path}"
        streams = [connect(api) for _ in range(2)]
        for sock in streams:
            ask(sock, path)
        eventually(lambda: api.metrics()[STREAMS] == 2, "two streams are open")
        refused = api("GET", path)
        assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0
        assert api.get("/healthz").json() == {"status": "ok"}, "the connection serves on"
        streams.pop().close()
        eventually(lambda: api.metrics()[STREAMS] == 1, "one is gone")
        with ThreadPoolExecutor(1) as pool:
            follower = Client(api.url, contract)
            follow = follower.events if path.endswith("events") else follower.follow
            lines = pool.submit(lambda: list(follow(job)))
            eventually(lambda: api.metrics()[STREAMS] == 2, "another one has its place")
            api("POST", f"/jobs/{job['id']}/cancel")
            lines.result()
        streams.pop().close()
