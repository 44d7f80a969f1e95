"""kill -9: what was acknowledged is kept, what was shown never changes, each item has exactly one result."""
import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from client import Client, check_complete
from processes import eventually

WORDS = ("found", "nx", "servfail", "nodata")
LOST = (requests.exceptions.RequestException, ConnectionError)


def names_of(tag, n):
    return [f"{WORDS[i % 4]}-{tag}-{i}.test" for i in range(n)]


def see(api, job, n):
    """Follow a job until n lines were shown; returns them."""
    lines, seen = api.follow(job), []
    while len(seen) < n:
        seen.append(next(lines))
    return seen


def check_job(api, job, names, seen=()):
    """Check that a job ends with one right result for each name, and that what was seen still stands."""
    ended = api.wait(job, 60)  # after many kills much is suspect, and begun one by one
    assert (ended["state"], ended["completed"]) == ("done", len(names)), ended
    lines = list(api.follow(job))
    assert lines[:len(seen)] == list(seen), "lines that were shown before the kill have changed"
    rows = [json.loads(line) for line in lines]
    check_complete(rows, len(names))
    for row in rows:
        assert row["domain"] == names[row["index"]], f"index {row['index']} is {names[row['index']]}: {row}"
        word = row["domain"].partition("-")[0]
        expected = {"found": "found", "nx": "not_found", "nodata": "not_found", "servfail": "error"}[word]
        assert row["status"] == expected, row
    counts = ended["counts"]
    assert counts == {s: sum(r["status"] == s for r in rows) for s in counts}, "counts agree with the results"


@pytest.mark.parametrize("n_seen", [0, 1, 999, 1000, 4000, 8000], ids=lambda n: f"after {n} lines")
def test_kill_in_a_run(daemon, n_seen):
    names = names_of("run", 8000)
    job = daemon.api.submit(names)
    seen = see(daemon.api, job, n_seen)
    daemon.kill9()
    daemon.start()
    check_job(daemon.api, job, names, seen)


def test_kill_right_after_the_acknowledgement(daemon):
    for round_number in range(5):
        job = daemon.api.submit(names_of(round_number, 10), label=f"round {round_number}")
        daemon.kill9()
        daemon.start()
        assert daemon.api.show(job)["label"] == f"round {round_number}", "an acknowledged job is there again"
        check_job(daemon.api, job, names_of(round_number, 10))
    assert len(daemon.api.jobs()) == 5


def test_kill_again_and_again(daemon):
    """One job that lives through many processes: no window in which an item is lost or told twice."""
    names = names_of("again", 20_000)
    job, seen = daemon.api.submit_lines(names), []
    for n_more in (300, 1, 2500, 700, 1200, 50, 3000):
        lines = see(daemon.api, job, len(seen) + n_more)
        assert lines[:len(seen)] == seen, "lines that were shown before the kill have changed"
        seen = lines
        daemon.kill9()
        daemon.start()
    check_job(daemon.api, job, names, seen)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 10000000", b"Transfer-Encoding: chunked"], ids=["length", "chunked"])
def test_kill_in_an_upload(daemon, framing):
    """What was never acknowledged is not there, not even in part."""
    kept = daemon.api.submit(names_of("kept", 5))
    with daemon.api.connect() as sock:
        sock.sendall(b"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n")
        sock.sendall(framing + b"\r\n\r\n")
        lines = b"".join(b"found-%06d.test\n" % i for i in range(50_000))
        sock.sendall(b"%x\r\n" % len(lines) + lines + b"\r\n" if framing.startswith(b"T") else lines)
        daemon.kill9()
    daemon.start()
    assert [job["id"] for job in daemon.api.jobs()] == [kept["id"]], "half an upload is no job"
    check_job(daemon.api, kept, names_of("kept", 5))


def test_ended_jobs_stay_as_they_were(daemon, dns):
    done = daemon.api.wait(daemon.api.submit(names_of("done", 50)))
    dns.toggle_black_hole()
    cancelled = daemon.api.submit(names_of("cancelled", 50), timeout_ms=10000)
    cancelled = daemon.api("POST", f"/jobs/{cancelled['id']}/cancel").json()
    deleted = daemon.api.submit(names_of("deleted", 50), timeout_ms=10000)
    daemon.api("DELETE", f"/jobs/{deleted['id']}")
    daemon.kill9()
    daemon.start()
    assert daemon.api.jobs() == [cancelled, done]


class Ledger:
    """A client outside of the daemon, that writes down what was acknowledged to it."""

    def __init__(self):
        self.acknowledged = {}  # key: (job id, names)
        self.attempted = {}     # key: names

    def submit(self, api, key, n):
        names = self.attempted.setdefault(key, names_of(key, n))
        job = api.post({"kind": "domains", "domains": names}, headers={"Idempotency-Key": key}).json()
        known, _ = self.acknowledged.setdefault(key, (job["id"], names))
        assert known == job["id"], f"{key} is the job {known}, and now {job['id']}"

    def submit_until_lost(self, api, prefix, sizes):
        """Submit job after job until the daemon is gone."""
        try:
            for number, size in enumerate(sizes):
                self.submit(api, f"{prefix}-{number}", size)
        except LOST:
            pass


@pytest.mark.seconds(240)
def test_ledger(daemon, contract):
    """Kills at moments of chance while four clients submit; then the books are compared."""
    chance = random.Random(1963)
    ledgers = [Ledger() for _ in range(4)]
    for round_number in range(8):
        enough = sum(len(ledger.acknowledged) for ledger in ledgers) + chance.randrange(40)
        with ThreadPoolExecutor(len(ledgers)) as pool:
            writers = [pool.submit(
                ledger.submit_until_lost, Client(daemon.api.url, contract), f"{number}-{round_number}",
                [chance.choice((1, 3, 20, 1500)) for _ in range(200)]) for number, ledger in enumerate(ledgers)]
            eventually(lambda: sum(len(ledger.acknowledged) for ledger in ledgers) >= enough, "jobs are acknowledged")
            daemon.kill9()
            for writer in writers:
                writer.result()
        daemon.start()
    for ledger in ledgers:
        for key, names in ledger.attempted.items():
            ledger.submit(daemon.api, key, len(names))  # known to the daemon or not: now it is there once
    expected = {job for ledger in ledgers for job, _ in ledger.acknowledged.values()}
    listed = [job["id"] for page in daemon.api.pages(limit=1000) for job in page]
    assert len(listed) == len(set(listed)) and set(listed) == expected, "jobs of the ledgers, each once"
    for ledger in ledgers:
        for job, names in ledger.acknowledged.values():
            check_job(daemon.api, job, names)
