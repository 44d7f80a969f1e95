"""Power failures: what is shown afterwards points at whole files (`downloads.sync`).

The daemon works in an ext4 file system on a loop device. Nothing but a sync gets from its memory to the device meanwhile.
A copy of the device, taken while the daemon is stopped, is what a power failure leaves. A daemon goes on with that copy.
"""
import os
import random
import shutil
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from client import Client
from origin import Origin, sha256
from processes import DEADLINE, Daemon, eventually
from web import fetch_settings, name_server, submit

N_FILES, N_CUTS = 150, 3
MIB = 1 << 20

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root"),
    pytest.mark.skipif(not all(map(shutil.which, ("mkfs.ext4", "mount", "umount"))), reason="e2fsprogs or mount is absent"),
]


def make_image(path):
    with open(path, "wb") as file:
        file.truncate(96 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", path], check=True)


@contextmanager
def mounted(image, folder):
    """Mount an image; the kernel commits nothing by itself for as long as a test takes."""
    folder.mkdir()
    done = subprocess.run(["mount", "-o", "loop,commit=3600,noatime", image, folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no loop device can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def states(pid):
    return {Path(task, "stat").read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()}


def cut(daemon, files, copies):
    """Copy files as they are at one instant; a sync that was under way has ended by then."""
    daemon.send(signal.SIGSTOP)
    try:
        eventually(lambda: states(daemon.pid) == {"T"}, "all threads stand still")
        for file, copy in zip(files, copies):
            subprocess.run(["cp", "--sparse=always", file, copy], check=True)
    finally:
        daemon.send(signal.SIGCONT)


class Machine:
    """A daemon whose downloads are in an image; its database is there too, or on the test's own disk, which keeps all."""

    def __init__(self, folder, contract, has_own_disk, names):
        self.folder, self.contract, self.has_own_disk, self.names = folder, contract, has_own_disk, names

    def daemon(self, mount, own, sync):
        settings = {**fetch_settings(mount), "downloads.sync": sync}
        if self.has_own_disk:
            settings["store.url"] = f"sqlite://{own}/jobs.db"
        return Daemon(mount, [self.names], settings, lambda url: Client(url, self.contract))

    def run(self, urls, sync):
        """Run a job; returns it, and for each cut the rows that were shown before and the folder of its files."""
        image, own, cuts = self.folder / "image", self.folder / "own", []
        own.mkdir()
        make_image(image)
        with mounted(image, self.folder / "before") as mount, self.daemon(mount, own, sync) as daemon:
            job = submit(daemon.api, urls, rate=150)
            for at in sorted(random.sample(range(10, N_FILES), N_CUTS)):
                eventually(lambda: daemon.api.get(f"/jobs/{job['id']}").json()["completed"] >= at, f"{at} results")
                place = self.folder / f"cut-{at}"
                place.mkdir()
                rows = daemon.api.results(job)
                kept = [path for path in own.iterdir() if not path.name.endswith("-shm")]
                cut(daemon, [image, *kept], [place / "image", *(place / path.name for path in kept)])
                cuts.append((rows, place))
            daemon.api.wait(job)
        return job, cuts

    def after(self, job, place, sync):
        """Go on behind a cut; returns all results with the content of their files, None where there is none."""
        with mounted(place / "image", place / "after") as mount, self.daemon(mount, place, sync) as daemon:
            daemon.api.wait(job, DEADLINE)
            rows = daemon.api.results(job)
            files = [daemon.api("GET", f"/jobs/{job['id']}/files/{row['file']}") for row in rows]
            return rows, [file.content if file.status_code == 200 else None for file in files]


def broken_files(machine, sync):
    """Return the files that are shown and are not whole, behind all cuts."""
    bodies = {f"/{i}": random.randbytes(random.choice((0, 1, 100, 5000, 100_000, 300_000))) for i in range(N_FILES)}
    broken = []
    with Origin(bodies) as origin:
        job, cuts = machine.run([origin.url(path) for path in bodies], sync)
        for before, place in cuts:
            rows, contents = machine.after(job, place, sync)
            assert rows[:len(before)] == before, "what was shown has changed"
            assert len(rows) == N_FILES and all(row["status"] == "ok" for row in rows)
            broken += [(row["file"], row["bytes"], content and len(content)) for row, content in zip(rows, contents)
                       if content is None or content != bodies[f"/{row['index']}"] or sha256(content) != row["sha256"]]
    return broken


@pytest.fixture(params=["one disk", "two disks"])
def machine(request, tmp_path, contract):
    with name_server(tmp_path) as names:
        yield Machine(tmp_path, contract, request.param == "two disks", names)


def test_files_are_whole(machine):
    assert broken_files(machine, "yes") == []


def test_without_sync_they_are_not(machine):
    """The test can find the fault."""
    assert broken_files(machine, "no") != []
