"""Whom a download may reach: addresses however they are written, ports, schemes, redirects, TLS, and what is left out.

The stub listens on 127.0.0.1 and 127.0.0.2, and the daemon may reach the second only. So whatever slips through
a check is seen as a connection to the first.
"""
import socket
import struct
import threading

import pytest

from client import tally
from web import Web, fetch, fetch_settings, name_server, open_world

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"
OPTIONS = ("--listen", PRIVATE, "--listen", PUBLIC)
ZONE = ("public.test A 127.0.0.2", "private.test A 127.0.0.1", "other.test A 127.0.0.2",
        "mixed.test A 127.0.0.1", "mixed.test A 127.0.0.2", "six.test AAAA ::1", "mapped.test AAAA ::ffff:127.0.0.1",
        "metadata.test A 169.254.169.254", "ten.test A 10.1.2.3", "nat64.test AAAA 64:ff9b::7f00:1",
        "alias.cname.test A 127.0.0.1")


@pytest.fixture(scope="module")
def web():
    with Web(*OPTIONS, tls=True) as stub:
        yield stub


@pytest.fixture
def dns(tmp_path):
    with name_server(tmp_path, *ZONE) as stub:
        yield stub


@pytest.fixture
def guarded(request, make_daemon, tmp_path, dns, web):
    """A daemon that may reach PUBLIC at the stub's ports, or what the marker `settings` says."""
    marker = request.node.get_closest_marker("settings")
    settings = {**fetch_settings(tmp_path), "targets.allow": PUBLIC, "targets.ports": f"{web.port},{web.tls_port}",
                **(marker.args[0] if marker else {})}
    with make_daemon(dns, settings=settings) as daemon:
        yield daemon


def url(web, host, path="/files/a", port=None):
    return f"http://{host}:{port or web.port}{path}"


def check_denied(daemon, web, urls, **fields):
    """Check that each URL is denied, and that nobody was reached while that was found out."""
    before = web.connections(PRIVATE)
    results = fetch(daemon.api, urls, **fields)
    others = [result for result in results if result["reason"] != "denied_target"]
    assert tally(results) == {("error", "denied_target"): len(urls)}, others
    assert web.connections(PRIVATE) == before, "a forbidden address was reached"
    for result in results:
        assert result["file"] is None and result["attempts"] <= 1, f"asking again changes nothing: {result}"
    return results


def test_what_is_allowed(guarded, web):
    before = web.connections(PRIVATE)
    results = fetch(guarded.api, [url(web, host) for host in (PUBLIC, "public.test", "127.0.2", "[::ffff:127.0.0.2]")])
    assert tally(results) == {("ok", None): 4}, results
    assert {r["address"].removeprefix("::ffff:") for r in results} == {PUBLIC} and web.connections(PRIVATE) == before


SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f.0.0.1", "0X7F000001", "2130706433", "017700000001",
    "0177.0.0.01", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]",
    "[::127.0.0.1]", "[::]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]", "0.0.0.0", "0", "127.0.0.3", "127.255.255.254", "%31%32%37.0.0.1", "１２７.0.0.1",
    "①②⑦.⓪.⓪.①", "localhost.",
]


def test_spellings(guarded, web):
    """However it is written, it is the same address. (No name server knows `localhost.`: it is the file of hosts.)"""
    guarded.hosts.write_text("127.0.0.1 localhost localhost.\n")
    guarded.restart()
    before = web.connections(PRIVATE)
    results = fetch(guarded.api, [url(web, host) for host in SPELLINGS])
    for host, result in zip(SPELLINGS, results):
        assert result["status"] == "error", f"{host}: {result}"
        assert result["reason"] in ("denied_target", "invalid_url", "dns_not_found"), f"{host}: {result}"
    denied = {host for host, result in zip(SPELLINGS, results) if result["reason"] == "denied_target"}
    assert denied >= {"127.0.0.1", "0x7f.1", "2130706433", "017700000001", "127.1", "[::1]", "[::ffff:127.0.0.1]",
                      "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0", "127.0.0.3"}
    assert web.connections(PRIVATE) == before, "a forbidden address was reached"


SPECIAL = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.0.1", "169.254.169.254",
    "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "192.0.0.8", "[fe80::1]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[100::1]",
    "[fec0::1]",
    "[64:ff9b::10.0.0.1]", "[64:ff9b::169.254.169.254]", "[2002:a00:1::1]", "[2002:a9fe:a9fe::1]", "[2001:0:a00:1::]",
    "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::10.0.0.1]",
]


@pytest.mark.settings({"targets.allow": None})
def test_nothing_special_without_a_setting(guarded, web):
    """Private, link-local, metadata, documentation, multicast, carrier NAT and their disguises."""
    results = check_denied(guarded, web, [url(web, host) for host in [*SPECIAL, PUBLIC, PRIVATE]])
    assert all(result["detail"] for result in results), "each says why"


def test_names(guarded, web):
    """A name is what it resolves to, all of it."""
    names = ["private.test", "six.test", "mapped.test", "metadata.test", "ten.test", "nat64.test", "cname.cname.test"]
    check_denied(guarded, web, [url(web, name) for name in names])
    before = web.connections(PRIVATE)
    [result] = fetch(guarded.api, [url(web, "mixed.test")])
    assert (result["reason"] == "denied_target" and result["status"] == "error") or result["address"] == PUBLIC, result
    assert web.connections(PRIVATE) == before


def test_hosts_file(guarded, web):
    """Names of the file of hosts get no better treatment than those of the DNS."""
    guarded.hosts.write_text("127.0.0.1 intranet intranet.test\n127.0.0.2 good-host.test\n")
    guarded.restart()
    check_denied(guarded, web, [url(web, "intranet.test")])
    assert tally(fetch(guarded.api, [url(web, "good-host.test")])) == {("ok", None): 1}


class TurncoatDns:
    """A name server whose first answer about a name is PUBLIC, and each later one PRIVATE, without a time to live."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self.n_answers = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(1500)
            if not query:
                return
            end = query.index(0, 12) + 5
            record = b""
            if query[end - 3] == 1:     # type A
                address = socket.inet_aton(PRIVATE if self.n_answers else PUBLIC)
                record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + address
                self.n_answers += 1
            head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if record else 0, 0, 0)
            self._socket.sendto(head + query[12:end] + record, client)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        host, port = self.address.split(":")
        self._socket.sendto(b"", (host, int(port)))
        self._thread.join(5)
        self._socket.close()


def test_an_answer_that_changes(make_daemon, tmp_path, web):
    """What was checked is what is connected to: a name server that changes its mind in between gains nothing."""
    settings = {**fetch_settings(tmp_path), "targets.allow": PUBLIC, "targets.ports": web.port}
    with TurncoatDns() as turncoat, make_daemon(turncoat, settings=settings) as daemon:
        before = web.connections(PRIVATE)
        [first] = fetch(daemon.api, [url(web, "turncoat.test", "/files/a?connection=close")])
        assert (first["status"], first["address"]) == ("ok", PUBLIC), first
        later = fetch(daemon.api, [url(web, "turncoat.test", f"/files/{i}?connection=close") for i in range(5)])
        assert all(r["address"] == PUBLIC or r["reason"] == "denied_target" for r in later), later
        later = fetch(daemon.api, [url(web, "turncoat.test", "/files/r?status=503")], attempts=3)
        assert all(r["address"] in (None, PUBLIC) for r in later), later
        assert web.connections(PRIVATE) == before, "a forbidden address was reached"


def redirect(web, to, host=PUBLIC, **options):
    """Return a URL that leads to another one."""
    return web.url("/redirect", host=host, to=to, **options)


def test_redirects_are_judged_anew(guarded, web):
    targets = [url(web, PRIVATE), url(web, "private.test"), url(web, "[::ffff:127.0.0.1]"), url(web, "0x7f.1"),
               url(web, "2130706433"), f"//{PRIVATE}:{web.port}/files/a",
               url(web, "169.254.169.254", "/latest/meta-data/"),
               url(web, "cname.cname.test"), redirect(web, url(web, PRIVATE))]
    results = check_denied(guarded, web, [redirect(web, target) for target in targets])
    assert [r["redirects"] for r in results] == [1] * 8 + [2], results
    check_denied(guarded, web, [redirect(web, url(web, PRIVATE), status=code) for code in (301, 303, 307, 308)])
    results = fetch(guarded.api, [redirect(web, to) for to in (
        "ftp://127.0.0.2/a", "file:///etc/passwd", "gopher://127.0.0.2/", f"http://a:b@{PUBLIC}:{web.port}/files/a",
        "javascript:alert(1)", "data:,x")])
    assert {r["reason"] for r in results} <= {"invalid_url", "denied_target"} and len(results) == 6, results
    before = web.connections(PRIVATE)
    assert tally(fetch(guarded.api, [redirect(web, url(web, "public.test"))])) == {("ok", None): 1}
    assert web.connections(PRIVATE) == before


def test_reused_connections_are_judged(guarded, web):
    """An open connection is no way around the check."""
    fetch(guarded.api, [url(web, "public.test", f"/files/{i}") for i in range(5)])
    guarded.settings["targets.deny"] = PUBLIC
    guarded.restart()
    check_denied(guarded, web, [url(web, "public.test"), url(web, PUBLIC)])


@pytest.mark.settings({"targets.allow": "169.254.0.0/16, 10.0.0.0/8, fd00::/8", "targets.ports": "1-65535"})
def test_metadata_in_an_allowed_range(guarded, web):
    """Metadata services stay denied unless they are named themselves."""
    check_denied(guarded, web, [
        "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://metadata.test/",
        "http://0xa9fea9fe/", "http://[::ffff:169.254.169.254]/", "http://100.100.100.200/"])


@pytest.mark.settings({"targets.allow": "127.0.0.0/8", "targets.ports": "1-65535"})
def test_own_listener(guarded, web):
    """The daemon doesn't ask itself, though the range is allowed."""
    port = guarded.address.rpartition(":")[2]
    hosts = ("127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "private.test")
    results = check_denied(guarded, web, [f"http://{host}:{port}/jobs" for host in hosts])
    assert all(r["http_status"] is None for r in results)
    check_denied(guarded, web, [redirect(web, f"http://127.0.0.1:{port}/healthz")])
    assert tally(fetch(guarded.api, [url(web, PRIVATE)])) == {("ok", None): 1}, "its neighbours at other ports are fine"


@pytest.mark.settings({"targets.allow": "127.0.0.0/8, 127.0.0.1", "targets.ports": "1-65535"})
def test_own_listener_by_name(guarded):
    port = guarded.address.rpartition(":")[2]
    assert tally(fetch(guarded.api, [f"http://127.0.0.1:{port}/healthz"])) == {("ok", None): 1}


@pytest.mark.settings({"targets.allow": "127.0.0.0/8", "targets.deny": "127.0.0.1"})
def test_deny_wins(guarded, web):
    check_denied(guarded, web, [url(web, PRIVATE), url(web, "private.test"), redirect(web, url(web, PRIVATE))])
    assert tally(fetch(guarded.api, [url(web, PUBLIC)])) == {("ok", None): 1}


def test_ports(guarded, web):
    """Only the ports of the setting, before any name is resolved, and after redirects too."""
    other = web.port - 1 if web.port - 1 != web.tls_port else web.port - 2
    targets = [url(web, PUBLIC, port=port) for port in (22, 25, 80, 443, other, 65535)]
    check_denied(guarded, web, [*targets, f"http://{PUBLIC}/", f"https://{PUBLIC}/", url(web, "nx.example", port=22)])
    check_denied(guarded, web, [redirect(web, target) for target in targets])


@pytest.mark.settings({"targets.ports": None})
def test_default_ports(guarded, web):
    """80 and 443, where nobody listens here."""
    results = fetch(guarded.api, [f"http://{PUBLIC}/", f"https://{PUBLIC}/", url(web, PUBLIC)], attempts=1)
    assert [r["reason"] == "denied_target" for r in results] == [False, False, True], results


@pytest.mark.parametrize("key, value", [
    ("targets.allow", "127.0.0.0/33"), ("targets.allow", "localhost"), ("targets.allow", "127.0.0.1/"),
    ("targets.deny", "::/129"), ("targets.ports", "0"), ("targets.ports", "80-"), ("targets.ports", "90-80"),
    ("targets.ports", "65536"), ("targets.ports", "http"), ("flags.servers", "LOCAL"), ("flags.servers", "A=ftp://h/"),
    ("downloads.max_bytes", "lots")])
def test_bad_settings(make_daemon, dns, key, value):
    """A rule that can't be understood is no reason to start without it."""
    daemon = make_daemon(dns, settings={key: value})
    with pytest.raises(AssertionError):
        daemon.start()
    assert daemon.wait_end() == 1 and key.split(".")[1] in daemon.lines.text()


# --- What is left out of requests ---

SECRET = {"Authorization": "Bearer secret", "Referer": "http://public.test/secret", "Accept": "image/gif"}


def test_headers_are_dropped_when_the_host_changes(guarded, web):
    same = web.url("/files/same", host="public.test")
    other = web.url("/files/other", host="other.test")
    back = redirect(web, web.url("/files/back", host="public.test"), host="other.test")
    other_port = f"https://public.test:{web.tls_port}/files/port"
    urls = [{"url": redirect(web, to, host="public.test"), "headers": SECRET} for to in (same, other, back, other_port)]
    results = fetch(guarded.api, urls)
    assert [r["status"] for r in results[:3]] == ["ok"] * 3
    assert web.headers("/files/same")["authorization"] == "Bearer secret"
    for path in ("/files/other", "/files/back"):
        headers = web.headers(path)
        assert "authorization" not in headers and "secret" not in str(headers), f"{path}: {headers}"
    assert "secret" not in str(web.headers("/files/port"))
    assert web.headers("/files/other")["host"] == f"other.test:{web.port}"


def test_no_cookies(guarded, web):
    cookie = "Set-Cookie: a=secret; Path=/"
    fetch(guarded.api, [web.url("/files/cookie", host="public.test", header=cookie)])
    fetch(guarded.api, [web.url("/files/no-cookie", host="public.test")])
    fetch(guarded.api, [redirect(web, "/files/after", host="public.test", header=cookie)])
    assert "cookie" not in web.headers("/files/no-cookie") and "cookie" not in web.headers("/files/after")


def test_no_proxy_and_no_netrc(make_daemon, tmp_path, dns, web):
    """The environment and the files of the user who started the daemon change nothing."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine public.test login user password secret\ndefault login user password secret\n")
    (home / ".netrc").chmod(0o600)
    (home / ".curlrc").write_text("user = user:secret\n")
    proxy = f"http://{PRIVATE}:{web.port}"
    environment = {f"{name}_proxy": proxy for name in ("http", "https", "all")}
    environment |= {name.upper(): value for name, value in environment.items()}
    environment |= {"HOME": str(home), "NETRC": str(home / ".netrc"), "CURL_HOME": str(home)}
    settings = {**fetch_settings(tmp_path), "targets.allow": PUBLIC, "targets.ports": f"{web.port},{web.tls_port}"}
    daemon = make_daemon(dns, settings=settings)
    before = web.connections(PRIVATE)
    daemon.start(environment=environment)
    try:
        assert tally(fetch(daemon.api, [url(web, "public.test", "/files/direct")])) == {("ok", None): 1}
        fetch(daemon.api, [web.tls_url("/files/direct", host="public.test")], attempts=1)
        assert web.connections(PRIVATE) == before, "the proxy was asked"
        headers = web.headers("/files/direct")
        assert not [name for name in headers if "auth" in name or "proxy" in name], headers
    finally:
        daemon.stop()


# --- TLS ---

@pytest.fixture(scope="module")
def secure(tmp_path_factory, contract):
    """A daemon that trusts the stub's CA, and the stub."""
    with open_world(tmp_path_factory.mktemp("tls"), contract, {}, {"tls": True}) as world:
        yield world


TLS = {"expired.test": "expired", "selfsigned.test": "self_signed", "wronghost.test": "wrong_host",
       "untrusted.test": "untrusted"}


def test_tls(secure):
    hosts = ["good.test", *TLS]
    good, *others = fetch(secure.api, [secure.web.tls_url("/files/tls", host=host) for host in hosts], attempts=1)
    assert (good["status"], good["detail"]) == ("ok", None) and good["timings"]["tls_ms"] > 0, good
    for host, result in zip(TLS, others):
        assert (result["status"], result["reason"], result["http_status"]) == ("error", "tls", None), result
        assert result["detail"].startswith(TLS[host]), f"{host}: {result['detail']}"
    assert secure.web.requests("/files/tls")[-1].host.startswith("good"), "no request went to the others"
    assert len(secure.web.requests("/files/tls")) == 1


def test_tls_to_an_address(secure):
    [result] = fetch(secure.api, [secure.web.tls_url("/files/ip", host="127.0.0.1")])
    assert result["status"] == "ok", result
    with Web(tls=True) as other:
        [result] = fetch(secure.api, [other.tls_url("/files/ip", host="127.0.0.1")], attempts=1)
        assert result["detail"].startswith("untrusted"), f"the CA of another stub: {result}"


def test_tls_is_not_http(secure):
    web = secure.web
    results = fetch(secure.api, [
        f"https://good.test:{web.port}/files/a", f"http://good.test:{web.tls_port}/files/a"], attempts=1)
    assert results[0]["reason"] in ("tls", "connect") and results[1]["reason"] in ("connect", "truncated"), results


def test_no_way_from_https_to_http(secure):
    web, api = secure.web, secure.api
    down = web.tls_url("/redirect", to=web.url("/files/down", host="good.test"))
    [result] = fetch(api, [down])
    assert (result["status"], result["reason"]) == ("error", "denied_target"), result
    assert web.requests("/files/down") == []
    up = web.url("/redirect", host="good.test", to=web.tls_url("/files/up"))
    same = web.tls_url("/redirect", to=web.tls_url("/files/same"))
    assert tally(fetch(api, [up, same])) == {("ok", None): 2}
    bad = web.url("/redirect", host="good.test", to=web.tls_url("/files/bad", host="expired.test"))
    [result] = fetch(api, [bad], attempts=1)
    assert result["reason"] == "tls" and result["detail"].startswith("expired"), result


def test_downgrade_when_allowed(make_daemon, tmp_path, dns, web):
    settings = {**fetch_settings(tmp_path), "downloads.ca_file": web.ca, "downloads.allow_downgrade": "yes"}
    with make_daemon(dns, settings=settings) as daemon:
        down = web.tls_url("/redirect", to=web.url("/files/down", host="good.test"))
        assert tally(fetch(daemon.api, [down])) == {("ok", None): 1}


def test_the_systems_authorities(guarded, web):
    """Without a setting, only those are trusted."""
    [result] = fetch(guarded.api, [web.tls_url("/files/a", host=PUBLIC)], attempts=1)
    assert result["reason"] == "tls" and result["detail"].startswith("untrusted"), result


def test_tls_reset(secure):
    """Connections that end badly under TLS."""
    web = secure.web
    results = fetch(secure.api, [
        web.tls_url("/files/cut", size=50_000, cut=1000), web.tls_url("/files/reset", size=50_000, reset=1000),
        web.tls_url("/files/close", size=50_000, framing="close")], attempts=1)
    assert results[0]["reason"] == "truncated" and results[1]["reason"] in ("truncated", "connect", "tls"), results
    assert results[2]["status"] == "ok" and results[2]["bytes"] == 50_000, results[2]
