"""Jobs: listed, shown, awaited, cancelled, deleted."""
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import ENDED, Client, check_complete
from processes import eventually


def submit_many(api, n):
    return [api.submit([f"found-{i}.test"], label=str(i))["id"] for i in range(n)]


def test_empty_list(api):
    assert api.get("/jobs").json() == {"jobs": [], "next": None}


def test_newest_first(api):
    ids = submit_many(api, 5)
    assert [job["id"] for job in api.jobs()] == ids[::-1]
    assert ids == sorted(ids), "ids sort by the time of submission"


def test_id_is_a_uuid_of_version_7(api):
    job = uuid.UUID(api.submit(["found.test"])["id"])
    assert job.version == 7, job
    assert abs((job.int >> 80) / 1000 - time.time()) < 60, "its first 48 bits are the time in milliseconds"


def test_pages(api):
    ids = submit_many(api, 7)
    assert [[job["id"] for job in page] for page in api.pages(limit=3)] == [ids[6:3:-1], ids[3:0:-1], ids[:1]]


def test_new_job_does_not_shift_pages(api):
    ids = submit_many(api, 4)
    walk = api.pages(limit=2)
    first = next(walk)
    api.submit(["found-new.test"])
    rest = [job for page in walk for job in page]
    assert [job["id"] for job in first + rest] == ids[::-1]


def test_deleted_job_does_not_break_its_cursor(api):
    ids = submit_many(api, 4)
    walk = api.pages(limit=2)
    next(walk)
    api("DELETE", f"/jobs/{ids[2]}")
    assert [job["id"] for page in walk for job in page] == ids[1::-1]


def test_filters(api, dns):
    done = submit_many(api, 3)
    for job in done:
        api.wait(job)
    dns.toggle_black_hole()
    open_job = api.submit(["found-open.test"], timeout_ms=10000)["id"]
    assert [j["id"] for j in api.jobs(state="done")] == done[::-1]
    assert [j["id"] for j in api.jobs(kind="domains")] == [open_job, *done[::-1]]
    assert [j["id"] for j in api.jobs(state="running") + api.jobs(state="queued")] == [open_job]
    assert api.jobs(state="failed") == api.jobs(state="cancelled") == []
    assert [[j["id"] for j in page] for page in api.pages(state="done", limit=2)] == [done[:0:-1], done[:1]]
    api("POST", f"/jobs/{open_job}/cancel")


def test_show_is_what_the_list_shows(api):
    job = api.wait(api.submit(["found.test"]))
    assert api.show(job) == api.jobs()[0] == job


def test_states_and_counts_on_the_way(api):
    """Every view of a job that runs is sound, and none goes back."""
    job = api.submit_lines(f"{word}-{i}.test" for i in range(2000) for word in ("found", "nx", "servfail"))
    order, completed = ["queued", "running", "done"], 0
    while job["state"] not in ENDED:
        now = api.show(job)
        assert order.index(now["state"]) >= order.index(job["state"]), f"{job['state']} -> {now['state']}"
        assert sum(now["counts"].values()) == now["completed"] <= now["total"] == 6000, now
        assert now["completed"] >= completed, f"{now['completed']} results after {completed}"
        assert now["state"] == "queued" or now["started_at"], now
        job, completed = now, now["completed"]
    assert job["counts"] == {"found": 2000, "not_found": 2000, "error": 2000}, job
    assert job["created_at"] <= job["started_at"] <= job["finished_at"], job
    assert job["rate_per_second"] > 0 and job["eta_ms"] in (0, None), job


def test_wait_returns_at_the_end(api):
    job = api.submit(["slow.test"])
    start = time.monotonic()
    assert api.get(f"/jobs/{job['id']}", params={"wait": 60}).json()["state"] == "done"
    assert time.monotonic() - start < 20, "the answer comes when the job ends, not when the wait does"


def test_wait_is_bounded(api, dns):
    dns.toggle_black_hole()
    job = api.submit(["found.test"], timeout_ms=10000, attempts=2)
    start = time.monotonic()
    assert api.get(f"/jobs/{job['id']}", params={"wait": 1}).json()["state"] in ("queued", "running")
    assert 0.9 < time.monotonic() - start < 10, "a wait of 1 s"
    api("POST", f"/jobs/{job['id']}/cancel")


def test_wait_for_a_job_that_is_deleted(api, dns, contract):
    dns.toggle_black_hole()
    path = f"/jobs/{api.submit(['found.test'], timeout_ms=10000)['id']}"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: Client(api.url, contract)("GET", path, params={"wait": 60}))
        eventually(lambda: api.metrics()["asyncprobed_http_connections"] >= 2, "the second client is connected")
        assert api("DELETE", path).status_code == 204
        assert waiting.result(20).status_code in (200, 404), "the wait ends with the job"


def test_etag(api):
    job = api.wait(api.submit(["found.test"]))
    path = f"/jobs/{job['id']}"
    tag = api.get(path).headers["ETag"]
    assert re.fullmatch(r'W/"[^"]+"', tag)
    for value in (tag, f'W/"other", {tag}', "*", tag.removeprefix("W/")):
        assert api.get(path, 304, headers={"If-None-Match": value}).headers["ETag"] == tag
    api.get(path, 200, headers={"If-None-Match": 'W/"other"'})


def test_etag_changes_with_the_job(api, dns):
    dns.toggle_black_hole()
    path = f"/jobs/{api.submit(['found.test'], timeout_ms=10000)['id']}"
    tag = api.get(path).headers["ETag"]
    api("POST", path + "/cancel")
    assert api.get(path, 200, headers={"If-None-Match": tag}).headers["ETag"] != tag


def test_cancel(api, dns):
    names = [f"found-{i}.test" for i in range(50)] + [f"drop-{i}.test" for i in range(3000)]
    job = api.submit(names, timeout_ms=10000)
    eventually(lambda: api.show(job)["completed"] >= 1, "the first result")
    assert api("POST", f"/jobs/{job['id']}/cancel").status_code == 200
    ended = api.wait(job)
    assert ended["state"] == "cancelled" and ended["completed"] < 3050, ended
    results = api.results(job)
    assert [r["seq"] for r in results] == list(range(1, ended["completed"] + 1)), "what is done stays"
    again = api("POST", f"/jobs/{job['id']}/cancel").json()
    assert again == ended == api.show(job), "cancelling again changes nothing"
    assert api.results(job) == results
    assert api.run(["found-after.test"])[0]["status"] == "found", "the room of cancelled items is free again"


def test_cancel_by_many_at_once(api, dns, contract):
    dns.toggle_black_hole()
    job = api.submit((f"found-{i}.test" for i in range(3000)), timeout_ms=10000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Client(api.url, contract)("POST", f"/jobs/{job['id']}/cancel"), range(8)))
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "cancelled")] * 8


def test_cancel_a_job_that_is_done(api):
    job = api.wait(api.submit(["found.test"]))
    assert api("POST", f"/jobs/{job['id']}/cancel").json() == job


def test_delete(api):
    job = api.wait(api.submit(["found.test"]))
    kept = api.wait(api.submit(["nx.test"]))
    path = f"/jobs/{job['id']}"
    assert api("DELETE", path).status_code == 204
    for method, gone in [("DELETE", path), ("GET", path), ("GET", path + "/results"), ("GET", path + "/events"),
                         ("POST", path + "/cancel")]:
        assert api(method, gone).status_code == 404, f"{method} {gone} of a deleted job"
    assert api.jobs() == [kept]
    check_complete(api.results(kept), 1)


def test_delete_a_job_that_runs(daemon, dns):
    api = daemon.api
    dns.toggle_black_hole()
    job = api.submit((f"found-{i}.test" for i in range(3000)), timeout_ms=10000)
    eventually(lambda: api.show(job)["state"] == "running", "the job runs")
    assert api("DELETE", f"/jobs/{job['id']}").status_code == 204
    dns.toggle_black_hole()
    assert api.run(["found-after.test"])[0]["status"] == "found"
    daemon.restart()
    assert job["id"] not in [j["id"] for j in daemon.api.jobs()], "a deleted job doesn't come back"


@pytest.mark.parametrize("job", [
    str(uuid.uuid4()), "01a20320-a200-7c31-9d52-6e0f4b8a17c3", "1", "x" * 300, "%00", "a%2Fb",
], ids=["version 4", "version 7", "number", "long", "nul", "slash"])
@pytest.mark.parametrize("method, rest", [("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/results"),
                                          ("GET", "/events")])
def test_unknown_id(shared, job, method, rest):
    assert shared.api(method, f"/jobs/{job}{rest}").status_code == 404
