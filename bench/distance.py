"""Downloads from a server that is 20 ms away, with the settings as they are: what a client waits for."""

import contextlib
import os
import statistics
import subprocess

import machine
import origin
import rivals
from daemon import FILES, Daemon
from figures import noting

COUNT = 2000
EACH_WAY = 20  # ms
CURL_MOST = 50  # transfers at one time, which is curl's default
PER_HOST = 16  # connections to a host, our default

# name, what curl may have at one time, the most that our time may be of its time
WAYS = (("HTTP/2 over TLS", CURL_MOST, 0.5), ("HTTP/1.1", PER_HOST, 1.0))


@contextlib.contextmanager
def delayed(build_dir, port):
    """The port of a proxy that delays what goes to a port and comes from it."""
    program = os.path.join(build_dir, "bench", "delay_proxy")
    process = machine.start([program, str(port), str(EACH_WAY)], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("port="):
            raise machine.BenchError(f"{program} does not start")
        yield int(line[5:])
    finally:
        machine.stop(process, 5.0)
        process.stdout.close()


def measure_distance(bench):
    """HTTP/2 against curl with its usual transfers; HTTP/1.1 with the same number of connections."""
    count = min(COUNT, bench.sizes.files)
    bench.report.section(f"Distance: {count:,} files of 1 to 36 kB, {EACH_WAY} ms each way, default settings")
    with origin.Nginx(bench.dir, count, 0) as nginx:
        for name, most, ratio in WAYS:
            is_tls = most == CURL_MOST
            with noting(bench.report, name), \
                    delayed(bench.build_dir, nginx.h2_port if is_tls else nginx.port) as port:
                base = f"{'https' if is_tls else 'http'}://127.0.0.1:{port}"
                urls = [f"{base}/{origin.file_name(i)}" for i in range(count)]
                _measure(bench, nginx, name, urls, most, ratio)


def _measure(bench, nginx, name, urls, most, ratio):
    report = bench.report
    tag = name.replace("/", "-").replace(" ", "-")
    theirs, ours, n_wrong = [], [], 0
    for number in range(bench.sizes.rounds):
        report.say(f"distance, {name}, round {number + 1} of {bench.sizes.rounds}")
        run = rivals.curl(nginx, os.path.join(bench.dir, f"{tag}-curl-{number}"), len(urls), most, urls)
        theirs.append(len(urls) / run.per_second)
        seconds, wrong = _run_daemon(bench, nginx, f"{tag}-{number}", urls)
        ours.append(seconds)
        n_wrong += wrong + run.n_wrong
    report.note(f"{name}: curl -Z --parallel-max {most}", f"{statistics.median(theirs):.2f} s")
    report.note(f"{name}: asyncprobed", f"{statistics.median(ours):.2f} s")
    report.at_most(f"{name}: asyncprobed / curl", statistics.median(ours) / statistics.median(theirs), ratio)
    report.none("wrong or missing files", n_wrong)


def _run_daemon(bench, nginx, name, urls):
    """The seconds from the POST to the last result, and how many files are wrong."""
    lines = ("\n".join(urls) + "\n").encode("ascii")
    settings = {"downloads.ca_file": nginx.ca_file, "targets.allow": "127.0.0.0/8", "targets.ports": "1-65535"}
    with Daemon(bench.build_dir, bench.dir, bench.nsd.address, settings, name) as daemon:
        job, seconds = daemon.run_lines([lines], len(lines), 300.0, FILES)
        return seconds, nginx.count_wrong(daemon.files_of(job), len(urls))
