"""GET /backup and asyncprobectl backup: a whole database, at any moment."""
import contextlib
import os
import re
import socket
import sqlite3
import stat
import subprocess
import threading

import pytest

from client import Client, expect
from processes import DEADLINE, binary, eventually
from test_retention import run_big
from test_storage import FileLimit, Tmpfs, can_mount

FDS = "process_open_fds"


@pytest.fixture
def restore(make_daemon, dns, tmp_path):
    """A function that starts a second daemon on a copy."""
    with contextlib.ExitStack() as stack:
        def start(content):
            folder = tmp_path / "restored"
            folder.mkdir()
            (folder / "copy.db").write_bytes(content)
            daemon = make_daemon(dns, settings={"store.url": f"sqlite://{folder}/copy.db"}, folder=folder)
            return stack.enter_context(daemon).api

        yield start


def check_database(content, tmp_path):
    path = tmp_path / "checked.db"
    path.write_bytes(content)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    path.unlink()


def test_restored(daemon, restore, tmp_path):
    """A daemon on the copy serves what the first one did; the first one's folder is as it was."""
    api = daemon.api
    jobs = [api.submit([f"found-{i}.test", "nx.test"], label=f"job {i}") for i in range(5)]
    for job in jobs:
        api.wait(job)
    before = sorted(os.listdir(daemon.folder))
    response = api.get("/backup")
    assert response.headers["Content-Type"] == "application/vnd.sqlite3"
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert sorted(os.listdir(daemon.folder)) == before
    check_database(response.content, tmp_path)
    restored = restore(response.content)
    assert restored.jobs() == api.jobs()
    for job in jobs:
        assert restored.results(job) == api.results(job)
    restored.wait(restored.submit(["found.test"]))


@pytest.mark.seconds(120)
def test_under_load(daemon, restore, tmp_path, contract):
    """Whatever was acknowledged before the request is in the copy, and goes on there to its end."""
    api, acknowledged, is_over = daemon.api, [], threading.Event()
    big = api.submit_lines(f"nx-{i}.test" for i in range(30_000))

    def submit_many():
        own = Client(api.url, contract)
        while not is_over.is_set():
            acknowledged.append(own.submit([f"found-{len(acknowledged)}.test", "nx.test"])["id"])

    clients = [threading.Thread(target=submit_many) for _ in range(3)]
    for client in clients:
        client.start()
    eventually(lambda: len(acknowledged) > 30, "jobs are acknowledged")
    known = list(acknowledged)
    content = api.get("/backup").content
    is_over.set()
    for client in clients:
        client.join()
    check_database(content, tmp_path)
    restored = restore(content)
    for job in known:
        assert restored.wait(job)["counts"] == {"found": 1, "not_found": 1, "error": 0}
    assert restored.wait(big, 60)["counts"] == {"found": 0, "not_found": 30_000, "error": 0}


def open_backup(api):
    """Ask for a backup and take nothing but its beginning; returns the socket."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(DEADLINE)
    host, port = api.url.removeprefix("http://").rsplit(":", 1)
    sock.connect((host, int(port)))
    sock.sendall(b"GET /backup HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert sock.recv(15).startswith(b"HTTP/1.1 200")
    return sock


@pytest.mark.seconds(120)
def test_one_at_a_time(daemon):
    """And one whose client goes away leaves nothing behind."""
    api = daemon.api
    run_big(api)
    api.get("/backup")
    before = api.metrics()[FDS]
    with open_backup(api):
        expect(api("GET", "/backup"), 503)
        assert api.metrics()[FDS] > before
        api.run(["found.test"])
    eventually(lambda: api("GET", "/backup").status_code == 200, "the place is free again")
    eventually(lambda: api.metrics()[FDS] <= before, "its file is closed")


def test_left_over(make_daemon, dns, tmp_path):
    """A copy that a crash cut short is removed at the next start."""
    (tmp_path / "jobs.db.copy").write_bytes(b"x" * 10_000)
    (tmp_path / "jobs.db.copy-journal").write_bytes(b"x")
    with make_daemon(dns) as daemon:
        assert not (tmp_path / "jobs.db.copy").exists() and not (tmp_path / "jobs.db.copy-journal").exists()
        daemon.api.get("/backup")


@pytest.mark.seconds(120)
def test_full_disk(make_daemon, dns, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = (Tmpfs if can_mount(tmp_path) else FileLimit)(folder)
    daemon = make_daemon(dns, settings={"store.url": f"sqlite://{folder}/jobs.db"})
    try:
        disk.prepare(daemon)
        with daemon:
            api = daemon.api
            job = api.submit_lines(f"found-{i}.test" for i in range(5000))
            api.wait(job)
            disk.fill(daemon)
            expect(api("GET", "/backup"), 507)
            assert not [name for name in os.listdir(folder) if "copy" in name]
            disk.free(daemon)
            eventually(lambda: api("GET", "/backup").status_code == 200, "there is room again")
    finally:
        disk.close()


# --- asyncprobectl ---

@pytest.fixture
def ctl(daemon):
    def run(*arguments, status=0, url=daemon.api.url):
        done = subprocess.run([binary("src/asyncprobectl"), "backup", *map(str, arguments)], capture_output=True,
                              check=False, timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": url})
        assert done.returncode == status, f"{arguments}: expected exit status {status}: {done}"
        return done

    return run


def test_command(ctl, daemon, tmp_path):
    daemon.api.run(["found.test"])
    folder = tmp_path / "backups"
    folder.mkdir()
    path = folder / "jobs.db"
    path.write_text("an older one")
    done = ctl(path)
    assert re.fullmatch(rb"\d+ bytes\n", done.stderr) and done.stdout == b""
    assert os.listdir(folder) == ["jobs.db"] and stat.S_IMODE(path.stat().st_mode) == 0o600
    check_database(path.read_bytes(), tmp_path)
    assert ctl("-q", "-").stdout[:15] == b"SQLite format 3"
    assert ctl("--quiet", path).stderr == b""


def test_command_fails(ctl, daemon, tmp_path):
    """Nothing is left, and what stood there stays."""
    path = tmp_path / "kept.db"
    path.write_text("an older one")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ctl(path, status=3, url=f"http://127.0.0.1:{port}")
    run_big(daemon.api)
    with open_backup(daemon.api):
        assert b"Another backup" in ctl(path, status=1).stderr
    assert b"No such file" in ctl(tmp_path / "nowhere" / "jobs.db", status=1).stderr
    ctl(status=2)
    ctl(path, path, status=2)
    assert path.read_text() == "an older one"
    assert not list(tmp_path.glob("*.part"))


def test_command_breaks_off(tmp_path):
    """A backup that ends before its length is none."""
    path = tmp_path / "jobs.db"
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nSQLite format 3")

        thread = threading.Thread(target=serve)
        thread.start()
        done = subprocess.run(
            [binary("src/asyncprobectl"), "-u", f"http://127.0.0.1:{server.getsockname()[1]}", "backup", path],
            capture_output=True, check=False, timeout=DEADLINE)
        thread.join()
    assert done.returncode == 3, done
    assert os.listdir(tmp_path) == []
