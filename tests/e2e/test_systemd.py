"""The installed service under a systemd that is PID 1 of namespaces of its own (tests/systemd/boot.sh)."""
import ctypes
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from client import Client
from processes import BUILD, DEADLINE, TOP, Lines, Stub, eventually, has_libsystemd, is_sanitized
from submitter import Submitter

CLONE_NEWNET = 0x40000000
ADDRESS = ("127.0.0.1", 8653)
SERVICE, SOCKET = "asyncprobed.service", "asyncprobed.socket"

pytestmark = [
    pytest.mark.seconds(120),
    pytest.mark.skipif(os.geteuid() != 0, reason="systemd in a namespace takes root"),
    pytest.mark.skipif(not Path("/lib/systemd/systemd").exists(), reason="systemd is absent (Debian: apt-get install systemd)"),
    pytest.mark.skipif(not all(map(shutil.which, ("unshare", "nsenter", "make"))), reason="util-linux or make is absent"),
    pytest.mark.skipif(is_sanitized(), reason="a sanitizer needs what the sandbox takes away"),
    pytest.mark.skipif(not has_libsystemd(), reason="built without libsystemd"),
    pytest.mark.skipif(not (BUILD / "systemd" / SERVICE).exists(), reason="configured without units"),
]


@contextmanager
def network_of(pid):
    """Be in the network of a process: sockets and programs that are made here are there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as own, open(f"/proc/{pid}/ns/net", "rb") as other:
        assert libc.setns(other.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(own.fileno(), CLONE_NEWNET) == 0


class Machine:
    """The booted system, seen from outside."""

    def __init__(self, pid, api, dns):
        self.pid, self.api, self.dns = pid, api, dns
        self._enter = ["nsenter", "-t", pid, "-a"]

    def __call__(self, *command, status=0, text=None):
        """Run a command in there and return its output; `status` None: any."""
        done = subprocess.run([*self._enter, *command], capture_output=True, text=True, input=text, timeout=60, check=False)
        assert status is None or done.returncode == status, f"{command}: {done}\n{self.journal()}"
        return done.stdout + done.stderr

    def write(self, path, text):
        self("sh", "-c", 'mkdir -p "$(dirname "$0")" && cat >"$0"', path, text=text)

    def settings(self, text=""):
        self.write("/etc/asyncprobed/asyncprobed.conf", f"[dns]\nservers = {self.dns}\ntimeout = 500ms\n{text}")

    def show(self, name, unit=SERVICE):
        return self("systemctl", "show", "--value", "-p", name, unit).strip()

    def main(self):
        """The daemon's process, as numbered in there, with its files of /proc."""
        return int(self.show("MainPID"))

    def proc(self, name):
        return self("cat", f"/proc/{self.main()}/{name}")

    def journal(self):
        done = subprocess.run([*self._enter, "journalctl", "-b", "-o", "short-precise", "--no-pager", "-n", "60"],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.stdout

    def entries(self, *matches):
        """Return the journal's entries of the service, each a dict of fields."""
        text = self("journalctl", "--no-pager", "-o", "json", "-u", SERVICE, *matches)
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def wait_ready(self):
        def is_ready():
            try:
                return self.api.get("/readyz", status=200)
            except (AssertionError, OSError):
                return None
        eventually(is_ready, "it is ready")

    def reset(self):
        """Begin anew: nothing runs, nothing is remembered, settings ask the stub."""
        self("systemctl", "stop", SOCKET, SERVICE, status=None)
        self("sh", "-c", "rm -rf /var/lib/private/asyncprobed/* /run/systemd/system/asyncprobed* /etc/credstore")
        self.settings()
        self("systemctl", "daemon-reload")
        self("systemctl", "reset-failed", status=None)


@pytest.fixture(scope="module")
def booted(contract):
    process = subprocess.Popen([TOP / "tests/systemd/boot.sh", BUILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    errors = Lines(process.stderr)
    try:
        line = process.stdout.readline()
        if not line.startswith("booted "):
            assert process.wait(DEADLINE) == 77, errors.text()
            errors.join()
            pytest.skip(f"this machine boots no systemd in a namespace: {errors.text()[:500]}")
        pid = line.split()[1]
        with network_of(pid), Stub() as stub:
            yield Machine(pid, Client("http://{}:{}".format(*ADDRESS), contract), stub.address)
    finally:
        process.stdin.close()
        process.wait(DEADLINE)


@pytest.fixture
def machine(booted):
    booted.reset()
    return booted


def test_units_are_sound(machine):
    assert machine("systemd-analyze", "verify", SERVICE, SOCKET) == ""
    machine("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", SERVICE)


def test_start_is_all_it_takes(machine):
    """After `make install`, with no file of settings."""
    machine("sh", "-c", "rm -r /etc/asyncprobed; systemctl daemon-reload && systemctl start asyncprobed")
    assert machine.show("ActiveState") == "active"
    assert machine.api.get("/healthz").json() == {"status": "ok"}
    assert machine.api.get("/readyz").json() == {"status": "ready"}, "started means ready"
    assert machine.show("StatusText").startswith("Taking jobs; jobs: 0 at work, 0 waiting;")
    assert machine("stat", "-c", "%a", "/var/lib/asyncprobed/").strip() == "750"
    status = dict(line.split(":\t", 1) for line in machine.proc("status").splitlines() if ":\t" in line)
    assert int(status["Uid"].split()[0]) >= 61184, "a dynamic user"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2" and int(status["CapBnd"], 16) == 0
    assert machine.show("NRestarts") == "0"


def test_metrics_in_the_sandbox(machine):
    """What the sandbox hides is found otherwise."""
    machine("systemctl", "start", SERVICE)
    metrics = machine.api.metrics()
    assert abs(metrics["process_start_time_seconds"] - time.time()) < 60
    limit = next(line.split()[3] for line in machine.proc("limits").splitlines() if line.startswith("Max open files"))
    assert metrics["process_max_fds"] == int(limit) and metrics["process_open_fds"] > 5
    assert metrics["process_resident_memory_bytes"] > 1e6


def test_work(machine):
    machine("systemctl", "start", SERVICE)
    assert machine.api.run(["found.test"])[0]["status"] == "found"


def test_journal(machine):
    """Lines have their priority and the journal's time, and name their job."""
    machine("systemctl", "start", SERVICE)
    job = machine.api.wait(machine.api.submit(["found.test"]))
    machine.write("/etc/asyncprobed/asyncprobed.conf", "[dns]\nservers = 127.0.0.9\n")
    machine("systemctl", "reload", SERVICE)

    def entry(event):
        return eventually(lambda: [e for e in machine.entries() if f"event={event}" in e["MESSAGE"]], event)[-1]

    ended = entry("job_ended")
    assert ended["PRIORITY"] == "6" and ended["SYSLOG_IDENTIFIER"] == "asyncprobed", ended
    assert ended["_SYSTEMD_UNIT"] == SERVICE and job["id"] in ended["MESSAGE"]
    assert ended["MESSAGE"].startswith("level=info "), "no time of its own, and no <6>"
    assert entry("setting_needs_restart")["PRIORITY"] == "4"


def test_reload(machine):
    """A reload changes what it can; a file with a fault is refused before the daemon hears of it."""
    machine("systemctl", "start", SERVICE)
    pid = machine.main()
    machine.settings("[limits]\nmax_items = 1\n")
    machine("systemctl", "reload", SERVICE)
    two = {"kind": "domains", "domains": ["a.test", "b.test"]}
    machine.api.post(two, status=422)
    machine.settings("[limits]\nmax_items = none\n")
    machine("systemctl", "reload", SERVICE, status=1)
    assert any("asyncprobed.conf:5: limits.max_items" in entry["MESSAGE"] for entry in machine.entries())
    machine.api.post(two, status=422)
    machine.settings("[limits]\nmax_items = 2\n")
    machine("systemctl", "reload", SERVICE)
    machine.api.post(two)
    assert machine.main() == pid and machine.show("ActiveState") == "active"
    assert machine.api.metrics()["asyncprobed_config_last_reload_successful"] == 1


def test_bad_settings_at_the_start(machine):
    machine.settings("[limits]\nmax_items = none\n")
    machine("systemctl", "start", SERVICE, status=1)
    assert machine.show("ActiveState") in ("activating", "failed")
    machine.settings()
    eventually(lambda: machine.show("ActiveState") == "active", "it starts by itself once the fault is gone")


def test_restart_under_load(machine):
    """50 submissions a second through the socket unit over five restarts: none is lost."""
    machine("systemctl", "start", SOCKET)
    with Submitter(ADDRESS) as submitter:
        for number in range(5):
            eventually(lambda n=number: len(submitter.ids) > 30 * (n + 1), "jobs are taken")
            machine("systemctl", "restart", SERVICE)
            machine("systemctl", "reload", SERVICE)
    assert len(submitter.ids) > 150
    submitter.check(machine.api)
    assert machine.show("NRestarts") == "0"


def test_several_sockets(machine):
    """Units of their own, with names of their own."""
    machine.write("/run/systemd/system/asyncprobed-local.socket",
                  "[Socket]\nListenStream=/run/asyncprobed-local.sock\nListenStream=[::1]:8654\n"
                  "FileDescriptorName=local\nService=asyncprobed.service\n")
    machine("systemctl", "daemon-reload")
    machine("systemctl", "start", SOCKET, "asyncprobed-local.socket")
    machine("systemctl", "start", SERVICE)
    machine.wait_ready()
    listening = {entry["MESSAGE"].split("address=")[1] for entry in machine.entries()
                 if "event=listening" in entry["MESSAGE"] and entry["_PID"] == str(machine.main())}
    assert listening == {"127.0.0.1:8653 socket=http", "unix socket=local", "[::1]:8654 socket=local"}
    machine("systemctl", "stop", "asyncprobed-local.socket", SOCKET, SERVICE)


def test_first_connection_starts_it(machine):
    machine("systemctl", "start", SOCKET)
    assert machine.show("ActiveState") == "inactive"
    assert machine.api.get("/healthz").status_code == 200
    assert machine.show("ActiveState") == "active"


def test_killed(machine):
    """systemd starts it again, and the job goes on to its end."""
    machine("systemctl", "start", SERVICE)
    job = machine.api.submit((f"found-{i}.test" for i in range(300)), rate=100)
    eventually(lambda: machine.api.show(job)["completed"] > 10, "it is under way")
    machine("kill", "-9", str(machine.main()))
    eventually(lambda: machine.show("NRestarts") == "1" and machine.show("ActiveState") == "active", "it is started again")
    machine.wait_ready()
    assert machine.api.wait(job)["counts"] == {"found": 300, "not_found": 0, "error": 0}


def test_watchdog(machine):
    """A daemon that hangs is killed and started again."""
    def fed_at():
        """The manager's note of when it was fed last, in microseconds."""
        return int(machine.show("WatchdogTimestampMonotonic"))

    machine.write("/run/systemd/system/asyncprobed.service.d/watchdog.conf", "[Service]\nWatchdogSec=2s\n")
    machine("systemctl", "daemon-reload")
    machine("systemctl", "start", SERVICE)
    pid, start = machine.main(), fed_at()
    eventually(lambda: fed_at() - start > 5e6, "it is fed for longer than it would live without")
    assert machine.main() == pid, "fed, it lives"
    machine("kill", "-STOP", str(pid))
    eventually(lambda: machine.main() not in (0, pid), "another one runs")
    machine.wait_ready()


def test_stop_drains(machine):
    """It stops in order, with exit status 0, and what was in flight is finished."""
    machine.settings("[daemon]\ndrain_timeout = 20s\n")
    machine("systemctl", "start", SERVICE)
    job = machine.api.submit((f"found-{i}.test" for i in range(500)), rate=50)
    eventually(lambda: machine.api.show(job)["completed"] > 5, "it is under way")
    machine("systemctl", "stop", SERVICE)
    assert machine.show("Result") == "success" and machine.show("ExecMainStatus") == "0"
    assert any("event=stopped status=0" in entry["MESSAGE"] for entry in machine.entries())
    machine("systemctl", "start", SERVICE)
    assert machine.api.wait(job)["counts"]["found"] == 500


def test_stop_may_take_longer_than_the_manager_waits(machine):
    """Draining, it asks for more time."""
    machine.write("/run/systemd/system/asyncprobed.service.d/stop.conf", "[Service]\nTimeoutStopSec=3s\n")
    machine("systemctl", "daemon-reload")
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        machine.write("/etc/asyncprobed/asyncprobed.conf", f"[dns]\nservers = 127.0.0.1:{silent.getsockname()[1]}\n"
                      "timeout = 10s\n[daemon]\ndrain_timeout = 7s\n")
        machine("systemctl", "start", SERVICE)
        job = machine.api.submit(["found.test"])
        eventually(lambda: machine.api.show(job)["state"] == "running", "it is under way")
        start = time.monotonic()
        machine("systemctl", "stop", SERVICE)
        assert time.monotonic() - start > 6
    assert (machine.show("Result"), machine.show("ExecMainStatus")) == ("success", "0"), machine.journal()


def test_credential(machine):
    """Tokens are handed over when they are there, and count; that it starts without is shown by all the others."""
    tokens = f"operator admin {hashlib.sha256(b'secret').hexdigest()}\n"
    machine.write("/etc/credstore/asyncprobed.token", tokens)
    machine("chmod", "600", "/etc/credstore/asyncprobed.token")
    machine("systemctl", "start", SERVICE)
    assert "CREDENTIALS_DIRECTORY=/run/credentials/asyncprobed.service" in machine.proc("environ").split("\0")
    assert machine("cat", "/run/credentials/asyncprobed.service/asyncprobed.token") == tokens
    assert machine.api("GET", "/jobs").status_code == 401
    assert machine.api("GET", "/jobs", headers={"Authorization": "Bearer secret"}).status_code == 200


def test_idle(machine):
    """At most two wake-ups a second, under 20 MiB."""
    machine("systemctl", "start", SERVICE)
    assert machine.api.run(["found.test"])[0]["status"] == "found"
    machine.api._session.close()
    eventually(lambda: "connections: 0" in machine.show("StatusText"), "all is quiet")
    pid = machine.main()

    def wake_ups():
        text = machine("sh", "-c", f"cat /proc/{pid}/task/*/status")
        return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("voluntary_ctxt_switches"))

    before, start = wake_ups(), time.monotonic()
    eventually(lambda: wake_ups() - before >= 20, "it measures its lag now and then")
    rate = (wake_ups() - before) / (time.monotonic() - start)
    memory = int(next(line.split()[1] for line in machine.proc("status").splitlines() if line.startswith("VmRSS")))
    assert rate <= 2, f"{rate:.1f} wake-ups a second"
    assert memory < 20 << 10, f"{memory} KiB"


def test_signal_from_outside(machine):
    """SIGTERM from someone else is an end in order, too: no restart."""
    machine("systemctl", "start", SERVICE)
    machine("kill", f"-{signal.SIGTERM.value}", str(machine.main()))
    eventually(lambda: machine.show("ActiveState") == "inactive", "it has ended")
    assert machine.show("Result") == "success"
