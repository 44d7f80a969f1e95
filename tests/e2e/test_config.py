"""Command line and settings."""
import json
import re
import socket
import subprocess

import pytest

from client import Client
from processes import DEADLINE, TOP, binary


def run(*arguments, environment=None):
    return subprocess.run([binary("src/asyncprobed"), *map(str, arguments)], capture_output=True, text=True,
                          timeout=DEADLINE, check=False, env=environment)


@pytest.fixture
def write(tmp_path):
    """A function that writes a configuration file and returns its path."""
    def write_text(text):
        path = tmp_path / "test.conf"
        path.write_text(text)
        return path

    return write_text


def test_version():
    done = run("-V")
    assert done.returncode == 0 and re.match(r"asyncprobed \d+\.\d+", done.stdout), done


def test_shipped_file():
    done = run("-t", "-c", TOP / "etc/asyncprobed.conf")
    assert done.returncode == 0, f"etc/asyncprobed.conf does not parse as shipped: {done.stderr}"


def test_shipped_file_uncommented(write):
    """Every setting that the file shows as a comment exists, and its value is good."""
    text = (TOP / "etc/asyncprobed.conf").read_text(encoding="utf-8")
    text = re.sub(r"^[#;] ?(?=[a-z_]+ *=)", "", text, flags=re.M)
    done = run("-t", "-c", write(text))
    assert done.returncode == 0, done.stderr
    assert "[dns]" in text and re.search(r"^timeout *= *2s", text, re.M), "defaults are shown"


def test_defaults_are_good():
    assert run("-t").returncode == 0


GOOD = {
    "empty": "", "comments": "# one\n; two\n\n", "value": "[dns]\ntimeout = 150ms\n",
    "two sections": "[log]\nlevel=debug\nformat = json\n[limits]\nmax_items = 100\n",
    "durations": "[dns]\ntimeout = 3s\n[daemon]\ndrain_timeout = 1m\n",
    "sizes": "[api]\nmax_body = 10M\nmax_json = 64K\n",
    "servers": "[dns]\nservers = 127.0.0.1 127.0.0.2:5353 [::1]:53\n", "crlf": "[dns]\r\nattempts = 2\r\n",
    "listen": "[api]\nlisten = [::1]:8653\n", "unix": "[api]\nlisten = unix:/run/asyncprobed.sock\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_good_file(write, text):
    done = run("-t", "-c", write(text))
    assert done.returncode == 0, done.stderr


BAD = {  # case: (text, line, word of the message)
    "unknown key": ("[dns]\n\ntimeuot = 2s\n", 3, "timeuot"),
    "unknown section": ("[dsn]\ntimeout = 2s\n", 2, "dsn"),
    "no section": ("timeout = 2s\n", 1, "timeout"),
    "no value": ("[dns]\ntimeout\n", 2, ""),
    "empty value": ("[dns]\ntimeout =\n", 2, "timeout"),
    "no duration": ("# x\n[dns]\ntimeout = soon\n", 3, "timeout"),
    "duration without unit": ("[dns]\ntimeout = 5\n", 2, "timeout"),
    "negative duration": ("[dns]\ntimeout = -2s\n", 2, "timeout"),
    "unknown unit": ("[dns]\ntimeout = 2w\n", 2, "timeout"),
    "huge duration": ("[dns]\ntimeout = 99999999999999999999d\n", 2, "timeout"),
    "no number": ("[dns]\nattempts = three\n", 2, "attempts"),
    "number too small": ("[dns]\nattempts = 0\n", 2, "attempts"),
    "no size": ("[api]\nmax_body = big\n", 2, "max_body"),
    "size out of bounds": ("[api]\nmax_body = 99999999999999999999G\n", 2, "max_body"),
    "no server": ("[dns]\nservers = resolver.example\n", 2, "servers"),
    "port out of bounds": ("[dns]\nservers = 127.0.0.1:70000\n", 2, "servers"),
    "port zero": ("[dns]\nservers = 127.0.0.1:0\n", 2, "servers"),
    "no listener": ("[api]\nlisten = here\n", 2, "listen"),
    "no level": ("[log]\nlevel = loud\n", 2, "level"),
    "no format": ("[log]\nformat = xml\n", 2, "format"),
    "no store": ("[store]\nurl = mysql://x/y\n", 2, "url"),
    "section not closed": ("[dns\ntimeout = 2s\n", 1, ""),
    "second of two": ("[dns]\ntimeout = 2s\nattempts = x\n", 3, "attempts"),
}


@pytest.mark.parametrize("text, line, word", BAD.values(), ids=BAD)
@pytest.mark.parametrize("arguments", [["-t"], []], ids=["checked", "started"])
def test_bad_file(write, arguments, text, line, word):
    path = write(text)
    done = run(*arguments, "-c", path)
    assert done.returncode == 1, f"expected exit status 1: {done}"
    place = f"{path}:{line}:"
    assert place in done.stderr and word in done.stderr, f"expected {place} and {word!r} in {done.stderr!r}"


@pytest.mark.parametrize("option", ["dns.timeuot=2s", "nothing=1", "dns.timeout", "dns.timeout=", "dns.timeout=soon",
                                    "=", "dns.=1", ".timeout=1s", "dns.attempts=1000000"])
def test_bad_option(option):
    done = run("-t", "-o", option)
    assert done.returncode == 1 and option.split("=")[0] in done.stderr, f"expected exit status 1 and the key: {done}"


@pytest.mark.parametrize("arguments", [
    ["-x"], ["--nothing"], ["file"], ["-c"], ["-o"], ["-t", "-c", "/nonexistent/file"]], ids=" ".join)
def test_bad_command_line(arguments):
    done = run(*arguments)
    assert done.returncode in (1, 2) and done.stderr, f"expected a message and exit status 1 or 2: {done}"


def test_file_that_cannot_be_read(tmp_path):
    """A folder can be opened like a file: that there is nothing to read in it doesn't make it good."""
    done = run("-t", "-c", tmp_path)
    assert done.returncode == 1 and f"{tmp_path}: Is a directory" in done.stderr, done


def test_option_overrides_file(make_daemon, dns, write):
    """-o wins over the file, and the file over the defaults."""
    path = write("[limits]\nmax_items = 2\n[dns]\nattempts = 1\n")
    daemon = make_daemon(dns, settings={"dns.attempts": "3"})
    with_file = daemon.start(["-c", str(path)])
    assert with_file.api.run(["flaky.test"])[0]["status"] == "found", "3 attempts of -o, not 1 of the file"
    with_file.api.post({"kind": "domains", "domains": ["a.test", "b.test", "c.test"]}, 422)
    daemon.stop()


def test_state_directory(make_daemon, dns, tmp_path):
    """Without store.url the jobs lie under $STATE_DIRECTORY."""
    state = tmp_path / "state"
    state.mkdir()
    daemon = make_daemon(dns, settings={"store.url": None})
    daemon.start(environment={"STATE_DIRECTORY": str(state)})
    daemon.api.run(["found.test"])
    daemon.stop()
    assert list(state.iterdir()), "nothing was written to $STATE_DIRECTORY"


def test_store_that_cannot_be_opened(tmp_path):
    done = run("-o", f"store.url=sqlite://{tmp_path}/nothing/jobs.db", "-o", "api.listen=127.0.0.1:0")
    assert done.returncode == 1 and "jobs.db" in done.stderr, done


def test_store_that_is_no_database(tmp_path):
    path = tmp_path / "jobs.db"
    path.write_bytes(b"no database at all " * 1000)
    done = run("-o", f"store.url=sqlite://{path}", "-o", "api.listen=127.0.0.1:0")
    assert done.returncode == 1 and done.stderr, done
    assert path.read_bytes().startswith(b"no database"), "a file that is not ours is left alone"


def test_store_in_use(daemon):
    """Two daemons on one database would answer each item twice."""
    (daemon.folder / "link-to-jobs.db").symlink_to("jobs.db")
    for name in "jobs.db", "./jobs.db", "link-to-jobs.db":
        done = run("-o", f"store.url=sqlite://{daemon.folder}/{name}", "-o", "api.listen=127.0.0.1:0")
        assert done.returncode == 1 and "jobs.db" in done.stderr and "another daemon" in done.stderr, done


def test_address_in_use(daemon, tmp_path):
    done = run("-o", f"api.listen={daemon.address}", "-o", f"store.url=sqlite://{tmp_path}/other.db",
               "-o", f"downloads.dir={tmp_path}/other")
    assert done.returncode == 1 and daemon.address in done.stderr, done


def test_listen_on_ipv6(make_daemon, dns):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with make_daemon(dns, settings={"api.listen": "[::1]:0"}) as daemon:
        assert daemon.address.startswith("[::1]:"), daemon.address
        daemon.api.get("/healthz")


def test_listen_on_a_unix_socket(make_daemon, dns, tmp_path, contract):
    path = tmp_path / "api.sock"
    daemon = make_daemon(dns, settings={"api.listen": f"unix:{path}"})
    for _ in range(2):  # the second start finds the socket of the first
        daemon.start()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE)
            sock.connect(str(path))
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert Client("", contract).read_answer(sock, "GET", "/healthz").status == 200
        daemon.kill9()


@pytest.mark.settings({"log.format": "json", "log.level": "debug"})
def test_log_in_json(daemon):
    job = daemon.api.submit(["found.test"], label='say "hi"\n')
    daemon.api.wait(job)
    daemon.stop()
    lines = [json.loads(line) for line in daemon.lines.all]
    assert all({"time", "level", "event"} <= set(line) for line in lines), "each line has time, level and event"
    assert {"listening", "ready"} <= {line["event"] for line in lines}


@pytest.mark.parametrize("level, is_told", [("debug", True), ("info", False)])
def test_log_level(make_daemon, dns, level, is_told):
    with make_daemon(dns, settings={"log.level": level}) as daemon:
        daemon.api.run(["found.test"])
        daemon.stop()
    assert any("level=debug" in line for line in daemon.lines.all) == is_told, daemon.lines.text()


@pytest.mark.parametrize("value", ["A=https://me:secret@x.test/f", "A=https://secret@x.test, B=nothing",
                                   "A=ftp://a@secret@x.test"])
def test_no_password_in_messages(write, value):
    done = run("-t", "-c", write(f"[flags]\nservers = {value}\n"))
    assert done.returncode == 1 and "flags.servers" in done.stderr and "x.test" in done.stderr, done
    assert "secret" not in done.stderr, done.stderr


@pytest.mark.parametrize("text, line", [("192.0.2.1\nname.example\n", 2), (None, 0)], ids=["bad line", "no file"])
def test_a_list_of_name_servers_that_is_bad(tmp_path, text, line):
    path = tmp_path / "resolvers"
    if text is not None:
        path.write_text(text)
    done = run("-t", "-o", f"dns.servers=@{path}")
    assert done.returncode == 1
    assert (f"{path}:{line} is not a name server" if line else str(path)) in done.stderr, done.stderr
