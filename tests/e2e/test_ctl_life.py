"""asyncprobectl over a job's life: when it begins and ends, pause, retry, and many jobs at once."""
import json
import os
import re
import socket
import subprocess
import time

import pytest

from processes import DEADLINE, binary, eventually
from schedules import act, add, seconds_of
from web import content, stored_files

ABSENT = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
FUTURE = "2099-01-01T00:00:00.000Z"


def run_ctl(url, *arguments, status=0, text=None, cwd=None):
    done = subprocess.run([binary("src/asyncprobectl"), *map(str, arguments)], capture_output=True, text=True,
                          check=False, input=text, timeout=DEADLINE, cwd=cwd,
                          env={**os.environ, "ASYNCPROBED_URL": url})
    assert done.returncode == status, f"{arguments}: expected exit status {status}: {done}"
    return done


@pytest.fixture
def ctl(world, tmp_path):
    """A function that runs asyncprobectl in a folder of the test's own and checks its exit status."""
    return lambda *arguments, **options: run_ctl(world.api.url, *arguments, cwd=tmp_path, **options)


@pytest.fixture
def api(world):
    return world.api


def waiting(api, **fields):
    """Return a job that waits for its time."""
    return api.submit(["found.test"], run_at=FUTURE, **fields)


def shown(ctl, job):
    """Return what `show` printed: {name: text}."""
    return {line[:11].strip(): line[11:] for line in ctl("show", job).stdout.splitlines()}


# --- Submissions ---

COMMANDS = {
    "domains": (["found.test"], None),
    "lines": (["-"], "found.test\n"),
    "flags": (["br"], None),
    "download": (["http://127.0.0.1/x"], None),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_options_of_a_submission(ctl, api, case):
    """They get there as JSON, and as the query beside a body of lines; an offset's plus sign stays one."""
    words, text = COMMANDS[case]
    command = "domains" if case == "lines" else case
    done = ctl(command, *words, "--no-wait", "--run-at", "2099-01-01T02:00:00+02:00", "--deadline", "10m",
               "--priority", "0", "--callback", "http://127.0.0.1/called?a=b&c", "--label", case, text=text)
    job = api.show(done.stdout.strip())
    assert (job["run_at"], job["deadline"]) == (FUTURE, "2099-01-01T00:10:00.000Z")
    assert (job["priority"], job["callback_url"], job["state"]) == (0, "http://127.0.0.1/called?a=b&c", "queued")


def test_deadline_is_a_time(ctl, api):
    job = ctl("domains", "found.test", "--no-wait", "--run-at", FUTURE, "--deadline", "2099-02-01T00:00:00Z")
    assert api.show(job.stdout.strip())["deadline"] == "2099-02-01T00:00:00.000Z"


def test_waits_for_its_time(ctl, api):
    """A job with a time is followed like any other."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    assert ctl("domains", "found.test", "--run-at", at).stdout == "+ found.test\n"
    [job] = api.jobs(limit=1)
    assert seconds_of(job["started_at"]) >= seconds_of(at.replace("Z", ".0Z"))


def test_deadline_that_passes(ctl, api):
    done = ctl("domains", "drop.test", "--deadline", "1s", "--timeout", "10s", "--attempts", "5", status=1)
    assert "failed: 0 of 1" in done.stderr
    [job] = api.jobs(limit=1)
    assert shown(ctl, job["id"])["reason"] == "deadline"


def test_show(ctl, api):
    job = waiting(api, deadline="10m", priority=7, callback_url="http://127.0.0.1/called", label="a\x1b[2Jb\u009b")
    ctl("pause", job["id"])
    got = shown(ctl, job["id"])
    assert {name: got[name] for name in ("state", "label", "paused", "reason", "priority", "run at", "deadline",
                                         "callback", "schedule", "retry of", "created", "started", "finished")} == {
        "state": "queued", "label": "a?[2Jb?", "paused": "yes", "reason": "-", "priority": "7", "run at": FUTURE,
        "deadline": "2099-01-01T00:10:00.000Z", "callback": "http://127.0.0.1/called", "schedule": "-",
        "retry of": "-", "created": job["created_at"], "started": "-", "finished": "-"}
    schedule = add(api, every="1h")
    assert shown(ctl, act(api, schedule, "run", 202)["id"])["schedule"] == schedule["id"]


# --- pause, resume, retry ---

def test_pause_and_resume(ctl, api):
    one, two = waiting(api), waiting(api)
    assert ctl("pause", one["id"], two["id"]).stdout == f"{one['id']}  queued, paused\n{two['id']}  queued, paused\n"
    assert api.show(one)["paused"] and api.show(two)["paused"]
    assert ctl("resume", one["id"]).stdout == f"{one['id']}  queued\n"
    assert not api.show(one)["paused"] and api.show(two)["paused"]
    assert json.loads(ctl("resume", "--json", two["id"]).stdout) == api.show(two)
    assert ctl("pause", "-q", two["id"]).stdout == "" and api.show(two)["paused"]


def test_pause_of_what_has_ended(ctl, api):
    """One refusal does not stop the rest."""
    ended, other = api.wait(api.submit(["found.test"])), waiting(api)
    done = ctl("pause", ended["id"], other["id"], status=1)
    assert ended["id"] in done.stderr and done.stdout == f"{other['id']}  queued, paused\n"


def test_retry(ctl, world, tmp_path):
    """What failed is tried again, followed and copied."""
    urls = [world.web.url("/files/one"), world.web.url("/files/two", status=503, first=1)]
    job = world.api.wait(world.api.post({"kind": "downloads", "urls": urls, "attempts": 1, "label": "two"}).json())
    assert job["counts"] == {"ok": 1, "not_found": 0, "error": 1}
    done = ctl("retry", job["id"], "-o", "in")
    assert done.stdout == "two OK\n" and "1 file in" in done.stderr
    assert stored_files(tmp_path) == {"in/two": content.body("two")}
    [new] = world.api.jobs(limit=1)
    assert new["retry_of"] == job["id"] and shown(ctl, new["id"])["retry of"] == job["id"]


def test_retry_without_wait(ctl, api):
    job = api.wait(api.submit(["servfail.test", "found.test"], attempts=1))
    new = ctl("retry", "--no-wait", job["id"]).stdout.strip()
    assert api.wait(new)["retry_of"] == job["id"]
    assert json.loads(ctl("retry", "--no-wait", "--json", job["id"]).stdout)["retry_of"] == job["id"]
    assert ctl("retry", new, status=1).stdout == "? servfail.test servfail\n"
    assert json.loads(ctl("retry", "--json", new, status=1).stdout)["domain"] == "servfail.test"


def test_retry_of_nothing(ctl, api):
    job = api.wait(api.submit(["found.test"]))
    done = ctl("retry", job["id"], status=1)
    assert job["id"] in done.stderr and not done.stdout


# --- Filters ---

@pytest.fixture
def some(api):
    """Jobs that wait: {name: job}."""
    label = f"some, of {time.time_ns()} & more"
    schedule = add(api, every="1h", job={"kind": "domains", "domains": ["found.test"]})
    jobs = {"first": waiting(api, label=label), "second": waiting(api, label=label),
            "paused": waiting(api, label=label), "flags": api.post(
                {"kind": "flags", "codes": ["BR"], "run_at": FUTURE, "label": label}).json(),
            "other": waiting(api), "run": api.wait(act(api, schedule, "run", 202))}
    act_on(api, jobs["paused"], "pause")
    return {**jobs, "label": label, "schedule": schedule["id"]}


def act_on(api, job, verb):
    assert api("POST", f"/jobs/{job['id']}/{verb}").status_code == 200


FILTERS = {  # case: (arguments, names of those that fit)
    "label": (["--label", "LABEL"], ["first", "second", "paused", "flags"]),
    "kind": (["--label", "LABEL", "--kind", "flags"], ["flags"]),
    "schedule": (["--schedule", "SCHEDULE"], ["run"]),
    "state": (["--state", "done", "--schedule", "SCHEDULE"], ["run"]),
    "nobody": (["-s", "running", "--label", "LABEL"], []),
}
LIST_FILTERS = {
    **FILTERS,
    "paused": (["--label", "LABEL", "--paused"], ["paused"]),
    "not paused": (["--label", "LABEL", "--not-paused"], ["first", "second", "flags"]),
}


def put_in(arguments, some):
    return [{"LABEL": some["label"], "SCHEDULE": some["schedule"]}.get(word, word) for word in arguments]


@pytest.mark.parametrize("arguments, names", LIST_FILTERS.values(), ids=LIST_FILTERS)
def test_jobs(ctl, some, arguments, names):
    arguments = put_in(arguments, some)
    lines = ctl("jobs", "--all", *arguments).stdout.splitlines()[1:]
    assert sorted(line.split()[0] for line in lines) == sorted(some[name]["id"] for name in names)
    told = json.loads(ctl("jobs", "--json", *arguments).stdout)
    assert len(told["jobs"]) == len(names)


@pytest.mark.parametrize("arguments, names", FILTERS.values(), ids=FILTERS)
def test_cancel_and_rm_of_all_that_fit(ctl, api, some, arguments, names):
    """`cancel` counts what was stopped by it."""
    arguments = put_in(arguments, some)
    n = len([name for name in names if name != "run"])
    assert ctl("cancel", *arguments).stdout == f"{n} cancelled\n"
    states = {name: api.show(some[name])["state"] for name in ("first", "second", "paused", "flags", "other", "run")}
    assert states == {name: "done" if name == "run" else "cancelled" if name in names else "queued" for name in states}
    assert ctl("rm", *arguments).stdout == f"{len(names)} deleted\n"
    for name in states:
        assert api("GET", f"/jobs/{some[name]['id']}").status_code == (404 if name in names else 200)


def test_before(ctl, api, some):
    border = some["second"]["created_at"]
    eventually(lambda: api.show(some["first"])["created_at"] <= border, "an older job")
    assert ctl("cancel", "--before", "2000-01-01T00:00:00Z").stdout == "0 cancelled\n"
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    assert json.loads(ctl("cancel", "--json", "--before", later, "--label", some["label"]).stdout) == {"cancelled": 4}
    assert ctl("rm", "-q", "--before", later, "--label", some["label"]).stdout == ""
    assert api.jobs(label=some["label"]) == []


# --- How it ends ---

USAGE = {  # case: (arguments, words on standard error)
    "run-at": (["domains", "found.test", "--run-at", "tomorrow"], "--run-at takes a time"),
    "deadline": (["domains", "found.test", "--deadline", "soon"], "--deadline takes a time"),
    "priority": (["flags", "--priority", "10"], "--priority takes a whole number from 0 to 9"),
    "pause nothing": (["pause"], "missing job ID"),
    "resume nothing": (["resume"], "missing job ID"),
    "retry nothing": (["retry"], "missing job ID"),
    "retry two": (["retry", ABSENT, ABSENT], "unexpected argument"),
    "pause no id": (["pause", "x"], "invalid job ID"),
    "cancel nothing": (["cancel"], "missing job ID"),
    "rm nothing": (["rm"], "missing job ID"),
    "cancel both": (["cancel", ABSENT, "--state", "queued"], "not both"),
    "rm both": (["rm", ABSENT, "--before", "2000-01-01T00:00:00Z"], "not both"),
    "state": (["rm", "--state", "gone"], "--state takes queued, running, done, cancelled or failed, not 'gone'"),
    "before": (["rm", "--before", "yesterday"], "--before takes a time"),
    "schedule": (["jobs", "--schedule", "7"], "--schedule takes the ID of a schedule, not '7'"),
}


@pytest.mark.parametrize("arguments, words", USAGE.values(), ids=USAGE)
def test_usage(ctl, api, arguments, words):
    before = len(api.jobs(limit=1000))
    done = ctl(*arguments, status=2)
    assert words in re.sub(r"\s+", " ", done.stderr) and not done.stdout, done
    assert len(api.jobs(limit=1000)) == before


REFUSED = {  # case: (arguments, words on standard error)
    "past": (["domains", "found.test", "--run-at", "2001-01-01T00:00:00Z", "--deadline", "2001-01-02T00:00:00Z"],
             "/deadline"),
    "callback": (["domains", "found.test", "--callback", "ftp://h.test/"], "/callback_url"),
    "kind": (["rm", "--kind", "moons"], "/kind"),
    **{name: ([name, ABSENT], "no such job") for name in ("pause", "resume", "retry")},
}


@pytest.mark.parametrize("arguments, words", REFUSED.values(), ids=REFUSED)
def test_refused(ctl, arguments, words):
    done = ctl(*arguments, status=1)
    assert words in done.stderr and not done.stdout, done


@pytest.mark.parametrize("arguments", [["pause", ABSENT], ["resume", ABSENT], ["retry", ABSENT],
                                       ["cancel", "--state", "queued"], ["rm", "--state", "queued"]],
                         ids=" ".join)
def test_unreachable(ctl, arguments):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = ctl("--url", url, *arguments, status=3)
    assert "no answer" in done.stderr and not done.stdout, done
