"""Lists by filter, and many jobs cancelled or deleted at once."""
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from client import Client, expect, pointers
from processes import eventually
from web import job_folders, submit

NOBODY = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
FAR = "2999-01-01T00:00:00Z"


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def many(api, verb, status=200, **query):
    """Cancel or delete by filter; returns how many."""
    method, path = ("POST", "/jobs/cancel") if verb == "cancel" else ("DELETE", "/jobs")
    answer = expect(api(method, path, params=query), status)
    return answer if status != 200 else answer.json()["cancelled" if verb == "cancel" else "deleted"]


def wait_jobs(api, n, **fields):
    """Queue jobs that wait for a time that doesn't come."""
    return [api.submit(["found.test"], run_at=FAR, **fields) for _ in range(n)]


# --- refusals ---

@pytest.mark.parametrize("verb", ["cancel", "delete"])
@pytest.mark.parametrize("query, pointer", [
    ({}, None), ({"state": "sleeping"}, "/state"), ({"kind": "x"}, "/kind"), ({"schedule_id": "x"}, "/schedule_id"),
    ({"schedule_id": "00000000-0000-0000-0000-000000000000"}, "/schedule_id"), ({"before": "yesterday"}, "/before"),
    ({"limit": "5"}, "/limit"), ({"paused": "true"}, "/paused"), ({"state": "done", "before": ""}, "/before")])
def test_wrong_filters(shared, verb, query, pointer):
    answer = many(shared.api, verb, 400, **query)
    assert pointers(answer) == ([pointer] if pointer else [])


@pytest.mark.parametrize("query, pointer", [
    ({"paused": "yes"}, "/paused"), ({"schedule_id": "x"}, "/schedule_id"), ({"labels": "x"}, "/labels"),
    ({"before": "2026-11-22T12:00:00Z"}, "/before")])
def test_wrong_filters_of_a_list(shared, query, pointer):
    assert pointers(shared.api.get("/jobs", params=query, status=400)) == [pointer]


def test_methods(shared):
    assert shared.api("GET", "/jobs/cancel").status_code == 405
    assert shared.api("DELETE", "/jobs/cancel").status_code == 405
    assert shared.api("PUT", "/jobs").status_code == 405


# --- lists ---

def test_lists_by_label_and_pause(daemon):
    api = daemon.api
    plain, mine, other, odd = (wait_jobs(api, 1, **({"label": label} if label is not None else {}))[0]
                               for label in (None, "mine", "other", "é&=% "))
    mine_too = wait_jobs(api, 1, label="mine")[0]
    done = api.wait(api.submit(["found.test"], label="mine"))
    expect(api("POST", f"/jobs/{other['id']}/pause"), 200)
    expect(api("POST", f"/jobs/{mine['id']}/pause"), 200)

    def ids(**query):
        return [job["id"] for job in api.jobs(**query)]

    for _ in range(2):
        assert ids(label="mine") == [job["id"] for job in (done, mine_too, mine)]
        assert ids(label="mine", state="done") == [done["id"]]
        assert ids(label="mine", paused="true") == [mine["id"]]
        assert ids(paused="true") == [other["id"], mine["id"]]
        assert set(ids(paused="false")) == {job["id"] for job in (plain, odd, mine_too, done)}
        assert ids(label="é&=% ") == [odd["id"]]
        assert ids(label="Mine") == ids(label="") == ids(schedule_id=NOBODY) == []
        pages = list(api.pages(label="mine", limit=2))
        assert [[job["id"] for job in page] for page in pages] == [[done["id"], mine_too["id"]], [mine["id"]]]
        daemon.restart()
        api = daemon.api


# --- many ---

@pytest.mark.seconds(120)
def test_thousands(daemon, contract):
    """In slices: others are answered at once meanwhile, and a restart finds what was answered."""
    api, n = daemon.api, 3000
    with ThreadPoolExecutor(8) as pool:
        clients = [Client(api.url, contract) for _ in range(8)]
        list(pool.map(lambda client: wait_jobs(client, n // 8, label="many"), clients))
    kept = wait_jobs(api, 3, label="few")
    other, times = Client(api.url, contract), []
    for verb in ("cancel", "delete"):
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(many, api, verb, label="many")
            while not future.done():
                start = time.monotonic()
                other.get("/healthz")
                times.append(time.monotonic() - start)
        assert future.result() == n
        assert many(api, verb, label="many") == 0
        daemon.kill9()
        daemon.start()
        api, other = daemon.api, Client(daemon.api.url, contract)
        assert len(api.jobs(label="many", state="cancelled")) == (100 if verb == "cancel" else 0)
    assert max(times) < 0.5, "the loop isn't held up"
    assert [job["state"] for job in api.jobs()] == ["queued"] * 3 and len(kept) == 3
    assert many(api, "delete", state="queued") == 3


@pytest.mark.dns("--slow-ms", 300)
def test_what_runs(api):
    running = [api.submit([f"slow-{n}-{i}.test" for i in range(50)], concurrency=1, label=f"r{n}") for n in range(3)]
    waiting = wait_jobs(api, 2)
    done = api.wait(api.submit(["found.test"]))
    for job in running:
        eventually(lambda job=job: api.show(job)["state"] == "running", "its start")
    assert many(api, "cancel", state="done") == 0 and api.show(done) == done
    assert many(api, "cancel", state="running", label="r1") == 1
    assert many(api, "cancel", state="running") == 2
    assert all(api.show(job)["state"] == "cancelled" for job in running)
    assert all(api.show(job)["state"] == "queued" for job in waiting)
    assert many(api, "delete", state="cancelled", kind="flags") == 0
    assert many(api, "delete", state="cancelled", kind="domains") == 3
    for job in running:
        api.get(f"/jobs/{job['id']}", status=404)
    metrics = api.metrics()
    assert metrics['asyncprobed_jobs{state="cancelled"}'] == 0 and metrics['asyncprobed_jobs{state="done"}'] == 1


def test_before(api):
    old = wait_jobs(api, 3)
    time_between = now()
    eventually(lambda: now() > time_between, "the next millisecond")
    new = wait_jobs(api, 2)
    assert many(api, "delete", before=time_between) == 3
    assert {job["id"] for job in api.jobs()} == {job["id"] for job in new}
    assert many(api, "delete", before=FAR) == 2 and len(old) == 3


def test_files_go_along(fetcher, web, tmp_path):
    downloads = tmp_path / "downloads"
    jobs = [fetcher.api.wait(submit(fetcher.api, [web.url("/files/a"), web.url("/files/b")])) for _ in range(5)]
    running = submit(fetcher.api, [web.url("/files/c"), web.url("/files/d", delay=20)])
    web.wait_for("/files/d")
    fetcher.api.run(["found.test"])
    assert len(job_folders(downloads)) >= 5
    assert many(fetcher.api, "delete", kind="downloads") == 6
    eventually(lambda: job_folders(downloads) == [], "the files are gone")
    assert [job["kind"] for job in fetcher.api.jobs()] == ["domains"] and running and jobs


def test_delete_when_the_disk_is_full(daemon):
    wait_jobs(daemon.api, 3)
    daemon.limit_files(1)
    many(daemon.api, "delete", 507, state="queued")
    daemon.limit_files(1 << 30)
    eventually(lambda: daemon.api("DELETE", "/jobs?kind=domains").status_code == 200, "room again")
    assert daemon.api.jobs() == []


def test_audit(daemon):
    wait_jobs(daemon.api, 2, label="a b")
    many(daemon.api, "cancel", label="a b")
    many(daemon.api, "delete", label="a b")
    daemon.lines.wait_for(r'event=audit action=cancel_all token=- peer=\S+ label="a b" jobs=2')
    daemon.lines.wait_for(r'event=audit action=delete_all token=- peer=\S+ label="a b" jobs=2')
