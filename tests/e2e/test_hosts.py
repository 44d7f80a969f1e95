"""What a browser can be made to send: other names (DNS rebinding), other web pages; and what it is told."""
import json
import re
import socket

import pytest

from client import Client, expect
from processes import DEADLINE, TOP
from test_config import run
from tokens import bearer, write_tokens

ID = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
PAGE = "https://tools.example.com"
GOOD = {"kind": "domains", "domains": ["found.test"]}
HEADERS = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@pytest.fixture
def api(shared):
    """A client; afterwards no job must be there."""
    yield shared.api
    assert shared.api.jobs() == [], "what is refused queues nothing"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8653", "127.0.0.2", "192.0.2.1", "[::1]", ""])
@pytest.mark.parametrize("method, path", [("GET", "/jobs"), ("POST", "/jobs"), ("DELETE", f"/jobs/{ID}"), ("GET", "/metrics")])
def test_other_names(api, host, method, path):
    answer = api.raw(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode(), method, path)
    assert answer.status == 421, f"Host: {host}: {answer}"


@pytest.mark.parametrize("host", ["a b", "x:y", "localhost:", "localhost, evil.example", "evil.example/localhost", "a@localhost"])
def test_no_names(api, host):
    """What can't be a host is no request (RFC 9112 section 3.2)."""
    status = 200 if host == "localhost:" else 400
    assert api.raw(f"GET /jobs HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), "GET").status == status


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:65535", "localhost."])
def test_own_names(api, host):
    assert api.raw(f"GET /jobs HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), "GET").status == 200


def test_health_by_any_name(api):
    """Load balancers ask so, and nothing is told."""
    assert api.raw(b"GET /healthz HTTP/1.1\r\nHost: backend-7\r\n\r\n", "GET", "/healthz").status == 200


def test_no_name(api):
    assert api.raw(b"GET /jobs HTTP/1.0\r\n\r\n", "GET").status == 200


@pytest.mark.settings({"api.hosts": "probe.example.com, 192.0.2.7"})
def test_names_of_the_settings(daemon):
    for host, status in [("probe.example.com", 200), ("Probe.Example.COM:443", 200), ("192.0.2.7:8653", 200),
                         ("www.probe.example.com", 421), ("127.0.0.1", 200)]:
        answer = daemon.api.raw(f"GET /jobs HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), "GET")
        assert answer.status == status, f"{host}: {answer}"


def test_any_name_through_a_unix_socket(make_daemon, dns, tmp_path, contract):
    with make_daemon(dns, settings={"api.listen": f"unix:{tmp_path}/api.sock"}):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE)
            sock.connect(f"{tmp_path}/api.sock")
            sock.sendall(b"GET /jobs HTTP/1.1\r\nHost: whatever\r\n\r\n")
            assert Client("", contract).read_answer(sock, "GET").status == 200


def post(api, headers, body=None):
    return api("POST", "/jobs", data=json.dumps(body or GOOD), headers={"Content-Type": "application/json", **headers})


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://localhost:3000"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "none"},
], ids=str)
def test_web_pages_change_nothing(api, headers):
    expect(post(api, headers), 403)
    expect(api("DELETE", f"/jobs/{ID}", headers=headers), 403)
    expect(api("POST", f"/jobs/{ID}/cancel", headers=headers), 403)


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", ""])
def test_forms(api, media):
    """What a form can send is no job, even where a browser tells nothing of its page."""
    expect(api("POST", "/jobs", data=json.dumps(GOOD), headers={"Content-Type": media}), 415)


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_what_is_no_other_page(shared, site):
    response = expect(post(shared.api, {"Sec-Fetch-Site": site}), 202)
    shared.api("DELETE", response.headers["Location"])


def test_web_pages_read_nothing(api):
    """A browser shows an answer only to a page that is named in it."""
    for headers in ({"Origin": "https://evil.example"}, {"Origin": PAGE}, {}):
        response = api.get("/jobs", headers=headers)
        assert not [name for name in response.headers if name.lower().startswith("access-control-")], response.headers


def preflight(api, origin, method="POST", path="/jobs"):
    """Ask as a browser does before it sends a request; returns (status, headers)."""
    response = api._send("OPTIONS", path, headers={
        "Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization, content-type"})
    return response.status_code, response.headers


def test_no_preflight(api):
    status, headers = preflight(api, PAGE)
    assert status == 405 and "Access-Control-Allow-Origin" not in headers, headers


class TestPagesOfTheSettings:
    @pytest.fixture
    def secrets(self, tmp_path):
        return write_tokens(tmp_path / "tokens", {"all": "admin"})

    @pytest.fixture
    def api(self, make_daemon, dns, tmp_path, secrets):
        settings = {"api.origins": f"{PAGE} http://localhost:3000", "api.token_file": str(tmp_path / "tokens")}
        with make_daemon(dns, settings=settings) as daemon:
            yield daemon.api

    @pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000"])
    def test_they_may(self, api, secrets, origin):
        status, headers = preflight(api, origin)
        assert status == 204 and headers["Access-Control-Allow-Origin"] == origin, headers
        assert {"POST", "DELETE", "GET"} <= set(headers["Access-Control-Allow-Methods"].split(", "))
        assert {"Authorization", "Content-Type"} <= set(headers["Access-Control-Allow-Headers"].split(", "))
        assert "Access-Control-Allow-Credentials" not in headers and headers["Vary"] == "Origin"
        sent = {"Origin": origin, "Sec-Fetch-Site": "cross-site", **bearer(secrets["all"])}
        response = expect(post(api, sent), 202)
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert "Location" in response.headers["Access-Control-Expose-Headers"]
        expect(api("GET", "/jobs", headers=sent), 200)

    def test_they_may_all_that_the_api_has(self, api, contract):
        """Each method of the document, and each header that it names or that a handler reads."""
        by_browser = {"accept", "accept-encoding", "host", "origin", "sec-fetch-site", "content-length", "content-encoding"}
        read = {name for path in (TOP / "src").rglob("*.c")
                for name in re.findall(r'request_header\([^()]*?, "([\w-]+)"\)', path.read_text(encoding="utf-8"))}
        assert len(read) > 10, f"the search for request_header finds {read}"
        named = set()
        for method, path in contract.operations().values():
            _, headers = preflight(api, PAGE, method, path.replace("{id}", "x").replace("{name}", "x"))
            assert method in headers["Access-Control-Allow-Methods"].split(", "), f"{method} {path}: {headers}"
            item = contract.document["paths"][path]
            parameters = item.get("parameters", []) + item[method.lower()].get("parameters", [])
            named |= {p["name"] for p in map(contract.resolve, parameters) if p["in"] == "header"}
        allowed = {name.lower() for name in headers["Access-Control-Allow-Headers"].split(", ")}
        missing = {name.lower() for name in read | named} - by_browser - allowed
        assert named and not missing, f"a page may not send {missing}"

    def test_they_may_read_all_that_is_answered(self, api, contract):
        """Each header of the document that is not for the browser itself."""
        for_browser = {"vary", "content-length", "content-encoding", "content-security-policy", "x-content-type-options"}
        operations = [contract.document["paths"][path][method.lower()] for method, path in contract.operations().values()]
        responses = [contract.resolve(response) for operation in operations for response in operation["responses"].values()]
        named = {name.lower() for response in responses for name in response.get("headers", {})} - for_browser
        exposed = api("GET", "/jobs", headers={"Origin": PAGE}).headers["Access-Control-Expose-Headers"]
        assert named and named <= set(exposed.lower().split(", ")), exposed

    def test_they_need_a_token_too(self, api):
        response = expect(post(api, {"Origin": PAGE}), 401)
        assert response.headers["Access-Control-Allow-Origin"] == PAGE, "the page can tell why"

    @pytest.mark.parametrize("origin", ["https://evil.example", "http://tools.example.com", f"{PAGE}:8443", f"{PAGE}.evil.example"])
    def test_others_may_not(self, api, secrets, origin):
        status, headers = preflight(api, origin)
        assert status in (401, 405) and "Access-Control-Allow-Origin" not in headers
        assert headers["Vary"] == "Origin", "a cache must not mix them up"
        expect(post(api, {"Origin": origin, **bearer(secrets["all"])}), 403)


def test_headers_of_every_answer(shared):
    client = shared.api
    job = client.submit(["found.test"])["id"]
    client.wait(job)
    try:
        for method, path in [("GET", "/jobs"), ("GET", f"/jobs/{job}"), ("GET", f"/jobs/{job}/results"), ("GET", "/nothing"),
                             ("GET", f"/jobs/{job}/events"), ("GET", "/metrics"), ("GET", "/healthz"), ("GET", "/openapi.yaml"),
                             ("POST", "/jobs"), ("DELETE", f"/jobs/{ID}"), ("BREW", "/jobs")]:
            headers = client._send(method, path).headers
            is_stream = path.endswith(("/results", "/events"))  # which no proxy may hold back to pack it
            expected = {**HEADERS, "Cache-Control": "no-transform, no-cache"} if is_stream else HEADERS
            assert {name: headers.get(name) for name in HEADERS} == expected, f"{method} {path}: {headers}"
    finally:
        client("DELETE", f"/jobs/{job}")


@pytest.mark.parametrize("setting, is_good", [
    ("api.hosts=a.example b.example,192.0.2.1", True), ("api.hosts=http://a.example", False), ("api.hosts=a/b", False),
    ("api.origins=https://a.example http://b.example:8080", True), ("api.origins=a.example", False), ("api.origins=*", False),
    ("api.origins=https://a.example/", False), ("api.origins=null", False), ("api.origins=https://", False),
])
def test_settings(setting, is_good):
    assert run("-t", "-o", setting).returncode == (0 if is_good else 1)
