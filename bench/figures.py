"""What is measured. Each function here fills one section of the table."""

import contextlib
import dataclasses
import os
import shutil
import statistics
from dataclasses import dataclass

import machine
import rivals
import servers
from daemon import Daemon, Scraper, histogram_quantile

MIB = 1024 * 1024


@dataclass
class Sizes:
    """How much is measured."""

    rounds: int = 3
    listed: int = 200_000  # names of the zone's list
    windows: tuple = (64, 128, 256, 512, 1000)  # of the bare loop
    slots: tuple = (50, 100, 200, 500, 1000, rivals.MASSDNS_SLOTS)  # of massdns
    lookups: tuple = (250, 1000)  # of the engine alone, at a time
    small: int = 10_000
    middle: int = 100_000
    large: int = 1_000_000
    huge: int = 0  # 10,000,000 with --full
    keyword_jobs: int = 200
    posts: int = 20_000
    gets: int = 100_000
    scrapes: int = 5000
    clients: int = 64
    files: int = 20_000
    connections: int = 100  # to the server of the files
    repeats: int = 5  # how often each of the files is in the job that memory is measured with
    huge_file: int = 2 << 30  # bytes
    handshakes: int = 500
    body: int = 30 << 20  # bytes
    faulted: int = 1_000_000  # names that faulty servers are asked
    limited: int = 10  # seconds that a server has a limit
    schedules: int = 10_000
    schedule_every: int = 60  # seconds
    registrations: int = 1_000_000
    registration_seconds: int = 100  # that RDAP is watched, before a kill and after it


QUICK = Sizes(rounds=1, listed=10_000, windows=(128,), slots=(1000, rivals.MASSDNS_SLOTS), lookups=(250,), small=1000, middle=2000,
              large=20_000, keyword_jobs=10, posts=500, gets=500, scrapes=50, files=500, repeats=2, huge_file=8 << 20,
              handshakes=20, body=1 << 20, faulted=2000, limited=3, schedules=300, schedule_every=5,
              registrations=4000, registration_seconds=3)


@dataclass
class Bench:
    """What every measurement needs."""

    build_dir: str
    dir: str  # the run's own directory
    massdns: str  # path, or empty
    sizes: Sizes
    nsd: servers.Nsd
    report: object
    n_jobs: int = 0
    n_wrong: int = 0  # verdicts in run_job's jobs

    def daemon(self):
        """A fresh daemon that asks our NSD."""
        return Daemon(self.build_dir, self.dir, self.nsd.address)

    def run_job(self, daemon, count, patience=600.0):
        """A job of `count` new names. Returns seconds from POST to the last result."""
        prefix = f"j{self.n_jobs:04d}x"
        self.n_jobs += 1
        job, seconds = daemon.run_lines(servers.numbered_lines(prefix, count),
                                        servers.numbered_length(prefix, count), patience)
        self.n_wrong += count_wrong(job, count)
        return seconds

    def run_clients(self, daemon, clients, requests, what):
        """Keep-alive clients that post jobs under a suffix, or get a path. Returns figures."""
        program = os.path.join(self.build_dir, "bench", "post_jobs")
        out, _, _ = machine.run([program, str(daemon.port), str(clients), str(requests), what,
                                 "120"], 150)
        return {key: float(value) for key, value in (field.split("=") for field in out.split())}


def count_wrong(job, count):
    """Names without their right verdict in a job of which every second name is present."""
    counts = job["counts"]
    return max(abs(counts["found"] - (count + 1) // 2),
               abs(counts["not_found"] - count // 2), counts["error"])


def measure_rate(bench):
    """The whole daemon against the bare evdns loop and massdns, on the same names."""
    sizes, report = bench.sizes, bench.report
    report.section(f"Rate: {sizes.listed:,} names, half of them present, POST to last result")
    steps = [("bare", window) for window in sizes.windows]
    if bench.massdns:
        steps += [("massdns", slots) for slots in sizes.slots]
    steps += [("engine", window) for window in sizes.lookups]
    steps.append(("daemon", 0))
    runs = _run_in_turn(bench, steps)
    best = _report_rate(bench, runs)
    if "daemon" in best and "bare" in best:
        report.at_least("asyncprobed / bare evdns loop",
                        best["daemon"].per_second / best["bare"].per_second, 0.7)
    _report_cpu(report, best)
    _report_against_massdns(bench, best, 1.25)
    usual = runs.get(("massdns", rivals.MASSDNS_SLOTS))
    if "daemon" in best and usual:
        report.at_least(f"asyncprobed / massdns -o J -s {rivals.MASSDNS_SLOTS}, its default",
                        best["daemon"].per_second / _median_run(usual).per_second, 2.0)


def measure_light(bench):
    """The same against a server that costs next to nothing, which leaves the cost of the clients."""
    sizes, report = bench.sizes, bench.report
    report.section(f"Rate with a light server: {sizes.listed:,} names, half of them present")
    steps = [("massdns", slots) for slots in sizes.slots] if bench.massdns else []
    steps.append(("daemon", 0))
    with servers.Responder(bench.build_dir) as responder:
        light = dataclasses.replace(bench, nsd=responder)
        best = _report_rate(light, _run_in_turn(light, steps))
    _report_against_massdns(bench, best, 1.6)


def _run_in_turn(bench, steps):
    sizes, report = bench.sizes, bench.report
    names = ("\n".join(servers.listed_names(sizes.listed)) + "\n").encode("ascii")
    path = os.path.join(bench.dir, "names")
    with open(path, "wb") as file:
        file.write(names)
    runs = {step: [] for step in steps}
    for number in range(sizes.rounds):
        report.say(f"rate, round {number + 1} of {sizes.rounds}")
        turn = number * len(steps) // sizes.rounds  # no one is always first, or always last
        for step in steps[turn:] + steps[:turn]:
            with noting(report, f"{step[0]} {step[1] or ''}".strip()):
                runs[step].append(_one_run(bench, step, path, names))
    os.unlink(path)
    return runs


def _one_run(bench, step, path, names):
    kind, setting = step
    count = bench.sizes.listed
    if kind == "bare":
        return rivals.bare(bench.build_dir, bench.nsd, path, count, setting)
    if kind == "engine":
        return rivals.engine(bench.build_dir, bench.dir, bench.nsd, path, count, setting)
    if kind == "massdns":
        return rivals.massdns(bench.massdns, bench.dir, bench.nsd, path, count, setting)
    with bench.daemon() as daemon:
        before, server_before = daemon.cpu_seconds(), bench.nsd.cpu_seconds()
        job, seconds = daemon.run_lines([names], len(names), 300.0)
        cpu, server = daemon.cpu_seconds() - before, bench.nsd.cpu_seconds() - server_before
    return rivals.Run(count / seconds, cpu / count * 1e6, server / count * 1e6,
                      count_wrong(job, count))


def _report_rate(bench, runs):
    report = bench.report
    best = {}
    for kind, setting_name in (("bare", "window"), ("massdns", "-s"), ("engine", "lookups"),
                               ("daemon", "")):
        medians = {setting: _median_run(taken) for (k, setting), taken in runs.items()
                   if k == kind and taken}
        if not medians:
            continue
        setting, best[kind] = max(medians.items(), key=lambda item: item[1].per_second)
        for each, run in sorted(medians.items()):
            label = {"bare": "bare evdns loop", "massdns": "massdns -o J",
                     "engine": "DNS engine alone", "daemon": "asyncprobed"}[kind]
            mark = f", {setting_name} {each}" if setting_name else ""
            report.note(label + mark + (" (best)" if setting_name and each == setting else ""),
                        f"{run.per_second:,.0f}/s")
        report.note("  its CPU, and the server's, a name",
                    f"{best[kind].cpu_us:.1f} + {best[kind].server_cpu_us:.1f} us")
        report.none("  wrong or lost answers", max(run.n_wrong for (k, _), taken in runs.items()
                                                  if k == kind for run in taken))
    return best


def _report_against_massdns(bench, best, least):
    report = bench.report
    if not bench.massdns:
        report.skipped("asyncprobed / massdns -o J", "MASSDNS does not name the program")
    elif "daemon" in best and "massdns" in best:
        report.at_least("asyncprobed / massdns -o J",
                        best["daemon"].per_second / best["massdns"].per_second, least)


def _report_cpu(report, best):
    """What a name costs, of each at its best rate: this holds on a busy machine too."""
    for kind, label, rival, rival_label, most in (
            ("engine", "DNS engine", "bare", "bare evdns loop", 0.7),
            ("engine", "DNS engine", "massdns", "massdns -o J", 0.5),
            ("daemon", "asyncprobed", "massdns", "massdns -o J", 0.8)):
        if kind in best and rival in best:
            report.at_most(f"CPU a name, {label} / {rival_label}",
                           best[kind].cpu_us / best[rival].cpu_us, most)


def _median_run(taken):
    return rivals.Run(*(statistics.median(getattr(run, field) for run in taken)
                        for field in ("per_second", "cpu_us", "server_cpu_us", "n_wrong")))


def measure_scale(bench):
    """Memory, time a name, loop lag and scrapes, as jobs grow."""
    sizes, report = bench.sizes, bench.report
    counts = (sizes.small, sizes.middle, sizes.large)
    micros = {count: [] for count in counts}
    peaks, lags, scrapes = [], [], []
    report.section(f"Scale: jobs of {sizes.small:,}, {sizes.middle:,} and {sizes.large:,} names")
    for number in range(sizes.rounds):
        report.say(f"scale, round {number + 1} of {sizes.rounds}")
        with bench.daemon() as daemon:
            bench.run_job(daemon, sizes.small)  # not counted: here it finds its window
            for count, times in ((sizes.small, 5), (sizes.middle, 2)):
                for _ in range(times):
                    micros[count].append(bench.run_job(daemon, count) / count * 1e6)
            with Scraper(daemon) as scraper:
                micros[sizes.large].append(bench.run_job(daemon, sizes.large) / sizes.large * 1e6)
            peaks.append(machine.peak_rss_bytes(daemon.pid))
        if scraper.error is not None:
            raise machine.BenchError(f"scraping failed: {scraper.error!r}")
        lags.append(1e3 * histogram_quantile(scraper.first, scraper.last,
                                             "asyncprobed_loop_lag_seconds", 0.99))
        scrapes += scraper.seconds
    medians = {count: statistics.median(taken) for count, taken in micros.items()}
    for count, each in medians.items():
        report.note(f"time a name, job of {count:,}", f"{each:.2f} us")
    report.at_most("slowest size / fastest size",
                   max(medians.values()) / min(medians.values()), 1.15)
    report.below(f"peak memory, {sizes.large:,} names, MiB", max(peaks) / MIB, 64, "{:.1f}")
    report.below("loop lag p99 meanwhile, ms", statistics.median(lags), 20, "{:.2f}")
    report.below(f"slowest of {len(scrapes)} scrapes meanwhile, ms", 1e3 * max(scrapes), 50,
                 "{:.1f}")
    _measure_huge(bench, statistics.median(peaks))
    report.none("wrong or lost answers in these jobs", bench.n_wrong)


def _measure_huge(bench, usual_peak):
    count, report = bench.sizes.huge, bench.report
    if not count:
        report.skipped("peak memory, 10,000,000 names", "only with --full")
        return
    report.say(f"scale, one job of {count:,} names")
    with bench.daemon() as daemon:
        seconds = bench.run_job(daemon, count, 3600.0)
        peak = machine.peak_rss_bytes(daemon.pid)
    report.note(f"time a name, job of {count:,}", f"{seconds / count * 1e6:.2f} us")
    report.note(f"peak memory, {count:,} names, MiB", f"{peak / MIB:.1f}")
    report.at_most("that / peak memory of the smaller job", peak / usual_peak, 1.10)


def measure_latency(bench):
    """A small job: the short Python keywords under .dev."""
    report = bench.report
    report.section("Latency: 18 names, POST to last result")
    body = {"kind": "domains", "preset": "python-keywords", "max_length": 4, "tlds": ["dev"]}
    report.say(f"latency, {bench.sizes.keyword_jobs} jobs")
    with bench.daemon() as daemon, contextlib.closing(daemon.connect(30.0)) as connection:
        daemon.run_small(connection, body, 18)  # not counted: first pages, first commit
        taken = sorted(1e3 * daemon.run_small(connection, body, 18)
                       for _ in range(bench.sizes.keyword_jobs))
    report.below(f"median of {len(taken)} jobs, ms", statistics.median(taken), 25, "{:.1f}")
    report.note("95 of 100 within, ms", f"{taken[len(taken) * 95 // 100]:.1f}")


def measure_acknowledged(bench):
    """Many clients, one-name jobs, each on disk before its 202; and what the disk gives."""
    sizes, report = bench.sizes, bench.report
    runs, syncs = [], []
    report.section(f"Acknowledged jobs: {sizes.clients} keep-alive clients, one name a job")
    for number in range(sizes.rounds):
        report.say(f"acknowledged jobs, round {number + 1} of {sizes.rounds}")
        syncs.append(machine.syncs_per_second(bench.dir, 1.0))
        with bench.daemon() as daemon:
            before = daemon.cpu_seconds()
            figures = bench.run_clients(daemon, sizes.clients, sizes.posts, servers.WILD)
            cpu = daemon.cpu_seconds() - before
        figures["cpu_us"] = cpu / sizes.posts * 1e6
        runs.append(figures)
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    report.at_least("jobs a second", median["per_second"], 3000, "{:,.0f}")
    report.none("answers other than 202", max(run["unexpected"] for run in runs))
    report.note("answer time, median and p99",
                f"{median['p50_ms']:.1f} / {median['p99_ms']:.1f} ms")
    report.note("CPU of the daemon a job", f"{median['cpu_us']:.0f} us")
    report.note("4 KiB + fdatasync, raw loop", f"{statistics.median(syncs):,.0f}/s")


def measure_retention(bench):
    """What small commits feel while the results of a big job are swept away and the file shrinks."""
    sizes, report = bench.sizes, bench.report
    program = os.path.join(bench.build_dir, "bench", "store_sweep")
    report.section(f"Retention: a job of {sizes.large:,} results goes while others are committed")
    for block, kind in ((600, "in blocks as a fast job leaves them"), (1, "each stored by itself")):
        runs = []
        for number in range(sizes.rounds):
            report.say(f"retention, {kind}, round {number + 1} of {sizes.rounds}")
            directory = os.path.join(bench.dir, f"sweep-{block}-{number}")
            os.mkdir(directory)
            out, _, _ = machine.run([program, directory, str(sizes.large), str(block), "250"], 300)
            shutil.rmtree(directory)
            runs.append({key: float(value) for key, value in
                         (field.split("=") for field in out.split())})
        median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        report.note("results " + kind, f"{median['big_mib']:.0f} MiB")
        report.below(f"retention of {sizes.large:,} results, worst delay of a commit, ms",
                     max(run["sweep_worst_ms"] for run in runs), 50, "{:.1f}")
        report.note("  p99 meanwhile; without, p99 and worst, ms",
                    f"{median['sweep_p99_ms']:.1f}; {median['quiet_p99_ms']:.1f}, "
                    f"{max(run['quiet_worst_ms'] for run in runs):.1f}")
        report.note("  until all is swept", f"{median['sweep_seconds']:.1f} s")
        report.below("  the file afterwards, MiB", max(run["end_mib"] for run in runs), 2, "{:.1f}")


@contextlib.contextmanager
def noting(report, name):
    """Let the rest go on when one thing can't run."""
    try:
        yield
    except machine.BenchError as error:
        report.not_run(name, str(error))


MEASUREMENTS = {
    "rate": measure_rate,
    "light": measure_light,
    "scale": measure_scale,
    "latency": measure_latency,
    "acknowledged": measure_acknowledged,
    "retention": measure_retention,
}
