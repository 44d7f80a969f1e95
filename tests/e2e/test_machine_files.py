"""Files of the machine: what is not the daemon's stays as it is, and what is its own nobody else reads."""
import os
import signal
import socket
import sqlite3
import stat
import subprocess

import pytest

from client import expect
from processes import DEADLINE, binary, eventually


def start_in_vain(daemon):
    """Start a daemon that is to refuse; returns what it wrote."""
    options = [f"-o{key}={value}" for key, value in daemon.settings.items() if value is not None]
    done = subprocess.run([binary("src/asyncprobed"), *options], cwd=daemon.folder, capture_output=True, text=True,
                          timeout=DEADLINE, check=False)
    assert done.returncode == 1 and "event=ready" not in done.stderr, done
    return done.stderr


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# --- The Unix socket ---

@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_only_a_socket_makes_room_for_a_socket(make_daemon, dns, tmp_path, kind):
    path, treasure = tmp_path / "api.sock", tmp_path / "treasure"
    treasure.write_text("a treasure")
    {"file": lambda: path.write_text("a treasure"), "link": lambda: path.symlink_to(treasure),
     "folder": path.mkdir}[kind]()
    log = start_in_vain(make_daemon(dns, settings={"api.listen": f"unix:{path}"}))
    assert "event=listen" in log and treasure.read_text() == "a treasure"
    assert path.is_dir() if kind == "folder" else path.read_text() == "a treasure"


def test_a_served_socket_stays_and_a_stale_one_goes(make_daemon, dns, tmp_path):
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        start_in_vain(make_daemon(dns, settings={"api.listen": f"unix:{path}"}))
        assert path.is_socket()
    with make_daemon(dns, settings={"api.listen": f"unix:{path}"}):
        assert path.is_socket()
        path.unlink()
        path.write_text("put there meanwhile")
    assert path.read_text() == "put there meanwhile"


# --- The database ---

def test_nobody_else_reads_the_database(make_daemon, dns, tmp_path):
    daemon = make_daemon(dns)
    before = os.umask(0)
    try:
        daemon.start()
        daemon.api.run(["found.test"])
        assert {mode(path) for path in tmp_path.glob("jobs.db*")} == {0o600}
        daemon.stop()
        for path in tmp_path.glob("jobs.db*"):
            path.chmod(0o644)
        daemon.start()
        assert {mode(path) for path in tmp_path.glob("jobs.db*")} == {0o600}
        daemon.stop()
    finally:
        os.umask(before)


def test_no_second_daemon_whatever_is_removed(daemon, make_daemon, dns, tmp_path):
    (tmp_path / "jobs.db.lock").unlink(missing_ok=True)
    (tmp_path / "other.db").hardlink_to(tmp_path / "jobs.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "jobs.db")
    for name in ("jobs.db", "other.db", "link.db"):
        log = start_in_vain(make_daemon(dns, settings={"store.url": f"sqlite://{tmp_path}/{name}",
                                                       "downloads.dir": f"{tmp_path}/elsewhere"}))
        assert "another daemon uses it" in log, log
    assert daemon.api.run(["found.test"])[0]["status"] == "found"


def test_a_log_without_its_database_is_refused(make_daemon, dns, tmp_path):
    """Committed last, and not in the database yet: nothing may take its place without a word."""
    daemon = make_daemon(dns).start()
    job = daemon.api.wait(daemon.api.submit(["found.test", "nx.test"]))
    daemon.kill9()
    database, log = tmp_path / "jobs.db", tmp_path / "jobs.db-wal"
    assert log.stat().st_size > 0
    for make_empty in (False, True):
        database.rename(tmp_path / "kept")
        if make_empty:
            database.touch()
        said = start_in_vain(daemon)
        assert "put the database back" in said and "jobs.db-wal" in said, said
        assert log.stat().st_size > 0
        (tmp_path / "kept").replace(database)
    daemon.start()
    assert len(daemon.api.results(job)) == 2
    daemon.stop()
