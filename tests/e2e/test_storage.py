"""A full database: jobs are refused, nothing is lost, and it works again by itself once there is room."""
import os
import subprocess

import pytest

from client import check_complete, expect
from processes import eventually

MANY = "".join(f"found-{i}.test\n" for i in range(30_000))


class Tmpfs:
    """A small file system of its own, filled up by a file."""

    n_bytes = 12 << 20

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.n_bytes}", "tmpfs", folder], check=True)

    def prepare(self, _):
        pass

    def fill(self, _):
        try:
            with open(self._filler, "wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
        except OSError:
            pass

    def free(self, _):
        self._filler.unlink()

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


class FileLimit:
    """The limit of the size of each file that the process writes, for those who may not mount."""

    def __init__(self, folder):
        self.folder = folder

    def prepare(self, daemon):
        daemon.file_bytes = 64 << 20

    def fill(self, daemon):
        daemon.limit_files(max(path.stat().st_size for path in self.folder.iterdir()))

    def free(self, daemon):
        if daemon.is_running:
            daemon.limit_files(daemon.file_bytes)

    def close(self):
        pass


def can_mount(folder):
    if os.geteuid() != 0:
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True)
    if done.returncode == 0:
        subprocess.run(["umount", folder], check=True)
    return done.returncode == 0


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Tmpfs(folder) if can_mount(folder) else FileLimit(folder)
    yield disk
    disk.close()


@pytest.fixture
def daemon(make_daemon, dns, disk):
    daemon = make_daemon(dns, folder=disk.folder)
    disk.prepare(daemon)
    with daemon:
        yield daemon


def submit_until_refused(api):
    """Small jobs may still fit into room that the database has already; big ones soon don't."""
    for _ in range(50):
        response = api("POST", "/jobs", params={"kind": "domains"}, data=MANY, headers={"Content-Type": "text/plain"})
        if response.status_code != 202:
            return response
    raise AssertionError("50 jobs of 30,000 names fit into a full database")


def is_ready(api):
    return api("GET", "/readyz").status_code == 200


def test_full_and_free_again(daemon, disk):
    api = daemon.api
    job = api.wait(api.submit(f"{w}-{i}.test" for i in range(100) for w in ("found", "nx", "servfail")))
    before = api.get(f"/jobs/{job['id']}/results").content
    disk.fill(daemon)
    expect(submit_until_refused(api), 507)
    eventually(lambda: not is_ready(api), "/readyz says that the store is full")
    assert api.get("/healthz").json() == {"status": "ok"}
    assert api.get(f"/jobs/{job['id']}/results").content == before, "what is there can still be read"
    n_jobs = len(api.jobs())
    disk.free(daemon)
    eventually(lambda: is_ready(api), "ready again, with no request and no restart")
    assert len(api.jobs()) == n_jobs, "a job that was refused is not there later"
    assert api.run(["found-after.test"])[0]["status"] == "found"
    assert api.get(f"/jobs/{job['id']}/results").content == before


def test_full_in_the_middle_of_a_job(daemon, disk):
    """Results that can't be kept yet are not shown and not lost: the job ends once there is room."""
    api = daemon.api
    n = 6000
    job = api.submit((f"found-{'x' * 40}-{i}.test" for i in range(n)), rate=3000)
    lines = api.follow(job)
    seen = [next(lines) for _ in range(100)]
    disk.fill(daemon)
    submit_until_refused(api)
    disk.free(daemon)
    for other in api.jobs():
        if other["id"] != job["id"]:
            api("POST", f"/jobs/{other['id']}/cancel")
    ended = api.wait(job, 40)
    assert (ended["state"], ended["counts"]["found"]) == ("done", n), ended
    assert list(api.follow(job))[:100] == seen
    check_complete(api.results(job), n)


def test_what_is_refused_while_full_changes_nothing(daemon, disk):
    """Nobody waits for a commit that may never come: the answer is 507, and the jobs go on as before."""
    api = daemon.api
    jobs = [api.submit((f"found-{n}-{i}.test" for i in range(500)), rate=10, label=label)
            for n, label in enumerate(["one", "two", "many", "many"])]
    ended = api.wait(api.submit(["found.test"], label="ended"))
    schedule = api("POST", "/schedules", json={"name": "s", "every": "1h", "job": {"kind": "domains", "domains": ["a.test"]}}).json()
    disk.fill(daemon)
    submit_until_refused(api)
    for method, path in [("POST", f"/jobs/{jobs[0]['id']}/cancel"), ("DELETE", f"/jobs/{jobs[1]['id']}"),
                         ("POST", f"/jobs/{jobs[1]['id']}/pause"), ("POST", "/jobs/cancel?label=many"),
                         ("DELETE", "/jobs?label=many"), ("DELETE", f"/jobs/{ended['id']}"),
                         ("DELETE", "/jobs?label=ended"), ("DELETE", f"/schedules/{schedule['id']}"),
                         ("POST", f"/schedules/{schedule['id']}/pause")]:
        response = expect(api(method, path, timeout=10), 507)
        assert "?" not in path or " 0 jobs were" in response.json()["detail"], response.json()
    for job in jobs:
        now = api.show(job)
        assert (now["state"], now["paused"]) == ("running", False), now
    assert api.show(ended) == ended and len(api.results(ended)) == 1
    assert api.get(f"/schedules/{schedule['id']}").json()["paused"] is False
    disk.free(daemon)
    eventually(lambda: is_ready(api), "there is room again")
    completed = [api.show(job)["completed"] for job in jobs]
    eventually(lambda: all(api.show(job)["completed"] > n for job, n in zip(jobs, completed)), "they go on")
    daemon.restart()
    assert {daemon.api.show(job)["state"] for job in jobs} == {"running"}, "nor does a restart know of an end"
    for job in jobs:
        assert daemon.api("POST", f"/jobs/{job['id']}/cancel").json()["state"] == "cancelled"


def test_crash_while_full(daemon, disk):
    api = daemon.api
    job = api.wait(api.submit(["found.test", "nx.test"]))
    before = api.results(job)
    disk.fill(daemon)
    submit_until_refused(api)
    daemon.kill9()
    disk.free(daemon)
    daemon.start()
    assert daemon.api.show(job) == job and daemon.api.results(job) == before
    assert daemon.api.run(["found-after.test"])[0]["status"] == "found"
