"""What is shown is whole, or its end is seen to be missing: jobs that go while they are read, and a damaged database."""
import http.client
import io
import json
import re
import socket
import sqlite3
import tarfile

import pytest

from client import expect
from processes import eventually
from web import content, submit

N = 3000
NAMES = [f"found-{'x' * 40}-{i}.test" for i in range(N)]
FORMATS = ["ndjson", "csv", "text"]


class Reader:
    """A client that reads slowly: it has the head of an answer, and leaves the rest where it is."""

    def __init__(self, api, path, headers=""):
        host, port = api.url.removeprefix("http://").rsplit(":", 1)
        self._sock = socket.socket()
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._sock.settimeout(30)
        self._sock.connect((host, int(port)))
        self._sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode())
        self.response = http.client.HTTPResponse(self._sock)
        self.response.begin()

    def rest(self):
        """Return what came, and whether it came to its end."""
        data = b""
        try:
            while piece := self.response.read1(65536):
                data += piece
            return data, True
        except (http.client.IncompleteRead, ConnectionResetError) as error:
            return data + getattr(error, "partial", b""), False
        finally:
            self._sock.close()


# --- Jobs that go ---

@pytest.mark.parametrize("query", [f"results?format={f}" for f in FORMATS] + [
    "results?format=json&limit=10000&after=5", "results?status=found", "results?follow=true", "events"])
@pytest.mark.parametrize("verb", ["delete", "delete all"])
def test_a_job_is_deleted_while_it_is_read(api, query, verb):
    job = api.wait(api.submit((f"{name}.{i}.{'y' * 60}.test" for i in range(10) for name in NAMES), label="x"), 60)
    reader = Reader(api, f"/jobs/{job['id']}/{query}")
    assert reader.response.status == 200
    api("DELETE", f"/jobs/{job['id']}" if verb == "delete" else "/jobs?label=x")
    data, is_whole = reader.rest()
    if "json&" in query:  # a page is read before its head is sent
        assert is_whole and [r["seq"] for r in json.loads(data)["results"]] == list(range(6, 10_006))
    else:
        assert not is_whole and len(data) > 0, f"{len(data)} bytes"
    assert api("GET", f"/jobs/{job['id']}/{query}").status_code == 404


@pytest.mark.parametrize("query", ["results?follow=true", "events"])
def test_a_live_job_is_deleted_while_it_is_followed(api, query):
    job = api.submit(NAMES, rate=100)
    eventually(lambda: api.show(job)["completed"] > 10, "some results")
    reader = Reader(api, f"/jobs/{job['id']}/{query}")
    assert api("DELETE", f"/jobs/{job['id']}").status_code == 204
    assert not reader.rest()[1]


def test_a_schedule_is_deleted_while_it_is_followed(api):
    schedule = api("POST", "/schedules", json={"every": "1h", "job": {"kind": "domains", "domains": ["a.test"]}}).json()
    reader = Reader(api, f"/schedules/{schedule['id']}/events")
    assert api("DELETE", f"/schedules/{schedule['id']}").status_code == 204
    assert not reader.rest()[1]
    expect(api("GET", f"/schedules/{schedule['id']}/changes"), 404)


@pytest.mark.settings({"store.retention": "1s"})
def test_a_job_is_retired_while_it_is_read(api):
    job = api.wait(api.submit(f"{name}.{i}.{'y' * 60}.test" for i in range(10) for name in NAMES), 60)
    reader = Reader(api, f"/jobs/{job['id']}/results")
    eventually(lambda: api("GET", f"/jobs/{job['id']}").status_code == 404, "the job is retired")
    assert not reader.rest()[1]


def archive_of(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def test_files_go_while_an_archive_is_read(fetcher, web):
    """Neither a tar with some of the files nor a file that is cut looks whole."""
    api = fetcher.api
    job = api.wait(submit(api, [web.url(f"/files/{i}", size="4M") for i in range(6)]))
    path = f"/jobs/{job['id']}/archive.tar"
    assert len(archive_of(api.get(path).content)) == 6
    tar, file = Reader(api, path), Reader(api, f"/jobs/{job['id']}/files/0")
    assert api("DELETE", f"/jobs/{job['id']}").status_code == 204
    data, is_whole = tar.rest()
    assert not is_whole and len(data) < 6 << 22
    assert data[-1024:] != bytes(1024), "the end of an archive is two empty blocks"
    data, is_whole = file.rest()
    assert not is_whole or data == content.body("0", 4 << 20)


@pytest.mark.parametrize("fault", ["removed", "shorter", "longer"])
def test_a_file_is_not_as_it_was_saved(fetcher, web, fault):
    api = fetcher.api
    job = api.wait(submit(api, [web.url(f"/files/{i}", size="10K") for i in range(3)]))
    path = fetcher.folder / "downloads" / job["id"] / "1"
    if fault == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:5000] if fault == "shorter" else path.read_bytes() + b"more")
    expect(api("GET", f"/jobs/{job['id']}/files/1"), 404 if fault == "removed" else 500)
    assert not Reader(api, f"/jobs/{job['id']}/archive.tar").rest()[1]
    fetcher.wait_event("file_lost")


# --- Damage ---

def sql(daemon, text, *values):
    with sqlite3.connect(daemon.folder / "jobs.db") as database:
        return database.execute(text, values).fetchall()


@pytest.fixture
def damaged(daemon):
    """A daemon with a job of N results in several blocks, and a function that damages the middle one while it is down."""
    api = daemon.api
    job = api.wait(api.submit(NAMES, rate=4000))

    def damage(statement):
        daemon.stop()
        blocks = sql(daemon, "SELECT seq, n FROM result ORDER BY seq")
        assert len(blocks) > 3 and sum(n for _, n in blocks) == N
        first, n = blocks[len(blocks) // 2]
        sql(daemon, statement, first)
        daemon.start()
        return job, first, first + n - 1

    return damage


DAMAGES = {
    "a byte": "UPDATE result SET records = CAST(substr(records, 1, 20) || x'2a' || substr(records, 22) AS BLOB) WHERE seq = ?",
    "cut": "UPDATE result SET records = substr(records, 1, length(records) / 2) WHERE seq = ?",
    "longer": "UPDATE result SET records = CAST(records || x'00' AS BLOB) WHERE seq = ?",
    "gone": "DELETE FROM result WHERE seq = ?",
    "without a sum": "UPDATE result SET sum = NULL, records = substr(records, 1, length(records) - 1) WHERE seq = ?",
    "a number": "UPDATE result SET n = n + 1, sum = NULL WHERE seq = ?",
}


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_damaged_results(daemon, damaged, statement):
    job, first, last = damaged(statement)
    api, path = daemon.api, f"/jobs/{job['id']}"
    for form in FORMATS:
        data, is_whole = Reader(api, f"{path}/results?format={form}").rest()
        n = data.count(b"\n") - (form == "csv")
        assert not is_whole and n == first - 1, (form, n, first)
    for query in ("results?status=found", "events", "results?follow=true"):
        assert not Reader(api, f"{path}/{query}").rest()[1]
    page = expect(api("GET", f"{path}/results?format=json&limit=10000"), 500).json()
    numbers = [int(n) for n in re.findall(r"\d+", page["detail"])]
    assert numbers[:2] == [first, last], page
    assert len(api.get(f"{path}/results?format=json&limit={first - 1}").json()["results"]) == first - 1
    expect(api("GET", f"{path}/results?after={first - 1}"), 500)
    rest = api.results(job, after=last)
    assert [r["seq"] for r in rest] == list(range(last + 1, N + 1))
    lines = [line for line in daemon.lines.all if "event=store_damaged" in line]
    assert len(lines) <= 3 and f"what=results" in lines[0] and f"first={first}" in lines[0], lines
    assert api.metrics()['asyncprobed_store_damaged_total{what="results"}'] >= 6
    assert api.run(["found-other.test"])[0]["status"] == "found"


def test_a_retry_does_not_pass_over_damage(daemon):
    api = daemon.api
    job = api.wait(api.submit((f"servfail-{i}.test" for i in range(200)), attempts=1))
    daemon.stop()
    sql(daemon, "UPDATE result SET records = substr(records, 1, length(records) / 2)")
    daemon.start()
    assert "damaged" in expect(daemon.api("POST", f"/jobs/{job['id']}/retry"), 500).json()["detail"]
    assert len(daemon.api.jobs()) == 1


def test_damaged_files(fetcher, web):
    job = fetcher.api.wait(submit(fetcher.api, [web.url("/files/a"), web.url("/files/b")]))
    fetcher.stop()
    sql(fetcher, "UPDATE result SET records = substr(records, 1, 10)")
    fetcher.start()
    expect(fetcher.api("GET", f"/jobs/{job['id']}/files/a"), 500)
    assert not Reader(fetcher.api, f"/jobs/{job['id']}/archive.tar").rest()[1]


def test_damaged_input_ends_the_job(daemon):
    api = daemon.api
    job = api.submit(NAMES, rate=500)
    eventually(lambda: api.show(job)["completed"] > 0, "it has begun")
    daemon.stop()
    sql(daemon, "UPDATE chunk SET items = CAST(substr(items, 1, 5) || x'00' || substr(items, 7) AS BLOB)")
    daemon.start()
    ended = daemon.api.wait(job)
    assert (ended["state"], ended["reason"]) == ("failed", "input_lost"), ended
    daemon.wait_event("store_damaged")


def test_damaged_rows(daemon):
    """One row can't be shown; those behind it can."""
    api = daemon.api
    jobs = [api.wait(api.submit([f"found-{i}.test"], label=str(i))) for i in range(3)]
    schedules = [api("POST", "/schedules", json={"name": str(i), "every": "1h",
                                                 "job": {"kind": "domains", "domains": ["found.test"]}}).json() for i in range(3)]
    run = api("POST", f"/schedules/{schedules[0]['id']}/run").json()
    api.wait(run)
    daemon.stop()
    sql(daemon, "UPDATE job SET state = 9 WHERE label = '1'")
    sql(daemon, "UPDATE schedule SET overlap = 77 WHERE name = '1'")
    sql(daemon, "UPDATE outcome SET status = 99")
    daemon.start()
    api = daemon.api
    for path, key, rows in (("jobs", "jobs", [run, *reversed(jobs)]), ("schedules", "schedules", list(reversed(schedules)))):
        bad = rows[-2]["id"]
        expect(api("GET", f"/{path}/{bad}"), 500)
        page = api.get(f"/{path}").json()
        assert [row["id"] for row in page[key]] == [row["id"] for row in rows[:-2]] and page["next"], page
        refusal = expect(api("GET", f"/{path}?cursor={page['next']}"), 500).json()
        assert f"cursor={bad}" in refusal["detail"], refusal
        assert [row["id"] for row in api.get(f"/{path}?cursor={bad}").json()[key]] == [rows[-1]["id"]]
    expect(api("GET", f"/schedules/{schedules[0]['id']}/outcomes"), 500)
    assert "what=schedule" in daemon.lines.text() and "what=job" in daemon.lines.text()
    assert api.run(["found-other.test"])[0]["status"] == "found"


def test_a_damaged_page_of_the_database(daemon):
    """A page that SQLite itself can't read is an error in the answer, and no reason to end."""
    api = daemon.api
    job = api.wait(api.submit(NAMES, rate=4000))
    other = api.wait(api.submit(["found.test"]))
    daemon.stop()
    (size,), = sql(daemon, "PRAGMA page_size")
    with sqlite3.connect(daemon.folder / "jobs.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = daemon.folder / "jobs.db"
    data = bytearray(path.read_bytes())
    while (at := data.find(NAMES[N // 2].encode())) >= 0:  # a free page may have it too
        at = at // size * size
        data[at:at + size] = bytes(size)
    path.write_bytes(data)
    daemon.start()
    api = daemon.api
    data, is_whole = Reader(api, f"/jobs/{job['id']}/results").rest()
    assert not is_whole
    daemon.wait_event("store_damaged")
    assert daemon.is_running and len(api.results(other)) == 1
