"""Names that only a DNS wildcard answers for, asked of NSD and of a server whose wildcard rotates."""
import os
import socket
import struct
import subprocess
import threading

import pytest

from nsd import NSD, Nsd
from processes import DEADLINE, binary

pytestmark = pytest.mark.skipif(NSD is None, reason="nsd is not installed")

HEAD = "$TTL 300\n@ IN SOA ns.wild.test. hostmaster.wild.test. 1 3600 900 604800 60\n@ IN NS ns.wild.test.\n"
ZONES = {
    "wild.test": HEAD + """\
ns IN A 192.0.2.53
* IN A 192.0.2.1
* IN A 192.0.2.2
* IN TXT "w"
real IN A 192.0.2.80
part IN A 192.0.2.1
same IN A 192.0.2.1
same IN A 192.0.2.2
same IN TXT "w"
deep.real IN A 192.0.2.81
*.sub IN AAAA 2001:db8::1
lb IN A 192.0.2.5
lb IN A 192.0.2.6
*.cname IN CNAME lb
own.cname IN A 192.0.2.5
www.cname IN CNAME real
plain IN A 192.0.2.9
x.plain IN A 192.0.2.9
""",
    "wildtld": HEAD + "* IN A 192.0.2.1\ntaken IN NS ns.wild.test.\nmail IN A 192.0.2.25\n",
}
VERDICTS = {  # None: the row has no `wildcard`
    "a.wild.test": True, "a.b.c.d.wild.test": True, "real.wild.test": False, "deep.real.wild.test": False,
    "other.real.wild.test": None, "part.wild.test": True, "same.wild.test": True, "a.sub.wild.test": True,
    "a.b.sub.wild.test": True, "a.cname.wild.test": True, "b.c.cname.wild.test": True, "own.cname.wild.test": False,
    "www.cname.wild.test": False, "x.plain.wild.test": False, "plain.wild.test": False, "*.wild.test": True,
    "name.wildtld": True, "mail.wildtld": False,
}


@pytest.fixture(scope="module")
def nsd(tmp_path_factory):
    with Nsd(tmp_path_factory.mktemp("nsd"), ZONES) as server:
        yield server


@pytest.fixture(params=["engine", "evdns"])
def daemon(request, make_daemon, nsd):
    with make_daemon(nsd, settings={"dns.resolver": request.param}) as running:
        yield running


def test_detect(daemon):
    job = daemon.api.wait(daemon.api.submit(list(VERDICTS), wildcard="detect"))
    assert job["wildcard"] == "detect"
    rows = {row["domain"]: row for row in daemon.api.results(job)}
    assert {name: row.get("wildcard") for name, row in rows.items()} == VERDICTS
    assert all(row["status"] == "found" for name, row in rows.items() if VERDICTS[name] is not None)
    text = daemon.api.get(f"/jobs/{job['id']}/results", headers={"Accept": "text/plain"}).text.splitlines()
    assert "+ a.wild.test wildcard" in text and "+ real.wild.test" in text


def test_drop(daemon):
    rows = {row["domain"]: row for row in daemon.api.run(list(VERDICTS), wildcard="drop")}
    for name, is_wildcard in VERDICTS.items():
        row = rows[name]
        if is_wildcard:
            assert (row["status"], row["reason"], row["addresses"], row["wildcard"]) == ("not_found", "wildcard", [], True), row
        elif is_wildcard is False:
            assert (row["status"], row["wildcard"]) == ("found", False) and row["addresses"], row


def test_off(daemon):
    rows = daemon.api.run(["a.wild.test", "real.wild.test"], wildcard="off")
    assert all("wildcard" not in row and row["status"] == "found" for row in rows)


def test_records(make_daemon, nsd):
    names = ["a.wild.test", "real.wild.test", "part.wild.test", "same.wild.test", "x.plain.wild.test", "a.cname.wild.test"]
    with make_daemon(nsd) as daemon:
        options = {"check": "records", "types": ["A", "TXT", "MX"]}
        rows = {row["domain"]: row for row in daemon.api.run(names, wildcard="detect", **options)}
        assert [rows[name]["wildcard"] for name in names] == [True, False, False, True, False, True], \
            "a name without the wildcard's TXT has an answer of its own"
        assert rows["a.wild.test"]["records"]["TXT"]["data"] == ['"w"']
        rows = {row["domain"]: row for row in daemon.api.run(names, wildcard="drop", **options)}
        row = rows["a.wild.test"]
        assert (row["status"], row["reason"], row["records"], row["addresses"]) == ("not_found", "wildcard", {}, [])
        assert rows["real.wild.test"]["status"] == "found" and rows["real.wild.test"]["records"]["A"]


def test_one_sample_for_many_names(make_daemon, nsd):
    with make_daemon(nsd) as daemon:
        rows = daemon.api.run([f"n{i}.wild.test" for i in range(500)], wildcard="detect")
        assert all(row["wildcard"] for row in rows)
        queries = sum(value for key, value in daemon.api.metrics().items() if key.startswith("asyncprobed_dns_queries_total"))
        assert queries < 520


class Rotating:
    """Answers for each name below spin.test by one of eight addresses in turn, behind a CNAME if the name is below cname, and for
    own.* by an address of its own."""

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
            question, name = query[12:end], query[12:end - 4].lower()
            answers = []
            owner = b"\xc0\x0c"
            if name.endswith(b"\x04spin\x04test\0") and name != b"\x04spin\x04test\0":
                self._n += 1
                if b"\x05cname" in name:
                    target = b"\x02lb\x04test\0"
                    answers.append(owner + struct.pack("!HHIH", 5, 1, 300, len(target)) + target)
                    owner = target
                last = 200 if name.startswith(b"\x03own") else self._n % 8 + 1
                answers.append(owner + struct.pack("!HHIH", 1, 1, 300, 4) + bytes([192, 0, 2, last]))
            reply = query[:2] + struct.pack("!5H", 0x8580 if answers else 0x8583, 1, len(answers), 0, 0) + question
            self._socket.sendto(reply + b"".join(answers), client)


def test_rotation(make_daemon):
    wanted = {**{f"n{i}.spin.test": True for i in range(50)}, **{f"n{i}.cname.spin.test": True for i in range(20)},
              "own.spin.test": False}
    with make_daemon(Rotating(), settings={"dns.check_interval": "0"}) as daemon:
        rows = daemon.api.run(list(wanted), wildcard="detect", family="ipv4")
        assert {row["domain"]: row["wildcard"] for row in rows} == wanted


BAD = [({"wildcard": "yes"}, 422), ({"wildcard": "detect", "check": "registration"}, 422)]


@pytest.mark.parametrize("fields, status", BAD, ids=repr)
def test_what_makes_no_sense_is_refused(shared, fields, status):
    answer = shared.api.post({"kind": "domains", "domains": ["a.test"], **fields}, status).json()
    assert [error["pointer"] for error in answer["errors"]] == ["/wildcard"]


def test_asyncprobectl_and_a_restart(make_daemon, nsd):
    daemon = make_daemon(nsd)
    with daemon:
        done = subprocess.run(
            [binary("src/asyncprobectl"), "domains", "--wildcard", "detect", "a.wild.test", "real.wild.test"], text=True,
            capture_output=True, check=False, timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": daemon.api.url})
        assert sorted(done.stdout.splitlines()) == ["+ a.wild.test wildcard", "+ real.wild.test"], done
        [job] = daemon.api.jobs()
        rows = daemon.api.results(job)
        daemon.stop()
        daemon.start()
        assert daemon.api.show(job)["wildcard"] == "detect" and daemon.api.results(job) == rows
