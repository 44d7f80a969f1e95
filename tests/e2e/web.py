"""The HTTP stub as the tests use it: URLs with faults, what it saw of the daemon, and jobs of downloads."""
import http.client
import json
import os
import socket
import subprocess
import sys
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from client import Client
from processes import DEADLINE, TOP, Daemon, Lines, Stub, eventually

STUB = TOP / "tests" / "stub" / "http_stub.py"
sys.path.append(str(STUB.parent))

import http_content as content  # noqa: E402, F401  (for the tests)

ANY_LOOPBACK = {"targets.allow": "127.0.0.0/8", "targets.ports": "1-65535"}
World = namedtuple("World", "web daemon api")
Request = namedtuple("Request", "start end host path status address connection")

# All names that the tests download from; each is a host of its own for limits.
HOSTS = [f"h{number}.test" for number in range(100)]
NAMES = [*HOSTS, "good.test", "expired.test", "selfsigned.test", "wronghost.test", "untrusted.test"]


def host(number):
    return HOSTS[number % len(HOSTS)]


class Web:
    """The HTTP stub. Its options are those of http_stub.py; `tls=True` is short for --tls."""

    def __init__(self, *options, tls=False):
        self._process = subprocess.Popen(
            [sys.executable, str(STUB), *map(str, options), *(["--tls"] if tls else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines = Lines(self._process.stdout)
        self.port = self._number("port")
        has_tls = self._lines.all[0].startswith("ca ")
        self.tls_port = self._number("tls_port") if has_tls else None
        self.ca = self._lines.all[0].removeprefix("ca ") if has_tls else None

    def _number(self, word):
        return int(self._lines.wait_for(rf"^{word} (\d+)$").group(1))

    def url(self, path, host="127.0.0.1", **options):
        """Return an URL of the stub. An option may be a list; a trailing underscore of its name is taken off."""
        return f"http://{host}:{self.port}{path}" + query_of(options)

    def tls_url(self, path, host="good.test", **options):
        return f"https://{host}:{self.tls_port}{path}" + query_of(options)

    def base(self, **options):
        """Return the address below which the flags lie, with options for all of them."""
        prefix = f"/with/{query_of(options)[1:]}" if options else ""
        return f"http://127.0.0.1:{self.port}{prefix}/flags"

    def _ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def stats(self):
        return self._ask("/stub/stats")

    def requests(self, path=None):
        """Return the requests so far in the order of their arrival; of one path (without query) when given."""
        rows = [Request(*row) for row in self._ask("/stub/requests")]
        return [row for row in rows if path in (None, row.path)]

    def headers(self, path):
        """Return the headers of the last request to a path, their names in lower case; None when there was none."""
        return self._ask("/stub/headers?path=" + quote(path, safe=""))

    def wait_for(self, path, n=1):
        """Wait until so many requests to a path have come."""
        eventually(lambda: self.stats()["paths"].get(path, 0) >= n, f"{n} requests to {path}")

    def connections(self, address="127.0.0.1"):
        return self.stats()["connections"].get(address, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            assert self._process.wait(DEADLINE) == 0, "the HTTP stub failed"
        finally:
            self._process.kill()
            self._lines.join()


def name_server(folder, *lines):
    """Return a DNS stub that knows NAMES as 127.0.0.1, and what further lines of a zone say."""
    zone = folder / "zone"
    zone.write_text("".join(f"{line}\n" for line in [*(f"{name} A 127.0.0.1" for name in NAMES), *lines]))
    return Stub("--zone", zone)


def fetch_settings(folder):
    return {"downloads.dir": f"{folder}/downloads", **ANY_LOOPBACK}


@contextmanager
def open_world(folder, contract, settings, options):
    with Web(**options) as web, name_server(folder) as names:
        tls = {"downloads.ca_file": web.ca} if web.ca else {}
        settings = {**fetch_settings(folder), **tls, **settings}
        with Daemon(folder, [names], settings, lambda url: Client(url, contract)) as daemon:
            yield World(web, daemon, daemon.api)


class BlackHole:
    """An address that never takes a connection: its queue is full, and further SYNs are dropped."""

    def __init__(self, address="127.0.0.1", port=0):
        self._listener = socket.create_server((address, port), backlog=0)
        self.port = self._listener.getsockname()[1]
        self._waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex((address, self.port))
            self._waiting.append(sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in (self._listener, *self._waiting):
            sock.close()


def query_of(options):
    pairs = {name.rstrip("_"): value for name, value in options.items()}
    return "?" + urlencode(pairs, doseq=True, quote_via=quote) if pairs else ""


def most_at_one_time(requests):
    """Return how many of the requests were in progress at one time at most."""
    changes = sorted([(r.start, 1) for r in requests] + [(r.end, -1) for r in requests if r.end is not None])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def unused_port():
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def submit(api, urls, **fields):
    """Queue a job of downloads and return it."""
    return api.post({"kind": "downloads", "urls": list(urls), **fields}).json()


def fetch(api, urls, seconds=DEADLINE, **fields):
    """Download, and return the results in the order of the URLs."""
    return by_index(api, submit(api, urls, **fields), seconds)


def flags(api, seconds=DEADLINE, **fields):
    """Download flags, and return the results in the order of the codes."""
    return by_index(api, api.post({"kind": "flags", **fields}).json(), seconds)


def by_index(api, job, seconds=DEADLINE):
    job = api.wait(job, seconds)
    assert job["state"] == "done", f"expected a job that is done: {job}"
    results = Results(sorted(api.results(job), key=lambda result: result["index"]))
    results.job = job
    return results


class Results(list):
    """The results of a job, which is `job`."""

    job = None


def check_outcome(result, expected):
    """Check a result against (status, reason, http_status), of which the last two may be several that are good."""
    status, reasons, codes = expected
    reasons = reasons if isinstance(reasons, tuple) else (reasons,)
    codes = codes if isinstance(codes, tuple) else (codes,)
    assert result["status"] == status and result["reason"] in reasons and result["http_status"] in codes, (
        f"expected {expected}: {result}")
    if status != "ok":
        assert result["file"] is None and result["sha256"] is None, f"what failed is not saved: {result}"
        assert result["name"], f"the name under which it would have been saved: {result}"


def file_path(job, name):
    """Return the path under which the daemon gives a file."""
    return f"/jobs/{job['id']}/files/{quote(name, safe='')}"


def read_file(api, job, name):
    """Return the bytes of a saved file, in the coding in which they came."""
    path = file_path(job, name)
    response = api._send("GET", path, stream=True)
    api.contract.head("GET", path, response.status_code, response.headers)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    return response.raw.read(decode_content=False)


def job_folders(downloads):
    """Return the names of the jobs' folders; that of unfinished files is none of them."""
    return sorted(path.name for path in downloads.iterdir() if not path.name.startswith("."))


def stored_files(folder):
    """Return what lies in a folder of downloads: {path below it: bytes}. What goes meanwhile is left out, and its mark."""
    files = {}
    # unlike Path.rglob, os.walk doesn't mind folders that go
    for path in sorted(Path(top) / name for top, _, names in os.walk(folder) for name in names):
        try:
            if path.is_file() and path.name != ".owner":
                files[str(path.relative_to(folder))] = path.read_bytes()
        except FileNotFoundError:
            pass
    return files
