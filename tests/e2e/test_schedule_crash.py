"""Schedules over crashes and a full disk: each due time is served at most once, and none is lost."""
import random
import time
from collections import Counter

import pytest

from processes import eventually
from schedules import add, jobs_of, rows, seconds_of, show, until
from test_storage import disk  # noqa: F401 pylint: disable=unused-import

EVERY = 0.1


def n_due(api):
    """How many due times came since the start."""
    return sum(n for name, n in api.metrics().items() if name.startswith("asyncprobed_schedule_runs_total{"))


@pytest.mark.seconds(120)
@pytest.mark.settings({"limits.min_interval": "100ms"})
def test_kill_at_any_moment(daemon):
    """A ledger of due times: every schedule has a grid, and each point of it at most one job."""
    chance = random.Random(5)
    schedules = [add(daemon.api, every="100ms", jitter="100ms", catch_up="one" if i % 2 else "skip",
                     overlap=("skip", "queue", "replace")[i % 3]) for i in range(12)]
    lives = []
    for _ in range(14):
        up = time.time()
        n = chance.randint(30, 110)
        eventually(lambda at_least=n: n_due(daemon.api) >= at_least, "as many due times as chance wants before the kill")
        lives.append((up, time.time()))
        daemon.kill9()
        daemon.start()
    views = [show(daemon.api, s) for s in schedules]
    for schedule in schedules:
        daemon.api("POST", f"/schedules/{schedule['id']}/pause")
    views = [show(daemon.api, s) for s in schedules]
    ledgers = [[seconds_of(j["created_at"]) for j in jobs_of(daemon.api, s)] for s in schedules]
    for view, ledger in zip(views, ledgers):
        assert view["runs"] == len(ledger), "a run and its job are one"
        # the grid: first due time plus whole intervals; a job comes some milliseconds behind its due time
        first = seconds_of(next(s for s in schedules if s["id"] == view["id"])["next_run_at"])
        points = Counter()
        for at in ledger:
            points[int((at - first + 0.002) // EVERY)] += 1
        # the millisecond of a job made late falls into the next interval: then that has two, and this none
        assert max(points.values()) <= 2 and len(ledger) <= sum(points.values())
        for up, down in lives:
            due = [n for n in range(int((up - first) // EVERY) + 2, int((down - first) // EVERY))]
            served = sum(points[n] for n in due)
            assert served + view["skipped"] >= len(due) - 2, (view, due, points)
    daemon.stop()
    twice = rows(daemon, "SELECT schedule, count(*) FROM job WHERE schedule > 0 GROUP BY schedule, created HAVING count(*) > 1")
    assert twice == []


def test_settled_once(daemon):
    """What the row says is settled isn't served again, even when the process dies right behind the commit."""
    schedule = add(daemon.api, every="1s", jitter="0s", catch_up="one")
    seen = set()
    for _ in range(6):
        eventually(lambda: len(jobs_of(daemon.api, schedule)) > len(seen), "a run")
        daemon.kill9()
        daemon.start()
        seen = {job["id"] for job in jobs_of(daemon.api, schedule)}
    jobs = jobs_of(daemon.api, schedule)
    times = [seconds_of(job["created_at"]) for job in jobs]
    first = seconds_of(schedule["next_run_at"])
    slots = [int((at - first + 0.002) // 1) for at in times]
    assert len(slots) == len(set(slots)) == show(daemon.api, schedule)["runs"]


@pytest.mark.seconds(90)
def test_full_disk(make_daemon, dns, disk):  # noqa: F811
    """Due times wait for room; then one run serves what has passed."""
    daemon = make_daemon(dns, folder=disk.folder)
    disk.prepare(daemon)
    with daemon:
        api = daemon.api
        schedule = add(api, every="1s")
        eventually(lambda: show(api, schedule)["runs"] >= 1, "a run")
        disk.fill(daemon)
        eventually(lambda: api("GET", "/readyz").status_code == 503, "a full disk")
        assert add(api, 507, every="1s").status_code == 507
        assert api("POST", f"/schedules/{schedule['id']}/run").status_code == 507
        assert api("PATCH", f"/schedules/{schedule['id']}", json={"name": "x"}).status_code == 507
        runs = show(api, schedule)["runs"]
        eventually(lambda: until(show(api, schedule)["next_run_at"]) < -2.5, "a due time that waits for so long")
        assert show(api, schedule)["runs"] == runs
        disk.free(daemon)
        eventually(lambda: api("GET", "/readyz").status_code == 200, "room again")
        eventually(lambda: show(api, schedule)["runs"] >= runs + 2, "runs again", 60)
        now = show(api, schedule)
        assert now["skipped"] >= 1
        jobs = [seconds_of(job["created_at"]) for job in jobs_of(api, schedule)]
        assert len(jobs) == now["runs"] or len(jobs) == now["runs"] + 1
        assert min(b - a for a, b in zip(jobs, jobs[1:])) > 0.05, "they don't come in a burst"
        assert add(api, every="1h")["runs"] == 0
