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
from web import submit


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
    assert "event=listen_failed" in log and treasure.read_text() == "a treasure"
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
        assert "in use by another daemon" in log, log
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


# --- The folder of downloads ---

def saved(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@pytest.mark.parametrize("database", ["another", "empty", "older"])
def test_files_of_another_database_stay(fetcher, web, make_daemon, dns, tmp_path, database):
    """Also those of an older copy of the database: what it does not know it has not removed."""
    folder = fetcher.folder / "downloads"
    first = fetcher.api.wait(submit(fetcher.api, [web.url("/files/a")]))
    backup = fetcher.api.get("/backup").content
    second = fetcher.api.wait(submit(fetcher.api, [web.url("/files/b")]))
    fetcher.stop()
    half = folder / ".part" / "ffffffff-0"
    half.write_text("of the one that owns it")
    other = make_daemon(dns, settings={**fetcher.settings, "store.url": f"sqlite://{tmp_path}/other.db"})
    if database == "older":
        (tmp_path / "other.db").write_bytes(backup)
    with other:
        other.wait_event("files_unknown")
        if database != "older":
            other.wait_event("downloads_dir_foreign")
        job = other.api.wait(submit(other.api, [web.url("/files/c")]))
        assert saved(folder) == sorted([first["id"], second["id"], job["id"]])
        assert half.exists() or database == "older"
        assert other.api("DELETE", f"/jobs/{job['id']}").status_code == 204
        eventually(lambda: job["id"] not in saved(folder), "its own files go")
    fetcher.start()
    assert "files_unknown" not in fetcher.lines.text() and "folder_owner" not in fetcher.lines.text()
    for job, name in ((first, "a"), (second, "b")):
        fetcher.api.get(f"/jobs/{job['id']}/files/{name}")


def test_no_second_daemon_on_the_same_folder(fetcher, make_daemon, dns, tmp_path):
    other = make_daemon(dns, settings={**fetcher.settings, "store.url": f"sqlite://{tmp_path}/other.db"})
    (fetcher.folder / "downloads" / ".owner").unlink()
    log = start_in_vain(other)
    assert "event=downloads_dir_failed" in log and "in use by another daemon" in log, log


def test_files_of_a_removed_job_go_after_a_crash(fetcher, web):
    """The removal is known until it is done, even when the job's row is long gone."""
    api, folder = fetcher.api, fetcher.folder / "downloads"
    job = api.wait(submit(api, [web.url("/files/a"), web.url("/files/b")]))
    (folder / job["id"]).rename(fetcher.folder / "hidden")
    assert api("DELETE", f"/jobs/{job['id']}").status_code == 204
    fetcher.kill9()
    with sqlite3.connect(fetcher.folder / "jobs.db") as database:
        database.execute("DELETE FROM job")
        database.execute("INSERT OR IGNORE INTO removal VALUES(?)", (bytes.fromhex(job["id"].replace("-", "")),))
    (fetcher.folder / "hidden").rename(folder / job["id"])
    fetcher.start()
    eventually(lambda: saved(folder) == [], "they go at the next start")
    with sqlite3.connect(fetcher.folder / "jobs.db") as database:
        eventually(lambda: database.execute("SELECT count(*) FROM removal").fetchone() == (0,), "and are forgotten")


# --- Files that go under a running daemon ---

@pytest.mark.parametrize("name", ["jobs.db", "jobs.db-wal", "jobs.db-shm", "downloads"])
def test_what_is_moved_away_is_missed(fetcher, web, tmp_path, name):
    api = fetcher.api
    job = api.wait(submit(api, [web.url("/files/a")]))
    path = tmp_path / name
    path.rename(tmp_path / "away")
    what = "downloads" if name == "downloads" else "database"
    gauge = f'asyncprobed_files_in_place{{what="{what}"}}'
    eventually(lambda: api("GET", "/readyz").status_code == 503, "/readyz says so although nothing is asked for")
    assert api.metrics()[gauge] == 0
    eventually(lambda: f"event=files_missing what={what}" in fetcher.lines.text(), "the log says so")
    if name != "downloads":
        expect(api("POST", "/jobs", json={"kind": "domains", "domains": ["a.test"]}), 507)
        expect(api("DELETE", f"/jobs/{job['id']}"), 507)
        expect(api("GET", "/backup"), 500)
    else:
        waiting = submit(api, [web.url("/files/b")])
    assert len(api.results(job)) == 1, "what is there can still be read"
    (tmp_path / "away").rename(path)
    eventually(lambda: api("GET", "/readyz").status_code == 200, "it is back")
    assert api.metrics()[gauge] == 1
    if name == "downloads":
        assert api.wait(waiting)["counts"]["ok"] == 1, "files waited for it"
    else:
        expect(api("DELETE", f"/jobs/{job['id']}"), 204)
