"""Is a name registered, available or reserved? With a DNS and an RDAP server that say all there is to say."""
import datetime
import email.utils
import http.server
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stub"))

from client import expect  # noqa: E402
from processes import DEADLINE, Stub, binary, eventually  # noqa: E402
from rdap_stub import RdapStub  # noqa: E402

ZONE = """\
reg-delegated.dev A 192.0.2.1
free-delegated.dev A 192.0.2.1
html-delegated.dev A 192.0.2.1
nodata-delegated.dev NODATA
"""


def settings_for(folder, servers, **more):
    """Settings with these RDAP servers, by suffix."""
    overrides = folder / "overrides.json"
    overrides.write_text(json.dumps({suffix: stub.url for suffix, stub in servers.items()}), encoding="ascii")
    ports = ",".join(stub.host.partition(":")[2] for stub in servers.values())
    return {"registration.overrides": str(overrides), "registration.allow_http": "yes",
            "registration.bootstrap_url": "", "targets.allow": "127.0.0.1", "targets.ports": ports or "443",
            "registration.timeout": "1s", "registration.attempts": "1", **more}


@pytest.fixture(name="world")
def _world(make_daemon, tmp_path):
    """A daemon, and the RDAP server of .dev."""
    zone = tmp_path / "zone"
    zone.write_text(ZONE, encoding="ascii")
    with RdapStub() as rdap, Stub("--zone", str(zone)) as dns:
        with make_daemon(dns, settings=settings_for(tmp_path, {"dev": rdap})) as daemon:
            yield daemon.api, rdap


def check(api, names, **fields):
    rows = api.run(names, check="registration", **fields)
    return {row["domain"]: row for row in rows}


# label: status, reason, likely_available
VERDICTS = {
    "free1": ("available", None, False),
    "empty1": ("available", None, False),
    "premium1": ("available", "premium_period", False),
    "blocked1": ("reserved", "blocked", False),
    "reg1": ("registered", None, False),
    "drops1": ("registered", None, False),
    "dates1": ("registered", None, False),
    "html404x": ("unknown", "malformed", True),
    "cdn1": ("unknown", "malformed", True),
    "html1": ("unknown", "malformed", True),
    "other1": ("unknown", "malformed", True),
    "error200x": ("unknown", "malformed", True),
    "search1": ("unknown", "malformed", True),
    "bad1": ("unknown", "malformed", True),
    "auth1": ("unknown", "malformed", True),
    "moved1": ("unknown", "malformed", True),
    "loop1": ("unknown", "malformed", True),
    "huge1": ("unknown", "malformed", True),
    "mute1": ("unknown", "timeout", True),
    "reg-delegated": ("registered", None, False),
    "free-delegated": ("registered", None, False),
    "html-delegated": ("registered", None, False),
    "nodata-delegated": ("registered", None, False),
    "servfail-free": ("unknown", "servfail", False),
}


def test_every_answer(world):
    api, _ = world
    rows = check(api, [f"{label}.dev" for label in VERDICTS])
    got = {name.removesuffix(".dev"): (row["status"], row["reason"], row["likely_available"])
           for name, row in rows.items()}
    assert got == VERDICTS


def test_available_needs_both_proofs(world):
    api, _ = world
    for row in check(api, [f"{label}.dev" for label in VERDICTS]).values():
        if row["status"] != "available":
            continue
        proofs = {piece["source"]: piece for piece in row["evidence"]}
        assert proofs["dns"]["rcode"] == "NXDOMAIN"
        assert proofs["rdap"]["status"] == 404


def test_registered_names_are_not_asked_about_without_need(world):
    api, rdap = world
    check(api, ["reg-delegated.dev"])
    assert not rdap.asked


def test_details(world):
    api, _ = world
    rows = check(api, ["reg-delegated.dev", "free-delegated.dev", "drops1.dev", "dates1.dev"], details=True)
    row = rows["reg-delegated.dev"]
    assert (row["registrar"], row["created"], row["expires"], row["rdap_status"], row["drops"]) == \
        ("Example Registrar", "2020-02-03T04:05:06.000Z", "2030-01-01T00:00:00.000Z", ["active"], False)
    assert rows["free-delegated.dev"]["conflict"] is True
    assert rows["drops1.dev"]["drops"] is True
    odd = rows["dates1.dev"]
    assert odd["expires"] == "2030-01-01T00:00:00.000Z" and odd["registrar"] is None
    assert odd["rdap_status"] == ["active", "client hold"]


def test_names_below_and_above_a_registrable_name(world):
    api, rdap = world
    rows = check(api, ["www.free1.dev", "dev", "foo.nosuchtld"])
    assert rows["www.free1.dev"]["status"] == "available"
    assert "free1.dev" in rdap.asked and "www.free1.dev" not in rdap.asked
    assert rows["dev"]["status"] == rows["foo.nosuchtld"]["status"] == "unknown"


def test_counts_text_csv_and_filters(world):
    api, _ = world
    job = api.wait(api.submit(["free1.dev", "reg1.dev", "blocked1.dev", "cdn1.dev", "a..b"], check="registration"))
    assert job["counts"] == {"registered": 1, "available": 1, "reserved": 1, "unknown": 2}
    text = api.get(f"/jobs/{job['id']}/results", params={"format": "text"}).text
    assert sorted(text.splitlines()) == sorted(
        ["+ free1.dev", "  reg1.dev", "- blocked1.dev blocked", "? cdn1.dev malformed", "? a..b invalid_name"])
    csv = api.get(f"/jobs/{job['id']}/results", params={"format": "csv"}).text
    assert "likely_available" in csv.splitlines()[0]
    assert [row["domain"] for row in api.results(job, status="available")] == ["free1.dev"]


def test_a_server_without_its_sentinel_frees_no_name(make_daemon, tmp_path):
    with RdapStub(has_sentinel=False) as rdap, Stub() as dns:
        with make_daemon(dns, settings=settings_for(tmp_path, {"dev": rdap})) as daemon:
            rows = check(daemon.api, ["free1.dev", "free2.dev", "reg1.dev"])
    assert rows["free1.dev"]["status"] == rows["free2.dev"]["status"] == "unknown"
    assert rows["free1.dev"]["likely_available"] and rows["reg1.dev"]["status"] == "registered"


def test_a_dead_server_frees_no_name(make_daemon, tmp_path):
    with RdapStub() as rdap, Stub() as dns:
        settings = settings_for(tmp_path, {"dev": rdap})
        rdap.close()
        with make_daemon(dns, settings=settings) as daemon:
            row = check(daemon.api, ["free1.dev"])["free1.dev"]
    assert (row["status"], row["reason"], row["likely_available"]) == ("unknown", "connect", True)


def test_a_dead_dns_frees_no_name(make_daemon, tmp_path):
    with RdapStub() as rdap, Stub("--servfail-all") as dns:
        with make_daemon(dns, settings=settings_for(tmp_path, {"dev": rdap})) as daemon:
            rows = check(daemon.api, ["free1.dev", "reg1.dev"])
    assert rows["free1.dev"]["status"] == "unknown" and rows["free1.dev"]["reason"] == "servfail"
    assert rows["reg1.dev"]["status"] == "registered", "the registry's word is enough for that"


def test_without_rdap_or_bootstrap(make_daemon, tmp_path):
    with Stub() as dns, make_daemon(dns, settings=settings_for(tmp_path, {})) as daemon:
        row = check(daemon.api, ["free1.dev"])["free1.dev"]
    assert (row["status"], row["reason"], row["likely_available"]) == ("unknown", "no_bootstrap", True)


def test_a_bootstrap_of_the_operator(make_daemon, tmp_path):
    with RdapStub() as rdap, Stub() as dns:
        services = [[["dev", "app"], [rdap.url]]] + [[[f"tld{i}"], ["https://rdap.example/"]] for i in range(600)]
        path = tmp_path / "bootstrap.json"
        path.write_text(json.dumps({"publication": "2026-07-23T02:00:03Z", "services": services}), encoding="ascii")
        settings = settings_for(tmp_path, {"shop": rdap}, **{"registration.bootstrap": str(path)})
        with make_daemon(dns, settings=settings) as daemon:
            rows = check(daemon.api, ["free1.app", "free1.example"])
    assert rows["free1.app"]["status"] == "available"
    assert rows["free1.example"]["reason"] == "no_rdap"


def test_budget(world):
    api, rdap = world
    rows = check(api, [f"free{i}.dev" for i in range(10)], rdap={"max": 3})
    assert sum(row["status"] == "available" for row in rows.values()) == 3
    assert sum(row["reason"] == "rdap_budget" and row["likely_available"] for row in rows.values()) == 7
    assert sum(rdap.asked[f"free{i}.dev"] for i in range(10)) == 3
    rows = check(api, ["free90.dev", "servfail-reg.dev"], rdap="unlikely_only")
    assert rows["free90.dev"]["reason"] == "rdap_budget" and rdap.asked["free90.dev"] == 0


def test_answers_are_used_again(world):
    api, rdap = world
    names = ["free1.dev", "reg1.dev", "cdn1.dev", "blocked1.dev"]
    first, again = check(api, names, details=True), check(api, names + ["www.free1.dev"], details=True)
    assert [rdap.asked[name] for name in names] == [1, 1, 2, 1], "what says nothing is not kept"
    assert not any("cached" in row for row in first.values())
    for name in ("free1.dev", "reg1.dev", "blocked1.dev"):
        old, new = first[name], again[name]
        assert new["cached"] is True and new["status"] == old["status"] and new["reason"] == old["reason"]
        assert new["evidence"][-1] == old["evidence"][-1], "with the time when it was asked"
    assert again["reg1.dev"]["registrar"] == "Example Registrar" and again["www.free1.dev"]["cached"]
    assert "cached" not in again["cdn1.dev"]
    assert "cached" not in check(api, ["free1.dev"], max_age=0)["free1.dev"] and rdap.asked["free1.dev"] == 2
    assert check(api, ["free1.dev"], max_age=1000, rdap={"max": 0})["free1.dev"]["cached"], "the budget is not touched"
    expect(api("POST", "/jobs", json={"kind": "domains", "domains": ["a.dev"], "max_age": 1}), 422)


def test_confirm(world):
    """What RDAP was not asked about is asked about in another job; with a key only once."""
    api, rdap = world
    job = api.wait(api.submit([f"free{i}.dev" for i in range(6)] + ["reg1.dev", "found-1.dev", "a..b"], label="mine",
                              check="registration", rdap="unlikely_only"))
    assert not rdap.asked
    answers = [api("POST", f"/jobs/{job['id']}/confirm", headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [a.status_code for a in answers] == [202, 202] and answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    done = api.wait(answers[0].json())
    assert (done["total"], done["retry_of"], done["label"]) == (7, job["id"], "mine")
    assert done["counts"] == {"registered": 1, "available": 6, "reserved": 0, "unknown": 0}
    expect(api("POST", f"/jobs/{done['id']}/confirm"), 409)
    other = api.wait(api.submit(["found-1.dev"]))
    assert expect(api("POST", f"/jobs/{other['id']}/confirm"), 409).json()["detail"] == \
        "The job does not check registrations."
    retried = api("POST", f"/jobs/{job['id']}/retry", headers={"Idempotency-Key": "k"})
    assert retried.status_code == 422, "the key was used for something else"
    ctl = subprocess.run([binary("src/asyncprobectl"), "confirm", job["id"]], capture_output=True, text=True, check=False,
                         timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": api.url})
    assert ctl.returncode == 0 and "+ free1.dev" in ctl.stdout.splitlines(), ctl


def test_what_a_job_waits_for(make_daemon, tmp_path):
    with RdapStub() as one, RdapStub("127.0.0.2") as two, Stub() as dns:
        settings = settings_for(tmp_path, {"dev": one, "app": one, "shop": two}, **{
            "registration.rates": f"{one.host}=2,{two.host}=1", "targets.allow": "127.0.0.0/8",
            "daemon.drain_timeout": "1s"})
        with make_daemon(dns, settings=settings) as daemon:
            api = daemon.api
            names = [f"free{i}.{tld}" for i in range(50) for tld in ("dev", "app", "shop", "eu")] + ["a..b", "dev"]
            dry = api.post({"kind": "domains", "check": "registration", "domains": names}, 200, {"dry_run": "true"}).json()
            waits = {wait["host"]: wait for wait in dry["waiting_for"]}
            assert {host: wait["left"] for host, wait in waits.items()} == {one.host: 100, two.host: 50}
            assert 40 < seconds_until(waits[one.host]["eta"]) < 60 and waits[one.host]["until"] is None
            assert dry["no_rdap"] == [{"suffix": "eu", "names": 50}]
            assert not one.times and not (tmp_path / "rdap-hosts").exists(), "nothing was asked"
            job = api.submit(names, check="registration")
            eventually(lambda: api.show(job)["completed"] >= 53, "what needs no RDAP is done")
            waits = {wait["host"]: wait for wait in api.show(job)["waiting_for"]}
            assert 80 < waits[one.host]["left"] <= 100 and 40 < waits[two.host]["left"] <= 50
            assert 1.5 < waits[one.host]["rate"] <= 2 and 30 < seconds_until(waits[one.host]["eta"]) < 60
            ctl = subprocess.run([binary("src/asyncprobectl"), "show", job["id"]], capture_output=True, text=True,
                                 check=False, timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": api.url})
            assert f"{two.host}: " in ctl.stdout, ctl
            expect(api("POST", f"/jobs/{job['id']}/cancel"), 200)
            assert api.show(job)["waiting_for"] == []


@pytest.mark.seconds(120)
def test_never_over_the_rate(make_daemon, tmp_path):
    """Slow registries hold up neither others nor names that need none."""
    with RdapStub(limit=50) as fast, RdapStub(limit=5) as slow, Stub() as dns:
        settings = settings_for(tmp_path, {"dev": fast, "app": slow}, **{"registration.rates": f"{fast.host}=40,{slow.host}=4"})
        with make_daemon(dns, settings=settings) as daemon:
            names = [f"free{i}.app" for i in range(40)] + [f"free{i}.dev" for i in range(300)] + \
                [f"found-{i}.app" for i in range(300)]
            begin = time.monotonic()
            job = daemon.api.submit(names, check="registration")
            daemon.api.wait(job, 60)
            rows = daemon.api.results(job)
            seconds = time.monotonic() - begin
    assert fast.n_over == slow.n_over == 0
    assert all(row["status"] == ("registered" if row["domain"].startswith("found") else "available") for row in rows)
    order = [row["domain"] for row in rows]
    assert max(order.index(f"found-{i}.app") for i in range(300)) < order.index("free30.app")
    assert seconds >= 300 / 40 - 1


@pytest.mark.seconds(120)
def test_a_registry_that_hangs_holds_up_nobody(make_daemon, tmp_path):
    """More names than can be under way wait for it, and still other names and other jobs have their results."""
    with RdapStub("127.0.0.2", is_mute=True) as mute, RdapStub() as fast, Stub() as dns:
        settings = settings_for(tmp_path, {"app": mute, "dev": fast}, **{
            "registration.rates": f"{mute.host}=1000,{fast.host}=1000", "registration.timeout": "100s",
            "daemon.drain_timeout": "1s", "targets.allow": "127.0.0.0/8"})
        with make_daemon(dns, settings=settings) as daemon:
            api = daemon.api
            names = [f"free{i}.app" for i in range(22000)] + [f"found-{i}.app" for i in range(300)] + \
                [f"free{i}.dev" for i in range(300)]
            slow = api.submit(names, check="registration")
            eventually(lambda: mute.times, "the slow one is asked")
            assert check(api, ["free900.dev", "found-900.app"])["free900.dev"]["status"] == "available"
            assert {row["status"] for row in api.run(["found-1.app", "nx-1.app"])} == {"found", "not_found"}
            eventually(lambda: api.show(slow)["completed"] == 600, "all that needs the other one is done", 60)
            assert api.show(slow)["counts"] == {"registered": 300, "available": 300, "reserved": 0, "unknown": 0}
            assert len(mute.times) <= 8, "so many requests are under way at one time"


@pytest.mark.seconds(120)
def test_names_that_wait_outlast_kills(make_daemon, tmp_path):
    """No verdict is lost, and what was stored is never asked again."""
    with RdapStub(limit=120) as one, RdapStub(limit=120) as two, Stub() as dns:
        settings = settings_for(tmp_path, {"app": one, "dev": two}, **{
            "registration.rates": f"{one.host}=100,{two.host}=100", "registration.attempts": "3"})
        daemon = make_daemon(dns, settings=settings)
        names = [f"free{i}.{tld}" for i in range(400) for tld in ("app", "dev")] + \
            [f"found-{i}.dev" for i in range(2500)]
        stored = {}
        with daemon:
            job = daemon.api.submit(names, check="registration")
            for least in (2600, 2800, 3000):
                eventually(lambda n=least: daemon.api.show(job)["completed"] >= n, "some are stored")
                stored = {row["domain"]: row["status"] for row in daemon.api.results(job)}
                before = {name: one.asked[name] + two.asked[name] for name in stored}
                daemon.kill9()
                daemon.start()
                assert {row["domain"] for row in daemon.api.results(job)} >= set(stored)
            daemon.api.wait(job, 60)
            rows = daemon.api.results(job)
    assert len(rows) == len({row["domain"] for row in rows}) == len(names)
    assert {row["status"] for row in rows if row["domain"].startswith("free")} == {"available"}
    assert one.n_over == two.n_over == 0
    assert {name: one.asked[name] + two.asked[name] for name in before} == before


@pytest.mark.parametrize("status", [403, 422, 429, 503])
def test_a_registry_that_refuses(make_daemon, tmp_path, status):
    """It is left alone for a while; three refusals in a row rest it, and names end without a verdict."""
    with RdapStub(retry_after="1") as rdap, Stub() as dns:
        rdap.refuses = {status}
        with make_daemon(dns, settings=settings_for(tmp_path, {"dev": rdap})) as daemon:
            job = daemon.api.submit(["free1.dev", "found-1.dev"], check="registration")
            eventually(lambda: daemon.api.show(job)["completed"] == 1, "the other name is done")
            host = eventually(
                lambda: next((h for h in daemon.api.get("/registries").json()["hosts"] if h["until"]), None), "it is held")
            assert host["host"] == rdap.host and host["waiting"] == 1 and host["refused"] == 1
            assert len(rdap.times) == 1, "it is held for 30 s at least"


RETRY_AFTER = {
    "100": (95, 101), "0": (25, 31), "-5": (25, 31), "garbage": (25, 31), "1e18": (25, 31), "1.5": (25, 31), "": (25, 31),
    "99999999999999999999999": (3590, 3601), "7200": (3590, 3601), "date": (595, 601), "past": (25, 31),
}


def seconds_until(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - time.time()


def held(api, rdap):
    hosts = api.get("/registries").json()["hosts"]
    return next((h for h in hosts if h["host"] == rdap.host and h["until"]), None)


@pytest.mark.parametrize("value", RETRY_AFTER)
def test_retry_after(make_daemon, tmp_path, value):
    dates = {"date": time.time() + 600, "past": time.time() - 600}
    text = email.utils.formatdate(dates[value], usegmt=True) if value in dates else value
    with RdapStub(retry_after=text) as rdap, Stub() as dns:
        rdap.refuses = {429}
        with make_daemon(dns, settings=settings_for(tmp_path, {"dev": rdap})) as daemon:
            daemon.api.submit(["free1.dev"], check="registration")
            host = eventually(lambda: held(daemon.api, rdap), "it is held")
            least, most = RETRY_AFTER[value]
            assert least <= seconds_until(host["until"]) <= most


@pytest.mark.parametrize("end", ["kill9", "stop"])
def test_a_restart_forgets_no_refusal(make_daemon, tmp_path, end):
    with RdapStub(retry_after="600") as rdap, Stub() as dns:
        rdap.refuses = {429}
        settings = settings_for(tmp_path, {"dev": rdap}, **{"daemon.drain_timeout": "1s"})
        daemon = make_daemon(dns, settings=settings)
        with daemon:
            daemon.api.submit(["free1.dev"], check="registration")
            before = eventually(lambda: held(daemon.api, rdap), "it is held")
            eventually(lambda: "0.000" not in (tmp_path / "rdap-hosts").read_text(encoding="ascii").split()[3:4],
                       "the hold is on the disk")
            getattr(daemon, end)()
        rdap.refuses = set()
        with daemon:
            daemon.api.submit(["free2.dev"], check="registration")
            after = eventually(lambda: held(daemon.api, rdap), "it is held still")
            assert abs(seconds_until(after["until"]) - seconds_until(before["until"])) < 1
            assert after["rate_per_second"] == before["rate_per_second"] < 10
    assert len(rdap.times) == 1


def test_a_restart_begins_without_a_burst(make_daemon, tmp_path):
    """A host that was never asked may be asked for 20 names at once; one that was, as much as before the kill."""
    with RdapStub() as rdap, Stub() as dns:
        daemon = make_daemon(dns, settings=settings_for(tmp_path, {"dev": rdap}))
        n = []
        for _ in range(4):
            with daemon:
                daemon.api.submit([f"free{len(n)}-{i}.dev" for i in range(200)], check="registration")
                eventually(lambda: len(rdap.times) > sum(n) + 5, "it is asked again")
                daemon.kill9()
            n.append(len(rdap.times) - sum(n))
        seconds = rdap.times[-1] - rdap.times[0]
    assert len(rdap.times) <= 20 + 10 * seconds + 2, (n, seconds)


def test_registries(world):
    api, rdap = world
    check(api, ["free1.dev"])
    state = api.get("/registries").json()
    host = next(h for h in state["hosts"] if h["host"] == rdap.host)
    assert host["asked"] >= 2 and host["refused"] == 0 and host["rate_per_second"] > 0
    assert state["bootstrap"]["published_at"] is None and state["bootstrap"]["source"] is None
    metrics = api.metrics()
    assert metrics['asyncprobed_rdap_requests_total{outcome="answered"}'] >= 2
    assert metrics['asyncprobed_rdap_suffixes{source="operator"}'] == 1


class Bootstrap:
    """Serves a bootstrap over HTTP; what it says can be changed."""

    def __init__(self, text, etag=None):
        self.text, self.etag, self.n, self.headers = text, etag, 0, []
        bootstrap = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                bootstrap.n += 1
                body = bootstrap.text.encode()
                bootstrap.headers.append(dict(self.headers))
                if bootstrap.etag is not None and self.headers.get("If-None-Match") == bootstrap.etag:
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(200)
                if bootstrap.etag is not None:
                    self.send_header("ETag", bootstrap.etag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/dns.json"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def bootstrap_text(url, published="2026-07-23T02:00:03Z", n=600):
    services = [[["dev"], [url]]] + [[[f"tld{i}"], ["https://rdap.example/"]] for i in range(n)]
    return json.dumps({"publication": published, "services": services})


def test_the_bootstrap_is_fetched_once_and_kept(make_daemon, tmp_path):
    with RdapStub() as rdap, Stub() as dns:
        source = Bootstrap(bootstrap_text(rdap.url))
        settings = settings_for(tmp_path, {"shop": rdap}, **{"registration.bootstrap_url": source.url})
        settings["targets.ports"] += f",{source.port}"
        daemon = make_daemon(dns, settings=settings)
        with daemon:
            rows = check(daemon.api, ["free1.dev", "free2.dev"])
            assert {row["status"] for row in rows.values()} == {"available"}
            assert daemon.api.get("/registries").json()["bootstrap"]["published_at"] == "2026-07-23T02:00:03.000Z"
            eventually(lambda: list(tmp_path.glob("*bootstrap.json")), "the copy is kept")
        assert source.n == 1
        source.close()
        with daemon:  # what the source said is known without it
            assert check(daemon.api, ["free3.dev"])["free3.dev"]["status"] == "available"


def test_the_bootstrap_is_asked_for_with_its_etag(make_daemon, tmp_path):
    with RdapStub() as rdap, Stub() as dns:
        source = Bootstrap(bootstrap_text(rdap.url), 'W/"tag-1"')
        settings = settings_for(tmp_path, {"shop": rdap}, **{"registration.bootstrap_url": source.url})
        settings["targets.ports"] += f",{source.port}"
        daemon = make_daemon(dns, settings=settings)
        with daemon:
            assert check(daemon.api, ["free1.dev"])["free1.dev"]["status"] == "available"
            state = daemon.api.get("/registries").json()["bootstrap"]
            assert state["source"] == source.url and state["checked_at"] and state["suffixes"]["iana"] == 601
            assert daemon.api.metrics()["asyncprobed_rdap_bootstrap_age_seconds"] > 0
            eventually(lambda: list(tmp_path.glob("*bootstrap.json")), "the copy is kept")
        with daemon:
            assert check(daemon.api, ["free2.dev"])["free2.dev"]["status"] == "available"
            state = eventually(lambda: (lambda s: s if s["checked_at"] else None)(
                daemon.api.get("/registries").json()["bootstrap"]), "the source confirms the copy")
            assert state["suffixes"]["iana"] == 601
        assert [h.get("If-None-Match") for h in source.headers] == [None, 'W/"tag-1"']
        assert {h["Accept-Encoding"] for h in source.headers} == {"identity"}
        source.text = bootstrap_text(rdap.url, published="2026-01-01T00:00:00Z")
        source.etag = '"older"'
        with daemon:  # what was published before is refused
            assert check(daemon.api, ["free3.dev"])["free3.dev"]["status"] == "available"
            daemon.wait_event("rdap_bootstrap_failed")
            state = daemon.api.get("/registries").json()["bootstrap"]
            assert state["published_at"] == "2026-07-23T02:00:03.000Z" and state["checked_at"] is None
        source.close()


@pytest.mark.parametrize("text", ["", "[]", "<html>", '{"services":[]}', bootstrap_text("http://127.0.0.1:1/", n=100)])
def test_a_bad_bootstrap_is_refused(make_daemon, tmp_path, text):
    with RdapStub() as rdap, Stub() as dns:
        source = Bootstrap(text)
        settings = settings_for(tmp_path, {"shop": rdap}, **{"registration.bootstrap_url": source.url})
        settings["targets.ports"] += f",{source.port}"
        with make_daemon(dns, settings=settings) as daemon:
            row = check(daemon.api, ["free1.dev"])["free1.dev"]
            assert (row["status"], row["reason"]) == ("unknown", "no_bootstrap")
            assert daemon.api.get("/registries").json()["bootstrap"]["published_at"] is None
        source.close()
    assert not list(tmp_path.glob("*bootstrap.json"))


def test_asyncprobectl(world):
    api, _ = world
    done = subprocess.run(
        [binary("src/asyncprobectl"), "domains", "--check", "registration", "free1", "reg1", "blocked1", ".dev"],
        capture_output=True, text=True, check=False, timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": api.url})
    assert sorted(done.stdout.splitlines()) == ["  reg1.dev", "+ free1.dev", "- blocked1.dev blocked"], done
    assert "1 available, 2 taken, 0 unknown" in done.stderr and done.returncode == 0


# --- Without the registry's word ---


def test_one_server_of_the_right_zone_that_passes_the_test(make_daemon, tmp_path):
    """.uk's server denies a name of co.uk; the test of .invalid is made once for all names."""
    with Stub() as dns, make_daemon(dns, settings=settings_for(tmp_path, {})) as daemon:
        rows = check(daemon.api, [f"free{i}.dev" for i in range(20)] + ["free1.co.uk"])
        assert all(row["likely_available"] for row in rows.values())
        assert rows["free1.co.uk"]["evidence"][-1]["zone"] == "uk"
        assert dns.stats()["names"] == len(rows) + 1


def test_one_server_that_fails_the_test(make_daemon, tmp_path):
    """It invents answers for names that can't exist, so what it denies says little."""
    zone = tmp_path / "zone"
    zone.write_text("free1.dev NXDOMAIN\n", encoding="ascii")
    with Stub("--default", "found", "--lies", "--zone", str(zone)) as dns, \
            make_daemon(dns, settings=settings_for(tmp_path, {})) as daemon:
        row = check(daemon.api, ["free1.dev"])["free1.dev"]
    assert (row["status"], row["reason"], row["likely_available"]) == ("unknown", "no_bootstrap", False)
    assert row["evidence"][-1]["rcode"] == "NXDOMAIN"


def test_two_servers(make_daemon, tmp_path):
    """Both deny one name, and they disagree about another."""
    settings = settings_for(tmp_path, {}) | {"dns.timeout": "10s", "dns.check_interval": "0s"}
    zones = [tmp_path / "one", tmp_path / "two"]
    zones[0].write_text("split.dev NXDOMAIN\n", encoding="ascii")
    zones[1].write_text("split.dev A 192.0.2.1\n", encoding="ascii")
    with Stub("--zone", str(zones[0])) as one, Stub("--zone", str(zones[1])) as two, \
            make_daemon(one, two, settings=settings) as daemon:
        for _ in range(4):
            row = check(daemon.api, ["free1.dev"])["free1.dev"]
            assert row["likely_available"] and len({piece["server"] for piece in row["evidence"]}) == 2
            assert [piece["rcode"] for piece in row["evidence"]] == ["NXDOMAIN", "NXDOMAIN"]
            row = check(daemon.api, ["split.dev"])["split.dev"]
            assert not row["likely_available"] and row["status"] in ("registered", "unknown")


def certificate(folder):
    """A certificate for loopback that nobody has signed."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=rdap", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "untrusted"])
def test_tls(make_daemon, tmp_path, is_trusted):
    """Without plain HTTP allowed; a server that cannot show who it is frees no name, and registers none."""
    cert, key = certificate(tmp_path)
    with RdapStub(cert=(cert, key)) as rdap, Stub() as dns:
        settings = settings_for(tmp_path, {"dev": rdap}, **{"registration.allow_http": "no"})
        if is_trusted:
            settings["downloads.ca_file"] = str(cert)
        with make_daemon(dns, settings=settings) as daemon:
            rows = check(daemon.api, ["free1.dev", "reg1.dev"])
    got = {name: (row["status"], row["reason"]) for name, row in rows.items()}
    if is_trusted:
        assert got == {"free1.dev": ("available", None), "reg1.dev": ("registered", None)}
    else:
        assert got == {"free1.dev": ("unknown", "tls"), "reg1.dev": ("unknown", "tls")} and not rdap.asked


def test_an_answer_that_breaks_off(world):
    api, _ = world
    row = check(api, ["cut1.dev"])["cut1.dev"]
    assert row["status"] == "unknown" and row["reason"] is not None


# --- Whatever servers do ---

# first labels of the DNS stub; those behind which there is no name, and others
ABSENT = ["nx", "slownx", "dupnx", "flakynx"]
PRESENT = ["found", "nodata", "cname", "slow", "dup", "spoof", "wrongid", "servfailonce", "servfail", "refused", "notimp",
           "formerr", "trunc", "wrongname", "garbage", "malformed", "flaky", "drop"]
FREE = ["free", "empty", "premium"]
OTHER = ["reg", "drops", "dates", "other", "html404", "html", "error200", "search", "cdn", "blocked", "bad", "auth", "moved",
         "loop", "cut"]


def mixed_names(n, seed):
    """Names of all kinds of DNS answers with all kinds of RDAP answers; the slow ones are few."""
    draw = random.Random(seed)
    dns = ABSENT * 8 + PRESENT
    return [f"{draw.choice(dns)}-{draw.choice(FREE * 3 + OTHER)}{i}.dev" for i in range(n)]


@pytest.mark.seconds(180)
def test_faults_of_both_sides(make_daemon, tmp_path):
    """`available` is said of no name that the DNS or the registry has, and with both proofs only; `registered` of no other."""
    n = int(os.environ.get("MIXED_NAMES", "2000"))
    with RdapStub(reads_last=True) as rdap, Stub("--slow-ms", "50") as dns:
        settings = settings_for(tmp_path, {"dev": rdap}, **{
            "registration.rates": f"{rdap.host}=5000", "dns.timeout": "300ms", "dns.attempts": "2"})
        with make_daemon(dns, settings=settings) as daemon:
            names = mixed_names(n, 15)
            job = daemon.api.wait(daemon.api.submit(names, check="registration"), max(120, n / 50))
            assert job["state"] == "done" and job["completed"] == n
            rows = daemon.api.results(job)
    statuses = {}
    for row in rows:
        word, _, rest = row["domain"].partition("-")
        statuses.setdefault(row["status"], []).append(row["domain"])
        if row["status"] == "available":
            assert word in ABSENT and rest.startswith(tuple(FREE)), row
            proofs = {piece["source"]: piece for piece in row["evidence"]}
            assert proofs["dns"]["rcode"] == "NXDOMAIN" and proofs["dns"]["proof"] == "absent", row
            assert proofs["rdap"]["status"] == 404 and proofs["rdap"]["detail"] is None, row
        elif row["status"] == "registered":
            assert word not in ABSENT or rest.startswith(("reg", "drops", "dates")), row
        elif row["likely_available"]:
            assert word in ABSENT, row
    assert all(len(statuses[status]) > n / 100 for status in ("available", "registered", "unknown")), statuses
