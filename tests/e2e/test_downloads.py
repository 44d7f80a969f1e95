"""Jobs of downloads: what a job and its results are, and the ways to ask for files."""
import json
import time

import pytest

from client import pointers, tally
from web import by_index, content, fetch, file_path, host, read_file, stored_files, submit

WORLD_SETTINGS = {"downloads.per_host": 64}


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


def test_checksum(world):
    good = content.sha256("sum")
    urls = [{"url": world.web.url("/files/sum", host="h0.test"), "sha256": digest}
            for digest in (good, good.upper(), good[:-1] + ("0" if good[-1] != "0" else "1"), "0" * 64)]
    results = fetch(world.api, urls)
    assert [r["status"] for r in results] == ["ok", "ok", "error", "error"], results
    assert [r["reason"] for r in results[2:]] == ["bad_checksum"] * 2
    assert [r["file"] for r in results[2:]] == [None, None]
    assert len(stored_files(world.daemon.folder / "downloads" / results.job["id"])) == 2


def test_one_url_twice(world):
    """Two items are two files, whatever they have in common."""
    url = world.web.url("/files/twice", host="h0.test")
    results = fetch(world.api, [url, url])
    assert tally(results) == {("ok", None): 2} and len({r["file"] for r in results}) == 2
    assert results[0]["file"] == "twice" or results[1]["file"] == "twice"
    assert [r["sha256"] for r in results] == [content.sha256("twice")] * 2


def test_no_file_of_another_job(world):
    [result] = results = fetch(world.api, [world.web.url("/files/mine", host="h0.test")])
    other = fetch(world.api, [world.web.url("/files/yours", host="h0.test")]).job
    assert world.api("GET", file_path(other, result["file"])).status_code == 404
    assert read_file(world.api, results.job, "mine") == content.body("mine")


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
    assert not {"authorization", "cookie", "referer", "range"} & set(seen), seen
    assert seen["accept-encoding"] == "identity"
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
