"""Text from elsewhere: what is not seen, or changes how other text is shown, reaches neither terminals nor names of
files, and spreadsheets find no formula where they were asked not to."""
import csv
import io
import json
import os
import pty
import subprocess
import tarfile
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from processes import DEADLINE, binary
from web import content, fetch, file_path, stored_files

OVERRIDE, ISOLATE, NO_WIDTH, ESCAPE, C1, SEPARATOR = "\u202e", "\u2066", "\u200b", "\x1b[2J", "\x9b2J", "\u2028"
HOSTILE = ["\x00", "\t", "\n", "\r", "\x1b", "\x7f", "\x80", "\x9b", "\xad", "\u061c", NO_WIDTH, "\u200c", "\u200d",
           "\u200e", "\u200f", SEPARATOR, "\u2029", "\u202a", "\u202b", "\u202c", "\u202d", OVERRIDE, "\u2060",
           ISOLATE, "\u2067", "\u2068", "\u2069", "\ufeff", "\U000e0061"]


def hidden(text, but=""):
    """The characters of a text that must not be shown."""
    return {c for c in text if c not in but and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or c == "\ufffd")}


# --- Names of files ---

def test_names_of_files(world):
    """What is replaced makes names equal, which are then told apart as all equal names are."""
    names = [f"a{c}b.exe" for c in HOSTILE if c != "\0"]
    urls = [{"url": world.web.url(f"/files/hidden-{i}"), "name": name} for i, name in enumerate(names)]
    urls += [world.web.url(f"/files/in-url-{i}{quoted}.exe") for i, quoted in enumerate(("%E2%80%AE", "%C2%9B", "%FF"))]
    results = fetch(world.api, urls)
    saved = [result["file"] for result in results]
    assert [r["status"] for r in results] == ["ok"] * len(urls) and len(set(saved)) == len(saved)
    assert not hidden("".join(saved)), [ascii(name) for name in saved]
    assert saved[0] == "a_b.exe" and sum(name.startswith("a_b-") for name in saved) >= len(names) - 2, saved
    folder = world.daemon.folder / "downloads" / results.job["id"]
    assert set(stored_files(folder)) == set(saved)
    response = world.api.get(file_path(results.job, saved[1]))
    assert response.content == content.body("hidden-1")
    assert not hidden(unquote(response.headers["Content-Disposition"]))
    archive = world.api.get(f"/jobs/{results.job['id']}/archive.tar").content
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert set(tar.getnames()) == set(saved)


# --- Answers ---

FORMS = {"ndjson": "\n", "json": "\n", "csv": "\r\n", "text": "\n"}


@pytest.mark.parametrize("form", FORMS)
def test_results_hide_nothing(api, form):
    names = [f"x{c}y" for c in HOSTILE if c not in "\n\r\0"]
    job = api.wait(api.submit(names))
    text = api.get(f"/jobs/{job['id']}/results", params={"format": form}).content.decode()
    assert not hidden(text, FORMS[form]), ascii(text)
    if form == "ndjson":
        domains = {json.loads(line)["domain"] for line in text.splitlines()}
        assert {f"x{c}y" for c in (OVERRIDE, ISOLATE, SEPARATOR, "\x1b", "\x9b")} <= domains, "JSON loses nothing"


def test_labels_and_problems_hide_nothing(api):
    label = "".join(c for c in HOSTILE if c != "\0")
    job = api.submit(["found.test"], label=label)
    text = api.get(f"/jobs/{job['id']}").text
    assert not hidden(text, "\n") and json.loads(text)["label"] == label
    refused = api.post({"kind": "domains", f"a{label}": 1}, 422)
    assert not hidden(refused.text, "\n"), ascii(refused.text)
    refused = api.get("/jobs", params={f"a{label}": "1"}, status=400)
    assert not hidden(refused.text, "\n"), ascii(refused.text)


def test_the_log_hides_nothing(daemon):
    daemon.api.wait(daemon.api.submit(["found.test"], label="".join(c for c in HOSTILE if c != "\0") + "end"))
    daemon.stop()
    line = next(line for line in daemon.lines.text().splitlines() if "event=job_submitted" in line)
    assert line.endswith('end"') and not hidden(line), ascii(line)


# --- CSV for spreadsheets ---

# The last character keeps each from being a name, which would be shown in its normal form.
FORMULAS = [word + ":" for word in (
    "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://a.test","x")', "\uff1d1", "\uff0b1", "\uff0d1",
    "\uff20x", "a=1", "plain")]


def cells(api, job, **query):
    text = api.get(f"/jobs/{job['id']}/results", params={"format": "csv", **query}).content.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return [row["domain"] for row in sorted(rows, key=lambda row: int(row["index"]))]


def test_csv_without_formulas(api):
    job = api.wait(api.submit(FORMULAS))
    expected = ["'" + word if word[0] in "=+-@\uff1d\uff0b\uff0d\uff20" else word for word in FORMULAS]
    assert cells(api, job) == cells(api, job, csv="raw") == FORMULAS
    assert cells(api, job, csv="safe") == expected
    accepted = api.get(f"/jobs/{job['id']}/results", headers={"Accept": "text/csv"}, params={"csv": "safe", "limit": 3})
    assert b"'=1+1" in accepted.content or b"'+1" in accepted.content, "also where Accept chose CSV"
    plain = api.get(f"/jobs/{job['id']}/results", params={"csv": "safe", "format": "text"}).text
    assert "? =1+1: invalid_name\n" in plain, "other formats stay as they are"


@pytest.mark.parametrize("value", ["", "yes", "SAFE"])
def test_csv_is_raw_or_safe(api, value):
    job = api.wait(api.submit(["found.test"]))
    api.get(f"/jobs/{job['id']}/results", params={"csv": value}, status=400)


def test_csv_of_files(world):
    urls = [{"url": world.web.url(f"/files/formula-{i}"), "name": name} for i, name in enumerate(("=1+1", "-rf", "plain"))]
    job = fetch(world.api, urls).job
    text = world.api.get(f"/jobs/{job['id']}/results", params={"format": "csv", "csv": "safe"}).content.decode()
    rows = sorted(csv.DictReader(io.StringIO(text, newline="")), key=lambda row: int(row["index"]))
    assert [row["name"] for row in rows] == ["'=1+1", "'-rf", "plain"]


def test_ctl_asks_for_safe_csv(api):
    job = api.wait(api.submit(["=1+1"]))

    def print_csv(*options):
        return subprocess.run([binary("src/asyncprobectl"), "results", "--format", "csv", *options, job["id"]],
                              env={**os.environ, "ASYNCPROBED_URL": api.url}, capture_output=True, text=True,
                              check=False, timeout=DEADLINE).stdout

    assert ",'=1+1," in print_csv() and ",=1+1," in print_csv("--raw")


# --- asyncprobectl ---

JOB_ID = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
EVIL = f"{OVERRIDE}{ISOLATE}{NO_WIDTH}{ESCAPE}{C1}{SEPARATOR}\x07\r"
JOB = {"id": JOB_ID, "kind": "downloads" + EVIL, "check": EVIL, "state": "done", "total": 1, "completed": 1,
       "counts": {"ok": 1, "not_found": 0, "error": 0}, "label": "label" + EVIL, "reason": EVIL, "callback_url": EVIL,
       "created_at": EVIL, "started_at": EVIL, "finished_at": EVIL, "run_at": EVIL, "deadline": EVIL}
ROW = {"seq": 1, "index": 0, "name": "name" + EVIL, "url": EVIL, "status": "error", "reason": "tls" + EVIL, "detail": EVIL,
       "file": None}
SCHEDULE = {"id": JOB_ID, "name": "name" + EVIL, "every": "60s" + EVIL, "cron": None, "timezone": EVIL, "overlap": EVIL,
            "catch_up": EVIL, "next_run_at": EVIL, "last_state": EVIL, "last_run_at": EVIL, "next_runs": [EVIL], "runs": 1,
            "job": {"kind": "domains", "domains": [EVIL]}, "callback_url": EVIL}
SIDE = {"status": "found" + EVIL, "reason": None, "value": EVIL}
CHANGE = {"seq": 1, "at": EVIL, "job_id": JOB_ID, "target": "target" + EVIL, "from": SIDE, "to": SIDE}
PROBLEM = {"title": EVIL, "status": 422, "detail": "detail" + EVIL, "errors": [{"pointer": EVIL, "detail": EVIL}]}


class Hostile(BaseHTTPRequestHandler):
    """A daemon all of whose texts are hostile, and whose JSON escapes only what it must."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        body = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for i in range(0, len(body), 7):  # in pieces that cut characters
            self.wfile.write(body[i:i + 7])
            self.wfile.flush()

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path.endswith("/results"):
            self.answer(f"name{EVIL}\n" if "format=text" in self.path else ROW)
        elif path.endswith("/changes"):
            self.answer({"changes": [CHANGE] if "after=0" in self.path else [], "next": 1})
        elif path == "/jobs":
            self.answer({"jobs": [JOB], "next": None})
        elif path == "/schedules":
            self.answer({"schedules": [SCHEDULE], "next": None})
        elif path.startswith("/jobs/"):
            self.answer(JOB)
        elif path.startswith("/schedules/"):
            self.answer(SCHEDULE)
        else:
            self.answer(PROBLEM, 422)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(PROBLEM, 422)

    do_DELETE = do_PATCH = do_POST


@pytest.fixture(scope="module")
def hostile():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run_on_terminal(url, *arguments):
    """What a terminal gets of both outputs."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([binary("src/asyncprobectl"), *arguments], stdin=subprocess.DEVNULL, stdout=follower,
                               stderr=follower, env={**os.environ, "ASYNCPROBED_URL": url, "TERM": "xterm"})
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # how a pseudo-terminal tells its end
        pass
    finally:
        os.close(leader)
    process.wait(DEADLINE)
    return shown.decode()  # fails when a character was cut


COMMANDS = {
    "jobs": "label", "jobs --json": "label", f"show {JOB_ID}": "label", f"show --json {JOB_ID}": "label",
    f"results {JOB_ID}": "name", f"results --format ndjson {JOB_ID}": "name", f"results --format csv {JOB_ID}": "name",
    f"--quiet watch {JOB_ID}": "name", f"--quiet --json watch {JOB_ID}": "name", "schedules list": "name",
    "schedules list --json": "name", f"schedules show {JOB_ID}": "name", f"schedules changes {JOB_ID}": "target",
    f"schedules changes --json {JOB_ID}": "target", f"cancel {JOB_ID}": "detail", f"rm {JOB_ID}": "detail",
    "domains a.test": "detail", "status": "",
}


@pytest.mark.parametrize("command, word", COMMANDS.items(), ids=COMMANDS)
def test_terminals_get_what_is_seen(hostile, command, word):
    shown = run_on_terminal(hostile, *command.split())
    assert word + "?" in shown.replace('"', "?"), ascii(shown)
    assert not hidden(shown.replace("\r\n", "\n"), "\n"), ascii(shown)


def test_files_get_json_as_it_came(hostile):
    done = subprocess.run([binary("src/asyncprobectl"), "show", "--json", JOB_ID], capture_output=True, check=True,
                          env={**os.environ, "ASYNCPROBED_URL": hostile}, timeout=DEADLINE)
    assert json.loads(done.stdout) == JOB
