"""Callbacks: signed, delivered at least once, tried again as long as it makes sense, and never to where they may not go."""
import json
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest

from client import pointers
from processes import DEADLINE, TOP, binary, eventually, parse_log_line
from test_storage import disk, submit_until_refused  # noqa: F401  (a fixture)
from web import ANY_LOOPBACK, Web, name_server, unused_port

sys.path.append(str(TOP / "tests" / "stub"))

from hook_receiver import Receiver  # noqa: E402

FAST = {**ANY_LOOPBACK, "callbacks.backoff": "20ms", "callbacks.timeout": "1s"}
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def caller(request, make_daemon, dns):
    """A running daemon that may call loopback; its further settings come from the marker `settings`."""
    marker = request.node.get_closest_marker("settings")
    with make_daemon(dns, settings={**FAST, **(marker.args[0] if marker else {})}) as daemon:
        yield daemon


def secret_of(daemon):
    return (daemon.folder / "callback.secret").read_text().strip()


def run(daemon, url, n=1, **fields):
    """Queue a job that calls back, and wait for its end; returns it."""
    return daemon.api.wait(daemon.api.submit([f"found-{i}.test" for i in range(n)], callback_url=url, **fields))


def events(daemon, word):
    lines = [parse_log_line(line) for line in daemon.lines.all]
    return [line for line in lines if line.get("event") == word]


def wait_event(daemon, word, n=1):
    return eventually(lambda: len(events(daemon, word)) >= n and events(daemon, word), f"{n} events {word}")


def counts(daemon):
    metrics = daemon.api.metrics()
    return {outcome: int(metrics[f'asyncprobed_callbacks_total{{outcome="{outcome}"}}'])
            for outcome in ("delivered", "retried", "given_up")}


def check_over(daemon, **want):
    """Wait until nothing waits any more, and check what became of all attempts."""
    eventually(lambda: daemon.api.metrics()["asyncprobed_callbacks_waiting"] == 0, "nothing waits any more")
    assert counts(daemon) == {"delivered": 0, "retried": 0, "given_up": 0, **want}


def test_delivered_and_signed(caller, receiver, contract):
    job = run(caller, receiver.url("/hook?key=hush"), label="nightly")
    [hook] = receiver.wait_for(1)
    assert (hook.method, hook.path) == ("POST", "/hook?key=hush")
    assert hook.headers["content-type"] == "application/json"
    assert hook.headers["user-agent"].startswith("asyncprobed/") and "expect" not in hook.headers
    assert UUID.match(hook.id) and abs(int(hook.headers["webhook-timestamp"]) - time.time()) < 60
    assert hook.is_signed_by(secret_of(caller))
    assert not hook.is_signed_by("whsec_" + "A" * 32)
    assert hook.json == {"type": "job.ended", "timestamp": job["finished_at"], "data": caller.api.show(job)}
    contract.check(hook.json, {"$ref": "#/components/schemas/JobEnded"}, "a callback")
    check_over(caller, delivered=1)
    log = caller.lines.text()
    assert "hush" not in log and secret_of(caller).removeprefix("whsec_") not in log
    [event] = events(caller, "callback_delivered")
    assert (event["webhook"], event["status"], event["attempts"]) == (hook.id, "204", "1")


def test_every_end(caller, receiver):
    """Cancelled jobs tell of it too, and removed ones don't."""
    slow = {"rate": 1, "callback_url": receiver.url()}
    cancelled = caller.api.submit(["found-1.test", "found-2.test", "found-3.test"], **slow)
    caller.api("POST", f"/jobs/{cancelled['id']}/cancel")
    [hook] = receiver.wait_for(1)
    assert hook.json["data"]["state"] == "cancelled" and hook.json["data"]["id"] == cancelled["id"]
    removed = caller.api.submit(["found-1.test", "found-2.test", "found-3.test"], **slow)
    caller.api("DELETE", f"/jobs/{removed['id']}")
    caller.api.run(["found.test"])
    run(caller, receiver.url())
    hooks = receiver.wait_for(2)
    assert removed["id"] not in [hook.json["data"]["id"] for hook in hooks] and len(hooks) == 2


def test_body_of_lines(caller, receiver):
    caller.api.submit_lines(["found.test"], callback_url=receiver.url("/lines"))
    assert receiver.wait_for(1)[0].path == "/lines"


def test_tried_again(caller, receiver):
    """The id stays and the time does not; each attempt is signed."""
    receiver.plan = [500, {"status": 503, "body": b"x" * 200_000}, 302, 408, 204]
    run(caller, receiver.url())
    hooks = receiver.wait_for(5)
    assert len({hook.id for hook in hooks}) == 1 and len({hook.body for hook in hooks}) == 1
    assert all(hook.is_signed_by(secret_of(caller)) for hook in hooks)
    check_over(caller, delivered=1, retried=4)
    assert [event["status"] for event in events(caller, "callback_retry")] == ["500", "503", "302", "408"]


@pytest.mark.settings({"callbacks.backoff": "1ms"})
def test_retry_after(caller, receiver):
    receiver.plan = [{"status": 429, "headers": {"Retry-After": "2"}}, 204]
    start = time.monotonic()
    run(caller, receiver.url())
    receiver.wait_for(2)
    assert 1.9 < time.monotonic() - start < 20
    [event] = events(caller, "callback_retry")
    assert 1000 < int(event["next_ms"]) <= 2000


@pytest.mark.parametrize("status", [410, 400, 401, 404, 422])
def test_refused_for_good(caller, receiver, status):
    receiver.plan = [status]
    run(caller, receiver.url("/hook?key=hush"))
    [event] = wait_event(caller, "callback_given_up")
    assert (event["reason"], event["status"], event["attempts"]) == ("http_status", str(status), "1")
    check_over(caller, given_up=1)
    assert len(receiver.hooks) == 1 and "hush" not in caller.lines.text()


def test_refused_connection(caller):
    """Nobody listens; later somebody does."""
    port = unused_port()
    run(caller, f"http://127.0.0.1:{port}/hook")
    assert wait_event(caller, "callback_retry", 2)[0]["reason"] == "connect"
    with Receiver(port=port) as receiver:
        receiver.wait_for(1)
        check_delivered(caller)


def check_delivered(daemon, n=1):
    eventually(lambda: counts(daemon)["delivered"] == n and daemon.api.metrics()["asyncprobed_callbacks_waiting"] == 0,
               "delivered")


@pytest.mark.settings({"callbacks.timeout": "200ms"})
def test_receiver_hangs(caller, receiver):
    """Others are called meanwhile, and it is called again when it doesn't hang any more."""
    receiver.plan = [{"wait": receiver.end}]
    for _ in range(20):
        run(caller, receiver.url())
    with Receiver() as other:
        run(caller, other.url())
        other.wait_for(1)
    assert wait_event(caller, "callback_retry")[0]["reason"] == "timeout"
    receiver.plan = [204]
    check_delivered(caller, 21)


@pytest.mark.settings({"callbacks.lifetime": "1s"})
def test_life_ends(caller, receiver):
    receiver.plan = [500]
    run(caller, receiver.url())
    [event] = wait_event(caller, "callback_given_up")
    assert event["status"] == "500" and int(event["attempts"]) > 1
    check_over(caller, given_up=1, retried=len(receiver.hooks) - 1)


def test_long_answers_are_cut(caller, receiver):
    """What counts is the status; a body without end is not read."""
    receiver.plan = [{"status": 200, "body": b"x" * (8 << 20)}]
    run(caller, receiver.url())
    receiver.wait_for(1)
    check_over(caller, delivered=1)


# --- Where they may not go ---

LITERALS = {
    "private": "http://10.0.0.1/", "loopback": "http://127.0.0.1:{port}/", "disguised": "http://0x7f.1:{port}/",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/", "metadata": "http://169.254.169.254/",
    "port": "http://hooks.test:25/", "scheme": "ftp://hooks.test/", "no URL": "hooks.test/", "user": "http://a:b@hooks.test/",
}


@pytest.mark.parametrize("name", LITERALS)
def test_denied_at_submission(make_daemon, dns, receiver, name):
    settings = {"targets.ports": f"80,443,{receiver.port}"}
    url = LITERALS[name].format(port=receiver.port)
    with make_daemon(dns, settings=settings) as daemon:
        for query in (None, {"dry_run": "true"}):
            body = {"kind": "domains", "domains": ["found.test"], "callback_url": url}
            assert pointers(daemon.api.post(body, status=422, query=query)) == ["/callback_url"]
        lines = daemon.api.post("found.test\n", status=422, query={"kind": "domains", "callback_url": url})
        assert pointers(lines) == ["/callback_url"]
        assert daemon.api.jobs() == [] and receiver.hooks == []


def test_a_name_that_leads_where_it_may_not(make_daemon, tmp_path, receiver):
    """Given up at once, and nobody is connected to."""
    with socket.create_server(("127.0.0.1", 0)) as trap, name_server(tmp_path, "private.test A 127.0.0.1") as names:
        trap.settimeout(0.1)
        port = trap.getsockname()[1]
        settings = {"targets.allow": "127.0.0.2", "targets.ports": f"80,{port}"}
        with make_daemon(names, settings=settings) as daemon:
            run(daemon, f"http://private.test:{port}/hook")
            [event] = wait_event(daemon, "callback_given_up")
            assert (event["reason"], event["attempts"]) == ("denied_target", "1")
            check_over(daemon, given_up=1)
            with pytest.raises(TimeoutError):
                trap.accept()


def test_redirects_are_not_followed(caller, receiver):
    with Receiver() as other:
        receiver.plan = [{"status": status, "headers": {"Location": other.url()}} for status in (301, 303, 307, 308)]
        receiver.plan.append(204)
        run(caller, receiver.url())
        check_delivered(caller)
        assert len(receiver.hooks) == 5 and other.hooks == []


def test_tls(make_daemon, tmp_path):
    """Certificates are checked; the authority is that of downloads."""
    with Web(tls=True) as web, name_server(tmp_path) as names:
        settings = {**FAST, "downloads.ca_file": web.ca, "callbacks.lifetime": "1s"}
        with make_daemon(names, settings=settings) as daemon:
            run(daemon, web.tls_url("/hook", host="expired.test"))
            assert wait_event(daemon, "callback_retry")[0]["reason"] == "tls"
            wait_event(daemon, "callback_given_up")
            assert web.requests("/hook") == []


# --- A full disk ---

def test_full_disk(make_daemon, dns, disk, receiver):
    """What was delivered is not delivered again, though its row can't be deleted yet; what ends then is told later."""
    daemon = make_daemon(dns, settings=FAST, folder=disk.folder)
    disk.prepare(daemon)
    go_on = threading.Event()
    receiver.plan = [{"status": 204, "wait": go_on}, 204]
    with daemon:
        run(daemon, receiver.url())
        [first] = receiver.wait_for(1)
        slow = daemon.api.submit([f"found-{i}.test" for i in range(3)], rate=1, callback_url=receiver.url())
        disk.fill(daemon)
        submit_until_refused(daemon.api)
        go_on.set()
        wait_event(daemon, "callback_delivered")
        wait_event(daemon, "store_not_writable")
        assert daemon.api.metrics()["asyncprobed_callbacks_waiting"] >= 1
        assert [hook.id for hook in receiver.hooks].count(first.id) == 1
        disk.free(daemon)
        for other in daemon.api.jobs():
            if other["id"] != slow["id"]:
                daemon.api("POST", f"/jobs/{other['id']}/cancel")
        assert receiver.wait_for(2)[1].json["data"]["id"] == slow["id"]
        check_delivered(daemon, 2)
        assert len(receiver.hooks) == 2


# --- Restarts ---

def test_crash_before_delivery(caller, receiver):
    """What waits survives, and goes out under the id that it had."""
    receiver.plan = [{"wait": receiver.end}]
    job = run(caller, receiver.url())
    [first] = receiver.wait_for(1)
    caller.kill9()
    receiver.plan = [204]
    caller.start()
    second = receiver.wait_for(2)[1]
    assert second.id == first.id and second.body == first.body and second.json["data"]["id"] == job["id"]
    assert second.is_signed_by(secret_of(caller))
    check_over(caller, delivered=1)


def test_crash_with_nobody_there(caller):
    port = unused_port()
    run(caller, f"http://127.0.0.1:{port}/hook")
    first = wait_event(caller, "callback_retry")[0]["webhook"]
    caller.kill9()
    with Receiver(port=port) as receiver:
        caller.start()
        assert receiver.wait_for(1)[0].id == first
        check_delivered(caller)


@pytest.mark.settings({"callbacks.timeout": "60s", "daemon.drain_timeout": "500ms"})
def test_drain_does_not_wait_for_a_receiver(caller, receiver):
    receiver.plan = [{"wait": receiver.end}]
    run(caller, receiver.url())
    receiver.wait_for(1)
    start = time.monotonic()
    caller.stop()
    assert time.monotonic() - start < 20


@pytest.mark.settings({"daemon.drain_timeout": "30s", "callbacks.timeout": "30s"})
def test_drain_waits_for_what_is_under_way(caller, receiver):
    go_on = threading.Event()
    receiver.plan = [{"status": 204, "wait": go_on}]
    run(caller, receiver.url())
    receiver.wait_for(1)
    caller.send(signal.SIGTERM)
    caller.wait_event("draining")
    go_on.set()
    assert caller.wait_end() == 0
    assert len(events(caller, "callback_delivered")) == 1
    caller.start()
    run(caller, receiver.url())
    assert len({hook.id for hook in receiver.wait_for(2)}) == 2, "what was delivered is not delivered again"


# --- The key ---

def test_key_is_made_once(caller, receiver):
    path = caller.folder / "callback.secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = secret_of(caller)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", first)
    caller.restart()
    assert secret_of(caller) == first
    assert [p.name for p in caller.folder.glob("callback.secret*")] == ["callback.secret"]


KEYS = ["whsec_" + "A" * 32, "whsec_" + "B" * 32]


def test_keys_of_a_file_and_a_reload(make_daemon, dns, tmp_path, receiver):
    path = tmp_path / "keys"
    path.write_text(f"# the present one\n{KEYS[0]}\n")
    path.chmod(0o640)
    with make_daemon(dns, settings={**FAST, "callbacks.secret_file": str(path)}) as daemon:
        assert not (tmp_path / "callback.secret").exists()
        run(daemon, receiver.url())
        assert receiver.wait_for(1)[0].is_signed_by(KEYS[0])
        path.write_text(f"{KEYS[1]}\n{KEYS[0]}\n")
        hang_up(daemon)
        run(daemon, receiver.url())
        assert all(receiver.wait_for(2)[1].is_signed_by(key) for key in KEYS), "receivers can change over"
        path.write_text("nonsense\n")
        hang_up(daemon)
        assert f"{path}:1: " in events(daemon, "callback_keys_invalid")[0]["why"]
        run(daemon, receiver.url())
        assert receiver.wait_for(3)[2].is_signed_by(KEYS[1]), "those of before stay"


def hang_up(daemon):
    since = len(daemon.lines.all)
    daemon.send(signal.SIGHUP)
    daemon.lines.wait_for(r"event=reloaded\b", since)


def test_key_of_the_service_manager(make_daemon, dns, tmp_path, receiver):
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "asyncprobed.callback").write_text(KEYS[1])
    (folder / "asyncprobed.callback").chmod(0o400)
    daemon = make_daemon(dns, settings=FAST)
    daemon.environment = {"CREDENTIALS_DIRECTORY": str(folder)}
    with daemon:
        run(daemon, receiver.url())
        assert receiver.wait_for(1)[0].is_signed_by(KEYS[1])
        assert not (tmp_path / "callback.secret").exists()


@pytest.mark.parametrize("text, mode, why", [
    ("nonsense", 0o600, ":1: a key must start with whsec_"), ("", 0o600, ": contains no key"),
    (KEYS[0], 0o644, ": accessible to others"), (None, 0, ": No such file")])
def test_bad_keys_keep_it_from_starting(make_daemon, dns, tmp_path, text, mode, why):
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    options = [f"-ocallbacks.secret_file={path}", f"-ostore.url=sqlite://{tmp_path}/jobs.db", "-oapi.listen=127.0.0.1:0"]
    for more in (["-t"], []):
        done = subprocess.run([binary("src/asyncprobed"), *options, *more], capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        assert done.returncode == 1 and f"{path}{why}" in done.stderr, done.stderr


# --- Many ---

@pytest.mark.seconds(120)
def test_a_thousand_jobs(caller, receiver):
    n = 1000
    ids = {caller.api.submit([f"found-{i}.test"], callback_url=receiver.url())["id"] for i in range(n)}
    hooks = receiver.wait_for(n, seconds=90)
    check_delivered(caller, n)
    assert {hook.json["data"]["id"] for hook in hooks} == ids and len(receiver.hooks) == n
    assert len({hook.id for hook in hooks}) == n


def test_idle_daemon_sleeps(caller, receiver):
    """With nothing to deliver there is no timer: the loop wakes up to measure its lag, once a second."""
    run(caller, receiver.url())
    receiver.wait_for(1)
    check_over(caller, delivered=1)

    def wake_ups():
        for line in open(f"/proc/{caller.pid}/status", encoding="ascii"):
            if line.startswith("voluntary_ctxt_switches"):
                return int(line.split()[1])
        raise AssertionError("no count of switches")

    eventually(lambda: sleeps_long(wake_ups), "at most two wake-ups in a second")


def sleeps_long(wake_ups):
    """Do three wake-ups take more than a second?"""
    before, start = wake_ups(), time.monotonic()
    eventually(lambda: wake_ups() - before >= 3, "three wake-ups")
    return time.monotonic() - start > 1


def test_the_example_of_the_readme(caller, receiver, tmp_path):
    """What README.md shows to verify a signature does."""
    text = (TOP / "README.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?def verify.*?)```", text, re.DOTALL)
    names = {}
    exec(compile(code, "README.md", "exec"), names)  # pylint: disable=exec-used
    run(caller, receiver.url())
    [hook] = receiver.wait_for(1)
    secret = secret_of(caller)
    assert names["verify"](secret, hook.headers, hook.body) == json.loads(hook.body)
    for headers, body in [(hook.headers, hook.body + b" "), ({**hook.headers, "webhook-id": "x"}, hook.body),
                          ({**hook.headers, "webhook-timestamp": "1614265330"}, hook.body),
                          ({**hook.headers, "webhook-signature": "v1,AAAA"}, hook.body)]:
        with pytest.raises(ValueError):
            names["verify"](secret, headers, body)
