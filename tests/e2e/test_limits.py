"""GET /limits, and that it tells what is so."""
import grp
import os
import re
import socket
import stat
import subprocess

import pytest

from client import Client, expect
from processes import DEADLINE, binary, eventually, parse_log_line
from test_config import run
from tokens import bearer, write_tokens

SETTINGS = {
    "api.max_body": "2M", "api.max_json": "8K", "api.token_rate": "0", "api.header_timeout": "7s", "api.transfer_timeout": "8s",
    "api.connections": "100", "api.per_address": "90", "api.streams": "2", "api.streams_per_client": "1",
    "api.stream_idle": "50m", "api.max_bodies": "3M", "api.idle_timeout": "9s",
    "limits.max_items": "50", "limits.active_jobs": "5", "dns.timeout": "150ms", "dns.attempts": "2",
    "downloads.total": "20", "downloads.per_host": "4", "downloads.rate_per_host": "11", "downloads.max_bytes": "3M",
    "downloads.quota": "1G", "downloads.timeout": "90s", "downloads.connect_timeout": "4s", "downloads.attempts": "1",
    "targets.ports": "80,443,8000-8100", "store.retention": "2d", "store.max_size": "0",
    "limits.schedules": "70", "limits.min_interval": "5s",
}
WANTED = {
    "requests": {"body_bytes": 2 << 20, "json_bytes": 8192, "rate_per_token": None, "header_timeout_ms": 7000,
                 "transfer_timeout_ms": 8000},
    "connections": {"total": 100, "per_address": 90, "streams": 2, "streams_per_client": 1, "stream_idle_ms": 3_000_000,
                    "body_bytes": 3 << 20, "idle_timeout_ms": 9000},
    "jobs": {"items": 50, "active": 5, "concurrency": {"domains": 100_000, "files": 1000}, "rate": 1_000_000,
             "timeout_ms": {"domains": 10_000, "files": 3_600_000}, "attempts": 20, "tlds": 2000, "label_bytes": 200},
    "schedules": {"total": 70, "min_interval_ms": 5000},
    "store": {"retention_ms": 172_800_000, "max_bytes": None},
    "dns": {"timeout_ms": 150, "attempts": 2},
    "downloads": {"total": 20, "per_host": 4, "rate_per_host": 11, "file_bytes": 3 << 20, "quota_bytes": 1 << 30,
                  "timeout_ms": 90_000, "connect_timeout_ms": 4000, "attempts": 1},
    "targets": {"ports": "80,443,8000-8100"},
}


@pytest.mark.settings(SETTINGS)
def test_it_tells_the_settings(daemon):
    assert daemon.api.get("/limits").json() == WANTED


def test_every_limit_of_the_defaults(shared):
    limits = shared.api.get("/limits").json()
    assert limits["requests"]["body_bytes"] == 1 << 30 and limits["targets"]["ports"] == "80,443", limits
    assert limits["downloads"]["quota_bytes"] is limits["downloads"]["rate_per_host"] is None, limits
    expect(shared.api("GET", "/limits?of=all"), 400)


@pytest.mark.parametrize("field, kind, path", [
    ("concurrency", "domains", ("concurrency", "domains")), ("concurrency", "downloads", ("concurrency", "files")),
    ("timeout_ms", "domains", ("timeout_ms", "domains")), ("timeout_ms", "downloads", ("timeout_ms", "files")),
    ("rate", "domains", ("rate",)), ("attempts", "domains", ("attempts",)), ("attempts", "downloads", ("attempts",)),
])
def test_bounds_are_those_told(shared, field, kind, path):
    """As much as is told is taken, and one more is not."""
    most = shared.api.get("/limits").json()["jobs"]
    for part in path:
        most = most[part]
    body = {"kind": kind, **({"domains": ["found.test"]} if kind == "domains" else {"urls": ["http://a.test/"]})}
    shared.api.post({**body, field: most}, 200, query={"dry_run": "true"})
    shared.api.post({**body, field: most + 1}, 422, query={"dry_run": "true"})


@pytest.mark.settings({"limits.max_items": "3"})
def test_items(daemon):
    n = daemon.api.get("/limits").json()["jobs"]["items"]
    daemon.api.post("found.test\n" * (n + 1), 422)
    daemon.api.post("found.test\n" * n, 202)


def audits(daemon):
    return [fields for fields in map(parse_log_line, daemon.lines.all) if fields.get("event") == "audit"]


class TestAudit:
    """One line for each submission: who, what, how many."""

    def test_by_address(self, daemon):
        job = daemon.api.submit(["found.test", "found.test", "a..b"], label="my secret label")
        daemon.api.post({"kind": "domains", "domains": ["found.test"]}, 200, query={"dry_run": "true"})
        daemon.api.post({"kind": "domains", "domains": []}, 422)
        daemon.api("POST", f"/jobs/{job['id']}/cancel")
        daemon.api("DELETE", f"/jobs/{job['id']}")
        daemon.stop()
        lines = audits(daemon)
        assert [line["action"] for line in lines] == ["submit", "dry_run", "refuse", "cancel", "delete"], lines
        submitted = lines[0]
        assert re.fullmatch(r"127\.0\.0\.1:\d+", submitted["peer"]) and submitted["token"] == "-", submitted
        assert submitted["job"] == lines[3]["job"] == lines[4]["job"] == job["id"]
        assert (submitted["kind"], submitted["items"], submitted["duplicates"], submitted["invalid"]) == (
            "domains", "3", "1", "1"), submitted
        assert lines[2]["status"] == "422" and lines[1]["job"] == "-", lines

    def test_replay(self, daemon):
        for _ in range(2):
            daemon.api.post({"kind": "domains", "domains": ["found.test"]}, headers={"Idempotency-Key": "k"})
        daemon.stop()
        assert [line["action"] for line in audits(daemon)] == ["submit", "replay"]

    def test_files_without_their_secrets(self, daemon):
        daemon.api.post({"kind": "downloads", "urls": [
            {"url": "http://user:pass-word@127.0.0.1/", "headers": {"Authorization": "Bearer sesame"}}, "ftp://x/"]})
        daemon.stop()
        [line] = audits(daemon)
        assert (line["kind"], line["items"], line["invalid"]) == ("downloads", "2", "2"), line
        assert "sesame" not in daemon.lines.text() and "pass-word" not in daemon.lines.text()

    def test_denied_targets_are_told_at_the_end(self, daemon):
        job = daemon.api.post({"kind": "downloads", "urls": ["http://127.0.0.1/a", "http://[::1]/b", "ftp://x/"]}).json()
        daemon.api.wait(job)
        daemon.stop()
        ended = daemon.event("job_ended")
        assert (ended["job"], ended["error"], ended["denied"]) == (job["id"], "3", "2"), ended

    def test_by_token(self, make_daemon, dns, tmp_path):
        secrets = write_tokens(tmp_path / "tokens", {"cron-1": "submit", "reader": "read"})
        with make_daemon(dns, settings={"api.token_file": str(tmp_path / "tokens")}) as daemon:
            daemon.api.post({"kind": "domains", "domains": ["found.test"]}, headers=bearer(secrets["cron-1"]))
            daemon.api.post({"kind": "domains", "domains": ["found.test"]}, 403, headers=bearer(secrets["reader"]))
            daemon.api.post({"kind": "domains", "domains": ["found.test"]}, 401)
            daemon.stop()
        [line] = audits(daemon)
        assert line["token"] == "cron-1" and line["action"] == "submit"
        refused = [parse_log_line(text) for text in daemon.lines.all if "event=request_refused" in text]
        assert [line["status"] for line in refused] == ["403", "401"], "and refusals are told"

    def test_refusals_do_not_fill_the_log(self, make_daemon, dns, tmp_path):
        write_tokens(tmp_path / "tokens", {"a": "submit"})
        with make_daemon(dns, settings={"api.token_file": str(tmp_path / "tokens")}) as daemon:
            for _ in range(300):
                expect(daemon.api("GET", "/jobs"), 401)
        assert 1 <= daemon.lines.text().count("event=request_refused") < 100

    def test_by_user(self, make_daemon, dns, tmp_path):
        with make_daemon(dns, settings={"api.listen": f"unix:{tmp_path}/api.sock"}) as daemon:
            done = subprocess.run([binary("src/asyncprobectl"), f"--url=unix:{tmp_path}/api.sock", "domains", "found.test"],
                                  capture_output=True, text=True, timeout=DEADLINE, check=False)
            assert done.returncode == 0, done
            daemon.stop()
        [line] = audits(daemon)
        assert line["peer"] == "unix" and line["uid"] == str(os.getuid()), line


class TestUnixSockets:
    @pytest.mark.parametrize("mode", [None, "0600", "0666", "777"])
    def test_mode(self, make_daemon, dns, tmp_path, mode):
        path = tmp_path / "api.sock"
        with make_daemon(dns, settings={"api.listen": f"unix:{path}", "api.socket_mode": mode}):
            assert stat.S_IMODE(path.stat().st_mode) == int(mode or "0660", 8)

    @pytest.mark.parametrize("by_name", [True, False])
    def test_group(self, make_daemon, dns, tmp_path, contract, by_name):
        others = [gid for gid in os.getgroups() if gid != os.getgid()] if os.getuid() != 0 else [grp.getgrnam("users").gr_gid]
        if not others:
            pytest.skip("this user has one group only")
        path, gid = tmp_path / "api.sock", others[0]
        settings = {"api.listen": f"unix:{path}", "api.socket_group": grp.getgrgid(gid).gr_name if by_name else str(gid)}
        with make_daemon(dns, settings=settings):
            assert path.stat().st_gid == gid and stat.S_IMODE(path.stat().st_mode) == 0o660
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(DEADLINE)
                sock.connect(str(path))
                sock.sendall(b"GET /limits HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert Client("", contract).read_answer(sock, "GET", "/limits").status == 200

    @pytest.mark.parametrize("setting", ["api.socket_mode=8", "api.socket_mode=0o60", "api.socket_mode=", "api.socket_mode=01777",
                                         "api.socket_group=nobody-has-this-group", "api.socket_group=-1"])
    def test_bad_settings(self, setting):
        done = run("-t", "-o", setting)
        assert done.returncode == 1 and setting.split("=")[0] in done.stderr, done
