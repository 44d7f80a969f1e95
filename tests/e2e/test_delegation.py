"""Is a name cut from its parent? With NSD as the authority, asked itself and through Unbound."""
import os
import subprocess

import pytest

from nsd import NSD, Nsd
from processes import DEADLINE, Stub, binary
from test_dns_peers import Program, configure_unbound

ZONE = """\
$TTL 300
@ SOA ns.{tld}. root.{tld}. 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
delegated NS ns.delegated
ns.delegated A 127.0.0.1
lame NS ns.lame
ns.lame A 127.0.0.1
signed NS ns.signed
ns.signed A 127.0.0.1
signed DS 12345 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
plain A 192.0.2.1
below.empty A 192.0.2.2
alias CNAME plain
moved DNAME plain
"""
CHILD = "$TTL 300\n@ SOA ns root 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.54\n"

FOUND, ABSENT, NOT_CUT = ("found", None), ("not_found", "nxdomain"), ("not_found", "not_delegated")

# label: the verdict and what shows it, without and with a wildcard in the parent, by a recursor
BY_RECURSOR = {
    "delegated": ((*FOUND, "exists"), (*FOUND, "ns")),
    "signed": ((*FOUND, "ds"), (*FOUND, "ds")),
    "plain": ((*FOUND, "exists"), (*NOT_CUT, "not_cut")),
    "empty": ((*FOUND, "exists"), (*NOT_CUT, "not_cut")),
    "alias": ((*FOUND, "exists"), (*NOT_CUT, "not_cut")),
    "moved": ((*FOUND, "exists"), (*NOT_CUT, "not_cut")),
    "absent": ((*ABSENT, "absent"), (*NOT_CUT, "not_cut")),
    "x.absent": ((*ABSENT, "absent"), (*NOT_CUT, "not_cut")),
    "below.empty": ((*FOUND, "exists"), (*FOUND, "exists")),  # a wildcard ends where a name exists
}

pytestmark = pytest.mark.skipif(NSD is None, reason="nsd is absent")


def zones():
    """.example, .wildtld, which has a wildcard, and the zones below them that are not lame."""
    texts = {"example": ZONE.format(tld="example"), "wildtld": ZONE.format(tld="wildtld") + "* A 192.0.2.9\n"}
    texts |= {f"{child}.{tld}": CHILD for tld in ("example", "wildtld") for child in ("delegated", "signed")}
    return texts


@pytest.fixture(name="nsd")
def _nsd(tmp_path):
    folder = tmp_path / "nsd"
    folder.mkdir()
    with Nsd(folder, zones()) as server:
        yield server


def unbound_for(folder, nsd, dead):
    """A recursor: children of both zones are at NSD, those that are lame at a server that refuses."""
    host, _, port = nsd.address.partition(":")
    servers = {zone: f"{host}@{port}" for zone in zones() if zone != "example"}
    servers |= {f"lame.{tld}": dead.address.replace(":", "@") for tld in ("example", "wildtld")}
    stubs = "".join(f'stub-zone:\n    name: "{zone}"\n    stub-addr: {server}\n' for zone, server in servers.items())
    base = configure_unbound(nsd.address)
    return Program(folder, "unbound", lambda own, number: base(own, number) + stubs)


@pytest.fixture(name="recursor")
def _recursor(tmp_path, nsd):
    with Stub("--servfail-all") as dead, unbound_for(tmp_path / "unbound", nsd, dead) as server:
        yield server


def check(daemon, names, **fields):
    rows = {row["domain"]: row for row in daemon.api.run(names, check="delegation", **fields)}
    return {name: (row["status"], row["reason"], row["proof"]) for name, row in rows.items()}


def test_every_row_by_a_recursor(make_daemon, recursor):
    """Each row of the table, without and with a wildcard; a lame child is no obstacle to DS, but to NS."""
    with make_daemon(recursor, settings={"dns.timeout": "5s", "dns.attempts": "1"}) as daemon:
        got = check(daemon, [f"{label}.{tld}" for label in BY_RECURSOR for tld in ("example", "wildtld")] +
                    ["lame.example", "lame.wildtld"])
    assert got.pop("lame.example") == ("found", None, "exists")
    assert got.pop("lame.wildtld") == ("error", "servfail", None)
    assert got == {f"{label}.{tld}": verdict for label, verdicts in BY_RECURSOR.items()
                   for tld, verdict in zip(("example", "wildtld"), verdicts)}


def test_forms(make_daemon, recursor):
    with make_daemon(recursor, settings={"dns.timeout": "5s"}) as daemon:
        api = daemon.api
        job = api.wait(api.submit(["delegated.example", "absent.example", "plain.wildtld", "a..b"], check="delegation"))
        assert job["counts"] == {"found": 1, "not_found": 2, "error": 1}
        text = api.get(f"/jobs/{job['id']}/results", params={"format": "text"}).text
        assert sorted(text.splitlines()) == sorted(
            ["+ delegated.example", "  absent.example", "- plain.wildtld", "? a..b invalid_name"])
        csv = api.get(f"/jobs/{job['id']}/results", params={"format": "csv"}).text.splitlines()
        assert csv[0] == "seq,index,domain,unicode,status,reason,attempts,duration_ms,finished_at,proof"
        assert [row["domain"] for row in api.results(job, reason="not_delegated")] == ["plain.wildtld"]
        [row] = api.results(job, reason="nxdomain")
        assert row["evidence"][-1]["zone"] == "example" and row["evidence"][-1]["type"] == "DS"
        done = subprocess.run(
            [binary("src/asyncprobectl"), "domains", "--check", "delegation", "delegated.example", "absent.example"],
            capture_output=True, text=True, check=False, timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": api.url})
        assert sorted(done.stdout.splitlines()) == ["  absent.example", "+ delegated.example"], done


def test_one_probe_a_parent(make_daemon):
    """Whether the parent has a wildcard is asked once for all its names."""
    with Stub("--default", "nx") as dns, make_daemon(dns) as daemon:
        names = [f"found-{i}.one.example" for i in range(500)]
        assert set(check(daemon, names).values()) == {("found", None, "exists")}
        assert dns.stats()["names"] == len(names) + 1


def test_failures_are_errors(make_daemon):
    with Stub("--default", "nx") as dns, make_daemon(dns, settings={"dns.timeout": "500ms", "dns.attempts": "2"}) as daemon:
        got = check(daemon, ["servfail-1.example", "drop-1.example", "refused-1.example", "x.onion"])
    assert {name: verdict[:2] for name, verdict in got.items()} == {
        "servfail-1.example": ("error", "servfail"), "drop-1.example": ("error", "timeout"),
        "refused-1.example": ("error", "refused"), "x.onion": ("error", "policy")}
