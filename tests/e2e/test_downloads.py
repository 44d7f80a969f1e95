"""Jobs of downloads: each file's own outcome, retries, limits, integrity, and what kills and cancels leave behind."""
import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

from client import check_complete, pointers, tally
from processes import eventually
from test_storage import can_mount
from web import (
    HOSTS, BlackHole, by_index, content, fetch, file_path, job_folders, most_at_one_time, read_file, stored_files,
    submit, unused_port)

MAX_BYTES = 4 << 20
WORLD_SETTINGS = {"downloads.max_bytes": "4M", "downloads.per_host": 64, "downloads.connect_timeout": "1s"}
TIMEOUT_MS = 2000
LOST = ("truncated", "connect")  # a connection that ends in the wrong place


def host(number):
    return HOSTS[number % len(HOSTS)]


# --- One file ---

def test_one_file(world):
    start = time.time()
    url = world.web.url("/files/one.bin", host="h0.test", type_="image/x-odd; a=1")
    [result] = results = fetch(world.api, [url])
    name, expected = result["file"], content.body("one.bin")
    plain = {
        "seq": 1, "index": 0, "url": url, "name": "one.bin", "status": "ok", "reason": None, "detail": None,
        "attempts": 1, "http_status": 200, "bytes": len(expected), "sha256": content.sha256("one.bin"),
        "content_type": "image/x-odd; a=1", "redirects": 0, "address": "127.0.0.1", "http_version": "1.1",
        "file": "one.bin"}
    assert {key: result[key] for key in plain} == plain
    assert result["final_url"] in (None, url) and "code" not in result
    timings = result["timings"]
    assert set(timings) == {"resolve_ms", "connect_ms", "tls_ms", "first_byte_ms", "transfer_ms"}
    assert all(0 <= value < 5000 for value in timings.values()) and timings["tls_ms"] == 0, timings
    assert 0 < result["duration_ms"] < (time.time() - start) * 1000
    job = results.job
    assert (job["kind"], job["check"], job["total"], job["counts"]) == (
        "downloads", None, 1, {"ok": 1, "not_found": 0, "error": 0}), job
    assert read_file(world.api, job, name) == expected
    folder = world.daemon.folder / "downloads" / job["id"]
    assert stored_files(folder) == {"one.bin": expected}


def test_phases_are_told_apart(world):
    url = world.web.url("/files/phases", host="h1.test", delay=0.3, size=4000, rate=10_000)
    [result] = fetch(world.api, [url])
    timings = result["timings"]
    assert 250 < timings["first_byte_ms"] < 650 and 250 < timings["transfer_ms"] < 900, timings
    assert timings["connect_ms"] < 200 and result["duration_ms"] > 600, result


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


def check_outcome(result, expected):
    status, reasons, codes = expected
    reasons = reasons if isinstance(reasons, tuple) else (reasons,)
    codes = codes if isinstance(codes, tuple) else (codes,)
    assert result["status"] == status and result["reason"] in reasons and result["http_status"] in codes, (
        f"expected {expected}: {result}")
    if status != "ok":
        assert result["file"] is None and result["sha256"] is None, f"what failed is not saved: {result}"
        assert result["name"], f"the name under which it would have been saved: {result}"


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
    if result["status"] == "ok":
        assert read_file(world.api, results.job, result["file"]) == packed and result["bytes"] == len(packed)
    else:
        assert result["reason"] == "too_large", result


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


@pytest.mark.parametrize("options", [{"retry_after": 2}, {"retry_after_date": 2.9}], ids=["seconds", "date"])
def test_retry_after_holds_for_the_host(fetcher, web, options):
    """A server that asks for a pause gets it from every job; other servers are not affected."""
    api = fetcher.api
    first = submit(api, [web.url("/files/first", host="h0.test", status=503, first=1, **options)])
    web.wait_for("/files/first")
    eventually(lambda: web.stats()["in_progress"] == 0, "the 503 is sent")
    others = submit(api, [web.url(f"/files/other-{i}", host="h0.test") for i in range(5)])
    fetch(api, [web.url(f"/files/elsewhere-{i}", host="h1.test") for i in range(5)])
    by_index(api, first)
    by_index(api, others)
    answered, again = (min(r.start for r in web.requests("/files/first")), web.requests("/files/first")[-1].start)
    assert 1.8 < again - answered < 5, "Retry-After of 2 s"
    times = [r.start for i in range(5) for r in web.requests(f"/files/other-{i}")]
    assert min(times) - answered > 1.8, f"no other request to this host meanwhile: {answered}, {times}"
    times = [r.start for i in range(5) for r in web.requests(f"/files/elsewhere-{i}")]
    assert max(times) - answered < 1.5, f"other hosts go on: {answered}, {times}"


def test_cancel_in_a_pause(fetcher, web):
    """A server that wants us to wait for a day holds up nothing but its files."""
    job = submit(fetcher.api, [web.url("/files/day", status=503, retry_after=86400)])
    web.wait_for("/files/day")
    fetcher.api("POST", f"/jobs/{job['id']}/cancel")
    assert fetcher.api.wait(job, 3)["state"] == "cancelled"


def open_files(process, folder):
    """What the daemon has open below the folder, and how long it is; names or none."""
    found = {}
    for number in os.listdir(f"/proc/{process.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            path = f"/proc/{process.pid}/fd/{number}"
            if os.path.isfile(path) and os.readlink(path).startswith(f"{folder}/"):
                found[os.readlink(path)] = os.stat(path).st_size
    return found


@pytest.mark.settings({"daemon.drain_timeout": "0s"})
def test_end_in_mid_file(fetcher, web):
    """A daemon that ends at once leaves no part of a file that is longer than a piece."""
    submit(fetcher.api, [web.url("/files/long", size="4M", rate=1_000_000)])
    folder = fetcher.folder / "downloads"
    eventually(lambda: any(open_files(fetcher, folder).values()), "a part of the file is on the disk")
    fetcher.stop()
    assert [path for path in folder.rglob("*") if not path.is_dir()] == []


# --- Limits ---

@pytest.mark.settings({"downloads.total": 3, "downloads.per_host": 20})
def test_total(fetcher, web):
    fetch(fetcher.api, [web.url(f"/files/{i}", host=host(i % 8), delay=0.05) for i in range(40)], concurrency=40)
    assert web.stats()["most"] == 3


@pytest.mark.settings({"downloads.per_host": 2})
def test_per_host_across_jobs(fetcher, web):
    jobs = [submit(fetcher.api, [web.url(f"/files/{tag}-{i}", host="h0.test", delay=0.05) for i in range(15)],
                   concurrency=10) for tag in "abc"]
    jobs.append(submit(fetcher.api, [web.url(f"/files/d-{i}", host="h1.test", delay=0.05) for i in range(15)]))
    for job in jobs:
        assert tally(by_index(fetcher.api, job)) == {("ok", None): 15}
    most = {name.partition(":")[0]: n for name, n in web.stats()["most_by_host"].items()}
    assert most == {"h0.test": 2, "h1.test": 2}


@pytest.mark.settings({"downloads.per_host": 20})
def test_concurrency_of_a_job(fetcher, web):
    """A job's own limit binds it alone."""
    narrow = submit(fetcher.api, [web.url(f"/files/n-{i}", host=host(i), delay=0.05) for i in range(16)], concurrency=2)
    wide = submit(fetcher.api, [web.url(f"/files/w-{i}", host="h9.test", delay=0.1) for i in range(30)], concurrency=15)
    by_index(fetcher.api, narrow)
    by_index(fetcher.api, wide)
    requests = web.requests()
    assert most_at_one_time([r for r in requests if r.path.startswith("/files/n")]) == 2
    assert 2 < most_at_one_time([r for r in requests if r.path.startswith("/files/w")]) <= 15


def check_rate(requests, rate):
    starts = sorted(r.start for r in requests)
    for first in range(len(starts)):
        n = sum(start - starts[first] <= 0.5 for start in starts[first:])
        assert n <= rate * 0.5 + 4, f"{n} requests within 0.5 s at {rate} a second: {starts}"


def test_rate_of_a_job(fetcher, web):
    results = fetch(fetcher.api, [web.url(f"/files/{i}", host=host(i)) for i in range(25)], rate=20)
    check_rate(web.requests(), 20)
    assert tally(results) == {("ok", None): 25}


@pytest.mark.settings({"downloads.rate_per_host": 20})
def test_rate_of_a_host(fetcher, web):
    jobs = [submit(fetcher.api, [web.url(f"/files/{tag}{i}", host="h0.test") for i in range(12)]) for tag in "ab"]
    other = fetch(fetcher.api, [web.url(f"/files/c{i}", host="h1.test") for i in range(12)])
    for job in jobs:
        by_index(fetcher.api, job)
    assert tally(other) == {("ok", None): 12}
    check_rate([r for r in web.requests() if r.host.startswith("h0")], 20)
    check_rate([r for r in web.requests() if r.host.startswith("h1")], 20)


@pytest.mark.settings({"downloads.per_host": 32})
def test_a_busy_host_is_slowed_down(fetcher, web):
    """A server that bears 4 requests at a time is found out, and few of its answers are 503."""
    urls = [web.url(f"/files/{i}", host="h0.test", delay=0.02, busy=4) for i in range(400)]
    results = fetch(fetcher.api, urls, concurrency=32, attempts=20)
    assert tally(results) == {("ok", None): 400}, "in the end all files are there"
    requests = web.requests()
    refused = [r for r in requests if r.status == 503]
    assert 1 <= len(refused) < 200, f"{len(refused)} of {len(requests)} requests were refused"
    late = requests[len(requests) // 2:]
    assert most_at_one_time(late) <= 10, "later the host is asked with care"


@pytest.mark.settings({"downloads.per_host": 16})
def test_a_host_recovers(fetcher, web):
    """After 503s fewer requests run at one time; when the server is well again, as many as may."""
    urls = [web.url(f"/files/{i}", host="h0.test", delay=0.03, status=503, first=20, per="host") for i in range(1000)]
    results = fetch(fetcher.api, urls, concurrency=50, attempts=20)
    assert tally(results) == {("ok", None): 1000}
    after = [r for r in web.requests() if r.status == 200]
    assert most_at_one_time(after[:10]) <= 8, "right after the 503s it is asked with care"
    assert most_at_one_time(after[-300:]) >= 12, "and later with the full number again"


def test_connections_are_used_again(fetcher, web):
    results = fetch(fetcher.api, [web.url(f"/files/{i}") for i in range(200)], concurrency=4)
    assert tally(results) == {("ok", None): 200}
    assert web.connections() <= 8, "200 files over 4 connections"


def test_idle_connections_that_the_server_closed(fetcher, web):
    """A connection that turns out to be closed when it is used again is no failure of the file."""
    urls = [web.url(f"/files/{i}", idle=0.002 * (i % 3)) for i in range(150)]
    assert tally(fetch(fetcher.api, urls, concurrency=4)) == {("ok", None): 150}


# --- Integrity ---

def test_checksum(world):
    good = content.sha256("sum")
    urls = [{"url": world.web.url("/files/sum", host="h0.test"), "sha256": digest}
            for digest in (good, good.upper(), good[:-1] + ("0" if good[-1] != "0" else "1"), "0" * 64)]
    results = fetch(world.api, urls)
    assert [r["status"] for r in results] == ["ok", "ok", "error", "error"], results
    assert [r["reason"] for r in results[2:]] == ["bad_checksum"] * 2
    assert [r["file"] for r in results[2:]] == [None, None]
    assert len(stored_files(world.daemon.folder / "downloads" / results.job["id"])) == 2


@pytest.fixture
def small_disk(tmp_path):
    """A folder of downloads with room for 4 MiB, where one may mount."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    if not can_mount(folder):
        yield None
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_disk_full(small_disk, fetcher, web):
    if small_disk is None:
        fetcher.limit_files(4 << 20)
    results = fetch(fetcher.api, [web.url("/files/big", size="8M"), web.url("/files/small"),
                                  web.url("/files/big", size="8M", framing="chunked")], concurrency=1)
    assert [(r["status"], r["reason"], r["file"]) for r in results] == [
        ("error", "disk", None), ("ok", None, "small"), ("error", "disk", None)], results
    assert stored_files(fetcher.folder / "downloads") == {f"{results.job['id']}/small": content.body("small")}
    assert tally(fetch(fetcher.api, [web.url("/files/next", size="2M")])) == {("ok", None): 1}, "the room is free again"


@pytest.mark.settings({"downloads.quota": "1M"})
def test_quota(fetcher, web):
    """The folder never holds more than the quota; what is deleted makes room."""
    urls = [web.url(f"/files/{i}", size="100K", framing="chunked" if i % 2 else "length") for i in range(20)]
    results = fetch(fetcher.api, urls)
    counts = {status: n for (status, _), n in tally(results).items()}
    assert 5 <= counts["ok"] <= 10 and counts["error"] == 20 - counts["ok"], tally(results)
    assert {r["reason"] for r in results if r["status"] == "error"} <= {"disk", "too_large"}
    assert sum(map(len, stored_files(fetcher.folder / "downloads").values())) == counts["ok"] * (100 << 10)
    fetcher.restart()
    n_more = tally(fetch(fetcher.api, urls[:12])).get(("ok", None), 0)
    assert n_more <= 10 - counts["ok"], "it counts what was there before"
    for job in fetcher.api.jobs():
        fetcher.api("DELETE", f"/jobs/{job['id']}")
    eventually(lambda: not stored_files(fetcher.folder / "downloads"), "the files are deleted")
    assert tally(fetch(fetcher.api, urls[:5])) == {("ok", None): 5}


# --- Ends before the end ---

@pytest.mark.parametrize("verb", ["cancel", "delete"])
def test_end_in_mid_transfer(fetcher, web, verb):
    api, folder = fetcher.api, fetcher.folder / "downloads"
    urls = [web.url("/files/done"), *(web.url(f"/files/{i}", size="1M", stall=300_000, host=host(i)) for i in range(5)),
            web.url("/files/slow", host="h6.test", size="1M", rate=50_000),
            web.url("/files/late", host="h7.test", delay=30)]
    job = submit(api, urls, concurrency=20)
    eventually(lambda: web.stats()["in_progress"] == 7 and api.show(job)["completed"] == 1, "7 transfers are under way")
    expected = {f"{job['id']}/done": content.body("done")}
    if verb == "cancel":
        api("POST", f"/jobs/{job['id']}/cancel")
        assert api.wait(job, 5)["state"] == "cancelled"
    else:
        assert api("DELETE", f"/jobs/{job['id']}").status_code == 204
        assert api("GET", f"/jobs/{job['id']}").status_code == 404
        expected = {}
    eventually(lambda: web.stats()["in_progress"] == 0, "the connections are closed")
    eventually(lambda: stored_files(folder) == expected, "what was half there is gone")
    if verb == "delete":
        eventually(lambda: job_folders(folder) == [], "the folder of the job is gone")
        return
    for result in api.results(job)[1:]:
        check_outcome(result, ("error", "cancelled", (200, None)))
    fetcher.restart()
    assert stored_files(folder) == expected, "what was done stays"


def batch(web, n, **options):
    return [web.url(f"/files/b{i}.bin", host=host(i % 7), **options) for i in range(n)]


def check_batch(daemon, job, n):
    """Check that a job ends with each file whole, each item told once, and nothing else in the folder."""
    results = by_index(daemon.api, job)
    assert tally(results) == {("ok", None): n}
    check_complete(sorted(results, key=lambda r: r["seq"]), n)
    expected = {f"{job['id']}/b{i}.bin": content.body(f"b{i}.bin") for i in range(n)}
    assert stored_files(daemon.folder / "downloads") == expected
    for i, result in enumerate(results):
        assert (result["file"], result["sha256"]) == (f"b{i}.bin", content.sha256(f"b{i}.bin")), result


def check_whole(daemon, job):
    """Check what a killed daemon left: under its name, a file is whole."""
    for name, data in stored_files(daemon.folder / "downloads").items():
        folder, _, name = name.rpartition("/")
        if folder == job["id"] and re.fullmatch(r"b\d+\.bin", name):
            assert data == content.body(name), f"{name} has {len(data)} of {content.size_of(name)} bytes"


def test_kill_again_and_again(fetcher, web):
    """kill -9 in mid-batch: every file is whole or absent, what was shown is there, each item has one result."""
    n = 1200
    job, seen = submit(fetcher.api, batch(web, n), concurrency=20), []
    for n_more in (1, 150, 30, 400, 0):
        lines = fetcher.api.follow(job)
        shown = [next(lines) for _ in range(len(seen) + n_more)]
        assert shown[:len(seen)] == seen, "lines that were shown before the kill have changed"
        seen = shown
        fetcher.kill9()
        check_whole(fetcher, job)
        for line in seen:
            name = json.loads(line)["file"]
            assert (fetcher.folder / "downloads" / job["id"] / name).exists(), f"{name} was shown and is lost"
        fetcher.start()
    check_batch(fetcher, job, n)


def test_kill_in_mid_transfer(fetcher, web):
    job = submit(fetcher.api, batch(web, 12, rate=20_000), concurrency=12)
    eventually(lambda: web.stats()["in_progress"] == 12, "12 transfers are under way")
    fetcher.kill9()
    check_whole(fetcher, job)
    fetcher.start()
    check_batch(fetcher, job, 12)


@pytest.mark.settings({"daemon.drain_timeout": "1s"})
def test_drain(fetcher, web):
    """SIGTERM: transfers may end within the time for it, others begin anew after the restart."""
    slow = [web.url("/files/b1.bin", first=1, stall=500)]
    job = submit(fetcher.api, [web.url("/files/b0.bin", delay=0.5), *slow], concurrency=5)
    eventually(lambda: web.stats()["in_progress"] == 2, "2 transfers are under way")
    start = time.monotonic()
    fetcher.stop(signal.SIGTERM)
    assert time.monotonic() - start < 5, "a drain time-out of 1 s"
    fetcher.start()
    check_batch(fetcher, job, 2)
    assert len(web.requests("/files/b0.bin")) == 1, "it had its time before the end"


# --- Ways to ask ---

def test_text_lines(world):
    lines = [world.web.url(f"/files/line-{i}", host=host(i)) for i in range(3)]
    body = f"# files\r\n{lines[0]}\r\n\n{lines[1]}\n#{lines[0]}\n{lines[2]}"
    job = world.api.post(body, query={"kind": "downloads", "label": "lines", "concurrency": 2}).json()
    assert (job["kind"], job["label"], job["total"]) == ("downloads", "lines", 3)
    results = by_index(world.api, job)
    assert [r["url"] for r in results] == lines and tally(results) == {("ok", None): 3}


def test_ndjson_lines(world):
    one, two = (world.web.url(f"/files/json-{i}", host=host(i)) for i in range(2))
    rows = [one, {"url": two, "name": "second", "sha256": "0" * 64}, {"url": two, "headers": {"Accept": "image/gif"}}]
    body = "".join(json.dumps(row) + "\n" for row in rows)
    job = world.api.post(body, media="application/x-ndjson", query={"kind": "downloads"}).json()
    results = by_index(world.api, job)
    assert [(r["name"], r["reason"]) for r in results] == [("json-0", None), ("second", "bad_checksum"),
                                                           ("json-1", None)]
    assert world.web.headers("/files/json-1")["accept"] == "image/gif"


def test_many_lines(world):
    """A body that is read as a stream."""
    n = 3000
    body = "".join(world.web.url(f"/files/many-{i}", host=host(i % 20), size=100) + "\n" for i in range(n))
    job = world.api.post(body, query={"kind": "downloads", "concurrency": 100}).json()
    results = by_index(world.api, job)
    assert tally(results) == {("ok", None): n}
    assert [r["sha256"] for r in results] == [content.sha256(f"many-{i}", 100) for i in range(n)]


def test_one_url_twice(world):
    """Two items are two files, whatever they have in common."""
    url = world.web.url("/files/twice", host="h0.test")
    results = fetch(world.api, [url, url])
    assert tally(results) == {("ok", None): 2} and len({r["file"] for r in results}) == 2
    assert results[0]["file"] == "twice" or results[1]["file"] == "twice"
    assert [r["sha256"] for r in results] == [content.sha256("twice")] * 2


def test_dry_run(world):
    urls = [world.web.url(f"/files/dry-{i}") for i in range(30)]
    answer = world.api.post({"kind": "downloads", "urls": urls}, 200, {"dry_run": "true"}).json()
    assert answer == {"dry_run": True, "kind": "downloads", "check": None, "total": 30, "duplicates": 0, "invalid": 0,
                      "first": urls[:20]}
    assert not any("dry" in path for path in world.web.stats()["paths"]), "nothing was fetched"


def test_formats(world):
    urls = [world.web.url("/files/f,1", host="h0.test"), world.web.url("/nothing", host="h0.test"), "hello"]
    job = fetch(world.api, urls).job
    path = f"/jobs/{job['id']}/results"
    text = world.api.get(path, params={"format": "text"}).text
    assert sorted(text.splitlines())[0] == "f,1 OK", text
    assert "nothing not found\n" in text and " error: invalid_url\n" in text
    head, *rows = world.api.get(path, params={"format": "csv"}).content.decode().split("\r\n")[:-1]
    assert head == ("seq,index,code,url,name,status,reason,detail,attempts,duration_ms,finished_at,http_status,bytes,"
                    "sha256,content_type,redirects,address,http_version,file")
    assert len(rows) == 3 and any('"f,1"' in row for row in rows), rows
    page = world.api.get(path, params={"format": "json"}).json()
    assert page["results"] == world.api.results(job) and page["next"] == 3
    assert [r["status"] for r in world.api.results(job, status="ok")] == ["ok"]


def test_events(world):
    job = submit(world.api, [world.web.url(f"/files/event-{i}", host="h0.test") for i in range(3)])
    events = list(world.api.events(job))
    results = [event.data for event in events if event.name == "result"]
    assert results == world.api.results(job) and events[-1].name == "state"
    assert events[-1].data["counts"] == {"ok": 3, "not_found": 0, "error": 0}


def test_headers_of_an_item(world):
    headers = {"Accept": "text/plain", "Accept-Language": "pt-BR", "User-Agent": "tests/1",
               "Referer": "http://h0.test/a", "Authorization": "Bearer token",
               "If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}
    [result] = fetch(world.api, [{"url": world.web.url("/files/headers", host="h0.test"), "headers": headers}])
    seen = world.web.headers("/files/headers")
    assert result["status"] == "ok" and {name: seen[name.lower()] for name in headers} == headers
    fetch(world.api, [world.web.url("/files/plain", host="h0.test")])
    seen = world.web.headers("/files/plain")
    assert not {"authorization", "cookie", "referer", "range", "accept-encoding"} & set(seen), seen
    assert seen["host"] == f"h0.test:{world.web.port}"


U = "http://h0.test/a"
WRONG = {  # case: (fields, pointer)
    "nothing": ({}, "/urls"),
    "no list": ({"urls": U}, "/urls"),
    "empty list": ({"urls": []}, "/urls"),
    "number": ({"urls": [U, 7]}, "/urls/1"),
    "null": ({"urls": [None]}, "/urls/0"),
    "list in the list": ({"urls": [[U]]}, "/urls/0"),
    "unknown member": ({"urls": [U, U, U, {"url": U, "nme": "x"}]}, "/urls/3/nme"),
    "no url": ({"urls": [{"name": "x"}]}, "/urls/0/url"),
    "url is a number": ({"urls": [{"url": 1}]}, "/urls/0/url"),
    "name is a number": ({"urls": [{"url": U, "name": 1}]}, "/urls/0/name"),
    "short digest": ({"urls": [{"url": U, "sha256": "ab"}]}, "/urls/0/sha256"),
    "digest with other letters": ({"urls": [{"url": U, "sha256": "g" * 64}]}, "/urls/0/sha256"),
    "headers are a list": ({"urls": [{"url": U, "headers": ["Accept: x"]}]}, "/urls/0/headers"),
    **{f"header {name}": ({"urls": [{"url": U, "headers": {name: "x"}}]}, "/urls/0/headers")
       for name in ("Range", "Host", "Cookie", "Content-Length", "Connection", "Transfer-Encoding", "X-Other")},
    "header with a line feed": ({"urls": [{"url": U, "headers": {"Accept": "a\r\nHost: b"}}]}, "/urls/0/headers"),
    "long headers": ({"urls": [{"url": U, "headers": {"Accept": "a" * 5000}}]}, "/urls/0/headers"),
    "concurrency": ({"urls": [U], "concurrency": 1001}, "/concurrency"),
    "timeout_ms": ({"urls": [U], "timeout_ms": 3_600_001}, "/timeout_ms"),
    "attempts": ({"urls": [U], "attempts": 21}, "/attempts"),
    "field of flags": ({"urls": [U], "codes": ["BR"]}, "/codes"),
    "field of domains": ({"urls": [U], "tlds": ["dev"]}, "/tlds"),
    "unknown field": ({"urls": [U], "url": U}, "/url"),
}


@pytest.mark.parametrize("fields, pointer", WRONG.values(), ids=WRONG)
def test_wrong(world, fields, pointer):
    n_jobs = len(world.api.jobs())
    response = world.api.post({"kind": "downloads", **fields}, 422)
    assert any(p == pointer or p.startswith(pointer + "/") for p in pointers(response)), response.text
    assert len(world.api.jobs()) == n_jobs, "nothing is queued"


def test_bounds_are_allowed(world):
    url = world.web.url("/files/bounds", host="h0.test")
    assert tally(fetch(world.api, [url], concurrency=1000, timeout_ms=3_600_000, attempts=20)) == {("ok", None): 1}
    assert tally(fetch(world.api, [url], concurrency=0, timeout_ms=0, attempts=0, rate=0)) == {("ok", None): 1}


def test_no_file_of_another_job(world):
    [result] = results = fetch(world.api, [world.web.url("/files/mine", host="h0.test")])
    other = fetch(world.api, [world.web.url("/files/yours", host="h0.test")]).job
    assert world.api("GET", file_path(other, result["file"])).status_code == 404
    assert read_file(world.api, results.job, "mine") == content.body("mine")
