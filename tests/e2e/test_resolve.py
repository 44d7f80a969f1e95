"""What the daemon says about a name, for each way in which a DNS server can behave."""
import pytest

from client import check_complete, tally
from processes import Stub


VERDICTS = {  # keyword of the stub: (status, reasons, addresses)
    "found": ("found", {None}, ["192.0.2.1"]),
    "six": ("found", {None}, ["2001:db8::1"]),
    "cname": ("found", {None}, ["192.0.2.1"]),
    "many": ("found", {None}, [f"192.0.2.{i}" for i in range(1, 31)]),
    "slow": ("found", {None}, ["192.0.2.1"]),
    "dup": ("found", {None}, ["192.0.2.1"]),
    "spoof": ("found", {None}, ["192.0.2.1"]),
    "wrongid": ("found", {None}, ["192.0.2.1"]),
    "othername": ("found", {None}, ["192.0.2.1"]),
    "othertype": ("found", {None}, ["192.0.2.1"]),
    "flaky": ("found", {None}, ["192.0.2.1"]),
    "servfailonce": ("found", {None}, ["192.0.2.1"]),
    "nodata": ("not_found", {"no_address"}, []),
    "nx": ("not_found", {"nxdomain"}, []),
    "slownx": ("not_found", {"nxdomain"}, []),
    "dupnx": ("not_found", {"nxdomain"}, []),
    "flakynx": ("not_found", {"nxdomain"}, []),
    "servfail": ("error", {"servfail"}, []),
    "refused": ("error", {"refused"}, []),
    "notimp": ("error", {"refused"}, []),
    "formerr": ("error", {"malformed"}, []),
    "trunc": ("error", {"truncated"}, []),
    "malformed": ("error", {"malformed"}, []),
    "wrongname": ("error", {"malformed", "timeout"}, []),
    "garbage": ("error", {"malformed", "timeout"}, []),
    "drop": ("error", {"timeout"}, []),
}


@pytest.fixture(scope="module")
def verdicts(shared):
    """A name for each behaviour: {keyword: result}. Forged ids could hit other queries, so that one runs alone."""
    crowd = [f"{keyword}.test" for keyword in VERDICTS if keyword != "wrongid"]
    results = shared.api.run(crowd)
    check_complete(results, len(crowd))
    results += shared.api.run(["wrongid.test"])
    return {result["domain"].partition(".")[0]: result for result in results}


@pytest.mark.parametrize("keyword", VERDICTS)
def test_verdict(verdicts, keyword):
    status, reasons, addresses = VERDICTS[keyword]
    result = verdicts[keyword]
    assert result["status"] == status, f"{keyword} is {status}: {result}"
    assert result["reason"] in reasons, f"{keyword} has a reason of {reasons}: {result}"
    assert sorted(result["addresses"]) == sorted(addresses), f"{keyword} has {addresses}: {result}"
    assert result["evidence"], f"a verdict rests on evidence: {result}"


@pytest.mark.parametrize("keyword, least", [("found", 1), ("flaky", 2), ("servfailonce", 2), ("drop", 3)])
def test_attempts_are_counted(verdicts, keyword, least):
    attempts = verdicts[keyword]["attempts"]
    assert attempts >= least, f"{keyword} needs {least} attempts, {attempts} are reported"


@pytest.mark.parametrize("keyword, last", [
    ("found", ("A", "NOERROR")), ("six", ("AAAA", "NOERROR")), ("nodata", ("AAAA", "NODATA")),
    ("nx", ("A", "NXDOMAIN")), ("servfail", ("A", "SERVFAIL")), ("drop", ("A", "TIMEOUT")),
    ("trunc", ("A", "TRUNCATED")), ("refused", ("A", "REFUSED")), ("notimp", ("A", "NOTIMP")),
    ("formerr", ("A", "FORMERR")), ("malformed", ("A", "MALFORMED"))])
def test_last_evidence_decides(verdicts, keyword, last):
    evidence = verdicts[keyword]["evidence"][-1]
    assert (evidence["type"], evidence["rcode"]) == last, f"{keyword}: {evidence}"


def test_both_families(api):
    [result] = api.run(["both.test"])
    assert result["status"] == "found" and "192.0.2.1" in result["addresses"], result
    assert set(result["addresses"]) <= {"192.0.2.1", "2001:db8::1"}, result


def test_ttl(api):
    [found] = api.run(["found.test"])
    assert found["ttl"] == 300, f"the stub's records live 300 s: {found}"


def test_undisturbed_nxdomain_is_asked_once(api, dns):
    [result] = api.run(["nxonce.test"])
    assert (result["status"], result["reason"]) == ("not_found", "nxdomain"), result
    assert dns.stats()["queries"] == 1, "NXDOMAIN settles both types, and no late answer asks for a confirmation"


NAMES = {  # case: (as submitted, domain, unicode)
    "idn": ("bücher.de", "xn--bcher-kva.de", "bücher.de"),
    "idn upper": ("BÜCHER.DE", "xn--bcher-kva.de", "bücher.de"),
    "idn as ascii": ("XN--BCHER-KVA.de", "xn--bcher-kva.de", "bücher.de"),
    "idn sharp s": ("straße.de", "xn--strae-oqa.de", "straße.de"),
    "idn decomposed": ("bu\u0308cher.de", "xn--bcher-kva.de", "bücher.de"),
    "trailing dot": ("example.com.", "example.com", None),
    "upper case": ("ExAmPlE.CoM", "example.com", None),
    "underscore": ("_dmarc.example.com", "_dmarc.example.com", None),
    "longest label": ("a" * 63 + ".de", "a" * 63 + ".de", None),
    "longest name": (".".join(["a" * 49] * 5) + ".de", ".".join(["a" * 49] * 5) + ".de", None),
    "one label": ("localnet", "localnet", None),
    "emoji": ("\U0001f4a9.la", "xn--ls8h.la", "\U0001f4a9.la"),
    "emoji as ascii": ("xn--ls8h.la", "xn--ls8h.la", "\U0001f4a9.la"),
    "symbol as ascii": ("xn--n3h.net", "xn--n3h.net", "\u2603.net"),
    "hyphen last": ("foo-.example.com", "foo-.example.com", None),
    "hyphen first": ("a.-b.example.com", "a.-b.example.com", None),
    "hyphens beside an A-label": ("ab--cd.xn--bcher-kva.de", "ab--cd.xn--bcher-kva.de", "ab--cd.b\u00fccher.de"),
    "wildcard": ("*.example.com", "*.example.com", None),
    "classless reverse": ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa", None),
}


@pytest.mark.dns("--default", "found")
def test_forms_of_names(api):
    results = api.run(name for name, _, _ in NAMES.values())
    by_case = dict(zip(NAMES, sorted(results, key=lambda r: r["index"])))
    for case, (given, domain, unicode) in NAMES.items():
        result = by_case[case]
        assert (result["domain"], result.get("unicode")) == (domain, unicode), f"{case}, {given}: {result}"
        assert result["status"] == "found", f"{case}, {given}: {result}"
        assert result.get("idna2008") == (False if "emoji" in case or "symbol" in case else None), f"{case}: {result}"


BAD_NAMES = {
    "empty": "", "dot": ".", "empty label": "a..b", "leading dot": ".example.com", "two dots": "example.com..",
    "space": "a b.de", "mail": "me@example.com", "port": "example.com:80", "IPv6": "2001:db8::1",
    "url": "http://example.com/", "long label": "a" * 64 + ".de", "long name": "a." * 127 + "de",
    "very long": "a" * 5000, "bad punycode": "xn--\u00fc.de", "address": "192.0.2.1", "control": "a\tb\x01.de",
    "quote": 'say "no", please.de', "ideographic dots": "\u3002\u3002",
}


def test_bad_name_is_its_own_result(api, dns):
    names = list(BAD_NAMES.values())
    results = api.run([*names, "found.test"])
    check_complete(results, len(names) + 1)
    by_index = {result["index"]: result for result in results}
    for index, case in enumerate(BAD_NAMES):
        result = by_index[index]
        verdict = (result["status"], result["reason"], result["attempts"])
        assert verdict == ("error", "invalid_name", 0), f"{case}: {result}"
    assert by_index[len(names)]["status"] == "found", "a bad name beside it doesn't harm a good one"
    assert dns.stats()["names"] == 1, "nobody is asked about a name that cannot exist"


def test_onion_is_not_asked(api, dns):
    results = api.run(["example.onion", "onion", "found.onion.test"])
    verdicts = [(r["domain"], r["status"], r["reason"]) for r in sorted(results, key=lambda r: r["index"])]
    assert verdicts == [("example.onion", "error", "policy"), ("onion", "error", "policy"),
                        ("found.onion.test", "found", None)], results
    assert dns.stats()["names"] == 1, "nobody is told of a name under .onion"


def test_hosts_file(make_daemon, dns):
    daemon = make_daemon(dns)
    daemon.hosts.write_text(
        "# comment\n192.0.2.77 nx.hosts.test Alias.hosts.test # more\n2001:db8::77 six.hosts.test\n")
    with daemon:
        results = {r["domain"]: r for r in daemon.api.run(
            ["nx.hosts.test", "alias.hosts.test", "six.hosts.test", "nx.other.test"])}
    for name, address in [("nx", "192.0.2.77"), ("alias", "192.0.2.77"), ("six", "2001:db8::77")]:
        result = results[f"{name}.hosts.test"]
        assert (result["status"], result["addresses"]) == ("found", [address]), result
        assert result["evidence"] == [{"source": "hosts"}], result
    assert results["nx.other.test"]["reason"] == "nxdomain"
    assert dns.stats()["names"] == 1, "names of the hosts file are not asked of a server"


@pytest.mark.parametrize("name, is_told", [("hosts", False), ("missing", True), ("folder", True), ("", False)])
def test_hosts_file_that_cannot_be_read(make_daemon, dns, tmp_path, name, is_told):
    """Names that stand in it would be asked of the servers, so it is told."""
    (tmp_path / "folder").mkdir()
    with make_daemon(dns, settings={"dns.hosts_file": name and str(tmp_path / name)}) as daemon:
        assert ("event=no_hosts_file" in daemon.lines.text()) == is_told, daemon.lines.text()


@pytest.mark.settings({"dns.timeout": "1500ms", "dns.attempts": "2"})
def test_mix_is_counted_exactly(api):
    shares = {"found": 1000, "nx": 1000, "nodata": 300, "servfail": 500, "refused": 200, "trunc": 100, "drop": 100}
    names = [f"{word}-{i}.test" for i in range(1000) for word, n in shares.items() if i < n]
    job = api.wait(api.submit(names), 50)
    expected = {("found", None): 1000, ("not_found", "nxdomain"): 1000, ("not_found", "no_address"): 300,
                ("error", "servfail"): 500, ("error", "refused"): 200, ("error", "truncated"): 100,
                ("error", "timeout"): 100}
    assert tally(api.results(job)) == expected
    assert job["counts"] == {"found": 1000, "not_found": 1300, "error": 900}, job


@pytest.mark.settings({"dns.timeout": "10s"})
def test_duplicates_are_asked_once_and_reported_each(api, dns):
    names = [f"found-{i}.test" for i in range(1200)]
    disguised = [name.upper() + "." for name in names]
    results = api.run([*names, *disguised, *names])
    check_complete(results, 3600)
    assert tally(results) == {("found", None): 3600}
    assert dns.stats()["queries"] == 1200, "each distinct name is asked once"


@pytest.mark.parametrize("attempts, expected", [(1, ("error", "timeout")), (3, ("found", None))])
def test_attempts_of_the_job(api, attempts, expected):
    [result] = api.run(["flaky.test"], attempts=attempts)
    assert (result["status"], result["reason"]) == expected, result


def test_timeout_of_the_job(api):
    quick, = api.run(["slow-1.test"], timeout_ms=100, attempts=1)
    assert quick["reason"] == "timeout", f"300 ms are more than 100 ms: {quick}"
    patient, = api.run(["slow-2.test"], timeout_ms=5000, attempts=1)
    assert patient["status"] == "found", patient


def test_silent_server_beside_a_good_one(make_daemon, dns):
    with Stub() as silent:
        silent.toggle_black_hole()
        with make_daemon(silent, dns, settings={"dns.timeout": "200ms"}) as daemon:
            results = daemon.api.run(f"{word}-{i}.test" for i in range(50) for word in ("found", "nx"))
    assert tally(results) == {("found", None): 50, ("not_found", "nxdomain"): 50}


def test_failing_server_beside_a_good_one(make_daemon, dns):
    with Stub("--servfail-all") as failing, make_daemon(failing, dns) as daemon:
        results = daemon.api.run(f"{word}-{i}.test" for i in range(50) for word in ("found", "nx"))
    assert tally(results) == {("found", None): 50, ("not_found", "nxdomain"): 50}


def test_no_server_answers(api, dns):
    dns.toggle_black_hole()
    results = api.run((f"found-{i}.test" for i in range(20)), attempts=2, timeout_ms=100)
    assert tally(results) == {("error", "timeout"): 20}, "a dead network is not 'not found'"
