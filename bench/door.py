"""What requests cost that need no store: /healthz, and a scrape of /metrics."""

import contextlib
import gzip
import statistics

import machine

CLIENTS = 8
FORMS = {"text": {}, "text, gzip": {"Accept-Encoding": "gzip"},
         "OpenMetrics": {"Accept": "application/openmetrics-text"}}


def measure_requests(bench):
    """Requests a second of an idle daemon, and how long a scrape holds its loop."""
    sizes, report = bench.sizes, bench.report
    report.section("Requests: an idle daemon")
    rates, loops = [], []
    taken = {form: [] for form in FORMS}
    for number in range(sizes.rounds):
        report.say(f"requests, round {number + 1} of {sizes.rounds}")
        with bench.daemon() as daemon:
            before = daemon.loop_cpu_seconds()
            figures = bench.run_clients(daemon, CLIENTS, sizes.gets, "/healthz")
            loops.append((daemon.loop_cpu_seconds() - before) / sizes.gets * 1e6)
            if figures["unexpected"]:
                raise machine.BenchError(f"{figures['unexpected']:.0f} answers other than 200")
            rates.append(figures["per_second"])
            for form, headers in FORMS.items():
                n_lines, n_bytes, seconds = _scrape(daemon, sizes.scrapes, headers)
                taken[form].append(seconds * 1e3)
                if number == 0 and form == "text":
                    report.at_most("lines of /metrics", n_lines, 400, "{:.0f}")
                if number == 0:
                    report.note(f"bytes of /metrics, {form}", f"{n_bytes:,}")
    for form, milliseconds in taken.items():
        report.at_most(f"time of the loop a scrape, {form}, ms", statistics.median(milliseconds), 0.2,
                       "{:.3f}")
    report.note(f"/healthz, {CLIENTS} keep-alive clients", f"{statistics.median(rates):,.0f}/s")
    report.note("time of the loop a /healthz", f"{statistics.median(loops):.1f} us")


def _scrape(daemon, times, headers):
    """Scrape one after the other. Returns lines, bytes on the wire, seconds of the loop each."""
    with contextlib.closing(daemon.connect(30.0)) as connection:
        before = daemon.loop_cpu_seconds()
        for _ in range(times):
            connection.request("GET", "/metrics", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        seconds = (daemon.loop_cpu_seconds() - before) / times
    text = gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body
    return text.count(b"\n"), len(body), seconds
