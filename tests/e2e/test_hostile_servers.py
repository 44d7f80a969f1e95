"""Servers that answer in odd ways: each answer has its outcome, good ones stay right, and one daemon lives through all.

The answers are those of tests/stub/hostile_server.py. Each is asked for between good ones of the same host, so that
handles and connections of libcurl go from one to the other.
"""
import hashlib
import ssl
import subprocess

import pytest

from client import Client
from processes import Daemon, eventually
from web import HOSTS, by_index, check_outcome, fetch_settings, host, name_server, read_file, submit

from hostile_server import ANSWERS, BOMB, HostileServer, normal  # isort: skip  (web.py tells where it is)

MAX_BYTES = 1 << 20
TIMEOUT_MS = 600        # of those that never end
ROUNDS = 2

CONNECT = ("error", "connect", None)
CONNECT_200 = ("error", "connect", 200)
TRUNCATED = ("error", "truncated", 200)
TOO_LARGE = ("error", "too_large", 200)
TIMEOUT = ("error", "timeout", None)
TIMEOUT_200 = ("error", "timeout", 200)
OK = ("ok", None, 200)
TEN = b"0123456789"

WANT = {  # outcome: answers
    OK: "fold no-name line-feeds interim lengths-alike length-and-chunks long long-answer long-answers empty-and-more"
        " chunks bomb cookies to-two to-normal to-dots until-close until-cut",
    ("ok", None, 204): "204-with-body",
    CONNECT: "fold-status http-0.9 http-0.9-binary http-3.7 http-2-frames ssh tls-alert icy blank-lines status-letters"
        " status-2000 status-0 status-42 nothing-close nothing-reset",
    CONNECT_200: "fold-first fold-first-kept fold-first-tab fold-first-short fold-interim fold-length nul-name"
        " nul-value nul-status cr-alone cr-first no-colon length-2-63 length-2-64 length-negative length-sign length-hex"
        " length-list length-none lengths-differ chunk-trailer-fold chunk-trailer-nul bomb-transfer coding-unknown"
        " coding-twice http-2-text http-2-kept",
    ("error", "connect", 101): "switch",
    ("error", "connect", 102): "interim-alone",
    ("error", "connect", 302): "to-nul to-folded",
    TRUNCATED: "nul-alone short-close short-reset chunk-huge chunk-2-63 chunk-2-64 chunk-negative"
        " chunk-word chunk-empty chunk-long chunk-cut chunk-reset chunk-no-last chunk-endless-size",
    ("error", "truncated", 302): "to-normal-short",
    TOO_LARGE: "2000-lines 200-kb-line endless-line endless-lines endless-folds chunk-endless-trailers endless-chunks"
        " endless-body announced-too-long length-2-63-less",
    ("error", "too_large", None): "endless-status",
    ("error", "too_large", 100): "endless-interim",
    ("error", "too_large", 103): "endless-hints",
    TIMEOUT: "nothing-stall stall-status",
    TIMEOUT_200: "short-stall stall-header",
    ("error", "http_status", 302): "to-nowhere",
    ("error", "http_status", 304): "304-with-body",
    ("error", "http_status", 401): "challenge",
    ("error", "http_status", 407): "proxy-challenge",
    ("error", "http_status", 999): "status-999",
    ("error", "too_many_redirects", 302): "loop to-query",
    ("error", "invalid_url", 302): "to-nonsense to-script to-user to-port-0 to-port-65536 to-long"
        " to-no-host to-no-slashes",
    ("error", "denied_target", 302): "to-file to-metadata to-number",
    ("not_found", "http_404", 404): "later to-bytes",
}
OUTCOMES = {name: outcome for outcome, names in WANT.items() for name in names.split()}
for _name in ANSWERS:  # where an answer breaks off
    if _name.startswith("cut-"):
        OUTCOMES[_name] = TRUNCATED if int(_name.rpartition("-")[2]) >= 17 else CONNECT
BODIES = {  # of what is saved; `ok` for others
    "long": TEN, "long-answer": TEN, "long-answers": TEN, "chunks": b"abcdefghij", "empty-and-more": b"",
    "204-with-body": b"", "bomb": BOMB, "to-two": normal(1), "to-normal": normal(1), "to-dots": normal(1),
    "until-close": b"until", "until-cut": b"until"}
CAME = {  # bytes of what failed; none for others
    "short-close": 5, "short-stall": 5, "short-reset": 5, "chunk-long": 3, "chunk-cut": 5,
    "chunk-reset": 5, "chunk-no-last": 5, "chunk-endless-trailers": 5, "chunk-trailer-fold": 5, "chunk-trailer-nul": 5}
STALLS = [name for name in ANSWERS if "stall" in name]
GIVEN_UP = {"challenge", "proxy-challenge", "later"}  # callbacks that are refused for good


@pytest.fixture(scope="module")
def server():
    with HostileServer() as running:
        yield running


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    names = ",".join(f"DNS:{name}" for name in HOSTS)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=hosts",
                    "-addext", f"subjectAltName={names}"], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with HostileServer(context) as running:
        running.ca = folder / "cert.pem"
        yield running


@pytest.fixture(scope="module")
def daemon(tmp_path_factory, contract, tls_server):
    """One daemon for all tests of this file."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = {**fetch_settings(folder), "downloads.max_bytes": "1M", "downloads.ca_file": tls_server.ca,
                "callbacks.backoff": "10ms", "callbacks.timeout": "1s"}
    with name_server(folder) as names, Daemon(folder, [names], settings, lambda url: Client(url, contract)) as running:
        yield running
        assert running.api.get("/healthz").status_code == 200


def ask(api, server):
    """Have each answer fetched between good ones of its host; returns the job, and [(name or number, result)]."""
    asked = []
    for i, name in enumerate(name for name in ANSWERS if name not in STALLS):
        for number in range(ROUNDS):
            asked += [(7 * i + number, host(i)), (name, host(i))]
        asked.append((7 * i + ROUNDS, host(i)))
    urls = [server.url(f"/normal/{what}" if isinstance(what, int) else f"/{what}", at) for what, at in asked]
    results = by_index(api, submit(api, urls, concurrency=500, attempts=1, timeout_ms=30_000))
    return results.job, list(zip((what for what, _ in asked), results))


def check_normal(number, result):
    check_outcome(result, OK)
    assert result["sha256"] == hashlib.sha256(normal(number)).hexdigest(), f"another body: {result}"
    assert result["content_type"] == "text/x-normal" and result["bytes"] == len(normal(number))


def check_odd(api, job, name, result):
    check_outcome(result, OUTCOMES[name])
    assert result["reason"] != "internal" and result["attempts"] == 1
    if result["status"] == "ok":
        assert read_file(api, job, result["file"]) == BODIES.get(name, b"ok"), f"{name}: {result}"
        return
    if name.startswith("endless-") and result["http_status"] == 200 and "body" in result["detail"]:
        assert MAX_BYTES // 2 <= result["bytes"] <= MAX_BYTES, f"{name}: {result}"
    elif not name.endswith("-reset"):  # what came before a reset may be lost
        assert result["bytes"] == CAME.get(name, 0), f"{name}: {result}"
    if CAME.get(name, 0) > 2:
        assert result["content_type"] == "text/x-odd", f"the type is told: {result}"
    if result["reason"] in ("connect", "truncated", "timeout", "too_large"):
        assert result["detail"], f"why is told: {result}"


def test_all_are_expected():
    assert set(OUTCOMES) == set(ANSWERS)


@pytest.mark.parametrize("run", [1, 2])
def test_downloads(daemon, server, run):
    job, results = ask(daemon.api, server)
    for what, result in results:
        if isinstance(what, int):
            check_normal(what, result)
        else:
            check_odd(daemon.api, job, what, result)


def test_downloads_that_never_end(daemon, server):
    urls = [server.url(f"/{name}", host(i)) for i, name in enumerate(STALLS)]
    job = submit(daemon.api, urls, attempts=1, timeout_ms=TIMEOUT_MS)
    for name, result in zip(STALLS, by_index(daemon.api, job)):
        check_odd(daemon.api, job, name, result)


def test_downloads_by_tls(daemon, tls_server):
    """How a connection ends is told in another way there."""
    job, results = ask(daemon.api, tls_server)
    for what, result in results:
        if isinstance(what, int):
            check_normal(what, result)
        elif what == "until-cut":
            check_outcome(result, TRUNCATED)
            assert result["bytes"] == len(b"until") and "close_notify" in result["detail"]
        elif result["status"] == "ok":
            assert OUTCOMES[what][0] == "ok", f"{what}: {result}"
            assert read_file(daemon.api, job, result["file"]) == BODIES.get(what, b"ok"), f"{what}: {result}"
        else:
            assert result["status"] == OUTCOMES[what][0] and result["reason"] != "internal", f"{what}: {result}"


def test_callbacks(daemon, server):
    """Each is answered in an odd way once, and well when it is tried again."""
    api = daemon.api
    for i, name in enumerate(ANSWERS):
        api.submit(["good.test"], callback_url=server.url(f"/hook/{name}", host(i % 10)))
    eventually(lambda: sum(path.startswith("/hook/") for path in set(server.asked)) == len(ANSWERS), "all were asked")
    eventually(lambda: api.metrics()["asyncprobed_callbacks_waiting"] == 0, "nothing waits any more")
    metrics = api.metrics()
    counts = {outcome: metrics[f'asyncprobed_callbacks_total{{outcome="{outcome}"}}']
              for outcome in ("delivered", "given_up")}
    assert counts == {"delivered": len(ANSWERS) - len(GIVEN_UP), "given_up": len(GIVEN_UP)}
    refused = {name for name in ANSWERS if server.asked.count(f"/hook/{name}") == 1 and OUTCOMES[name][0] != "ok"}
    assert refused >= GIVEN_UP, "they are asked once"
