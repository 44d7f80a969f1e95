"""Is a name cut from its parent? With NSD as the authority, asked itself and through Unbound."""
import os
import subprocess

import pytest

from namespace import in_namespace
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


# --- By the authorities of the parent ---

BY_AUTHORITY = {
    "delegated": (*FOUND, "referral"),
    "signed": (*FOUND, "referral"),
    "lame": (*FOUND, "referral"),
    "hosted": (*FOUND, "ns"),
    "plain": (*NOT_CUT, "not_cut"),
    "empty": (*NOT_CUT, "not_cut"),
    "alias": (*NOT_CUT, "not_cut"),
    "moved": (*NOT_CUT, "not_cut"),
    "below.moved": (*NOT_CUT, "not_cut"),
    "below.empty": (*NOT_CUT, "not_cut"),
}


def world_of_authorities():
    """Zones whose authorities are at port 53, one of them of a child; the recursor knows those of .example and .wildtld."""
    texts = {}
    for tld, more in (("example", ""), ("wildtld", "* A 192.0.2.9\n")):
        texts[tld] = ZONE.format(tld=tld).replace("ns A 192.0.2.53\n", "ns A 127.0.0.53\n@ NS ns2\nns2 A 127.0.0.54\n@ NS dead\ndead A 127.0.0.55\n@ NS gone\n") + \
            "hosted NS ns\nouter NS ns\n" + more
        texts[f"hosted.{tld}"] = CHILD
        texts[f"outer.{tld}"] = CHILD.replace("192.0.2.54", "127.0.0.53") + "inner NS ns.inner\nns.inner A 192.0.2.7\n"
    return texts


@pytest.fixture(name="authorities")
def _authorities(tmp_path):
    """NSD at port 53 of two addresses, in a network of its own, and a recursor that asks it."""
    with in_namespace():
        folder = tmp_path / "nsd"
        folder.mkdir()
        with Nsd(folder, world_of_authorities(), address="127.0.0.53:53", others=["127.0.0.54@53"]):
            base = configure_unbound("127.0.0.53:53")
            stubs = "".join(f'stub-zone:\n    name: "{zone}"\n    stub-addr: 127.0.0.53@53\n'
                            for zone in world_of_authorities() if zone != "example")
            with Program(tmp_path / "unbound", "unbound", lambda own, number: base(own, number) + stubs) as recursor:
                yield recursor


SETTINGS = {"dns.mode": "authority", "dns.timeout": "5s", "targets.allow": "127.0.0.0/8"}


def test_every_row_by_an_authority(make_daemon, authorities):
    """One question is exact, wildcard or not; a zone below the parent's is found by the referral to it."""
    names = [f"{label}.{tld}" for label in BY_AUTHORITY for tld in ("example", "wildtld")]
    more = {"absent.example": (*ABSENT, "absent"), "x.absent.example": (*ABSENT, "absent"),
            "absent.wildtld": (*NOT_CUT, "not_cut"), "x.outer.example": (*ABSENT, "absent"),
            "inner.outer.example": (*FOUND, "referral"), "a.b.outer.example": (*ABSENT, "absent"),
            "x.delegated.example": ("error", "servfail", None)}
    with make_daemon(authorities, settings=SETTINGS) as daemon:
        job = daemon.api.wait(daemon.api.submit(names + list(more), check="delegation"))
        rows = {row["domain"]: row for row in daemon.api.results(job)}
    got = {name: (row["status"], row["reason"], row["proof"]) for name, row in rows.items()}
    assert got.pop("x.delegated.example")[0] == "error", "the servers of its parent do not answer"
    del more["x.delegated.example"]
    assert got == {f"{label}.{tld}": verdict for label, verdict in BY_AUTHORITY.items()
                   for tld in ("example", "wildtld")} | more
    piece = rows["delegated.example"]["evidence"][-1]
    assert (piece["type"], piece["rcode"]) == ("NS", "REFERRAL") and piece["server"].endswith(":53")
    assert rows["absent.example"]["evidence"][-1]["zone"] == "example"


def test_a_private_authority_is_not_asked(make_daemon, authorities):
    """Its address comes from the DNS, so it must be public or allowed."""
    with make_daemon(authorities, settings=SETTINGS | {"targets.allow": ""}) as daemon:
        for names in (["delegated.example"], [f"n{i}.example" for i in range(100)]):  # found out, and known
            assert check(daemon, names) == {name: ("error", "denied_target", None) for name in names}


def test_many_names_of_authorities(make_daemon, authorities):
    """More than an engine takes at a time; they wait for room."""
    names = [f"{kind}{i}.example" for i in range(3000) for kind in ("n", "m")] + ["delegated.example"]
    with make_daemon(authorities, settings=SETTINGS) as daemon:
        job = daemon.api.wait(daemon.api.submit(names, check="delegation"))
        assert job["counts"] == {"found": 1, "not_found": len(names) - 1, "error": 0}


def test_registrations_by_authorities(make_daemon, authorities, tmp_path):
    """A denial by authorities is believed."""
    lists = tmp_path / "suffixes"
    lists.write_text("// ===BEGIN ICANN DOMAINS===\nexample\nwildtld\n// ===END ICANN DOMAINS===\n", encoding="ascii")
    settings = SETTINGS | {"registration.suffix_list": str(lists), "registration.bootstrap_url": ""}
    with make_daemon(authorities, settings=settings) as daemon:
        rows = {row["domain"]: row for row in daemon.api.run(
            ["lame.example", "absent.example", "absent.wildtld"], check="registration")}
    got = {name: (row["status"], row["reason"], row["likely_available"]) for name, row in rows.items()}
    assert got == {"lame.example": ("registered", None, False), "absent.example": ("unknown", "no_bootstrap", True),
                   "absent.wildtld": ("unknown", "no_bootstrap", False)}
    assert {piece["server"] for piece in rows["absent.example"]["evidence"]} <= {"127.0.0.53:53", "127.0.0.54:53"}
