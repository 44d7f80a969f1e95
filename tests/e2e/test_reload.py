"""SIGHUP: settings are taken up while the daemon runs, and nobody notices who doesn't look."""
import hashlib
import signal
import time

import pytest

from processes import eventually, parse_log_line

GOOD = 'asyncprobed_config_last_reload_successful'
TIME = 'asyncprobed_config_last_reload_success_timestamp_seconds'


class Reloadable:
    """A daemon with a file of settings."""

    def __init__(self, daemon, path):
        self.daemon, self._path = daemon, path
        self.api = None

    def write(self, **sections):
        """Write the file: section={key: value}."""
        self._path.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
            for section, keys in sections.items()))

    def start(self, **sections):
        self.write(**sections)
        for section, keys in sections.items():
            for key in keys:
                self.daemon.settings.pop(f"{section}.{key}", None)
        self.daemon.start(("-c", str(self._path)))
        self.api = self.daemon.api

    def reload(self, event="reloaded", **sections):
        """Write the file, send SIGHUP, and return the events logged by then as {(event, setting or None)}."""
        self.write(**sections)
        return self.hangup(event)

    def hangup(self, event="reloaded"):
        since = len(self.daemon.lines.all)
        self.daemon.send(signal.SIGHUP)
        self.daemon.lines.wait_for(rf"event\W+{event}\b", since)
        lines = [parse_log_line(line) for line in self.daemon.lines.all[since:]]
        # the line of a request that was answered before may be read late
        return {(line["event"], line.get("setting")) for line in lines if line.get("event", "audit") != "audit"}


@pytest.fixture
def reloadable(make_daemon, dns, tmp_path):
    daemon = make_daemon(dns)
    try:
        yield Reloadable(daemon, tmp_path / "test.conf")
    finally:
        if daemon.is_running:
            daemon.stop()


def test_live_settings(reloadable):
    """What can change does: the next job is judged by it."""
    reloadable.start(limits={"max_items": 2})
    reloadable.api.post({"kind": "domains", "domains": ["a.test", "b.test", "c.test"]}, status=422)
    events = reloadable.reload(limits={"max_items": 3})
    assert events == {("setting_changed", "limits.max_items"), ("reloaded", None)}
    reloadable.api.submit(["found.test", "found-2.test", "found-3.test"])


def test_level_of_the_log(reloadable):
    reloadable.start(log={"level": "info"})
    before = reloadable.api.metrics()[TIME]
    reloadable.write(log={"level": "warning"})
    reloadable.daemon.send(signal.SIGHUP)
    eventually(lambda: reloadable.api.metrics()[TIME] > before, "it has reloaded")
    reloadable.api.wait(reloadable.api.submit(["found.test"]))
    assert "job_submitted" not in reloadable.daemon.lines.text()


def test_format_of_the_log(reloadable):
    reloadable.start(log={"format": "text"})
    reloadable.reload(event="reloaded", log={"format": "json"})
    assert reloadable.daemon.lines.all[-1].startswith('{"time":')


def test_restart_settings_are_named(reloadable, dns):
    """Each time, until they are as they were; the rest of the file is taken up."""
    reloadable.start(dns={"servers": dns.address, "attempts": 3})
    for _ in range(2):
        events = reloadable.reload(dns={"servers": "127.0.0.9:9", "attempts": 1}, store={"url": "sqlite:///nowhere/x.db"})
        assert ("setting_needs_restart", "dns.servers") in events, events
    assert ("setting_changed", "dns.attempts") not in events, "taken up the first time"
    assert reloadable.api.run(["found.test"])[0]["status"] == "found", "the servers are the old ones"
    events = reloadable.reload(dns={"servers": dns.address, "attempts": 1})
    assert events == {("reloaded", None)}


def test_overrides_win(reloadable):
    """What the command line says stays, whatever the file says."""
    reloadable.daemon.settings["limits.max_items"] = "1"
    reloadable.start(dns={"attempts": 2})
    events = reloadable.reload(dns={"attempts": 2}, limits={"max_items": 50}, api={"listen": "127.0.0.1:1"})
    assert events == {("reloaded", None)}
    reloadable.api.post({"kind": "domains", "domains": ["a.test", "b.test"]}, status=422)


@pytest.mark.parametrize("text", ["[dns]\nattempts = many\n", "[dsn]\na = 1\n", "attempts\n", "[dns]\ntimeuot = 2s\n"])
def test_bad_file(reloadable, tmp_path, text):
    """It changes nothing, is logged with file and line, and shows in the metrics."""
    reloadable.start(limits={"max_items": 2})
    before = reloadable.api.metrics()
    assert before[GOOD] == 1 and abs(before[TIME] - time.time()) < 60
    (tmp_path / "test.conf").write_text("[limits]\nmax_items = 100\n" + text)
    reloadable.hangup("reload_failed")
    after = reloadable.api.metrics()
    assert after[GOOD] == 0 and after[TIME] == before[TIME]
    assert f"{tmp_path}/test.conf:" in reloadable.daemon.event("reload_failed")["why"]
    reloadable.api.post({"kind": "domains", "domains": ["a.test", "b.test", "c.test"]}, status=422)
    reloadable.reload(limits={"max_items": 3})
    again = reloadable.api.metrics()
    assert again[GOOD] == 1 and again[TIME] > before[TIME]
    reloadable.api.submit(["a.test", "b.test", "c.test"])


def test_missing_file(reloadable, tmp_path):
    reloadable.start(limits={"max_items": 2})
    (tmp_path / "test.conf").unlink()
    reloadable.hangup("reload_failed")
    assert reloadable.api.metrics()[GOOD] == 0


@pytest.mark.parametrize("has_file", [True, False])
def test_file_of_a_service(make_daemon, dns, tmp_path, has_file):
    """Without -c, a service reads asyncprobed.conf in its folder of settings, when there is one."""
    daemon = make_daemon(dns)
    daemon.environment = {"CONFIGURATION_DIRECTORY": str(tmp_path)}
    if has_file:
        (tmp_path / "asyncprobed.conf").write_text("[limits]\nmax_items = 1\n")
    with daemon:
        two = {"kind": "domains", "domains": ["a.test", "b.test"]}
        daemon.api.post(two, status=422 if has_file else 202)
        (tmp_path / "asyncprobed.conf").write_text("[limits]\nmax_items = 2\n")
        daemon.send(signal.SIGHUP)
        daemon.wait_event("reloaded")
        daemon.api.post(two)


@pytest.mark.dns("--slow-ms", 300)
def test_nobody_notices(reloadable):
    """Forty reloads while a job runs and is followed: its stream is whole, no connection drops, none of its items fails."""
    reloadable.start(dns={"timeout": "5s"})
    api = reloadable.api
    job = api.submit((f"slow-{i}.test" for i in range(400)), concurrency=40)
    lines = api.follow(job)
    next(lines)
    with api.connect() as idle:
        n_open = api.metrics()["asyncprobed_http_connections"]
        for number in range(40):
            reloadable.reload(dns={"timeout": f"{5 + number % 2}s"}, api={"idle_timeout": "50s"},
                              downloads={"per_host": 1 + number % 3}, targets={"allow": f"10.0.0.{number}"})
        assert api.metrics()["asyncprobed_http_connections"] == n_open
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200 ")
    assert len(list(lines)) == 399
    assert api.wait(job)["counts"] == {"found": 400, "not_found": 0, "error": 0}


def test_many_at_once(reloadable):
    """Signals that come while the file is read are answered by one more reading of it."""
    reloadable.start(limits={"max_items": 2})
    reloadable.write(limits={"max_items": 3})
    for _ in range(200):
        reloadable.daemon.send(signal.SIGHUP)
    eventually(lambda: reloadable.api("POST", "/jobs", json={
        "kind": "domains", "domains": ["a.test", "b.test", "c.test"]}).status_code == 202, "the last file is in force")


def test_targets_and_flags(fetcher, web, tmp_path):
    """Whom files may be fetched from, and where flags are."""
    path = tmp_path / "asyncprobed.conf"
    fetcher.stop()
    targets = {key: fetcher.settings.pop(key) for key in list(fetcher.settings) if key.startswith("targets.")}
    fetcher.environment = {"CONFIGURATION_DIRECTORY": str(tmp_path)}
    fetcher.start()
    body = {"kind": "downloads", "urls": [web.url("/a.gif")]}

    def outcome():
        job = fetcher.api.wait(fetcher.api.post(body).json())
        return fetcher.api.results(job)[0]["reason"]

    assert outcome() == "denied_target"
    lines = "".join(f"{key.removeprefix('targets.')} = {value}\n" for key, value in targets.items())
    path.write_text(f"[targets]\n{lines}[flags]\nservers = HERE={web.base()}\n")
    fetcher.send(signal.SIGHUP)
    fetcher.wait_event("reloaded")
    assert outcome() != "denied_target"
    fetcher.api.post({"kind": "flags", "server": "here", "codes": ["CN"]})
    fetcher.api.post({"kind": "flags", "server": "LOCAL", "codes": ["CN"]}, status=422)


def line_of(name, secret):
    return f"{name} admin {hashlib.sha256(secret.encode()).hexdigest()}\n"


def test_tokens(reloadable, tmp_path):
    """A token that was added counts at once, one that was taken out no more; a bad file changes nothing."""
    tokens = tmp_path / "tokens"
    tokens.write_text(line_of("one", "1" * 64))
    tokens.chmod(0o600)
    reloadable.start(api={"token_file": tokens})

    def status(secret):
        return reloadable.api("GET", "/jobs", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert (status("1" * 64), status("2" * 64)) == (200, 401)
    tokens.write_text(line_of("two", "2" * 64))
    reloadable.hangup()
    assert (status("1" * 64), status("2" * 64)) == (401, 200)
    tokens.write_text("this is no token\n")
    reloadable.hangup("reload_failed")
    assert (status("1" * 64), status("2" * 64)) == (401, 200)
    page = reloadable.api("GET", "/metrics", headers={"Authorization": f"Bearer {'2' * 64}"}).text
    assert f"\n{GOOD} 0\n" in page
