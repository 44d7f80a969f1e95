"""A small job behind a big one, and clients that ask while it runs."""
import time

import pytest

from client import Client

BIG = 200_000


@pytest.fixture
def big(api):
    """A job that takes several seconds, and runs."""
    job = api.submit_lines(f"found-{i}.test" for i in range(BIG))
    next(api.follow(job))
    yield job
    api("POST", f"/jobs/{job['id']}/cancel")


@pytest.mark.dns("--latency-ms", 20)
def test_small_job_behind_a_big_one(api, big):
    times = []
    for number in range(5):
        start = time.monotonic()
        small = api.wait(api.submit(f"found-small-{number}-{i}.test" for i in range(18)))
        times.append(time.monotonic() - start)
        assert small["counts"]["found"] == 18, small
    assert api.show(big)["state"] == "running", "the big job was still running, so this proves nothing otherwise"
    assert max(times) < 1, f"18 names behind {BIG} took {times} s"


@pytest.mark.dns("--latency-ms", 20)
def test_answers_while_a_big_job_runs(api, big, contract):
    client, times = Client(api.url, contract), []
    for _ in range(50):
        start = time.monotonic()
        client.get("/healthz")
        times.append(time.monotonic() - start)
    assert api.show(big)["state"] == "running"
    assert sorted(times)[len(times) // 2] < 0.1, f"/healthz took {sorted(times)[-5:]} s"


@pytest.mark.dns("--latency-ms", 20)
def test_limits_of_a_job_bind_it_alone(api):
    slow = api.submit((f"found-{i}.test" for i in range(1000)), rate=10)
    start = time.monotonic()
    quick = api.run((f"found-quick-{i}.test" for i in range(500)))
    assert time.monotonic() - start < 5 and len(quick) == 500, "another job's rate doesn't slow this one"
    now = api.show(slow)
    assert now["completed"] <= 10 * (time.monotonic() - start + 3), f"10 names a second: {now}"
    api("POST", f"/jobs/{slow['id']}/cancel")


@pytest.mark.dns("--slow-ms", 200)
def test_concurrency_of_a_job(api):
    start = time.monotonic()
    api.run((f"slow-{i}.test" for i in range(20)), concurrency=4)
    assert time.monotonic() - start > 0.9, "20 names of 200 ms, 4 at a time, take 1 s"
