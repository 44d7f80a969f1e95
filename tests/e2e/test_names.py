"""For people who look for a name: generators and what they come to, grids, asyncprobectl whois."""
import pytest

from client import pointers
from processes import Stub

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
