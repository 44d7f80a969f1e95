"""When jobs begin and must have ended, who is served first, and what is paused; all of it across a kill -9."""
import time
from datetime import datetime, timedelta, timezone

import pytest

from client import check_complete, expect, pointers
from processes import eventually

NOBODY = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
SLOW = ("--slow-ms", 300)


def later(seconds, offset=0):
    """Return the time so many seconds from now, as RFC 3339 with an offset of so many hours."""
    zone = timezone(timedelta(hours=offset))
    return (datetime.now(zone) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def read_time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def do(api, job, verb, status=200):
    return expect(api("POST", f"/jobs/{job['id']}/{verb}"), status)


def names(n, word="found"):
    return [f"{word}-{i}.test" for i in range(n)]


# --- refusals ---

@pytest.mark.parametrize("fields, pointer", [
    ({"run_at": "tomorrow"}, "/run_at"),
    ({"run_at": "2026-11-22T12:00:00"}, "/run_at"),
    ({"run_at": 5}, "/run_at"),
    ({"deadline": "soon"}, "/deadline"),
    ({"deadline": "0s"}, "/deadline"),
    ({"deadline": "2020-01-01T00:00:00Z"}, "/deadline"),
    ({"run_at": later(60), "deadline": later(60)}, "/deadline"),
    ({"run_at": "2020-01-01T00:00:00Z", "deadline": "2020-06-01T00:00:00Z"}, "/deadline"),
    ({"priority": 10}, "/priority"),
    ({"priority": -1}, "/priority"),
    ({"priority": "high"}, "/priority"),
])
def test_refused_submissions(shared, fields, pointer):
    answer = shared.api.post({"kind": "domains", "domains": ["found.test"], **fields}, status=422)
    assert pointers(answer) == [pointer]


@pytest.mark.parametrize("query, pointer", [
    ({"deadline": "2020-01-01T00:00:00Z"}, "/deadline"), ({"priority": "10"}, "/priority"), ({"run_at": "x"}, "/run_at")])
def test_refused_with_lines(shared, query, pointer):
    assert pointers(shared.api.post("found.test\n", query=query, status=422)) == [pointer]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_pause_of_what_is_not_there(shared, verb):
    expect(shared.api("POST", f"/jobs/{NOBODY}/{verb}"), 404)
    expect(shared.api("POST", f"/jobs/nonsense/{verb}"), 404)
    expect(shared.api("GET", f"/jobs/{NOBODY}/{verb}"), 405)
    job = shared.api.wait(shared.api.submit(["found.test"]))
    do(shared.api, job, verb, 409)
    expect(shared.api("POST", f"/jobs/{job['id']}/{verb}?really=yes"), 400)
    assert shared.api.show(job) == job


# --- run_at ---

def test_begins_at_its_time_also_after_a_kill(daemon):
    due = later(2.5, offset=5)
    job = daemon.api.submit(names(10), run_at=due)
    assert (job["state"], job["started_at"]) == ("queued", None)
    assert read_time(job["run_at"]) == read_time(due), "told in UTC"
    daemon.kill9()
    daemon.start()
    assert daemon.api.metrics()['asyncprobed_jobs_waiting{for="time"}'] == 1
    assert daemon.api.metrics()['asyncprobed_jobs{state="queued"}'] == 1
    ended = daemon.api.wait(job)
    assert ended["state"] == "done"
    assert read_time(ended["started_at"]) >= read_time(due), "not before its time"
    assert read_time(ended["started_at"]) - read_time(due) < timedelta(seconds=1), "nor long after it"
    check_complete(daemon.api.results(job), 10)


def test_time_that_has_passed_means_now(api):
    job = api.wait(api.submit(names(3), run_at="2020-01-01T00:00:00Z"))
    assert job["state"] == "done"


def test_time_passes_while_the_daemon_is_down(daemon):
    job = daemon.api.submit(names(3), run_at=later(0.3))
    daemon.kill9()
    eventually(lambda: read_time(job["run_at"]) < datetime.now(timezone.utc), "its time")
    daemon.start()
    assert daemon.api.wait(job)["state"] == "done"


def test_cancelled_or_deleted_before_its_time(daemon, dns):
    api = daemon.api
    cancelled, deleted = (api.submit(names(5), run_at=later(1)) for _ in range(2))
    job = do(api, cancelled, "cancel").json()
    assert (job["state"], job["started_at"], job["reason"]) == ("cancelled", None, None)
    expect(api("DELETE", f"/jobs/{deleted['id']}"), 204)
    last = api.wait(api.submit(["found-last.test"], run_at=later(1.5)))
    assert last["state"] == "done" and dns.stats()["names"] == 1, "of the others nothing was asked"


def test_many_that_wait_are_cheap(api, daemon):
    for _ in range(2000):
        api.submit(["found.test"], run_at=later(3600))
    start = time.monotonic()
    assert api.wait(api.submit(names(18)))["state"] == "done"
    assert time.monotonic() - start < 1
    assert api.metrics()['asyncprobed_jobs_waiting{for="time"}'] == 2000
    start = time.monotonic()
    daemon.restart()
    assert time.monotonic() - start < 5
    assert daemon.api.metrics()['asyncprobed_jobs_waiting{for="time"}'] == 2000


# --- deadline ---

@pytest.mark.dns(*SLOW)
def test_ends_at_its_deadline(api):
    job = api.submit([*names(5), *names(5, "drop")], deadline="700ms", attempts=20)
    assert read_time(job["deadline"]) - read_time(job["created_at"]) == timedelta(seconds=0.7)
    ended = api.wait(job)
    assert (ended["state"], ended["reason"]) == ("failed", "deadline"), ended
    assert ended["completed"] == 5 and ended["counts"]["error"] == 0, "what is in flight has no result"
    late = read_time(ended["finished_at"]) - read_time(ended["deadline"])
    assert timedelta(0) <= late < timedelta(seconds=1), ended
    check_complete(api.results(job), 5)
    assert api.metrics()['asyncprobed_jobs{state="failed"}'] == 1


def test_deadline_counts_from_when_it_may_begin(api):
    begin = later(1)
    job = api.submit(names(2, "drop"), run_at=begin, deadline="500ms", attempts=20)
    assert read_time(job["deadline"]) - read_time(begin) == timedelta(seconds=0.5)
    ended = api.wait(job)
    assert (ended["state"], ended["reason"]) == ("failed", "deadline")


def test_deadline_passes_while_the_daemon_is_down(daemon):
    job = daemon.api.submit(names(5, "drop"), deadline="600ms", attempts=20)
    eventually(lambda: daemon.api.show(job)["state"] == "running", "its start")
    daemon.kill9()
    eventually(lambda: read_time(job["deadline"]) < datetime.now(timezone.utc), "its deadline")
    daemon.start()
    ended = daemon.api.wait(job)
    assert (ended["state"], ended["reason"]) == ("failed", "deadline")
    daemon.restart()
    assert daemon.api.show(job) == ended


def test_deadline_of_one_that_waits_for_a_place(make_daemon, dns):
    with make_daemon(dns, settings={"limits.active_jobs": "1"}) as daemon:
        first = daemon.api.submit(names(3, "drop"), attempts=20)
        second = daemon.api.wait(daemon.api.submit(names(3), deadline="300ms"))
        assert (second["state"], second["reason"], second["started_at"]) == ("failed", "deadline", None)
        assert daemon.api.show(first)["state"] == "running"


def test_deadline_while_draining(make_daemon, dns):
    with make_daemon(dns, settings={"daemon.drain_timeout": "10s", "dns.timeout": "8s"}) as daemon:
        job = daemon.api.submit(names(3, "drop"), deadline="900ms")
        eventually(lambda: daemon.api.show(job)["state"] == "running", "its start")
        start = time.monotonic()
        daemon.stop()
        assert time.monotonic() - start < 5, "nothing is left to wait for after the deadline"
        daemon.start()
        assert daemon.api.show(job)["reason"] == "deadline"


# --- pause and resume ---

@pytest.mark.dns(*SLOW)
def test_pause_and_resume_across_a_kill(daemon, dns):
    job = daemon.api.submit([f"slow-{i}.test" for i in range(40)], concurrency=4)
    eventually(lambda: daemon.api.show(job)["state"] == "running", "its start")
    etag = daemon.api.get(f"/jobs/{job['id']}").headers["ETag"]
    paused = do(daemon.api, job, "pause").json()
    assert paused["paused"] is True and paused["state"] == "running"
    assert daemon.api.get(f"/jobs/{job['id']}").headers["ETag"] != etag
    assert do(daemon.api, job, "pause").json()["paused"] is True, "again: no change"
    eventually(lambda: daemon.api.metrics()['asyncprobed_items_in_flight{kind="domains"}'] == 0, "the last in flight")
    eventually(lambda: daemon.api.metrics()["asyncprobed_store_results_pending"] == 0, "their results are committed")
    n = daemon.api.show(job)["completed"]
    assert 4 <= n < 40, "what was in flight has its results"
    daemon.kill9()
    daemon.start()
    before = dns.stats()["names"]
    assert daemon.api.show(job)["paused"] is True
    metrics = daemon.api.metrics()
    assert metrics['asyncprobed_jobs_waiting{for="resume"}'] == 1 and metrics['asyncprobed_jobs{state="running"}'] == 1
    assert daemon.api.run(["found-other.test"]), "others go on"
    assert daemon.api.show(job)["completed"] == n and dns.stats()["names"] <= before + 1
    assert do(daemon.api, job, "resume").json()["paused"] is False
    assert daemon.api.wait(job)["paused"] is False
    check_complete(daemon.api.results(job), 40)


@pytest.mark.dns(*SLOW)
def test_paused_and_ended_otherwise(api):
    cancelled, deleted, late = (
        api.submit([f"slow-{i}.test" for i in range(40)], concurrency=2, **fields) for fields in ({}, {}, {"deadline": "1s"}))
    for job in (cancelled, deleted, late):
        do(api, job, "pause")
    job = do(api, cancelled, "cancel").json()
    assert (job["state"], job["paused"]) == ("cancelled", False)
    expect(api("DELETE", f"/jobs/{deleted['id']}"), 204)
    api.get(f"/jobs/{deleted['id']}", status=404)
    ended = api.wait(late)
    assert (ended["state"], ended["reason"], ended["paused"]) == ("failed", "deadline", False), "a deadline counts on"


def test_paused_before_it_began(daemon):
    job = daemon.api.submit(names(5), run_at=later(0.5))
    assert do(daemon.api, job, "pause").json()["state"] == "queued"
    other = daemon.api.wait(daemon.api.submit(["found.test"], run_at=later(0.8)))
    assert other["state"] == "done"
    assert daemon.api.show(job)["state"] == "queued", "its time has come, and it is paused"
    daemon.restart()
    assert daemon.api.show(job)["state"] == "queued"
    do(daemon.api, job, "resume")
    assert daemon.api.wait(job)["state"] == "done"


@pytest.mark.dns(*SLOW)
def test_events_of_pause_and_resume(api):
    job = api.submit([f"slow-{i}.test" for i in range(6)], concurrency=1)
    events, told = api.events(job), []
    for event in events:
        if event.name != "state":
            continue
        state = (event.data["state"], event.data["paused"])
        told.append(state)
        if state == ("running", False) and told.count(state) == 1:
            do(api, job, "pause")
        elif state == ("running", True):
            do(api, job, "resume")
    assert told[-4:] == [("running", False), ("running", True), ("running", False), ("done", False)], told


def test_pause_when_the_disk_is_full(daemon):
    job = daemon.api.submit(names(4000), rate=50)
    eventually(lambda: daemon.api.show(job)["completed"] > 0, "its first results")
    daemon.limit_files(1)
    do(daemon.api, job, "pause", 507)
    assert daemon.api.show(job)["paused"] is False
    daemon.limit_files(1 << 30)
    eventually(lambda: daemon.api("POST", f"/jobs/{job['id']}/pause").status_code == 200, "room again")
    eventually(lambda: daemon.api("GET", "/readyz").status_code == 200, "room is proven")
    do(daemon.api, job, "cancel")


# --- priority ---

@pytest.mark.settings({"limits.active_jobs": "1"})
@pytest.mark.dns(*SLOW)
def test_places_go_by_priority(api):
    first = api.submit([f"slow-{i}.test" for i in range(2)], concurrency=1)
    low, high, mid = (api.submit(names(3), priority=priority) for priority in (0, 9, 5))
    assert [job["priority"] for job in (first, low, high, mid)] == [5, 0, 9, 5]
    assert api.metrics()['asyncprobed_jobs_waiting{for="place"}'] == 3
    ended = [api.wait(job) for job in (first, high, mid, low)]
    times = [(job["started_at"], job["finished_at"]) for job in ended]
    assert sum(times, ()) == tuple(sorted(sum(times, ()))), f"one after the other, by priority: {times}"


@pytest.mark.dns("--latency-ms", 20)
def test_priority_shares_what_there_is(api):
    """Both have work all the time, so what they get tells of their weights: 10 to 1."""
    low = api.submit_lines((f"found-low-{i}.test" for i in range(100_000)), priority=0)
    high = api.submit_lines((f"found-high-{i}.test" for i in range(100_000)), priority=9)
    eventually(lambda: api.show(high)["completed"] > 0, "its first results")
    start = [api.show(job)["completed"] for job in (low, high)]
    eventually(lambda: api.show(high)["completed"] > start[1] + 20_000, "20,000 more")
    n_low, n_high = (api.show(job)["completed"] - n for job, n in zip((low, high), start))
    assert api.show(high)["state"] == "running"
    assert 0 < n_low < n_high / 5, f"{n_low} of the lowest beside {n_high} of the highest"
    small = api.wait(api.submit(names(18)))
    assert small["elapsed_ms"] < 1000, "and a small one doesn't wait for either"
    for job in (low, high):
        do(api, job, "cancel")
