"""Verdicts among servers that answer in bad ways, and the rate that is found of one with a limit."""

import contextlib
import time

import machine
import servers
from daemon import NAMES, Daemon

TIMEOUT_MS, SLOW_MS = 1000, 1500
LIMIT = 1000  # queries a second
RECOVERED = 10  # times the limit

# Words that names begin with, in a thousand of them; other names exist by the parity of their bytes.
SERVFAIL = {"servfailonce": 20}
OTHER = {"othername": 10}
SPOOFED = {"spoof": 10, "wrongid": 10, "othername": 10, "othertype": 10}
TWICE = {"dup": 500, "dupnx": 500}
ALL = {**SERVFAIL, **SPOOFED, "dup": 470, "dupnx": 470}
NOT_THERE = ("dupnx",)

# name: words, options of three servers of which the second and third may be absent
FAULTS = {
    "every answer twice": (TWICE, [()]),
    "5 % lost": ({}, [("--drop-every", 20)]),
    "2 % SERVFAIL": (SERVFAIL, [()]),
    "1 % later than the time-out": ({}, [("--slow-share", 1, "--slow-ms", SLOW_MS)]),
    "1 % with another question first": (OTHER, [()]),
    "spoofed by id, name, source and type": (SPOOFED, [()]),
    "one of three servers lies": ({}, [("--default", "found", "--lies"), (), ()]),
    "one fails at once": ({}, [("--servfail-all",), ()]),
    "all of these": (ALL, [("--default", "found", "--lies"), ("--servfail-all",),
                           ("--drop-every", 20, "--slow-share", 1, "--slow-ms", SLOW_MS),
                           ("--drop-every", 20, "--slow-share", 1, "--slow-ms", SLOW_MS)]),
}


def _names(words, count):
    """`count` names, those with words spread evenly."""
    kinds = [word for word, share in words.items() for _ in range(share)]
    kinds += ["name"] * (1000 - len(kinds))
    return [f"{kinds[i * 617 % 1000]}-{i}.example" for i in range(count)]


def _exists(name):
    word = name.partition("-")[0]
    if word == "name":
        return (1 + sum(name.encode("ascii"))) & 1 == 1  # the lowest bit of the stub's hash
    return word not in NOT_THERE


def _verdicts(daemon, job):
    """Wrong verdicts, errors, and what the counts differ by from the rows."""
    n_wrong = n_errors = 0
    seen = dict.fromkeys(job["counts"], 0)
    with contextlib.closing(daemon.connect(300.0)) as connection:
        connection.request("GET", f"/jobs/{job['id']}/results?format=ndjson")
        for line in connection.getresponse():
            name = line.partition(b'"domain":"')[2].partition(b'"')[0].decode("ascii")
            status = line.partition(b'"status":"')[2].partition(b'"')[0].decode("ascii")
            seen[status] += 1
            if status == "error":
                n_errors += 1
            elif (status == "found") != _exists(name):
                n_wrong += 1
    return n_wrong, n_errors, sum(abs(seen[key] - n) for key, n in job["counts"].items())


def measure_accuracy(bench):
    """Each fault, and all together: no wrong verdict, exact counts, no name left over."""
    report, count = bench.report, bench.sizes.faulted
    report.section(f"Accuracy: {count:,} names a fault, time-out {TIMEOUT_MS} ms, 8 attempts")
    settings = {"dns.timeout": f"{TIMEOUT_MS}ms", "dns.attempts": 8}
    for fault, (words, options) in FAULTS.items():
        report.say(f"accuracy, {fault}")
        names = _names(words, count)
        lines = ("\n".join(names) + "\n").encode("ascii")
        with contextlib.ExitStack() as stack:
            stubs = [stack.enter_context(servers.Stub(bench.build_dir, "--default", "half", *each))
                     for each in options]
            address = ",".join(stub.address for stub in stubs)
            with Daemon(bench.build_dir, bench.dir, address, settings) as daemon:
                job, seconds = daemon.run_lines([lines], len(lines), 1200.0)
                n_wrong, n_errors, n_off = _verdicts(daemon, job)
        report.none(f"{fault}: wrong verdicts", n_wrong)
        report.none("  counts that differ from the rows, names left over",
                    n_off + abs(count - sum(job["counts"].values())))
        report.note("  errors; names a second", f"{n_errors}; {count / seconds:,.0f}/s")


def _completed(daemon, connection, job):
    return daemon.get(connection, f"/jobs/{job['id']}")["completed"]


def measure_limited(bench):
    """A server that is silent beyond a limit: how near to it we come, and how soon after it is gone."""
    report, seconds = bench.report, bench.sizes.limited
    report.section(f"A server that is silent beyond {LIMIT:,} queries a second")
    count = LIMIT * (seconds + 5) + 400_000
    lines = servers.numbered_lines("limit", count)
    with servers.Responder(bench.build_dir, LIMIT) as responder, \
            Daemon(bench.build_dir, bench.dir, responder.address, {"dns.attempts": 8}) as daemon, \
            contextlib.closing(daemon.connect()) as connection:
        job = daemon.post_lines(lines, servers.numbered_length("limit", count), NAMES)
        time.sleep(5)  # it finds the limit
        before, started = _completed(daemon, connection, job), time.monotonic()
        time.sleep(seconds)
        rate = (_completed(daemon, connection, job) - before) / (time.monotonic() - started)
        report.at_least("names a second / the limit", rate / LIMIT, 0.8)
        responder.lift()
        started = time.monotonic()
        taken = _wait_recovered(daemon, connection, job, started)
        job = daemon.wait_done(job, 300.0)
    report.at_most(f"seconds until {RECOVERED} times the limit, once it is gone", taken, 10, "{:.1f}")
    report.note("errors of all names", f"{job['counts']['error']} of {count:,}")


def _wait_recovered(daemon, connection, job, started):
    last, last_at = _completed(daemon, connection, job), started
    while time.monotonic() - started < 60:
        time.sleep(0.25)
        now, at = _completed(daemon, connection, job), time.monotonic()
        if now == job["total"] or (now - last) / (at - last_at) >= RECOVERED * LIMIT:
            return at - started
        last, last_at = now, at
    raise machine.BenchError("the rate stays low for a minute")
