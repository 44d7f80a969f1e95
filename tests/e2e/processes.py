"""The programs under test: started, watched by the lines they write, and ended."""
import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ASYNCPROBED_BUILD", TOP))
DEADLINE = 30  # seconds for what takes a moment; reaching it is a failure
SANITIZER = re.compile(r"(Address|Leak|Thread|Memory)Sanitizer|runtime error:")


def binary(name):
    path = BUILD / name
    assert path.is_file(), f"{path} is not built; set ASYNCPROBED_BUILD to the build directory"
    return str(path)


def is_sanitized():
    """Is the daemon built with a sanitizer, whose memory is its own affair?"""
    return b"__asan_init" in Path(binary("src/asyncprobed")).read_bytes()


def has_libsystemd():
    return b"libsystemd.so" in Path(binary("src/asyncprobed")).read_bytes()


def eventually(check, what, seconds=DEADLINE):
    """Return the first true value of check(), which is asked again and again until the deadline."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        pause.wait(0.01)


class Lines:
    """The lines of a pipe, gathered by a thread so that the writer never blocks."""

    def __init__(self, pipe):
        self.all = []
        self._ended = False
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._gather, args=(pipe,), daemon=True)
        self._thread.start()

    def _gather(self, pipe):
        with pipe:
            for line in pipe:
                with self._change:
                    self.all.append(line.rstrip("\n"))
                    self._change.notify_all()
        with self._change:
            self._ended = True
            self._change.notify_all()

    def wait_for(self, pattern, since=0, seconds=DEADLINE):
        """Return the match of the first line from number `since` on that has the pattern."""
        end = time.monotonic() + seconds
        with self._change:
            while True:
                for line in self.all[since:]:
                    match = re.search(pattern, line)
                    if match:
                        return match
                since = len(self.all)
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(f"no line {pattern!r} in:\n{self.text()}")
                self._change.wait(left)

    def text(self):
        return "\n".join(self.all)

    def join(self):
        self._thread.join(DEADLINE)


class Stub:
    """The DNS server of the tests. What it answers is told by the first label of a name."""

    def __init__(self, *options):
        self._process = subprocess.Popen(
            [binary("tests/stub/dns_stub"), *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines = Lines(self._process.stdout)
        self.address = "127.0.0.1:" + self._lines.wait_for(r"^port (\d+)$").group(1)

    def _tell(self, number, pattern):
        since = len(self._lines.all)
        self._process.send_signal(number)
        return self._lines.wait_for(pattern, since)

    def stats(self):
        """Return the counts so far: queries, names, answered, dropped."""
        line = self._tell(signal.SIGUSR1, r"^stats (.*)$").group(1)
        return {key: int(value) for key, value in (pair.split("=") for pair in line.split())}

    def toggle_black_hole(self):
        """Answer nothing any more, or again."""
        return self._tell(signal.SIGUSR2, r"^blackhole (on|off)$").group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            assert self._process.wait(DEADLINE) == 0, "the DNS stub failed"
        finally:
            self._process.kill()
            self._lines.join()


class Daemon:
    """asyncprobed in a folder of its own, listening on a port that the system chose."""

    def __init__(self, folder, servers, settings=None, make_client=None):
        self.folder = Path(folder)
        self.hosts = self.folder / "hosts"
        self.hosts.touch()
        self.settings = {
            "api.listen": "127.0.0.1:0",
            "store.url": f"sqlite://{self.folder}/jobs.db",
            "dns.servers": " ".join(getattr(s, "address", s) for s in servers),
            "dns.hosts_file": str(self.hosts),
            "dns.timeout": "500ms",
            "daemon.drain_timeout": "5s",
            **(settings or {}),
        }
        self.file_bytes = None  # bound of each file that it writes, when set before its start
        self.environment = {}
        self.sockets = {}  # name: listening socket, passed as a service manager does
        self._make_client = make_client
        self._process = None
        self.lines = None
        self.address = None
        self.api = None

    def start(self, arguments=(), environment=None):
        """Start it and wait until it takes jobs."""
        def limit():
            if self.file_bytes is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_bytes, resource.RLIM_INFINITY))

        options = [f"-o{key}={value}" for key, value in self.settings.items() if value is not None]
        # far away from the numbers that they shall have
        fds = [fcntl.fcntl(sock, fcntl.F_DUPFD, 100) for sock in self.sockets.values()]
        command = [binary("src/asyncprobed"), *options, *arguments]
        if fds:
            moves = " ".join(f"{3 + i}<&{fd} {fd}<&-" for i, fd in enumerate(fds))
            command = ["bash", "-c", f'LISTEN_PID=$$ exec "$@" {moves}', "bash", *command]
            environment = {"LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": ":".join(self.sockets), **(environment or {})}
        self._process = subprocess.Popen(
            command, cwd=self.folder, text=True, errors="replace", stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, pass_fds=fds,
            env={**os.environ, **self.environment, **(environment or {})}, preexec_fn=limit)
        for fd in fds:
            os.close(fd)
        self.lines = Lines(self._process.stderr)
        self.wait_event("ready")
        self.address = self.event("listening")["address"]
        if self._make_client and not self.address.startswith("unix:"):
            self.api = self._make_client(f"http://{self.address}")
        return self

    @property
    def pid(self):
        return self._process.pid

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def wait_event(self, event, seconds=DEADLINE):
        self.lines.wait_for(rf'\bevent={event}\b|"event": ?"{event}"', seconds=seconds)

    def event(self, event):
        """Return the fields of the first log line with this event word."""
        for line in self.lines.all:
            fields = parse_log_line(line)
            if fields.get("event") == event:
                return fields
        raise AssertionError(f"no event={event} in the log:\n{self.lines.text()}")

    def send(self, number):
        self._process.send_signal(number)

    def wait_end(self, seconds=DEADLINE):
        """Wait for its end; returns the exit status, negative for a signal."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"still running {seconds} s later:\n{self.lines.text()}") from None
        self.lines.join()
        self.check_log()
        return status

    def stop(self, number=signal.SIGTERM):
        """Ask it to end; that it obeys with exit status 0 is part of every test."""
        self.send(number)
        status = self.wait_end()
        assert status == 0, f"exit status {status} after signal {number}:\n{self.lines.text()}"

    def kill9(self):
        self._process.kill()
        self.wait_end()

    def restart(self):
        if self.is_running:
            self.stop()
        return self.start()

    def limit_files(self, n_bytes):
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))

    def check_log(self):
        text = self.lines.text()
        assert not SANITIZER.search(text), f"a sanitizer complains:\n{text}"

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if not self.is_running:
            return
        if kind is None:
            self.stop()
        else:
            self._process.kill()
            self._process.wait()


def parse_log_line(line):
    if line.startswith("{"):
        return json.loads(line)
    return {key: value.strip('"') for key, value in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', line)}
