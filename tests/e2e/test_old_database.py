"""A database of an earlier release: all that it holds shows as before, and what had not ended goes on.

seeds/version-N.db.gz was written by the last release whose schema has the number N, which was killed in the midst of a
job; seeds/version-N.json.gz is what that daemon showed of it.
"""
import csv
import gzip
import io
import json
from pathlib import Path

import pytest

from client import ENDED
from processes import eventually

SEEDS = Path(__file__).parent / "seeds"


@pytest.fixture(params=["version-5"])
def old(request):
    return json.loads(gzip.decompress((SEEDS / f"{request.param}.json.gz").read_bytes())), \
        gzip.decompress((SEEDS / f"{request.param}.db.gz").read_bytes())


def rows(api, job_id, form):
    return api("GET", f"/jobs/{job_id}/results", params={"format": form}).content.decode()


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def holds(new, old):
    """Say whether `new` has all that `old` has; it may have more."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and holds(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(holds, new, old))
    return new == old


def test_all_that_was_there_shows_as_before(old, make_daemon, dns, tmp_path):
    want, database = old
    (tmp_path / "jobs.db").write_bytes(database)
    with make_daemon(dns) as daemon:
        api = daemon.api
        assert len(want["jobs"]) == 4
        for job_id, was in want["jobs"].items():
            job = api.get(f"/jobs/{job_id}").json()
            assert holds(job, was["job"]), (job, was["job"])
            now = lines(rows(api, job_id, "ndjson"))
            assert now and holds(now, lines(was["ndjson"])), now
            cells = [list(csv.DictReader(io.StringIO(text, newline=""))) for text in
                     (rows(api, job_id, "csv"), was["csv"])]
            assert holds(*cells), cells
            if job["kind"] != "domains":  # whose marks have become more
                assert rows(api, job_id, "text") == was["text"]
        schedule = api.get(f"/schedules/{want['schedule']}").json()
        assert (schedule["runs"], schedule["last_state"], schedule["name"]) == (1, "done", "each")
        late = api.get(f"/jobs/{want['late']}").json()
        assert (late["state"], late["completed"], late["run_at"]) == ("queued", 0, "2099-01-01T00:00:00.000Z")


def test_what_had_not_ended_goes_on(old, make_daemon, dns, tmp_path):
    want, database = old
    (tmp_path / "jobs.db").write_bytes(database)
    before = lines(want["half"]["ndjson"])
    with make_daemon(dns) as daemon:
        api, path = daemon.api, f"/jobs/{want['half']['id']}"
        assert 0 < len(before) < 5
        eventually(lambda: api.get(path).json()["state"] in ENDED, "its end")
        job, now = api.get(path).json(), lines(rows(api, want["half"]["id"], "ndjson"))
        assert (job["state"], job["completed"]) == ("done", 5)
        assert holds(now[:len(before)], before)
        assert sorted(row["index"] for row in now) == list(range(5)) and [row["seq"] for row in now] == [1, 2, 3, 4, 5]
