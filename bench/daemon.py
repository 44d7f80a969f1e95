"""asyncprobed under measurement: started from a build directory, spoken to over loopback HTTP."""

import collections
import contextlib
import http.client
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

import machine

LISTENING = re.compile(r"address=\"?127\.0\.0\.1:(\d+)")


NAMES = "kind=domains&check=resolve"  # the query of a job of names
FILES = "kind=downloads"  # and of files


class Daemon:
    """One daemon with an empty store of its own; use it in a `with`.

    With a `name` its directory is left for the end of the run: whoever creates files right after
    others were deleted waits for the file system.
    """

    def __init__(self, build_dir, directory, dns_address, settings=None, name=""):
        self.program = os.path.join(build_dir, "src", "asyncprobed")
        self.dir = os.path.join(directory, name or "daemon")
        self.dns_address = dns_address
        self.settings = settings or {}
        self.is_kept = bool(name)
        self.port = 0
        self._process = self._reader = None
        self._lines = queue.Queue()
        self._last_lines = collections.deque(maxlen=20)

    def __enter__(self):
        os.mkdir(self.dir)
        return self._start()

    def _start(self):
        options = {
            "api.listen": "127.0.0.1:0",
            "store.url": f"sqlite:///{self.dir}/jobs.db",
            "dns.servers": self.dns_address,
            "dns.hosts_file": "/dev/null",
            "log.level": "info",
            **self.settings,
        }
        argv = [self.program]
        for key, value in options.items():
            argv += ["-o", f"{key}={value}"]
        try:
            self._process = machine.start(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                          text=True, env=dict(os.environ, STATE_DIRECTORY=self.dir))
            self._reader = threading.Thread(target=self._read_log, daemon=True)
            self._reader.start()
            self._wait_ready(30.0)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._process is not None:
            machine.stop(self._process)
        if not self.is_kept:
            shutil.rmtree(self.dir, ignore_errors=True)

    def kill_and_restart(self):
        """End it without warning, and start it on what it left."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._lines, self.port = queue.Queue(), 0
        self._start()

    @property
    def pid(self):
        """The process."""
        return self._process.pid

    def cpu_seconds(self):
        """CPU time of all its threads so far."""
        return machine.cpu_seconds(self.pid)

    def loop_cpu_seconds(self):
        """CPU time of its first thread, which runs the event loop."""
        return machine.thread_cpu_seconds(self.pid, self.pid)

    def connect(self, timeout=75.0):
        """A new keep-alive connection; each wait on it is bounded by `timeout` seconds."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def post_lines(self, blocks, length, query=NAMES):
        """Queue a job of names or URLs, one a line, sent as they are made. Returns the job."""
        with contextlib.closing(self.connect()) as connection:
            return self._call(connection, "POST", f"/jobs?{query}", blocks,
                              {"Content-Type": "text/plain", "Content-Length": str(length)}, 202)

    def wait_done(self, job, patience):
        """Wait until every item of a job has its committed result. Returns the job."""
        deadline = time.monotonic() + patience
        with contextlib.closing(self.connect()) as connection:
            while time.monotonic() < deadline:
                path = f"/jobs/{job['id']}?wait={int(min(60, patience))}"
                job = self._call(connection, "GET", path)
                if job["completed"] == job["total"]:
                    return job
                if job["state"] in ("failed", "cancelled"):
                    break
        raise self._error(f"job is {job['state']} with {job['completed']} of {job['total']} items")

    def run_lines(self, blocks, length, patience, query=NAMES):
        """Post and wait. Returns the job and the seconds from POST to the last result."""
        started = time.monotonic()
        job = self.wait_done(self.post_lines(blocks, length, query), patience)
        return job, time.monotonic() - started

    def show(self, job):
        """A job as it is now."""
        with contextlib.closing(self.connect()) as connection:
            return self._call(connection, "GET", f"/jobs/{job['id']}")

    def files_of(self, job):
        """The folder with a job's files."""
        return os.path.join(self.dir, "downloads", job["id"])

    def get(self, connection, path):
        """A JSON document."""
        return self._call(connection, "GET", path)

    def results(self, job, query="format=ndjson"):
        """Results of a job, decoded."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", f"/jobs/{job['id']}/results?{query}")
            return [json.loads(line) for line in connection.getresponse()]

    def run_small(self, connection, body, count):
        """Post a JSON job and read its results as they come. Seconds to the last of `count`."""
        started = time.monotonic()
        job = self._call(connection, "POST", "/jobs", json.dumps(body),
                         {"Content-Type": "application/json"}, 202)
        connection.request("GET", f"/jobs/{job['id']}/results?follow=true&format=ndjson")
        answer = connection.getresponse()
        n_lines = 0
        while n_lines < count and answer.readline().strip():
            n_lines += 1
        seconds = time.monotonic() - started
        answer.read()
        if n_lines != count:
            raise self._error(f"{n_lines} results, {count} expected")
        return seconds

    def metrics(self, connection):
        """The text of /metrics."""
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        if answer.status != 200:
            raise self._error(f"/metrics answers {answer.status}")
        return text

    def _call(self, connection, verb, path, body=None, headers=None, expected=200):
        try:
            connection.request(verb, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._error(f"{verb} {path}: {error!r}") from error
        if answer.status != expected:
            raise self._error(f"{verb} {path} answers {answer.status}: {text[:300]!r}")
        return json.loads(text)

    def _read_log(self):
        for line in self._process.stderr:
            self._last_lines.append(line.rstrip())
            if not self.port or "event=ready" in line:
                self._lines.put(line)
            found = LISTENING.search(line) if "event=listening" in line else None
            if found:
                self.port = int(found.group(1))
        self._lines.put(None)

    def _wait_ready(self, patience):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                break
            if "event=ready" in line and self.port:
                return
        raise self._error("not ready")

    def _error(self, text):
        status = self._process.poll()
        state = "" if status is None else f" (ended with {status})"
        last = "; ".join(list(self._last_lines)[-3:])
        return machine.BenchError(f"asyncprobed{state}: {text}; its log ends: {last}")


class Scraper(threading.Thread):
    """Reads /metrics every half second while a job runs, and times each answer."""

    def __init__(self, daemon, period=0.5):
        super().__init__(daemon=True)
        self.daemon_under_test = daemon
        self.period = period
        self.seconds = []  # how long each scrape took
        self.first = self.last = ""  # the texts
        self.error = None
        self._is_over = threading.Event()

    def __enter__(self):
        sys.setswitchinterval(0.0005)  # else a thread that makes names delays our clock by 5 ms
        self.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self.join(90.0)

    def run(self):
        with contextlib.closing(self.daemon_under_test.connect(30.0)) as connection:
            try:
                while True:
                    started = time.monotonic()
                    self.last = self.daemon_under_test.metrics(connection)
                    self.seconds.append(time.monotonic() - started)
                    self.first = self.first or self.last
                    if self._is_over.wait(self.period):
                        break
                self.last = self.daemon_under_test.metrics(connection)
            except (OSError, http.client.HTTPException, machine.BenchError) as error:
                self.error = error


def histogram_quantile(before, after, name, quantile):
    """A quantile of what a histogram took in between two scrapes, in its unit.

    Interpolated inside the bucket as Prometheus does; infinite when it lies in the last one.
    """
    counts = {le: n - _buckets(before, name).get(le, 0.0)
              for le, n in _buckets(after, name).items()}
    edges = sorted(counts)
    if not edges or counts[edges[-1]] <= 0:
        raise machine.BenchError(f"/metrics has nothing new in {name}")
    rank = quantile * counts[edges[-1]]
    low_edge, low_count = 0.0, 0.0
    for edge in edges:
        if counts[edge] >= rank:
            if edge == float("inf"):
                return edge
            share = (rank - low_count) / max(counts[edge] - low_count, 1e-9)
            return low_edge + (edge - low_edge) * share
        low_edge, low_count = edge, counts[edge]
    return float("inf")


def _buckets(text, name):
    pattern = re.compile(rf'^{name}_bucket\{{(?:.*,)?le="([^"]+)".*\}} (\S+)', re.M)
    return {float(le): float(count) for le, count in pattern.findall(text)}
