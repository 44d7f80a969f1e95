"""Memory that request bodies take: JSON that is made to become much, and a long list of names."""

import contextlib
import re
import statistics
import time

import machine
from daemon import Daemon

MIB = 1024 * 1024
HEAD = b'{"kind":"domains","domains":['
ELEMENTS = {"{}": b"{}", "[]": b"[]", '"a"': b'"a"', "long strings": b'"' + b"a" * 2000 + b'"'}


def _rss_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return 1024 * int(re.search(r"^VmRSS:\s+(\d+)", file.read(), re.MULTILINE).group(1))


def _reset_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def _send(daemon, body, query=""):
    """Seconds until the answer, whatever it says."""
    with contextlib.closing(daemon.connect(300.0)) as connection:
        started = time.monotonic()
        connection.request("POST", f"/jobs{query}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 202, 422):
            raise machine.BenchError(f"a body is answered by {answer.status}")
        return time.monotonic() - started


def measure_bodies(bench):
    """Growth of memory for each shape, what is left of it, and how long a list of names takes."""
    sizes, report = bench.sizes, bench.report
    report.section(f"Bodies: JSON of {sizes.body / MIB:.0f} MiB, and of {sizes.large:,} names")
    names = HEAD.replace(b"{", b'{"run_at":"2040-01-01T00:00:00Z",') + b",".join(
        b'"name%07d.example.test"' % i for i in range(sizes.large)) + b"]}"
    with Daemon(bench.build_dir, bench.dir, bench.nsd.address,
                {"api.max_json": "64M"}) as daemon:
        _send(daemon, names[:-2] + b',"x"]}')  # not counted: here the store fills its cache
        before = _rss_bytes(daemon.pid)
        for name, element in ELEMENTS.items():
            report.say(f"bodies of {name}")
            body = HEAD + b",".join([element] * (sizes.body // (len(element) + 1))) + b"]}"
            _reset_peak(daemon.pid)
            start = _rss_bytes(daemon.pid)
            _send(daemon, body, "?dry_run=true")
            grown = machine.peak_rss_bytes(daemon.pid) - start
            report.at_most(f"memory of a body of {name}, beyond 8 MiB, times its size",
                           max(0, grown - 8 * MIB) / len(body), 4)
        seconds, cpu = [], daemon.cpu_seconds()
        for _ in range(sizes.rounds):
            report.say(f"bodies of {sizes.large:,} names")
            seconds.append(_send(daemon, names))
        report.note("a list of names, until its 202", f"{statistics.median(seconds):.2f} s")
        report.note("  CPU of the daemon",
                    f"{(daemon.cpu_seconds() - cpu) / sizes.rounds:.2f} s")
        report.at_most("memory afterwards / before", _rss_bytes(daemon.pid) / before, 1.2)
