"""Ways to queue a job, and that asking twice queues one."""
import json
import keyword
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Client, check_complete, pointers

KEYWORDS = [word.lower() for word in keyword.kwlist]
SHORT_KEYWORDS = [word for word in KEYWORDS if len(word) <= 4]


def names_in_order(api, job):
    api.wait(job)
    return [r["domain"] for r in sorted(api.results(job), key=lambda r: r["index"])]


def test_json(api):
    response = api.post(
        {"kind": "domains", "check": "resolve", "domains": ["found.test", "nx.test"], "label": "my blog"})
    job = response.json()
    assert response.headers["Location"] == job["links"]["self"] == f"/jobs/{job['id']}"
    assert (job["kind"], job["check"], job["label"], job["total"]) == ("domains", "resolve", "my blog", 2), job
    assert job["state"] in ("queued", "running"), job
    ended = api.wait(job)
    assert (ended["state"], ended["counts"]) == ("done", {"found": 1, "not_found": 1, "error": 0}), ended


@pytest.mark.parametrize("media", [
    "application/json; charset=utf-8", "Application/JSON", 'application/json;charset="utf-8"'])
def test_media_type_may_have_parameters(api, media):
    api.post({"kind": "domains", "domains": ["found.test"]}, media=media)


def test_identity_is_no_encoding(api):
    api.post({"kind": "domains", "domains": ["found.test"]}, headers={"Content-Encoding": "identity"})


EXPANSIONS = {  # case: (fields, names in the order of the job)
    "domains": ({"domains": ["b.test", "a.test"]}, ["b.test", "a.test"]),
    "names x tlds": ({"names": ["await", "try"], "tlds": ["dev", "com.br"]},
                     ["await.dev", "await.com.br", "try.dev", "try.com.br"]),
    "dots and case of tlds": ({"names": ["Await"], "tlds": [".DEV", "COM.BR."]}, ["await.dev", "await.com.br"]),
    "domains before names": ({"domains": ["z.test"], "names": ["a"], "tlds": ["dev"]}, ["z.test", "a.dev"]),
    "preset": ({"preset": "python-keywords", "tlds": ["dev"]}, [f"{word}.dev" for word in KEYWORDS]),
    "short preset": ({"preset": "python-keywords", "max_length": 4, "tlds": ["dev"]},
                     [f"{word}.dev" for word in SHORT_KEYWORDS]),
    "names before preset": ({"names": ["go"], "preset": "python-keywords", "max_length": 2, "tlds": ["dev", "io"]},
                            [f"{w}.{t}" for w in ["go", *(k for k in KEYWORDS if len(k) <= 2)] for t in ("dev", "io")]),
    "max_length of names": ({"names": ["a", "ab", "abc"], "max_length": 2, "tlds": ["dev"]}, ["a.dev", "ab.dev"]),
    "domains are never too long": ({"domains": ["example.com"], "names": ["a"], "max_length": 1, "tlds": ["dev"]},
                                   ["example.com", "a.dev"]),
}


@pytest.mark.parametrize("fields, expected", EXPANSIONS.values(), ids=EXPANSIONS)
def test_expansion(api, fields, expected):
    assert names_in_order(api, api.submit(**fields)) == expected


LINES = {  # case: (media, body, query, names)
    "text": ("text/plain", "a.test\nb.test\n", {}, ["a.test", "b.test"]),
    "charset": ("text/plain; charset=utf-8", "bücher.de\n", {}, ["xn--bcher-kva.de"]),
    "crlf": ("text/plain", "a.test\r\nb.test\r\n", {}, ["a.test", "b.test"]),
    "no last line end": ("text/plain", "a.test\nb.test", {}, ["a.test", "b.test"]),
    "blank and comment": ("text/plain", "# names\n\na.test\n\r\n#b.test\nc.test\n", {}, ["a.test", "c.test"]),
    "tlds": ("text/plain", "await\ntry\n", {"tlds": "dev,com.br"},
             ["await.dev", "await.com.br", "try.dev", "try.com.br"]),
    "preset": ("text/plain", "go\n", {"tlds": "dev", "preset": "python-keywords", "max_length": "2"},
               ["go.dev", "as.dev", "if.dev", "in.dev", "is.dev", "or.dev"]),
    "ndjson": ("application/x-ndjson", '"a.test"\n{"domain":"b.test"}\n\n"b\\u00fccher.de"', {},
               ["a.test", "b.test", "xn--bcher-kva.de"]),
    "ndjson with tlds": ("application/x-ndjson", '"a"\n{"domain":"b"}\n', {"tlds": "dev"}, ["a.dev", "b.dev"]),
}


@pytest.mark.parametrize("media, body, query, expected", LINES.values(), ids=LINES)
def test_lines(api, media, body, query, expected):
    job = api.post(body, media=media, query={"kind": "domains", "check": "resolve", **query}).json()
    assert names_in_order(api, job) == expected


MARKED = {  # case: (media, body, query)
    "json": ("application/json", '{"kind":"domains","domains":["a.test"]}', {}),
    "text": ("text/plain", "a.test\n", {"kind": "domains"}),
    "text, a comment first": ("text/plain", "# names\na.test\n", {"kind": "domains"}),
    "ndjson": ("application/x-ndjson", '"a.test"\n', {"kind": "domains"}),
}


@pytest.mark.parametrize("media, body, query", MARKED.values(), ids=MARKED)
def test_a_byte_order_mark_is_passed_over(api, media, body, query):
    job = api.post(b"\xef\xbb\xbf" + body.encode(), media=media, query=query).json()
    assert (job["total"], job["invalid"]) == (1, 0) and names_in_order(api, job) == ["a.test"]
    for coding in ("utf-16", "utf-16-le", "utf-16-be"):
        problem = api.post(body.encode(coding), 400, media=media, query=query).json()
        assert "UTF-16" in problem["detail"], problem
    assert len(api.jobs()) == 1


def test_the_answer_tells_what_is_invalid(api):
    assert api.submit(["found.test", "a..b", "@"])["invalid"] == 2
    urls = ["http://127.0.0.1:9/", "ftp://a.test/", "nonsense", "http://"]
    job = api.post({"kind": "downloads", "urls": urls}).json()
    assert job["invalid"] == 3 and "invalid" not in api.show(job)
    api.wait(job)
    assert [r["reason"] for r in sorted(api.results(job), key=lambda r: r["index"])][1:] == ["invalid_url"] * 3
    assert api.post("\n".join(urls), query={"kind": "downloads"}).json()["invalid"] == 3


def test_query_beside_lines(api):
    query = {"kind": "domains", "label": "Grüße", "concurrency": 2, "rate": 1000, "timeout_ms": 100, "attempts": 1}
    job = api.post("drop.test\n", query=query).json()
    assert job["label"] == "Grüße", job
    api.wait(job)
    [result] = api.results(job)
    assert (result["reason"], result["attempts"]) == ("timeout", 1), result


@pytest.mark.parametrize(
    "label", ["", "Grüße aus Köln", "<b>\"'&\\", "x" * 200], ids=["empty", "utf-8", "signs", "longest"])
def test_label(api, label):
    job = api.submit(["found.test"], label=label)
    assert job["label"] == api.show(job)["label"] == label


DRY_RUNS = {
    "json": ({"kind": "domains", "names": ["a", "b", "a", "@"], "tlds": ["dev", "io"]}, None, {},
             (8, 2, 2, ["a.dev", "a.io", "b.dev", "b.io", "a.dev", "a.io"])),
    "text": ("A.test\na.test.\nb..test\n", "text/plain", {"kind": "domains"}, (3, 1, 1, ["a.test", "a.test"])),
    "preset": ({"kind": "domains", "preset": "python-keywords", "tlds": ["dev"]}, None, {},
               (35, 0, 0, [f"{word}.dev" for word in KEYWORDS[:20]])),
}


@pytest.mark.parametrize("body, media, query, expected", DRY_RUNS.values(), ids=DRY_RUNS)
def test_dry_run(api, dns, body, media, query, expected):
    answer = api.post(body, 200, {"dry_run": "true", **query}, media=media).json()
    total, duplicates, invalid, first = expected
    assert (answer["total"], answer["duplicates"], answer["invalid"]) == (total, duplicates, invalid), answer
    assert answer["first"][:len(first)] == first and len(answer["first"]) == min(20, total), answer
    assert api.jobs() == [] and dns.stats()["queries"] == 0, "a dry run queues nothing and asks nobody"


def test_dry_run_false_is_no_dry_run(api):
    api.post({"kind": "domains", "domains": ["found.test"]}, 202, {"dry_run": "false"})


REQUESTS = {
    "json": ({"kind": "domains", "domains": ["found.test"]}, "application/json", {}),
    "text": ("found.test\nnx.test\n", "text/plain", {"kind": "domains", "label": "x"}),
}


@pytest.mark.parametrize("body, media, query", REQUESTS.values(), ids=REQUESTS)
def test_same_key_same_job(api, body, media, query):
    headers = {"Idempotency-Key": "blog-1"}
    first = api.post(body, query=query, headers=headers, media=media)
    second = api.post(body, query=query, headers=headers, media=media)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers.get("Idempotency-Replayed") == "true"
    assert second.json()["id"] == first.json()["id"] and second.headers["Location"] == first.headers["Location"]
    assert len(api.jobs()) == 1, "one key, one job"


OTHERS = {
    "body": ("nx.test\n", {"kind": "domains", "label": "x"}),
    "query": ("found.test\n", {"kind": "domains", "label": "y"}),
}


@pytest.mark.parametrize("body, query", OTHERS.values(), ids=OTHERS)
def test_same_key_other_request(api, body, query):
    headers = {"Idempotency-Key": "blog-1"}
    api.post("found.test\n", query={"kind": "domains", "label": "x"}, headers=headers)
    api.post(body, 422, query, headers)
    assert len(api.jobs()) == 1, "what was refused is not queued"


def test_same_key_at_the_same_moment(api, contract):
    def submit(_):
        body = {"kind": "domains", "domains": ["found.test"]}
        return Client(api.url, contract).post(body, headers={"Idempotency-Key": "race"}).json()["id"]

    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(submit, range(64)))
    assert len(ids) == 1 and len(api.jobs()) == 1, f"64 requests with one key queued {ids}"


def test_same_key_after_a_restart(daemon):
    def submit():
        return daemon.api.post({"kind": "domains", "domains": ["found.test"]}, headers={"Idempotency-Key": "k"})

    first = submit()
    daemon.restart()
    second = submit()
    assert second.headers.get("Idempotency-Replayed") == "true" and second.json()["id"] == first.json()["id"]


def test_refused_request_leaves_its_key_free(api):
    headers = {"Idempotency-Key": "k"}
    refused = api.post({"kind": "domains", "domain": ["found.test"]}, 422, headers=headers)
    assert "/domain" in pointers(refused)
    api.post({"kind": "domains", "domains": ["found.test"]}, 202, headers=headers)


@pytest.mark.parametrize("media", ["text/plain", "application/x-ndjson"])
def test_stream_of_lines(api, media):
    """A body of unknown length, sent in pieces that don't end where lines end."""
    n = 100_000
    line = (lambda i: f'"found-{i}.test"\n') if media.endswith("ndjson") else (lambda i: f"found-{i}.test\n")
    body = "".join(line(i) for i in range(n)).encode()
    pieces = (body[i:i + 8191] for i in range(0, len(body), 8191))
    job = api.post(pieces, query={"kind": "domains"}, media=media).json()
    assert job["total"] == n, job
    indices = [json.loads(text)["index"] for text in api.follow(job)]
    assert sorted(indices) == list(range(n)), "each line has exactly one result"
    assert api.show(job)["counts"]["found"] == n


def test_many_small_jobs_from_many_clients(api, contract):
    def work(number):
        client = Client(api.url, contract)
        return [client.submit([f"found-{number}-{i}.test"])["id"] for i in range(20)]

    with ThreadPoolExecutor(16) as pool:
        ids = [job for jobs in pool.map(work, range(16)) for job in jobs]
    assert len(set(ids)) == 320, "each submission is a job of its own"
    for job in ids:
        assert api.wait(job)["counts"]["found"] == 1
    check_complete(api.results(ids[0]), 1)


def test_patterns(api):
    """`names` may be patterns; what they stand for is counted before anything is asked."""
    fields = {"kind": "domains", "names": ["{,get}app#", "plain"], "tlds": ["test", "example"]}
    counted = api.post(fields, 200, {"dry_run": "true"}).json()
    assert (counted["total"], counted["duplicates"], counted["invalid"]) == (2 * 21, 0, 0)
    assert counted["first"][:3] == ["app0.test", "app0.example", "app1.test"]
    rows = api.results(api.wait(api.post(fields).json()))
    assert {row["domain"] for row in rows} == \
        {f"{word}.{tld}" for word in [*(f"{p}app{d}" for p in ("", "get") for d in range(10)), "plain"]
         for tld in ("test", "example")}
    api.post({**fields, "names": ["????????"]}, 422)  # more than a job may have
    problem = api.post({**fields, "names": ["ok", "a[b"]}, 422).json()
    assert [e["pointer"] for e in problem["errors"]] == ["/names/1"]
