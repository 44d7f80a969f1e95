"""Server-sent events: complete, in order, resumable."""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Client, check_complete
from processes import eventually


def rows_of(events):
    return [event.data for event in events if event.name == "result"]


def test_whole_stream(api):
    job = api.submit(["slow-1.test", "found.test", "nx.test", "servfail.test", "slow-2.test"])
    events = list(api.events(job))
    rows = rows_of(events)
    check_complete(rows, 5)
    assert rows == api.results(job)
    assert events[-1].name == "state" and events[-1].data["state"] == "done", f"the end is told last: {events[-1]}"
    assert events[-1].data == api.show(job)


def test_ids_are_the_last_sequence_number(api):
    job = api.submit(f"{word}-{i}.test" for i in range(300) for word in ("found", "nx", "slow"))
    last = 0
    for event in api.events(job):
        last = event.data["seq"] if event.name == "result" else last
        assert event.id == str(last), f"{event.name} has the id {event.id}, the last result was {last}"
    assert last == 900


def test_progress(api):
    """A job that takes a while tells how far it is, without the client asking."""
    job = api.submit((f"slow-{i}.test" for i in range(60)), concurrency=6)
    completed = [event.data["completed"] for event in api.events(job) if event.name == "progress"]
    assert completed and completed == sorted(completed), f"progress: {completed}"


def test_end_by_cancel(api, dns, contract):
    """The end of a job is told to those who follow it, whatever end it is."""
    dns.toggle_black_hole()
    job = api.submit(["found.test"], timeout_ms=10000)
    with ThreadPoolExecutor(1) as pool:
        events = pool.submit(lambda: list(Client(api.url, contract).events(job)))
        eventually(lambda: api.metrics()["asyncprobed_http_streams"] == 1, "the stream is open")
        api("POST", f"/jobs/{job['id']}/cancel")
        last = events.result()[-1]
    assert (last.name, last.data["state"]) == ("state", "cancelled"), last


@pytest.mark.parametrize("last", [0, 1, 6, 11])
def test_resume(api, last):
    job = api.wait(api.submit(f"{word}-{i}.test" for i in range(6) for word in ("found", "nx")))
    events = list(api.events(job, last))
    assert rows_of(events) == api.results(job, after=last), f"all after {last}, and nothing twice"
    assert (events[-1].name, events[-1].data["state"]) == ("state", "done")


def test_resume_while_it_runs(api):
    job = api.submit((f"slow-{i}.test" for i in range(60)), concurrency=10)
    seen, last = [], 0
    while True:
        events = api.events(job, last)
        for event in events:
            last = int(event.id)
            if event.name == "result":
                seen.append(event.data)
            if len(seen) % 7 == 0 and event.name == "result":
                break
        else:
            break
        events.close()
    assert seen == api.results(job), "what broken connections showed is the whole, each result once"


def test_nothing_left(api, daemon):
    job = api.wait(api.submit(["found.test", "nx.test"]))
    headers = {"Last-Event-ID": "2"}
    path = f"/jobs/{job['id']}/events"
    assert api("GET", path, headers=headers).status_code == 204
    daemon.restart()
    assert daemon.api("GET", path, headers=headers).status_code == 204


def test_raw_form(api):
    """The bytes are what an EventSource reads: UTF-8 lines, data in one line, a blank line behind each event."""
    job = api.wait(api.submit(["found.test"]))
    blocks = api("GET", f"/jobs/{job['id']}/events").content.decode().split("\n\n")
    assert blocks.pop() == "", "the last event is ended by a blank line"
    events = [block for block in blocks if "\ndata: " in block]
    fields = dict(line.split(": ", 1) for line in events[0].split("\n") if not line.startswith(":"))
    assert fields["event"] in ("state", "progress", "result") and json.loads(fields["data"]), fields


def test_client_that_vanishes(api):
    job = api.submit((f"slow-{i}.test" for i in range(200)), concurrency=20)
    with api.connect() as sock:
        sock.sendall(f"GET /jobs/{job['id']}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert sock.recv(1)
        assert api.metrics()["asyncprobed_http_streams"] == 1
    eventually(lambda: api.metrics()["asyncprobed_http_streams"] == 0, "the stream of a lost client ends")
    assert api.wait(job)["counts"]["found"] == 200, "the job goes on without it"


def test_many_streams_of_one_job(api, contract):
    job = api.submit((f"slow-{i}.test" for i in range(100)), concurrency=20)
    with ThreadPoolExecutor(20) as pool:
        streams = list(pool.map(lambda _: rows_of(Client(api.url, contract).events(job)), range(20)))
    expected = api.results(job)
    assert all(stream == expected for stream in streams), "every reader sees the same"
