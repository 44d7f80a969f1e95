"""What the tests of schedules share."""
import calendar
import sqlite3
import time
from contextlib import closing
from datetime import datetime

from client import ENDED, expect, job_id
from processes import eventually

JOB = {"kind": "domains", "domains": ["found.example", "nx.example"]}


def add(api, status=201, job=JOB, **fields):
    response = expect(api("POST", "/schedules", json={"job": job, **fields}), status)
    return response.json() if status == 201 else response


def show(api, schedule):
    return api.get(f"/schedules/{job_id(schedule)}").json()


def act(api, schedule, verb, status=200):
    return expect(api("POST", f"/schedules/{job_id(schedule)}/{verb}"), status).json()


def patch(api, schedule, fields, status=200, **headers):
    return expect(api("PATCH", f"/schedules/{job_id(schedule)}", json=fields, headers=headers), status)


def jobs_of(api, schedule):
    """Return the jobs of a schedule, oldest first."""
    found = []
    for page in api.pages(limit=1000):
        found += [job for job in page if job["schedule_id"] == job_id(schedule)]
    return found[::-1]


def wait_jobs(api, schedule, n, seconds=20):
    """Wait until `n` runs have ended; returns all there are by then."""
    def look():
        jobs = jobs_of(api, schedule)
        return jobs if sum(job["state"] in ENDED for job in jobs) >= n else None

    return eventually(look, f"{n} runs", seconds)


def let_pass(api, every):
    """Wait until a schedule that is added now has run, and remove it: due times up to then were served before that."""
    other = add(api, every=every, jitter="0s")
    wait_jobs(api, other, 1)
    expect(api("DELETE", f"/schedules/{other['id']}"), 204)


def seconds_of(text):
    """Return the seconds since 1970 of a time in an answer."""
    when = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    return calendar.timegm(when.timetuple()) + when.microsecond / 1e6


def until(text):
    return seconds_of(text) - time.time()


def peek(daemon, query):
    """Ask the database of a daemon that runs."""
    with closing(sqlite3.connect(f"file:{daemon.folder}/jobs.db?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(query).fetchall()


def rows(daemon, query, *values):
    """Ask, or change, the database of a daemon that doesn't run."""
    assert not daemon.is_running
    with closing(sqlite3.connect(daemon.folder / "jobs.db")) as db, db:
        return db.execute(query, values).fetchall()
