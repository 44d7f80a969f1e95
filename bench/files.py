"""What is measured of downloads: rate, memory, many hosts, TLS."""

import hashlib
import os
import shutil
import statistics

import machine
import origin
import rivals
import servers
from daemon import FILES, Daemon, histogram_quantile
from figures import MIB, noting

LABELS = {"bare": "bare multi loop, bodies thrown away", "curl": "curl -Z, saved",
          "daemon": "asyncprobed, saved and hashed", "unsaved": "asyncprobed, save: false, hashed",
          "hosts": "asyncprobed, each file another host"}
MEAN_ON_DISK = 14_500  # bytes that a file takes, its name and its blocks


def measure_files(bench):
    """Files of 1 to 36 kB from nginx; one of 2 GiB; handshakes."""
    sizes = bench.sizes
    need = MEAN_ON_DISK * sizes.files * (3 * sizes.rounds + sizes.repeats + 1) + 2 * sizes.huge_file
    if shutil.disk_usage(bench.dir).free < need * 1.2:
        raise machine.BenchError(f"{need * 1.2 / 1e9:.0f} GB of disk are needed; see --work-dir")
    with origin.Nginx(bench.dir, sizes.files, sizes.huge_file) as nginx:
        parts = (("rate of files", _measure_rate), ("memory of files", _measure_memory),
                 ("a large file", _measure_large), ("handshakes", _measure_handshakes))
        for name, measure in parts:
            with noting(bench.report, name):
                measure(bench, nginx)


def _daemon(bench, nginx, name, **settings):
    """A fresh daemon that may fetch from our nginx; its files stay until all is done."""
    common = {"downloads.per_host": bench.sizes.connections,
              "downloads.total": bench.sizes.connections,
              "downloads.max_bytes": "4G", "downloads.ca_file": nginx.ca_file,
              "targets.allow": "127.0.0.0/8", "targets.ports": f"{nginx.port},{nginx.tls_port}"}
    return Daemon(bench.build_dir, bench.dir, bench.nsd.address, {**common, **settings}, name)


def _lines(urls):
    return ("\n".join(urls) + "\n").encode("ascii")


def _measure_rate(bench, nginx):
    """The daemon against a bare loop and curl; one host and many; the loop's lag meanwhile."""
    sizes, report = bench.sizes, bench.report
    path = os.path.join(bench.dir, "urls")
    with open(path, "wb") as file:
        file.write(_lines(nginx.url(i) for i in range(sizes.files)))
    report.section(f"Files: {sizes.files:,} of 1 to 36 kB, {sizes.connections} connections, "
                   "POST to last result")
    if not nginx.keeps_open:
        report.note("nginx opens each file anew", "ulimit -n is low")
    steps = list(LABELS)
    runs = {step: [] for step in steps}
    creations, creations_cpu, before = [], [], machine.times()
    rivals.bare_multi(bench.build_dir, nginx, path, sizes.files, sizes.connections)  # not counted
    for number in range(sizes.rounds):
        report.say(f"files, round {number + 1} of {sizes.rounds}")
        creation = machine.measure_creation(os.path.join(bench.dir, f"raw-{number}"))
        creations.append(creation[0])
        creations_cpu.append(creation[1])
        turn = number * len(steps) // sizes.rounds
        for step in steps[turn:] + steps[:turn]:
            with noting(report, LABELS[step]):
                os.sync()  # what the one before left is not written on this one's time
                runs[step].append(_one_run(bench, nginx, step, path, f"{step}-{number}"))
    medians = {step: _median_run(taken) for step, taken in runs.items() if taken}
    _report_rate(bench, medians)
    report.none("wrong or missing files", max(run.n_wrong for taken in runs.values()
                                              for run in taken))
    _report_bound(report, medians, statistics.median(creations), statistics.median(creations_cpu))
    total, idle, stolen = (now - then for now, then in zip(machine.times(), before))
    report.note("the machine meanwhile: idle, stolen by its host",
                f"{idle / total:.0%}, {stolen / total:.0%}")


def _report_bound(report, medians, creation_us, creation_cpu_us):
    """What bare loop, nginx and the creation of a file cost together allows; what we make of it."""
    report.note("create, write 10 kB, close, raw loop", f"{1e6 / creation_us:,.0f}/s")
    bare, ours = medians.get("bare"), medians.get("daemon")
    if bare is None or ours is None:
        return
    loops = bare.cpu_us + bare.server_cpu_us
    bound = os.cpu_count() * 1e6 / (loops + creation_us)
    report.note("no more than this can come of bare loop, nginx and that together", f"{bound:,.0f}/s")
    report.at_least("asyncprobed / that bound", ours.per_second / bound, 0.75)
    report.note("the same in CPU a file, which holds on a busy machine too",
                f"{(loops + creation_cpu_us) / (ours.cpu_us + ours.server_cpu_us):.2f}")


def _one_run(bench, nginx, step, urls_path, name):
    count, connections = bench.sizes.files, bench.sizes.connections
    if step == "bare":
        return rivals.bare_multi(bench.build_dir, nginx, urls_path, count, connections)
    if step == "curl":
        return rivals.curl(nginx, os.path.join(bench.dir, name), count, connections)
    if step == "hosts":
        lines = _lines(nginx.url(i, origin.host_name(i, servers.HOSTS)) for i in range(count))
    else:
        lines = _lines(nginx.url(i) for i in range(count))
    with _daemon(bench, nginx, name) as daemon:
        return _run_job(daemon, nginx, lines, count, connections, step != "unsaved")


def _run_job(daemon, nginx, lines, count, connections, saves):
    query = f"{FILES}&concurrency={connections}" + ("" if saves else "&save=false")
    connection = daemon.connect(30.0)
    metrics = daemon.metrics(connection)
    cpu, loop_cpu, server_cpu = (daemon.cpu_seconds(), daemon.loop_cpu_seconds(),
                                 nginx.cpu_seconds())
    job, seconds = daemon.run_lines([lines], len(lines), 600.0, query)
    cpu, loop_cpu, server_cpu = (daemon.cpu_seconds() - cpu, daemon.loop_cpu_seconds() - loop_cpu,
                                 nginx.cpu_seconds() - server_cpu)
    lag = histogram_quantile(metrics, daemon.metrics(connection), "asyncprobed_loop_lag_seconds",
                             0.99)
    connection.close()
    n_wrong = _count_lost(daemon, job, count)
    if saves:
        n_wrong = max(n_wrong, nginx.count_wrong(daemon.files_of(job), count))
    return rivals.Run(count / seconds, cpu / count * 1e6, server_cpu / count * 1e6, n_wrong,
                      loop_cpu / count * 1e6, lag * 1e3)


def _count_lost(daemon, job, count):
    """Files of a job that were not saved; the first one's fault is told."""
    n_lost = count - job["counts"]["ok"]
    if n_lost > 0:
        failed = daemon.results(job, "format=ndjson&status=error&limit=1")
        raise machine.BenchError(f"{n_lost} of {count} files failed, the first: {failed}")
    return n_lost


def _median_run(taken):
    return rivals.Run(*(statistics.median(getattr(run, field) for run in taken)
                        for field in ("per_second", "cpu_us", "server_cpu_us", "n_wrong",
                                      "loop_cpu_us", "lag_ms")))


def _report_rate(bench, runs):
    report = bench.report
    for step, run in runs.items():
        report.note(LABELS[step], f"{run.per_second:,.0f}/s")
        if run.loop_cpu_us:
            report.note("  its loop's CPU, other threads', nginx's, a file",
                        f"{run.loop_cpu_us:.0f} + {run.cpu_us - run.loop_cpu_us:.0f} + "
                        f"{run.server_cpu_us:.0f} us")
        else:
            report.note("  its CPU, and nginx's, a file",
                        f"{run.cpu_us:.0f} + {run.server_cpu_us:.0f} us")
    if "daemon" not in runs:
        return
    ours = runs["daemon"]
    if "curl" in runs:
        report.at_least("asyncprobed / curl -Z", ours.per_second / runs["curl"].per_second, 1.5)
    if "bare" in runs and "unsaved" in runs:
        report.at_least("asyncprobed, save: false / bare multi loop",
                        runs["unsaved"].per_second / runs["bare"].per_second, 0.8)
    report.below("loop lag p99 meanwhile, ms", ours.lag_ms, 20, "{:.2f}")
    if "hosts" in runs:
        report.at_most(f"CPU a file, {bench.sizes.files:,} hosts / one host",
                       runs["hosts"].cpu_us / ours.cpu_us, 2.0)


def _measure_memory(bench, nginx):
    """The peak of a long job, and of a long file."""
    sizes, report = bench.sizes, bench.report
    count = sizes.files * sizes.repeats
    report.section("Memory of downloads")
    report.say(f"memory, one job of {count:,} files")
    lines = _lines(f"{nginx.url(i)}?again={again}" for again in range(sizes.repeats)
                   for i in range(sizes.files))
    os.sync()
    with _daemon(bench, nginx, "memory") as daemon:
        job, seconds = daemon.run_lines([lines], len(lines), 1200.0, FILES)
        _count_lost(daemon, job, count)
        peak = machine.peak_rss_bytes(daemon.pid)
        n_lost = _count_missing(daemon.files_of(job), count, sum(nginx.sizes) * sizes.repeats)
    report.below(f"peak memory, {count:,} files, MiB", peak / MIB, 96, "{:.1f}")
    report.note("  meanwhile", f"{count / seconds:,.0f}/s")
    report.none("wrong or missing files", n_lost)
    small, _, _ = _fetch_one(bench, nginx, "small", nginx.url(0))
    huge, seconds, digest = _fetch_one(bench, nginx, "huge", nginx.huge_url())
    report.below(f"growth of that by a file of {sizes.huge_file // MIB:,} MiB, MiB",
                 (huge - small) / MIB, 4, "{:.1f}")
    report.note("  meanwhile", f"{sizes.huge_file / MIB / seconds:,.0f} MiB/s")
    report.none("wrong digests of it", digest != _digest_of_zeros(sizes.huge_file))


def _count_missing(directory, count, n_bytes):
    """Files that a directory lacks or has too many; at least one when their bytes are too few."""
    with os.scandir(directory) as entries:
        lengths = [entry.stat().st_size for entry in entries]
    return max(abs(count - len(lengths)), int(sum(lengths) != n_bytes))


def _fetch_one(bench, nginx, name, url):
    """Peak memory of a fresh daemon that saved one file, the seconds, and the digest it told."""
    bench.report.say(f"memory, {url.rpartition('/')[2]}")
    os.sync()
    lines = _lines([url])
    with _daemon(bench, nginx, name) as daemon:
        job, seconds = daemon.run_lines([lines], len(lines), 600.0, FILES)
        _count_lost(daemon, job, 1)
        return machine.peak_rss_bytes(daemon.pid), seconds, daemon.results(job)[0]["sha256"]


def _measure_large(bench, nginx):
    """One large file, against curl -o, which leaves it to the system when it goes to the disk."""
    sizes, report = bench.sizes, bench.report
    theirs, ours = [], {"no": [], "yes": []}
    report.section(f"A file of {nginx.large_bytes // MIB:,} MiB")
    for number in range(sizes.rounds):
        report.say(f"large file, round {number + 1} of {sizes.rounds}")
        path = os.path.join(bench.dir, f"large-curl-{number}")
        os.sync()
        _, seconds, _ = machine.run(["curl", "-q", "-sS", "-o", path, nginx.large_url()], 300)
        theirs.append(seconds)
        os.unlink(path)
        for syncs, taken in ours.items():
            taken.append(_fetch_large(bench, nginx, f"large-{syncs}-{number}", syncs))
    report.note("curl -o", f"{nginx.large_bytes / MIB / statistics.median(theirs):,.0f} MiB/s")
    for syncs, taken in ours.items():
        report.note(f"asyncprobed, saved and hashed, downloads.sync={syncs}",
                    f"{nginx.large_bytes / MIB / statistics.median(taken):,.0f} MiB/s")
    report.at_least("asyncprobed, downloads.sync=no / curl -o",
                    statistics.median(theirs) / statistics.median(ours["no"]), 0.8)


def _fetch_large(bench, nginx, name, syncs):
    os.sync()
    lines = _lines([nginx.large_url()])
    with _daemon(bench, nginx, name, **{"downloads.sync": syncs}) as daemon:
        job, seconds = daemon.run_lines([lines], len(lines), 600.0, FILES)
        _count_lost(daemon, job, 1)
        shutil.rmtree(daemon.files_of(job))
    return seconds


def _digest_of_zeros(n_bytes):
    digest = hashlib.sha256()
    block = bytes(MIB)
    for _ in range(n_bytes // MIB):
        digest.update(block)
    return digest.hexdigest()


def _measure_handshakes(bench, nginx):
    """CPU of a download whose connection is fresh: TLS 1.3, a whole handshake, the system's CAs."""
    sizes, report = bench.sizes, bench.report
    lines = _lines(nginx.tls_url(i % sizes.files) for i in range(sizes.handshakes))
    micros, n_not_fresh = [], 0
    report.section(f"TLS: {sizes.handshakes} files, each over a fresh connection")
    for number in range(sizes.rounds):
        report.say(f"handshakes, round {number + 1} of {sizes.rounds}")
        os.sync()
        with _daemon(bench, nginx, f"tls-{number}") as daemon:
            before = daemon.cpu_seconds()
            job, _ = daemon.run_lines([lines], len(lines), 300.0, FILES)
            micros.append((daemon.cpu_seconds() - before) / sizes.handshakes * 1e6)
            _count_lost(daemon, job, sizes.handshakes)
            n_not_fresh += sum(not row["timings"]["tls_ms"] for row in daemon.results(job))
    report.below("CPU of the daemon a connection, ms", statistics.median(micros) / 1e3, 3, "{:.2f}")
    report.none("files without a handshake of their own", n_not_fresh)
