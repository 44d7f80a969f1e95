"""What is wrong with a file's URL, its host or its server becomes its outcome, after retries where they may help."""
import re

import pytest

from processes import eventually
from web import BlackHole, check_outcome, content, fetch, file_path, host, read_file, stored_files, unused_port

MAX_BYTES = 4 << 20
WORLD_SETTINGS = {"downloads.max_bytes": "4M", "downloads.per_host": 64, "downloads.connect_timeout": "1s"}
TIMEOUT_MS = 2000
LOST = ("truncated", "connect")  # a connection that ends in the wrong place


# --- Outcomes: all in one job, so that it is also shown that none stops the others ---

OK = ("ok", None, 200)
CASES = {  # case: (path, options, (status, reason or reasons, http_status))
    "length": ("/files/a.bin", {}, OK),
    "chunked": ("/files/a.bin", {"framing": "chunked"}, OK),
    "until the end": ("/files/a.bin", {"framing": "close"}, OK),
    "http 1.0": ("/files/a.bin", {"version": "1.0"}, OK),
    "empty": ("/files/a.bin", {"size": 0}, OK),
    "empty, chunked": ("/files/a.bin", {"size": 0, "framing": "chunked"}, OK),
    "one byte": ("/files/a.bin", {"size": 1}, OK),
    "3 MiB": ("/files/a.bin", {"size": "3M"}, OK),
    "3 MiB, chunked": ("/files/a.bin", {"size": "3M", "framing": "chunked"}, OK),
    "as large as may be": ("/files/a.bin", {"size": MAX_BYTES}, OK),
    "as large as may be, chunked": ("/files/a.bin", {"size": MAX_BYTES, "framing": "chunked"}, OK),
    "a bit slow": ("/files/a.bin", {"size": 3000, "rate": 10_000}, OK),
    "headers in drops": ("/files/a.bin", {"drip": 0.002}, OK),
    "30 kB of headers": ("/files/a.bin", {"headers": "30K"}, OK),
    "no type": ("/files/a.bin", {"type_": ""}, OK),
    "strange type": ("/files/a.bin", {"type_": "text/html\";<script>"}, OK),
    "type in latin-1": ("/files/a.bin", {"type_": b"text/\xff\xe9"}, OK),
    "disposition is not obeyed": ("/files/a.bin", {"disposition": 'attachment; filename="../../b"'}, OK),
    "404": ("/nothing", {}, ("not_found", "http_404", 404)),
    "410": ("/files/a.bin", {"status": 410}, ("not_found", "http_404", 410)),
    **{str(code): ("/files/a.bin", {"status": code}, ("error", "http_status", code))
       for code in (400, 401, 403, 418, 429, 451, 500, 501, 502, 503, 504, 505)},
    "cut": ("/files/a.bin", {"cut": 500}, ("error", "truncated", 200)),
    "cut before the body": ("/files/a.bin", {"cut": 0}, ("error", "truncated", 200)),
    "cut late": ("/files/a.bin", {"size": "1M", "cut": (1 << 20) - 1}, ("error", "truncated", 200)),
    "cut in a chunk": ("/files/a.bin", {"size": 9000, "framing": "chunked", "cut": 500}, ("error", "truncated", 200)),
    "cut behind a chunk": (
        "/files/a.bin", {"size": 99_000, "framing": "chunked", "cut": 65536}, ("error", "truncated", 200)),
    "reset": ("/files/a.bin", {"size": "1M", "reset": 100_000}, ("error", LOST, 200)),
    "no answer": ("/files/a.bin", {"answer": "none"}, ("error", LOST, None)),
    "reset instead of an answer": ("/files/a.bin", {"answer": "reset"}, ("error", LOST, None)),
    "no http": ("/files/a.bin", {"answer": "garbage"}, ("error", (*LOST, "http_status"), None)),
    "300 kB of headers": ("/files/a.bin", {"headers": "300K"}, ("error", ("too_large", *LOST), (200, None))),
    "header of 200 kB": (
        "/files/a.bin", {"headers": "200K", "line": "200K"}, ("error", ("too_large", *LOST), (200, None))),
    "endless headers": ("/files/a.bin", {"headers": "16M"}, ("error", ("too_large", *LOST), (200, None))),
    "silence": ("/files/a.bin", {"answer": "silence"}, ("error", "timeout", None)),
    "late": ("/files/a.bin", {"delay": 30}, ("error", "timeout", None)),
    "headers too slow": ("/files/a.bin", {"drip": 0.2}, ("error", "timeout", None)),
    "body too slow": ("/files/a.bin", {"size": 2000, "rate": 200}, ("error", "timeout", 200)),
    "stall": ("/files/a.bin", {"size": "1M", "stall": 100_000}, ("error", "timeout", 200)),
    "stall before the body": ("/files/a.bin", {"stall": 0}, ("error", "timeout", 200)),
    "too large": ("/files/a.bin", {"size": MAX_BYTES + 1}, ("error", "too_large", 200)),
    "too large, chunked": ("/files/a.bin", {"size": MAX_BYTES + 1, "framing": "chunked"}, ("error", "too_large", 200)),
    "too large, until the end": (
        "/files/a.bin", {"size": MAX_BYTES + 1, "framing": "close"}, ("error", "too_large", 200)),
    "endless": ("/endless", {}, ("error", "too_large", 200)),
    "much too large": ("/files/a.bin", {"size": "4G"}, ("error", "too_large", 200)),
    **{f"redirect {code}": ("/redirect", {"status": code}, OK) for code in (301, 302, 303, 307, 308)},
    "10 redirects": ("/chain/10", {}, OK),
    "11 redirects": ("/chain/11", {}, ("error", "too_many_redirects", 302)),
    "redirect loop": ("/loop", {}, ("error", "too_many_redirects", 302)),
    "redirect to nowhere": ("/redirect", {"to": ""}, ("error", ("http_status", "invalid_url"), 302)),
    "redirect to nonsense": ("/redirect", {"to": "http://[::g]/"}, ("error", "invalid_url", 302)),
    "coding that nobody asked for": (
        "/files/a.bin", {"header": "Transfer-Encoding: gzip", "framing": "close"}, ("error", "connect", 200)),
    "length that is none": (
        "/files/a.bin", {"header": "Content-Length: 5x", "framing": "close"}, ("error", "connect", 200)),
    "length beyond all": (
        "/files/a.bin", {"header": "Content-Length: 9" + "9" * 30, "framing": "close"}, ("error", "connect", 200)),
    "two lengths": ("/files/a.bin", {"header": "Content-Length: 5"}, ("error", "connect", 200)),
    "part that nobody asked for": ("/files/a.bin", {"status": 206}, ("error", "http_status", 206)),
    "redirect to a 404": ("/redirect", {"to": "/nothing"}, ("not_found", "http_404", 404)),
    "300": ("/files/a.bin", {"status": 300}, ("error", "http_status", 300)),
}


def urls_of(cases, web):
    """Return {case: URL}, each at a host of its own."""
    return {case: web.url(path, host=host(number), **options)
            for number, (case, (path, options, _)) in enumerate(cases.items())}


def run_cases(world, urls, **fields):
    """Run a job of URLs; returns {case: (result, job)}."""
    results = fetch(world.api, urls.values(), concurrency=500, **fields)
    assert len(results) == len(urls)
    return {case: (result, results.job) for case, result in zip(urls, results)}


@pytest.fixture(scope="module")
def outcomes(world):
    return run_cases(world, urls_of(CASES, world.web), timeout_ms=TIMEOUT_MS, attempts=1)


@pytest.mark.parametrize("case", CASES)
def test_outcome(world, outcomes, case):
    path, options, expected = CASES[case]
    result, job = outcomes[case]
    check_outcome(result, expected)
    assert result["attempts"] == 1, result
    if result["reason"] == "timeout":
        assert TIMEOUT_MS * 0.9 < result["duration_ms"] < TIMEOUT_MS + 1000, f"a time-out of {TIMEOUT_MS} ms: {result}"
    if result["status"] == "ok":
        origin = "target" if path.startswith(("/redirect", "/chain")) else path.rpartition("/")[2]
        size = content.size_of(origin) if "size" not in options else result["bytes"]
        assert read_file(world.api, job, result["file"]) == content.body(origin, size), "the file is what was sent"
        assert (result["bytes"], result["sha256"]) == (size, content.sha256(origin, size)), result
        assert re.match(r"a(\D\d+)?\.bin$|redirect|10", result["name"]), "the name is the last segment of the URL"


def test_a_failed_file_leaves_nothing(world, outcomes):
    _, job = outcomes["length"]
    files = {result["file"] for result, _ in outcomes.values() if result["status"] == "ok"}
    assert set(stored_files(world.daemon.folder / "downloads" / job["id"])) == files
    n_ok = sum(expected[0] == "ok" for _, _, expected in CASES.values())
    assert len(files) == n_ok, "each file has a name of its own"
    assert job["counts"] == {"ok": n_ok, "not_found": 3, "error": len(CASES) - n_ok - 3}, job["counts"]


def test_redirects_are_told(outcomes):
    assert outcomes["10 redirects"][0]["redirects"] == 10 and outcomes["length"][0]["redirects"] == 0
    assert outcomes["11 redirects"][0]["redirects"] == 10, "of 11 redirects, 10 were followed"
    result = outcomes["redirect 302"][0]
    assert result["redirects"] == 1 and result["final_url"].endswith("/files/target"), result
    assert outcomes["http 1.0"][0]["http_version"] == "1.0"


def test_large_bodies_are_not_taken(world, outcomes):
    """What is known to be too large, or turns out to be, is not read to its end."""
    for case in ("much too large", "endless"):
        assert outcomes[case][0]["bytes"] <= MAX_BYTES + (1 << 20), outcomes[case][0]
    eventually(lambda: world.web.stats()["in_progress"] == 0, "no connection goes on after its result")


def test_gzip_bomb(world):
    """Nothing is unpacked: either the few bytes that were sent are saved, or the file is too large."""
    [result] = results = fetch(world.api, [world.web.url("/bomb", host="h2.test", size="100M")])
    packed = content.bomb(100 << 20)
    assert (result["status"], result["bytes"], result["content_encoding"]) == ("ok", len(packed), "gzip"), result
    assert read_file(world.api, results.job, result["file"]) == packed
    head = world.api._send("HEAD", file_path(results.job, result["file"])).headers
    assert head["Content-Encoding"] == "gzip" and head["Content-Length"] == str(len(packed)), head


@pytest.mark.parametrize("encoding, told", [
    ("br", "br"), ("GZIP", "gzip"), ("gzip, br", "gzip, br"), ("x" * 63, "x" * 63), ("x" * 64, None), ("identity", None),
    ("", None), ("gz ip\x7f", None), (b"\xff", None)])
def test_encoding_is_told(world, encoding, told):
    url = world.web.url("/files/coded.bin", host="h3.test", header=b"Content-Encoding: " + (
        encoding if isinstance(encoding, bytes) else encoding.encode()))
    [result] = results = fetch(world.api, [url])
    assert (result["status"], result["content_encoding"]) == ("ok", told), result
    assert read_file(world.api, results.job, result["file"]) == content.body("coded.bin"), "as it came"


NO_URLS = {  # case: URL
    "word": "hello", "no host": "http://", "port": "http://h0.test:99999/",
    "port 0": "http://h0.test:0/", "ftp": "ftp://h0.test/a", "file": "file:///etc/passwd",
    "gopher": "gopher://h0.test/", "script": "javascript:alert(1)", "data": "data:,hello",
    "user": "http://user@h0.test/", "password": "http://user:secret@h0.test/",
    "no password": "http://:@h0.test/", "blank in the host": "http://h0 test/",
    "line feed": "http://h0.test/\r\nX: y", "bad brackets": "http://[::1/",
    "no address": "http://[v1.x]/", "long": "http://h0.test/" + "x" * 8300, "zone": "http://[fe80::1%25lo]/",
    "dots": "http://h0..test/",
}


@pytest.fixture(scope="module")
def no_urls(world):
    return run_cases(world, NO_URLS)


@pytest.mark.parametrize("case", NO_URLS)
def test_malformed_url(no_urls, case):
    result, _ = no_urls[case]
    assert (result["status"], result["reason"], result["http_status"], result["file"]) == (
        "error", "invalid_url", None, None), result
    if case != "line feed":
        assert result["url"][:200] == NO_URLS[case][:200], "the URL is shown as it was given"
    assert "secret" not in (result["detail"] or ""), result


UNREACHABLE = {  # case: (host, reasons)
    "no such name": ("nx.example", ("dns_not_found",)),
    "no address": ("nodata.example", ("dns_not_found",)),
    "name server fails": ("servfail.example", ("dns_error",)),
    "name server refuses": ("refused.example", ("dns_error",)),
    "name server is silent": ("drop.example", ("dns_error", "timeout")),
}


@pytest.fixture(scope="module")
def unreachable(world):
    with BlackHole() as hole:
        urls = {case: f"http://{name}:{world.web.port}/files/a" for case, (name, _) in UNREACHABLE.items()}
        urls |= {"refused": f"http://h3.test:{unused_port()}/", "black hole": f"http://h4.test:{hole.port}/"}
        yield run_cases(world, urls, attempts=1, timeout_ms=3000)


@pytest.mark.parametrize("case", [*UNREACHABLE, "refused", "black hole"])
def test_unreachable(unreachable, case):
    result, _ = unreachable[case]
    reasons = {"refused": ("connect",), "black hole": ("timeout", "connect")}.get(case) or UNREACHABLE[case][1]
    check_outcome(result, ("error", reasons, None))
    if case == "black hole":
        assert result["duration_ms"] < 2500, f"downloads.connect_timeout is 1 s: {result}"


# --- Retries ---

RETRIES = {  # case: (path, options, (status, reason, http_status), attempts)
    **{f"{code} once": ("/files/r", {"status": code, "first": 1}, OK, 2) for code in (408, 429, 500, 502, 503, 504)},
    "503 twice": ("/files/r", {"status": 503, "first": 2}, OK, 3),
    "503 for ever": ("/files/r", {"status": 503}, ("error", "http_status", 503), 3),
    "silence once": ("/files/r", {"answer": "silence", "first": 1}, OK, 2),
    "stall once": ("/files/r", {"stall": 100, "first": 1}, OK, 2),
    "silence for ever": ("/files/r", {"answer": "silence"}, ("error", "timeout", None), 3),
    "404 is final": ("/files/r", {"status": 404, "first": 1}, ("not_found", "http_404", 404), 1),
    "410 is final": ("/files/r", {"status": 410, "first": 1}, ("not_found", "http_404", 410), 1),
    **{f"{code} is final": ("/files/r", {"status": code, "first": 1}, ("error", "http_status", code), 1)
       for code in (400, 401, 403, 418)},
    "redirect to a busy server": ("/redirect", {"to": "/files/r?status=503&first=1"}, OK, 2),
    "Retry-After is no number": ("/files/r", {"status": 503, "first": 1, "retry_after": "soon"}, OK, 2),
    "Retry-After is negative": ("/files/r", {"status": 503, "first": 1, "retry_after": "-5"}, OK, 2),
    "Retry-After is long ago": (
        "/files/r", {"status": 503, "first": 1, "retry_after": "Sun, 06 Nov 1994 08:49:37 GMT"}, OK, 2),
    "Retry-After has signs": ("/files/r", {"status": 503, "first": 1, "retry_after": b"1\xff\x00"}, OK, 2),
}


@pytest.fixture(scope="module")
def retries(world):
    cases = {case: row[:3] for case, row in RETRIES.items()}
    urls = urls_of(cases, world.web)
    urls["refused"] = f"http://h50.test:{unused_port()}/"
    return run_cases(world, urls, timeout_ms=1000, attempts=3)


@pytest.mark.parametrize("case", RETRIES)
def test_retry(world, retries, case):
    _, _, expected, attempts = RETRIES[case]
    result, job = retries[case]
    check_outcome(result, expected)
    assert result["attempts"] == attempts, result
    if expected == OK:
        origin = "target" if case.startswith("redirect") else "r"
        assert len(read_file(world.api, job, result["file"])) == content.size_of("r") or origin == "target"


def test_refused_is_tried_again(retries):
    result, _ = retries["refused"]
    assert (result["reason"], result["attempts"]) == ("connect", 3), result
