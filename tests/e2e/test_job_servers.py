"""Jobs that bring name servers of their own."""
import os
import subprocess

import pytest

from client import expect
from processes import DEADLINE, Stub, binary, eventually

ALLOW = {"dns.job_servers": "yes", "targets.allow": "127.0.0.0/8,::1", "targets.ports": "1-65535"}
LISTS = "asyncprobed_dns_job_server_lists"


@pytest.fixture
def own():
    with Stub() as stub:
        yield stub


@pytest.fixture
def daemon(make_daemon, dns):
    with make_daemon(dns, settings=ALLOW) as running:
        yield running


def names(n, word="found"):
    return [f"{word}-{i}.test" for i in range(n)]


def test_they_are_asked_and_no_others(daemon, dns, own):
    before = dns.stats()["queries"]
    job = daemon.api.wait(daemon.api.submit(names(200) + ["nx.test"], servers=[own.address]))
    assert job["servers"] == [own.address]
    assert job["counts"] == {"found": 200, "not_found": 1, "error": 0}
    assert {piece["server"] for row in daemon.api.results(job) for piece in row["evidence"]} == {own.address}
    assert dns.stats()["queries"] == before and own.stats()["queries"] == 201
    rows = daemon.api.run(["found.test"], check="records", types=["A", "AAAA"], servers=own.address)
    assert {piece["server"] for piece in rows[0]["evidence"]} == {own.address}
    assert own.address not in [server["address"] for server in daemon.api.get("/servers").json()["name_servers"]]


def test_silent_ones_hold_up_nobody(daemon, dns, own):
    own.toggle_black_hole()
    with Stub() as other:
        stuck = daemon.api.submit(names(6000), servers=[own.address], attempts=20, timeout_ms=2000)
        eventually(lambda: own.stats()["queries"] > 0, "the silent server is asked")
        assert daemon.api.wait(daemon.api.submit(names(3000)))["counts"]["found"] == 3000
        assert daemon.api.wait(daemon.api.submit(names(3000), servers=[other.address]))["counts"]["found"] == 3000
        assert daemon.api.metrics()[f'asyncprobed_dns_server_healthy{{server="{dns.address}"}}'] == 1
        assert daemon.api.show(stuck)["completed"] == 0
        own.toggle_black_hole()
        assert daemon.api.wait(stuck)["counts"]["found"] == 6000


def test_the_same_list_is_shared(daemon, own):
    own.toggle_black_hole()
    with Stub() as other:
        jobs = [daemon.api.submit(names(10), servers=servers, attempts=20, timeout_ms=2000)
                for servers in ([own.address], [own.address], [own.address, other.address])]
        eventually(lambda: daemon.api.metrics()[LISTS] == 2, "two lists for three jobs")
        own.toggle_black_hole()
        for job in jobs:
            assert daemon.api.wait(job)["counts"]["found"] == 10


def test_they_survive_a_restart(make_daemon, dns, own):
    own.toggle_black_hole()
    daemon = make_daemon(dns, settings=ALLOW)
    with daemon:
        job = daemon.api.submit(names(500), servers=[own.address], attempts=20, timeout_ms=2000)
        eventually(lambda: own.stats()["queries"] > 0, "the server is asked")
        before = dns.stats()["queries"]
        daemon.stop()
        own.toggle_black_hole()
        daemon.start()
        assert daemon.api.show(job)["servers"] == [own.address]
        assert daemon.api.wait(job)["counts"]["found"] == 500
        assert dns.stats()["queries"] == before


def test_a_retry_has_the_servers(daemon, own):
    job = daemon.api.wait(daemon.api.submit(["servfail.test"], servers=[own.address], attempts=1))
    again = daemon.api("POST", f"/jobs/{job['id']}/retry").json()
    assert again["servers"] == [own.address]


@pytest.mark.parametrize("change", [{"dns.job_servers": "no"}, {"targets.deny": "127.0.0.0/8"}], ids=str)
def test_what_is_allowed_no_more_is_not_asked(make_daemon, dns, own, change):
    own.toggle_black_hole()
    with make_daemon(dns, settings=ALLOW) as daemon:
        job = daemon.api.submit(names(50), servers=[own.address], attempts=20, timeout_ms=2000)
        eventually(lambda: own.stats()["queries"] > 0, "the server is asked")
        daemon.stop()
    before = own.stats()["queries"]
    with make_daemon(dns, settings={**ALLOW, **change}) as daemon:
        rows = daemon.api.results(daemon.api.wait(job))
        assert {(row["status"], row["reason"]) for row in rows} == {("error", "policy")}
    assert own.stats()["queries"] == before


BAD = [
    ({"servers": ["ns.example.com"]}, "/servers/0"), ({"servers": "192.0.2.1:0"}, "/servers"),
    ({"servers": ["192.0.2.1", "https://192.0.2.1/dns-query"]}, "/servers/1"),
    ({"servers": [f"192.0.2.{i}" for i in range(17)]}, "/servers/16"),
    ({"servers": ["192.0.2.1"], "check": "registration"}, "/servers"),
]


@pytest.mark.parametrize("fields, pointer", BAD, ids=repr)
def test_what_makes_no_sense_is_refused(daemon, fields, pointer):
    answer = daemon.api.post({"kind": "domains", "domains": ["a.test"], **fields}, 422).json()
    assert [error["pointer"] for error in answer["errors"]] == [pointer], answer


def test_refused_unless_allowed(make_daemon, shared, dns):
    body = {"kind": "domains", "domains": ["a.test"], "servers": ["192.0.2.1"]}
    answer = shared.api.post(body, 422).json()
    assert [error["pointer"] for error in answer["errors"]] == ["/servers"] and "dns.job_servers" in answer["errors"][0]["detail"]
    with make_daemon(dns, settings={"dns.job_servers": "yes"}) as daemon:
        body["servers"] = ["8.8.8.8", "127.0.0.1", "[fd00::1]", "8.8.8.8:5353", "169.254.169.254"]
        answer = daemon.api.post(body, 422).json()
        assert [error["pointer"] for error in answer["errors"]] == ["/servers/1", "/servers/2", "/servers/3", "/servers/4"]
        assert "port" in answer["errors"][2]["detail"]
        expect(daemon.api("POST", "/jobs?dry_run=true", json={**body, "servers": ["8.8.8.8"]}), 200)


def test_asyncprobectl(daemon, own):
    done = subprocess.run(
        [binary("src/asyncprobectl"), "domains", "--servers", own.address, "found.test", "nx.test"], text=True,
        capture_output=True, check=False, timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": daemon.api.url})
    assert sorted(done.stdout.splitlines()) == ["  nx.test", "+ found.test"], done
    assert own.stats()["queries"] >= 2
