"""The client of the tests: plain HTTP, each answer checked against the contract."""
import http.client
import json
import socket
import time
from collections import namedtuple

import requests

from processes import DEADLINE

ENDED = ("done", "cancelled", "failed")
Event = namedtuple("Event", "name id data")
Answer = namedtuple("Answer", "status headers content")


class Client:
    def __init__(self, url, contract):
        self.url = url
        self.contract = contract
        self._session = requests.Session()
        self._session.trust_env = False

    def __call__(self, method, path, **options):
        """Send a request and return the checked answer (requests.Response)."""
        response = self._send(method, path, **options)
        where = f"{method} {path}"
        head = self.contract.head(method, path, response.status_code, response.headers)
        self.contract.body(head, response.status_code, response.content, where)
        return response

    def _send(self, method, path, **options):
        options.setdefault("timeout", DEADLINE + 60)
        return self._session.request(method, self.url + path, allow_redirects=False, **options)

    def get(self, path, status=200, **options):
        return expect(self("GET", path, **options), status)

    def post(self, body, status=202, query=None, headers=None, media=None):
        """POST /jobs: a dict as JSON, anything else as lines."""
        if isinstance(body, dict):
            body, media = json.dumps(body).encode(), media or "application/json"
        elif isinstance(body, str):
            body = body.encode()
        headers = {"Content-Type": media or "text/plain", **(headers or {})}
        return expect(self("POST", "/jobs", params=query, data=body, headers=headers), status)

    def submit(self, domains=None, **fields):
        """Queue a job of domains and return it."""
        if domains is not None:
            fields["domains"] = list(domains)
        return self.post({"kind": "domains", **fields}).json()

    def submit_lines(self, names, **query):
        return self.post("\n".join(names) + "\n", query={"kind": "domains", **query}).json()

    def show(self, job):
        return self.get(f"/jobs/{job_id(job)}").json()

    def jobs(self, **query):
        return self.get("/jobs", params=query).json()["jobs"]

    def pages(self, **query):
        """Yield the pages of the list of jobs, each a list."""
        cursor = None
        while True:
            page = self.get("/jobs", params={**query, "cursor": cursor}).json()
            yield page["jobs"]
            cursor = page["next"]
            if cursor is None:
                return

    def wait(self, job, seconds=DEADLINE):
        """Wait for a job's end by long polls; returns the job."""
        end = time.monotonic() + seconds
        while True:
            left = max(0, min(60, int(end - time.monotonic())))
            job = self.get(f"/jobs/{job_id(job)}", params={"wait": left}).json()
            if job["state"] in ENDED:
                return job
            assert time.monotonic() < end, f"not ended within {seconds} s: {job}"

    def run(self, domains=None, seconds=DEADLINE, **fields):
        """Queue a job, wait until it is done, and return its results in the order of completion."""
        job = self.wait(self.submit(domains, **fields), seconds)
        assert job["state"] == "done", f"expected a job that is done: {job}"
        return self.results(job)

    def results(self, job, **query):
        content = self.get(f"/jobs/{job_id(job)}/results", params=query).content
        return [json.loads(line) for line in content.splitlines()]

    def follow(self, job, **query):
        """Yield the NDJSON lines of a job as they come, up to its end."""
        path = f"/jobs/{job_id(job)}/results"
        with self._send("GET", path, params={"follow": "true", **query}, stream=True) as response:
            expect(response, 200)
            _, media = self.contract.head("GET", path, 200, response.headers)
            for number, line in enumerate(response.iter_lines(chunk_size=None)):
                self.contract.line(media, number, line, path)
                yield line.decode()

    def events(self, job, last=None):
        """Yield the events of a job. Comments are passed over."""
        return self.read_events(f"/jobs/{job_id(job)}/events", last)

    def read_events(self, path, last=None):
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        with self._send("GET", path, headers=headers, stream=True) as response:
            expect(response, 200)
            _, media = self.contract.head("GET", path, 200, response.headers)
            fields, number = {}, 0
            for line in response.iter_lines(chunk_size=None):
                name, _, value = line.decode().partition(":")
                if line:
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    event = Event(fields.get("event"), fields.get("id"), json.loads(fields["data"]))
                    self.contract.event(media, event.name, event.data, number, path)
                    number += 1
                    yield event
                    fields = {}
                else:
                    fields = {}

    def connect(self):
        """Return a connected socket, for requests that no library would send."""
        host, port = self.url.removeprefix("http://").rsplit(":", 1)
        return socket.create_connection((host.strip("[]"), int(port)), DEADLINE)

    def raw(self, data, method="POST", path="/jobs"):
        """Send bytes as they are and return the checked answer."""
        with self.connect() as sock:
            sock.sendall(data)
            return self.read_answer(sock, method, path)

    def read_answer(self, sock, method="POST", path="/jobs"):
        response = http.client.HTTPResponse(sock, method=method)
        response.begin()
        answer = Answer(response.status, response.headers, response.read())
        head = self.contract.head(method, path, answer.status, answer.headers)
        self.contract.body(head, answer.status, answer.content, f"raw {method} {path}")
        return answer

    def metrics(self):
        """Return {"name{labels}": value} of the text format."""
        lines = self.get("/metrics").text.splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}


def job_id(job):
    return job["id"] if isinstance(job, dict) else job


def expect(response, status):
    assert response.status_code == status, (
        f"{response.request.method} {response.request.path_url}: expected {status}, got {response.status_code}: "
        f"{response.text:.1000}")
    return response


def pointers(response):
    """Return the pointers of a problem document's errors."""
    content = response.content
    return [error["pointer"] for error in json.loads(content).get("errors", [])]


def tally(results):
    """Count results by (status, reason)."""
    counts = {}
    for result in results:
        key = (result["status"], result["reason"])
        counts[key] = counts.get(key, 0) + 1
    return counts


def check_complete(results, total):
    """Check that each item of a job has exactly one result and that `seq` has no gap."""
    assert [r["seq"] for r in results] == list(range(1, total + 1)), (
        f"seq: expected 1 to {total} in this order, got {len(results)} results")
    assert sorted(r["index"] for r in results) == list(range(total)), "each item has exactly one result"
