"""asyncprobectl flags and download: what they print, what they copy, how they end."""
import json
import os
import pty
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from processes import DEADLINE, binary
from web import content, stored_files

ID = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
WORLD_SETTINGS = {"downloads.attempts": "1"}


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
def flags(ctl, world):
    """The same for `flags`, which asks the stub; `web` are options for all of the stub's answers."""
    return lambda *arguments, web=None, **options: ctl("flags", "--base-url", world.web.base(**(web or {})),
                                                       *arguments, **options)


def same(text, *expected):
    """Check lines of output. In what is expected `0.00s` stands for any time."""
    lines = [re.sub(r"\d+\.\d\ds", "0.00s", line) for line in text.splitlines()]
    assert lines == list(expected), text


# --- flags: the report ---

def test_report(flags, world):
    done = flags()
    same(done.stdout, f"Site: {world.web.base()}", "Searching for 20 flags: from BD to VN",
         "5 concurrent connections will be used.", "-" * 20, "20 flags downloaded.", "Elapsed time: 0.00s",
         "20 downloads in 0.00s")
    assert done.stderr == "", "no progress bar where there is no terminal"


def test_report_with_codes(flags):
    """With -v the codes come in the order of their completion; a flag that is missing is a failure."""
    known = sorted(code for code in content.COUNTRIES if code[0] == "B")
    lines = flags("-v", "b", "-m", "3", status=1).stdout.splitlines()
    same("\n".join(lines[1:3]), "Searching for 26 flags: from BA to BZ", "3 concurrent connections will be used.")
    letters = [f"B{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    assert sorted(lines[3:29]) == [f"{code} OK" if code in known else f"{code} not found" for code in letters]
    same("\n".join(lines[29:]), "-" * 20, f"{len(known)} flags downloaded.", f"{26 - len(known)} not found.",
         "Elapsed time: 0.00s")


ONE = ["Searching for 1 flag: BR", "1 connection will be used."]
REPORTS = {  # case: (arguments, options of the stub, exit status, lines behind the site)
    "one flag": (["br"], {}, 0, [*ONE, "-" * 20, "1 flag downloaded.", "Elapsed time: 0.00s", "1 download in 0.00s"]),
    "one error": (["br"], {"status": 503}, 1, [*ONE, "-" * 20, "0 flags downloaded.", "1 error.",
                                               "Elapsed time: 0.00s", "0 downloads in 0.00s"]),
    "what went wrong": (["br", "-v"], {"status": 503}, 1, [*ONE, "BR error: http_status 503", "-" * 20,
                                                           "0 flags downloaded.", "1 error.", "Elapsed time: 0.00s"]),
    "few codes": (["us", "BR", "BR", "cn", "--max-req", "1"], {}, 0, [
        "Searching for 3 flags: BR, CN, US", "1 connection will be used.", "-" * 20, "3 flags downloaded.",
        "Elapsed time: 0.00s", "3 downloads in 0.00s"]),
    "limit": (["-a", "-l", "2", "-m", "5000"], {}, 0, [
        "Searching for 2 flags: AD, AE", "2 concurrent connections will be used.", "-" * 20, "2 flags downloaded.",
        "Elapsed time: 0.00s", "2 downloads in 0.00s"]),
    "all": (["--all", "--max_req", "50"], {}, 0, [
        "Searching for 194 flags: from AD to ZW", "50 concurrent connections will be used.", "-" * 20,
        "194 flags downloaded.", "Elapsed time: 0.00s", "194 downloads in 0.00s"]),
    "every": (["-e", "-m", "50"], {}, 1, [
        "Searching for 676 flags: from AA to ZZ", "50 concurrent connections will be used.", "-" * 20,
        "194 flags downloaded.", "482 not found.", "Elapsed time: 0.00s", "194 downloads in 0.00s"]),
}


@pytest.mark.parametrize("arguments, web, status, expected", REPORTS.values(), ids=REPORTS)
def test_reports(flags, arguments, web, status, expected):
    same("\n".join(flags(*arguments, web=web, status=status).stdout.splitlines()[1:]), *expected)


def test_quiet(flags):
    done = flags("-q", "br")
    assert (done.stdout, done.stderr) == ("", "")
    assert flags("-q", "-v", "br").stdout == "BR OK\n"


def test_json(flags):
    """JSON alone is on standard output, the report beside it."""
    done = flags("--json", "br", "cn")
    assert sorted(json.loads(line)["code"] for line in done.stdout.splitlines()) == ["BR", "CN"]
    assert "2 flags downloaded." in done.stderr


def test_no_wait(flags, world):
    job = world.api.wait(flags("--no-wait", "--label", "my flags", "br").stdout.strip())
    assert (job["kind"], job["total"], job["label"], job["counts"]["ok"]) == ("flags", 1, "my flags", 1), job


def test_idempotency_key(flags):
    """The question before the report is no use of the key."""
    first, again = [flags("--no-wait", "--idempotency-key", "flags-of-b", "b").stdout for _ in range(2)]
    assert first == again
    assert "17 flags downloaded." in flags("--idempotency-key", "flags-of-b", "b", status=1).stdout


def test_dry_run(flags, world):
    before = len(world.api.jobs(limit=1000))
    plan = json.loads(flags("--dry-run", "-l", "3").stdout)
    assert plan["total"] == 3 and plan["first"][0] == world.web.base() + "/bd/bd.gif"
    assert len(world.api.jobs(limit=1000)) == before


def test_server_is_named(ctl):
    """The label goes with the address that the daemon has for it; nothing listens there."""
    done = ctl("flags", "--server", "error", "br", "--timeout", "1s", "--attempts", "1", status=1)
    assert done.stdout.splitlines()[0] == "ERROR site: http://localhost:8002/flags"


def test_unknown_server(ctl):
    done = ctl("flags", "--server", "moon", status=1)
    assert "/server" in done.stderr and done.stdout == ""


USAGE = {  # case: (arguments, words on standard error)
    "max_req": (["flags", "-m", "0"], "--max-req takes a whole number of at least 1"),
    "limit": (["flags", "-l", "0"], "--limit takes a whole number from 1"),
    "long code": (["flags", "BRA"], "each CC argument must be A to Z or AA to ZZ"),
    "no letter": (["flags", "B1"], "each CC argument must be A to Z or AA to ZZ"),
    "empty code": (["flags", ""], "each CC argument must be A to Z or AA to ZZ"),
    "code beside --all": (["flags", "-a", "É"], "each CC argument must be A to Z or AA to ZZ"),
    "number": (["flags", "-m", "many"], "many"),
    "timeout": (["flags", "--timeout", "2h"], "3600s"),
    "concurrency": (["download", "--concurrency", "1001", "http://h.test/"], "1000"),
    "no folder": (["flags", "br", "-o", "/dev/null"], "/dev/null"),
    "nothing to download": (["download"], "missing"),
    "words and file": (["download", "-i", "-", "http://h.test/"], "not both"),
    "words and stdin": (["download", "-", "http://h.test/"], "one place"),
    "no file": (["download", "-i", "absent"], "absent"),
}


@pytest.mark.parametrize("arguments, words", USAGE.values(), ids=USAGE)
def test_usage(ctl, world, arguments, words):
    before = len(world.api.jobs(limit=1000))
    done = ctl(*arguments, status=2)
    assert words in done.stderr and not done.stdout, done
    assert len(world.api.jobs(limit=1000)) == before


# --- Copies ---

def test_copies(flags, tmp_path):
    done = flags("-o", "new/folder", "-a", "-m", "50")
    assert "194 flags downloaded." in done.stdout and done.stderr == ""
    assert stored_files(tmp_path) == {f"new/folder/{code}.gif": content.flag(code) for code in content.COUNTRIES}


def test_copies_named_by_country(flags, tmp_path):
    flags("-o", ".", "us", "br", "--name-by-country")
    assert stored_files(tmp_path) == {"United_States.gif": content.flag("US"), "Brazil.gif": content.flag("BR")}


def test_copy_takes_the_place_of_a_file(flags, tmp_path):
    """Not of what a link points to, and not of a folder."""
    (tmp_path / "BR.gif").write_text("old")
    (tmp_path / "else").write_text("else")
    (tmp_path / "US.gif").symlink_to(tmp_path / "else")
    (tmp_path / "CN.gif").mkdir()
    done = flags("-o", tmp_path, "br", "us", "cn", status=1)
    assert "3 flags downloaded." in done.stdout and "CN.gif" in done.stderr
    assert stored_files(tmp_path) == {"BR.gif": content.flag("BR"), "US.gif": content.flag("US"), "else": b"else"}


class Liar(BaseHTTPRequestHandler):
    """A daemon that tells one job, and of its files what a test wants: {name: what it answers, in turn}."""

    protocol_version = "HTTP/1.1"
    files = {}

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length is not None

    def do_GET(self):
        if "/files/" in self.path:
            parts = self.files[unquote(self.path.partition("/files/")[2])]
            self.answer(*(parts.pop(0) if len(parts) > 1 else parts[0]))
        elif "/results" in self.path:
            rows = [{"seq": i + 1, "index": i, "name": name, "status": "ok", "reason": None, "file": name}
                    for i, name in enumerate(self.files)]
            self.answer("".join(json.dumps(row) + "\n" for row in rows).encode())
        else:
            n = len(self.files)
            self.answer(json.dumps({"id": ID, "kind": "downloads", "check": None, "state": "done", "total": n,
                                    "completed": n, "counts": {"ok": n, "not_found": 0, "error": 0}}).encode())


class Stranger(Liar):
    """A daemon that tells of another job, or of none, once the results have come."""

    told = None  # set by the test

    def do_GET(self):
        if "/results" in self.path or not self.seen:
            self.seen.append(self.path)
            super().do_GET()
        else:
            self.answer(self.told)


@pytest.fixture
def lie(tmp_path):
    """A function that copies files of a daemon that lies: (files, exit status) -> what asyncprobectl did."""
    def copy(files, status):
        handler = type("Handler", (Liar,), {"files": files})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                return run_ctl(f"http://127.0.0.1:{server.server_port}", "watch", ID, "-o", tmp_path / "in",
                               status=status)
            finally:
                server.shutdown()

    return copy


def test_copies_stay_in_their_folder(lie, tmp_path):
    names = ["../evil", "/tmp/evil", "..", ".", "", "a//b", "a/../../evil", "a/", "a/.b", "/".join("x" * 18), "x" * 256]
    done = lie({name: [(b"evil",)] for name in [*names, "good", "a/b"]}, 1)
    assert done.stderr.count("invalid file name") == len(names), done.stderr
    assert stored_files(tmp_path) == {"in/good": b"evil", "in/a/b": b"evil"}


def test_copies_are_whole_or_absent(lie, tmp_path):
    """What is cut off or not served for a moment is asked for again; one loss does not stop the rest."""
    cut, busy, whole = (b"half", 200, 8), (b"", 503), (b"contents",)
    done = lie({"cut": [cut, cut, whole], "busy": [busy, whole], "gone": [(b"", 404)], "empty": [(b"",)]}, 1)
    assert stored_files(tmp_path) == {"in/cut": b"contents", "in/busy": b"contents", "in/empty": b""}
    assert done.stderr.count("gone") == 1 and "4 files" in done.stderr, done.stderr


OTHER = json.dumps({"id": ID[:-1] + "0", "kind": "downloads", "state": "done"}).encode()


@pytest.mark.parametrize("told", [b"", b"[]", OTHER], ids=["nothing", "no job", "another job"])
def test_another_job(told, tmp_path):
    handler = type("Handler", (Stranger,), {"told": told, "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run_ctl(f"http://127.0.0.1:{server.server_port}", "watch", ID, status=1)
        server.shutdown()
    assert "not from asyncprobed" in done.stderr and len(handler.seen) == 2, done


# --- download ---

def test_download(ctl, world, tmp_path):
    urls = [world.web.url("/files/one"), world.web.url("/files/two", size=0), world.web.url("/nowhere/three")]
    done = ctl("download", *urls, "-o", "in", status=1)
    assert sorted(done.stdout.splitlines()) == ["one OK", "three not found", "two OK"]
    same(done.stderr, "3 files in 0.00s: 2 downloaded, 1 not found, 0 errors")
    assert stored_files(tmp_path) == {"in/one": content.body("one"), "in/two": b""}


def test_download_of_a_list(ctl, world, tmp_path):
    text = "".join(f"{world.web.url(f'/files/{name}')}\n" for name in ("one", "two")) + "\n# the end\n"
    (tmp_path / "list").write_text(text)
    for arguments, given in ((["-i", "list"], None), (["-"], text), (["-i", "-"], text)):
        done = ctl("download", *arguments, "--rate", "100", "--label", "a, b", text=given)
        assert sorted(done.stdout.splitlines()) == ["one OK", "two OK"]


def test_download_of_ndjson(ctl, world, tmp_path):
    rows = [{"url": world.web.url("/files/one"), "name": "uno", "sha256": content.sha256("one")},
            {"url": world.web.url("/files/two"), "sha256": content.sha256("one")}, world.web.url("/files/three")]
    (tmp_path / "list.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = ctl("download", "-i", "list.ndjson", "-o", "in", status=1)
    lines = sorted(done.stdout.splitlines())
    assert lines[0] == "three OK" and lines[1].startswith("two error: bad_checksum") and lines[2] == "uno OK", lines
    assert stored_files(tmp_path / "in") == {"uno": content.body("one"), "three": content.body("three")}


def test_many_copies(ctl, world, tmp_path):
    """More than wait at one time."""
    text = "".join(f"{world.web.url(f'/files/{i}', size=10)}\n" for i in range(3000))
    done = ctl("download", "-", "-o", "in", "--concurrency", "100", text=text)
    assert len(done.stdout.splitlines()) == 3000
    assert stored_files(tmp_path / "in") == {str(i): content.body(str(i), 10) for i in range(3000)}


# --- Jobs of files in the other commands ---

@pytest.fixture
def job(world):
    """A job of flags that has ended."""
    body = {"kind": "flags", "codes": ["BR", "BX"], "base_url": world.web.base(), "label": "two flags"}
    return world.api.wait(world.api.post(body).json())["id"]


def test_show(ctl, world, job):
    shown = dict(re.split(r"  +| (?=\d+$)", line, maxsplit=1) for line in ctl("show", job).stdout.splitlines())
    told = world.api.show(job)
    assert {**shown, "elapsed": None, "rate": None} == {
        "id": job, "kind": "flags", "label": "two flags", "state": "done", "paused": "no", "reason": "-",
        "priority": "5", "run at": "-", "deadline": "-", "callback": "-", "schedule": "-", "retry of": "-",
        "created": told["created_at"],
        "started": told["started_at"], "finished": told["finished_at"], "elapsed": None, "done": "2 of 2",
        "downloaded": "1", "not found": "1", "errors": "0", "rate": None}
    assert re.fullmatch(r"\d+\.\d\ds", shown["elapsed"]), shown
    assert json.loads(ctl("show", "--json", job).stdout) == told


def test_results_and_watch(ctl, job, tmp_path):
    assert sorted(ctl("results", job, status=1).stdout.splitlines()) == ["BR OK", "BX not found"]
    assert ctl("results", "--status", "ok", job, status=1).stdout == "BR OK\n"
    done = ctl("watch", job, "-o", "in", status=1)
    assert sorted(done.stdout.splitlines()) == ["BR OK", "BX not found"]
    assert done.stderr == "2 flags: 1 downloaded, 1 not found, 0 errors\n"
    assert stored_files(tmp_path) == {"in/BR.gif": content.flag("BR")}


def test_watch_has_nothing_to_copy_of_names(ctl, world):
    job = world.api.wait(world.api.submit(["found.test"]))["id"]
    assert "no files" in ctl("watch", job, "-o", "in", status=1).stderr


def test_jobs(ctl, job):
    [line] = [line for line in ctl("jobs", "--kind", "flags").stdout.splitlines() if job in line]
    assert re.split(r"  +", line) == [job, "done", "flags", "2/2", "1", "two flags"]
    assert job not in ctl("jobs", "-k", "domains").stdout


def test_progress_on_a_terminal(world):
    leader, follower = pty.openpty()
    process = subprocess.Popen([binary("src/asyncprobectl"), "flags", "--base-url", world.web.base(delay=0.3)],
                               stdout=subprocess.PIPE, stderr=follower, text=True,
                               env={**os.environ, "ASYNCPROBED_URL": world.api.url, "TERM": "xterm"})
    os.close(follower)
    output, _ = process.communicate(timeout=DEADLINE)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # how a pseudo-terminal tells its end
        pass
    finally:
        os.close(leader)
    assert process.returncode == 0 and "20 flags downloaded." in output
    assert b"/20" in shown and b"downloaded" in shown and b"/s" in shown, f"a bar: {shown!r}"


def test_copies_with_folders_are_skipped_when_they_are_there(ctl, world, tmp_path):
    urls = [world.web.url(f"/files/deep/skip-{i}", size=1000) for i in range(3)]
    ctl("download", *urls, "--layout", "url", "-o", "kept")
    names = {f"127.0.0.1_{world.web.port}/files/deep/skip-{i}": content.body(f"deep/skip-{i}", 1000) for i in range(3)}
    assert stored_files(tmp_path / "kept") == names
    first, second, third = (tmp_path / "kept" / name for name in names)
    second.write_bytes(b"x" * 1000)
    third.unlink()
    for path in (first, second):
        os.utime(path, (1, 1))
    ctl("watch", world.api.jobs()[0]["id"], "-o", "kept")
    assert stored_files(tmp_path / "kept") == names
    assert first.stat().st_mtime == 1, "what is the same is not touched"
    assert second.stat().st_mtime > 1, "what only has the same length is copied"


def test_copies_follow_no_link(ctl, world, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / f"127.0.0.1_{world.web.port}").symlink_to(tmp_path / "outside")
    ctl("download", world.web.url("/files/linked"), "--layout", "host", "-o", "kept", status=1)
    assert stored_files(tmp_path / "outside") == {}


def test_results_have_the_details_that_download_prints(ctl, world):
    urls = [world.web.url("/files/detail"), world.web.url("/nothing"), world.web.url("/files/detail-503", status=503),
            "http://10.0.0.1/denied"]
    printed = ctl("download", *urls, status=1).stdout
    job = world.api.jobs()[0]["id"]
    assert ctl("results", job, status=1).stdout == printed
    assert "detail-503 error: http_status 503" in printed and "denied error: denied_target (" in printed, printed
    assert ctl("results", job, "--limit", 1, status=1).stdout == printed.splitlines(True)[0]


def test_options_of_download(ctl, world, tmp_path):
    (tmp_path / "SUMS").write_text(f"{content.sha256('sum', 900)}  sum\n{'0' * 64}  sum\n")
    base = world.web.url("/files")
    done = ctl("download", "-i", "SUMS", "--base-url", base, "--no-save", status=1)
    rows = world.api.results(world.api.jobs()[0])
    assert [r["url"] for r in rows] == [f"{base}/sum"] * 2 and all(r["file"] is None for r in rows), done
    ctl("download", world.web.url("/files/rated"), "--max-rate", 1000000, "--decode", "--content-disposition")
