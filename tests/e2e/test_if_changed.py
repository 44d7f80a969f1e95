"""Files of schedules that are asked for only if they have changed."""
import threading
import time
from email.utils import formatdate

import pytest

from client import pointers
from origin import DATE, Origin, sha256
from processes import eventually
from schedules import act, add, patch
from web import by_index, job_folders, read_file, stored_files

A = b"a" * 5000
CONDITIONS = ("if-none-match", "if-modified-since")


class Version:
    """Answer as servers do that know a version of their file; `sends` is what they say of it."""

    def __init__(self, body=A, status=304, honest=True, **sends):
        self.body, self.status, self.honest, self.sends = body, status, honest, sends

    def __call__(self, handler):
        etag, date = self.sends.get("ETag"), self.sends.get("Last_Modified")
        asked, since = handler.headers["If-None-Match"], handler.headers["If-Modified-Since"]
        is_same = bool(etag) and asked == etag if asked else bool(date) and since == date
        if is_same or not self.honest:
            handler.send_response(self.status)
            for name, value in self.sends.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
        else:
            handler.answer(self.body, Content_Type="text/x", **self.sends)


def start(fetcher, urls, **fields):
    return add(fetcher.api, job={"kind": "downloads", "urls": urls, "if_changed": True, **fields}, every="1h")


def run(fetcher, schedule):
    job = act(fetcher.api, schedule, "run", 202)
    results = by_index(fetcher.api, job)
    return fetcher.api.get(f"/jobs/{job['id']}").json(), results


def statuses(results):
    return [r["status"] for r in results]


def conditions(origin, path):
    return [tuple(name for name in CONDITIONS if name in headers) for headers in origin.asked(path)]


KNOWN = {  # case: (what the server says, the conditions of the second request)
    "strong": ({"ETag": '"v1"'}, ("if-none-match",)),
    "weak": ({"ETag": 'W/"v1"'}, ("if-none-match",)),
    "odd": ({"ETag": '"a,b\\*"'}, ("if-none-match",)),
    "date": ({"Last_Modified": DATE}, ("if-modified-since",)),
    "both": ({"ETag": '"v1"', "Last_Modified": DATE}, CONDITIONS),
}


@pytest.mark.parametrize("case", KNOWN)
def test_what_has_not_changed(fetcher, case):
    sends, asked = KNOWN[case]
    with Origin({"/a": Version(**sends)}) as origin:
        schedule = start(fetcher, [origin.url("/a")])
        first, [one] = run(fetcher, schedule)
        second, [two] = run(fetcher, schedule)
        third, [three] = run(fetcher, schedule)
        assert conditions(origin, "/a") == [(), asked, asked]
    assert [one["status"], two["status"], three["status"]] == ["ok", "unchanged", "unchanged"]
    assert [one["http_status"], two["http_status"], three["http_status"]] == [200, 304, 304]
    for name in ("file", "sha256", "bytes", "content_type", "etag", "last_modified"):
        assert two.get(name) == one.get(name) == three.get(name), name
    assert one["sha256"] == sha256(A) and one["content_type"] == "text/x" and two["attempts"] == 1
    assert first["counts"] == {"ok": 1, "unchanged": 0, "not_found": 0, "error": 0}
    assert second["counts"] == {"ok": 0, "unchanged": 1, "not_found": 0, "error": 0}
    for job in (first, second, third):
        assert read_file(fetcher.api, job, "a") == A, "each job has the file"
    inodes = {(fetcher.folder / "downloads" / job["id"] / "a").stat().st_ino for job in (first, second, third)}
    assert len(inodes) == 1, "it is there once"
    fetcher.api("DELETE", f"/jobs/{first['id']}")
    eventually(lambda: first["id"] not in job_folders(fetcher.folder / "downloads"), "the first goes")
    assert read_file(fetcher.api, third, "a") == A
    rows = fetcher.api.get(f"/jobs/{second['id']}/results?status=unchanged&format=csv").text
    assert ",unchanged," in rows
    assert fetcher.api.get(f"/jobs/{second['id']}/results?format=text").text == "a unchanged\n"
    changes = fetcher.api.get(f"/schedules/{schedule['id']}/changes").json()["changes"]
    assert [c["to"]["status"] for c in changes] == ["ok"] or changes == [], "that it is as before is no change"


NOT_KNOWN = {
    "nothing": {},
    "a star": {"ETag": "*"},
    "no quotes": {"ETag": "v1"},
    "half a quote": {"ETag": '"v1'},
    "two": {"ETag": '"a", "b"'},
    "too long": {"ETag": '"%s"' % ("x" * 300)},
    "no date": {"Last_Modified": "yesterday"},
    "as young as the answer": {"Last_Modified": "NOW"},
}


@pytest.mark.parametrize("case", NOT_KNOWN)
def test_what_can_not_be_asked_for_so(fetcher, case):
    """The same bytes are unchanged all the same, and are on the disk once."""
    sends = {name: formatdate(time.time() + 60, usegmt=True) if value == "NOW" else value
             for name, value in NOT_KNOWN[case].items()}
    with Origin({"/a": lambda h: h.answer(A, **sends)}) as origin:
        schedule = start(fetcher, [origin.url("/a")])
        first, [one] = run(fetcher, schedule)
        second, [two] = run(fetcher, schedule)
        assert conditions(origin, "/a") == [(), ()]
        origin.paths["/a"] = b"b" * 5000
        third, [three] = run(fetcher, schedule)
    assert [r["status"] for r in (one, two, three)] == ["ok", "unchanged", "ok"]
    assert two["http_status"] == 200 and two["sha256"] == one["sha256"] != three["sha256"]
    files = [fetcher.folder / "downloads" / job["id"] / "a" for job in (first, second, third)]
    assert files[0].stat().st_ino == files[1].stat().st_ino != files[2].stat().st_ino
    assert [file.read_bytes() for file in files] == [A, A, b"b" * 5000]


def test_changes_are_told(fetcher):
    with Origin({"/a": Version(ETag='"1"'), "/b": Version(ETag='"1"')}) as origin:
        schedule = start(fetcher, [origin.url("/a"), origin.url("/b")])
        run(fetcher, schedule)
        origin.paths["/a"] = Version(b"new", ETag='"2"')
        assert statuses(run(fetcher, schedule)[1]) == ["ok", "unchanged"]
        assert statuses(run(fetcher, schedule)[1]) == ["unchanged", "unchanged"]
        origin.paths["/a"] = lambda h: h.answer(b"", status=404)
        assert statuses(run(fetcher, schedule)[1]) == ["not_found", "unchanged"]
        origin.paths["/a"] = Version(b"new", ETag='"2"')
        job, results = run(fetcher, schedule)
        assert statuses(results) == ["unchanged", "unchanged"], "with the copy of two runs ago"
        assert read_file(fetcher.api, job, "a") == b"new"
        changes = fetcher.api.get(f"/schedules/{schedule['id']}/changes").json()["changes"]
    told = [(c["from"]["status"], c["to"]["status"]) for c in changes if c["target"].endswith("/a")]
    assert told[-3:] == [("ok", "ok"), ("ok", "not_found"), ("not_found", "ok")], changes


def test_a_304_that_nobody_asked_for(fetcher):
    with Origin({"/a": Version(honest=False, ETag='"1"'), "/b": Version(ETag='"1"')}) as origin:
        schedule = start(fetcher, [origin.url("/a"), origin.url("/b")])
        _, results = run(fetcher, schedule)
        assert [(r["status"], r["reason"], r["http_status"]) for r in results] == [("error", "http_status", 304), ("ok", None, 200)]
        origin.paths["/b"] = Version(honest=False, ETag='"2"')  # it says that another version is ours
        _, results = run(fetcher, schedule)
        assert (results[1]["status"], results[1]["reason"]) == ("error", "http_status")
        assert conditions(origin, "/b") == [(), ("if-none-match",), ()]


def test_the_copy_is_gone(fetcher):
    """Whoever took it away: the file is asked for without a condition."""
    with Origin({"/a": Version(ETag='"1"')}) as origin:
        schedule = start(fetcher, [origin.url("/a")])
        job, _ = run(fetcher, schedule)
        (fetcher.folder / "downloads" / job["id"] / "a").unlink()
        job, [result] = run(fetcher, schedule)
        assert (result["status"], result["http_status"], result["attempts"]) == ("unchanged", 200, 1)
        assert read_file(fetcher.api, job, "a") == A
        (fetcher.folder / "downloads" / job["id"] / "a").write_bytes(b"cut")
        job, [result] = run(fetcher, schedule)
        assert result["http_status"] == 200 and read_file(fetcher.api, job, "a") == A
        assert conditions(origin, "/a") == [(), ("if-none-match",), (), ("if-none-match",), ()]
        fetcher.api("DELETE", f"/jobs/{job['id']}")
        _, [result] = run(fetcher, schedule)
        assert result["status"] == "ok" and conditions(origin, "/a")[5:] == [()]
        fetcher.restart()
        _, [result] = run(fetcher, schedule)
        assert result["status"] == "unchanged" and conditions(origin, "/a")[6:] == [("if-none-match",)]


def test_keep_last_and_if_changed(fetcher):
    with Origin({"/a": Version(ETag='"1"'), "/b": Version(b"b", ETag='"1"')}) as origin:
        urls = [origin.url("/a"), origin.url("/b"), {"url": origin.url("/a"), "name": "again"}]
        schedule = start(fetcher, urls, keep="last")
        folder = fetcher.folder / "downloads"
        run(fetcher, schedule)
        job, results = run(fetcher, schedule)
        assert statuses(results) == ["unchanged"] * 3
        left = {f"{job['id']}/{name}": body for name, body in (("a", A), ("again", A), ("b", b"b"))}
        eventually(lambda: stored_files(folder) == left, "one copy of each item, with the last job")
        origin.paths["/b"] = lambda h: h.answer(b"no", status=500)
        last, results = run(fetcher, schedule)
        assert statuses(results) == ["unchanged", "error", "unchanged"]
        left = {f"{last['id']}/a": A, f"{last['id']}/again": A, f"{job['id']}/b": b"b"}
        eventually(lambda: stored_files(folder) == left, "what failed keeps its copy")


def test_an_older_run_that_ends_later(fetcher):
    """Its copy does not take the place of the one of the later run."""
    held = threading.Event()

    def answer(handler):
        is_first = len(origin.requests) == 1
        if is_first:
            held.wait(60)
        handler.answer(b"old" if is_first else b"new")

    with Origin({"/a": answer}) as origin:
        schedule = start(fetcher, [origin.url("/a")], keep="last")
        first = act(fetcher.api, schedule, "run", 202)
        eventually(lambda: origin.requests, "the first run asks")
        second, _ = run(fetcher, schedule)
        held.set()
        fetcher.api.wait(first)
        third, [result] = run(fetcher, schedule)
        assert result["status"] == "unchanged", "it is compared with the later one"
        folder = fetcher.folder / "downloads"
        eventually(lambda: stored_files(folder) == {f"{third['id']}/a": b"new"}, "those before go")


def test_redirects_and_mirrors(fetcher):
    def moved(handler):
        handler.answer(b"moved", status=302, Location=target[0], ETag='"1"')

    target = ["/one"]
    with Origin({"/a": moved, "/one": Version(ETag='"1"'), "/two": Version(b"two", ETag='"1"'),
                 "/gone": lambda h: h.answer(b"", status=404)}) as origin:
        schedule = start(fetcher, [origin.url("/a"), {"url": origin.url("/gone"), "mirrors": [origin.url("/one")]}])
        run(fetcher, schedule)
        _, results = run(fetcher, schedule)
        assert statuses(results) == ["unchanged", "unchanged"]
        assert conditions(origin, "/a") == [(), ()] == conditions(origin, "/gone")
        assert results[0]["final_url"] == origin.url("/one") == results[1]["final_url"]
        target[0] = "/two"
        job, results = run(fetcher, schedule)
        assert statuses(results) == ["ok", "unchanged"], "an equal tag of another URL says nothing"
        assert conditions(origin, "/two") == [()] and read_file(fetcher.api, job, "a") == b"two"


def test_an_edit_of_what_is_asked_for(fetcher):
    with Origin({"/a": Version(Last_Modified=DATE)}) as origin:
        schedule = start(fetcher, [origin.url("/a")], headers={"Accept-Language": "de"})
        run(fetcher, schedule)
        job = {"kind": "downloads", "urls": [origin.url("/a")], "if_changed": True, "headers": {"Accept-Language": "fr"}}
        patch(fetcher.api, schedule, {"job": job})
        _, [result] = run(fetcher, schedule)
        assert (result["http_status"], conditions(origin, "/a")) == (200, [(), ()]), "it may be another file"
        job["urls"] = [{"url": origin.url("/a"), "sha256": sha256(b"other")}]
        patch(fetcher.api, schedule, {"job": job})
        _, [result] = run(fetcher, schedule)
        assert result["reason"] == "bad_checksum" and conditions(origin, "/a")[2] == ()
        job["urls"] = [{"url": origin.url("/a"), "headers": {"If-None-Match": '"x"'}}]
        patch(fetcher.api, schedule, {"job": job})
        run(fetcher, schedule)
        assert origin.asked("/a")[3]["if-none-match"] == '"x"', "a condition of one's own stays alone"


def test_files_that_are_not_saved(fetcher):
    with Origin({"/a": Version(ETag='"1"')}) as origin:
        schedule = start(fetcher, [origin.url("/a")], save=False)
        run(fetcher, schedule)
        job, [result] = run(fetcher, schedule)
        assert (result["status"], result["sha256"], result["file"]) == ("unchanged", sha256(A), None)
        assert stored_files(fetcher.folder / "downloads") == {}


def test_names_by_the_answer(fetcher):
    with Origin({"/a": Version(ETag='"1"', Content_Disposition="attachment; filename=report.txt")}) as origin:
        schedule = start(fetcher, [origin.url("/a")], content_disposition=True)
        _, [one] = run(fetcher, schedule)
        _, [two] = run(fetcher, schedule)
        assert [one["file"], two["file"], two["status"]] == ["report.txt", "report.txt", "unchanged"]


def test_a_crash_in_the_middle(fetcher):
    """Results that were not committed are found again, with the copies that the run began with."""
    held = threading.Event()

    def wait(handler):
        held.wait(60)
        handler.answer(b"late")

    paths = {f"/{i}": Version(ETag='"1"') for i in range(20)}
    with Origin(paths) as origin:
        schedule = start(fetcher, [origin.url(f"/{i}") for i in range(20)], keep="last")
        run(fetcher, schedule)
        origin.paths["/19"] = wait
        job = act(fetcher.api, schedule, "run", 202)
        eventually(lambda: fetcher.api.get(f"/jobs/{job['id']}").json()["completed"] >= 10, "half is done")
        fetcher.kill9()
        held.set()
        fetcher.start()
        results = by_index(fetcher.api, job)
        assert statuses(results) == ["unchanged"] * 19 + ["ok"]
        names = [f"{job['id']}/{i}" for i in range(20)]
        eventually(lambda: sorted(stored_files(fetcher.folder / "downloads")) == sorted(names), "one copy each")


def test_it_belongs_to_schedules(fetcher):
    body = {"kind": "downloads", "urls": ["http://127.0.0.1:1/"], "if_changed": True}
    assert pointers(fetcher.api.post(body, 422)) == ["/if_changed"]
    assert pointers(fetcher.api.post({**body, "if_changed": "yes"}, 422)) == ["/if_changed"]
    flags = {"kind": "flags", "codes": ["BR"], "if_changed": True}
    assert pointers(fetcher.api.post(flags, 422)) == ["/if_changed"]
