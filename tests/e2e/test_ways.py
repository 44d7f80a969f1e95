"""Hosts with several addresses, and hosts that can't be reached: what is found out once serves all their files."""
import socket

import pytest

from processes import eventually
from web import BlackHole, Web, fetch, fetch_settings, name_server, submit, unused_port

DEAD = [f"127.0.1.{n}" for n in range(1, 20)]
ADDRESSES = {"refused.test": ["127.0.1.1", "127.0.0.1"], "dead.test": [*DEAD, "127.0.0.1"],
             "swallows.test": ["127.0.2.1", "127.0.0.1"], "hole.test": ["127.0.0.1"], "late.test": ["127.0.0.1"],
             "six.test": ["::1", "127.0.0.1"], "only-six.test": ["::1"]}
LINES = [f"{name} {'AAAA' if ':' in address else 'A'} {address}" for name in ADDRESSES for address in ADDRESSES[name]]
SETTINGS = {"downloads.connect_timeout": "1s", "targets.allow": "127.0.0.0/8, ::1"}


@pytest.fixture
def api(make_daemon, tmp_path, web):
    tls = {"downloads.ca_file": web.ca} if web.ca else {}
    settings = {**fetch_settings(tmp_path), **SETTINGS, **tls}
    with name_server(tmp_path, *LINES) as names, make_daemon(names, settings=settings) as daemon:
        yield daemon.api


def statuses(results):
    return {(result["status"], result["reason"]) for result in results}


@pytest.mark.parametrize("name", ["refused.test", "dead.test"])
def test_all_addresses_are_one_attempt(api, web, name):
    results = fetch(api, [web.url(f"/files/{n}.bin", host=name) for n in range(20)], attempts=1)
    assert statuses(results) == {("ok", None)}
    assert {result["attempts"] for result in results} == {1}
    assert {result["address"] for result in results} == {"127.0.0.1"}


def test_an_address_that_swallows_all_is_tried_once(api, web):
    """One race takes a quarter of a second, and 60 attempts on the dead address a minute."""
    with BlackHole("127.0.2.1", web.port):
        results = fetch(api, [web.url(f"/files/{n}.bin", host="swallows.test") for n in range(60)], attempts=1)
    assert statuses(results) == {("ok", None)}
    assert results.job["elapsed_ms"] < 20_000


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on loopback")
def test_the_other_family(api, web):
    """Nobody listens at ::1: IPv4 is next. A name with IPv6 alone has no other way."""
    assert statuses(fetch(api, [web.url("/files/a.bin", host="six.test")], attempts=1)) == {("ok", None)}
    assert statuses(fetch(api, [web.url("/files/a.bin", host="only-six.test")], attempts=1)) == {("error", "connect")}


@pytest.mark.seconds(120)
def test_a_dead_host_is_found_once(api, web):
    """2,000 files end about when the attempts of one do, and other hosts don't notice."""
    with BlackHole() as hole:
        dead = submit(api, [f"http://hole.test:{hole.port}/{n}" for n in range(2000)], attempts=2)
        eventually(lambda: api.get(f"/jobs/{dead['id']}").json()["state"] == "running", "the job runs")
        others = fetch(api, [web.url(f"/files/{n}.bin") for n in range(50)])
        assert statuses(others) == {("ok", None)}
        job = api.wait(dead, 90)
    results = list(api.results(job))
    assert statuses(results) == {("error", "timeout")} and len(results) == 2000
    assert job["elapsed_ms"] < 30_000
    assert all("no connection in time" in result["detail"] for result in results)


@pytest.mark.web(tls=True)
def test_a_refused_certificate_is_found_once(api, web):
    urls = [web.tls_url(f"/files/{n}.bin", host="expired.test") for n in range(2000)]
    before = web.connections()
    results = fetch(api, urls, 50, attempts=1)
    assert statuses(results) == {("error", "tls")}
    assert web.connections() - before < 200
    assert all(result["detail"].startswith("expired: ") for result in results)
    assert statuses(fetch(api, [web.tls_url("/files/a.bin")])) == {("ok", None)}, "another host of that server"


def test_a_host_that_comes_back(api):
    """Its files wait for it as long as their attempts may take."""
    port = unused_port()
    job = submit(api, [f"http://late.test:{port}/files/{n}.bin" for n in range(10)], attempts=20)
    eventually(lambda: api.metrics().get("asyncprobed_transfer_retries_total", 0) >= 10, "retries")
    with Web("--port", port):
        job = api.wait(job)
    assert statuses(api.results(job)) == {("ok", None)}
