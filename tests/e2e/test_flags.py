"""Jobs of flags: which codes, from where, saved under which name."""
import json
import string
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from client import pointers, tally
from processes import eventually
from web import by_index, content, flags, most_at_one_time, read_file, stored_files

POP20 = sorted(content.POP20)
ALL = sorted(content.COUNTRIES)
EVERY = [a + b for a in string.ascii_uppercase for b in string.ascii_uppercase]
BASE = "http://h0.test:8000/flags"


def codes_of(results):
    return [result["code"] for result in results]


def dry_run(api, **fields):
    """Return (how many, the first 20 codes) of what a job would be."""
    answer = api.post({"kind": "flags", "base_url": BASE, **fields}, 200, {"dry_run": "true"}).json()
    assert (answer["kind"], answer["check"], answer["duplicates"], answer["invalid"]) == ("flags", None, 0, 0), answer
    codes = [url.rpartition("/")[2].removesuffix(".gif") for url in answer["first"]]
    assert answer["first"] == [f"{BASE}/{code}/{code}.gif" for code in codes], "BASE_URL/cc/cc.gif in lower case"
    return answer["total"], [code.upper() for code in codes]


SETS = {  # case: (fields, all codes in order)
    "default": ({}, POP20),
    "pop20": ({"preset": "pop20"}, POP20),
    "all": ({"preset": "all"}, ALL),
    "every": ({"preset": "every"}, EVERY),
    "codes": ({"codes": ["us", "BR", "Cn"]}, ["BR", "CN", "US"]),
    "one letter": ({"codes": ["B"]}, EVERY[26:52]),
    "letter and code": ({"codes": ["BR", "b", "A"]}, EVERY[:52]),
    "duplicates": ({"codes": ["BR", "br", "BR", "AR"]}, ["AR", "BR"]),
    "limit": ({"preset": "all", "limit": 3}, ALL[:3]),
    "limit of unsorted codes": ({"codes": ["ZW", "AD", "BR"], "limit": 2}, ["AD", "BR"]),
    "limit of the default": ({"limit": 5}, POP20[:5]),
    "limit beyond": ({"codes": ["AD"], "limit": 50}, ["AD"]),
}


@pytest.mark.parametrize("fields, expected", SETS.values(), ids=SETS)
def test_codes(world, fields, expected):
    assert dry_run(world.api, **fields) == (len(expected), expected[:20])


def test_pop20(world):
    """The batch of the first example: 20 files, each a GIF, in no order but that of their completion."""
    results = flags(world.api, base_url=world.web.base())
    job = results.job
    assert (job["kind"], job["check"], job["counts"]) == ("flags", None, {"ok": 20, "not_found": 0, "error": 0})
    assert codes_of(results) == POP20
    for result in results:
        code, expected = result["code"], content.flag(result["code"])
        assert result["url"] == world.web.base() + f"/{code.lower()}/{code.lower()}.gif"
        assert result["name"] == result["file"] == f"{code}.gif" and result["content_type"] == "image/gif"
        assert (result["sha256"], result["bytes"]) == (content.hashlib.sha256(expected).hexdigest(), len(expected))
        assert read_file(world.api, job, f"{code}.gif") == expected
    text = world.api.get(f"/jobs/{job['id']}/results", params={"format": "text"}).text
    assert sorted(text.splitlines()) == [f"{code} OK" for code in POP20]
    assert [r["seq"] for r in world.api.results(job)] == list(range(1, 21))


def test_every(world):
    """676 codes of which 194 have a flag."""
    results = flags(world.api, preset="every", base_url=world.web.base(), concurrency=100)
    assert tally(results) == {("ok", None): 194, ("not_found", "http_404"): 676 - 194}
    assert [r["code"] for r in results if r["status"] == "ok"] == ALL
    folder = world.daemon.folder / "downloads" / results.job["id"]
    assert stored_files(folder) == {f"{code}.gif": content.flag(code) for code in ALL}


def test_failures(world):
    """One failure never stops the rest, and never counts twice."""
    results = flags(world.api, codes=["B"], attempts=1, base_url=world.web.base(status=418, percent=40))
    counts = tally(results)
    assert set(counts) <= {("ok", None), ("not_found", "http_404"), ("error", "http_status")} and len(results) == 26
    refused = [r["code"] for r in results if r["status"] == "error"]
    assert 3 <= len(refused) <= 18 and {r["http_status"] for r in results if r["status"] == "error"} == {418}
    text = world.api.get(f"/jobs/{results.job['id']}/results", params={"format": "text"}).text
    words = {"ok": "{} OK", "not_found": "{} not found", "error": "{} error: http_status"}
    assert sorted(text.splitlines()) == [words[r["status"]].format(r["code"]) for r in results]
    rows = world.api.get(f"/jobs/{results.job['id']}/results", params={"format": "csv"}).text.split("\r\n")[1:-1]
    assert sorted(row.split(",")[2] for row in rows) == EVERY[26:52]


def test_default_concurrency(world):
    base = world.web.base(delay=0.02)
    flags(world.api, base_url=base)
    prefix = base.partition("/with")[2]
    assert most_at_one_time([r for r in world.web.requests() if prefix in r.path]) == 5


def test_concurrency(fetcher, web):
    flags(fetcher.api, base_url=web.base(delay=0.05), concurrency=3)
    assert web.stats()["most"] == 3


def test_default_time_out(world):
    """6.1 s, as in the original."""
    [result] = flags(world.api, codes=["BR"], attempts=1, base_url=world.web.base(answer="silence"))
    assert result["reason"] == "timeout" and 6000 < result["duration_ms"] < 7000, result


def test_redirects_are_followed(world):
    [result] = results = flags(world.api, codes=["BR"], base_url=world.web.base(status=302, to="/flags/br/br.gif"))
    assert (result["status"], result["redirects"], result["name"]) == ("ok", 1, "BR.gif"), result
    assert read_file(world.api, results.job, "BR.gif") == content.flag("BR")


def test_redirects_on_both_ways(world):
    """The flag and its metadata.json are led elsewhere; what is told of redirects is told of the flag."""
    base = world.web.base(status=302, at="br.gif", to="/flags/br/br.gif")
    [result] = flags(world.api, codes=["BR"], base_url=base, name_by_country=True)
    assert (result["status"], result["redirects"], result["country"], result["file"]) == (
        "ok", 1, "Brazil", "Brazil.gif"), result
    assert result["final_url"] == world.web.url("/flags/br/br.gif")
    base = world.web.base(status=302, at="metadata.json", to="/flags/us/metadata.json")
    [result] = flags(world.api, codes=["BR"], base_url=base, name_by_country=True)
    assert (result["status"], result["redirects"], result["final_url"], result["file"]) == (
        "ok", 0, None, "United_States.gif"), result


def test_base_url_with_a_slash_or_capitals(world):
    for base in (world.web.base() + "/", f"http://H0.Test:{world.web.port}/FLAGS"):
        results = flags(world.api, codes=["BR"], base_url=base)
        assert tally(results) == {("ok", None): 1}, f"{base}: {results}"


# --- Servers by label ---

@pytest.fixture
def servers(make_daemon, tmp_path, web, dns):
    """A daemon whose labels lead to the stub."""
    labels = f"LOCAL={web.base()}, Error={web.base(status=418)}, gone={web.base(status=404)}"
    settings = {"targets.allow": "127.0.0.0/8", "targets.ports": "1-65535", "downloads.dir": f"{tmp_path}/downloads",
                "flags.servers": labels}
    with make_daemon(dns, settings=settings) as daemon:
        yield daemon


def test_servers(servers, web):
    api = servers.api
    for fields, expected in (
            ({}, ("ok", None)), ({"server": "local"}, ("ok", None)), ({"server": "LOCAL"}, ("ok", None)),
            ({"server": "ERROR"}, ("error", "http_status")), ({"server": "Gone"}, ("not_found", "http_404")),
            ({"server": "error", "base_url": web.base()}, ("ok", None))):
        assert tally(flags(api, codes=["BR"], attempts=1, **fields)) == {expected: 1}, fields
    response = api.post({"kind": "flags", "codes": ["BR"], "server": "REMOTE"}, 422)
    assert pointers(response) == ["/server"], response.text
    job = api.post("BR\n", query={"kind": "flags", "server": "local"}).json()
    assert tally(by_index(api, job)) == {("ok", None): 1}


def test_a_job_keeps_its_server(servers, web):
    """What a label means is settled when the job is queued, whatever the settings say after a restart."""
    job = servers.api.post({"kind": "flags", "codes": ["BR", "US"], "rate": 1}).json()
    servers.kill9()
    servers.settings["flags.servers"] = f"LOCAL={web.base(status=404)}"
    servers.start()
    assert tally(by_index(servers.api, job)) == {("ok", None): 2}


# --- Names by country ---

def test_name_by_country(world):
    results = flags(world.api, codes=["US", "BR", "GB", "XX", "CI"], name_by_country=True, base_url=world.web.base())
    by_code = {r["code"]: r for r in results}
    assert [by_code[code]["file"] for code in ("US", "BR", "GB")] == [
        "United_States.gif", "Brazil.gif", "United_Kingdom.gif"]
    assert [by_code[code]["country"] for code in ("US", "GB", "CI")] == [
        "United States", "United Kingdom", "Côte d'Ivoire"]
    assert all(by_code[code]["country_reason"] is None for code in ("US", "BR", "GB", "CI"))
    assert (by_code["XX"]["status"], by_code["XX"]["file"]) == ("not_found", None), by_code["XX"]
    for code in ("US", "BR", "GB", "CI"):
        assert read_file(world.api, results.job, by_code[code]["file"]) == content.flag(code)
    assert "/" not in by_code["CI"]["file"] and by_code["CI"]["file"].endswith(".gif")
    [result] = flags(world.api, codes=["US"], base_url=world.web.base())
    assert result["file"] == "US.gif" and "country" not in result


NO_COUNTRY = {  # case: what metadata.json says instead
    "no json": "hello", "empty": "", "list": "[]", "text": '"Brazil"', "no country": '{"iso_cc":"BR"}',
    "number": '{"country":7}', "null": '{"country":null}', "empty country": '{"country":""}',
    "blank": '{"country":"  "}',
    "cut": '{"country":"Bra', "dots": '{"country":".."}', "deep": "[" * 2000,
    "long": '{"country":"' + "x" * 6000 + '"}',
}


@pytest.mark.parametrize("text", NO_COUNTRY.values(), ids=NO_COUNTRY)
def test_bad_metadata(world, text):
    """The file is saved all the same, under its code or under some harmless name."""
    [result] = results = flags(world.api, codes=["BR"], name_by_country=True, base_url=world.web.base(json=text))
    assert result["status"] == "ok" and result["file"].endswith(".gif"), result
    if "x" * 1000 not in text:
        assert result["file"] == "BR.gif" and result["country"] is None and result["country_reason"] is not None, result
    assert read_file(world.api, results.job, result["file"]) == content.flag("BR")


HOSTILE = ["../../etc/passwd", "/etc/passwd", "..", "a/b", "a\\b", "a\0b", "\n", ".hidden", "x" * 3000, "con",
           "a\x1b[31m", "é\u202e"]


@pytest.mark.parametrize("name", HOSTILE, ids=[ascii(name)[:20] for name in HOSTILE])
def test_hostile_country(world, name):
    before = set(world.daemon.folder.rglob("*"))
    base = world.web.base(json=json.dumps({"country": name}))
    [result] = results = flags(world.api, codes=["BR"], name_by_country=True, base_url=base)
    assert result["status"] == "ok", result
    file = result["file"]
    assert file.endswith(".gif") and not file.startswith(".") and len(file.encode()) <= 255
    assert not set(file) & set("/\\\0\n\x1b"), file
    made = {path.relative_to(world.daemon.folder / "downloads").as_posix()
            for path in set(world.daemon.folder.rglob("*")) - before if "jobs.db" not in path.name}
    assert made == {results.job["id"], f"{results.job['id']}/{file}"}
    assert read_file(world.api, results.job, file) == content.flag("BR")


def test_two_countries_of_one_name(world):
    results = flags(world.api, codes=["BR", "US", "CN"], name_by_country=True, base_url=world.web.base(country="Land"))
    assert tally(results) == {("ok", None): 3} and len({r["file"] for r in results}) == 3
    for result in results:
        assert read_file(world.api, results.job, result["file"]) == content.flag(result["code"])


def country_server(countries):
    """Return a handler of flags: metadata.json says the country that a code has here, and 404 where it has none."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            code = self.path.split("/")[1]
            is_flag, known = self.path.endswith(".gif"), code.upper() in countries
            body = f"flag of {code}" if is_flag else json.dumps({"country": countries.get(code.upper())})
            self.send_response(200 if is_flag or known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    return Handler


@pytest.mark.parametrize("countries", [
    {"BR": "US", "CN": "DE"}, {"BR": "Land-US", "CN": "Land", "US": "Land"},
    {"BR": "A-DE", "CN": "A", "DE": "A", "US": "A-DE"}, {"BR": "-US", "CN": "-", "US": "-"}],
    ids=["codes", "name with a code", "the same again", "hyphens"])
def test_a_country_called_like_another_file(world, countries):
    """Whatever a server calls its countries, no flag takes the place of another one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), country_server(countries)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            results = flags(world.api, codes=["BR", "CN", "DE", "US"], name_by_country=True, concurrency=1,
                            base_url=f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
    assert tally(results) == {("ok", None): 4}
    for result in results:
        content_of = read_file(world.api, results.job, result["file"])
        assert content_of == f"flag of {result['code'].lower()}".encode(), [(r["code"], r["file"]) for r in results]


def test_metadata_has_its_place_in_the_limits(fetcher, web):
    results = flags(fetcher.api, codes=["B"], name_by_country=True, base_url=web.base(delay=0.02), concurrency=4)
    assert {status for status, _ in tally(results)} == {"ok", "not_found"}
    assert web.stats()["most"] <= 4, "requests for metadata count too"
    paths = web.stats()["paths"]
    assert sum(n for path, n in paths.items() if path.endswith("metadata.json")) >= 17


def test_metadata_fails(fetcher, web):
    """No answer about the country is no failure of the flag."""
    [result] = flags(fetcher.api, codes=["BR"], name_by_country=True, attempts=1, timeout_ms=700,
                     base_url=web.base(answer="silence", at="metadata.json"))
    assert (result["status"], result["file"], result["country"]) == ("ok", "BR.gif", None), result
    assert result["country_reason"] == "timeout", result
    [result] = flags(fetcher.api, codes=["BR"], name_by_country=True, base_url=web.base(status=404, at="metadata.json"))
    assert (result["status"], result["file"], result["country_reason"]) == ("ok", "BR.gif", "http_404"), result


def test_retry_after_of_metadata(fetcher, web):
    """The host that asks for a pause in its second answer gets it as well."""
    flags(fetcher.api, codes=["BR"], name_by_country=True,
          base_url=web.base(status=503, retry_after=2, at="metadata.json"))
    flags(fetcher.api, codes=["US"], base_url=web.base())
    [asked] = [r for r in web.requests() if r.path.endswith("metadata.json")]
    [later] = [r for r in web.requests() if r.path.endswith("us.gif")]
    assert 1.8 < later.start - asked.start < 5, "Retry-After of 2 s"


# --- Ways to ask ---

def test_lines(world):
    job = world.api.post("# codes\nus\r\n\nB\nbr", query={"kind": "flags", "limit": 3, "base_url": BASE,
                                                          "dry_run": "true"},
                         status=200).json()
    assert (job["total"], job["first"]) == (3, [f"{BASE}/{cc}/{cc}.gif" for cc in ("ba", "bb", "bc")])
    query = {"kind": "flags", "base_url": world.web.base(), "name_by_country": "true", "label": "lines"}
    job = world.api.post("us\nBR\n", query=query).json()
    assert job["label"] == "lines"
    assert [r["file"] for r in by_index(world.api, job)] == ["Brazil.gif", "United_States.gif"]


WRONG = {  # case: (fields, pointer)
    "three letters": ({"codes": ["BRA"]}, "/codes/0"),
    "digit": ({"codes": ["B1"]}, "/codes/0"),
    "empty code": ({"codes": ["BR", ""]}, "/codes/1"),
    "blank": ({"codes": [" BR"]}, "/codes/0"),
    "other letters": ({"codes": ["ÄÖ"]}, "/codes/0"),
    "sign": ({"codes": ["../"]}, "/codes/0"),
    "number": ({"codes": [1]}, "/codes/0"),
    "no list": ({"codes": "BR"}, "/codes"),
    "preset": ({"preset": "pop21"}, "/preset"),
    "preset of domains": ({"preset": "python-keywords"}, "/preset"),
    "limit of text": ({"limit": "3"}, "/limit"),
    "negative limit": ({"limit": -1}, "/limit"),
    "concurrency": ({"concurrency": 1001}, "/concurrency"),
    "unknown server": ({"server": "NOWHERE"}, "/server"),
    "no url": ({"base_url": "hello"}, "/base_url"),
    "url of a file": ({"base_url": "file:///etc"}, "/base_url"),
    "user in the url": ({"base_url": "http://user:secret@h0.test/flags"}, "/base_url"),
    "name_by_country": ({"name_by_country": "yes"}, "/name_by_country"),
    "urls": ({"urls": ["http://h0.test/"]}, "/urls"),
    "tlds": ({"tlds": ["dev"]}, "/tlds"),
    "unknown field": ({"code": "BR"}, "/code"),
}


@pytest.mark.parametrize("fields, pointer", WRONG.values(), ids=WRONG)
def test_wrong(world, fields, pointer):
    n_jobs = len(world.api.jobs())
    response = world.api.post({"kind": "flags", **fields}, 422)
    assert pointer in pointers(response), response.text
    assert "secret" not in response.text
    if pointer.startswith("/codes/") and fields["codes"] != [1]:
        assert "each cc argument must be a to z or aa to zz" in response.text.lower()
    assert len(world.api.jobs()) == n_jobs, "nothing is queued"


def test_wrong_line(world):
    response = world.api.post("BR\nBRA\n", 422, {"kind": "flags"})
    assert "each cc argument must be a to z or aa to zz" in response.text.lower()


def test_kill(fetcher, web):
    """A batch outlives kill -9, names by country included."""
    job = fetcher.api.post({"kind": "flags", "preset": "all", "name_by_country": True,
                            "base_url": web.base(delay=0.005), "concurrency": 10}).json()
    eventually(lambda: fetcher.api.show(job)["completed"] > 40, "40 flags are there")
    fetcher.kill9()
    fetcher.start()
    results = by_index(fetcher.api, job)
    assert tally(results) == {("ok", None): 194} and codes_of(results) == ALL
    files = stored_files(fetcher.folder / "downloads" / job["id"])
    assert files == {r["file"]: content.flag(r["code"]) for r in results} and len(files) == 194
