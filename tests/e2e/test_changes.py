"""What a schedule finds out from run to run: outcomes, changes, events, the callback that tells of them."""
import contextlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from client import expect
from processes import Stub, eventually
from schedules import act, add, seconds_of, show

NAMES = ["a.example", "b.example", "c.example", "d.example"]


class Zone:
    """A DNS stub whose answers can be changed; it keeps its address."""

    def __init__(self, folder, *lines):
        self._path, self._port, self._stub = folder / "zone", 0, None
        self.set(*lines)

    def set(self, *lines):
        if self._stub:
            self._stub.__exit__(None, None, None)
        self._path.write_text("".join(f"{line}\n" for line in lines))
        self._stub = Stub("--zone", self._path, "--port", self._port)
        self.address = self._stub.address
        self._port = int(self.address.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stub.__exit__(None, None, None)


@pytest.fixture
def zone(tmp_path):
    with Zone(tmp_path, "a.example A 192.0.2.9", "a.example A 192.0.2.1", "b.example A 192.0.2.2",
              "c.example NXDOMAIN", "d.example A 192.0.2.4") as opened:
        yield opened


@pytest.fixture
def daemon(make_daemon, zone):
    with make_daemon(zone, settings={"limits.min_interval": "100ms"}) as running:
        yield running


def run(api, schedule):
    return api.wait(act(api, schedule, "run", 202))


def changes(api, schedule, **query):
    return api.get(f"/schedules/{schedule['id']}/changes", params=query).json()


def test_changes(daemon, zone):
    api = daemon.api
    schedule = add(api, every="1h", job={"kind": "domains", "domains": NAMES + ["A.example"]})
    first = run(api, schedule)
    assert changes(api, schedule) == {"changes": [], "next": 0}
    outcomes = api.get(f"/schedules/{schedule['id']}/outcomes").json()
    assert outcomes["next"] is None
    assert [(o["target"], o["status"], o["reason"], o["value"]) for o in outcomes["outcomes"]] == [
        ("a.example", "found", None, "192.0.2.1 192.0.2.9"), ("b.example", "found", None, "192.0.2.2"),
        ("c.example", "not_found", "nxdomain", ""), ("d.example", "found", None, "192.0.2.4")]
    assert {o["job_id"] for o in outcomes["outcomes"]} == {first["id"]}
    run(api, schedule)
    assert show(api, schedule)["changes"] == 0, "the same again"
    zone.set("a.example A 192.0.2.1", "a.example A 192.0.2.9", "b.example NODATA", "c.example A 192.0.2.3",
             "d.example A 192.0.2.40")
    third = run(api, schedule)
    page = changes(api, schedule)
    found = {c["target"]: c for c in page["changes"]}
    assert sorted(c["seq"] for c in found.values()) == [1, 2, 3] and page["next"] == 3
    assert found.keys() == {"b.example", "c.example", "d.example"}, "another order of addresses is no change"
    assert found["b.example"]["from"] == {"status": "found", "reason": None, "value": "192.0.2.2"}
    assert found["b.example"]["to"] == {"status": "not_found", "reason": "no_address", "value": ""}
    assert found["c.example"]["to"] == {"status": "found", "reason": None, "value": "192.0.2.3"}
    assert found["d.example"]["to"]["value"] == "192.0.2.40"
    assert {c["job_id"] for c in found.values()} == {third["id"]}
    assert show(api, schedule)["changes"] == 3
    assert [c["seq"] for c in changes(api, schedule, after=1, limit=1)["changes"]] == [2]
    assert changes(api, schedule, after=3) == {"changes": [], "next": 3}
    outcomes = {o["target"]: o for o in api.get(f"/schedules/{schedule['id']}/outcomes").json()["outcomes"]}
    assert outcomes["a.example"]["job_id"] == first["id"] and outcomes["b.example"]["job_id"] == third["id"]
    assert seconds_of(outcomes["a.example"]["since"]) < seconds_of(third["created_at"])
    before = changes(api, schedule), list(outcomes.values())
    daemon.kill9()
    daemon.start()
    after = api_after = daemon.api
    assert (changes(after, schedule), after.get(f"/schedules/{schedule['id']}/outcomes").json()["outcomes"]) == before
    run(api_after, schedule)
    assert show(api_after, schedule)["changes"] == 3


def test_pages(daemon):
    names = sorted(f"n{i:02}.example" for i in range(25))
    schedule = add(daemon.api, every="1h", job={"kind": "domains", "domains": names})
    run(daemon.api, schedule)
    path, found, cursor = f"/schedules/{schedule['id']}/outcomes", [], None
    while True:
        page = daemon.api.get(path, params={"limit": 10, "cursor": cursor}).json()
        found += [o["target"] for o in page["outcomes"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == names
    for bad in ("x", "6", "zz", "f" * 20000):
        daemon.api.get(path, 400, params={"cursor": bad})
    daemon.api.get(path, 400, params={"limit": 0})
    daemon.api.get(f"/schedules/{schedule['id']}/changes", 400, params={"after": "x"})
    daemon.api.get(f"/schedules/{schedule['id']}/changes", 400, params={"limit": 10001})
    expect(daemon.api("GET", f"/schedules/{schedule['id']}/events", headers={"Last-Event-ID": "x"}), 400)


def test_files(make_daemon, tmp_path, web):
    """Of a file its digest counts; of one that can't be had, why."""
    from web import fetch_settings, name_server
    with name_server(tmp_path) as names, make_daemon(names, settings=fetch_settings(tmp_path)) as daemon:
        urls = [web.url("/files/same"), web.url("/files/gone", status=404, first=1)]
        schedule = add(daemon.api, every="1h", job={"kind": "downloads", "urls": urls})
        run(daemon.api, schedule)
        run(daemon.api, schedule)
        (change,) = changes(daemon.api, schedule)["changes"]
        assert change["target"] == urls[1] and change["from"]["reason"] == "http_404"
        assert change["to"]["status"] == "ok" and len(change["to"]["value"]) == 64


class Follower:
    """Reads the events of a schedule until the stream ends."""

    def __init__(self, api, schedule, last=None):
        self.events = []
        self._thread = threading.Thread(target=self._read, args=(api, schedule, last), daemon=True)
        self._thread.start()

    def _read(self, api, schedule, last):
        # it breaks when the schedule is deleted
        with contextlib.suppress(requests.exceptions.ChunkedEncodingError):
            for event in api.read_events(f"/schedules/{schedule['id']}/events", last):
                self.events.append(event)

    def of(self, name):
        return [event for event in self.events if event.name == name]

    def join(self):
        self._thread.join(20)
        assert not self._thread.is_alive(), "the stream goes on"


def test_events(daemon, zone):
    api = daemon.api
    schedule = add(api, every="1h", job={"kind": "domains", "domains": NAMES})
    run(api, schedule)
    follower = Follower(api, schedule)
    eventually(lambda: "asyncprobed_http_streams 1" in api.get("/metrics").text, "the stream")
    job = run(api, schedule)
    eventually(lambda: len(follower.of("run")) == 2, "a run's begin and end")
    begin, end = (event.data for event in follower.of("run"))
    assert begin["id"] == end["id"] == job["id"] and begin["state"] == "queued" and end["state"] == "done"
    assert not follower.of("change")
    zone.set("a.example A 192.0.2.1")
    run(api, schedule)
    eventually(lambda: len(follower.of("change")) == 3, "changes")
    assert [event.id for event in follower.of("change")] == ["1", "2", "3"]
    assert [event.data for event in follower.of("change")] == changes(api, schedule)["changes"]
    late = Follower(api, schedule, last=1)
    eventually(lambda: len(late.of("change")) == 2, "what was missed")
    assert [event.id for event in late.of("change")] == ["2", "3"]
    expect(api("DELETE", f"/schedules/{schedule['id']}"), 204)
    late.join()
    follower.join()


@contextmanager
def receiver():
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append((dict(self.headers), json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", calls
    server.shutdown()
    server.server_close()


def test_callback(make_daemon, zone, contract):
    """Told once for each run that changed something, and for no other."""
    settings = {"targets.allow": "127.0.0.0/8", "targets.ports": "1-65535"}
    with receiver() as (url, calls), make_daemon(zone, settings=settings) as daemon:
        api = daemon.api
        schedule = add(api, every="1h", name="mine", callback_url=url, job={"kind": "domains", "domains": NAMES})
        run(api, schedule)
        run(api, schedule)
        zone.set("a.example A 192.0.2.7")
        job = run(api, schedule)
        eventually(lambda: calls, "the call")
        run(api, schedule)
        headers, call = calls[0]
        contract.check(call, {"$ref": "#/components/schemas/ScheduleChanged"}, "a callback")
        assert call["type"] == "schedule.changed" and {"webhook-id", "webhook-signature"} <= {h.lower() for h in headers}
        data = call["data"]
        assert (data["schedule_id"], data["name"], data["total"]) == (schedule["id"], "mine", 3)
        assert data["job"]["id"] == job["id"] and data["job"]["state"] == "done"
        assert data["changes"] == changes(api, schedule)["changes"]
        zone.set("a.example A 192.0.2.8")
        run(api, schedule)
        eventually(lambda: len(calls) == 2, "the second call")
        assert calls[1][1]["data"]["total"] == 1 and len(calls[1][1]["data"]["changes"]) == 1
        zone.set("a.example A 192.0.2.9")
        daemon.kill9()
        daemon.start()
        run(daemon.api, schedule)
        eventually(lambda: len(calls) == 3, "the third call")
        assert calls[2][1]["data"]["total"] == 1


def test_many_changes(make_daemon, tmp_path):
    """More than a callback tells and the log keeps; the numbers go on."""
    names = [f"n{i}.example" for i in range(12_000)]
    with Stub("--default", "found") as stub, make_daemon(stub) as daemon:
        schedule = add(daemon.api, every="1h", job={"kind": "domains", "domains": names})
        run(daemon.api, schedule)
        port = stub.address.rsplit(":", 1)[1]
        stub.__exit__(None, None, None)
        stub.__init__("--default", "nx", "--port", port)
        run(daemon.api, schedule)
        assert show(daemon.api, schedule)["changes"] == 12_000
        page = changes(daemon.api, schedule, limit=10_000)
        assert page["changes"][0]["seq"] > 12_000 - 10_000
        seqs = [c["seq"] for c in page["changes"]]
        while page["changes"]:
            page = changes(daemon.api, schedule, after=page["next"])
            seqs += [c["seq"] for c in page["changes"]]
        assert seqs == list(range(2001, 12_001))
