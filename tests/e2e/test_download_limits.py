"""How many files at one time, how fast, and what a server that is busy gets."""
import pytest

from client import tally
from processes import eventually
from web import by_index, fetch, host, most_at_one_time, submit


# --- Limits that are set ---

@pytest.mark.settings({"downloads.total": 3, "downloads.per_host": 20})
def test_total(fetcher, web):
    fetch(fetcher.api, [web.url(f"/files/{i}", host=host(i % 8), delay=0.05) for i in range(40)], concurrency=40)
    assert web.stats()["most"] == 3


@pytest.mark.settings({"downloads.per_host": 2})
def test_per_host_across_jobs(fetcher, web):
    jobs = [submit(fetcher.api, [web.url(f"/files/{tag}-{i}", host="h0.test", delay=0.05) for i in range(15)],
                   concurrency=10) for tag in "abc"]
    jobs.append(submit(fetcher.api, [web.url(f"/files/d-{i}", host="h1.test", delay=0.05) for i in range(15)]))
    for job in jobs:
        assert tally(by_index(fetcher.api, job)) == {("ok", None): 15}
    most = {name.partition(":")[0]: n for name, n in web.stats()["most_by_host"].items()}
    assert most == {"h0.test": 2, "h1.test": 2}


@pytest.mark.settings({"downloads.per_host": 20})
def test_concurrency_of_a_job(fetcher, web):
    """A job's own limit binds it alone."""
    narrow = submit(fetcher.api, [web.url(f"/files/n-{i}", host=host(i), delay=0.05) for i in range(16)], concurrency=2)
    wide = submit(fetcher.api, [web.url(f"/files/w-{i}", host="h9.test", delay=0.1) for i in range(30)], concurrency=15)
    by_index(fetcher.api, narrow)
    by_index(fetcher.api, wide)
    requests = web.requests()
    assert most_at_one_time([r for r in requests if r.path.startswith("/files/n")]) == 2
    assert 2 < most_at_one_time([r for r in requests if r.path.startswith("/files/w")]) <= 15


def check_rate(requests, rate):
    starts = sorted(r.start for r in requests)
    for first in range(len(starts)):
        n = sum(start - starts[first] <= 0.5 for start in starts[first:])
        assert n <= rate * 0.5 + 4, f"{n} requests within 0.5 s at {rate} a second: {starts}"


def test_rate_of_a_job(fetcher, web):
    results = fetch(fetcher.api, [web.url(f"/files/{i}", host=host(i)) for i in range(25)], rate=20)
    check_rate(web.requests(), 20)
    assert tally(results) == {("ok", None): 25}


@pytest.mark.settings({"downloads.rate_per_host": 20})
def test_rate_of_a_host(fetcher, web):
    jobs = [submit(fetcher.api, [web.url(f"/files/{tag}{i}", host="h0.test") for i in range(12)]) for tag in "ab"]
    other = fetch(fetcher.api, [web.url(f"/files/c{i}", host="h1.test") for i in range(12)])
    for job in jobs:
        by_index(fetcher.api, job)
    assert tally(other) == {("ok", None): 12}
    check_rate([r for r in web.requests() if r.host.startswith("h0")], 20)
    check_rate([r for r in web.requests() if r.host.startswith("h1")], 20)


# --- What a server shows ---

@pytest.mark.settings({"downloads.per_host": 32})
def test_a_busy_host_is_slowed_down(fetcher, web):
    """A server that bears 4 requests at a time is found out, and few of its answers are 503."""
    urls = [web.url(f"/files/{i}", host="h0.test", delay=0.02, busy=4) for i in range(400)]
    results = fetch(fetcher.api, urls, concurrency=32, attempts=20)
    assert tally(results) == {("ok", None): 400}, "in the end all files are there"
    requests = web.requests()
    refused = [r for r in requests if r.status == 503]
    assert 1 <= len(refused) < 200, f"{len(refused)} of {len(requests)} requests were refused"
    late = requests[len(requests) // 2:]
    assert most_at_one_time(late) <= 10, "later the host is asked with care"


@pytest.mark.settings({"downloads.per_host": 16})
def test_a_host_recovers(fetcher, web):
    """After 503s fewer requests run at one time; when the server is well again, as many as may."""
    urls = [web.url(f"/files/{i}", host="h0.test", delay=0.03, status=503, first=20, per="host") for i in range(1000)]
    results = fetch(fetcher.api, urls, concurrency=50, attempts=20)
    assert tally(results) == {("ok", None): 1000}
    after = [r for r in web.requests() if r.status == 200]
    assert most_at_one_time(after[:10]) <= 8, "right after the 503s it is asked with care"
    assert most_at_one_time(after[-300:]) >= 12, "and later with the full number again"


@pytest.mark.parametrize("options", [{"retry_after": 2}, {"retry_after_date": 2.9}], ids=["seconds", "date"])
def test_retry_after_holds_for_the_host(fetcher, web, options):
    """A server that asks for a pause gets it from every job; other servers are not affected."""
    api = fetcher.api
    first = submit(api, [web.url("/files/first", host="h0.test", status=503, first=1, **options)])
    web.wait_for("/files/first")
    eventually(lambda: web.stats()["in_progress"] == 0, "the 503 is sent")
    others = submit(api, [web.url(f"/files/other-{i}", host="h0.test") for i in range(5)])
    fetch(api, [web.url(f"/files/elsewhere-{i}", host="h1.test") for i in range(5)])
    by_index(api, first)
    by_index(api, others)
    answered, again = (min(r.start for r in web.requests("/files/first")), web.requests("/files/first")[-1].start)
    assert 1.8 < again - answered < 5, "Retry-After of 2 s"
    times = [r.start for i in range(5) for r in web.requests(f"/files/other-{i}")]
    assert min(times) - answered > 1.8, f"no other request to this host meanwhile: {answered}, {times}"
    times = [r.start for i in range(5) for r in web.requests(f"/files/elsewhere-{i}")]
    assert max(times) - answered < 1.5, f"other hosts go on: {answered}, {times}"


def test_cancel_in_a_pause(fetcher, web):
    """A server that wants us to wait for a day holds up nothing but its files."""
    job = submit(fetcher.api, [web.url("/files/day", status=503, retry_after=86400)])
    web.wait_for("/files/day")
    fetcher.api("POST", f"/jobs/{job['id']}/cancel")
    assert fetcher.api.wait(job, 3)["state"] == "cancelled"


# --- Connections ---

def test_connections_are_used_again(fetcher, web):
    results = fetch(fetcher.api, [web.url(f"/files/{i}") for i in range(200)], concurrency=4)
    assert tally(results) == {("ok", None): 200}
    assert web.connections() <= 8, "200 files over 4 connections"


def test_idle_connections_that_the_server_closed(fetcher, web):
    """A connection that turns out to be closed when it is used again is no failure of the file."""
    urls = [web.url(f"/files/{i}", idle=0.002 * (i % 3)) for i in range(150)]
    assert tally(fetch(fetcher.api, urls, concurrency=4)) == {("ok", None): 150}
