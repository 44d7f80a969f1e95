"""How files are asked for and kept: folders, names by the answer, digests alone, mirrors, resumption, rates, codings."""
import gzip
import hashlib
import io
import tarfile
import time
import zlib
from urllib.parse import quote

import pytest

from origin import DATE, Origin, sha256
from client import pointers
from processes import eventually
from schedules import act, add
from web import by_index, fetch, job_folders, read_file, stored_files, submit, unused_port

BIG = bytes(hashlib.shake_256(b"big").digest(5 << 20))
WORLD_SETTINGS = {"downloads.attempts": "3"}


def folder_of(world, job):
    return world.daemon.folder / "downloads" / job["id"]


# --- Folders ---

def test_names_may_have_folders(world):
    names = ["a/b.bin", "a/b.bin", "a", "a/b.bin/c", "../../up/x", "d\\e.txt", "/f//g/./h", "é/ü.txt"]
    saved = ["a/b.bin", "a/b-2.bin", "a-3", "a/b.bin_/c", "up/x", "d/e.txt", "f/g/h", "é/ü.txt"]
    with Origin({f"/{i}": f"body {i}".encode() for i in range(len(names))}) as origin:
        before = set(world.daemon.folder.rglob("*"))
        results = fetch(world.api, [{"url": origin.url(f"/{i}"), "name": name} for i, name in enumerate(names)])
    assert [r["file"] for r in results] == [r["name"] for r in results] == saved
    files = {name: f"body {i}".encode() for i, name in enumerate(saved)}
    folder = folder_of(world, results.job)
    assert stored_files(folder) == files
    made = {path for path in set(world.daemon.folder.rglob("*")) - before if "jobs.db" not in path.name}
    assert all(path == folder or folder in path.parents for path in made), made
    for name, body in files.items():
        assert read_file(world.api, results.job, name) == body, "slashes are encoded"
        assert world.api.get(f"/jobs/{results.job['id']}/files/{quote(name)}").content == body, "slashes are not"
    archive = world.api.get(f"/jobs/{results.job['id']}/archive.tar").content
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert {m.name: tar.extractfile(m).read() for m in tar.getmembers()} == files
    for path in ("a", "a/", "a/b.bin/", "../jobs.db", "a/%2e%2e/a/b.bin", "%2e%2e/x", "a//b.bin", "nothing/x"):
        assert world.api("GET", f"/jobs/{results.job['id']}/files/{path}").status_code in (400, 404), path
    assert world.api("DELETE", f"/jobs/{results.job['id']}").status_code == 204
    eventually(lambda: results.job["id"] not in job_folders(folder.parent), "the folders go with the job")


LAYOUTS = {
    "flat": ["y.gif", "y-2.gif", "index", "x", "y-5.gif"],
    "host": ["127.0.0.1_{port}/y.gif", "h1.test_{port}/y.gif", "h1.test_{port}/index", "h1.test_{port}/x",
             "h1.test_{port}/y-5.gif"],
    "url": ["127.0.0.1_{port}/x/y.gif", "h1.test_{port}/x/y.gif", "h1.test_{port}/index", "h1.test_{port}/x-4",
            "h1.test_{port}/x/y-5.gif"],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(world, layout):
    with Origin({"/x/y.gif": b"y", "/": b"root", "/x": b"x"}) as origin:
        urls = [origin.url("/x/y.gif"), *(origin.url(path, "h1.test") for path in ("/x/y.gif", "/", "/x", "/x/y.gif?z=/w"))]
        results = fetch(world.api, urls, layout=layout)
        assert [r["file"] for r in results] == [name.format(port=origin.port) for name in LAYOUTS[layout]]
        job = world.api.post("\n".join(urls), query={"kind": "downloads", "layout": layout}).json()
        assert [r["file"] for r in by_index(world.api, job)] == [r["file"] for r in results]
    assert [stored_files(folder_of(world, results.job))[r["file"]] for r in results] == [b"y", b"y", b"root", b"x", b"y"]


@pytest.mark.settings({"downloads.quota": "10000"})
def test_the_quota_counts_folders(fetcher, contract):
    with Origin({"/x": bytes(6000)}) as origin:
        [first] = fetch(fetcher.api, [{"url": origin.url("/x"), "name": "a/b/c"}])
        assert first["status"] == "ok"
        fetcher.restart()
        job = submit(fetcher.api, [{"url": origin.url("/x"), "name": "a/b/d"}])
        [second] = by_index(fetcher.api, job)
        assert second["reason"] == "disk", "what lies in folders is counted at the start"
        [old] = [j for j in fetcher.api.jobs() if j["id"] != job["id"]]
        assert fetcher.api("DELETE", f"/jobs/{old['id']}").status_code == 204
        eventually(lambda: fetch(fetcher.api, [origin.url("/x")])[0]["status"] == "ok", "and given back when they go")


# --- Names by the answer ---

def test_content_disposition(world):
    def disposed(value):
        return lambda handler: handler.answer(value.encode(), Content_Disposition=value)

    values = {'attachment; filename="report.pdf"': "report.pdf", 'attachment; filename="../../etc/passwd"': "passwd",
              "attachment; filename*=UTF-8''%e2%82%ac%2F%2e%2e%2Fx.txt": "x.txt", "inline": "name-4", "attachment; filename=.ssh": "ssh"}
    paths = {f"/name-{i + 1}": disposed(value) for i, value in enumerate(values)}
    with Origin({**paths, "/twice": disposed('attachment; filename="report.pdf"')}) as origin:
        urls = [origin.url(path) for path in paths] + [origin.url("/twice")] * 2
        urls.append({"url": origin.url("/name-1"), "name": "mine.pdf"})
        results = fetch(world.api, urls, content_disposition=True, concurrency=1)
        assert [r["file"] for r in results] == [*values.values(), "report-6.pdf", "report-7.pdf", "mine.pdf"]
        assert stored_files(folder_of(world, results.job)).keys() == {r["file"] for r in results}
        assert fetch(world.api, urls[:1])[0]["file"] == "name-1", "only who asks for it"
        [placed] = fetch(world.api, urls[:1], content_disposition=True, layout="host")
        assert placed["file"] == f"127.0.0.1_{origin.port}/report.pdf"
        crowd = fetch(world.api, urls[:1] * 100, content_disposition=True, concurrency=50)
        assert len({r["file"] for r in crowd}) == len(stored_files(folder_of(world, crowd.job))) == 100


# --- Headers, sums, digests alone ---

def test_headers_of_the_job(world):
    with Origin({"/a": b"a", "/b": b"b", "/moved": lambda h: h.answer(status=302, Location=other.url("/c"))}) as origin, \
            Origin({"/c": b"c"}) as other:
        urls = [{"url": origin.url("/a"), "headers": {"accept": "own"}}, origin.url("/b"), origin.url("/moved")]
        headers = {"Accept": "job", "Authorization": "Bearer secret", "User-Agent": "mine/1"}
        assert [r["status"] for r in fetch(world.api, urls, headers=headers)] == ["ok"] * 3
        [a], [b], [c] = origin.asked("/a"), origin.asked("/b"), other.asked("/c")
        assert (a["accept"], b["accept"]) == ("own", "job") and a["authorization"] == b["authorization"] == "Bearer secret"
        assert a["user-agent"] == "mine/1" and "authorization" not in c and c.get("user-agent") != "mine/1"
        query = {"kind": "downloads", "headers": '{"Accept-Language":"de"}'}
        by_index(world.api, world.api.post(origin.url("/a"), query=query).json())
        assert origin.asked("/a")[-1]["accept-language"] == "de"


def test_checksum_lists(world):
    files = {"/pub/a.iso": b"a", "/pub/sub/b c#?.iso": b"b", "/pub/wrong": b"other"}
    with Origin({quote(path): body for path, body in files.items()}) as origin:
        lines = [f"{sha256(b'a')}  a.iso", f"{sha256(b'b').upper()} *./sub/b c#?.iso", f"{sha256(b'c')}  wrong",
                 f"{sha256(b'a')}  {origin.url('/pub/a.iso')}", "# end", f"{sha256(b'x')}  missing", "deadbeef  a.iso"]
        query = {"kind": "downloads", "base_url": origin.url("/pub")}
        job = world.api.post("\ufeff" + "\r\n".join(lines), query=query).json()
        results = by_index(world.api, job)
    assert [(r["status"], r["reason"]) for r in results] == [
        ("ok", None), ("ok", None), ("error", "bad_checksum"), ("ok", None), ("not_found", "http_404"), ("not_found", "http_404")]
    assert [r["file"] for r in results][:4] == ["a.iso", "sub/b c#_.iso", None, "a-4.iso"]
    assert world.api.post(lines[0], query={"kind": "downloads"}).json()["invalid"] == 1, "a name without a base"


def test_digests_without_files(world):
    big = BIG[:3 << 20]
    with Origin({"/a": b"a", "/empty": b"", "/big": big, "/gone": lambda h: h.answer(b"gone", status=404)}) as origin:
        urls = [origin.url("/a"), origin.url("/empty"), {"url": origin.url("/big"), "sha256": sha256(big)}, origin.url("/gone"),
                {"url": origin.url("/a"), "sha256": sha256(b"b")}]
        results = fetch(world.api, urls, save=False)
    assert [(r["status"], r["sha256"], r["file"]) for r in results] == [
        ("ok", sha256(b"a"), None), ("ok", sha256(b""), None), ("ok", sha256(big), None), ("not_found", None, None),
        ("error", None, None)]
    assert (results[2]["bytes"], results[4]["reason"]) == (len(big), "bad_checksum")
    assert results.job["id"] not in job_folders(world.daemon.folder / "downloads"), "nothing is saved"
    assert world.api("GET", f"/jobs/{results.job['id']}/files/a").status_code == 404
    archive = world.api.get(f"/jobs/{results.job['id']}/archive.tar").content
    assert not archive.strip(b"\0")


# --- Resumption ---

class Breaking:
    """Answers with BIG, each time but the last cut after so many bytes of what is asked for; honours ranges."""

    def __init__(self, *cuts, body=BIG, etag='"v1"', **headers):
        self.cuts, self.body, self.etag, self.headers = list(cuts), body, etag, headers

    def __call__(self, handler):
        body, first = self.body, 0
        wants = handler.headers.get("Range")
        tag = {"ETag": self.etag} if self.etag else {}
        if wants and handler.headers.get("If-Range") in (self.etag, self.headers.get("Last_Modified")):
            first = int(wants.removeprefix("bytes=").rstrip("-"))
        rest = body[first:]
        cut = self.cuts.pop(0) if self.cuts else len(rest)
        part = {"Content_Range": f"bytes {first}-{len(body) - 1}/{len(body)}"} if first else {}
        handler.answer(rest[:cut], 206 if first else 200, len(rest), **tag, **part, **self.headers)


VALIDATORS = {
    "etag": ({}, '"v1"'),
    "date": ({"etag": None, "Last_Modified": DATE}, DATE),
}


@pytest.mark.parametrize("options, sent", VALIDATORS.values(), ids=VALIDATORS)
@pytest.mark.parametrize("save", [True, False])
def test_the_rest_of_a_file_is_asked_for(world, options, sent, save):
    with Origin({"/big": Breaking(2 << 20, 1 << 20, **options)}) as origin:
        [result] = fetch(world.api, [origin.url("/big")], save=save)
        assert (result["status"], result["bytes"], result["sha256"]) == ("ok", len(BIG), sha256(BIG)), result
        assert result["attempts"] == 3
        asked = [(h.get("range"), h.get("if-range")) for h in origin.asked("/big")]
    assert asked == [(None, None), (f"bytes={2 << 20}-", sent), (f"bytes={3 << 20}-", sent)]


def test_through_a_redirect(world):
    with Origin({"/here": lambda h: h.answer(b"moved", 302, Location="/big"), "/big": Breaking(2 << 20)}) as origin:
        [result] = fetch(world.api, [origin.url("/here")])
        assert (result["status"], result["sha256"], result["redirects"]) == ("ok", sha256(BIG), 1), result
        assert origin.asked("/big")[1]["range"] == f"bytes={2 << 20}-"


def ranged(first, body, size):
    return lambda h: h.answer(body, 206, Content_Range=f"bytes {first}-{first + len(body) - 1}/{size}", ETag='"v1"')


NEXT = {  # what the server answers to the request for the rest
    "another file": lambda h: h.answer(BIG[::-1], ETag='"v2"'),
    "another part": ranged(1 << 20, BIG[1 << 20:], len(BIG)),
    "a part of no range": lambda h: h.answer(BIG[2 << 20:], 206, ETag='"v1"'),
    "too little": ranged(2 << 20, BIG[2 << 20:3 << 20], len(BIG)),
    "not satisfiable": lambda h: h.answer(b"no", 416),
    "an empty file": lambda h: h.answer(b"", ETag='"v3"'),
}


@pytest.mark.parametrize("answer", NEXT.values(), ids=NEXT)
def test_a_part_that_does_not_fit_is_not_taken(world, answer):
    answers = [lambda h: h.answer(BIG[:2 << 20], announced=len(BIG), ETag='"v1"'), answer]
    with Origin({"/big": lambda h: (answers.pop(0) if answers else lambda h: h.answer(BIG))(h)}) as origin:
        [result] = fetch(world.api, [origin.url("/big")])
        bodies = {"another file": BIG[::-1], "an empty file": b""}
        name = next(name for name in NEXT if NEXT[name] is answer)
        body = bodies.get(name, BIG)
        assert (result["status"], result["sha256"], result["bytes"]) == ("ok", sha256(body), len(body)), result
        assert read_file(world.api, {"id": world.api.jobs()[0]["id"]}, result["file"]) == body
        assert origin.asked("/big")[1]["if-range"] == '"v1"'
        assert len(origin.asked("/big")) == (2 if name in bodies else 3) and "range" not in origin.asked("/big")[2:][-1:]


FROM_THE_START = {
    "weak": Breaking(2 << 20, etag='W/"v1"'),
    "nothing to tell by": Breaking(2 << 20, etag=None),
    "little": Breaking(1000),
    "no ranges": Breaking(2 << 20, Accept_Ranges="none"),
}


@pytest.mark.parametrize("answer", FROM_THE_START.values(), ids=FROM_THE_START)
def test_what_can_not_be_resumed_is_fetched_anew(world, answer):
    with Origin({"/big": answer}) as origin:
        [result] = fetch(world.api, [origin.url("/big")])
        assert (result["status"], result["sha256"], result["attempts"]) == ("ok", sha256(BIG), 2), result
        assert not any("range" in headers for headers in origin.asked("/big"))


# --- Copies of schedules ---

def test_a_schedule_keeps_the_last_copy(fetcher):
    api, folder = fetcher.api, fetcher.folder / "downloads"
    contents = {"/a": b"a1", "/b": b"b1", "/gone": lambda h: h.answer(b"no", status=404)}
    with Origin(contents) as origin:
        urls = [{"url": origin.url("/a"), "name": "deep/a"}, origin.url("/b"), origin.url("/gone")]
        schedule = add(api, job={"kind": "downloads", "urls": urls, "keep": "last"}, every="1h")

        def run():
            job = act(fetcher.api, schedule, "run", 202)
            return job, by_index(fetcher.api, job)

        first, results = run()
        assert [r["status"] for r in results] == ["ok", "ok", "not_found"]
        assert read_file(api, first, "deep/a") == b"a1" and read_file(api, first, "b") == b"b1"
        origin.paths["/b"] = lambda h: h.answer(b"late", status=404)
        second, _ = run()
        eventually(lambda: stored_files(folder / first["id"]) == {"b": b"b1"}, "the copy before goes, and its folder")
        assert stored_files(folder / second["id"]) == {"deep/a": b"a1"}
        assert api("GET", f"/jobs/{first['id']}/files/deep%2Fa").status_code == 404
        assert read_file(api, first, "b") == b"b1", "a run that has no copy leaves the one that is there"
        with tarfile.open(fileobj=io.BytesIO(api.get(f"/jobs/{first['id']}/archive.tar").content)) as tar:
            assert tar.getnames() == ["b"]
        origin.paths["/b"] = b"b3"
        third, _ = run()
        eventually(lambda: list(stored_files(folder)) == [f"{third['id']}/b", f"{third['id']}/deep/a"], "one copy each")
        fetcher.restart()
        fourth, _ = run()
        eventually(lambda: list(stored_files(folder)) == [f"{fourth['id']}/b", f"{fourth['id']}/deep/a"], "one copy each")
        assert pointers(fetcher.api.post({"kind": "downloads", "urls": urls, "keep": "last"}, 422)) == ["/keep"]


# --- Rates ---

def test_a_rate_of_the_whole_job(world):
    with Origin({f"/{i}": BIG[:200_000] for i in range(4)}) as origin:
        start = time.monotonic()
        results = fetch(world.api, [origin.url(f"/{i}") for i in range(4)], max_rate=400_000, timeout_ms=30_000)
        elapsed = time.monotonic() - start
    assert [r["sha256"] for r in results] == [sha256(BIG[:200_000])] * 4
    assert elapsed > 1.5, "800 kB at 400 kB a second, and what fits into a buffer before"


def test_a_cancel_while_transfers_wait_in_line(world):
    with Origin({f"/{i}": BIG for i in range(8)}) as origin:
        job = submit(world.api, [origin.url(f"/{i}") for i in range(8)], max_rate=1000)
        eventually(lambda: len(origin.requests) >= 2, "some have begun")
        world.api("POST", f"/jobs/{job['id']}/cancel")
        assert world.api.wait(job)["state"] == "cancelled"
    assert stored_files(folder_of(world, job)) == {}


# --- Mirrors ---

def test_mirrors(world):
    dead = f"http://127.0.0.1:{unused_port()}/x"
    with Origin({"/good": b"good", "/bad": b"bad", "/error": lambda h: h.answer(status=500)}) as origin:
        gone, bad, good, error = (origin.url(path) for path in ("/gone", "/bad", "/good", "/error"))
        secret = {"Authorization": "Bearer secret"}
        urls = [{"url": gone, "mirrors": [dead, bad, good], "sha256": sha256(b"good"), "headers": secret},
                {"url": good, "mirrors": [bad], "sha256": sha256(b"good")},
                {"url": dead, "mirrors": [error, gone]}, {"url": dead, "mirrors": [good], "headers": secret},
                {"url": "http://10.1.2.3/", "mirrors": [good]}]
        results = fetch(world.api, urls, attempts=1)
        assert [(r["status"], r["reason"], r["final_url"]) for r in results] == [
            ("ok", None, good), ("ok", None, None), ("not_found", "http_404", gone), ("ok", None, good), ("ok", None, good)]
        assert [r["attempts"] for r in results] == [4, 1, 3, 2, 1]
        assert [r["url"] for r in results] == [item["url"] for item in urls]
        assert [h.get("authorization") for h in origin.asked("/good")].count("Bearer secret") == 1, "not to other hosts"


# --- Codings ---

def coded(body, coding):
    return lambda h: h.answer(body, Content_Encoding=coding)


@pytest.mark.settings({"downloads.max_bytes": "1M"})
def test_decoding(fetcher):
    text, big = b"text " * 1000, bytes(20 << 20)
    paths = {"/gzip": coded(gzip.compress(text), "gzip"), "/deflate": coded(zlib.compress(text), "deflate"), "/plain": text,
             "/bomb": coded(gzip.compress(big), "gzip"), "/broken": coded(b"no gzip at all", "gzip"),
             "/unknown": coded(text, "rot13")}
    with Origin(paths) as origin:
        urls = [origin.url(path) for path in paths]
        results = fetch(fetcher.api, urls, decode=True)
        outcomes = [(r["status"], r["reason"], r["content_encoding"]) for r in results]
        assert outcomes == [("ok", None, None)] * 3 + [("error", "too_large", None), *[("error", "malformed", None)] * 2]
        assert {r["sha256"] for r in results[:3]} == {sha256(text)}
        assert "gzip" in origin.asked("/gzip")[0]["accept-encoding"]
        [kept] = fetch(fetcher.api, urls[:1])
        assert kept["content_encoding"] == "gzip" and origin.asked("/gzip")[1]["accept-encoding"] == "identity"
        [counted] = fetch(fetcher.api, urls[:1], decode=True, save=False)
        assert (counted["sha256"], counted["bytes"]) == (sha256(text), len(text))


# --- Refusals ---

REFUSED = {
    "layout": ({"layout": "tree"}, ["/layout"]),
    "save": ({"save": "no"}, ["/save"]),
    "headers": ({"headers": {"Host": "x"}}, ["/headers"]),
    "rate": ({"max_rate": -1}, ["/max_rate"]),
    "base": ({"base_url": "ftp://a.test"}, ["/base_url"]),
    "names of nothing": ({"save": False, "content_disposition": True}, ["/content_disposition"]),
    "mirrors": ({"urls": [{"url": "http://a.test/", "mirrors": ["x"]}]}, ["/urls/0/mirrors"]),
}


@pytest.mark.parametrize("fields, wrong", REFUSED.values(), ids=REFUSED)
def test_refusals(world, fields, wrong):
    response = world.api.post({"kind": "downloads", "urls": ["http://a.test/"], **fields}, 422)
    assert pointers(response) == wrong
