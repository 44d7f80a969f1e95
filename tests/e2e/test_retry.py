"""What failed in a job, tried again as a new one."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Client, check_complete, expect
from processes import eventually
from web import by_index, content, file_path, read_file, submit

NOBODY = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"


def retry(api, job, status=202):
    return expect(api("POST", f"/jobs/{job['id']}/retry"), status)


# --- refusals ---

def test_refused(shared):
    expect(shared.api("POST", f"/jobs/{NOBODY}/retry"), 404)
    good = shared.api.wait(shared.api.submit(["found.test", "nx.test"]))
    assert retry(shared.api, good, 409).json()["detail"] == "No items of the job failed."
    waiting = shared.api.submit(["servfail.test"], run_at="2999-01-01T00:00:00Z")
    assert retry(shared.api, waiting, 409).json()["detail"] == "The job has not ended."
    expect(shared.api("POST", f"/jobs/{waiting['id']}/cancel"), 200)
    retry(shared.api, waiting, 409)
    expect(shared.api("DELETE", f"/jobs/{waiting['id']}"), 204)
    retry(shared.api, waiting, 404)


# --- names ---

def test_names(api):
    names = ["servfail-a.test", "found.test", "SERVFAIL-a.test", "a..b", "nx.test", "servfail-b.test", "servfail-a.test."]
    fields = {"label": "mine", "priority": 3, "rate": 500, "attempts": 1, "timeout_ms": 400}
    old = api.wait(api.submit(names, **fields, deadline="1h"))
    assert old["counts"] == {"found": 1, "not_found": 1, "error": 5}
    answer = retry(api, old)
    job = answer.json()
    assert answer.headers["Location"] == f"/jobs/{job['id']}"
    assert (job["total"], job["retry_of"], job["label"], job["priority"]) == (5, old["id"], "mine", 3)
    assert (job["deadline"], job["schedule_id"]) == (None, None)
    assert api.wait(job)["counts"] == {"found": 0, "not_found": 0, "error": 5}
    rows = api.results(job)
    check_complete(rows, 5)
    assert sorted(row["domain"] for row in rows) == sorted(["servfail-a.test"] * 3 + ["servfail-b.test", "a..b"])
    assert api.show(old) == old, "the old one stays as it is"
    again = api.wait(retry(api, job).json())
    assert (again["total"], again["retry_of"]) == (5, job["id"])


def test_names_that_are_equal_are_asked_once(api, dns):
    old = api.wait(api.submit(["servfailonce.test"] * 50, attempts=1))
    assert old["counts"]["error"] == 50
    before = dns.stats()["queries"]
    job = api.wait(retry(api, old).json())
    assert job["counts"]["found"] == 50
    assert dns.stats()["queries"] - before <= 2, "A, and perhaps AAAA"


@pytest.mark.seconds(120)
def test_many(api, contract):
    n = 100_000
    old = api.wait(api.submit_lines((f"servfail-{i}.test" for i in range(n)), attempts=1, priority=9), 90)
    assert old["counts"]["error"] == n
    other, times = Client(api.url, contract), []
    with ThreadPoolExecutor(1) as pool:
        start = time.monotonic()
        future = pool.submit(retry, api, old)
        while not future.done():
            asked = time.monotonic()
            other.get("/healthz")
            times.append(time.monotonic() - asked)
        job = future.result().json()
        assert time.monotonic() - start < 20
    assert job["total"] == n
    assert max(times) < 0.5, "the loop isn't held up"
    expect(api("POST", f"/jobs/{job['id']}/cancel"), 200)


def test_kill_in_a_retry_leaves_all_or_nothing(daemon, contract):
    n, made = 20_000, 0
    old = daemon.api.wait(daemon.api.submit_lines((f"servfail-{i}.test" for i in range(n)), attempts=1))
    for pace in (0, 2, 10, 40):
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(Client(daemon.api.url, contract), "POST", f"/jobs/{old['id']}/retry")
            for _ in range(pace):
                daemon.api.get("/healthz")
            daemon.kill9()
            made += future.exception() is None
        daemon.start()
        jobs = [job for job in daemon.api.jobs() if job["retry_of"] == old["id"]]
        assert all(job["total"] == n for job in jobs) and len(jobs) >= made, jobs
        for job in jobs:
            expect(daemon.api("POST", f"/jobs/{job['id']}/cancel"), 200)
    job = retry(daemon.api, old).json()
    assert daemon.api.wait(job)["completed"] == n


def test_two_at_once(api, contract):
    old = api.wait(api.submit([f"servfail-{i}.test" for i in range(3000)], attempts=1))
    with ThreadPoolExecutor(2) as pool:
        jobs = [answer.json() for answer in pool.map(lambda _: retry(Client(api.url, contract), old), range(2))]
    assert jobs[0]["id"] != jobs[1]["id"]
    assert [api.wait(job)["completed"] for job in jobs] == [3000, 3000]


def test_delete_in_a_retry(api, contract):
    old = api.wait(api.submit_lines((f"servfail-{i}.test" for i in range(30_000)), attempts=1))
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(Client(api.url, contract), "POST", f"/jobs/{old['id']}/retry")
        expect(api("DELETE", f"/jobs/{old['id']}"), 204)
        answer = future.result()
    assert answer.status_code in (202, 404, 409), answer.text
    left = [job for job in api.jobs() if job["id"] != old["id"]]
    assert len(left) == (answer.status_code == 202) and all(job["total"] == 30_000 for job in left)


def test_cancelled_and_late_jobs(api):
    words = [f"{word}-{i}.test" for i in range(30) for word in ("servfail", "drop")]
    cancelled, late = (api.submit(words, attempts=1, timeout_ms=9000, **fields) for fields in ({}, {"deadline": "2s"}))
    for job in (cancelled, late):
        eventually(lambda job=job: api.show(job)["counts"]["error"] >= 30, "those that fail at once")
    expect(api("POST", f"/jobs/{cancelled['id']}/cancel"), 200)
    for job in (cancelled, late):
        ended = api.wait(job)
        assert ended["state"] in ("cancelled", "failed")
        again = retry(api, job).json()
        assert again["total"] == ended["counts"]["error"]
        assert all(row["domain"].startswith("servfail") for row in api.results(api.wait(again)))


# --- files ---

@pytest.fixture(params=["running", "restarted", "killed"])
def flow(request):
    return request.param


def test_files_keep_what_was_asked_for(fetcher, web, flow):
    api = fetcher.api
    urls = [web.url("/files/good"),
            {"url": web.url("/files/data", first=1, status=500), "name": "mine.bin", "sha256": content.sha256("data"),
             "headers": {"Referer": "https://example.com/from"}},
            {"url": web.url("/files/wrong"), "name": "wrong.bin", "sha256": "0" * 64},
            "nonsense"]
    old = api.wait(submit(api, urls, attempts=1))
    assert old["counts"] == {"ok": 1, "not_found": 0, "error": 3}, api.results(old)
    if flow == "restarted":
        fetcher.restart()
    elif flow == "killed":
        fetcher.kill9()
        fetcher.start()
    api = fetcher.api
    job = retry(api, old).json()
    rows = by_index(api, job)
    assert [row["status"] for row in rows] == ["ok", "error", "error"]
    assert [row["reason"] for row in rows] == [None, "bad_checksum", "invalid_url"]
    assert [row["name"] for row in rows[:2]] == ["mine.bin", "wrong.bin"]
    assert web.headers("/files/data")["referer"] == "https://example.com/from"
    assert read_file(api, job, "mine.bin") == content.body("data")
    api.get(file_path(old, "mine.bin"), status=404)
    assert len(web.requests("/files/good")) == 1, "what was good isn't fetched again"


def test_files_that_failed_before_a_kill(fetcher, web):
    urls = [web.url(f"/files/bad-{i}", first=1, status=500) for i in range(5)]
    urls += [web.url(f"/files/slow-{i}", delay=0.5) for i in range(3)]
    old = submit(fetcher.api, urls, attempts=1)
    eventually(lambda: fetcher.api.show(old)["counts"]["error"] == 5, "the failures")
    fetcher.kill9()
    fetcher.start()
    assert fetcher.api.wait(old)["counts"] == {"ok": 3, "not_found": 0, "error": 5}
    rows = by_index(fetcher.api, retry(fetcher.api, old).json())
    assert [row["status"] for row in rows] == ["ok"] * 5
    assert [row["name"] for row in rows] == [f"bad-{i}" for i in range(5)], "in the order of the job"


def test_files_of_a_job_that_was_cancelled_while_paused_after_a_kill(fetcher, web):
    urls = [web.url("/files/bad", first=1, status=500), *(web.url(f"/files/slow-{i}", delay=0.5) for i in range(5))]
    old = submit(fetcher.api, urls, attempts=1, concurrency=1)
    eventually(lambda: fetcher.api.show(old)["counts"]["error"] == 1, "the failure")
    expect(fetcher.api("POST", f"/jobs/{old['id']}/pause"), 200)
    fetcher.kill9()
    fetcher.start()
    expect(fetcher.api("POST", f"/jobs/{old['id']}/cancel"), 200)
    rows = by_index(fetcher.api, retry(fetcher.api, old).json())
    assert [(row["name"], row["status"]) for row in rows] == [("bad", "ok")]


def test_flags(fetcher, web):
    job = {"kind": "flags", "codes": ["CN", "BR"], "base_url": web.base(first=1, status=503), "attempts": 1}
    old = fetcher.api.wait(fetcher.api.post({**job, "name_by_country": True}).json())
    assert old["counts"]["error"] == 2
    rows = by_index(fetcher.api, retry(fetcher.api, old).json())
    assert sorted((row["code"], row["status"]) for row in rows) == [("BR", "ok"), ("CN", "ok")]
    assert all("country" in row for row in rows), "that names were to be those of countries isn't forgotten"
