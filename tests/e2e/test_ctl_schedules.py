"""asyncprobectl schedules: each command and option, what it prints and how it ends."""
import json
import os
import re
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from processes import DEADLINE, Lines, binary, eventually
from schedules import JOB, act, add, jobs_of, seconds_of, show
from test_changes import Zone

ABSENT = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
HOSTILE = "a\x1b[2Jb\x07\x7f\u009bc\nd"
TAMED = "a?[2Jb???c?d"


def run_ctl(url, *arguments, status=0, text=None, cwd=None):
    done = subprocess.run([binary("src/asyncprobectl"), *map(str, arguments)], capture_output=True, text=True,
                          check=False, input=text, timeout=DEADLINE, cwd=cwd,
                          env={**os.environ, "ASYNCPROBED_URL": url})
    assert done.returncode == status, f"{arguments}: expected exit status {status}: {done}"
    return done


@pytest.fixture
def api(shared):
    return shared.api


@pytest.fixture
def ctl(shared, tmp_path):
    """A function that runs `asyncprobectl schedules` and checks its exit status."""
    return lambda *arguments, **options: run_ctl(shared.api.url, "schedules", *arguments, cwd=tmp_path, **options)


def made(api, done):
    """Return the schedule whose id was printed."""
    return show(api, done.stdout.strip())


def fields(text):
    """Return what `show` printed: {name: text}; the next runs are a list."""
    shown, runs = {}, []
    for line in text.splitlines():
        name, value = line[:11].strip(), line[11:]
        if name in ("", "next runs"):
            runs.append(value)
        else:
            shown[name] = value
    return shown, runs


# --- add ---

def test_add(ctl, api):
    schedule = made(api, ctl("add", "--every", "60s", "domains", "--tld", "dev", "await", "try"))
    assert schedule["every"] == "60s" and schedule["cron"] is None and schedule["name"] is None
    assert schedule["job"] == {"kind": "domains", "check": "resolve", "names": ["await", "try"], "tlds": ["dev"]}


def test_add_with_every_option(ctl, api):
    done = ctl("add", "--name", "my names", "--cron", "0 8 * * mon-fri", "--timezone", "Europe/Berlin", "--overlap",
               "replace", "--catch-up", "one", "--jitter", "30s", "--paused", "--callback", "http://called.test/x",
               "--json", "flags", "br", "--label", "flags", "--deadline", "10m", "--priority", "0", "--callback",
               "http://called.test/y", "--max-req", "3", "--attempts", "2", "--timeout", "3s", "--name-by-country")
    schedule = json.loads(done.stdout)
    assert schedule == show(api, schedule)
    assert {name: schedule[name] for name in ("name", "every", "cron", "timezone", "overlap", "catch_up", "jitter",
                                              "paused", "callback_url", "job")} == {
        "name": "my names", "every": None, "cron": "0 8 * * mon-fri", "timezone": "Europe/Berlin",
        "overlap": "replace", "catch_up": "one", "jitter": "30s", "paused": True,
        "callback_url": "http://called.test/x",
        "job": {"kind": "flags", "codes": ["BR"], "name_by_country": True, "label": "flags", "concurrency": 3,
                "timeout_ms": 3000, "attempts": 2, "deadline": "10m", "callback_url": "http://called.test/y",
                "priority": 0}}


def test_add_of_a_job_as_json(ctl, api, tmp_path):
    """Fields that no option has get there too."""
    job = {"kind": "downloads", "urls": [{"url": "http://h.test/a", "name": "b", "headers": {"Accept": "x/y"}}]}
    (tmp_path / "job.json").write_text(json.dumps(job, indent=2))
    assert made(api, ctl("add", "--every", "1h", "--job", "job.json"))["job"] == job
    assert made(api, ctl("add", "--every", "1h", "--job", "-", text=json.dumps(job)))["job"] == job


LINES = {  # case: (words, lines, members of the job)
    "domains": (["domains", "-"], "a.test\r\n\n# b.test\nc.test", {"domains": ["a.test", "c.test"]}),
    "names": (["domains", "-", ".test", "d"], "a\nc\n", {"names": ["d", "a", "c"], "tlds": ["test"]}),
    "URLs": (["download", "-"], "http://h.test/a\nhttp://h.test/b\n", {"urls": ["http://h.test/a", "http://h.test/b"]}),
}


@pytest.mark.parametrize("words, lines, expected", LINES.values(), ids=LINES)
def test_add_of_lines(ctl, api, tmp_path, words, lines, expected):
    (tmp_path / "list").write_text(lines)
    from_file = [word for word in words if word != "-"] + ["-i", "list"]
    for arguments, text in ((words, lines), (from_file, None)):
        job = made(api, ctl("add", "--every", "1h", *arguments, text=text))["job"]
        assert {name: job[name] for name in expected} == expected


# --- list ---

def test_list(ctl, api):
    name = "listed by its name"
    first = add(api, name=name, every="90s", jitter="0s")
    second = add(api, name=name, cron="5 4 * * *", timezone="Asia/Kathmandu", paused=True)
    head, *lines = ctl("list", "--name", name).stdout.splitlines()
    assert head.split() == ["ID", "RHYTHM", "NEXT", "RUN", "LAST", "CHANGES", "NAME"]
    assert [re.split(r"  +", line) for line in lines] == [
        [second["id"], "5 4 * * * Asia/Kathmandu", "paused", "-", "0", name],
        [first["id"], "every 90s", show(api, first)["next_run_at"], "-", "0", name]]
    listed = json.loads(ctl("list", "--name", name, "--json").stdout)
    assert [schedule["id"] for schedule in listed["schedules"]] == [second["id"], first["id"]]
    done = ctl("list", "--name", name, "--limit", "1")
    assert second["id"] in done.stdout and first["id"] not in done.stdout and "--all" in done.stderr
    done = ctl("list", "--name", name, "--limit", "1", "--all")
    assert len(done.stdout.splitlines()) == 3 and done.stderr == ""
    assert ctl("list", "--name", "nobody").stdout == ""


def test_hostile_text(ctl, api):
    """A name can't steer a terminal, wherever it is shown."""
    schedule = made(api, ctl("add", "--name", HOSTILE, "--every", "1h", "domains", "a.test", "--label", HOSTILE))
    assert schedule["name"] == HOSTILE and schedule["job"]["label"] == HOSTILE
    [line] = [line for line in ctl("list").stdout.splitlines() if schedule["id"] in line]
    assert line.endswith("  " + TAMED)
    shown = ctl("show", schedule["id"]).stdout
    assert fields(shown)[0]["name"] == TAMED
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown), repr(shown)
    assert json.loads(ctl("show", "--json", schedule["id"]).stdout)["name"] == HOSTILE


# --- show, pause, resume, run, rm ---

def test_show(ctl, api):
    schedule = add(api, name="shown", every="90s", jitter="0s", callback_url="http://called.test/")
    shown, runs = fields(ctl("show", schedule["id"]).stdout)
    assert json.loads(shown.pop("job")) == JOB
    assert shown == {
        "id": schedule["id"], "name": "shown", "every": "90s", "timezone": "UTC", "overlap": "skip",
        "catch-up": "skip", "jitter": "0s", "paused": "no", "callback": "http://called.test/",
        "created": schedule["created_at"], "updated": schedule["updated_at"], "last run": "-", "last job": "-",
        "last state": "-", "running": "no", "runs": "0", "skipped": "0", "changes": "0"}
    # an interval goes by another clock than its times are told in: a thousandth may tip over between two answers
    eventually(lambda: fields(ctl("show", schedule["id"]).stdout)[1] == show(api, schedule)["next_runs"], "its runs")
    eventually(lambda: json.loads(ctl("show", schedule["id"], "--json").stdout) == show(api, schedule), "all of it")
    assert len(runs) == 10
    shown, _ = fields(ctl("show", add(api, cron="@daily")["id"]).stdout)
    assert shown["cron"] == "@daily" and "every" not in shown


def test_pause_and_resume(ctl, api):
    one, two = add(api, every="1h"), add(api, every="1h")
    assert ctl("pause", one["id"], two["id"]).stdout == f"{one['id']}  paused\n{two['id']}  paused\n"
    assert show(api, one)["paused"] and show(api, two)["paused"]
    assert fields(ctl("show", one["id"]).stdout)[1] == ["-"]
    done = ctl("resume", one["id"])
    word, at = done.stdout.split()
    assert word == one["id"] and abs(seconds_of(at) - seconds_of(show(api, one)["next_run_at"])) < 0.01
    assert not show(api, one)["paused"] and show(api, two)["paused"]
    assert json.loads(ctl("pause", "--json", one["id"]).stdout)["paused"] is True
    assert ctl("resume", "-q", one["id"]).stdout == "" and not show(api, one)["paused"]


def test_run(ctl, api):
    """As the command that queues: followed, or not."""
    schedule = add(api, every="1h", paused=True)
    done = ctl("run", schedule["id"])
    assert sorted(done.stdout.splitlines()) == ["  nx.example", "+ found.example"]
    assert "2 names in" in done.stderr and "1 found, 1 not found" in done.stderr
    rows = [json.loads(line) for line in ctl("run", "--json", schedule["id"]).stdout.splitlines()]
    assert sorted(row["domain"] for row in rows) == ["found.example", "nx.example"]
    job = ctl("run", "--no-wait", schedule["id"]).stdout.strip()
    assert api.wait(job)["schedule_id"] == schedule["id"]
    job = json.loads(ctl("run", "--no-wait", "--json", schedule["id"]).stdout)
    assert job["schedule_id"] == schedule["id"]
    assert len(jobs_of(api, schedule)) == 4
    shown, _ = fields(ctl("show", schedule["id"]).stdout)
    assert shown["last job"] == job["id"] and shown["runs"] == "4" and shown["last run"] != "-"


def test_run_that_fails(ctl, api, tmp_path):
    schedule = add(api, every="1h", job={"kind": "domains", "domains": ["servfail.test"], "attempts": 1})
    assert ctl("run", schedule["id"], status=1).stdout == "? servfail.test servfail\n"
    assert "no files" in ctl("run", add(api, every="1h")["id"], "-o", tmp_path / "in", status=1).stderr
    n = len(jobs_of(api, schedule))
    assert ctl("run", schedule["id"], "-o", "/dev/null", status=2).stderr and len(jobs_of(api, schedule)) == n


def test_rm(ctl, api):
    one, two = add(api, every="1h"), add(api, every="1h")
    done = ctl("rm", one["id"], ABSENT, two["id"], status=1)
    assert done.stdout == "" and ABSENT in done.stderr
    for schedule in (one, two):
        api.get(f"/schedules/{schedule['id']}", 404)


# --- edit ---

def test_edit(ctl, api):
    schedule = add(api, name="before", cron="0 8 * * *", timezone="Europe/Berlin", callback_url="http://called.test/")
    ident = schedule["id"]
    done = ctl("edit", ident, "--name", "after", "--overlap", "queue", "--catch-up", "one", "--paused")
    now = show(api, schedule)
    assert done.stdout == f"{ident}  paused\n"
    changed = {name for name in schedule if now[name] != schedule[name]}
    assert changed == {"name", "overlap", "catch_up", "paused", "updated_at", "next_run_at", "next_runs"}
    assert (now["name"], now["overlap"], now["catch_up"]) == ("after", "queue", "one")
    ctl("edit", "--every", "90s", ident, "--not-paused", "--jitter", "2s")
    now = show(api, schedule)
    assert (now["every"], now["cron"], now["timezone"], now["jitter"]) == ("90s", None, "UTC", "2s")
    assert not now["paused"]
    ctl("edit", ident, "--cron", "@daily", "--timezone", "Asia/Kathmandu", "--name", "", "--callback", "", "--jitter", "")
    now = json.loads(ctl("show", "--json", ident).stdout)
    assert (now["every"], now["cron"], now["timezone"]) == (None, "@daily", "Asia/Kathmandu")
    assert (now["name"], now["callback_url"], now["jitter"]) == (None, None, "0s")
    assert now["job"] == schedule["job"]
    assert json.loads(ctl("edit", ident, "--name", "told", "--json").stdout)["name"] == "told"


def test_edit_takes_the_place_of_the_job(ctl, api, tmp_path):
    """The old one's fields don't shine through."""
    schedule = add(api, every="1h", job={"kind": "domains", "domains": ["a.test"], "label": "old", "attempts": 3})
    ctl("edit", schedule["id"], "domains", ".dev", "try", "--rate", "7")
    assert show(api, schedule)["job"] == {"kind": "domains", "check": "resolve", "names": ["try"], "tlds": ["dev"],
                                          "rate": 7}
    job = {"kind": "downloads", "urls": ["http://h.test/"]}
    (tmp_path / "job").write_text(json.dumps(job))
    ctl("edit", schedule["id"], "--job", "job")
    assert show(api, schedule)["job"] == job


class Rival(BaseHTTPRequestHandler):
    """Stands before a daemon and changes a schedule whenever somebody else is about to."""

    protocol_version = "HTTP/1.1"
    passed_on = ("Content-Type", "ETag")

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.command == "PATCH":
            self.seen.append(self.headers.get("If-Match"))
            requests.patch(self.target + self.path, json={"name": "rival"}, timeout=DEADLINE).raise_for_status()
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Content-Length")}
        told = requests.request(self.command, self.target + self.path, data=body, headers=headers, timeout=DEADLINE)
        self.send_response(told.status_code)
        for name in self.passed_on:
            if name in told.headers:
                self.send_header(name, told.headers[name])
        self.send_header("Content-Length", str(len(told.content)))
        self.end_headers()
        self.wfile.write(told.content)

    do_GET = do_PATCH = answer


def serve(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_edit_that_lost_a_race(api):
    schedule = add(api, every="1h", name="first")
    handler = type("Handler", (Rival,), {"target": api.url, "seen": []})
    with serve(handler) as server:
        done = run_ctl(f"http://127.0.0.1:{server.server_port}", "schedules", "edit", schedule["id"], "--every", "2h",
                       status=1)
        server.shutdown()
    assert handler.seen == ['"1"'] and "somebody else changed" in done.stderr and done.stdout == ""
    now = show(api, schedule)
    assert (now["name"], now["every"]) == ("rival", "1h")


def test_edit_needs_a_revision(api):
    """What can't be told apart from another's change is not sent."""
    schedule = add(api, every="1h")
    handler = type("Handler", (Rival,), {"target": api.url, "seen": [], "passed_on": ("Content-Type",)})
    with serve(handler) as server:
        done = run_ctl(f"http://127.0.0.1:{server.server_port}", "schedules", "edit", schedule["id"], "--every", "2h",
                       status=1)
        server.shutdown()
    assert handler.seen == [] and done.stderr and show(api, schedule)["every"] == "1h"


# --- changes and outcomes ---

@pytest.fixture
def changing(make_daemon, tmp_path):
    """A daemon, a schedule, and a function that runs it when one of its targets has another address."""
    with Zone(tmp_path, "still.example A 192.0.2.9") as zone, make_daemon(zone) as daemon:
        schedule = add(daemon.api, every="1h", job={"kind": "domains", "domains": ["here.example", "still.example"]})

        def run(address):
            zone.set(f"here.example A {address}", "still.example A 192.0.2.9")
            job = daemon.api.wait(act(daemon.api, schedule, "run", 202))
            assert job["counts"]["found"] == 2, job

        yield daemon, schedule, run


def test_changes_and_outcomes(changing):
    daemon, schedule, run = changing
    ident, url = schedule["id"], daemon.api.url
    assert run_ctl(url, "schedules", "changes", ident).stdout == ""
    for number in (1, 2, 3):
        run(f"192.0.2.{number}")
    told = daemon.api.get(f"/schedules/{ident}/changes").json()
    assert len(told["changes"]) == 2
    lines = [f"{c['seq']}  {c['at']}  here.example  found 192.0.2.{c['seq']} -> found 192.0.2.{c['seq'] + 1}\n"
             for c in told["changes"]]
    assert run_ctl(url, "schedules", "changes", ident).stdout == "".join(lines)
    assert run_ctl(url, "schedules", "changes", ident, "--after", "1").stdout == lines[1]
    assert run_ctl(url, "schedules", "changes", ident, "--limit", "1").stdout == lines[0]
    assert json.loads(run_ctl(url, "schedules", "changes", ident, "--json").stdout) == told
    outcomes = daemon.api.get(f"/schedules/{ident}/outcomes").json()
    rows = {o["target"]: o for o in outcomes["outcomes"]}
    lines = run_ctl(url, "schedules", "outcomes", ident).stdout.splitlines()
    assert lines == [f"{row['since']}  {row['target']}  found {row['value']}" for row in outcomes["outcomes"]]
    assert rows["here.example"]["value"] == "192.0.2.3" and len(rows) == 2
    assert len(run_ctl(url, "schedules", "outcomes", ident, "--limit", "1").stdout.splitlines()) == 1
    assert json.loads(run_ctl(url, "schedules", "outcomes", ident, "--json").stdout) == outcomes


class Follower:
    """`asyncprobectl schedules changes --follow`, running."""

    def __init__(self, url, *arguments):
        self._process = subprocess.Popen([binary("src/asyncprobectl"), "schedules", "changes", "--follow", *arguments],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                         env={**os.environ, "ASYNCPROBED_URL": url})
        self.lines, self.errors = Lines(self._process.stdout), Lines(self._process.stderr)

    def wait_lines(self, n):
        eventually(lambda: len(self.lines.all) >= n, f"{n} lines of {self.lines.all}, {self.errors.all}")
        return self.lines.all

    def wait(self):
        return self._process.wait(DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self.lines.join()
        self.errors.join()


def test_follow_changes(changing):
    """What was logged, then what comes, over a restart of the daemon, up to the end of the schedule."""
    daemon, schedule, run = changing
    ident = schedule["id"]
    daemon.settings["api.listen"] = f"127.0.0.1:{unused_port()}"
    daemon.restart()
    run("192.0.2.1")
    run("192.0.2.2")
    with Follower(daemon.api.url, ident) as people, Follower(daemon.api.url, ident, "--json", "--after", "1") as rows:
        people.wait_lines(1)
        run("192.0.2.3")
        people.wait_lines(2)
        rows.wait_lines(1)
        daemon.restart()
        run("192.0.2.4")
        assert [line.split()[0] for line in people.wait_lines(3)] == ["1", "2", "3"]
        told = daemon.api.get(f"/schedules/{ident}/changes", params={"after": 1}).json()["changes"]
        assert [json.loads(line) for line in rows.wait_lines(2)] == told
        daemon.api("DELETE", f"/schedules/{ident}")
        for follower in (people, rows):
            assert follower.wait() == 1
            assert "no such schedule" in follower.errors.text()


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# --- How it ends ---

TIMES = ["add", "--every", "60s"]
USAGE = {  # case: (arguments, words on standard error)
    "nothing": ([], "missing command"),
    "no such command": (["fly\x1b"], "unknown command 'fly?'"),
    "no rhythm": (["add", "domains", "a.test"], "missing --every or --cron"),
    "two rhythms": ([*TIMES, "--cron", "@daily", "domains", "a.test"], "not both"),
    "no job": (TIMES, "missing job"),
    "no such job": ([*TIMES, "jobs"], "unknown command 'jobs'"),
    "two jobs": ([*TIMES, "--job", "-", "domains", "a.test"], "not both"),
    "no file": ([*TIMES, "--job", "absent"], "absent: No such file"),
    "no JSON": ([*TIMES, "--job", "-"], "line 1"),
    "every": (["add", "--every", "often", "domains", "a.test"], "--every takes a time"),
    "empty every": (["add", "--every", "", "domains", "a.test"], "--every and --jitter take a time"),
    "jitter": ([*TIMES, "--jitter", "1", "domains", "a.test"], "--jitter takes a time"),
    "overlap": ([*TIMES, "--overlap", "both", "domains", "a.test"], "--overlap takes"),
    "catch-up": ([*TIMES, "--catch-up", "all", "domains", "a.test"], "--catch-up takes"),
    "option of the job": ([*TIMES, "domains", "--rate", "fast", "a.test"], "--rate takes a whole number"),
    "nothing to check": ([*TIMES, "domains"], "domains"),
    "code": ([*TIMES, "flags", "BRA"], "each CC argument"),
    "nothing to download": ([*TIMES, "download"], "missing"),
    "run-at": ([*TIMES, "domains", "a.test", "--run-at", "2030-01-01T00:00:00Z"], "--run-at cannot be used in a schedule"),
    "dry run": ([*TIMES, "flags", "--dry-run"], "--dry-run cannot be used in a schedule"),
    "key": ([*TIMES, "domains", "a.test", "--idempotency-key", "x"], "--idempotency-key cannot be used in a schedule"),
    "output": ([*TIMES, "flags", "br", "-o", "in"], "--output cannot be used in a schedule"),
    "lines of JSON": ([*TIMES, "download", "-i", "list.ndjson"], "--job"),
    "show nothing": (["show"], "missing schedule ID"),
    "show no id": (["show", "7"], "invalid schedule ID '7'"),
    "show two": (["show", ABSENT, ABSENT], "unexpected argument"),
    "edit nothing": (["edit"], "missing schedule ID"),
    "edit without change": (["edit", ABSENT], "nothing to change"),
    "edit two rhythms": (["edit", ABSENT, "--every", "1h", "--cron", "@daily"], "not both"),
    "after": (["changes", ABSENT, "--after", "x"], "--after takes"),
    "limit": (["changes", ABSENT, "--limit", "0"], "from 1 to 10000"),
    "end of no end": (["changes", ABSENT, "--limit", "1", "--follow"], "--limit"),
    "list": (["list", "x"], "unexpected argument"),
}


@pytest.mark.parametrize("arguments, words", USAGE.values(), ids=USAGE)
def test_usage(ctl, api, arguments, words):
    before = len(api.get("/schedules", params={"limit": 1000}).json()["schedules"])
    done = ctl(*arguments, status=2, text="")
    assert re.search(re.escape(words), done.stderr) and not done.stdout, done
    assert len(api.get("/schedules", params={"limit": 1000}).json()["schedules"]) == before


REFUSED = {  # case: (arguments, words on standard error)
    "interval": (["add", "--every", "1ms", "domains", "a.test"], "/every"),
    "expression": (["add", "--cron", "0 0 31 2 *", "domains", "a.test"], "/cron"),
    "zone": (["add", "--cron", "@daily", "--timezone", "Moon/Base", "domains", "a.test"], "/timezone"),
    "job": ([*TIMES, "domains", "--preset", "x", ".dev"], "/job/preset"),
    "callback": ([*TIMES, "--callback", "ftp://h.test/", "domains", "a.test"], "/callback_url"),
    "edit": (["edit", ABSENT, "--every", "1h"], "no such schedule"),
    "changes": (["changes", ABSENT], "no such schedule"),
    "follow": (["changes", "-F", ABSENT], "no such schedule"),
    **{name: ([name, ABSENT], "no such schedule") for name in ("show", "pause", "resume", "run", "outcomes", "rm")},
}


@pytest.mark.parametrize("arguments, words", REFUSED.values(), ids=REFUSED)
def test_refused(ctl, arguments, words):
    done = ctl(*arguments, status=1)
    assert words in done.stderr and not done.stdout, done


@pytest.mark.parametrize("arguments", [
    [*TIMES, "domains", "a.test"], ["list"], ["edit", ABSENT, "--every", "1h"], ["changes", "--follow", ABSENT],
    *([name, ABSENT] for name in ("show", "pause", "resume", "run", "changes", "outcomes", "rm"))],
    ids=lambda a: " ".join(a))
def test_unreachable(ctl, arguments):
    done = ctl("--url", f"http://127.0.0.1:{unused_port()}", *arguments, status=3)
    assert "no answer" in done.stderr and not done.stdout, done


def test_strange_answers():
    """A server that is another one is told as such."""
    class Other(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = answer

    with serve(Other) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        for arguments in ([*TIMES, "domains", "a.test"], ["list"], ["show", ABSENT], ["pause", ABSENT], ["run", ABSENT],
                          ["changes", ABSENT], ["outcomes", ABSENT], ["edit", ABSENT, "--every", "1h"]):
            done = run_ctl(url, "schedules", *arguments, status=1)
            assert "not from asyncprobed" in done.stderr and not done.stdout, done
        server.shutdown()


def test_list_without_end():
    """A server that names the same page for ever is told from a long list."""
    class Endless(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        seen = []

        def log_message(self, *_):
            pass

        def do_GET(self):
            self.seen.append(self.path)
            body = b'{"schedules":[],"next":"again"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serve(Endless) as server:
        done = run_ctl(f"http://127.0.0.1:{server.server_port}", "schedules", "list", "--all", status=1)
        server.shutdown()
    assert "not from asyncprobed" in done.stderr and Endless.seen == ["/schedules", "/schedules?cursor=again"]
