"""Bad input: each kind gets its problem document, and nothing is queued."""
import gzip
import json
import re
import resource
import socket

import pytest

from client import expect, pointers
from processes import eventually

JSON = "application/json"
GOOD = {"kind": "domains", "domains": ["found.test"]}


@pytest.fixture
def api(shared):
    """A client; afterwards no job must be there."""
    yield shared.api
    assert shared.api.jobs() == [], "bad input queues nothing"


NOT_JSON = {
    "empty": b"", "blank": b" \n", "word": b"hello", "cut off": b'{"kind":"domains","domains":["a.test"',
    "trailing": b'{"kind":"domains","domains":["a.test"]} x', "two": b"{}{}", "single quotes": b"{'kind':'domains'}",
    "trailing comma": b'{"kind":"domains",}', "comment": b'{"kind":"domains"/* */}', "nan": b'{"rate":NaN}',
    "duplicate key": b'{"kind":"domains","kind":"domains","domains":["a.test"]}',
    "duplicate key, other value": b'{"kind":"domains","domains":["a.test"],"domains":["b.test"]}',
    "deep nesting": b'{"kind":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000, "nul": b'{"kind":"domains","domains":["a\0.test"]}', "nul behind": b"{}\0",
    "escaped nul": b'{"kind":"domains","domains":["a\\u0000.test"]}', "nul in a key": b'{"ki\\u0000nd":"domains"}',
    "control character": b'{"kind":"domains","domains":["a\n.test"]}',
    "invalid utf-8": b'{"kind":"domains","domains":["\xff\xfe.test"]}',
    "overlong utf-8": b'{"kind":"domains","domains":["\xc0\xae.test"]}',
    "utf-8 surrogate": b'{"kind":"domains","domains":["\xed\xa0\x80.test"]}',
    "lone surrogate": b'{"kind":"domains","domains":["\\ud800.test"]}', "utf-16": '{"kind":"domains"}'.encode("utf-16"),
    "cut utf-8": b'{"kind":"domains","domains":["\xc3',
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_not_json(api, body):
    api.post(body, 400, media=JSON)


WRONG = {  # case: (body, pointer of an error)
    "list": ([GOOD], ""),
    "no kind": ({"domains": ["a.test"]}, "/kind"),
    "unknown kind": ({**GOOD, "kind": "flowers"}, "/kind"),
    "field of another kind": ({**GOOD, "codes": ["CN"]}, "/codes"),
    "no code": ({"kind": "flags", "codes": ["CHN"]}, "/codes/0"),
    "unknown server": ({"kind": "flags", "server": "MOON"}, "/server"),
    "no URLs": ({"kind": "downloads"}, "/urls"),
    "URL number": ({"kind": "downloads", "urls": ["http://a.test/", 1]}, "/urls/1"),
    "unknown member of a URL": ({"kind": "downloads", "urls": [{"url": "http://a.test/", "nme": "a"}]}, "/urls/0/nme"),
    "no digest": ({"kind": "downloads", "urls": [{"url": "http://a.test/", "sha256": "00"}]}, "/urls/0/sha256"),
    "unknown check": ({**GOOD, "check": "guess"}, "/check"),
    "check of a later release": ({**GOOD, "check": "divination"}, "/check"),
    "kind in upper case": ({**GOOD, "kind": "DOMAINS"}, "/kind"),
    "unknown field": ({**GOOD, "max_lenght": 4}, "/max_lenght"),
    "unknown field with signs": ({**GOOD, "a/b~c": 1}, "/a~1b~0c"),
    "run_at": ({**GOOD, "run_at": "tomorrow"}, "/run_at"),
    "callback": ({**GOOD, "callback_url": "gopher://127.0.0.1/"}, "/callback_url"),
    "nothing to check": ({"kind": "domains"}, "/domains"),
    "empty list": ({"kind": "domains", "domains": []}, "/domains"),
    "names without tlds": ({"kind": "domains", "names": ["a"]}, "/tlds"),
    "preset without tlds": ({"kind": "domains", "preset": "python-keywords"}, "/tlds"),
    "tlds alone": ({"kind": "domains", "tlds": ["dev"]}, "/names"),
    "tlds beside domains": ({**GOOD, "tlds": ["dev"]}, "/names"),
    "unknown preset": ({"kind": "domains", "preset": "perl-keywords", "tlds": ["dev"]}, "/preset"),
    "domains text": ({"kind": "domains", "domains": "a.test"}, "/domains"),
    "domains object": ({"kind": "domains", "domains": {"a.test": 1}}, "/domains"),
    "domain number": ({"kind": "domains", "domains": ["a.test", 7]}, "/domains/1"),
    "domain null": ({"kind": "domains", "domains": [None]}, "/domains/0"),
    "name object": ({"kind": "domains", "names": [{}], "tlds": ["dev"]}, "/names/0"),
    "tld number": ({"kind": "domains", "names": ["a"], "tlds": ["dev", 7]}, "/tlds/1"),
    "kind null": ({**GOOD, "kind": None}, "/kind"),
    "label number": ({**GOOD, "label": 7}, "/label"),
    "label too long": ({**GOOD, "label": "x" * 201}, "/label"),
    "rate text": ({**GOOD, "rate": "7"}, "/rate"),
    "rate fraction": ({**GOOD, "rate": 1.5}, "/rate"),
    "rate boolean": ({**GOOD, "rate": True}, "/rate"),
    "rate negative": ({**GOOD, "rate": -1}, "/rate"),
    "rate too large": ({**GOOD, "rate": 1_000_001}, "/rate"),
    "concurrency negative": ({**GOOD, "concurrency": -1}, "/concurrency"),
    "concurrency too large": ({**GOOD, "concurrency": 100_001}, "/concurrency"),
    "timeout_ms too large": ({**GOOD, "timeout_ms": 10_001}, "/timeout_ms"),
    "attempts too large": ({**GOOD, "attempts": 21}, "/attempts"),
    "max_length too large": ({"kind": "domains", "names": ["a"], "tlds": ["dev"], "max_length": 254}, "/max_length"),
    "64 bits and more": ({**GOOD, "attempts": 2**63 - 1}, "/attempts"),
}


@pytest.mark.parametrize("body, pointer", WRONG.values(), ids=WRONG)
def test_wrong_submission(api, contract, body, pointer):
    response = api.post(json.dumps(body), 422, media=JSON)
    assert pointer in pointers(response), f"expected an error at {pointer!r}: {response.text}"
    assert not contract.accepts(body, "DomainsSubmission"), f"docs/openapi.yaml allows what the daemon refuses: {body}"


@pytest.mark.parametrize("tld", ["", ".", "a..b", "-", "de v", "x" * 64], ids=repr)
def test_tld_that_is_no_name(api, tld):
    response = api.post({"kind": "domains", "names": ["a"], "tlds": ["dev", tld]}, 422)
    assert "/tlds/1" in pointers(response), response.text


def test_all_mistakes_at_once(api):
    response = api.post({"kind": "flowers", "domians": [], "rate": -1}, 422)
    assert {"/kind", "/domians", "/rate"} <= set(pointers(response)), response.text


BAD_LINES = {  # case: (media, body, query, status, pointer)
    "no lines": ("text/plain", b"", {}, 422, None),
    "blank lines": ("text/plain", b"\n# nothing\n\r\n", {}, 422, None),
    "no ndjson": ("application/x-ndjson", b"\n", {}, 422, None),
    "not json": ("application/x-ndjson", b'"a.test"\na.test\n', {}, 400, None),
    "cut off": ("application/x-ndjson", b'"a.test"\n"b.te', {}, 400, None),
    "two on a line": ("application/x-ndjson", b'"a.test","b.test"\n', {}, 400, None),
    "nul": ("application/x-ndjson", b'"a\\u0000.test"\n', {}, 400, None),
    "invalid utf-8": ("application/x-ndjson", b'{"domain":"\xff.test"}\n', {}, 400, None),
    "duplicate key": ("application/x-ndjson", b'{"domain":"a.test","domain":"b.test"}\n', {}, 400, None),
    "deep nesting": ("application/x-ndjson", b"[" * 3000 + b"\n", {}, 400, None),
    "long line": ("application/x-ndjson", b'"' + b"a" * 100_000 + b'"\n', {}, 400, None),
    "number": ("application/x-ndjson", b"7\n", {}, 422, None),
    "other field": ("application/x-ndjson", b'{"domian":"a.test"}\n', {}, 422, None),
    "one field too many": ("application/x-ndjson", b'{"domain":"a.test","x":1}\n', {}, 422, None),
    "late mistake": ("application/x-ndjson", b'"a.test"\n' * 50_000 + b"7\n", {}, 422, None),
    "unknown parameter": ("text/plain", b"a.test\n", {"concurency": "1"}, 422, "/concurency"),
    "unknown kind": ("text/plain", b"a.test\n", {"kind": "flowers"}, 422, "/kind"),
    "unknown check": ("text/plain", b"a.test\n", {"check": "guess"}, 422, "/check"),
    "rate text": ("text/plain", b"a.test\n", {"rate": "fast"}, 422, "/rate"),
    "rate negative": ("text/plain", b"a.test\n", {"rate": "-1"}, 422, "/rate"),
    "rate fraction": ("text/plain", b"a.test\n", {"rate": "1.5"}, 422, "/rate"),
    "rate empty": ("text/plain", b"a.test\n", {"rate": ""}, 422, "/rate"),
    "attempts too large": ("text/plain", b"a.test\n", {"attempts": "21"}, 422, "/attempts"),
    "preset without tlds": ("text/plain", b"a\n", {"preset": "python-keywords"}, 422, "/tlds"),
    "bad tld": ("text/plain", b"a\n", {"tlds": "dev,a..b"}, 422, "/tlds"),
    "dry_run": ("text/plain", b"a.test\n", {"dry_run": "maybe"}, 422, "/dry_run"),
}


@pytest.mark.parametrize("media, body, query, status, pointer", BAD_LINES.values(), ids=BAD_LINES)
def test_bad_lines(api, media, body, query, status, pointer):
    response = api.post(body, status, query, media=media)
    assert pointer is None or pointer in pointers(response), f"expected an error at {pointer!r}: {response.text}"


@pytest.mark.parametrize("media", [
    None, "", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html",
    "json", "application/jsonx", "application/problem+json"], ids=repr)
def test_content_type(api, media):
    data = json.dumps(GOOD).encode()
    headers = {} if media is None else {"Content-Type": media}
    expect(api("POST", "/jobs", data=data, headers=headers), 415)


@pytest.mark.parametrize("media, encoding", [
    ("text/plain", "gzip"), ("application/x-ndjson", "br"), ("application/json", "gzip, identity")])
def test_content_encoding(api, media, encoding):
    """What is compressed is no list of odd names."""
    headers = {"Content-Type": media, "Content-Encoding": encoding}
    response = expect(api("POST", "/jobs?kind=domains", data=gzip.compress(b"a.test\n"), headers=headers), 415)
    assert response.headers["Accept-Encoding"] == "identity"


BAD_QUERIES = {  # case: (path, pointer); ID is a job that is there
    "limit zero": ("/jobs?limit=0", "/limit"), "limit text": ("/jobs?limit=ten", "/limit"),
    "limit negative": ("/jobs?limit=-1", "/limit"), "limit too large": ("/jobs?limit=1001", "/limit"),
    "limit over 64 bits": ("/jobs?limit=18446744073709551617", "/limit"), "limit empty": ("/jobs?limit=", "/limit"),
    "limit with sign": ("/jobs?limit=%2B5", "/limit"), "limit with blank": ("/jobs?limit=%205", "/limit"),
    "state": ("/jobs?state=sleeping", "/state"), "kind": ("/jobs?kind=flowers", "/kind"),
    "cursor text": ("/jobs?cursor=nonsense", "/cursor"), "cursor empty": ("/jobs?cursor=", "/cursor"),
    "cursor nul": ("/jobs?cursor=%00", "/cursor"), "cursor utf-8": ("/jobs?cursor=%ff%fe", "/cursor"),
    "unknown parameter": ("/jobs?sort=asc", "/sort"), "parameter in upper case": ("/jobs?Limit=5", "/Limit"),
    "wait text": ("/jobs/ID?wait=long", "/wait"), "wait negative": ("/jobs/ID?wait=-1", "/wait"),
    "wait too long": ("/jobs/ID?wait=61", "/wait"), "unknown of a job": ("/jobs/ID?verbose=true", "/verbose"),
    "after text": ("/jobs/ID/results?after=x", "/after"), "after negative": ("/jobs/ID/results?after=-1", "/after"),
    "after over 64 bits": ("/jobs/ID/results?after=18446744073709551617", "/after"),
    "results limit zero": ("/jobs/ID/results?limit=0", "/limit"),
    "limit of json": ("/jobs/ID/results?format=json&limit=10001", "/limit"),
    "status": ("/jobs/ID/results?status=fine", "/status"),
    "format": ("/jobs/ID/results?format=xml", "/format"), "follow": ("/jobs/ID/results?follow=maybe", "/follow"),
    "unknown of results": ("/jobs/ID/results?folow=true", "/folow"),
    "after of events": ("/jobs/ID/events?after=x", "/after"),
    "limit twice": ("/jobs?limit=5&state=done&limit=6", "/limit"), "limit twice alike": ("/jobs?limit=5&limit=5", "/limit"),
    "status twice": ("/jobs/ID/results?status=found&status=error", "/status"),
}


@pytest.mark.parametrize("path, pointer", BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_bad_query(shared, path, pointer):
    client = shared.api
    job = client.submit(["found.test"])["id"]
    try:
        response = expect(client("GET", path.replace("ID", job)), 400)
        assert pointer in pointers(response), f"expected an error at {pointer}: {response.text}"
    finally:
        client("DELETE", f"/jobs/{job}")


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "18446744073709551617"])
def test_bad_last_event_id(shared, last):
    job = shared.api.submit(["found.test"])["id"]
    expect(shared.api("GET", f"/jobs/{job}/events", headers={"Last-Event-ID": last}), 400)
    shared.api("DELETE", f"/jobs/{job}")


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nothing", 404), ("POST", "/", 405), ("GET", "//", 404), ("GET", "/jobs/", 404), ("POST", "/job", 404),
    ("GET", "/jobs/../jobs", 404),
    ("PUT", "/jobs", 405), ("DELETE", "/schedules", 405), ("PATCH", "/jobs/01a20320-a200-7c31-9d52-6e0f4b8a17c3", 405),
    ("POST", "/jobs/01a20320-a200-7c31-9d52-6e0f4b8a17c3/results", 405), ("POST", "/metrics", 405),
    ("GET", "/jobs/01a20320-a200-7c31-9d52-6e0f4b8a17c3/cancel", 405), ("BREW", "/jobs", 405),
])
def test_route(api, method, path, status):
    answer = api.raw(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode(), method, path)
    assert answer.status == status, f"{method} {path}: expected {status}, got {answer.status}"


@pytest.mark.parametrize("key", ["", "x" * 256], ids=["empty", "long"])
def test_idempotency_key(api, key):
    head = f"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nIdempotency-Key: {key}\r\n"
    body = json.dumps(GOOD)
    answer = api.raw(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    assert answer.status in (400, 422), f"expected 400 or 422, got {answer.status}: {answer.content}"


def chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


HEAD = b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = json.dumps(GOOD).encode()


@pytest.mark.parametrize("data", [
    HEAD + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(BODY) + chunked(BODY),
    HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked(BODY),
], ids=["length first", "chunked first"])
def test_both_lengths(api, data):
    assert api.raw(data).status == 400


BAD_HEADS = {  # case: (lines behind the first one, status)
    "two hosts": (b"Host: localhost\r\nHost: localhost\r\n", 400),
    "two different hosts": (b"Host: localhost\r\nhost: evil.example\r\n", 400),
    "no host": (b"", 400),
    "control character": (b"Host: localhost\r\nX: a\x01b\r\n", 400),
    "delete": (b"Host: localhost\r\nX: a\x7f\r\n", 400),
    "escape": (b"Host: localhost\r\nX: \x1b[2J\r\n", 400),
    "bare return": (b"Host: localhost\r\nX: a\rY: b\r\n", 400),
    "two returns": (b"Host: localhost\r\nX: a\r\r\n", 400),
    "blank in a name": (b"Host: localhost\r\nX Y: a\r\n", 400),
    "blank before the colon": (b"Host: localhost\r\nContent-Length : 5\r\n", 400),
    "blank before the first": (b" X: a\r\nHost: localhost\r\n", 400),
    "folded": (b"Host: localhost\r\nX: a\r\n b\r\n", 400),
    "no colon": (b"Host: localhost\r\nX\r\n", 400),
    "bracket in a name": (b"Host: localhost\r\nX(: a\r\n", 400),
    "UTF-8 in a name": ("Host: localhost\r\nX\u00e9: a\r\n".encode(), 400),
    "nul in a name": (b"Host: localhost\r\nX\0: a\r\n", 400),
    "two lengths": (b"Host: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n", 400),
    "two different lengths": (b"Host: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n", 400),
    "list of lengths": (b"Host: localhost\r\nContent-Length: 0, 0\r\n", 400),
    "signed length": (b"Host: localhost\r\nContent-Length: +0\r\n", 400),
    "empty length": (b"Host: localhost\r\nContent-Length:\r\n", 400),
    "hexadecimal length": (b"Host: localhost\r\nContent-Length: 0x0\r\n", 400),
    "both lengths": (b"Host: localhost\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400),
    "two encodings": (b"Host: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    "gzip": (b"Host: localhost\r\nTransfer-Encoding: gzip\r\n", 501),
    "gzip and chunked": (b"Host: localhost\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
    "nearly chunked": (b"Host: localhost\r\nTransfer-Encoding: xchunked\r\n", 501),
    "identity": (b"Host: localhost\r\nTransfer-Encoding: identity\r\n", 501),
    "two tokens": (b"Host: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n", 400),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("lines, status", BAD_HEADS.values(), ids=BAD_HEADS)
def test_bad_head(api, method, lines, status):
    """It is refused, and what follows on the connection is not taken for a request."""
    smuggled = b"DELETE /jobs/01a20320-a200-7c31-9d52-6e0f4b8a17c3 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with api.connect() as sock:
        sock.sendall(method.encode() + b" /jobs HTTP/1.1\r\n" + lines + b"\r\n" + smuggled)
        sock.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while piece := sock.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
    assert re.findall(rb"HTTP/1\.1 (\d+)", got) == [b"%d" % status], got
    assert b"application/problem+json" in got and json.loads(got.split(b"\r\n\r\n")[1])["status"] == status, got


@pytest.mark.parametrize("lines", [
    b"X: a\tb\r\n", "X: \u00e9\r\n".encode(), b"X:\r\n", b"X:a\r\n", b"X:   a   \r\n", b"x!#$%&'*+-.^_`|~9: a\r\n",
    b"X: a\r\nX: b\r\n"], ids=repr)
def test_good_head(api, lines):
    assert api.raw(b"GET /jobs HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n", "GET").status == 200


def test_chunked_json_is_fine(shared):
    answer = shared.api.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY[:5], BODY[5:6], BODY[6:]))
    assert answer.status == 202, answer
    shared.api("DELETE", answer.headers["Location"])


def test_nul_and_bad_bytes_in_lines_are_bad_names(shared):
    """In a body of lines each line is an item of its own, whatever it holds."""
    client = shared.api
    body = b"a\0b.test\n\xff\xfe.test\nfound.test\n" + b"x" * 100_000 + b"\nnx.test\n"
    job = client.post(body, query={"kind": "domains"}).json()
    client.wait(job)
    rows = sorted(client.results(job), key=lambda row: row["index"])
    assert [row["reason"] for row in rows] == ["invalid_name", "invalid_name", None, "invalid_name", "nxdomain"], rows
    for form in ("json", "csv", "text"):
        client.get(f"/jobs/{job['id']}/results", params={"format": form})
    client("DELETE", f"/jobs/{job['id']}")


def test_client_that_vanishes_in_an_upload(api):
    for length in (b"Content-Length: 1000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n10000\r\n"):
        with api.connect() as sock:
            sock.sendall(b"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n" + length)
            sock.sendall(b"found.test\n" * 3000)
    eventually(lambda: api.metrics()["asyncprobed_http_connections"] <= 2, "lost clients are let go")


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_client_that_vanishes_before_its_answer(shared, reset):
    """A request that came in whole may be carried out; the daemon lives on either way."""
    sock = shared.api.connect()
    sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    if reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()
    assert shared.api.get("/healthz").json() == {"status": "ok"}


@pytest.mark.settings({"api.max_json": "64K", "api.max_body": "1M", "limits.max_items": "1000"})
class TestLimits:
    """Sizes that are too large are refused without reading them to the end."""

    @pytest.fixture
    def api(self, daemon):
        yield daemon.api
        assert daemon.api.jobs() == [], "bad input queues nothing"

    def test_json_too_large(self, api):
        api.post({"kind": "domains", "domains": ["found.test"] * 10_000}, 413)

    def test_lines_too_large(self, api):
        api.post(b"#" * (1 << 20) + b"\nfound.test\n", 413, {"kind": "domains"})

    @pytest.mark.parametrize("media", [JSON, "text/plain"])
    def test_announced_length(self, api, media):
        """A length that is too large is refused before any byte of the body."""
        answer = api.raw(f"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media}\r\n"
                         "Content-Length: 99999999999\r\n\r\n".encode())
        assert answer.status == 413, answer

    def test_chunked_without_end(self, api):
        """A body of unknown length is cut at the limit."""
        with api.connect() as sock:
            sock.sendall(b"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n")
            piece = b"10000\r\n" + b"# nothing here\n" * 4369 + b"\n\r\n"
            try:
                for _ in range(40):
                    sock.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert api.read_answer(sock).status == 413

    @pytest.mark.parametrize("body", [
        {"kind": "domains", "domains": [f"a{i}.test" for i in range(1001)]},
        {"kind": "domains", "names": [f"a{i}" for i in range(40)], "tlds": [f"t{i}" for i in range(40)]},
        "a.test\n" * 1001,
    ], ids=["domains", "product", "lines"])
    def test_too_many_items(self, api, body):
        api.post(body, 422, None if isinstance(body, dict) else {"kind": "domains"})

    def test_as_many_as_allowed(self, daemon):
        job = daemon.api.submit_lines(["found.test"] * 1000)
        assert job["total"] == 1000
        daemon.api.wait(job)
        daemon.api("DELETE", f"/jobs/{job['id']}")


@pytest.mark.parametrize("head", [
    b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET /jobs HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50,
    b"GET /jobs HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n", b"GET /" + b"a" * 200_000,
    b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1e3\r\n\r\n",
    b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
], ids=["blank", "no path", "version", "tls", "long header", "long path", "negative length", "no length", "bad chunk"])
def test_no_http(api, head):
    """What is no HTTP ends with an error or a closed connection, and never harms the next client."""
    with api.connect() as sock:
        try:
            sock.sendall(head)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        except OSError as error:
            assert not isinstance(error, TimeoutError), "the connection is neither answered nor closed"
    assert api.get("/healthz").json() == {"status": "ok"}


def test_idle_connections(daemon):
    """A thousand silent clients, half of them in the middle of a header, don't keep another one waiting."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 2048:
        pytest.skip("this process may not open enough files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    idle = [daemon.api.connect() for _ in range(1000)]
    try:
        for sock in idle[::2]:
            sock.sendall(b"POST /jobs HTTP/1.1\r\nHost: localhost\r\n")
        [result] = daemon.api.run(["found.test"], seconds=5)
        assert result["status"] == "found"
        assert daemon.api.metrics()["asyncprobed_http_connections"] >= 1000
    finally:
        for sock in idle:
            sock.close()
    eventually(lambda: daemon.api.metrics()["asyncprobed_http_connections"] < 10, "closed connections are let go")
