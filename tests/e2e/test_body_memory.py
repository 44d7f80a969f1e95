"""What a body becomes is bounded: the memory of the real daemon, for bodies that are made to take much of it."""
import json
import re
import resource
import socket
import threading
from pathlib import Path

import pytest

from client import Client, expect
from processes import DEADLINE, Daemon, Stub, eventually, is_sanitized

MIB = 1 << 20
LARGE, LIST = 30 * 1000 * 1000, 6 * 1000 * 1000  # bytes of a body; of one that becomes millions of items
JSON = {"Content-Type": "application/json"}
LATER = "2040-01-01T00:00:00Z"

pytestmark = pytest.mark.seconds(300)


def fill(head, elements, tail, size=LARGE):
    """Return a body of about `size` bytes: the head, elements with commas between them, and the tail."""
    parts, n = [], len(head) + len(tail)
    for element in elements:
        n += len(element) + 1
        if n > size:
            break
        parts.append(element)
    return head + b",".join(parts) + tail


def again(element):
    while True:
        yield element


def each(form):
    number = 0
    while True:
        yield form % number
        number += 1


DOMAINS, URLS = b'{"kind":"domains","domains":[', b'{"kind":"downloads","urls":['
REFUSED = {  # case: (status, body)
    "objects": (422, lambda: fill(DOMAINS, again(b"{}"), b"]}")),
    "lists": (422, lambda: fill(DOMAINS, again(b"[]"), b"]}")),
    "numbers": (422, lambda: fill(DOMAINS, again(b"123456789"), b"]}")),
    "a huge number": (422, lambda: fill(DOMAINS, again(b"9" * (LARGE - 100)), b"]}")),
    "a huge exponent": (422, lambda: fill(DOMAINS, again(b"1e" + b"9" * (LARGE - 100)), b"]}")),
    "nulls": (422, lambda: fill(DOMAINS, again(b"null"), b"]}")),
    "objects for URLs": (422, lambda: fill(URLS, again(b"{}"), b"]}")),
    "an object for a URL": (422, lambda: fill(URLS + b'{"url":"http://a.test/","x":[', again(b"{}"), b"]}]}")),
    "objects in an unknown field": (422, lambda: fill(DOMAINS + b'"a"],"x":[', again(b'{"a":[]}'), b"]}")),
    "bad TLDs": (422, lambda: fill(DOMAINS + b'"a"],"names":["a"],"tlds":[', again(b'"-"'), b"]}")),
    "codes": (422, lambda: fill(b'{"kind":"flags","codes":[', again(b'"1"'), b"]}")),
    "deep": (400, lambda: b"[" * LARGE),
    "deep objects": (400, lambda: b'{"a":' * (LARGE // 5)),
    "many keys": (422, lambda: fill(b"{", each(b'"%x":1'), b"}")),
    "the same key": (400, lambda: fill(b"{", again(b'"a":1'), b"}")),
    "objects with many keys": (422, lambda: fill(DOMAINS, again(fill(b"{", each(b'"%x":1'), b"}", 2000)), b"]}")),
    "a long key": (422, lambda: b'{"' + b"k" * LARGE + b'":1}'),
    "a long key of escapes": (422, lambda: b'{"' + b"\\u00e9" * (LARGE // 6) + b'":1}'),
    "a long preset": (422, lambda: b'{"kind":"domains","tlds":["de"],"preset":"' + b"k" * LARGE + b'"}'),
    "a long label": (422, lambda: DOMAINS + b'"a"],"label":"' + b"k" * LARGE + b'"}'),
    "a long callback": (422, lambda: DOMAINS + b'"a"],"callback_url":"http://a.test/' + b"k" * LARGE + b'"}'),
    "no end": (400, lambda: fill(DOMAINS, again(b'"a.test"'), b"")),
    "not UTF-8 at its end": (400, lambda: fill(DOMAINS, again(b'"a.test"'), b',"\xff"]}')),
    "blanks": (400, lambda: b" " * LARGE),
    "a string alone": (400, lambda: b'"' + b"a" * LARGE + b'"'),
    "a list": (422, lambda: fill(b"[", again(b"{}"), b"]")),
}
ACCEPTED = {
    "short strings": lambda: fill(DOMAINS, again(b'"a"'), b"]}", LIST),
    "empty strings": lambda: fill(DOMAINS, again(b'""'), b"]}", LIST),
    "short strings with blanks": lambda: fill(DOMAINS, again(b' \n "b"\t\n '), b"]}", LIST),
    "names": lambda: fill(DOMAINS, each(b'"n%x.test"'), b"]}", LARGE),
    "invalid names": lambda: fill(DOMAINS, again(b'"' + b"-" * 700 + b'"'), b"]}"),
    "long strings": lambda: fill(DOMAINS, again(b'"' + b"a" * 5000 + b'"'), b"]}"),
    "one long string": lambda: DOMAINS + b'"' + b"a" * LARGE + b'"]}',
    "escapes": lambda: fill(DOMAINS, again(b'"' + b"\\u0061" * 50 + b'"'), b"]}"),
    "one string of escapes": lambda: DOMAINS + b'"' + b"\\ud83d\\ude00" * (LARGE // 12) + b'"]}',
    "short URLs": lambda: fill(URLS, again(b'"a"'), b"]}", LIST),
    "URLs": lambda: fill(URLS, each(b'"http://a/%x"'), b"]}", LIST),
    "URLs as objects": lambda: fill(URLS, again(b'{"url":"http://a/b","headers":{"Accept":"x"}}'), b"]}", LIST),
    "long URLs": lambda: fill(URLS, again(b'"http://a/' + b"b" * 9000 + b'"'), b"]}"),
    "a long word under TLDs": lambda: fill(
        b'{"kind":"domains","names":["' + b"a" * 2000 + b'","b"],"tlds":[', (b'"t%d"' % i for i in range(2000)), b"]}"),
    "words under TLDs": lambda: fill(
        b'{"kind":"domains","tlds":["a","b","c"],"names":[', each(b'"n%x"'), b"]}", 1000 * 1000),
}


def memory(daemon, word):
    text = Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
    return 1024 * int(re.search(rf"^{word}:\s+(\d+) kB$", text, re.MULTILINE).group(1))


def growth(daemon, send):
    """Return by how many bytes the peak of memory lay above what it was before."""
    Path(f"/proc/{daemon.pid}/clear_refs").write_text("5", encoding="ascii")
    before = memory(daemon, "VmRSS")
    send()
    return memory(daemon, "VmHWM") - before


def bound(size):
    return 4 * size + 8 * MIB


def post(daemon, body, status, query="", media="application/json"):
    headers = {"Content-Type": media}
    return expect(daemon.api("POST", f"/jobs{query}", data=body, headers=headers), status)


def later(body):
    """The same body, for a job that does not begin."""
    return body.replace(b"{", b'{"run_at":"%s",' % LATER.encode(), 1)


def open_daemon(folder, contract, stub, **settings):
    return Daemon(folder, [stub], {"api.max_json": "40M", **settings}, lambda url: Client(url, contract))


def skip_sanitized():
    if is_sanitized():
        pytest.skip("a sanitizer's memory is its own affair")


@pytest.fixture(scope="module")
def large(tmp_path_factory, contract):
    """A running daemon whose database has its caches."""
    skip_sanitized()
    with Stub() as stub, open_daemon(tmp_path_factory.mktemp("large"), contract, stub) as daemon:
        post(daemon, later(fill(DOMAINS, again(b'"a"'), b"]}", MIB)), 202)
        yield daemon


@pytest.mark.parametrize("query", ["?dry_run=true", ""], ids=["dry", "real"])
@pytest.mark.parametrize("case", REFUSED)
def test_refused(large, case, query):
    status, make = REFUSED[case]
    body = make()
    grown = growth(large, lambda: post(large, body, status, query))
    assert grown <= bound(len(body)), f"{grown / MIB:.1f} MiB for {len(body) / MIB:.1f}"


@pytest.mark.parametrize("query", ["?dry_run=true", ""], ids=["dry", "real"])
@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(large, case, query):
    body = ACCEPTED[case]()
    if not query:
        body = later(body)
    grown = growth(large, lambda: post(large, body, 200 if query else 202, query))
    assert grown <= bound(len(body)), f"{grown / MIB:.1f} MiB for {len(body) / MIB:.1f}"


@pytest.mark.parametrize("media, query, line", [
    ("text/plain", "kind=domains", b"%d.test\n"),
    ("text/plain", "kind=downloads", b"http://a/%x\n"),
    ("application/x-ndjson", "kind=domains", b'{"domain":"%d.test"}\n'),
    ("application/x-ndjson", "kind=downloads", b'{"url":"http://a/%x"}\n'),
    ("text/plain", "kind=domains&tlds=" + ",".join(f"t{i}" for i in range(2000)), b"n%d\n"),
    ("text/plain", "kind=domains&tlds=" + ",".join(f"t{i}" for i in range(2000)), b"-" * 1000 + b"%d\n"),
], ids=["names", "URLs", "JSON", "objects", "words", "long words"])
@pytest.mark.parametrize("dry", [True, False], ids=["dry", "real"])
def test_lines(large, media, query, line, dry):
    size = 300 if "tlds" in query else 4 * MIB
    body = b"".join(line % i for i in range(max(20, size // len(line))))
    query = f"?{query}&" + ("dry_run=true" if dry else f"run_at={LATER}")
    grown = growth(large, lambda: post(large, body, 200 if dry else 202, query, media))
    assert grown <= bound(len(body)), f"{grown / MIB:.1f} MiB for {len(body) / MIB:.1f}"


@pytest.mark.parametrize("job", [
    {"kind": "domains", "domains": ["a"] * 250_000}, {"kind": "domains", "domains": [{}] * 300_000},
    {"kind": "domains", "x": [[[]]] * 150_000}, {"kind": "domains", "domains": ["a" * 1_000_000]},
    {"kind": "downloads", "urls": [{"url": "http://a/"}] * 45_000},
], ids=["short strings", "objects", "lists", "one string", "URLs"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_schedules(large, job, method):
    """Neither a new job nor what a patch is merged with takes more than its share."""
    schedule = {"every": "1h", "paused": True, "job": {"kind": "domains", "domains": ["a"] * 250_000}}
    path = "/schedules"
    if method == "PATCH":
        path = large.api("POST", path, json=schedule).headers["Location"]
    body = json.dumps({**schedule, "job": job}, separators=(",", ":")).encode()
    grown = growth(large, lambda: large.api(method, path, data=body, headers=JSON))
    assert grown <= bound(len(body)), f"{grown / MIB:.1f} MiB for {len(body) / MIB:.1f}"
    for found in large.api.get("/schedules").json()["schedules"]:
        large.api("DELETE", f"/schedules/{found['id']}")


def test_small_patch_of_a_large_job(large):
    schedule = {"every": "1h", "paused": True, "job": {"kind": "domains", "domains": ["a"] * 250_000}}
    path = large.api("POST", "/schedules", json=schedule).headers["Location"]
    grown = growth(large, lambda: expect(large.api("PATCH", path, json={"job": {"rate": 5}}), 200))
    assert grown <= bound(0), f"{grown / MIB:.1f} MiB"
    large.api("DELETE", path)


def test_memory_comes_back(large):
    """What was taken for large bodies is given back when they are done."""
    before = memory(large, "VmRSS")
    for number in range(10):
        if number % 2 == 0:
            status, make = list(REFUSED.values())[number]
            post(large, make(), status)
        else:
            post(large, list(ACCEPTED.values())[number](), 200, "?dry_run=true")
    post(large, later(ACCEPTED["URLs"]()), 202)
    eventually(lambda: memory(large, "VmRSS") <= 1.2 * before, f"memory is {before / MIB:.1f} MiB again")


def test_little_address_space(tmp_path, contract):
    """Where a tree of values would need gigabytes, the daemon has some hundred megabytes, and lives."""
    skip_sanitized()
    with Stub() as stub:
        daemon = open_daemon(tmp_path, contract, stub)
        with daemon:
            most = 768 * MIB  # the allocator reserves 64 MiB a thread and doesn't use them
            assert memory(daemon, "VmSize") < most
            resource.prlimit(daemon.pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
            for case in ("objects", "many keys", "deep", "a long key", "a huge number"):
                status, make = REFUSED[case]
                post(daemon, make(), status, "?dry_run=true")
            for case in ("invalid names", "one long string", "escapes", "URLs"):
                post(daemon, ACCEPTED[case](), 200, "?dry_run=true")
            [result] = daemon.api.run(["found.test"])
            assert result["status"] == "found"


def open_body(daemon, length, path="/jobs", source=1):
    """Begin a request whose body does not come, from the address 127.0.0.SOURCE."""
    host, port = daemon.address.rsplit(":", 1)
    sock = socket.create_connection((host, int(port)), DEADLINE, (f"127.0.0.{source}", 0))
    framing = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
    sock.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{framing}\r\n\r\n".encode())
    return sock


def held(daemon):
    return daemon.api.metrics()["asyncprobed_http_body_bytes"]


@pytest.mark.settings({"api.max_json": "1M", "api.max_bodies": "4M"})
class TestTogether:
    """All bodies that are held have one bound."""

    BODY = fill(DOMAINS, again(b'"a.test"'), b"]}", 900_000)

    def test_refused_beyond_the_bound(self, daemon):
        waiting = [open_body(daemon, MIB, source=source) for source in (1, 2, 3)]
        eventually(lambda: held(daemon) == 3 * MIB, "three are held")
        response = post(daemon, self.BODY, 503, "?dry_run=true")
        assert int(response.headers["Retry-After"]) > 0
        response = daemon.api("POST", "/schedules", data=self.BODY, headers=JSON)
        assert expect(response, 503).headers["Retry-After"]
        assert daemon.api.run(["found.test"])[0]["status"] == "found", "small bodies have room"
        for sock in waiting:
            sock.close()
        eventually(lambda: held(daemon) == 0, "they are let go")
        post(daemon, self.BODY, 200, "?dry_run=true")
        eventually(lambda: held(daemon) == 0, "this one too")

    def test_an_address_has_its_part(self, daemon):
        """Bodies of one address leave room for those of others."""
        waiting = [open_body(daemon, MIB, source=2) for _ in range(2)]
        eventually(lambda: held(daemon) == 2 * MIB, "two are held")
        for length in (MIB, None):
            with open_body(daemon, length, source=2) as sock:
                if length is None:
                    sock.sendall(b"186a0\r\n" + b" " * 100_000 + b"\r\n0\r\n\r\n")
                answer = daemon.api.read_answer(sock)
                assert answer.status == 503 and answer.headers["Retry-After"], answer
        with open_body(daemon, 2, source=2) as sock:
            sock.sendall(b"{}")
            assert daemon.api.read_answer(sock).status == 422, "small bodies have room"
        post(daemon, self.BODY, 200, "?dry_run=true")
        assert held(daemon) == 2 * MIB
        for sock in waiting:
            sock.close()
        eventually(lambda: held(daemon) == 0, "they are let go")

    def test_refused_while_it_comes(self, daemon):
        """The length of a chunked body is not known before."""
        waiting = [open_body(daemon, MIB, source=source) for source in (1, 2, 3)]
        eventually(lambda: held(daemon) == 3 * MIB, "three are held")
        with open_body(daemon, None) as sock:
            for _ in range(9):
                sock.sendall(b"186a0\r\n" + b" " * 100_000 + b"\r\n")
            sock.sendall(b"0\r\n\r\n")
            answer = daemon.api.read_answer(sock)
        assert answer.status == 503 and answer.headers["Retry-After"], answer
        assert held(daemon) == 3 * MIB
        for sock in waiting:
            sock.close()
        eventually(lambda: held(daemon) == 0, "all are let go")

    def test_lines_count_up_to_a_bound(self, daemon):
        """A list of lines may be longer than all that may be held."""
        body = b"# nothing\n" * 600_000 + b"found.test\n"
        response = daemon.api("POST", "/jobs?kind=domains&dry_run=true", data=body, headers={"Content-Type": "text/plain"})
        assert expect(response, 200).json()["total"] == 1
        eventually(lambda: held(daemon) == 0, "it is let go")

    def test_files_of_lines_count(self, daemon):
        """The names of files must be held, however the list comes."""
        body = b"".join(b"http://a/%x\n" % i for i in range(300_000))
        headers = {"Content-Type": "text/plain"}
        response = daemon.api("POST", "/jobs?kind=downloads&dry_run=true", data=body, headers=headers)
        assert expect(response, 503).headers["Retry-After"]
        eventually(lambda: held(daemon) == 0, "it is let go")
        expect(daemon.api("POST", "/jobs?kind=domains&dry_run=true", data=body, headers=headers), 200)

    def test_refused_bodies_are_let_go(self, daemon):
        for body in (b"[" * 900_000, b"{}", b'{"kind":"domains","domains":[7]}', b" " * (2 * MIB)):
            daemon.api("POST", "/jobs", data=body, headers=JSON)
            daemon.api("POST", "/schedules", data=body, headers=JSON)
        eventually(lambda: held(daemon) == 0, "all are let go")

    def test_at_once(self, daemon):
        """Many at one time: each is taken or told to come again, and the memory of all is bounded."""
        answers = []

        def send():
            body = b"POST /jobs?dry_run=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
                   b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(self.BODY), self.BODY)
            with daemon.api.connect() as sock:
                try:
                    sock.sendall(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # refused before it was sent
                try:
                    answers.append(sock.recv(100).split(b" ")[1])
                except (IndexError, socket.timeout, ConnectionResetError):
                    answers.append(b"503")

        def send_all():
            threads = [threading.Thread(target=send) for _ in range(24)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        grown = growth(daemon, send_all)
        assert len(answers) == 24 and set(answers) <= {b"200", b"503"} and b"200" in answers, answers
        assert is_sanitized() or grown <= bound(4 * MIB) + 3 * 8 * MIB, f"{grown / MIB:.1f} MiB"
        eventually(lambda: held(daemon) == 0, "all are let go")
