"""The page: what the daemon serves, and how it works in a real browser."""
import contextlib
import gzip
import hashlib
import http.client
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from browser import Keys, open_browser
from client import expect
from processes import DEADLINE, TOP, eventually
from tokens import write_tokens
from web import open_world

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ODD = "<img src=x onerror=document.title='caught'>"
POLICY = ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'")
pytestmark = pytest.mark.seconds(150)


@pytest.fixture(scope="module")
def world(tmp_path_factory, contract):
    """A daemon with some of everything."""
    with open_world(tmp_path_factory.mktemp("world"), contract, {}, {}) as opened:
        opened, api = SimpleNamespace(**opened._asdict()), opened.api
        job = api.submit(["found.test", "nx.test", "servfail.test", ODD], label="<b>odd</b> names")
        opened.jobs = {"odd": job["id"], "flags": api.post({"kind": "flags", "base_url": opened.web.base()}).json()["id"]}
        answer = expect(api("POST", "/schedules", json={"every": "1h", "name": "hourly", "job": {"kind": "domains", "domains": ["found.test"]}}), 201)
        opened.schedule = answer.json()["id"]
        run = expect(api("POST", f"/schedules/{opened.schedule}/run"), 202).json()["id"]
        for one in (*opened.jobs.values(), run):
            api.wait(one)
        yield opened


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def silence(request):
    """Nothing may be said on the console, unless a test takes it."""
    yield
    if "browser" in request.fixturenames:
        browser = request.getfixturevalue("browser")
        said = browser.console()
        browser.js("sessionStorage.clear()")
        assert not said, said


# --- What is served ---

def files_of(api):
    """Return the paths that the document names and that its modules import."""
    paths = set(re.findall(r'"(page/[^"]+)"', api.get("/", headers=HTML).text))
    for path in sorted(paths):
        folder = path.rpartition("/")[0]
        if path.endswith(".js"):
            todo = [path]
            while todo:
                text = api.get(f"/{todo.pop()}").text
                found = {f"{folder}/{name}" for name in re.findall(r"from '\./([\w.]+)'", text)} - paths
                paths |= found
                todo += found
    return paths


def test_html_for_browsers_and_json_for_others(world):
    api = world.api
    page = api.get("/", headers=HTML)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8" and "Accept" in page.headers["Vary"]
    assert set(POLICY) <= set(page.headers["Content-Security-Policy"].split("; ")), page.headers
    for accept in ("*/*", "application/json", "", "text/html;q=0.1, application/json"):
        links = api.get("/", headers={"Accept": accept}).json()["links"]
        assert all(api("GET", path).status_code == 200 for path in links.values()), links


def test_files_are_kept_and_packed(world):
    api, n_bytes = world.api, 0
    paths = files_of(api)
    assert len(paths) > 10, paths
    for path in ("", *paths):
        headers = {} if path else HTML
        plain = api.get(f"/{path}", headers={**headers, "Accept-Encoding": "identity"})
        packed = api.get(f"/{path}", headers={**headers, "Accept-Encoding": "gzip"})
        n_bytes += len(plain.content)
        assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
        assert plain.content == packed.content and len(gzip.compress(plain.content)) * 0.8 < int(packed.headers["Content-Length"])
        assert plain.headers["ETag"] == f'"{hashlib.sha256(plain.content).hexdigest()[:16]}"' != packed.headers["ETag"]
        assert plain.headers["Cache-Control"] == ("public, max-age=31536000, immutable" if path else "no-cache")
        same = api("GET", f"/{path}", headers={**headers, "Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
        assert same.status_code == 304 and same.content == b""
    assert n_bytes <= 60 << 10, f"the page has {n_bytes} bytes"


@pytest.mark.parametrize("path", ["/page", "/page/", "/page/x", "/page/0123456789abcdef/main.js", "/page/DIGEST/x.js", "/page/DIGEST/index.html", "/page/DIGEST/"])
def test_no_other_files(world, path):
    digest = next(iter(files_of(world.api))).split("/")[1]
    assert world.api("GET", path.replace("DIGEST", digest)).status_code == 404


def test_nothing_from_elsewhere(world):
    """The page works without a network: no address of another host is in it, but for names of XML."""
    for path in ("", *files_of(world.api)):
        text = world.api.get(f"/{path}", headers=HTML).text
        assert not re.findall(r"https?://(?!www\.w3\.org/)", text), path
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b| style=", text), path


@pytest.mark.settings({"api.ui": "no"})
def test_switched_off(daemon):
    assert "links" in daemon.api.get("/", headers=HTML).json()
    assert daemon.api("GET", "/page/0/main.js").status_code == 404


# --- Requests of the page itself ---

def post(api, headers):
    body = json.dumps({"kind": "domains", "domains": ["found.test"]})
    return api("POST", "/jobs", params={"dry_run": "true"}, data=body, headers={"Content-Type": "application/json", **headers}).status_code


def test_own_page_may_change(world):
    api, host = world.api, world.daemon.address
    assert post(api, {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}) == 200
    assert post(api, {"Origin": f"http://{host}"}) == 200, "no Sec-Fetch-Site without TLS, but on loopback"
    name = f"localhost:{host.rpartition(':')[2]}"
    assert post(api, {"Origin": f"http://{name}", "Host": name}) == 200


@pytest.mark.parametrize("headers", [
    {"Origin": "http://HOST", "Sec-Fetch-Site": "cross-site"}, {"Origin": "http://HOST", "Sec-Fetch-Site": "none"},
    {"Origin": "http://HOST.evil.example"}, {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, {"Origin": "http://HOST/"},
    {"Origin": "ftp://HOST"}, {"Origin": "HOST"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1"},
], ids=str)
def test_other_pages_may_not(world, headers):
    headers = {name: value.replace("HOST", world.daemon.address) for name, value in headers.items()}
    assert post(world.api, headers) == 403


# --- The numbers of the first page ---

@pytest.mark.settings({"downloads.quota": "1M"})
def test_status(daemon, dns):
    api = daemon.api
    assert api.get("/status").json() == {
        "unready": None, "jobs": {"queued": 0, "running": 0, "waiting_for_time": 0, "waiting_for_place": 0, "paused": 0},
        "items": {"in_flight": 0, "waiting": 0, "oldest_age_ms": 0, "completed": 0, "errors": 0, "unknown": 0},
        "schedules": {"active": 0, "paused": 0}, "callbacks": {"waiting": 0}, "name_servers": {"healthy": 1, "resting": 0},
        "store": {"writable": True, "bytes": api.get("/status").json()["store"]["bytes"]}, "downloads": {"bytes": 0, "quota_bytes": 1 << 20}}
    api.run(["found.test", "nx.test", "a..b"])
    dns.toggle_black_hole()
    api.submit([f"n{i}.test" for i in range(50)], concurrency=10)
    api.submit(["later.test"], run_at="2999-01-01T00:00:00Z")
    expect(api("POST", f"/jobs/{api.submit(['paused.test'], run_at='2999-01-01T00:00:00Z')['id']}/pause"), 200)
    expect(api("POST", "/schedules", json={"every": "1h", "paused": True, "job": {"kind": "domains", "domains": ["found.test"]}}), 201)
    status = eventually(lambda: (lambda s: s if s["items"]["in_flight"] == 10 else None)(api.get("/status").json()), "10 items are in flight")
    assert status["jobs"] == {"queued": 2, "running": 1, "waiting_for_time": 1, "waiting_for_place": 0, "paused": 1}, status
    assert status["items"]["completed"] >= 3 and status["items"]["errors"] >= 1 and status["items"]["waiting"] <= 42, status
    assert status["schedules"] == {"active": 0, "paused": 1} and status["store"]["bytes"] > 4096, status
    eventually(lambda: api.get("/status").json()["items"]["oldest_age_ms"] > 0, "an age of what waits, which is not that of an earlier answer")


# --- In a browser ---

PAGES = ["", "#/jobs", "#/jobs?state=done&kind=domains", "#/jobs?label=none", "#/jobs/ODD", "#/jobs/ODD?status=error", "#/jobs/ODD?q=img", "#/jobs/FLAGS",
         "#/new", "#/schedules", "#/schedules/SCHEDULE", "#/servers", "#/limits"]


def url_of(world, page):
    for name, value in {"ODD": world.jobs["odd"], "FLAGS": world.jobs["flags"], "SCHEDULE": world.schedule}.items():
        page = page.replace(name, value)
    return f"{world.api.url}/{page}"


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page(world, browser, scheme, width):
    """Each page has a title, fits the width, names its fields and buttons, and says nothing on the console."""
    browser.look(scheme, width)
    for page in PAGES:
        browser.open(url_of(world, page))
        assert browser.js("return document.querySelectorAll('h1').length") == 1, page
        assert browser.js("return document.documentElement.scrollWidth") <= width, f"{page} is wider than {width}"
        nameless = browser.js("""return [...document.querySelectorAll('a, button, input, select, textarea, img, svg[role]')].filter(e => e.offsetParent !== null &&
            !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length || e.hasAttribute('alt'))).map(e => e.outerHTML)""")
        assert not nameless, f"{page}: {nameless}"
        said = browser.console()
        assert not said, f"{page}: {said}"


def test_text_is_text(world, browser):
    browser.open(url_of(world, "#/jobs/ODD"))
    browser.wait_text(ODD)
    browser.js("for (const row of document.querySelectorAll('details.result')) row.open = true")
    browser.wait("return document.querySelectorAll('.evidence').length === 4", "the evidence of each result")
    assert browser.js("return document.querySelectorAll('main img, main b:not(.num)').length") == 0
    assert "caught" not in browser.driver.title and "<b>odd</b> names" in browser.text()


def test_pictures(world, browser):
    browser.open(url_of(world, "#/jobs/FLAGS"))
    browser.js("for (const image of document.querySelectorAll('.pictures img')) image.loading = 'eager'")
    browser.wait("return [...document.querySelectorAll('.pictures img')].filter(i => i.complete && i.naturalWidth > 0).length === 20", "20 pictures")


def test_from_queue_to_result_by_keyboard(world, browser):
    """New job, its count, start, and the evidence of a result, without a pointer."""
    browser.open(f"{world.api.url}/")
    browser.keys("n")
    browser.wait_text("Names, one per line")
    browser.wait("return document.getElementById('main').dataset.ready === 'true'", "the form")
    browser.keys("/")
    browser.keys("found.test", Keys.ENTER, "nx.test", Keys.ENTER, "a..b")
    for _ in range(20):
        browser.keys(Keys.TAB)
        if browser.js("return document.activeElement.textContent") == "Count":
            break
    browser.keys(Keys.ENTER)
    browser.wait_text("3 items, 0 duplicates, 1 invalid")
    browser.back()
    browser.wait("return document.activeElement.textContent === 'Start'", "the button before it has the focus")
    browser.keys(Keys.ENTER)
    browser.wait("return document.querySelectorAll('.result').length === 3", "three results")
    browser.keys("jjk", Keys.ENTER)
    browser.wait("return document.querySelectorAll('.evidence').length === 1", "one result is open")
    browser.keys("?")
    browser.wait("return document.querySelector('dialog[open]') != null", "the keys are shown")
    browser.keys(Keys.ESCAPE)
    browser.wait("return document.querySelector('dialog') == null", "they are gone")


def test_shell_commands_and_schedule(world, browser):
    browser.open(f"{world.api.url}/#/new")
    browser.js("""const form = document.querySelector('form'); form.elements.list.value = 'found\\nnx'; form.elements.tlds.value = '.test, example'
        form.elements.label.value = "it's mine"; form.elements.every.value = '1h'; form.dispatchEvent(new Event('input'))""")
    shell = browser.js("return document.querySelector('form pre').textContent")
    assert f"{world.api.url}/jobs?kind=domains&check=resolve&tlds=test%2Cexample&label=it%27s+mine" in shell and "--data-binary @list.txt" in shell, shell
    assert "asyncprobectl domains --label 'it'\\''s mine' .test .example - < list.txt" in shell, shell
    browser.press("Start")
    browser.wait("return location.hash.startsWith('#/schedules/')", "the schedule is shown")
    schedule = world.api.get("/" + browser.js("return location.hash").removeprefix("#/")).json()
    assert (schedule["every"], schedule["job"]["names"], schedule["job"]["tlds"]) == ("1h", ["found", "nx"], ["test", "example"]), schedule
    browser.press("Pause")
    browser.wait_text("Paused")
    browser.press("Run now")
    browser.wait("return document.querySelectorAll('.result').length === 4", "the results of its run")


@pytest.mark.dns("--default", "half")
def test_first_job_restart_and_many_results(daemon, browser):
    """The button of an empty daemon; then 24,000 results, followed through a restart, in a bounded page."""
    api = daemon.api
    browser.open(f"{api.url}/")
    browser.press("Queue the Python keywords")
    browser.wait_text("18 of 18 items")
    job = api.submit_lines([f"n{i}.example" for i in range(24000)], label="many", rate=4000)["id"]
    browser.open(f"{api.url}/#/jobs/{job}")
    browser.wait("return document.querySelectorAll('.result').length > 0", "results")
    port = daemon.address.rpartition(":")[2]
    daemon.settings["api.listen"] = f"127.0.0.1:{port}"
    daemon.kill9()
    browser.wait_text("The daemon does not answer")
    daemon.start()
    browser.wait_text("24,000 of 24,000 items")
    browser.wait("return document.querySelector('.result .target').textContent !== ''", "rows")
    browser.wait("return document.querySelectorAll('.result').length === 200", "200 rows")
    last = [result["domain"] for result in api.results(job, after=23800)]
    browser.wait(f"return JSON.stringify([...document.querySelectorAll('.target')].map(e => e.textContent).reverse()) === {json.dumps(json.dumps(last, separators=(',', ':')))}",
                 "the last 200 results in their order")
    assert browser.js("gc(); return performance.memory.usedJSHeapSize") < 100 << 20
    assert browser.js("return document.getElementById('banner').hidden"), "the daemon answers again"
    browser.console()  # requests failed while it was down


def test_hidden_tab_has_no_stream(world, browser):
    """A browser allows six connections for all tabs, so a stream lasts only while it is seen; then it goes on."""
    api = world.api
    job = api.submit([f"n{i}.test" for i in range(1000)], rate=1)["id"]
    browser.open(f"{api.url}/#/jobs/{job}")
    for hidden, n_streams in (("true", 0), ("false", 1)):
        eventually(lambda: api.metrics()["asyncprobed_http_streams"] == 1 - n_streams, "the stream before")
        browser.js(f"Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }})")
        browser.js("document.dispatchEvent(new Event('visibilitychange'))")
        eventually(lambda: api.metrics()["asyncprobed_http_streams"] == n_streams, "the stream after")
    browser.press("Cancel")
    browser.wait_text("Cancelled")


class Proxy(BaseHTTPRequestHandler):
    """Passes on what is below /tools/probe/, and nothing else."""
    target = None

    def _pass_on(self):
        connection = http.client.HTTPConnection(self.target, timeout=DEADLINE)
        if not self.path.startswith("/tools/probe/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection.request(self.command, self.path.removeprefix("/tools/probe"), body, dict(self.headers.items()))
        response = connection.getresponse()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name not in ("Transfer-Encoding", "Connection", "Date"):
                self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            while piece := response.read1(65536):
                self.wfile.write(piece)

    do_GET = do_POST = do_DELETE = _pass_on

    def log_message(self, *_):
        pass


def test_behind_a_path_of_a_proxy(world, browser):
    """All addresses are relative, and the page is the daemon's own as long as the proxy keeps Host."""
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Proxy,), {"target": world.daemon.address}))
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        browser.open(f"http://127.0.0.1:{proxy.server_port}/tools/probe/#/new")
        browser.js("document.querySelector('form').elements.list.value = 'found.test'")
        browser.press("Start")
        browser.wait("return document.querySelectorAll('.result').length === 1", "the result of a job")
        browser.open(f"http://127.0.0.1:{proxy.server_port}/tools/probe/#/jobs/{world.jobs['flags']}")
        browser.js("for (const image of document.querySelectorAll('.pictures img')) image.loading = 'eager'")
        browser.wait("return [...document.querySelectorAll('.pictures img')].filter(i => i.naturalWidth > 0).length === 20", "the pictures")
    finally:
        browser.open(f"{world.api.url}/#/limits")
        proxy.shutdown()
        proxy.server_close()


@pytest.mark.dns("--zone", TOP / "tests/stub/keywords.zone")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_picture_of_the_readme(daemon, browser, tmp_path, scheme):
    """Draws docs/page-light.png and docs/page-dark.png anew if ASYNCPROBED_PICTURES names the folder."""
    job = daemon.api.submit(preset="python-keywords", max_length=4, tlds=["dev"], label="Python keywords under .dev")
    browser.look(scheme, 1200)
    browser.open(f"{daemon.api.url}/#/jobs/{job['id']}")
    browser.wait("return document.querySelectorAll('.result').length === 18", "18 results")
    picture = Path(os.environ.get("ASYNCPROBED_PICTURES", tmp_path)) / f"page-{scheme}.png"
    assert browser.driver.save_screenshot(str(picture)) and picture.read_bytes().startswith(b"\x89PNG")


def test_token(make_daemon, dns, tmp_path, browser):
    """The page asks once, says when the token is wrong, and streams and pictures work with it."""
    secrets = write_tokens(tmp_path / "tokens", {"mine": "submit,read"})
    with make_daemon(dns, settings={"api.token_file": str(tmp_path / "tokens")}) as daemon:
        browser.driver.get(f"{daemon.api.url}/")
        for secret in ("wrong", secrets["mine"]):
            browser.wait("return document.querySelector('dialog[open] #token') != null", "the token is asked for")
            browser.keys(secret, Keys.ENTER)
            browser.wait(f"return sessionStorage.getItem('asyncprobed.token') === {json.dumps(secret)}", "the token is taken")
        browser.press("Queue the Python keywords")
        browser.wait_text("18 of 18 items")
        assert browser.js("return document.querySelectorAll('dialog').length") == 0
        assert browser.js("return document.cookie") == ""
        refused = [line for line in browser.console() if "401" not in line]
        assert not refused, refused
