"""What is on the disk: whole files and nothing else, whatever comes to its end — the room, a job or the daemon."""
import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

from client import check_complete, tally
from processes import eventually
from test_storage import can_mount
from web import by_index, check_outcome, content, fetch, host, job_folders, stored_files, submit


# --- Room ---

@pytest.fixture
def small_disk(tmp_path):
    """A folder of downloads with room for 4 MiB, where one may mount."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    if not can_mount(folder):
        yield None
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_disk_full(small_disk, fetcher, web):
    if small_disk is None:
        fetcher.limit_files(4 << 20)
    results = fetch(fetcher.api, [web.url("/files/big", size="8M"), web.url("/files/small"),
                                  web.url("/files/big", size="8M", framing="chunked")], concurrency=1)
    assert [(r["status"], r["reason"], r["file"]) for r in results] == [
        ("error", "disk", None), ("ok", None, "small"), ("error", "disk", None)], results
    assert stored_files(fetcher.folder / "downloads") == {f"{results.job['id']}/small": content.body("small")}
    assert tally(fetch(fetcher.api, [web.url("/files/next", size="2M")])) == {("ok", None): 1}, "the room is free again"


@pytest.mark.settings({"downloads.quota": "1M"})
def test_quota(fetcher, web):
    """The folder never holds more than the quota; what is deleted makes room."""
    urls = [web.url(f"/files/{i}", size="100K", framing="chunked" if i % 2 else "length") for i in range(20)]
    results = fetch(fetcher.api, urls)
    counts = {status: n for (status, _), n in tally(results).items()}
    assert 5 <= counts["ok"] <= 10 and counts["error"] == 20 - counts["ok"], tally(results)
    assert {r["reason"] for r in results if r["status"] == "error"} <= {"disk", "too_large"}
    assert sum(map(len, stored_files(fetcher.folder / "downloads").values())) == counts["ok"] * (100 << 10)
    fetcher.restart()
    n_more = tally(fetch(fetcher.api, urls[:12])).get(("ok", None), 0)
    assert n_more <= 10 - counts["ok"], "it counts what was there before"
    for job in fetcher.api.jobs():
        fetcher.api("DELETE", f"/jobs/{job['id']}")
    eventually(lambda: not stored_files(fetcher.folder / "downloads"), "the files are deleted")
    assert tally(fetch(fetcher.api, urls[:5])) == {("ok", None): 5}


# --- Ends before the end ---

@pytest.mark.parametrize("verb", ["cancel", "delete"])
def test_end_in_mid_transfer(fetcher, web, verb):
    api, folder = fetcher.api, fetcher.folder / "downloads"
    urls = [web.url("/files/done"), *(web.url(f"/files/{i}", size="1M", stall=300_000, host=host(i)) for i in range(5)),
            web.url("/files/slow", host="h6.test", size="1M", rate=50_000),
            web.url("/files/late", host="h7.test", delay=30)]
    job = submit(api, urls, concurrency=20)
    eventually(lambda: web.stats()["in_progress"] == 7 and api.show(job)["completed"] == 1, "7 transfers are under way")
    expected = {f"{job['id']}/done": content.body("done")}
    if verb == "cancel":
        api("POST", f"/jobs/{job['id']}/cancel")
        assert api.wait(job, 5)["state"] == "cancelled"
    else:
        assert api("DELETE", f"/jobs/{job['id']}").status_code == 204
        assert api("GET", f"/jobs/{job['id']}").status_code == 404
        expected = {}
    eventually(lambda: web.stats()["in_progress"] == 0, "the connections are closed")
    eventually(lambda: stored_files(folder) == expected, "what was half there is gone")
    if verb == "delete":
        eventually(lambda: job_folders(folder) == [], "the folder of the job is gone")
        return
    for result in api.results(job)[1:]:
        check_outcome(result, ("error", "cancelled", (200, None)))
    fetcher.restart()
    assert stored_files(folder) == expected, "what was done stays"


def open_files(process, folder):
    """What the daemon has open below the folder, and how long it is; names or none."""
    found = {}
    for number in os.listdir(f"/proc/{process.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            path = f"/proc/{process.pid}/fd/{number}"
            if os.path.isfile(path) and os.readlink(path).startswith(f"{folder}/"):
                found[os.readlink(path)] = os.stat(path).st_size
    return found


@pytest.mark.settings({"daemon.drain_timeout": "0s"})
def test_end_in_mid_file(fetcher, web):
    """A daemon that ends at once leaves no part of a file that is longer than a piece."""
    submit(fetcher.api, [web.url("/files/long", size="4M", rate=1_000_000)])
    folder = fetcher.folder / "downloads"
    eventually(lambda: any(open_files(fetcher, folder).values()), "a part of the file is on the disk")
    fetcher.stop()
    assert [path.name for path in folder.rglob("*") if not path.is_dir()] == [".owner"]


def batch(web, n, **options):
    return [web.url(f"/files/b{i}.bin", host=host(i % 7), **options) for i in range(n)]


def check_batch(daemon, job, n):
    """Check that a job ends with each file whole, each item told once, and nothing else in the folder."""
    results = by_index(daemon.api, job)
    assert tally(results) == {("ok", None): n}
    check_complete(sorted(results, key=lambda r: r["seq"]), n)
    expected = {f"{job['id']}/b{i}.bin": content.body(f"b{i}.bin") for i in range(n)}
    assert stored_files(daemon.folder / "downloads") == expected
    for i, result in enumerate(results):
        assert (result["file"], result["sha256"]) == (f"b{i}.bin", content.sha256(f"b{i}.bin")), result


def check_whole(daemon, job):
    """Check what a killed daemon left: under its name, a file is whole."""
    for name, data in stored_files(daemon.folder / "downloads").items():
        folder, _, name = name.rpartition("/")
        if folder == job["id"] and re.fullmatch(r"b\d+\.bin", name):
            assert data == content.body(name), f"{name} has {len(data)} of {content.size_of(name)} bytes"


def test_kill_again_and_again(fetcher, web):
    """kill -9 in mid-batch: every file is whole or absent, what was shown is there, each item has one result."""
    n = 1200
    job, seen = submit(fetcher.api, batch(web, n), concurrency=20), []
    # the early kills come first: from the third start on, a file that is alone at a kill is taken for its cause
    for n_more in (0, 1, 150, 30, 400):
        lines = fetcher.api.follow(job)
        shown = [next(lines) for _ in range(len(seen) + n_more)]
        assert shown[:len(seen)] == seen, "lines that were shown before the kill have changed"
        seen = shown
        fetcher.kill9()
        check_whole(fetcher, job)
        for line in seen:
            name = json.loads(line)["file"]
            assert (fetcher.folder / "downloads" / job["id"] / name).exists(), f"{name} was shown and is lost"
        fetcher.start()
    check_batch(fetcher, job, n)


def test_kill_in_mid_transfer(fetcher, web):
    job = submit(fetcher.api, batch(web, 12, rate=20_000), concurrency=12)
    eventually(lambda: web.stats()["in_progress"] == 12, "12 transfers are under way")
    fetcher.kill9()
    check_whole(fetcher, job)
    fetcher.start()
    check_batch(fetcher, job, 12)


@pytest.mark.settings({"daemon.drain_timeout": "1s"})
def test_drain(fetcher, web):
    """SIGTERM: transfers may end within the time for it, others begin anew after the restart."""
    slow = [web.url("/files/b1.bin", first=1, stall=500)]
    job = submit(fetcher.api, [web.url("/files/b0.bin", delay=0.5), *slow], concurrency=5)
    eventually(lambda: web.stats()["in_progress"] == 2, "2 transfers are under way")
    start = time.monotonic()
    fetcher.stop(signal.SIGTERM)
    assert time.monotonic() - start < 5, "a drain time-out of 1 s"
    fetcher.start()
    check_batch(fetcher, job, 2)
    assert len(web.requests("/files/b0.bin")) == 1, "it had its time before the end"
