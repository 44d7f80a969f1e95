"""Signals: draining, ending at once, and going on after a restart."""
import signal
import time

import pytest

from client import check_complete, expect
from processes import eventually

SUBMISSION = {"kind": "domains", "domains": ["found-late.test"]}


def drain(daemon, number=signal.SIGTERM):
    """Send the signal and wait until the daemon says that it drains."""
    daemon.send(number)
    eventually(lambda: daemon.api("GET", "/readyz").status_code == 503, "/readyz says that the daemon drains")


@pytest.mark.dns("--slow-ms", 1500)
@pytest.mark.settings({"dns.timeout": "5s", "daemon.drain_timeout": "20s"})
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_drain(daemon, number):
    """No new jobs; items in flight finish; the rest waits for the next start."""
    api = daemon.api
    job = api.submit((f"slow-{i}.test" for i in range(60)), concurrency=20)
    eventually(lambda: api.metrics()['asyncprobed_items_in_flight{kind="domains"}'] == 20, "20 items are in flight")
    drain(daemon, number)
    expect(api("POST", "/jobs", json=SUBMISSION), 503)
    assert api.get("/healthz").json() == {"status": "ok"}, "a daemon that drains is alive"
    assert api.show(job)["state"] == "running", "what is there can be read while it drains"
    assert daemon.wait_end(15) == 0
    daemon.start()
    n_kept = daemon.api.show(job)["completed"]
    assert 20 <= n_kept < 60, f"20 items in flight were finished before the end: {n_kept}"
    assert daemon.api.wait(job)["counts"]["found"] == 60, "the restart goes on where it was"
    check_complete(daemon.api.results(job), 60)
    assert len(daemon.api.jobs()) == 1, "what was refused is not there"


def test_drain_without_work(daemon):
    start = time.monotonic()
    daemon.stop()
    assert time.monotonic() - start < 3, "with nothing in flight there is nothing to wait for"


@pytest.mark.settings({"dns.timeout": "10s", "daemon.drain_timeout": "1s"})
def test_drain_is_bounded(daemon, dns):
    """Items that don't finish in time are handed back: they have no result, and run again."""
    dns.toggle_black_hole()
    job = daemon.api.submit(f"found-{i}.test" for i in range(100))
    eventually(lambda: daemon.api.show(job)["state"] == "running", "the job runs")
    start = time.monotonic()
    daemon.stop()
    assert time.monotonic() - start < 6, "a drain time-out of 1 s"
    dns.toggle_black_hole()
    daemon.start()
    assert daemon.api.wait(job)["counts"] == {"found": 100, "not_found": 0, "error": 0}


@pytest.mark.settings({"dns.timeout": "10s", "daemon.drain_timeout": "60s"})
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_second_signal(daemon, dns, number):
    dns.toggle_black_hole()
    job = daemon.api.submit(f"found-{i}.test" for i in range(100))
    eventually(lambda: daemon.api.show(job)["state"] == "running", "the job runs")
    drain(daemon)
    start = time.monotonic()
    daemon.send(number)
    status = daemon.wait_end(10)
    assert time.monotonic() - start < 5 and status >= 0, f"the second signal ends it at once, in order: {status}"
    dns.toggle_black_hole()
    daemon.start()
    assert daemon.api.wait(job)["counts"]["found"] == 100, "nothing is lost"


@pytest.mark.settings({"dns.timeout": "10s", "daemon.drain_timeout": "1s"})
def test_streams_end_with_the_daemon(daemon, dns):
    """Followers and waiters don't hold up the end."""
    dns.toggle_black_hole()
    job = daemon.api.submit(["found.test"])
    socks = [daemon.api.connect() for _ in range(3)]
    for sock, rest in zip(socks, ("/results?follow=true", "/events", "?wait=60")):
        sock.sendall(f"GET /jobs/{job['id']}{rest} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    eventually(lambda: daemon.api.metrics()["asyncprobed_http_streams"] == 3, "two streams are open, and one waits")
    daemon.stop()
    for sock in socks:
        with sock:
            while sock.recv(65536):
                pass


def test_end_while_answers_are_read_from_the_store(daemon):
    """Pages that come from the store after the server has ended go to nobody."""
    job = daemon.api.submit(f"found-{i}.test" for i in range(3000))
    daemon.api.wait(job)
    socks = [daemon.api.connect() for _ in range(150)]
    for sock in socks:
        sock.sendall(f"GET /jobs/{job['id']}/results HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    daemon.stop()
    for sock in socks:
        sock.close()


@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGHUP])
def test_signals_that_end_nothing(daemon, number):
    daemon.send(number)
    assert daemon.api.run(["found.test"])[0]["status"] == "found"


def test_restart_keeps_everything(daemon):
    jobs = [daemon.api.wait(daemon.api.submit([f"found-{i}.test"], label=str(i))) for i in range(3)]
    for _ in range(3):
        daemon.restart()
        assert daemon.api.jobs() == jobs[::-1]
