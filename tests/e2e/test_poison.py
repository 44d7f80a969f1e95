"""Items that kill the daemon: it is started again as a service manager does, blames the one item, and goes on."""
import json
import signal
import sys

import pytest
import requests

from client import check_complete, tally
from processes import TOP, binary, eventually, is_sanitized, parse_log_line
from web import ANY_LOOPBACK

sys.path.append(str(TOP / "tests" / "stub"))

from hook_receiver import Receiver  # noqa: E402

LOST = (requests.exceptions.RequestException, ConnectionError)
CRASHED = ("error", "crashed")
pytestmark = [pytest.mark.seconds(240),
              pytest.mark.skipif(is_sanitized(), reason="the sanitizer has to be the first library")]


def poison(daemon, *words):
    """Have the daemon die when it asks for something with one of these words in its name."""
    daemon.environment = {"LD_PRELOAD": binary("tests/stub/poison.so"), "POISON": ":".join(words)}


class Service:
    """The service manager: it starts the daemon again when it has crashed."""

    def __init__(self, daemon, most):
        self.daemon, self.most, self.n_crashes, self.log = daemon, most, 0, []

    def keep(self, call):
        """Return what call() does once the daemon lives long enough to answer."""
        while True:
            try:
                return call()
            except LOST:
                self.on_end()

    def on_end(self):
        status = self.daemon.wait_end()
        assert status == -signal.SIGKILL, f"it ended by itself with {status}:\n{self.daemon.lines.text()}"
        self.n_crashes += 1
        assert self.n_crashes <= self.most, f"{self.n_crashes} crashes:\n{self.daemon.lines.text()}"
        self.start()

    def start(self):
        self.daemon.start()
        self.log += [parse_log_line(line) for line in self.daemon.lines.all]

    def submit(self, names, **fields):
        """Queue a job; the crash that it causes may come before its answer."""
        body, key = {"kind": "domains", "domains": list(names), **fields}, {"Idempotency-Key": f"{id(names)}-{names[0]}"}
        return self.keep(lambda: self.daemon.api.post(body, headers=key).json())

    def wait(self, job):
        return self.keep(lambda: self.daemon.api.wait(job, 200))

    def crashes(self, event="item_crashed"):
        return [line for line in self.log if line.get("event") == event]


def check_job(service, job, total, bad, good):
    """Check that a job has ended, and that the items with these indexes crashed and all others have the result `good`."""
    ended = service.wait(job)
    assert (ended["state"], ended["completed"]) == ("done", total), ended
    rows = service.daemon.api.results(job)
    check_complete(rows, total)
    assert {row["index"] for row in rows if (row["status"], row["reason"]) == CRASHED} == set(bad)
    assert tally(rows) == {good: total - len(bad), **({CRASHED: len(bad)} if bad else {})}
    assert ended["counts"]["error"] == len(bad)
    assert sorted(int(line["index"]) for line in service.crashes() if line["job"] == job["id"]) == sorted(bad)
    assert all(line["level"] == "error" for line in service.crashes())
    return rows


def names_of(n, bad=(), tag="x"):
    return [f"found-{'poison' if i in bad else 'good'}-{tag}-{i}.test" for i in range(n)]


def test_one_url_of_many(fetcher, web):
    """Two crashes tell which items may be the cause, the third one tells which it is, or the fourth one in doubt."""
    fetcher.stop()
    poison(fetcher, "/files/poison")
    fetcher.start()
    urls = [web.url(f"/files/{'poison' if i == 1700 else f'file-{i}'}", host="h0.test", size=20) for i in range(3000)]
    service = Service(fetcher, 4)
    key = {"Idempotency-Key": "urls"}
    job = service.keep(lambda: fetcher.api.post({"kind": "downloads", "urls": urls}, headers=key).json())
    rows = check_job(service, job, 3000, [1700], ("ok", None))
    [row] = [row for row in rows if row["index"] == 1700]
    assert row["url"] == urls[1700] and row["name"] == "poison" and row["file"] is None and row["http_status"] is None
    metrics = fetcher.api.metrics()
    assert metrics['asyncprobed_crashed_total{what="item"}'] == 1 and metrics["asyncprobed_unclean_ends"] == service.n_crashes
    csv = fetcher.api.get(f"/jobs/{job['id']}/results", params={"format": "csv", "status": "error"}).text
    assert len(csv.splitlines()) == 2 and ",crashed," in csv
    # what crashed can be tried again, with a daemon that bears it
    fetcher.stop()
    fetcher.environment = {}
    fetcher.start()
    again = fetcher.api("POST", f"/jobs/{job['id']}/retry").json()
    fetcher.api.wait(again)
    [row] = fetcher.api.results(again)
    assert row["url"] == urls[1700] and row["status"] == "ok"


@pytest.mark.parametrize("query", [{}, {"rate": 2000, "concurrency": 300}], ids=["plain", "limited"])
def test_one_name_of_many(daemon, query):
    daemon.stop()
    poison(daemon, "poison")
    daemon.start()
    service = Service(daemon, 4)
    job = service.submit(names_of(3000, [2500]), **query)
    check_job(service, job, 3000, [2500], ("found", None))


def test_two_in_one_chunk(daemon):
    daemon.stop()
    poison(daemon, "poison")
    daemon.start()
    service = Service(daemon, 8)
    job = service.submit(names_of(1500, [3, 700]))
    check_job(service, job, 1500, [3, 700], ("found", None))


def test_two_jobs_at_once(daemon, dns):
    """Only one suspect is worked on at a time, so the crash of one wrongs no other; what isn't suspect goes on."""
    daemon.stop()
    dns.toggle_black_hole()  # both begin before either can end
    daemon.start()
    service = Service(daemon, 8)
    jobs = [daemon.api.submit(names_of(400, [index], tag), timeout_ms=10_000, concurrency=10)
            for tag, index in (("a", 399), ("b", 0))]
    eventually(lambda: all(daemon.api.show(job)["state"] == "running" for job in jobs), "both have begun")
    daemon.kill9()
    service.n_crashes += 1
    dns.toggle_black_hole()
    poison(daemon, "poison")
    service.start()
    check_job(service, jobs[0], 400, [399], ("found", None))
    check_job(service, jobs[1], 400, [0], ("found", None))
    other = service.submit(names_of(3000, tag="other"))
    check_job(service, other, 3000, [], ("found", None))


def test_aliases_and_bystanders(daemon):
    """The same name twice has one fate; a job beside it is wronged in nothing."""
    daemon.stop()
    poison(daemon, "poison")
    daemon.start()
    service = Service(daemon, 4)
    bystander = service.submit(names_of(2000, tag="by"), concurrency=5)
    job = service.submit(["found-a.test", "found-poison.test", "found-b.test", "found-poison.test"])
    ended = service.wait(job)
    rows = daemon.api.results(job)
    assert ended["counts"] == {"found": 2, "not_found": 0, "error": 2}
    assert {row["index"] for row in rows if (row["status"], row["reason"]) == CRASHED} == {1, 3}
    check_job(service, bystander, 2000, [], ("found", None))


def test_an_orderly_stop_resets_the_count(daemon, dns):
    """Two crashes with a stop between are not two in a row: nothing is suspect."""
    dns.toggle_black_hole()
    job = daemon.api.submit(names_of(50), timeout_ms=10_000)
    service = Service(daemon, 0)
    for ends in ("kill", "stop", "kill", "start"):
        eventually(lambda: daemon.api.metrics()['asyncprobed_items_in_flight{kind="domains"}'] == 50, "they are in flight")
        if ends == "kill":
            daemon.kill9()
        elif ends == "stop":
            daemon.send(signal.SIGTERM)
            daemon.send(signal.SIGINT)
            daemon.wait_end()
        if ends != "start":
            daemon.start()
            assert daemon.api.metrics()["asyncprobed_unclean_ends"] == (ends == "kill")
    dns.toggle_black_hole()
    daemon.restart()
    check_job(service, job, 50, [], ("found", None))
    assert "suspects=0" in "".join(daemon.lines.all) or not any("unclean_ends" in line for line in daemon.lines.all)


@pytest.mark.dns("--latency-ms", 10)
@pytest.mark.parametrize("n_kills", [2, 4])
def test_kills_without_poison(daemon, n_kills):
    """Nothing is lost by kills in a row. Two wrong nobody, each further one an item at most, which was noted alone."""
    names = names_of(3000)
    job, seen = daemon.api.submit_lines(names, concurrency=100), []
    for number in range(n_kills):
        lines = daemon.api.follow(job)
        seen = [next(lines) for _ in range(1 + 100 * number)]
        if number >= 2:
            eventually(lambda: daemon.api.show(job)["completed"] >= 2000, "what isn't suspect goes on at its rate", 10)
        daemon.kill9()
        daemon.start()
    n_wronged = daemon.api.metrics()['asyncprobed_crashed_total{what="item"}']
    assert n_wronged <= (n_kills > 2)
    ended = daemon.api.wait(job, 120)
    lines = list(daemon.api.follow(job))
    rows = [json.loads(line) for line in lines]
    check_complete(rows, 3000)
    assert lines[:len(seen)] == seen, "lines that were shown before the kill have changed"
    n_errors = ended["counts"]["error"]
    assert ended["state"] == "done" and n_errors <= n_kills - 2
    assert all(row["status"] == "found" or row["reason"] == "crashed" for row in rows)


def test_callback(make_daemon, dns):
    """A delivery that kills the daemon is given up; those of others, and the items, are not touched."""
    daemon = make_daemon(dns, settings={**ANY_LOOPBACK, "callbacks.backoff": "20ms"})
    poison(daemon, "/poison")
    with Receiver() as receiver, daemon:
        service = Service(daemon, 4)
        good = service.submit(names_of(3), callback_url=receiver.url("/good"))
        service.wait(good)
        receiver.wait_for(1)
        bad = service.submit(["found-a.test"], callback_url=receiver.url("/poison"))
        while not service.crashes("callback_crashed"):
            service.on_end()
        assert daemon.api.metrics()['asyncprobed_crashed_total{what="callback"}'] == 1
        after = daemon.api.submit(names_of(3, tag="after"), callback_url=receiver.url("/after"))
        assert daemon.api.wait(after)["counts"]["found"] == 3
        eventually(lambda: "/after" in [hook.path for hook in receiver.wait_for(2)], "the next one is delivered")
        assert daemon.api.show(bad)["counts"]["found"] == 1
        assert not [hook for hook in receiver.hooks if hook.path == "/poison"]
        eventually(lambda: daemon.api.metrics()["asyncprobed_callbacks_waiting"] == 0, "none is left")
