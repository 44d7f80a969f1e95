"""check: records of zones that ldns-signzone has signed and NSD serves: printed as ldns prints them."""
import shutil
import subprocess

import pytest

from nsd import NSD, Nsd

pytestmark = pytest.mark.skipif(
    NSD is None or shutil.which("ldns-signzone") is None or shutil.which("ldns-keygen") is None, reason="nsd or ldnsutils is absent")

DIGEST = "3490A6806D47F17A34C29E2CE80E8A999FFBE4BE0CCDE0E0B9C8C9B1A0D2A7F5"
ZONE = f"""\
$ORIGIN signed.test.
$TTL 300
@ IN SOA ns hostmaster 1 3600 900 604800 60
@ IN NS ns
@ IN MX 10 mail
ns IN A 192.0.2.53
mail IN A 192.0.2.25
mail IN AAAA 2001:db8::25
child IN NS ns.child
child IN DS 12345 13 2 {DIGEST}
ns.child IN A 192.0.2.54
moved IN DNAME elsewhere
www.elsewhere IN A 192.0.2.80
_443._tcp.mail IN TLSA 3 1 1 {DIGEST}
"""
NOT_ASKABLE = {"NSEC3"}  # its owner is no name of the zone (RFC 5155 section 7.2.8)


def sign(folder, *options):
    """Return the zone as ldns-signzone writes it."""
    (folder / "zone").write_text(ZONE, encoding="ascii")
    keys = [subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-r", "/dev/urandom", *flags, "signed.test"], cwd=folder,
                           check=True, capture_output=True, text=True).stdout.strip() for flags in (["-k"], [])]
    subprocess.run(["ldns-signzone", *options, "-o", "signed.test.", "-f", "signed", "zone", *keys], cwd=folder, check=True)
    return (folder / "signed").read_text(encoding="ascii")


def read(zone):
    """Return {name: {type: data}} as ldns printed it, without its comments and its blanks at the end of lines."""
    sets = {}
    for line in zone.splitlines():
        owner, _, _, rtype, data = line.partition(";{")[0].split(None, 4)
        if rtype not in NOT_ASKABLE and not (rtype == "RRSIG" and data.split()[0] in NOT_ASKABLE):
            sets.setdefault(owner.rstrip("."), {}).setdefault(rtype, set()).add(data.strip())
    return sets


@pytest.mark.parametrize("options", [[], ["-n", "-p"]], ids=["nsec", "nsec3"])
def test_as_ldns_prints_it(make_daemon, tmp_path, options):
    zone = sign(tmp_path, *options)
    sets = read(zone)
    types = sorted({rtype for of_name in sets.values() for rtype in of_name})
    assert {"DS", "DNSKEY", "RRSIG", "DNAME", "TLSA", "NSEC3PARAM" if options else "NSEC"} <= set(types)
    del sets["ns.child.signed.test"]  # glue: the server names the child's servers instead
    with Nsd(tmp_path, {"signed.test": zone}) as nsd, make_daemon(nsd) as daemon:
        rows = {row["domain"]: row["records"] for row in daemon.api.run(list(sets), check="records", types=types)}
    for name, of_name in sets.items():
        for rtype, data in of_name.items():
            if name == "child.signed.test" and rtype != "DS":
                continue  # the parent's servers refer to the child's for all but DS
            assert rows[name][rtype]["data"] == sorted(data), (name, rtype)


def test_below_a_dname(make_daemon, tmp_path):
    with Nsd(tmp_path, {"signed.test": sign(tmp_path)}) as nsd, make_daemon(nsd) as daemon:
        [row] = daemon.api.run(["www.moved.signed.test"], check="records", types=["A", "DNAME"])
        assert row["records"]["A"]["data"] == ["192.0.2.80"] and row["records"]["A"]["cname"] == ["www.elsewhere.signed.test."]
        [row] = daemon.api.run(["www.moved.signed.test"])
        assert (row["status"], row["addresses"]) == ("found", ["192.0.2.80"])
