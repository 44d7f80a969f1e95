"""What ten thousand schedules cost."""

import collections
import concurrent.futures
import contextlib
import datetime
import json
import time

import machine
import servers
from daemon import histogram_quantile

CLIENTS = 8


def measure_schedules(bench):
    """Schedules of one name each, all with the same interval: CPU, lag, memory, when runs begin."""
    sizes, report = bench.sizes, bench.report
    count, every = sizes.schedules, sizes.schedule_every
    report.section(f"Schedules: {count:,} of one name each, every {every} s")
    with bench.daemon() as daemon, contextlib.closing(daemon.connect()) as connection:
        report.say(f"schedules, {count:,} are added")
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda i: _add(daemon, range(i, count, CLIENTS), every), range(CLIENTS)))
        report.note("schedules added a second", f"{count / (time.monotonic() - begin):,.0f}")
        report.say(f"schedules, {3 * every} s of them")
        time.sleep(every * 1.2)  # the first round writes each outcome, and fills all caches
        before, cpu = daemon.metrics(connection), daemon.cpu_seconds()
        seconds = _sample(daemon, connection, 2 * every)
        after = daemon.metrics(connection)
        cpu = daemon.cpu_seconds() - cpu
        peak = machine.peak_rss_bytes(daemon.pid)
        begun = _begun(daemon, connection)
    _report(bench, seconds, begun, cpu)
    report.below("loop lag p99, ms",
                 1e3 * histogram_quantile(before, after, "asyncprobed_loop_lag_seconds", 0.99),
                 250, "{:.2f}")
    report.below("peak memory, MiB", peak / 1024 / 1024, 96, "{:.1f}")
    report.none("schedules without two runs", sum(len(runs) < 2 for runs in begun.values())
                + count - len(begun))
    report.none("runs missing or too many", sum(_count_wrong(runs, every) for runs in begun.values()))


def _add(daemon, numbers, every):
    with contextlib.closing(daemon.connect()) as connection:
        for number in numbers:
            body = {"every": f"{every}s", "name": f"s{number}",
                    "job": {"kind": "domains", "domains": [f"s{number}.{servers.WILD}"]}}
            connection.request("POST", "/schedules", json.dumps(body),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201:
                raise machine.BenchError(f"POST /schedules answers {answer.status}: {text[:200]!r}")


def _started(text):
    for line in text.splitlines():
        if line.startswith('asyncprobed_schedule_runs_total{outcome="started"}'):
            return float(line.split()[1])
    raise machine.BenchError("no count of runs")


def _sample(daemon, connection, duration):
    """Each second: how many runs were started, and how much CPU was used."""
    seconds = []
    end = time.monotonic() + duration
    last = time.monotonic(), _started(daemon.metrics(connection)), daemon.cpu_seconds()
    while time.monotonic() < end:
        time.sleep(max(0.0, last[0] + 1.0 - time.monotonic()))
        now = time.monotonic(), _started(daemon.metrics(connection)), daemon.cpu_seconds()
        seconds.append((now[1] - last[1], (now[2] - last[2]) / (now[0] - last[0])))
        last = now
    return seconds


def _begun(daemon, connection):
    """When the runs of each schedule were made, the last one first."""
    begun, cursor = collections.defaultdict(list), ""
    while True:
        connection.request("GET", f"/jobs?limit=1000{cursor}")
        page = json.loads(connection.getresponse().read())
        for job in page["jobs"]:
            made = datetime.datetime.fromisoformat(job["created_at"].replace("Z", "+00:00"))
            begun[job["schedule_id"]].append(made.timestamp())
        if page["next"] is None:
            return begun
        cursor = f"&cursor={page['next']}"


def _count_wrong(runs, every):
    """Runs of a schedule that are missing between two others, or too many."""
    gaps = (later - earlier for later, earlier in zip(runs, runs[1:]))
    return sum(abs(round(gap / every) - 1) for gap in gaps)


def _report(bench, seconds, begun, cpu):
    report = bench.report
    quiet = [used for runs, used in seconds if runs == 0]
    busy = [used for runs, used in seconds if runs > 0]
    # the scrape of each second is in these too
    if quiet:
        report.below(f"CPU between bursts, % of a core ({len(quiet)} s)",
                     100 * sum(quiet) / len(quiet), 5)
    else:
        report.not_run("CPU between bursts", "there was no second without a run")
    if busy:
        report.note(f"CPU in bursts, % of a core ({len(busy)} s)", f"{100 * sum(busy) / len(busy):.0f}")
    total = sum(runs for runs, _ in seconds)
    report.note("CPU a run, us", f"{cpu / max(total, 1) * 1e6:.0f}")
    made = collections.Counter(int(run) for runs in begun.values() for run in runs[:2])
    report.below("share of the runs in the fullest second, %",
                 100 * max(made.values(), default=0) / bench.sizes.schedules, 30, "{:.1f}")
