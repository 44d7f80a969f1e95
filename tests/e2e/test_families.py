"""check: resolve with a family, many addresses, chains and sinkholes, asked of NSD."""
import pytest

import schedules
from nsd import NSD, Nsd

pytestmark = pytest.mark.skipif(NSD is None, reason="nsd is not installed")

ZONE = """\
$ORIGIN family.test.
$TTL 300
@ IN SOA ns hostmaster 1 3600 900 604800 60
@ IN NS ns
ns IN A 192.0.2.53
four 30 IN A 192.0.2.4
six 40 IN AAAA 2001:db8::6
both 50 IN A 192.0.2.4
both 20 IN AAAA 2001:db8::6
none IN TXT "x"
one 600 IN CNAME two
two 15 IN CNAME both
hole IN A 0.0.0.0
loop IN AAAA ::1
loop IN A 192.0.2.1
""" + "".join(f"many IN A 10.0.{i // 200}.{i % 200 + 1}\n" for i in range(300)) + \
    "".join(f"many IN AAAA 2001:db8::1:{i:x}\n" for i in range(300))
NAMES = [f"{word}.family.test" for word in ("four", "six", "both", "none", "nx")]
WANTED = {
    "any": {"four": ["192.0.2.4"], "six": ["2001:db8::6"], "both": ["192.0.2.4"], "none": "no_address", "nx": "nxdomain"},
    "ipv4": {"four": ["192.0.2.4"], "six": "no_address", "both": ["192.0.2.4"], "none": "no_address", "nx": "nxdomain"},
    "ipv6": {"four": "no_address", "six": ["2001:db8::6"], "both": ["2001:db8::6"], "none": "no_address", "nx": "nxdomain"},
    "both": {"four": ["192.0.2.4"], "six": ["2001:db8::6"], "both": ["192.0.2.4", "2001:db8::6"], "none": "no_address",
             "nx": "nxdomain"},
}
TTLS = {"any": 50, "ipv4": 50, "ipv6": 20, "both": 20}


@pytest.fixture(scope="module")
def nsd(tmp_path_factory):
    with Nsd(tmp_path_factory.mktemp("nsd"), {"family.test": ZONE}) as server:
        yield server


@pytest.fixture(params=["engine", "evdns"])
def daemon(request, make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": request.param}) as running:
        yield running


@pytest.mark.parametrize("family", WANTED)
def test_families(daemon, family):
    job = daemon.api.wait(daemon.api.submit(NAMES, family=family))
    assert job.get("family") == (None if family == "any" else family)
    rows = daemon.api.results(job)
    assert {row["domain"].split(".")[0]: sorted(row["addresses"]) or row["reason"] for row in rows} == WANTED[family]
    assert next(row["ttl"] for row in rows if row["domain"].startswith("both.")) == TTLS[family]


def test_a_retry_has_the_family(make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": "engine"}) as daemon:
        job = daemon.api.wait(daemon.api.submit(["elsewhere.example"], family="ipv6", attempts=1))
        assert daemon.api.results(job)[0]["reason"] == "refused"
        again = daemon.api("POST", f"/jobs/{job['id']}/retry").json()
        assert again["family"] == "ipv6"


@pytest.mark.parametrize("family, n", [("ipv4", 300), ("both", 600)])
def test_all_addresses_are_kept(make_daemon, nsd, family, n):
    with make_daemon(nsd, settings={"dns.resolver": "engine"}) as daemon:
        job = daemon.api.wait(daemon.api.submit(["many.family.test"], family=family))
        [row] = daemon.api.results(job)
        assert len(row["addresses"]) == len(set(row["addresses"])) == n
        lines = daemon.api.get(f"/jobs/{job['id']}/results", params={"format": "csv"}).text.splitlines()
        assert len(lines[1].split(",")[9].split(" ")) == n
        schedule = schedules.add(daemon.api, every="1h", job={
            "kind": "domains", "domains": ["many.family.test"], "family": family})
        for i in range(2):
            schedules.act(daemon.api, schedule, "run", 202)
            schedules.wait_jobs(daemon.api, schedule, i + 1)
        assert daemon.api.get(f"/schedules/{schedule['id']}/changes").json()["changes"] == []


def test_the_evidence_shows_chains_and_sinkholes(make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": "engine"}) as daemon:
        rows = {row["domain"].split(".")[0]: row for row in daemon.api.run(
            [f"{word}.family.test" for word in ("one", "hole", "loop", "four")], family="both")}
    one = rows["one"]
    assert one["ttl"] == 15, "the least of the chain"
    assert [(e["type"], e["cname"]) for e in sorted(one["evidence"], key=lambda e: e["type"])] == [
        (kind, ["two.family.test.", "both.family.test."]) for kind in ("A", "AAAA")]
    assert {e["type"]: e.get("sinkhole") for e in rows["hole"]["evidence"]} == {"A": True, "AAAA": None}
    assert {e["type"]: e.get("sinkhole") for e in rows["loop"]["evidence"]} == {"A": None, "AAAA": True}
    assert all("sinkhole" not in e and "cname" not in e for e in rows["four"]["evidence"])
