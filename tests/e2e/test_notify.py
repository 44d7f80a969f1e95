"""What the daemon tells the service manager."""
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from notify_socket import NotifySocket
from processes import eventually, has_libsystemd, is_sanitized

pytestmark = pytest.mark.skipif(not has_libsystemd(), reason="built without libsystemd")


@pytest.fixture
def manager(tmp_path):
    with NotifySocket(tmp_path) as opened:
        yield opened


def managed(daemon, manager, watchdog=None):
    """The daemon, to be started by this manager."""
    daemon.environment = manager.environment(watchdog)
    return daemon


def status_counts(message):
    match = re.fullmatch(r"(?:Taking jobs|Draining); jobs: (\d+) at work, (\d+) waiting; "
                         r"items in flight: (\d+); connections: (\d+)", message.get("STATUS", ""))
    return match and tuple(map(int, match.groups()))


def test_ready_means_ready(make_daemon, dns, manager):
    """At READY=1 jobs are taken; nothing but words about the start comes before."""
    with managed(make_daemon(dns), manager) as running:
        first = manager.receive(10)[1]
        assert first["READY"] == "1" and status_counts(first) == (0, 0, 0, 0), first
        assert running.api.run(["found.test"])[0]["status"] == "found"
    manager.gather(0.2)
    assert all("READY" not in message for _, message in manager.all[1:]), manager.all


@pytest.mark.dns("--slow-ms", 4000)
def test_status_follows(make_daemon, dns, manager):
    """Live counts, told when they change and at most every two seconds."""
    with managed(make_daemon(dns, settings={"dns.timeout": "8s"}), manager) as running:
        manager.wait_for(lambda m: "READY" in m, "it is ready")
        job = running.api.submit([f"slow-{i}.test" for i in range(7)])
        manager.wait_for(lambda m: (status_counts(m) or ())[:3] == (1, 0, 7), "a job with 7 items in flight")
        running.api.wait(job)
        manager.wait_for(lambda m: (status_counts(m) or ())[:3] == (0, 0, 0), "nothing to do")
        times = [when for when, message in manager.all if "READY" not in message]
        assert all(b - a > 1.8 for a, b in zip(times, times[1:])), times
        running.api._session.close()
        manager.gather(4)
        assert manager.gather(3) == [], "what does not change is not told"


def test_watchdog_is_fed_by_the_loop(make_daemon, dns, manager):
    """At half of its time; a stopped process feeds it no more."""
    with managed(make_daemon(dns), manager, watchdog=1) as running:
        manager.wait_for(lambda m: "WATCHDOG" in m, "a first one", 5)
        fed = [when for when, message in manager.gather(3) if message.get("WATCHDOG") == "1"]
        assert 4 <= len(fed) <= 7 and max(b - a for a, b in zip(fed, fed[1:])) < 0.9, fed
        running.send(signal.SIGSTOP)
        try:
            manager.gather(0.5)
            assert manager.gather(1.5) == []
        finally:
            running.send(signal.SIGCONT)
        manager.wait_for(lambda m: "WATCHDOG" in m, "it goes on", 5)


def test_watchdog_is_withheld_while_the_store_hangs(make_daemon, dns, manager, tmp_path):
    """Someone holds the database: the loop turns, answers, and does not say that all is well."""
    with managed(make_daemon(dns), manager, watchdog=1) as running:
        manager.wait_for(lambda m: "WATCHDOG" in m, "a first one", 5)
        with sqlite3.connect(tmp_path / "jobs.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with running.api.connect() as sock:
                sock.sendall(b"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                             b"Content-Length: 11\r\n\r\nfound.test\n")
                running.wait_event("watchdog_withheld", 10)
                assert running.event("watchdog_withheld")["stale"] == "store"
                assert running.api.get("/healthz").status_code == 200
                manager.gather(0.1)
                assert all("WATCHDOG" not in message for _, message in manager.gather(1))
                other.execute("ROLLBACK")
                assert running.api.read_answer(sock).status in (202, 507)
        manager.wait_for(lambda m: "WATCHDOG" in m, "all is well again", 10)


def test_no_watchdog_of_another_process(make_daemon, dns, manager):
    daemon = managed(make_daemon(dns), manager, watchdog=0.5)
    daemon.environment["WATCHDOG_PID"] = "1"
    with daemon:
        assert all("WATCHDOG" not in message for _, message in manager.gather(2))


def test_stopping(make_daemon, dns, manager):
    """STOPPING=1 comes first; while it drains it asks for more time, with live counts."""
    dns.toggle_black_hole()
    with managed(make_daemon(dns, settings={"dns.timeout": "10s", "daemon.drain_timeout": "7s"}), manager) as running:
        job = running.api.submit(["found.test"])
        eventually(lambda: running.api.show(job)["state"] == "running", "the job runs")
        manager.gather(0.2)
        start = time.monotonic()
        running.send(signal.SIGTERM)
        since = len(manager.all)
        assert manager.receive(5)[1].get("STOPPING") == "1"
        asked = manager.wait_for(lambda m: "EXTEND_TIMEOUT_USEC" in m, "more time")
        assert status_counts(asked)[2] == 1 and int(asked["EXTEND_TIMEOUT_USEC"]) > 5e6, asked
        manager.wait_for(lambda m: "Committing" in m.get("STATUS", ""), "the loop turns no more")
        assert running.wait_end(20) == 0
        assert time.monotonic() - start > 6
        asked = [when for when, message in manager.all[since:] if "EXTEND_TIMEOUT_USEC" in message]
        assert len(asked) >= 3 and all(b - a < 6 for a, b in zip(asked, asked[1:])), manager.all
        assert all("READY" not in message for _, message in manager.all[since:])


def test_idle(make_daemon, dns, manager):
    """Nothing to do: at most two wake-ups a second of all threads together, under 20 MiB, watchdog and all."""
    with managed(make_daemon(dns), manager, watchdog=10) as running:
        assert running.api.run(["found.test"])[0]["status"] == "found"
        running.api._session.close()
        manager.wait_for(lambda m: (status_counts(m) or (1,)) == (0, 0, 0, 0), "all is quiet")
        tasks = Path(f"/proc/{running.pid}/task")

        def count(word):
            return sum(int(line.split()[1]) for task in tasks.iterdir()
                       for line in (task / "status").read_text().splitlines() if line.startswith(word))

        rates = []
        while min(rates, default=3) > 2 and len(rates) < 3:  # addresses that change wake the daemon, too
            before, start = count("voluntary_ctxt_switches"), time.monotonic()
            manager.gather(10)
            rates.append((count("voluntary_ctxt_switches") - before) / (time.monotonic() - start))
        assert min(rates) <= 2, f"{rates} wake-ups a second"
        if not is_sanitized():
            memory = int(re.search(r"VmRSS:\s*(\d+)", (tasks.parent / "status").read_text()).group(1))
            assert memory < 20 << 10, f"{memory} KiB"


def test_without_manager(make_daemon, dns):
    """A socket that nobody serves any more does no harm."""
    daemon = make_daemon(dns)
    daemon.environment = {"NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "200000"}
    with daemon as running:
        assert running.api.run(["found.test"])[0]["status"] == "found"
