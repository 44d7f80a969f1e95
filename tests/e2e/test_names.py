"""For people who look for a name: generators and what they come to, grids, asyncprobectl whois."""
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stub"))

import schedules  # noqa: E402
from client import pointers  # noqa: E402
from nsd import NSD, Nsd  # noqa: E402
from processes import DEADLINE, TOP, Stub, binary, eventually  # noqa: E402
from rdap_stub import RdapStub  # noqa: E402

NAMES = {"kind": "domains", "names": ["shop"], "tlds": ["test"]}


def count(api, fields):
    return api.post(fields, 200, {"dry_run": "true"}).json()


@pytest.mark.parametrize("fields, names", [
    ({"prefixes": ["get", "my-"]}, ["shop.test", "getshop.test", "my-shop.test"]),
    ({"suffixes": ["hq", "-app"]}, ["shop.test", "shophq.test", "shop-app.test"]),
    ({"prefixes": ["get"], "suffixes": ["hq"], "tlds": ["test", "com.br"]},
     ["shop.test", "shop.com.br", "getshop.test", "getshop.com.br", "shophq.test", "shophq.com.br"]),
    ({"names": ["{a,b}x"], "prefixes": ["my"]}, ["ax.test", "myax.test", "bx.test", "mybx.test"]),
    ({"names": ["a", "long"], "prefixes": ["my"], "max_length": 4}, ["a.test", "mya.test", "long.test"]),
    ({"names": ["whole.example", "a"], "suffixes": ["b"]}, ["whole.example", "a.test", "ab.test"]),
    ({"names": ["a", "a"], "prefixes": []}, ["a.test", "a.test"]),
    ({"tlds": ["@mine"]}, ["shop.io", "shop.co.uk"]),
    ({"tlds": ["io", "@mine", "@mine"]}, ["shop.io", "shop.co.uk"]),
])
def test_generators(make_daemon, dns, fields, names):
    with make_daemon(dns, settings={"registration.tld_presets": "mine=io+co.uk"}) as daemon:
        counted = count(daemon.api, {**NAMES, **fields})
        assert (counted["first"], counted["total"]) == (names, len(names))
        rows = daemon.api.results(daemon.api.wait(daemon.api.post({**NAMES, **fields}).json()))
    assert [row["domain"] for row in sorted(rows, key=lambda row: row["index"])] == names


@pytest.mark.parametrize("fields, pointer", [
    ({"prefixes": ["a.b"]}, "/prefixes/0"),
    ({"prefixes": ["get", ""]}, "/prefixes/1"),
    ({"suffixes": ["a" * 64]}, "/suffixes/0"),
    ({"suffixes": [7]}, "/suffixes/0"),
    ({"prefixes": "get"}, "/prefixes"),
    ({"prefixes": ["a"] * 101}, "/prefixes/100"),
    ({"tlds": ["@nosuch"]}, "/tlds"),
    ({"tlds": ["@"]}, "/tlds"),
    ({"tlds": ["@all"], "prefixes": [f"p{i}" for i in range(60)]}, "/tlds"),
    ({"names": ["????????"]}, "/names"),
    ({"names": ["####"], "prefixes": [f"p{i}" for i in range(100)], "tlds": [f"t{i}" for i in range(100)]}, "/names"),
])
def test_what_is_too_much_or_none(shared, fields, pointer):
    assert pointers(shared.api.post({**NAMES, **fields}, 422)) == [pointer]


def test_affixes_need_words(shared):
    fields = {"kind": "domains", "domains": ["a.test"], "prefixes": ["get"], "suffixes": ["hq"]}
    assert pointers(shared.api.post(fields, 422)) == ["/prefixes", "/suffixes"]


def test_presets_of_tlds(shared):
    """`@` stands before their names, for some are called as TLDs are."""
    assert count(shared.api, {**NAMES, "tlds": ["tech"]})["first"] == ["shop.tech"]
    assert "shop.dev" in count(shared.api, {**NAMES, "tlds": ["@tech"]})["first"]
    assert count(shared.api, {**NAMES, "tlds": ["@popular"]})["first"][0] == "shop.com"
    n_all, n_country = (count(shared.api, {**NAMES, "tlds": [preset]})["total"] for preset in ("@all", "@country"))
    assert n_all > 1000 and 200 < n_country < 300


def test_lines_under_presets(shared):
    query = {"kind": "domains", "tlds": "@tech,example", "prefixes": "get,my", "dry_run": "true"}
    tech = count(shared.api, {**NAMES, "tlds": ["@tech"]})["total"]
    answer = shared.api.post("one\ntwo\n", 200, query, media="text/plain").json()
    assert answer["total"] == 2 * 3 * (tech + 1)


def test_generated_names_survive_a_kill(make_daemon, tmp_path):
    """They are those of the submission, though a preset has changed since."""
    fields = {**NAMES, "names": ["found#"], "prefixes": ["nx-"], "tlds": ["@mine"]}
    settings = {"registration.tld_presets": "mine=test+example"}
    with Stub() as dns:
        daemon = make_daemon(dns, settings=settings)
        daemon.start()
        job = daemon.api.post({**fields, "rate": 40}).json()
        daemon.kill9()
        daemon.settings["registration.tld_presets"] = "mine=com"
        with daemon:
            rows = daemon.api.results(daemon.api.wait(job))
    assert sorted(row["domain"] for row in rows) == \
        sorted(f"{p}found{d}.{tld}" for p in ("", "nx-") for d in range(10) for tld in ("test", "example"))


def test_a_preset_in_a_schedule(make_daemon, dns):
    """It is looked up at each run."""
    with make_daemon(dns, settings={"registration.tld_presets": "mine=test"}) as daemon:
        daemon.api("POST", "/schedules", json={"every": "1h", "job": {**NAMES, "tlds": ["@mine"]}}).raise_for_status()
        bad = daemon.api("POST", "/schedules", json={"every": "1h", "job": {**NAMES, "tlds": ["@none"]}})
        assert bad.status_code == 422


# --- Grids ---

ZONE = "reg-delegated.dev A 192.0.2.1\nreg-delegated.app A 192.0.2.1\n"


def registry_settings(folder, rdap):
    """Settings with the RDAP servers that are named in overrides.json."""
    return {"registration.overrides": str(folder / "overrides.json"), "registration.allow_http": "yes",
            "registration.bootstrap_url": "", "targets.allow": "127.0.0.1",
            "targets.ports": rdap.host.partition(":")[2], "registration.timeout": "1s", "registration.attempts": "1"}


@pytest.fixture(name="registries")
def _registries(make_daemon, tmp_path):
    """A daemon, and the RDAP server of .dev and .app; none is known for .io."""
    zone = tmp_path / "zone"
    zone.write_text(ZONE, encoding="ascii")
    overrides = tmp_path / "overrides.json"
    with RdapStub() as rdap, Stub("--zone", str(zone)) as dns:
        overrides.write_text(json.dumps({"dev": rdap.url, "app": rdap.url}), encoding="ascii")
        with make_daemon(dns, settings=registry_settings(tmp_path, rdap)) as daemon:
            yield daemon.api, rdap


def read_grid(api, job, status=200, **query):
    return api.get(f"/jobs/{job['id']}/results", status, params={"format": "grid", **query})


def test_grid(registries):
    api, _ = registries
    job = api.post({"kind": "domains", "check": "registration", "domains": ["whole.dev"],
                    "names": ["reg-delegated", "free1", "blocked1", "cdn1"], "tlds": ["dev", "app", "io"]}).json()
    api.wait(job)
    assert read_grid(api, job).text == ("               dev  app  io\n"
                                        "reg-delegated  .    .    ~\n"
                                        "free1          +    +    ~\n"
                                        "blocked1       -    -    ~\n"
                                        "cdn1           ~    ~    ~\n")
    csv = read_grid(api, job, csv="safe")
    assert csv.headers["Content-Type"].startswith("text/csv")
    assert csv.text == ("word,dev,app,io\r\nreg-delegated,registered,registered,unknown\r\n"
                        "free1,available,available,unknown\r\nblocked1,reserved,reserved,unknown\r\n"
                        "cdn1,unknown,unknown,unknown\r\n")
    accepted = api.get(f"/jobs/{job['id']}/results", params={"format": "grid"}, headers={"Accept": "text/csv"})
    assert accepted.text == csv.text
    filtered = api.get(f"/jobs/{job['id']}/results", params={"format": "grid", "status": "available", "csv": "raw"})
    assert filtered.text == "word,dev,app,io\r\nfree1,available,available,\r\n"


@pytest.mark.parametrize("job", [
    {"kind": "domains", "domains": ["found-1.test"]},
    {"kind": "domains", "names": ["found-1", "whole.test"], "tlds": ["test"]},
])
def test_jobs_without_a_grid(shared, job):
    job = shared.api.wait(shared.api.post(job).json())
    assert pointers(read_grid(shared.api, job, 400)) == ["/format"]


@pytest.mark.parametrize("query", ["after=1", "limit=1", "follow=true", "reason=timeout", "csv=x", "status=x"])
def test_a_grid_is_whole(shared, query):
    job = shared.api.wait(shared.api.post({"kind": "domains", "names": ["found-1"], "tlds": ["test"]}).json())
    name, _, value = query.partition("=")
    response = shared.api("GET", f"/jobs/{job['id']}/results", params={"format": "grid", name: value})
    assert response.status_code == 400 and pointers(response) == [f"/{name}"]


def test_a_grid_while_the_job_runs(make_daemon):
    """Cells without a result are empty; afterwards all are there, also after a restart."""
    with Stub() as dns:
        daemon = make_daemon(dns)
        with daemon:
            api = daemon.api
            job = api.post({"kind": "domains", "names": ["found-{1,2}", "drop-1"], "tlds": ["test", "example"],
                            "timeout_ms": 10000, "attempts": 20}).json()
            eventually(lambda: api.show(job)["completed"] == 4, "two words are done")
            assert read_grid(api, job, csv="raw").text == \
                "word,test,example\r\nfound-1,found,found\r\nfound-2,found,found\r\n"
            api("POST", f"/jobs/{job['id']}/cancel")
        with daemon:
            assert read_grid(daemon.api, job, csv="raw").text.splitlines()[1] == "found-1,found,found"


@pytest.mark.seconds(120)
def test_a_large_grid(make_daemon, dns):
    """It is made in windows, whatever the order of the results; duplicates have cells of their own."""
    words = [f"{'found' if i % 3 else 'nx'}-{i}" for i in range(70000)] + ["found-1"]
    with make_daemon(dns) as daemon:
        job = daemon.api.post("\n".join(words) + "\n", query={"kind": "domains", "tlds": "test"}).json()
        daemon.api.wait(job, 100)
        lines = read_grid(daemon.api, job, csv="raw").text.split("\r\n")
    assert lines[0] == "word,test" and lines[-1] == ""
    assert lines[1:-1] == [f"{word},{'found' if word.startswith('found') else 'not_found'}" for word in words]


# --- asyncprobectl ---

def ctl(api, *arguments):
    return subprocess.run([binary("src/asyncprobectl"), *arguments], capture_output=True, text=True, check=False,
                          timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": api.url})


@pytest.mark.parametrize("arguments, lines, status", [
    (["--sort", "reg1", "free1", "cdn1", ".dev"], ["? cdn1.dev malformed", "+ free1.dev", "  reg1.dev"], 1),
    (["--status", "available", "--sort", "reg1", "free2", "free1", ".dev"], ["+ free1.dev", "+ free2.dev"], 0),
    (["--status", "available", "reg1", "blocked1", ".dev"], [], 1),
    (["--status", "available", "reg1", "cdn1", ".dev"], [], 4),
    (["--status", "reserved", "reg1", "blocked1", ".dev"], ["- blocked1.dev blocked"], 0),
    (["--prefix", "free", "--status", "available", "x", ".app"], ["+ freex.app", "+ x.app"], 0),
    (["--grid", "reg1", "free1", ".dev", ".app"], ["       dev  app", "reg1   .    .", "free1  +    +"], 0),
    (["--grid", "--status", "available", "reg1", "free1", ".dev"], ["       dev", "free1  +"], 0),
])
def test_domains(registries, arguments, lines, status):
    api, _ = registries
    done = ctl(api, "domains", "--check", "registration", "-q", *arguments)
    got = done.stdout.splitlines()
    assert (got if "--sort" in arguments or "--grid" in arguments else sorted(got)) == lines, done
    assert done.returncode == status, done


def test_domains_as_json(registries):
    api, _ = registries
    done = ctl(api, "domains", "--check", "registration", "--json", "--sort", "--status", "available",
               "free2", "reg1", "free1", ".dev")
    assert [json.loads(line)["domain"] for line in done.stdout.splitlines()] == ["free1.dev", "free2.dev"]
    assert done.returncode == 0


@pytest.mark.parametrize("arguments", [
    ["domains", "--grid", "a.test"], ["domains", "--status", "free", "a.test"], ["whois"], ["whois", "a.dev", "b.dev"],
    ["domains", "--check", "records", "--types", "A", "--status", "found", "a.test"], ["domains", "x", "@"],
    ["schedules", "add", "--every", "1h", "domains", "--sort", "a.test"],
])
def test_bad_usage(shared, arguments):
    assert ctl(shared.api, *arguments).returncode == 2


@pytest.mark.parametrize("name, lines, status", [
    ("free1.dev", ["free1.dev is free.", r"evidence:  DNS 127\.\S+: NXDOMAIN.*; RDAP http\S+/domain/free1.dev: 404"], 0),
    ("premium1.dev", [r"premium1.dev is free \(premium_period\).", "evidence: .*"], 0),
    ("blocked1.dev", [r"blocked1.dev is reserved \(blocked\).", "evidence: .*"], 1),
    ("reg-delegated.dev", ["reg-delegated.dev is registered.", "registrar: Example Registrar",
                           r"created:   2020-02-03T04:05:06.000Z", r"expires:   2030-01-01T00:00:00.000Z",
                           "status:    active", "evidence: .*"], 1),
    ("drops1.dev", ["drops1.dev is registered.", "It is about to be deleted.", "registrar: .*", "created: .*", "expires: .*",
                    "status:    pending delete", "evidence: .*"], 1),
    ("cdn1.dev", [r"It is unknown whether cdn1.dev is registered \(malformed\).", "The DNS does not know it; .*",
                  r"evidence: .*: 404 \(the answer has status 404 and no error code of RDAP\)"], 4),
    ("free1.io", [r"It is unknown whether free1.io .*", "The DNS does not know it; .*", "evidence: .*"], 4),
    ("a..b", [r"It is unknown whether a..b is registered \(invalid_name\)."], 4),
])
def test_whois(registries, name, lines, status):
    api, _ = registries
    done = ctl(api, "whois", name)
    assert done.returncode == status, done
    got = done.stdout.splitlines()
    assert len(got) == len(lines) and all(re.fullmatch(want, line) for want, line in zip(lines, got)), done.stdout
    raw = ctl(api, "whois", "--json", name)
    assert (json.loads(raw.stdout)["domain"], raw.returncode) == (name, status)


def test_whois_without_a_daemon():
    done = subprocess.run([binary("src/asyncprobectl"), "whois", "a.dev"], capture_output=True, text=True, check=False,
                          timeout=DEADLINE, env={**os.environ, "ASYNCPROBED_URL": "http://127.0.0.1:1"})
    assert done.returncode == 3


# --- Names for sale ---

SALE_ZONE = """\
$ORIGIN dev.
$TTL 300
@ IN SOA ns hostmaster 1 3600 900 604800 60
@ IN NS ns
ns IN A 192.0.2.53
reg-sale IN A 192.0.2.1
_for-sale.reg-sale IN TXT "v=FORSALE1;furi=https://example.com/" "offer"
_for-sale.reg-sale IN TXT "v=FORSALE1;fval=EUR100"
_for-sale.reg-sale IN TXT "v=spf1 -all"
reg-kept IN A 192.0.2.1
_for-sale.free1 IN TXT "v=FORSALE1;fval=EUR1"
"""


@pytest.mark.skipif(NSD is None, reason="nsd is not installed")
def test_for_sale(make_daemon, tmp_path):
    folder = tmp_path / "nsd"
    folder.mkdir()
    (tmp_path / "overrides.json").write_text("{}", encoding="ascii")
    with Nsd(folder, {"dev": SALE_ZONE}) as dns, RdapStub() as rdap:
        (tmp_path / "overrides.json").write_text(json.dumps({"dev": rdap.url}), encoding="ascii")
        with make_daemon(dns, settings=registry_settings(tmp_path, rdap)) as daemon:
            names = ["reg-sale.dev", "reg-kept.dev", "free9.dev"]
            fields = {"check": "registration", "details": True}
            job = daemon.api.wait(daemon.api.submit(names, **fields))
            rows = {row["domain"]: row for row in daemon.api.results(job)}
            csv = daemon.api.get(f"/jobs/{job['id']}/results", params={"format": "csv"}).text
            plain = daemon.api.run(["reg-sale.dev"], check="registration")[0]
            done = ctl(daemon.api, "whois", "reg-sale.dev")
    assert rows["reg-sale.dev"]["for_sale"] == ["furi=https://example.com/offer", "fval=EUR100"]
    assert rows["reg-sale.dev"]["registrar"] == "Example Registrar"
    assert rows["reg-kept.dev"]["for_sale"] == []
    assert rows["free9.dev"]["status"] == "available" and "for_sale" not in rows["free9.dev"]
    assert "for_sale" not in plain and plain["status"] == "registered"
    assert "furi=https://example.com/offer fval=EUR100" in csv
    assert "for sale:  furi=https://example.com/offer, fval=EUR100" in done.stdout.splitlines()


def test_a_sale_that_could_not_be_asked_for(registries):
    """The verdict stands; nothing is said of a sale."""
    api, _ = registries
    row = api.run(["reg1.dev"], check="registration", details=True)[0]
    assert row["status"] == "registered" and row.get("for_sale", []) == []


# --- The recipe of the README: be told when a name becomes free ---

class Hook:
    """Keeps what is posted to it."""

    def __init__(self):
        self.calls = calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                calls.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def recipe():
    text = (TOP / "README.md").read_text(encoding="utf-8")
    return text.split("<!-- tests/e2e/test_names.py runs this -->\n```sh\n")[1].partition("```")[0]


def test_recipe_of_a_watch(make_daemon, tmp_path):
    zone = tmp_path / "zone"
    zone.write_text("wanted.dev A 192.0.2.1\nwanted.app A 192.0.2.1\n", encoding="ascii")
    with RdapStub() as rdap, Hook() as hook:
        (tmp_path / "overrides.json").write_text(json.dumps({"dev": rdap.url, "app": rdap.url}), encoding="ascii")
        settings = registry_settings(tmp_path, rdap)
        settings["targets.ports"] += f",{hook.port}"
        script = recipe().replace("https://example.org/hook", f"http://127.0.0.1:{hook.port}/hook")
        assert str(hook.port) in script
        environment = {**os.environ, "PATH": f"{Path(binary('src/asyncprobectl')).parent}:{os.environ['PATH']}"}
        with Stub("--zone", zone) as dns:
            port = dns.address.rpartition(":")[2]
            with make_daemon(dns, settings=settings) as daemon:
                api = daemon.api
                done = subprocess.run(["bash", "-euc", script + 'echo "$id"'], capture_output=True, text=True, check=False,
                                      timeout=DEADLINE, env={**environment, "ASYNCPROBED_URL": api.url})
                assert done.returncode == 0, done
                schedule = done.stdout.splitlines()[-1]
                first = api.wait(schedules.act(api, schedule, "run", 202))
                assert first["counts"]["registered"] == 2
        zone.write_text("wanted.app A 192.0.2.1\n", encoding="ascii")
        with Stub("--zone", zone, "--port", port) as dns, make_daemon(dns, settings=settings) as daemon:
            second = daemon.api.wait(schedules.act(daemon.api, schedule, "run", 202))
            assert second["counts"]["available"] == 1
            eventually(lambda: hook.calls, "the call")
    [change] = hook.calls[0]["data"]["changes"]
    assert (change["target"], change["from"]["status"], change["to"]["status"]) == ("wanted.dev", "registered", "available")
