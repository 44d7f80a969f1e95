"""asyncprobectl: what it prints and how it ends."""
import json
import os
import pty
import re
import socket
import subprocess

import pytest

from processes import DEADLINE, TOP, binary

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
KEYWORDS = sorted([f"+ {word}.dev" for word in "and true for def elif in del from as not".split()] +
                  [f"  {word}.dev" for word in "pass with if try none is or else".split()])


@pytest.fixture
def ctl(daemon):
    """A function that runs asyncprobectl against the daemon and checks its exit status."""
    def run(*arguments, status=0, text=None, url=daemon.api.url):
        done = subprocess.run([binary("src/asyncprobectl"), *arguments], capture_output=True, text=True, check=False,
                              input=text, timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": url})
        assert done.returncode == status, f"{' '.join(arguments)}: expected exit status {status}: {done}"
        return done

    return run


@pytest.mark.dns("--zone", TOP / "tests/stub/keywords.zone", "--default", "nx")
def test_keywords(ctl):
    done = ctl("domains", "--preset", "python-keywords", "--max-length", "4", ".dev")
    assert sorted(done.stdout.splitlines()) == KEYWORDS
    assert "\r" not in done.stderr, "no progress bar where there is no terminal"


SOURCES = {  # case: (arguments, standard input, names)
    "arguments": (["found.test", "nx.test"], None, ["+ found.test", "  nx.test"]),
    "stdin": (["-"], "found.test\nnx.test\n", ["+ found.test", "  nx.test"]),
    "stdin under tlds": (["-", ".test", ".example"], "found\nnx\n",
                         ["+ found.example", "+ found.test", "  nx.example", "  nx.test"]),
    "many on stdin": (["-"], "".join(f"found-{i}.test\n" for i in range(5000)),
                      [f"+ found-{i}.test" for i in range(5000)]),
    "domains among the names": (["-", ".test"], "found\nfound.example\n", ["+ found.example", "+ found.test"]),
    "bare": (["--bare", "-", "nx"], "found\n", ["+ found", "  nx"]),
    "without an address": (["nodata.test", "nx.test"], None, ["- nodata.test", "  nx.test"]),
}


@pytest.mark.parametrize("arguments, text, expected", SOURCES.values(), ids=SOURCES)
def test_domains(ctl, arguments, text, expected):
    assert sorted(ctl("domains", *arguments, text=text).stdout.splitlines()) == sorted(expected)


@pytest.mark.parametrize("text", ["found.test\nfound\n", "found", "# words\n\n  found  \nx.test\n"])
def test_words_without_a_tld_are_refused(ctl, daemon, text):
    done = ctl("domains", "-", text=text, status=2)
    assert "'found' has no dot" in done.stderr and "--bare" in done.stderr, done
    assert daemon.api.jobs() == [], "nothing was queued"


def test_bare_words_and_a_tld(ctl):
    assert "--bare" in ctl("domains", "--bare", "found", ".test", status=2).stderr


def test_failed_items_end_with_1(ctl):
    done = ctl("domains", "found.test", "servfail.test", status=1)
    assert sorted(done.stdout.splitlines()) == ["+ found.test", "? servfail.test servfail"]


def test_domains_as_json(ctl, contract):
    rows = [json.loads(line) for line in ctl("domains", "--json", "found.test", "nx.test").stdout.splitlines()]
    assert [row["status"] for row in sorted(rows, key=lambda row: row["index"])] == ["found", "not_found"]
    assert all(contract.accepts(row, "Result") for row in rows), rows


def test_no_wait(ctl, daemon, dns):
    dns.toggle_black_hole()
    done = ctl("domains", "--no-wait", "found.test")
    job = ID.search(done.stdout)
    assert job, f"the job's id is printed: {done}"
    assert daemon.api.show(job.group())["total"] == 1


def test_jobs_show_results(ctl, daemon, contract):
    job = daemon.api.wait(daemon.api.submit(["found.test", "nx.test", "servfail.test"], label="my blog"))
    path = f"/jobs/{job['id']}/results"
    assert job["id"] in ctl("jobs").stdout
    listed = json.loads(ctl("jobs", "--json").stdout)
    assert contract.accepts(listed, "JobList") or contract.accepts(listed, "Job"), listed
    shown = ctl("show", job["id"]).stdout
    assert "done" in shown and "my blog" in shown, shown
    assert json.loads(ctl("show", "--json", job["id"]).stdout) == job
    assert ctl("results", job["id"], status=1).stdout == daemon.api.get(path, params={"format": "text"}).text
    assert ctl("results", "--json", job["id"], status=1).stdout == daemon.api.get(path).text


def test_watch(ctl, daemon):
    job = daemon.api.submit(["slow.test", "found.test"])
    assert ctl("watch", job["id"]).stdout.splitlines() == ["+ found.test", "+ slow.test"]


def test_cancel_and_rm(ctl, daemon, dns):
    dns.toggle_black_hole()
    job = daemon.api.submit(["found.test"], timeout_ms=10000)
    ctl("cancel", job["id"])
    assert daemon.api.show(job)["state"] == "cancelled"
    ctl("rm", job["id"])
    assert daemon.api.jobs() == []


def test_status(ctl):
    assert "ready" in ctl("status").stdout.lower()


USAGE = [[], ["fly"], ["domains"], ["domains", "--nothing"], ["domains", "--preset"],
         ["domains", "--rate", "fast", "found.test"],
         ["show"], ["results"], ["cancel"], ["rm"], ["watch"]]


def test_refused_by_the_daemon(ctl):
    """Only the daemon knows its presets: its refusal is shown, with the field that is wrong."""
    done = ctl("domains", "--preset", "x", ".dev", status=1)
    assert "/preset" in done.stderr, done


@pytest.mark.parametrize("arguments", USAGE, ids=lambda arguments: " ".join(arguments) or "nothing")
def test_usage(ctl, daemon, arguments):
    done = ctl(*arguments, status=2)
    assert done.stderr and not done.stdout, f"a message on stderr: {done}"
    assert daemon.api.jobs() == []


@pytest.mark.parametrize("command", ["show", "results", "watch", "cancel", "rm"])
def test_unknown_job(ctl, command):
    done = ctl(command, "01a20320-a200-7c31-9d52-6e0f4b8a17c3", status=1)
    assert done.stderr, f"a message on stderr: {done}"


@pytest.mark.parametrize("arguments", [["status"], ["jobs"], ["domains", "found.test"]], ids=lambda a: a[0])
def test_unreachable(ctl, arguments):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = ctl(*arguments, status=3, url=url)
    assert done.stderr, f"a message on stderr: {done}"


@pytest.mark.parametrize("command", ["results ID", "results --format csv ID", "--json results ID", "domains found.test"])
def test_closed_output(daemon, command):
    """What is printed goes nowhere, and never into the connection to the daemon, which would have its number."""
    job = daemon.api.wait(daemon.api.submit(["found.test", "nx.test"]))
    arguments = command.replace("ID", job["id"]).split()
    done = subprocess.run(["bash", "-c", '"$@" >&-', "bash", binary("src/asyncprobectl"), *arguments], check=False,
                          stderr=subprocess.PIPE, text=True, timeout=DEADLINE,
                          env={**os.environ, "ASYNCPROBED_URL": daemon.api.url})
    assert done.returncode == 1 and "standard output: Bad file descriptor" in done.stderr, done


def test_progress_on_a_terminal(daemon):
    """The bar goes to the terminal, the lines to standard output."""
    leader, follower = pty.openpty()
    names = [f"slow-{i}.test" for i in range(40)]
    process = subprocess.Popen([binary("src/asyncprobectl"), "domains", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=follower,
                               env={**os.environ, "ASYNCPROBED_URL": daemon.api.url, "TERM": "xterm"})
    os.close(follower)
    output, _ = process.communicate("\n".join(names).encode(), timeout=DEADLINE)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # how a pseudo-terminal tells its end
        pass
    finally:
        os.close(leader)
    assert process.returncode == 0 and sorted(output.decode().split()[1::2]) == sorted(names)
    assert b"40" in shown and b"/s" in shown, f"a bar with the count and the rate: {shown!r}"


ENDLESS = {  # case: (how the answer begins, what is sent again and again)
    "head": (b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 1000 + b"\r\n"),
    "informational": (b"", b"HTTP/1.1 102 Processing\r\nX-Filler: " + b"x" * 1000 + b"\r\n\r\n"),
    "trailer": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                b"X-Filler: " + b"x" * 1000 + b"\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (1 << 20)),
}


@pytest.mark.parametrize("start, more", ENDLESS.values(), ids=ENDLESS)
def test_endless_answer(start, more):
    """An answer that never ends is given up before it fills the memory."""
    limit, sent = 256 << 20, 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = subprocess.Popen([binary("src/asyncprobectl"), "-u", f"127.0.0.1:{server.getsockname()[1]}", "jobs"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        server.settimeout(DEADLINE)
        connection, _ = server.accept()
        with connection:
            connection.settimeout(DEADLINE)
            connection.recv(65536)
            try:
                connection.sendall(start)
                while sent < limit:
                    connection.sendall(more)
                    sent += len(more)
            except OSError:  # it closed the connection
                pass
        output, errors = process.communicate(timeout=DEADLINE)
    assert sent < limit and process.returncode == 3, (sent, errors)
    assert "the answer is too large" in errors and not output, errors
