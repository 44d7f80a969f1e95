"""Results: four formats, read in parts or followed, and never another answer than before."""
import csv
import io
import json

import pytest

from client import check_complete
from processes import TOP, Stub, eventually

N = 2500


@pytest.fixture(scope="module")
def job(shared):
    """A job that is done: half of its names found, one in ten an error, one IDN and one bad name that needs quoting."""
    words = ("found", "found", "found", "found", "found", "nx", "nx", "nx", "nx", "servfail")
    names = [f"{words[i % 10]}-{i}.test" for i in range(N - 2)] + ["bücher.de", 'no "name", at all']
    return shared.api.wait(shared.api.submit(names))


@pytest.fixture
def read(shared, job):
    """A function that reads the job's results: read(query, headers) -> answer."""
    def get(query=None, headers=None, status=200):
        return shared.api.get(f"/jobs/{job['id']}/results", status, params=query, headers=headers)

    return get


@pytest.fixture
def rows(read):
    return [json.loads(line) for line in read().content.splitlines()]


def test_complete_and_in_order(rows):
    check_complete(rows, N)
    times = [row["finished_at"] for row in rows]
    assert times == sorted(times), "results stand in the order of their completion"


def test_completion_order(api):
    results = api.run(["slow.test", "found.test", "nx.test"])
    assert [r["domain"] for r in results][-1] == "slow.test", f"the slow name comes last: {results}"
    assert results[-1]["index"] == 0, "and keeps its place in the job"


def test_same_when_read_twice(read):
    assert read().content == read().content


def test_same_after_a_restart(daemon):
    job = daemon.api.wait(daemon.api.submit(f"{w}-{i}.test" for i in range(600) for w in ("found", "nx", "servfail")))
    path = f"/jobs/{job['id']}/results"
    before = daemon.api.get(path).content
    daemon.restart()
    assert daemon.api.get(path).content == before
    assert daemon.api.show(job) == job


def test_csv(read, rows):
    table = list(csv.DictReader(io.StringIO(read({"format": "csv"}).content.decode(), newline="")))
    assert len(table) == N
    for line, row in zip(table, rows):
        assert line.pop("duration_ms") and float(row["duration_ms"]) >= 0
        assert line == {
            "seq": str(row["seq"]), "index": str(row["index"]), "domain": row["domain"],
            "unicode": row.get("unicode", ""), "status": row["status"], "reason": row["reason"] or "",
            "attempts": str(row["attempts"]), "finished_at": row["finished_at"],
            "addresses": " ".join(row["addresses"]), "ttl": "" if row["ttl"] is None else str(row["ttl"])}


def test_csv_lines_end_in_crlf(read):
    content = read({"format": "csv", "limit": 3}).content
    assert content.count(b"\r\n") == content.count(b"\n") == 4, content


def test_text(read, rows):
    def line(row):
        mark = {"found": "+", "error": "?"}.get(row["status"]) or {"nxdomain": " ", "no_address": "-"}[row["reason"]]
        return f"{mark} {row['domain']}" + (f" {row['reason']}" if mark == "?" else "")

    assert read({"format": "text"}).text.splitlines() == [line(row) for row in rows]


def test_text_of_the_keywords(make_daemon):
    """The table of the program that asyncprobed grew out of."""
    with Stub("--zone", TOP / "tests/stub/keywords.zone", "--default", "nx") as dns, make_daemon(dns) as daemon:
        job = daemon.api.wait(daemon.api.submit(preset="python-keywords", max_length=4, tlds=["dev"]))
        lines = daemon.api.get(f"/jobs/{job['id']}/results", params={"format": "text"}).text.splitlines()
    found, free = "and true for def elif in del from as not", "pass with if try none is or else"
    assert sorted(lines) == sorted([f"+ {w}.dev" for w in found.split()] + [f"  {w}.dev" for w in free.split()])


def test_idn_and_bad_name(rows):
    by_index = {row["index"]: row for row in rows}
    assert (by_index[N - 2]["domain"], by_index[N - 2]["unicode"]) == ("xn--bcher-kva.de", "bücher.de")
    assert (by_index[N - 1]["domain"], by_index[N - 1]["reason"]) == ('no "name", at all', "invalid_name")


def test_pages_of_json(read, rows):
    after, pages = 0, []
    while True:
        page = read({"format": "json", "after": after}).json()
        if not page["results"]:
            break
        pages.append(len(page["results"]))
        assert page["results"] == rows[after:after + 1000]
        after = page["next"]
    assert pages == [1000, 1000, 500], "1,000 a page"
    assert page == {"results": [], "next": N}, "behind the end the page is empty and `next` stays"


PARTS = {  # case: (query, the same of all rows)
    "after": ({"after": 2400}, lambda rows: rows[2400:]),
    "limit": ({"limit": 7}, lambda rows: rows[:7]),
    "after and limit": ({"after": 1999, "limit": 2}, lambda rows: rows[1999:2001]),
    "limit over the end": ({"after": 2490, "limit": 10000}, lambda rows: rows[2490:]),
    "behind the end": ({"after": N}, lambda rows: []),
    "far behind the end": ({"after": 10**12}, lambda rows: []),
    "found": ({"status": "found"}, lambda rows: [r for r in rows if r["status"] == "found"]),
    "error, limited": ({"status": "error", "limit": 5}, lambda rows: [r for r in rows if r["status"] == "error"][:5]),
    "not_found after": ({"status": "not_found", "after": 1000, "limit": 10},
                        lambda rows: [r for r in rows[1000:] if r["status"] == "not_found"][:10]),
}


@pytest.mark.parametrize("query, expected", PARTS.values(), ids=PARTS)
def test_part(read, rows, query, expected):
    assert [json.loads(line) for line in read(query).content.splitlines()] == expected(rows)


@pytest.mark.parametrize("query, expected", PARTS.values(), ids=PARTS)
def test_part_in_json(read, rows, query, expected):
    page = read({"limit": 1000, **query, "format": "json"}).json()
    expected = expected(rows)[:1000]
    assert page["results"] == expected
    following = read({"status": query.get("status"), "after": page["next"]}).content.splitlines()
    rest = [r for r in rows if r["status"] == query.get("status", r["status"]) and
            r["seq"] > (expected[-1]["seq"] if expected else query.get("after", 0))]
    assert [json.loads(line) for line in following] == rest, "`next` continues without gap or repetition"


ACCEPT = {  # Accept: media type of the answer
    "*/*": "application/x-ndjson",
    "": "application/x-ndjson",
    "application/x-ndjson": "application/x-ndjson",
    "application/json": "application/json",
    "text/csv": "text/csv",
    "text/plain": "text/plain",
    "TEXT/CSV": "text/csv",
    "text/csv;q=0.5, application/json": "application/json",
    "text/csv, application/json;q=0.5": "text/csv",
    "application/json;q=0, text/plain;q=0.1": "text/plain",
    "image/png, text/plain;q=0.2, */*;q=0.1": "text/plain",
    "text/html, application/xhtml+xml, */*;q=0.8": "application/x-ndjson",
}


@pytest.mark.parametrize("accept", ACCEPT, ids=lambda accept: accept or "empty")
def test_accept(read, accept):
    answer = read({"limit": 3}, {"Accept": accept})
    assert answer.headers["Content-Type"].split(";")[0] == ACCEPT[accept]


def test_nothing_acceptable(read):
    read(headers={"Accept": "image/png"}, status=406)


def test_format_overrules_accept(read):
    answer = read({"format": "csv", "limit": 1}, {"Accept": "application/json"})
    assert answer.headers["Content-Type"].startswith("text/csv")


def test_follow(api):
    job = api.submit(["slow-1.test", "found.test", "nx.test", "slow-2.test"])
    rows = [json.loads(line) for line in api.follow(job)]
    check_complete(rows, 4)
    assert rows == api.results(job) and api.show(job)["state"] == "done", "followed to the end"


def test_follow_shows_results_at_once(api, dns):
    """A line comes while the job still waits for another name."""
    job = api.submit(["found.test", "drop.test"], timeout_ms=10000, attempts=20)
    lines = api.follow(job)
    assert json.loads(next(lines))["domain"] == "found.test"
    assert api.show(job)["state"] == "running"
    api("POST", f"/jobs/{job['id']}/cancel")
    rest = [json.loads(line) for line in lines]
    assert all(row["domain"] == "drop.test" for row in rest), "the stream ends with the job"


@pytest.mark.parametrize("query, mark", [({"status": "found"}, "found"), ({"after": 2}, None)], ids=["status", "after"])
def test_follow_a_part(api, query, mark):
    job = api.submit(f"{word}-{i}.test" for i in range(100) for word in ("found", "nx", "slow"))
    rows = [json.loads(line) for line in api.follow(job, **query)]
    assert rows == api.results(job, **query) and len(rows) > 10
    assert all(row["status"] == mark for row in rows) or mark is None


@pytest.mark.parametrize("form, first", [("text", "+ found.test"), ("csv", "seq,index,domain")])
def test_follow_in_other_formats(api, form, first):
    job = api.submit(["found.test", "slow.test"])
    text = api.get(f"/jobs/{job['id']}/results", params={"follow": "true", "format": form}).text
    assert text.startswith(first) and "slow.test" in text, text


def test_client_that_leaves_a_stream(api):
    """The stream's place is free again, and the job goes on."""
    job = api.submit((f"slow-{i}.test" for i in range(200)), concurrency=20)
    lines = api.follow(job)
    next(lines)
    assert api.metrics()["asyncprobed_http_streams"] == 1
    lines.close()
    eventually(lambda: api.metrics()["asyncprobed_http_streams"] == 0, "the stream of a lost client ends")
    assert api.wait(job)["counts"]["found"] == 200


def test_reader_that_does_not_read(api):
    """A follower with a full socket holds up neither the job nor other clients."""
    job = api.submit_lines(f"found-{i}.test" for i in range(20000))
    with api.connect() as sock:
        sock.sendall(f"GET /jobs/{job['id']}/results?follow=true HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert api.wait(job)["completed"] == 20000
        check_complete(api.results(job), 20000)
