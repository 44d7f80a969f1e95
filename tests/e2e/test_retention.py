"""Ended jobs go when they are old or the database is big, with all that was kept of them; the database's file shrinks."""
import contextlib
import signal
import sqlite3
import threading
import time

import pytest

from client import check_complete
from processes import eventually, parse_log_line
from web import file_path, job_folders

RETIRED = 'asyncprobed_retention_jobs_total{reason="%s"}'
USED = 'asyncprobed_store_bytes{what="used"}'
MIB = 1 << 20


def ask(daemon, sql):
    """Ask the daemon's database, read-only."""
    with contextlib.closing(sqlite3.connect(f"file:{daemon.folder}/jobs.db?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(sql).fetchone()[0]


def is_gone(api, job):
    return api("GET", f"/jobs/{job['id']}").status_code == 404


def n_ended(api):
    metrics = api.metrics()
    return sum(metrics[f'asyncprobed_jobs{{state="{state}"}}'] for state in ("done", "cancelled", "failed"))


def file_bytes(daemon):
    return (daemon.folder / "jobs.db").stat().st_size


def long_names(tag, n):
    return [f"nx-{tag}-{i:06d}-{'x' * 40}.{'y' * 60}.test" for i in range(n)]


def run_big(api, n=40_000, tag="big"):
    """A job whose results take 170 bytes each."""
    job = api.submit_lines(long_names(tag, n))
    assert api.wait(job, 120)["state"] == "done"
    return job


# --- Age ---

@pytest.mark.settings({"store.retention": "1s"})
def test_all_of_an_old_job_goes(fetcher, web):
    api = fetcher.api
    body = {"kind": "downloads", "urls": [web.url("/files/one.bin"), web.url("/files/two.bin")]}
    headers = {"Idempotency-Key": "again"}
    job = api.post(body, headers=headers).json()
    api.wait(job)
    eventually(lambda: is_gone(api, job), "the job is gone")
    for path in ("/results", "/events", "/archive.tar", file_path(job, "one.bin").removeprefix(f"/jobs/{job['id']}")):
        assert api("GET", f"/jobs/{job['id']}{path}").status_code == 404, path
    assert api.jobs() == []
    eventually(lambda: job_folders(fetcher.folder / "downloads") == [], "its files are gone")
    eventually(lambda: ask(fetcher, "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM result)"
                                    " + (SELECT count(*) FROM file) + (SELECT count(*) FROM idempotency)") == 0,
               "its rows are gone")
    assert api.metrics()[RETIRED % "age"] == 1 and api.metrics()[RETIRED % "size"] == 0
    assert n_ended(api) == 0
    response = api.post(body, headers=headers)
    assert response.json()["id"] != job["id"] and "Idempotency-Replayed" not in response.headers


@pytest.mark.dns("--slow-ms", 4000)
@pytest.mark.settings({"store.retention": "1s", "dns.timeout": "8s"})
def test_live_jobs_stay(daemon):
    api = daemon.api
    live = api.submit(["slow-1.test", "found.test"])
    ended = api.submit(["found.test"])
    cancelled = api.submit(["slow-2.test"] * 3)
    api.wait(ended)
    api("POST", f"/jobs/{cancelled['id']}/cancel")
    eventually(lambda: is_gone(api, ended) and is_gone(api, cancelled), "those that have ended are gone")
    assert api.show(live)["completed"] == 1
    assert api.wait(live)["state"] == "done"
    eventually(lambda: is_gone(api, live), "it is gone too")


def test_for_ever(make_daemon, dns, tmp_path):
    """Another daemon, started later, forgets a job that ended later; this one keeps its own."""
    def start(name, retention):
        (tmp_path / name).mkdir()
        return make_daemon(dns, settings={"store.retention": retention}, folder=tmp_path / name)

    def run(api):
        return api.wait(api.submit(["found.test"]))

    with start("keeps", "0") as daemon:
        kept = run(daemon.api)
        with start("forgets", "1s") as other:
            eventually(lambda job=run(other.api): is_gone(other.api, job), "the other daemon's job is gone")
            eventually(lambda job=run(other.api): is_gone(other.api, job), "and the next one")
        assert not is_gone(daemon.api, kept)
        assert daemon.api.get("/limits").json()["store"] == {"retention_ms": None, "max_bytes": None}


def test_reload(make_daemon, dns, tmp_path):
    """The setting is taken up by a running daemon, and by one that starts with old jobs."""
    path = tmp_path / "test.conf"
    path.write_text("[store]\nretention = 0\n")
    daemon = make_daemon(dns)
    daemon.start(("-c", str(path)))
    job = daemon.api.submit(["found.test"])
    daemon.api.wait(job)
    path.write_text("[store]\nretention = 1s\n")
    daemon.send(signal.SIGHUP)
    daemon.wait_event("reloaded")
    assert daemon.api.get("/limits").json()["store"]["retention_ms"] == 1000
    eventually(lambda: is_gone(daemon.api, job), "the job is gone")
    daemon.wait_event("retention")
    path.write_text("[store]\nretention = 0\n")
    daemon.send(signal.SIGHUP)
    second = daemon.api.submit(["found.test"])
    daemon.api.wait(second)
    daemon.stop()
    path.write_text("[store]\nretention = 500ms\n")
    daemon.start(("-c", str(path)))
    eventually(lambda: is_gone(daemon.api, second), "what the daemon before it left is gone")
    daemon.stop()


# --- Size ---

@pytest.mark.settings({"store.max_size": "6M", "store.retention": "0"})
@pytest.mark.seconds(120)
def test_the_oldest_go_when_it_is_big(daemon):
    api = daemon.api
    jobs = [run_big(api, 8000, f"j{number}") for number in range(7)]  # a little over 1 MiB each
    eventually(lambda: api.metrics()[USED] <= 6 * MIB and api.metrics()[RETIRED % "size"] > 0, "it is small enough")
    eventually(lambda: ask(daemon, "SELECT count(*) FROM job WHERE garbage > 0") == 0, "all is swept")
    gone = [is_gone(api, job) for job in jobs]
    assert gone[0] and not gone[-1], gone
    assert gone == sorted(gone, reverse=True), "the oldest are gone, the newest are there"
    assert api.metrics()[RETIRED % "size"] == sum(gone) and api.metrics()[RETIRED % "age"] == 0
    check_complete(api.results(jobs[-1]), 8000)
    lines = [parse_log_line(line) for line in daemon.lines.all]
    assert sum(int(line["jobs"]) for line in lines if line.get("event") == "retention") == sum(gone)


# --- The file ---

@pytest.mark.seconds(180)
def test_the_file_shrinks(daemon):
    api = daemon.api
    kept = api.submit(["found.test"])
    api.wait(kept)
    big = run_big(api)
    eventually(lambda: file_bytes(daemon) > 5 * MIB, "it has grown")
    api("DELETE", f"/jobs/{big['id']}")
    eventually(lambda: file_bytes(daemon) < 2 * MIB, "the file is small again, but for a mebibyte that may stay free")
    assert ask(daemon, "PRAGMA integrity_check") == "ok"
    assert api.results(kept)[0]["status"] == "found"


@pytest.mark.seconds(180)
@pytest.mark.parametrize("share", [1, 0.9, 0.4])
def test_kill_while_sweeping(daemon, share):
    """What was forgotten stays so, and the rest of the sweeping is done by the next daemon."""
    def n_results():
        return ask(daemon, "SELECT count(*) FROM result")

    kept = daemon.api.submit(["found.test", "nx.test"])
    daemon.api.wait(kept)
    before = daemon.api.results(kept)
    big = run_big(daemon.api)
    n_before = n_results()
    daemon.api("DELETE", f"/jobs/{big['id']}")
    eventually(lambda: n_results() <= share * n_before, "so much is left of it")
    daemon.kill9()
    daemon.start()
    assert is_gone(daemon.api, big)
    assert daemon.api.results(kept) == before
    eventually(lambda: ask(daemon, "SELECT count(*) FROM job") == 1, "it is swept")
    assert ask(daemon, "SELECT count(*) FROM result WHERE job NOT IN (SELECT no FROM job)") == 0
    eventually(lambda: file_bytes(daemon) < 2 * MIB, "the file is small")
    assert ask(daemon, "PRAGMA integrity_check") == "ok"


@pytest.mark.seconds(120)
@pytest.mark.settings({"store.retention": "1s"})
def test_a_long_run_does_not_grow(daemon):
    """Many short jobs: as many go as come, and the file stays as it is."""
    api, sizes, n_jobs = daemon.api, [], 0
    names = [f"nx-{i}-{'x' * 50}.test" for i in range(100)]
    end = time.monotonic() + 18
    while time.monotonic() < end:
        job = api.submit(names)
        n_jobs += 1
        if n_jobs % 10 == 0:
            api.wait(job)
            sizes.append((file_bytes(daemon), api.metrics()[USED]))
    third = len(sizes) // 3
    for part in range(2):
        middle = max(size[part] for size in sizes[third:2 * third])
        last = max(size[part] for size in sizes[2 * third:])
        assert last < 1.25 * middle + MIB / 4, (n_jobs, sizes)
    eventually(lambda: n_ended(api) == 0, "all are gone")
    assert api.metrics()[RETIRED % "age"] == n_jobs
    eventually(lambda: ask(daemon, "SELECT count(*) FROM job") == 0, "all are swept")


@pytest.mark.seconds(120)
def test_commits_beside_sweeping(daemon):
    """Nobody who submits feels much of it."""
    api, slowest = daemon.api, []
    big = run_big(api)
    is_over = threading.Event()

    def submit_small():
        while not is_over.is_set():
            start = time.monotonic()
            api.submit(["found.test"])
            slowest.append(time.monotonic() - start)

    client = threading.Thread(target=submit_small)
    client.start()
    api("DELETE", f"/jobs/{big['id']}")
    eventually(lambda: ask(daemon, "SELECT count(*) FROM result WHERE n > 1") == 0, "it is swept")
    is_over.set()
    client.join()
    assert max(slowest) < 1, "far above what it takes, also where others use the machine"
