"""/metrics: well-formed in both formats, complete from the start, bounded, and true."""
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from processes import DEADLINE, TOP, eventually

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
KIND = 'kind="domains"'


def listed_metrics():
    """The names of the metrics that src/base/metrics.def lists."""
    text = (TOP / "src/base/metrics.def").read_text(encoding="utf-8")
    return re.findall(r'^METRIC\(\w+, \w+, "(\w+)"', text, re.M)


def delta(api, action):
    before = api.metrics()
    action()
    after = api.metrics()
    return {name: after[name] - before.get(name, 0) for name in after}


ACCEPT = {  # Accept: media type of the answer
    "*/*": "text/plain; version=0.0.4; charset=utf-8",
    "text/plain": "text/plain; version=0.0.4; charset=utf-8",
    "text/html": "text/plain; version=0.0.4; charset=utf-8",
    OPENMETRICS: OPENMETRICS + "; charset=utf-8",
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1": OPENMETRICS + "; charset=utf-8",
    "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5":
        "text/plain; version=0.0.4; charset=utf-8",
    "application/openmetrics-text;version=1.0.0;q=0, */*": "text/plain; version=0.0.4; charset=utf-8",
}


@pytest.mark.parametrize("accept", ACCEPT, ids=lambda accept: accept[:40])
def test_format_by_accept(shared, accept):
    answer = shared.api.get("/metrics", headers={"Accept": accept})
    assert answer.headers["Content-Type"].replace(" ", "") == ACCEPT[accept].replace(" ", "")


def test_promtool_has_nothing_to_say(shared):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is absent (Debian: apt-get install prometheus)")
    shared.api.run(["found.test", "nx.test", "servfail.test"])
    done = subprocess.run([promtool, "check", "metrics"], input=shared.api.get("/metrics").content,
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), f"promtool: {done}"


def test_openmetrics_is_accepted_by_its_parser(shared):
    shared.api.run(["found.test"])
    text = shared.api.get("/metrics", headers={"Accept": OPENMETRICS}).text
    families = {family.name: family for family in parse_openmetrics(text)}
    assert families["asyncprobed_items"].type == "counter" and families["asyncprobed_build"].type == "info"
    assert families["asyncprobed_dns_duration_seconds"].type == "histogram"


def test_both_formats_have_the_same_series(shared):
    text = {(s.name, tuple(sorted(s.labels.items())))
            for f in parse_text(shared.api.get("/metrics").text) for s in f.samples}
    openmetrics = {(s.name, tuple(sorted(s.labels.items())))
                   for f in parse_openmetrics(shared.api.get("/metrics", headers={"Accept": OPENMETRICS}).text)
                   for s in f.samples}
    assert text == openmetrics


@pytest.mark.settings({"dns.resolver": "evdns"})  # which has a metric of its own
def test_every_listed_metric_is_there(api):
    api.get("/healthz")  # requests are counted from the first one on
    names = {re.sub(r"_(bucket|sum|count)$", "", series.partition("{")[0]) for series in api.metrics()}
    missing = set(listed_metrics()) - names
    assert not missing, f"src/base/metrics.def lists them, /metrics doesn't: {missing}"


KNOWN = [
    *(f'asyncprobed_jobs{{state="{s}"}}' for s in ("queued", "running", "done", "cancelled", "failed")),
    *(f'asyncprobed_items_total{{{KIND},status="{s}"}}' for s in ("found", "not_found", "error")),
    f"asyncprobed_jobs_submitted_total{{{KIND}}}", f"asyncprobed_items_in_flight{{{KIND}}}",
    f"asyncprobed_queue_length{{{KIND}}}", f"asyncprobed_queue_oldest_age_seconds{{{KIND}}}",
    *(f'asyncprobed_log_messages_total{{level="{s}"}}' for s in ("debug", "info", "warning", "error")),
    "asyncprobed_store_commit_duration_seconds_count", "asyncprobed_store_batch_operations_count",
    "asyncprobed_loop_lag_seconds_count", "asyncprobed_dns_duration_seconds_count", "asyncprobed_store_writable",
]


@pytest.mark.parametrize("series", KNOWN)
def test_label_sets_are_there_from_the_start(shared, series):
    assert series in shared.api.metrics(), "a series that appears late looks to Prometheus like no increase"


def test_series_are_bounded(daemon):
    """Neither names nor jobs, ids, paths or clients make a series; a status code makes one, once."""
    api = daemon.api

    def act(first, count):
        api.run(f"{word}-{i}.test" for i in range(first, first + count) for word in ("found", "nx", "servfail", "refused"))
        for i in range(first, first + count):
            api("GET", f"/nothing/{i}")
            api("GET", f"/jobs/{i}")
            api.raw(f"BREW{i} /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode(), f"BREW{i}")
            api.post({"kind": f"kind{i}"}, 422)
        api.get("/metrics", headers={"User-Agent": f"other {first}"})

    start = set(api.metrics())
    act(0, 2)
    api.metrics()
    before = set(api.metrics())
    came = before - start
    assert {series.partition("{")[0] for series in came} <= {
        "asyncprobed_http_requests_total", "asyncprobed_http_responses_total"} and len(came) <= 24, came
    act(2, 120)
    assert set(api.metrics()) == before, "no series came or went"


LINES_AT_REST = 430  # of all kinds


def test_lines_at_rest(daemon):
    daemon.api.get("/metrics")
    for accept in ("text/plain", OPENMETRICS):
        text = daemon.api.get("/metrics", headers={"Accept": accept}).text
        assert len(text.splitlines()) <= LINES_AT_REST, f"{len(text.splitlines())} lines as {accept}"


CODINGS = {"gzip": True, "gzip, deflate": True, "*": True, "identity": False, "gzip;q=0": False, "br, deflate": False, "": False}


@pytest.mark.parametrize("accept", ["text/plain", OPENMETRICS])
@pytest.mark.parametrize("coding", CODINGS)
def test_gzip_when_asked(shared, coding, accept):
    """requests unpacks what is packed."""
    for method in ("GET", "HEAD"):
        answer = shared.api(method, "/metrics", headers={"Accept": accept, "Accept-Encoding": coding})
        assert (answer.headers.get("Content-Encoding") == "gzip") == CODINGS[coding], answer.headers
        assert {"Accept", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
        assert int(answer.headers["Content-Length"]) > 1000
        assert method == "HEAD" or answer.text.startswith("# HELP asyncprobed_build")
        assert not CODINGS[coding] or int(answer.headers["Content-Length"]) < 10000


def test_many_packed_scrapes_at_once(daemon):
    """They are packed beside each other, also while the daemon ends."""
    def scrape(_):
        return len(requests.get(f"{daemon.api.url}/metrics", headers={"Accept-Encoding": "gzip"}, timeout=DEADLINE).text)

    with ThreadPoolExecutor(8) as pool:
        assert min(pool.map(scrape, range(200))) > 10000
    with daemon.api.connect() as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n" * 20)
        daemon.stop()


def test_values_tell_what_was_done(daemon, dns):
    api = daemon.api
    seen = delta(api, lambda: api.run(
        [f"{word}-{i}.test" for i in range(30) for word in ("found", "nx", "nodata")] + ["servfail.test"], attempts=1))
    server = f'server="{dns.address}"'
    expected = {
        f'asyncprobed_items_total{{{KIND},status="found"}}': 30, f"asyncprobed_jobs_submitted_total{{{KIND}}}": 1,
        f'asyncprobed_items_total{{{KIND},status="not_found"}}': 60, 'asyncprobed_jobs{state="done"}': 1,
        f'asyncprobed_items_total{{{KIND},status="error"}}': 1, "asyncprobed_dns_duration_seconds_count": 122,
        f"asyncprobed_dns_queries_total{{{server}}}": 122, f"asyncprobed_items_in_flight{{{KIND}}}": 0,
        f"asyncprobed_queue_length{{{KIND}}}": 0,
    }
    assert {name: seen[name] for name in expected} == expected, "30 found, 30 nx, 30 nodata and 1 servfail asked twice"
    answers = {name: n for name, n in seen.items() if name.startswith("asyncprobed_dns_answers_total") and n}
    assert sum(answers.values()) == 122 and sorted(answers.values()) == [2, 30, 30, 60], answers
    assert seen["asyncprobed_store_commit_duration_seconds_count"] > 0
    assert dns.stats()["queries"] == 122


def test_requests_are_counted(daemon):
    def act():
        for _ in range(3):
            daemon.api.get("/healthz")
        daemon.api.post({"kind": "domains"}, 422)

    before, after = daemon.api.metrics(), (act(), daemon.api.metrics())[1]
    assert not [name for name in before if name.startswith("asyncprobed_http_requests_total") and 'route="/jobs"' in name], \
        "what has not occurred has no series"
    seen = {name: n - before.get(name, 0) for name, n in after.items()
            if name.startswith("asyncprobed_http_re") and "duration" not in name and n - before.get(name, 0)}
    assert seen.pop('asyncprobed_http_responses_total{route="/healthz",class="2xx"}') == 3
    assert seen.pop('asyncprobed_http_responses_total{route="/jobs",class="4xx"}') == 1
    assert seen.pop('asyncprobed_http_responses_total{route="/metrics",class="2xx"}') == 1
    assert seen.pop('asyncprobed_http_requests_total{route="/healthz",method="GET",code="200"}') == 3
    assert seen.pop('asyncprobed_http_requests_total{route="/jobs",method="POST",code="422"}') == 1
    assert list(seen.values()) == [1] and "/metrics" in list(seen)[0], f"besides, the first scrape: {seen}"


def test_gauges_while_a_job_runs(daemon, dns):
    dns.toggle_black_hole()
    api = daemon.api
    job = api.submit((f"found-{i}.test" for i in range(100)), concurrency=10, timeout_ms=10000)
    eventually(lambda: api.metrics()[f"asyncprobed_items_in_flight{{{KIND}}}"] == 10, "10 items are in flight")
    values = api.metrics()
    assert values[f"asyncprobed_queue_length{{{KIND}}}"] == 90
    assert values[f"asyncprobed_queue_oldest_age_seconds{{{KIND}}}"] >= 0
    assert values['asyncprobed_jobs{state="running"}'] == 1
    assert values[f'asyncprobed_dns_in_flight{{server="{dns.address}"}}'] == 10
    api("POST", f"/jobs/{job['id']}/cancel")
    eventually(lambda: api.metrics()[f"asyncprobed_items_in_flight{{{KIND}}}"] == 0, "cancelled items leave")
    values = api.metrics()
    assert (values['asyncprobed_jobs{state="cancelled"}'], values['asyncprobed_jobs{state="running"}']) == (1, 0)
    api("DELETE", f"/jobs/{job['id']}")
    assert api.metrics()['asyncprobed_jobs{state="cancelled"}'] == 0


def test_process(shared):
    values = shared.api.metrics()
    assert abs(values["process_start_time_seconds"] - time.time()) < 600
    assert 1e6 < values["process_resident_memory_bytes"] <= values["process_virtual_memory_bytes"]
    assert 3 < values["process_open_fds"] < values["process_max_fds"]
    assert values["process_cpu_seconds_total"] > 0 and values["process_threads"] >= 2


def test_jobs_after_a_restart(daemon):
    for i in range(3):
        daemon.api.wait(daemon.api.submit([f"found-{i}.test"]))
    daemon.restart()
    assert daemon.api.metrics()['asyncprobed_jobs{state="done"}'] == 3, "the gauge counts what the store has"
