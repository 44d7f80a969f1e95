"""Registrations: many names at slow registries. Memory, the use of the allowed rates, and a kill in the middle."""

import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

import machine
from daemon import Daemon

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "stub"))

from rdap_stub import RdapStub  # noqa: E402

N_HOSTS, RATE = 5, 50  # answers a second of each
TLDS = ("app art biz blog cafe city club dev email fun games info live online page shop site store tech wiki").split()
KEYWORDS = ("and as assert async await break class continue def del elif else except finally for from global if").split()
MAX_MEMORY = 96 << 20
QUERY = "kind=domains&check=registration"


def _settings(directory, stubs):
    path = os.path.join(directory, "rdap-overrides.json")
    servers = {tld: stubs[i % len(stubs)].url for i, tld in enumerate(TLDS)}
    pathlib.Path(path).write_text(json.dumps(servers), encoding="ascii")
    return {"registration.overrides": path, "registration.allow_http": "yes", "registration.bootstrap_url": "",
            "registration.rates": ",".join(f"{s.host}={RATE}" for s in stubs), "targets.allow": "127.0.0.0/8",
            "targets.ports": ",".join(s.host.partition(":")[2] for s in stubs)}


def _lines(count):
    """Half of the names exist. They come a suffix after the other, which is the hardest order."""
    for tld in TLDS:
        part = [f"{'found' if i % 2 else 'free'}-{i}.{tld}\n" for i in range(count // len(TLDS))]
        for start in range(0, len(part), 1000):
            yield "".join(part[start:start + 1000]).encode()


@contextlib.contextmanager
def _dns_stub(build_dir):
    program = os.path.join(build_dir, "tests", "stub", "dns_stub")
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield "127.0.0.1:" + process.stdout.readline().split()[1]
        finally:
            process.stdin.close()


def _until(check, seconds):
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise machine.BenchError(f"nothing for {seconds} s")
        time.sleep(0.2)


def _watch_rates(daemon, stubs, seconds):
    """The lowest share of its rate that a host was asked at, and the most memory so far."""
    before = [len(s.times) for s in stubs]
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        time.sleep(0.5)
    memory = machine.peak_rss_bytes(daemon.pid)
    passed = time.monotonic() - begin
    return min((len(s.times) - n) / passed / RATE for s, n in zip(stubs, before)), memory


def _rows(daemon, job):
    """The absent names that have results, with how often each."""
    return collections.Counter(row["domain"] for row in daemon.results(job, "format=ndjson&status=available"))


def _measure_many(bench, daemon, stubs):
    report, count, seconds = bench.report, bench.sizes.registrations, bench.sizes.registration_seconds
    begin = time.monotonic()
    lines = list(_lines(count))
    job = daemon.post_lines(lines, sum(map(len, lines)), QUERY)
    total = count // len(TLDS) * len(TLDS)
    report.say("registrations: the DNS part")
    _until(lambda: daemon.show(job)["counts"]["registered"] >= total // 2, 600)
    report.note("DNS part, names/s", f"{total / (time.monotonic() - begin):,.0f}")
    report.say(f"registrations: RDAP, for {seconds} s")
    share, memory = _watch_rates(daemon, stubs, seconds)
    stored = _rows(daemon, job)
    asked = {name: sum(s.asked[name] for s in stubs) for name in stored}
    daemon.kill_and_restart()
    report.say(f"registrations: after a kill, for {seconds} s")
    _until(lambda: daemon.show(job)["completed"] > total // 2 + len(stored), 600)
    share_after, memory_after = _watch_rates(daemon, stubs, seconds)
    kept = _rows(daemon, job)
    report.at_most("memory, MiB", max(memory, memory_after) / (1 << 20), MAX_MEMORY / (1 << 20), "{:.1f}")
    report.at_least("least use of a host's rate", share, 0.9)
    report.at_least("the same after a kill", share_after, 0.9)
    report.none("requests over a host's rate", sum(s.n_over for s in stubs))
    report.none("verdicts lost by a kill", len(stored - kept))
    report.none("verdicts told twice", sum(n > 1 for n in kept.values()))
    report.none("stored names that were asked again",
                sum(sum(s.asked[name] for s in stubs) != n for name, n in asked.items()))


def measure_registrations(bench):
    """A long job, killed in the middle, and a short one on a cold start."""
    report = bench.report
    report.section(f"Registrations: {bench.sizes.registrations:,} names of {len(TLDS)} suffixes, half absent, "
                   f"{N_HOSTS} RDAP servers of {RATE} answers/s")
    stubs = [RdapStub(f"127.0.0.{i + 2}", limit=RATE) for i in range(N_HOSTS)]
    try:
        with _dns_stub(bench.build_dir) as address:
            settings = _settings(bench.dir, stubs)
            with Daemon(bench.build_dir, bench.dir, address, settings, "registrations") as daemon:
                _measure_many(bench, daemon, stubs)
            with Daemon(bench.build_dir, bench.dir, address, settings, "keywords") as daemon:
                begin = time.monotonic()
                names = "".join(f"{word}.dev\n" for word in KEYWORDS).encode()
                job = daemon.post_lines([names], len(names), QUERY)
                daemon.wait_done(job, 60)
                report.below(f"{len(KEYWORDS)} keywords under .dev, cold, s", time.monotonic() - begin, 1)
    finally:
        for stub in stubs:
            stub.close()
