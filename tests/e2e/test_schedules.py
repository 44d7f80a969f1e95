"""Schedules: when they run, what stands in the way of a run, what they say of themselves."""
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from client import ENDED, expect, pointers
from processes import eventually
from schedules import JOB, act, add, jobs_of, let_pass, patch, peek, rows, seconds_of, show, until, wait_jobs

SLOW = {"kind": "domains", "domains": ["slow.example"], "timeout_ms": 8000, "attempts": 1}


def test_each_second(api):
    schedule = add(api, name="each second", every="1s")
    assert 0.5 < until(schedule["next_run_at"]) <= 1.2
    assert schedule["runs"] == 0 and schedule["last_run_at"] is None and not schedule["running"]
    jobs = wait_jobs(api, schedule, 3)
    times = [seconds_of(job["created_at"]) for job in jobs]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert all(0.8 < gap < 1.2 for gap in gaps), gaps
    assert all(job["counts"] == {"found": 1, "not_found": 1, "error": 0} for job in jobs[:3])
    now = show(api, schedule)
    assert now["runs"] >= 3 and now["last_state"] in ("queued", "running", "done") and now["skipped"] == 0
    assert now["last_job_id"] in [job["id"] for job in jobs_of(api, schedule)]
    assert abs(until(now["last_run_at"])) < 1.3
    listed = api.get("/jobs", params={"schedule_id": schedule["id"], "limit": 1000}).json()["jobs"]
    assert len(listed) >= 3 and {job["schedule_id"] for job in listed} == {schedule["id"]}
    api.submit(["found.example"])
    assert len(jobs_of(api, schedule)) == show(api, schedule)["runs"]


@pytest.mark.seconds(90)
def test_cron_each_minute(api):
    schedule = add(api, cron="* * * * *", timezone="Asia/Kathmandu")
    due = seconds_of(schedule["next_run_at"])
    assert due % 60 == 0
    job = wait_jobs(api, schedule, 1, seconds=75)[0]
    assert due <= seconds_of(job["created_at"]) < due + 0.5


def test_next_ten(shared):
    schedule = add(shared.api, cron="0 8 * * mon-fri", timezone="Europe/Berlin", paused=False)
    times = [datetime.fromtimestamp(seconds_of(t), ZoneInfo("Europe/Berlin")) for t in schedule["next_runs"]]
    assert len(times) == 10 and times == sorted(set(times)) and schedule["next_runs"][0] == schedule["next_run_at"]
    assert {(t.hour, t.minute) for t in times} == {(8, 0)}
    assert {t.weekday() for t in times} == set(range(5))
    each = add(shared.api, every="90s", jitter="0s")
    times = [seconds_of(t) for t in each["next_runs"]]
    assert len(times) == 10 and all(abs(b - a - 90) < 0.002 for a, b in zip(times, times[1:]))
    assert 89 < until(each["next_runs"][0]) <= 90
    for word, hours in (("@hourly", 1), ("@daily", 24), ("@weekly", 168)):
        times = [seconds_of(t) for t in add(shared.api, cron=word)["next_runs"]]
        assert {b - a for a, b in zip(times, times[1:])} == {hours * 3600}
    for schedule in shared.api.get("/schedules").json()["schedules"]:
        assert "next_runs" not in schedule


def test_pause_resume_run(api):
    schedule = add(api, every="1s", paused=True)
    assert schedule["next_run_at"] is None and schedule["next_runs"] == []
    response = expect(api("POST", f"/schedules/{schedule['id']}/run"), 202)
    job = response.json()
    assert response.headers["Location"] == f"/jobs/{job['id']}" and job["schedule_id"] == schedule["id"]
    assert api.wait(job)["state"] == "done"
    assert show(api, schedule)["last_job_id"] == job["id"]
    let_pass(api, "1300ms")
    assert [j["id"] for j in jobs_of(api, schedule)] == [job["id"]]
    resumed = act(api, schedule, "resume")
    assert not resumed["paused"] and 0.5 < until(resumed["next_run_at"]) < 1.3
    assert act(api, schedule, "resume")["id"] == schedule["id"]
    wait_jobs(api, schedule, 2)
    assert act(api, schedule, "pause")["paused"] and act(api, schedule, "pause")["next_run_at"] is None
    n = show(api, schedule)["runs"]
    let_pass(api, "1300ms")
    assert show(api, schedule)["runs"] == n


def spans(api, schedule):
    """Return when runs began and ended."""
    return [(seconds_of(job["started_at"]), seconds_of(job["finished_at"]))
            for job in jobs_of(api, schedule) if job["started_at"] and job["finished_at"]]


@pytest.mark.dns("--slow-ms", 1700)
def test_overlap_skip(api):
    schedule = add(api, every="1s", job=SLOW)
    wait_jobs(api, schedule, 2)
    after = act(api, schedule, "pause")
    times = spans(api, schedule)
    assert all(end <= begin for (_, end), (begin, _) in zip(times, times[1:]))
    assert after["skipped"] >= 1
    assert all(0.95 * 2 < b[0] - a[0] < 1.05 * 2 + 0.1 for a, b in zip(times, times[1:])), times


@pytest.mark.dns("--slow-ms", 1700)
def test_overlap_queue(api):
    schedule = add(api, every="1s", overlap="queue", job=SLOW)
    wait_jobs(api, schedule, 3)
    act(api, schedule, "pause")
    times = spans(api, schedule)
    # the next one waits already, so it begins at once
    assert all(-0.001 <= begin - end < 0.4 for (_, end), (begin, _) in zip(times, times[1:])), times


@pytest.mark.dns("--slow-ms", 1700)
def test_overlap_replace(api):
    schedule = add(api, every="1s", overlap="replace", job=SLOW)
    wait_jobs(api, schedule, 2)
    act(api, schedule, "pause")
    jobs = jobs_of(api, schedule)
    assert [job["state"] for job in jobs[:2]] == ["cancelled", "cancelled"]
    for before, job in zip(jobs, jobs[1:]):
        assert 0 <= seconds_of(job["created_at"]) - seconds_of(before["finished_at"]) < 0.4
    assert api.wait(jobs[-1])["state"] == "done"


@pytest.mark.dns("--slow-ms", 1700)
def test_run_now_overlaps(api):
    schedule = add(api, every="1h", job=SLOW)
    first, second = act(api, schedule, "run", 202), act(api, schedule, "run", 202)
    assert show(api, schedule)["running"]
    assert api.wait(first)["state"] == api.wait(second)["state"] == "done"
    assert not show(api, schedule)["running"] and show(api, schedule)["runs"] == 2


def test_catch_up(daemon):
    """Over a night in which the daemon was down, by the database's word."""
    one = add(daemon.api, every="1h", catch_up="one", jitter="0s")
    none = add(daemon.api, every="1h", catch_up="skip", jitter="0s")
    cron = add(daemon.api, cron="0 * * * *", catch_up="one")
    cron_none = add(daemon.api, cron="0 * * * *")
    daemon.stop()
    rows(daemon, "UPDATE schedule SET settled = settled - ?", 9 * 3600 * 1000000 + 90_000_000)
    daemon.start()
    wait_jobs(daemon.api, one, 1)
    wait_jobs(daemon.api, cron, 1)
    # the grid stays: created 90 s "earlier" now
    for schedule, runs in ((one, 1), (none, 0)):
        now = show(daemon.api, schedule)
        assert now["runs"] == runs
        assert 3500 - 100 < until(now["next_run_at"]) < 3600 - 85, now
    for schedule, runs in ((cron, 1), (cron_none, 0)):
        now = show(daemon.api, schedule)
        assert now["runs"] == runs and seconds_of(now["next_run_at"]) % 3600 == 0
    daemon.restart()
    assert [show(daemon.api, s)["runs"] for s in (one, none, cron, cron_none)] == [1, 0, 1, 0]


def test_jitter(daemon):
    begin = time.time()
    schedules = [add(daemon.api, every="1h", name=f"{i}") for i in range(20)]
    end = time.time()
    offsets = [seconds_of(s["next_run_at"]) - 3600 - begin for s in schedules]
    assert all(s["jitter"] == "60s" for s in schedules)
    assert all(0 <= offset <= 60 + end - begin for offset in offsets)
    assert max(offsets) - min(offsets) > 15, "they are spread"
    before = [show(daemon.api, s) for s in schedules]
    daemon.restart()
    for old in before:
        new = show(daemon.api, old)
        assert abs(seconds_of(new["next_run_at"]) - seconds_of(old["next_run_at"])) < 0.05
        assert {**new, "next_run_at": 0, "next_runs": 0} == {**old, "next_run_at": 0, "next_runs": 0}


def test_list(api):
    schedules = [add(api, every="1h", name=f"name {i % 2}") for i in range(5)]
    ids = [s["id"] for s in schedules][::-1]
    assert [s["id"] for s in api.get("/schedules").json()["schedules"]] == ids
    page = api.get("/schedules", params={"limit": 2}).json()
    assert [s["id"] for s in page["schedules"]] == ids[:2]
    page = api.get("/schedules", params={"limit": 3, "cursor": page["next"]}).json()
    assert [s["id"] for s in page["schedules"]] == ids[2:] and page["next"] is None
    page = api.get("/schedules", params={"name": "name 1"}).json()
    assert [s["id"] for s in page["schedules"]] == [ids[1], ids[3]]
    api.get("/schedules", 400, params={"limit": 0})
    api.get("/schedules", 400, params={"cursor": "x"})
    api.get("/schedules", 400, params={"state": "x"})


# --- Changes of schedules ---

def test_etag(api):
    schedule = add(api, every="1h", name="first")
    path = f"/schedules/{schedule['id']}"
    etag = api.get(path).headers["ETag"]
    assert etag == '"1"'
    expect(api("GET", path, headers={"If-None-Match": etag}), 304)
    act(api, schedule, "run", 202)
    expect(api("GET", path, headers={"If-None-Match": etag}), 304)  # a run sets nothing
    response = patch(api, schedule, {"name": "second"}, **{"If-Match": etag})
    assert response.json()["name"] == "second" and response.headers["ETag"] == '"2"'
    patch(api, schedule, {"name": "third"}, 412, **{"If-Match": etag})
    patch(api, schedule, {"name": "third"}, 412, **{"If-Match": 'W/"2"'})
    assert api.get(path).json()["name"] == "second"
    assert patch(api, schedule, {"name": "third"}, **{"If-Match": '"7", "2"'}).headers["ETag"] == '"3"'
    assert patch(api, schedule, {"name": "fourth"}, **{"If-Match": "*"}).json()["name"] == "fourth"
    api.get(path, headers={"If-None-Match": etag})


def test_patch(api):
    schedule = add(api, every="1h", name="x", job={"kind": "domains", "domains": ["found.example"], "label": "a"})
    now = patch(api, schedule, {"job": {"label": "b", "attempts": 2}}).json()
    assert now["job"] == {"kind": "domains", "domains": ["found.example"], "label": "b", "attempts": 2}
    assert abs(seconds_of(now["next_run_at"]) - seconds_of(schedule["next_run_at"])) < 0.01, "the time is counted on"
    now = patch(api, schedule, {"job": {"attempts": None}, "name": None}).json()
    assert now["job"] == {"kind": "domains", "domains": ["found.example"], "label": "b"} and now["name"] is None
    now = patch(api, schedule, {"every": None, "cron": "@daily", "timezone": "America/New_York"}).json()
    assert now["every"] is None and now["cron"] == "@daily" and now["jitter"] == "0s"
    assert patch(api, schedule, {"cron": None}, 422).json()["errors"][0]["pointer"] == "/every"
    assert pointers(patch(api, schedule, {"id": "x"}, 422)) == ["/id"]
    assert pointers(patch(api, schedule, {"nme": None}, 422)) == ["/nme"]
    assert pointers(patch(api, schedule, {"job": {"domain": "x"}}, 422)) == ["/job/domain"]
    assert pointers(patch(api, schedule, {"job": None}, 422)) == ["/job"]
    assert show(api, schedule) == now | {"updated_at": now["updated_at"]}
    expect(api("PATCH", f"/schedules/{schedule['id']}", data=b"{", headers={"Content-Type": "application/json"}), 400)
    expect(api("PATCH", f"/schedules/{schedule['id']}", data=b"{}", headers={"Content-Type": "text/plain"}), 415)
    merge = {"Content-Type": "application/merge-patch+json"}
    expect(api("PATCH", f"/schedules/{schedule['id']}", data=b'{"name":"m"}', headers=merge), 200)
    resumed = patch(api, schedule, {"paused": True}).json()
    assert resumed["paused"] and resumed["next_run_at"] is None


def test_patches_at_once(daemon):
    """Each patch stands in the outcome: none was made from what another one had changed meanwhile."""
    api, n = daemon.api, 12
    schedule = add(api, every="1h")
    fields = ["label", "concurrency", "rate", "timeout_ms", "attempts", "priority"]
    for number in range(1, 4):
        patches = [{"job": {field: f"{number}" if field == "label" else number}} for field in fields]
        patches += [{"name": f"{number}"}, {"overlap": "queue"}, {"catch_up": "one"}, {"every": f"{number}h"},
                    {"jitter": f"{number}s"}, {"paused": True}]
        with ThreadPoolExecutor(n) as pool:
            etags = [r.headers["ETag"] for r in pool.map(lambda p: patch(api, schedule, p), patches)]
        assert len(set(etags)) == n, "each made a revision of its own"
        now = show(api, schedule)
        assert now["job"] == {**JOB, **{f: number for f in fields}, "label": f"{number}"}
        assert (now["name"], now["every"], now["jitter"]) == (f"{number}", f"{number}h", f"{number}s")
        assert now["overlap"] == "queue" and now["catch_up"] == "one" and now["paused"]
        patch(api, schedule, {"overlap": None, "catch_up": None, "paused": None})
    assert api.get(f"/schedules/{schedule['id']}").headers["ETag"] == f'"{1 + 3 * (n + 1)}"'


def test_one_of_two_wins(api):
    """Two clients that have both read revision 1."""
    schedule = add(api, every="1h")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: api(
            "PATCH", f"/schedules/{schedule['id']}", json={"name": f"{i}"}, headers={"If-Match": '"1"'}), range(8)))
    good = [r for r in answers if r.status_code == 200]
    assert len(good) == 1 and {r.status_code for r in answers} == {200, 412}
    assert show(api, schedule)["name"] == good[0].json()["name"]


def test_delete_while_running(daemon, dns):
    api = daemon.api
    assert dns.toggle_black_hole() == "on"  # the run can't end before the schedule is gone
    schedule = add(api, every="1s", job={**JOB, "timeout_ms": 1000, "attempts": 20})
    job = eventually(lambda: jobs_of(api, schedule), "a run")[0]
    expect(api("DELETE", f"/schedules/{schedule['id']}"), 204)
    api.get(f"/schedules/{schedule['id']}", 404)
    expect(api("DELETE", f"/schedules/{schedule['id']}"), 404)
    assert api.get(f"/jobs/{job['id']}").json()["state"] not in ENDED
    assert dns.toggle_black_hole() == "off"
    ended = api.wait(job)
    assert ended["state"] == "done" and ended["schedule_id"] == schedule["id"]
    let_pass(api, "1200ms")
    assert len(jobs_of(api, schedule)) == 1 and api.get("/schedules").json()["schedules"] == []
    for path in ("changes", "outcomes", "events"):
        api.get(f"/schedules/{schedule['id']}/{path}", 404)
    for verb in ("run", "pause", "resume"):
        expect(api("POST", f"/schedules/{schedule['id']}/{verb}"), 404)
    for table in ("schedule", "outcome", "change"):
        eventually(lambda: peek(daemon, f"SELECT count(*) FROM {table}") == [(0,)], f"{table} is swept")


# --- What is wrong ---

BAD = [
    ("/every", {}),
    ("/cron", {"every": "1h", "cron": "@daily"}),
    ("/every", {"every": "999ms"}),
    ("/every", {"every": "0s"}),
    ("/every", {"every": "367d"}),
    ("/every", {"every": "often"}),
    ("/every", {"every": 60}),
    ("/cron", {"cron": "0 0 31 2 *"}),
    ("/cron", {"cron": "0 0 30 feb *"}),
    ("/cron", {"cron": "* * * *"}),
    ("/cron", {"cron": "60 * * * *"}),
    ("/cron", {"cron": "@never"}),
    ("/cron", {"cron": ""}),
    ("/timezone", {"cron": "@daily", "timezone": "Mars/Olympus"}),
    ("/timezone", {"cron": "@daily", "timezone": "../../etc/passwd"}),
    ("/timezone", {"cron": "@daily", "timezone": ""}),
    ("/timezone", {"every": "1h", "timezone": "Europe/Berlin"}),
    ("/overlap", {"every": "1h", "overlap": "both"}),
    ("/catch_up", {"every": "1h", "catch_up": "all"}),
    ("/catch_up", {"every": "1h", "catch_up": 1}),
    ("/jitter", {"every": "1h", "jitter": "61m"}),
    ("/jitter", {"every": "1h", "jitter": "x"}),
    ("/jitter", {"cron": "* * * * *", "jitter": "2m"}),
    ("/paused", {"every": "1h", "paused": "no"}),
    ("/name", {"every": "1h", "name": "x" * 201}),
    ("/name", {"every": "1h", "name": 7}),
    ("/callback_url", {"every": "1h", "callback_url": "ftp://example.com/"}),
    ("/callback_url", {"every": "1h", "callback_url": "http://127.0.0.1/hook"}),
    ("/callback_url", {"every": "1h", "callback_url": "http://user:word@example.com/"}),
    ("/callback_url", {"every": "1h", "callback_url": "http://example.com:22/"}),
    ("/evry", {"every": "1h", "evry": "2h"}),
    ("/job", {"every": "1h", "job": None}),
    ("/job", {"every": "1h", "job": []}),
    ("/job/kind", {"every": "1h", "job": {"domains": ["a.example"]}}),
    ("/job/kind", {"every": "1h", "job": {"kind": "nonsense"}}),
    ("/job/domains", {"every": "1h", "job": {"kind": "domains"}}),
    ("/job/domains", {"every": "1h", "job": {"kind": "domains", "domains": []}}),
    ("/job/tlds/0", {"every": "1h", "job": {"kind": "domains", "names": ["a"], "tlds": ["-"]}}),
    ("/job/preset", {"every": "1h", "job": {"kind": "domains", "preset": "x", "tlds": ["dev"]}}),
    ("/job/urls/0/nme", {"every": "1h", "job": {"kind": "downloads", "urls": [{"url": "http://a.example/", "nme": "x"}]}}),
    ("/job/server", {"every": "1h", "job": {"kind": "flags", "server": "NONE"}}),
    ("/job/callback_url", {"every": "1h", "job": {**JOB, "callback_url": "http://127.0.0.1/hook"}}),
    ("/job/run_at", {"every": "1h", "job": {**JOB, "run_at": "2030-01-01T00:00:00Z"}}),
    ("/job/deadline", {"every": "1h", "job": {**JOB, "deadline": "2030-01-01T00:00:00Z"}}),
    ("/job/deadline", {"every": "1h", "job": {**JOB, "deadline": "soon"}}),
    ("/job", {"every": "1h", "job": {**JOB, "label": "x", "domains": ["a" * 60 + ".example"] * 20000}}),
]


@pytest.mark.parametrize("pointer, fields", BAD, ids=[f"{i}{p}" for i, (p, _) in enumerate(BAD)])
def test_bad(shared, pointer, fields):
    response = expect(shared.api("POST", "/schedules", json={"job": JOB, **fields}), 422)
    assert pointers(response)[:1] == [pointer], response.text
    expect(shared.api("POST", "/schedules/01a20320-a200-7c31-9d52-6e0f4b8a17c3/run"), 404)


def test_bad_bodies(shared):
    def post(body, media="application/json"):
        return shared.api("POST", "/schedules", data=body, headers={"Content-Type": media}).status_code

    assert post(b"") == post(b"{") == post(b"1") == post(b'{"every":"1h","every":"2h"}') == 400
    assert post(b"[]") == post(b'{"paused":1e999}') == 422
    assert post(b"{}", "text/plain") == 415
    assert post(b'{"job":"' + b"x" * (3 << 20) + b'"}') == 413
    shared.api.get("/schedules/x", 404)
    expect(shared.api("DELETE", "/schedules/x"), 404)
    expect(shared.api("PUT", "/schedules"), 405)
    assert shared.api.get("/schedules", params={"name": "x" * 201}).json() == {"schedules": [], "next": None}


@pytest.mark.settings({"limits.min_interval": "100ms", "limits.schedules": 3})
def test_limits(api):
    for _ in range(3):
        add(api, every="100ms", paused=True)
    assert "limit of" in add(api, 507, every="100ms").json()["detail"]
    limits = api.get("/limits").json()["schedules"]
    assert limits == {"total": 3, "min_interval_ms": 100}
    metrics = api.get("/metrics").text
    assert 'asyncprobed_schedules{state="paused"} 3' in metrics
    assert 'asyncprobed_schedules{state="active"} 0' in metrics


@pytest.mark.settings({"limits.max_items": 5})
def test_job_not_accepted_any_more(daemon):
    """The settings have changed: due times are passed over and counted, and the log says why."""
    schedule = add(daemon.api, every="1s", job={"kind": "domains", "domains": [f"{i}.example" for i in range(5)]})
    daemon.settings["limits.max_items"] = 4
    daemon.restart()
    eventually(lambda: show(daemon.api, schedule)["skipped"] >= 2, "due times passed over")
    assert daemon.event("schedule_failed")["schedule"] == schedule["id"]
    response = expect(daemon.api("POST", f"/schedules/{schedule['id']}/run"), 409)
    assert "at most 4 items" in response.json()["detail"]
    assert jobs_of(daemon.api, schedule) == []
    assert act(daemon.api, schedule, "pause")["paused"], "it can be paused nonetheless"


def test_ended_states(api):
    """What ends a run otherwise shows in its schedule."""
    drop = {"kind": "domains", "domains": ["drop.example"], "timeout_ms": 9000}
    schedule = add(api, every="1h", job=drop)
    job = act(api, schedule, "run", 202)
    api("POST", f"/jobs/{job['id']}/cancel")
    assert show(api, schedule)["last_state"] == "cancelled"
    job = act(api, schedule, "run", 202)
    expect(api("DELETE", f"/jobs/{job['id']}"), 204)
    assert show(api, schedule)["last_state"] == "cancelled" and not show(api, schedule)["running"]
    schedule = add(api, every="1h", job={**drop, "deadline": "200ms"})
    job = api.wait(act(api, schedule, "run", 202))
    assert job["state"] in ENDED and show(api, schedule)["last_state"] == job["state"] == "failed"
