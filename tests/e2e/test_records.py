"""check: records, asked of NSD."""
import csv
import io
import os
import socket
import struct
import subprocess
import threading

import pytest

import schedules
from nsd import NSD, Nsd
from processes import DEADLINE, binary

pytestmark = pytest.mark.skipif(NSD is None, reason="nsd is not installed")

ZONE = """\
$ORIGIN records.test.
$TTL 300
@ IN SOA ns hostmaster 1 3600 900 604800 60
@ IN NS ns
@ IN MX 20 mail2
@ IN MX 10 mail
@ IN TXT "v=spf1 -all" "two \\"parts\\""
@ IN CAA 0 issue "ca.example"
@ IN TYPE65280 \\# 4 0A000001
ns IN A 192.0.2.53
www 60 IN CNAME web
web 3600 IN A 192.0.2.80
web 3600 IN A 192.0.2.9
web 3600 IN AAAA 2001:db8::80
svc IN HTTPS 1 . alpn="h2,h3" ipv4hint="192.0.2.1"
_sip._tcp IN SRV 1 2 5060 sip
dangling IN CNAME nowhere
empty.non.terminal IN A 192.0.2.1
hole IN A 0.0.0.0
wild IN TXT "=1+1"
"""
REVERSE = """\
$ORIGIN 2.0.192.in-addr.arpa.
$TTL 300
@ IN SOA ns.records.test. hostmaster.records.test. 1 3600 900 604800 60
@ IN NS ns.records.test.
80 IN PTR web.records.test.
81 IN PTR other.records.test.
"""


@pytest.fixture(scope="module")
def nsd(tmp_path_factory):
    zones = {"records.test": ZONE, "2.0.192.in-addr.arpa": REVERSE}
    with Nsd(tmp_path_factory.mktemp("nsd"), zones) as server:
        yield server


@pytest.fixture(params=["engine", "evdns"])
def api(request, make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": request.param}) as daemon:
        yield daemon.api


def by_name(api, names, types, **fields):
    return {row["domain"]: row for row in api.run(names, check="records", types=types, **fields)}


def test_types_each_with_their_own_answer(api):
    rows = by_name(api, ["records.test", "www.records.test", "nx.records.test", "other.nx.records.test"],
                   ["MX", "TXT", "CAA", "A", "TYPE65280", "SOA"])
    row = rows["records.test"]
    assert (row["status"], row["reason"]) == ("found", None), row
    assert list(row["records"]) == ["MX", "TXT", "CAA", "A", "TYPE65280", "SOA"], "in the order asked"
    assert row["records"] == {
        "MX": {"rcode": "NOERROR", "ttl": 300, "data": ["10 mail.records.test.", "20 mail2.records.test."]},
        "TXT": {"rcode": "NOERROR", "ttl": 300, "data": ['"v=spf1 -all" "two \\"parts\\""']},
        "CAA": {"rcode": "NOERROR", "ttl": 300, "data": ['0 issue "ca.example"']},
        "A": {"rcode": "NODATA"},
        "TYPE65280": {"rcode": "NOERROR", "ttl": 300, "data": ["\\# 4 0a000001"]},
        "SOA": {"rcode": "NOERROR", "ttl": 300, "data": ["ns.records.test. hostmaster.records.test. 1 3600 900 604800 60"]}}
    assert [(e["type"], e["rcode"]) for e in row["evidence"]] == [
        (name, value["rcode"]) for name, value in row["records"].items()]
    row = rows["www.records.test"]
    assert row["records"]["A"] == {"rcode": "NOERROR", "cname": ["web.records.test."], "ttl": 60,
                                   "data": ["192.0.2.80", "192.0.2.9"]}, "the TTL is the least of the chain"
    assert row["records"]["MX"] == {"rcode": "NODATA", "cname": ["web.records.test."]}
    assert (row["addresses"], row["ttl"]) == (["192.0.2.80", "192.0.2.9"], 60)
    assert (rows["nx.records.test"]["status"], rows["nx.records.test"]["reason"]) == ("not_found", "nxdomain")
    assert {value["rcode"] for value in rows["nx.records.test"]["records"].values()} == {"NXDOMAIN"}
    assert rows["other.nx.records.test"]["reason"] == "nxdomain"


def test_names_without_data_and_what_only_an_alias_has(api):
    rows = by_name(api, ["non.terminal.records.test", "dangling.records.test", "svc.records.test", "_sip._tcp.records.test"],
                   ["HTTPS", "SRV", "CNAME"])
    assert (rows["non.terminal.records.test"]["status"], rows["non.terminal.records.test"]["reason"]) == (
        "not_found", "no_address"), "the name exists, as one above another"
    dangling = rows["dangling.records.test"]
    assert dangling["status"] == "found" and dangling["records"]["CNAME"]["data"] == ["nowhere.records.test."]
    assert dangling["records"]["SRV"] == {"rcode": "NXDOMAIN", "cname": ["nowhere.records.test."]}
    assert rows["svc.records.test"]["records"]["HTTPS"]["data"] == ['1 . alpn="h2,h3" ipv4hint=192.0.2.1']
    assert rows["_sip._tcp.records.test"]["records"]["SRV"]["data"] == ["1 2 5060 sip.records.test."]


def test_reverse_names(api):
    rows = by_name(api, None, ["PTR"], ptr="192.0.2.80/30")
    assert {name: (row["status"], row["records"]["PTR"].get("data")) for name, row in rows.items()} == {
        "80.2.0.192.in-addr.arpa": ("found", ["web.records.test."]),
        "81.2.0.192.in-addr.arpa": ("found", ["other.records.test."]),
        "82.2.0.192.in-addr.arpa": ("not_found", None), "83.2.0.192.in-addr.arpa": ("not_found", None)}
    job = api.submit(check="records", types=["PTR"], ptr=["192.0.2.80", "2001:db8::/126"])
    assert job["total"] == 5 and job["types"] == ["PTR"] and api.show(job)["types"] == ["PTR"]


def test_reverse_names_are_bounded(make_daemon, nsd):
    with make_daemon(nsd, settings={"limits.max_items": "300"}) as daemon:
        for block in ("10.0.0.0/8", "2001:db8::/64", "::/0", "192.0.2.0/23"):
            answer = daemon.api.post({"kind": "domains", "check": "records", "types": ["PTR"], "ptr": block}, 422).json()
            assert answer["errors"][0]["pointer"] == "/ptr", answer
        assert daemon.api.jobs() == []


def test_csv_has_a_row_a_record(api):
    job = api.wait(api.submit(["records.test", "nx.records.test", "a..b"], check="records", types=["MX", "A", "TXT"]))
    text = api.get(f"/jobs/{job['id']}/results", params={"format": "csv"}).content.decode()
    lines = [(r["domain"], r["status"], r["type"], r["rcode"], r["ttl"], r["data"])
             for r in csv.DictReader(io.StringIO(text, newline=""))]
    assert sorted(lines) == sorted([
        ("records.test", "found", "MX", "NOERROR", "300", "10 mail.records.test."),
        ("records.test", "found", "MX", "NOERROR", "300", "20 mail2.records.test."),
        ("records.test", "found", "A", "NODATA", "", ""),
        ("records.test", "found", "TXT", "NOERROR", "300", '"v=spf1 -all" "two \\"parts\\""'),
        ("nx.records.test", "not_found", "MX", "NXDOMAIN", "", ""),
        ("nx.records.test", "not_found", "A", "NXDOMAIN", "", ""),
        ("nx.records.test", "not_found", "TXT", "NXDOMAIN", "", ""),
        ("a..b", "error", "", "", "", "")])


def test_text_is_a_zone_file(api):
    names = ["www.records.test", "records.test", "nx.records.test", "non.terminal.records.test"]
    job = api.wait(api.submit(names, check="records", types=["A", "MX"]))
    lines = api.get(f"/jobs/{job['id']}/results", params={"format": "text"}).text.splitlines()
    assert sorted(lines) == sorted([
        "www.records.test. 60 IN CNAME web.records.test.", "web.records.test. 60 IN A 192.0.2.80",
        "web.records.test. 60 IN A 192.0.2.9", "records.test. 300 IN MX 10 mail.records.test.",
        "records.test. 300 IN MX 20 mail2.records.test.", "; nx.records.test. nxdomain",
        "; non.terminal.records.test. no_address"])


def test_filters(api):
    names = ["records.test", "www.records.test", "nx.records.test"]
    job = api.wait(api.submit(names, check="records", types=["A", "MX"]))

    def domains(**query):
        return sorted(row["domain"] for row in api.results(job, **query))

    assert domains(type="MX") == ["records.test"] and domains(type="a") == ["www.records.test"]
    assert domains(rcode="NODATA") == ["records.test", "www.records.test"]
    assert domains(rcode="NODATA", type="MX") == ["www.records.test"]
    assert domains(reason="nxdomain") == domains(rcode="nxdomain") == domains(status="not_found") == ["nx.records.test"]
    assert domains(type="TXT") == domains(reason="servfail") == []
    [row] = api.results(job, type="MX")
    assert list(row["records"]) == ["MX"], "other types are left out"
    for query in ({"type": "NOTYPE"}, {"rcode": "MAYBE"}, {"reason": "because"}, {"type": ""}):
        api.get(f"/jobs/{job['id']}/results", 400, params=query)


def test_filters_of_addresses(make_daemon, dns):
    with make_daemon(dns, settings={"dns.resolver": "engine"}) as daemon:
        job = daemon.api.wait(daemon.api.submit(["found.test", "nx.test", "servfail.test", "nodata.test"]))

        def domains(**query):
            return sorted(row["domain"] for row in daemon.api.results(job, **query))

        assert domains(reason="servfail") == ["servfail.test"] and domains(rcode="NXDOMAIN") == ["nx.test"]
        assert domains(type="A") == ["found.test"]


class Rotating:
    """Answers A with three addresses, in another order each time, and CAA with SERVFAIL and an extended error."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._n = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            question, rtype = query[12:end], int.from_bytes(query[end - 4:end - 2], "big")
            self._n += 1
            if rtype == 257:
                text = "no \u00fcmlaut\0".encode() + b"\xff"
                ede = struct.pack("!HHH", 15, 2 + len(text), 22) + text
                opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(ede)) + ede
                reply = query[:2] + struct.pack("!5H", 0x8182, 1, 0, 0, 1) + question + opt
            else:
                order = [(self._n + i) % 3 + 1 for i in range(3)] * 2  # each twice
                answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300 + i, 4) + bytes([192, 0, 2, i]) for i in order)
                reply = query[:2] + struct.pack("!5H", 0x8180, 1, len(order), 0, 0) + question + answers
            self._socket.sendto(reply, client)


def test_one_failed_type_leaves_the_row(make_daemon):
    with make_daemon(Rotating(), settings={"dns.resolver": "engine", "dns.check_interval": "0"}) as daemon:
        [row] = by_name(daemon.api, ["a.example"], ["CAA", "A"], attempts=1).values()
        [failed] = by_name(daemon.api, ["a.example"], ["CAA"], attempts=1).values()
    assert row["status"] == "found" and row["reason"] is None
    assert row["records"]["A"] == {"rcode": "NOERROR", "ttl": 301, "data": ["192.0.2.1", "192.0.2.2", "192.0.2.3"]}, \
        "sorted, each once, with the least TTL"
    assert row["records"]["CAA"] == {
        "rcode": "SERVFAIL", "reason": "servfail", "ede": [{"code": 22, "text": "no \u00fcmlaut\0\ufffd"}]}
    assert (failed["status"], failed["reason"]) == ("error", "servfail")


def test_refused_types(make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": "engine"}) as daemon:
        [row] = by_name(daemon.api, ["elsewhere.example"], ["A", "MX"]).values()
    assert (row["status"], row["reason"]) == ("error", "refused"), row
    assert {value["reason"] for value in row["records"].values()} == {"refused"}


BAD = [({"types": ["A"]}, "/types"), ({"check": "records"}, "/types"), ({"check": "records", "types": []}, "/types"),
       ({"check": "records", "types": ["NOTYPE"]}, "/types/0"), ({"check": "records", "types": ["A", "ANY"]}, "/types/1"),
       ({"check": "records", "types": ["A"], "ptr": "192.0.2.1/24"}, "/ptr"), ({"ptr": "192.0.2.1"}, "/ptr"),
       ({"check": "records", "types": ["A"], "family": "both"}, "/family"), ({"family": "ipx"}, "/family"),
       ({"check": "records", "types": ["A"], "ptr": ["192.0.2.1", "x"]}, "/ptr/1"), ({"check": "record"}, "/check")]


@pytest.mark.parametrize("fields, pointer", BAD, ids=repr)
def test_what_makes_no_sense_is_refused(shared, fields, pointer):
    answer = shared.api.post({"kind": "domains", "domains": ["a.test"], **fields}, 422).json()
    assert pointer in [error["pointer"] for error in answer["errors"]], answer


def test_lines_with_types_in_the_query(make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": "engine"}) as daemon:
        job = daemon.api.wait(daemon.api.submit_lines(["records.test"], check="records", types="mx,TYPE257", ptr="192.0.2.80"))
        rows = {row["domain"]: list(row["records"]) for row in daemon.api.results(job)}
    assert rows == {"records.test": ["MX", "CAA"], "80.2.0.192.in-addr.arpa": ["MX", "CAA"]}


def test_asyncprobectl(make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": "engine"}) as daemon:
        def ctl(*words, status=0):
            done = subprocess.run([binary("src/asyncprobectl"), *words], capture_output=True, text=True, check=False,
                                  timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": daemon.api.url})
            assert done.returncode == status, done
            return done

        done = ctl("domains", "--check", "records", "--types", "A,MX", "records.test", "web.records.test")
        assert sorted(done.stdout.splitlines()) == sorted([
            "records.test. 300 IN MX 10 mail.records.test.", "records.test. 300 IN MX 20 mail2.records.test.",
            "web.records.test. 3600 IN A 192.0.2.80", "web.records.test. 3600 IN A 192.0.2.9"])
        done = ctl("domains", "--check", "records", "--types", "PTR", "--ptr", "192.0.2.80/31")
        assert sorted(done.stdout.splitlines()) == [
            "80.2.0.192.in-addr.arpa. 300 IN PTR web.records.test.",
            "81.2.0.192.in-addr.arpa. 300 IN PTR other.records.test."]
        assert "--types" in ctl("domains", "--check", "records", "--types", "A,NOTYPE", "a.test", status=2).stderr
        job = daemon.api.jobs()[-1]
        assert ctl("results", "--type", "MX", "-f", "ndjson", job["id"]).stdout.count("\n") == 1


def test_schedules_compare_records(make_daemon):
    """The order of records is no change."""
    with make_daemon(Rotating(), settings={"dns.resolver": "engine", "dns.check_interval": "0"}) as daemon:
        job = {"kind": "domains", "check": "records", "types": ["A"], "domains": ["a.example"]}
        schedule = schedules.add(daemon.api, every="1h", job=job)
        for n in range(3):
            schedules.act(daemon.api, schedule, "run", 202)
            schedules.wait_jobs(daemon.api, schedule, n + 1)
        path = f"/schedules/{schedule['id']}"
        assert [o["value"] for o in daemon.api.get(path + "/outcomes").json()["outcomes"]] == [
            "A 192.0.2.1; A 192.0.2.2; A 192.0.2.3"]
        assert daemon.api.get(path + "/changes").json()["changes"] == []


def test_jobs_of_records_survive_a_restart(make_daemon, nsd):
    daemon = make_daemon(nsd, settings={"dns.resolver": "engine"})
    with daemon:
        job = daemon.api.wait(daemon.api.submit(["records.test"], check="records", types=["MX", "TYPE65280"]))
        rows = daemon.api.results(job)
        daemon.stop()
        daemon.start()
        assert daemon.api.show(job)["types"] == ["MX", "TYPE65280"]
        assert daemon.api.results(job) == rows
