"""Saved files: their names, how they are given, all of them as an archive, and their end."""
import io
import os
import shutil
import subprocess
import tarfile
import unicodedata
from pathlib import PurePath
from urllib.parse import quote

import pytest
import requests

from client import tally
from processes import eventually
from web import by_index, content, fetch, file_path, flags, job_folders, read_file, stored_files, submit

BODY = content.body("served.bin", 10_000)


@pytest.fixture(scope="module")
def served(world):
    """(api, path of a saved file, its result)"""
    [result] = results = fetch(world.api, [world.web.url("/files/served.bin", size=10_000, type_="image/png")])
    return world.api, file_path(results.job, "served.bin"), result


# --- Names ---

def check_names(world, results, contents):
    """Check that files are saved under harmless names in the folder of their job, and nowhere else."""
    downloads = world.daemon.folder / "downloads"
    assert tally(results) == {("ok", None): len(contents)}, [r for r in results if r["status"] != "ok"]
    names = [result["file"] for result in results]
    assert len(set(names)) == len(names), "no two names are the same"
    for name, result, expected in zip(names, results, contents):
        assert name == result["name"] and 0 < len(name.encode()) <= 255, name
        assert name[0] not in ". ", name
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c == "\\" for c in name), ascii(name)
        assert all(part and part[0] not in ". " for part in name.split("/")), name
        assert read_file(world.api, results.job, name) == expected, f"{name} is what was fetched"
    job = results.job["id"]
    assert stored_files(downloads / job) == dict(zip(names, contents))
    folders = {str(parent) for name in names for parent in PurePath(name).parents if parent.name}
    others = {str(path.relative_to(downloads / job)) for path in (downloads / job).rglob("*") if not path.is_file()}
    assert others == folders, "no other folders, no links"


GIVEN = ["../up", "../../../../tmp/up", "/etc/passwd", "..", ".", "...", "/", "a/b/c", "a\\b", "..\\..\\up", ".hidden",
         ".htaccess", "x" * 300, "é" * 300, "x" * 300 + ".tar.gz", "plain", "plain", "PLAIN", "é☃🎉.txt", "a\nb",
         "a\tb", "a\x7fb", "a\u0085b", "a\x1b[31mb", "CON", "nul.txt", "a:b", "a*b?<>|\"", " blank ", "end.", "-rf",
         "~", "%2e%2e", "%00", "a%2fb", "plain-16", "plain-17", "$(id)", "`id`", "job", "lost+found", "\u202egpj.exe"]


def test_given_names(world):
    urls = [{"url": world.web.url(f"/files/given-{i}"), "name": name} for i, name in enumerate(GIVEN)]
    before = set(world.daemon.folder.rglob("*"))
    results = fetch(world.api, urls, concurrency=20)
    check_names(world, results, [content.body(f"given-{i}") for i in range(len(GIVEN))])
    job = world.daemon.folder / "downloads" / results.job["id"]
    made = {path for path in set(world.daemon.folder.rglob("*")) - before if "jobs.db" not in path.name}
    assert all(path == job or job in path.parents for path in made), made
    assert all(results[GIVEN.index(name)]["file"] == name for name in ("plain", "é☃🎉.txt"))
    assert results[GIVEN.index("x" * 300 + ".tar.gz")]["file"].endswith(".gz"), "a name that is cut keeps its end"


# Last segments of URLs. Each file's bytes follow from the segment as the server sees it.
SEGMENTS = ["simple.gif", "a%20b.gif", "%2e%2e%2fup", "..%2f..%2fup", "%2fetc%2fpasswd", "a%2fb", "a%5cb", "nul%00byte",
            "%00", "%ff%fe%80", "%c3%28", "caf%C3%A9.txt", "%E2%98%83", "x" * 300, "%C3%A9" * 150, ".hidden",
            "%2ehidden", "simple.gif", "SIMPLE.GIF", "a;b=c", "a&b", "100%25", "a%0ab", "a%0d%0ab", "%1b[31m", "~",
            "-", "%7f", "a.", "con", "%20", "a+b", "...", "%2e%2e%2e", "index", "a%22b%27c"]


def test_names_from_urls(world):
    results = fetch(world.api, [world.web.url(f"/files/{segment}") for segment in SEGMENTS], concurrency=20)
    check_names(world, results, [content.body(segment) for segment in SEGMENTS])
    names = dict(zip(SEGMENTS[:17] + SEGMENTS[18:], [r["file"] for i, r in enumerate(results) if i != 17]))
    assert names["simple.gif"] == "simple.gif" and names["a%20b.gif"] == "a b.gif"
    assert names["caf%C3%A9.txt"] == "café.txt" and names["%E2%98%83"] == "☃"
    assert results[17]["file"] != "simple.gif" and results[17]["file"].endswith(".gif")


def test_names_of_folders_and_queries(world):
    """A URL without a last segment still gets a name; a query is no part of it."""
    host = f"http://h0.test:{world.web.port}"
    urls = [world.web.url("/files/q/"), world.web.url("/files/q") + "?size=5&type=a/b", host, host + "/",
            world.web.url("/files/frag#../../x")]
    results = fetch(world.api, urls)
    names = [r["name"] for r in results]
    assert names[1] == "q" and names[4] == "frag" and len(set(names)) == 5 and all(names), names
    assert [r["status"] for r in results] == ["ok", "ok", "not_found", "not_found", "ok"]


# --- Giving a file ---

def test_headers(served):
    api, path, result = served
    response = api.get(path)
    headers = response.headers
    assert response.content == BODY
    assert headers["Content-Type"] == "image/png" and headers["Content-Length"] == "10000"
    assert headers["Content-Disposition"].partition(";")[0] == "attachment"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["ETag"] == f'"{result["sha256"]}"' and headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("value", [None, "bytes=0-99", "bytes=99999-"])
def test_head(served, value):
    """Ranges are for GET alone (RFC 9110 section 14.2)."""
    api, path, _ = served
    response = api("HEAD", path, headers={"Range": value})
    assert (response.status_code, response.headers["Content-Length"], response.content) == (200, "10000", b"")


TYPES = {  # case: (type that the origin sends, type that is given; None: any harmless one)
    "none": ("", "application/octet-stream"),
    "html": ("text/html; charset=utf-8", "text/html; charset=utf-8"),
    "svg": ("image/svg+xml", "image/svg+xml"),
    "latin-1": (b"text/\xff", None),
    "signs": ("a/b\"><script>", None),
    "word": ("hello", None),
    "long": ("text/" + "x" * 5000, None),
    "two lines": ("text/plain\r\nSet-Cookie: a=b", None),
    "nul": ("text/plain\0x", None),
    "tab": ("text/\tplain", None),
}


def test_types(world):
    urls = [world.web.url(f"/files/type-{i}", type_=given) for i, (given, _) in enumerate(TYPES.values())]
    results = fetch(world.api, urls)
    for (case, (_, expected)), result in zip(TYPES.items(), results):
        if result["status"] != "ok":
            assert case in ("nul", "two lines"), result  # an answer with such a header may be refused as a whole
            continue
        response = world.api._send("GET", file_path(results.job, result["file"]))
        given = response.headers["Content-Type"]
        assert expected in (None, given), f"{case}: {given}"
        assert given.isascii() and given.isprintable() and "Set-Cookie" not in response.headers, f"{case}: {given!r}"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]


RANGES = {  # Range: (status, first byte, byte behind the last)
    "bytes=0-99": (206, 0, 100), "bytes=100-199": (206, 100, 200), "bytes=9999-": (206, 9999, 10_000),
    "bytes=5000-": (206, 5000, 10_000), "bytes=-1": (206, 9999, 10_000), "bytes=-500": (206, 9500, 10_000),
    "bytes=-99999": (206, 0, 10_000), "bytes=0-99999": (206, 0, 10_000), "bytes=0-0": (206, 0, 1),
    "bytes=10000-": (416, 0, 0), "bytes=99999-100000": (416, 0, 0), "bytes=-0": (416, 0, 0),
    # what is no range is not obeyed (RFC 9110 section 14.2)
    "bytes=5-3": (200, 0, 10_000), "bytes=a-b": (200, 0, 10_000), "bytes=": (200, 0, 10_000),
    "items=0-5": (200, 0, 10_000), "bytes=-": (200, 0, 10_000), "bytes 0-5": (200, 0, 10_000),
    "bytes=0-5x": (200, 0, 10_000),
    "bytes=9223372036854775807-": (416, 0, 0), "bytes=0-9223372036854775807": (206, 0, 10_000),
}


@pytest.mark.parametrize("value, expected", RANGES.items(), ids=RANGES)
def test_range(served, value, expected):
    api, path, _ = served
    status, first, end = expected
    response = api("GET", path, headers={"Range": value})
    assert response.status_code == status, f"{value}: {response.status_code} {response.headers}"
    if status == 416:
        assert response.headers["Content-Range"] == "bytes */10000"
        return
    assert response.content == BODY[first:end] and response.headers["Content-Length"] == str(end - first)
    if status == 206:
        assert response.headers["Content-Range"] == f"bytes {first}-{end - 1}/10000"
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_several_ranges(served):
    """One range is supported; several get the whole file, or as many parts."""
    api, path, _ = served
    response = api("GET", path, headers={"Range": "bytes=0-9,20-29"})
    assert response.status_code == 200 and response.content == BODY


def test_if_range(served):
    api, path, result = served
    same, other = f'"{result["sha256"]}"', '"0000"'
    for value, status in ((same, 206), (other, 200), (f"W/{same}", 200), ("Sun, 06 Nov 1994 08:49:37 GMT", 200)):
        response = api("GET", path, headers={"Range": "bytes=0-9", "If-Range": value})
        assert (response.status_code, len(response.content)) == (status, 10 if status == 206 else 10_000), value


def test_if_none_match(served):
    api, path, result = served
    tag = f'"{result["sha256"]}"'
    for value, status in ((tag, 304), (f"W/{tag}", 304), ("*", 304), (f'"a", {tag}', 304), ('"a"', 200),
                          (tag[:-2] + '"', 200)):
        response = api("GET", path, headers={"If-None-Match": value})
        assert response.status_code == status, value
        assert response.content == (b"" if status == 304 else BODY) and response.headers["ETag"] == tag
    response = api("GET", path, headers={"If-None-Match": tag, "Range": "bytes=99999-"})
    assert response.status_code == 304, "the condition comes first (RFC 9110 section 13.2.2)"


def test_if_none_match_in_two_lines(served):
    """Lines of one name are one list (RFC 9110 section 5.2); all of them count."""
    api, path, result = served
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    tags = ['"0000"', f'"{result["sha256"]}"']
    for lines in (tags, tags[::-1]):
        data = head + "".join(f"If-None-Match: {tag}\r\n" for tag in lines) + "\r\n"
        assert api.raw(data.encode("ascii"), method="GET", path=path).status == 304


def test_if_match(served):
    """Strong comparison (RFC 9110 section 13.1.1): a weak tag matches nothing."""
    api, path, result = served
    same = f'"{result["sha256"]}"'
    for value, status in ((same, 200), ("*", 200), (f'"a", {same}', 200), ('"nope"', 412), (f"W/{same}", 412)):
        assert api("GET", path, headers={"If-Match": value}).status_code == status, value
    assert api("GET", path, headers={"If-Match": '"nope"', "If-None-Match": same}).status_code == 412


def test_empty_file(world):
    [result] = results = fetch(world.api, [world.web.url("/files/empty", size=0)])
    path = file_path(results.job, "empty")
    assert world.api.get(path).content == b"" and result["sha256"] == content.sha256("", 0)
    assert world.api("GET", path, headers={"Range": "bytes=0-"}).status_code == 416
    assert world.api("GET", path, headers={"Range": "bytes=-1"}).status_code == 200


def test_large_file(world):
    [result] = results = fetch(world.api, [world.web.url("/files/large", size="20M")])
    body = read_file(world.api, results.job, "large")
    assert body == content.body("large", 20 << 20) and result["bytes"] == 20 << 20
    part = world.api("GET", file_path(results.job, "large"), headers={"Range": "bytes=10000000-10000099"})
    assert part.content == body[10_000_000:10_000_100]


def test_large_files_over_kept_connections(world):
    """A body that is held back, since the disk has enough to do, is not cut."""
    for number in range(4):
        urls = [world.web.url(f"/files/large-{number}-{i}", size="4M") for i in range(6)]
        for result in fetch(world.api, urls):
            assert (result["status"], result["bytes"], result["attempts"]) == ("ok", 4 << 20, 1), result


def test_names_need_their_encoding(world):
    """What a name holds is told by its percent-encoding, also in Content-Disposition."""
    names = ["a b", "é☃.txt", "100%", 'a\'b', "a;b", "a#b", "a&b=c", "a+b"]
    urls = [{"url": world.web.url(f"/files/enc-{i}"), "name": name} for i, name in enumerate(names)]
    results = fetch(world.api, urls)
    for i, result in enumerate(results):
        response = world.api.get(file_path(results.job, result["file"]))
        assert response.content == content.body(f"enc-{i}")
        disposition = response.headers["Content-Disposition"]
        assert disposition.startswith("attachment") and disposition.isascii() and "\n" not in disposition, disposition


TRAVERSALS = ["..", "../jobs.db", "..%2fjobs.db", "%2e%2e%2fjobs.db", "%2e%2e/jobs.db", "..%2f..%2f..%2fetc%2fpasswd",
              "../../../../../../etc/passwd", "%2fetc%2fpasswd", "/etc/passwd", ".", "%2e", "", "%00", "served.bin%00",
              "served.bin/", "served.bin%2f", "./served.bin", "x/../served.bin", "served.bin%20", "SERVED.BIN",
              "..%5cjobs.db",
              "%ff", "x" * 300, "x" * 5000, "served.bin%", "served.bin%zz", "%c0%ae%c0%ae%2fjobs.db", ".served.bin"]


@pytest.mark.parametrize("name", TRAVERSALS, ids=[name[:30] or "empty" for name in TRAVERSALS])
def test_no_way_out(served, name):
    api, path, _ = served
    folder = path.rpartition("/")[0]
    answer = api.raw(f"GET {folder}/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode(), "GET",
                     f"{folder}/{quote(name, safe='')}")
    assert answer.status in (400, 404) and b"root:" not in answer.content and b"SQLite" not in answer.content


def test_other_verbs(served):
    api, path, _ = served
    for verb in ("PUT", "POST", "DELETE", "PATCH"):
        assert api(verb, path, data=b"x").status_code == 405
    assert api.get(path).content == BODY


def test_no_such_file(world, served):
    api, path, _ = served
    job = path.split("/")[2]
    for other in (f"/jobs/{job}/files/no", f"/jobs/{job}/files", f"/jobs/{job[:-1]}0/files/served.bin",
                  "/jobs/x/files/served.bin"):
        if other != path:
            assert api("GET", other).status_code in (400, 404), other
    [result] = results = fetch(api, [world.web.url("/nothing")])
    assert api("GET", file_path(results.job, result["name"])).status_code == 404, "a file that was not saved"
    domains = api.wait(api.submit(["nx.example"]))
    assert api("GET", f"/jobs/{domains['id']}/files/nx.example").status_code == 404


def test_not_before_it_is_whole(fetcher, web):
    api = fetcher.api
    slow = web.url("/files/slow", size=100_000, stall=50_000, first=1)
    job = submit(api, [slow, web.url("/files/quick")], timeout_ms=1000)
    web.wait_for("/files/slow")
    eventually(lambda: api.show(job)["completed"] == 1, "the other file is there")
    assert read_file(api, job, "quick") == content.body("quick"), "while the job still runs"
    assert api("GET", file_path(job, "slow")).status_code == 404, "half a file is no file"
    by_index(api, job)
    assert read_file(api, job, "slow") == content.body("slow", 100_000)


# --- The archive ---

def read_archive(api, job):
    """Return {name: bytes} of the archive of a job, whose members are plain files of harmless names."""
    response = api.get(f"/jobs/{job['id']}/archive.tar")
    assert response.headers["Content-Type"] == "application/x-tar"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    with tarfile.open(fileobj=io.BytesIO(response.content), mode="r:") as tar:
        members = tar.getmembers()
        assert all(member.isfile() and member.mode & 0o7111 == 0 for member in members), "plain files"
        assert not any(set(member.name.split("/")) & {"", ".", ".."} for member in members)
        return {member.name.rpartition("/")[2]: tar.extractfile(member).read() for member in members}


def test_archive(world):
    results = flags(world.api, preset="pop20", base_url=world.web.base())
    assert read_archive(world.api, results.job) == {f"{code}.gif": content.flag(code) for code in content.POP20}


def test_archive_of_odd_names(world):
    """Long names and names in other scripts; sizes around those of blocks."""
    names = ["x" * 99, "x" * 100, "x" * 101, "x" * 199, "é" * 90, "é☃🎉.txt", "-rf", "a b", "100%", "ünï"]
    sizes = [0, 1, 511, 512, 513, 10_239, 10_240, 10_241, 65_536, 300_000]
    urls = [{"url": world.web.url(f"/files/odd-{i}", size=size), "name": name}
            for i, (name, size) in enumerate(zip(names, sizes))]
    results = fetch(world.api, [*urls, world.web.url("/nothing")])
    assert [r["status"] for r in results] == ["ok"] * len(names) + ["not_found"]
    expected = {r["file"]: content.body(f"odd-{i}", size) for i, (r, size) in enumerate(zip(results, sizes))}
    assert [r["file"] for r in results[:-1]] == names and read_archive(world.api, results.job) == expected


def odd_names():
    """Names of many scripts and lengths, composed and decomposed; each as it will be saved."""
    composed = ["é", "ñandú", "Å", "ế", "가", "が", "ÿ" * 60]
    names = [form for text in composed for form in (text, unicodedata.normalize("NFD", text))]
    names += ["\ufb01", "\u212a", "k", "\u212b", "𝔘𝔫𝔦", "漢字" * 20, "🏳", "عربي", "ไทย", "a" * 100, "é" + "a" * 98,
              "a" * 99 + "é", "=", "1 path=x", "~", "-"]
    names += [f"{chr(at)}{at:x}" for at in range(0xa1, 0x3000, 37) if chr(at).isprintable()]
    return list(dict.fromkeys(names))


def extract(command, archive, folder):
    """Extract by a program whose locale knows no characters beyond ASCII; the names as bytes, with their contents."""
    folder.mkdir()
    subprocess.run([*command, "-C", folder], input=archive, check=True, timeout=60, env={**os.environ, "LC_ALL": "C"})
    return {os.fsencode(path.name): path.read_bytes() for path in folder.iterdir()}


def test_the_archive_has_the_bytes_of_each_name(world, tmp_path):
    names = odd_names()
    results = fetch(world.api, [{"url": world.web.url(f"/files/exact-{i}", size=20), "name": name}
                                for i, name in enumerate(names)])
    expected = {r["file"].encode(): content.body(f"exact-{r['index']}", 20) for r in results}
    assert len(expected) == len(names) == len(results)
    archive = world.api.get(f"/jobs/{results.job['id']}/archive.tar").content
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        assert {m.name.encode(): tar.extractfile(m).read() for m in tar.getmembers()} == expected
    assert extract(["tar", "-xf", "-"], archive, tmp_path / "tar") == expected
    if shutil.which("bsdtar"):
        assert extract(["bsdtar", "-xf", "-"], archive, tmp_path / "bsdtar") == expected


def test_archive_of_many(world):
    results = fetch(world.api, [world.web.url(f"/files/n{i}", size=700) for i in range(1500)], concurrency=50)
    assert read_archive(world.api, results.job) == {f"n{i}": content.body(f"n{i}", 700) for i in range(1500)}


def test_empty_archive(world):
    assert read_archive(world.api, fetch(world.api, [world.web.url("/nothing")]).job) == {}
    assert world.api("GET", "/jobs/01a20320-a200-7c31-9d52-6e0f4b8a17c3/archive.tar").status_code == 404


def test_a_client_leaves_the_archive(world):
    """The connection goes in the middle; the daemon doesn't mind."""
    job = fetch(world.api, [world.web.url("/files/leave", size="20M")]).job
    with world.api.connect() as sock:
        sock.sendall(f"GET /jobs/{job['id']}/archive.tar HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert sock.recv(1000)
    assert read_archive(world.api, job) == {"leave": content.body("leave", 20 << 20)}


# --- The end of files ---

def test_delete(fetcher, web):
    api, downloads = fetcher.api, fetcher.folder / "downloads"
    gone = fetch(api, [web.url(f"/files/{i}") for i in range(20)]).job
    kept = fetch(api, [web.url("/files/kept")]).job
    assert api("DELETE", f"/jobs/{gone['id']}").status_code == 204
    assert api("GET", file_path(gone, "1")).status_code == 404
    assert api("GET", f"/jobs/{gone['id']}/archive.tar").status_code == 404
    eventually(lambda: set(stored_files(downloads)) == {f"{kept['id']}/kept"}, "the files are deleted")
    eventually(lambda: job_folders(downloads) == [kept["id"]], "and their folder")
    assert read_file(api, kept, "kept") == content.body("kept")


def test_delete_and_kill(fetcher, web):
    """Files of a job whose end was acknowledged don't stay, whatever happens to the daemon."""
    jobs = [fetch(fetcher.api, [web.url(f"/files/{i}") for i in range(100)], concurrency=50).job for _ in range(3)]
    for job in jobs:
        assert fetcher.api("DELETE", f"/jobs/{job['id']}").status_code == 204
    fetcher.kill9()
    fetcher.start()
    eventually(lambda: not stored_files(fetcher.folder / "downloads"), "the files are deleted after the restart")


def test_files_outlive_a_restart(fetcher, web):
    job = fetch(fetcher.api, [web.url("/files/stays", type_="image/png")]).job
    fetcher.restart()
    response = fetcher.api.get(file_path(job, "stays"))
    assert response.content == content.body("stays") and response.headers["Content-Type"] == "image/png"


def test_links_in_the_folder_are_not_followed(fetcher, web):
    """Somebody who can write into the folder of downloads gains nothing that the daemon may read or write."""
    downloads, secret = fetcher.folder / "downloads", fetcher.folder / "secret"
    secret.mkdir()
    (secret / "file").write_text("secret")
    job = fetch(fetcher.api, [web.url("/files/a"), web.url("/files/b")]).job
    (downloads / job["id"] / "a").unlink()
    (downloads / job["id"] / "a").symlink_to(secret / "file")
    assert fetcher.api("GET", file_path(job, "a")).status_code in (404, 500)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):  # without that file it would not be whole
        fetcher.api.get(f"/jobs/{job['id']}/archive.tar")
    with fetcher.api.connect() as sock:
        sock.sendall(f"GET /jobs/{job['id']}/archive.tar HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert b"secret" not in b"".join(iter(lambda: sock.recv(65536), b""))
    fetcher.api("DELETE", f"/jobs/{job['id']}")
    eventually(lambda: not (downloads / job["id"]).exists(), "the folder is deleted")
    assert (secret / "file").read_text() == "secret"


def test_a_file_that_somebody_took_away(fetcher, web):
    job = fetch(fetcher.api, [web.url("/files/a"), web.url("/files/b")]).job
    (fetcher.folder / "downloads" / job["id"] / "a").unlink()
    assert fetcher.api("GET", file_path(job, "a")).status_code == 404
    assert read_file(fetcher.api, job, "b") == content.body("b")
