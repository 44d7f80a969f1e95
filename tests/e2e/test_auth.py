"""Tokens: who may do what, and where the daemon listens without them."""
import hashlib
import json
import os
import stat
import subprocess

import pytest

from client import expect
from processes import DEADLINE, TOP, binary, eventually
from tokens import SCOPES, bearer, write_tokens

OPEN = {"checkHealth": 200, "checkReadiness": 200, "readRoot": 200, "readPageFile": 404}  # what it answers here
ENTRIES = {**{scope: scope for scope in SCOPES}, "worker": "submit,read"}
ID = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"


@pytest.fixture
def secrets(tmp_path):
    return write_tokens(tmp_path / "tokens", ENTRIES)


@pytest.fixture
def guarded(make_daemon, dns, tmp_path, secrets):
    """A running daemon that asks for tokens; its client sends none by itself."""
    assert secrets
    with make_daemon(dns, settings={"api.token_file": str(tmp_path / "tokens")}) as running:
        yield running


def operations(contract):
    """Yield (operationId, method, path, scopes that do) of all that the document lists."""
    for name, (method, path) in contract.operations().items():
        operation = contract.document["paths"][path][method.lower()]
        assert ("x-scopes" in operation or operation["security"] == [] or path.startswith("/openapi")
                or path == "/limits"), f"{name}: says nothing of scopes"
        scopes = operation.get("x-scopes", SCOPES)
        yield name, method, path.replace("{id}", ID).replace("{name}", "a.gif"), {*scopes, "admin"}


BAD_HEADERS = {
    "none": {}, "empty": {"Authorization": ""}, "no secret": {"Authorization": "Bearer"},
    "blank secret": {"Authorization": "Bearer  "}, "another": bearer("0" * 64), "another scheme": {"Authorization": "Basic YTpi"},
    "no scheme": {"Authorization": "0" * 64}, "scheme and more": {"Authorization": "BearerX " + "0" * 64},
}


@pytest.mark.parametrize("headers", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_without_a_token(guarded, contract, headers):
    for name, method, path, _ in operations(contract):
        response = guarded.api(method, path, headers=headers)
        if name in OPEN:
            expect(response, OPEN[name])
        else:
            expect(response, 401)
            has_secret = headers.get("Authorization", "").startswith("Bearer 0")
            assert ("invalid_token" in response.headers["WWW-Authenticate"]) == has_secret, response.headers


def test_parts_of_a_token_are_none(guarded, secrets):
    secret = secrets["admin"]
    digest = hashlib.sha256(secret.encode()).hexdigest()
    for wrong in (secret[:-1], secret + "0", secret.upper(), secret[1:], digest, secret + " ", "admin"):
        if wrong.strip() != secret:
            expect(guarded.api("GET", "/jobs", headers=bearer(wrong)), 401)
    expect(guarded.api("GET", "/jobs", headers={"Authorization": f"bearer   {secret}"}), 200)


@pytest.mark.parametrize("scope", SCOPES)
def test_scopes(guarded, contract, secrets, scope):
    """A token may do what the document says, and nothing else."""
    for name, method, path, scopes in operations(contract):
        response = guarded.api(method, path, headers=bearer(secrets[scope]))
        if scope in scopes:
            assert response.status_code not in (401, 403), f"{scope} may {name}: {response.text}"
        else:
            expect(response, 403)
            assert "insufficient_scope" in response.headers["WWW-Authenticate"]


def test_two_scopes(guarded, secrets):
    headers = bearer(secrets["worker"])
    job = guarded.api.post({"kind": "domains", "domains": ["found.test"]}, headers=headers).json()
    eventually(lambda: guarded.api.get(f"/jobs/{job['id']}", headers=headers).json()["state"] == "done", "the job ends")
    expect(guarded.api("DELETE", f"/jobs/{job['id']}", headers=headers), 403)
    expect(guarded.api("DELETE", f"/jobs/{job['id']}", headers=bearer(secrets["admin"])), 204)


def test_idempotency_keys_belong_to_their_token(guarded, secrets):
    """The key of another token hands out nothing of its job."""
    body = {"kind": "domains", "domains": ["found.test"], "label": "secret plans"}

    def submit(name, status=202):
        return guarded.api.post(body, status, headers={"Idempotency-Key": "k", **bearer(secrets[name])})

    first = {name: submit(name) for name in ("admin", "submit", "worker")}
    assert len({response.json()["id"] for response in first.values()}) == 3, "each token has a job of its own"
    assert not any("Idempotency-Replayed" in response.headers for response in first.values())
    for name, response in first.items():
        again = submit(name)
        assert again.headers["Idempotency-Replayed"] == "true" and again.json()["id"] == response.json()["id"]
    body["label"] = "other plans"
    submit("submit", 422)
    submit("worker", 422)


@pytest.mark.parametrize("method, path, status", [("GET", "/nothing", 404), ("BREW", "/jobs", 405)])
def test_unknown_routes_tell_nothing_without_a_token(guarded, secrets, method, path, status):
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    with guarded.api.connect() as sock:
        sock.sendall(f"{head}\r\n".encode())
        assert b" 401 " in sock.recv(4096).split(b"\r\n")[0]
    answer = guarded.api.raw(f"{head}Authorization: Bearer {secrets['metrics']}\r\n\r\n".encode(), method, path)
    assert answer.status == status


def test_two_tokens_at_once(guarded, secrets):
    lines = "".join(f"Authorization: Bearer {secrets[name]}\r\n" for name in ("read", "admin"))
    assert guarded.api.raw(f"GET /jobs HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode(), "GET").status == 400


def test_upload_without_a_token_is_not_read(guarded):
    """The refusal comes before the body, and nothing is queued."""
    head = (b"POST /jobs?kind=domains HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
            b"Content-Length: 1000000\r\n\r\n")
    assert guarded.api.raw(head).status == 401


@pytest.mark.parametrize("is_named", [True, False], ids=["setting", "credential"])
def test_secrets_are_never_logged(make_daemon, dns, tmp_path, secrets, is_named):
    """And a credential of systemd does as well as the setting."""
    settings = {"log.level": "debug", "api.token_file": str(tmp_path / "tokens") if is_named else None}
    (tmp_path / "asyncprobed.token").write_bytes((tmp_path / "tokens").read_bytes())
    (tmp_path / "asyncprobed.token").chmod(0o400)
    daemon = make_daemon(dns, settings=settings)
    daemon.start(environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    expect(daemon.api("GET", "/jobs"), 401)
    expect(daemon.api("GET", "/jobs", headers=bearer("a-wrong-secret")), 401)
    expect(daemon.api("GET", "/jobs", headers=bearer(secrets["read"])), 200)
    daemon.api.post({"kind": "domains", "domains": ["found.test"]}, headers=bearer(secrets["submit"]))
    daemon.stop()
    log = daemon.lines.text()
    assert not any(secret in log for secret in [*secrets.values(), "a-wrong-secret"])


def test_credentials_without_a_token(make_daemon, dns, tmp_path):
    daemon = make_daemon(dns)
    daemon.start(environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    expect(daemon.api("GET", "/jobs"), 200)
    daemon.stop()


def test_rate(make_daemon, dns, tmp_path, secrets):
    """Requests with one token are counted together, and those of another are not."""
    settings = {"api.token_file": str(tmp_path / "tokens"), "api.token_rate": "5"}
    with make_daemon(dns, settings=settings) as daemon:
        statuses = [daemon.api("GET", "/jobs", headers=bearer(secrets["read"])) for _ in range(40)]
        late = [response for response in statuses if response.status_code == 429]
        assert len(late) > 20 and all(response.headers["Retry-After"] == "1" for response in late), statuses
        assert all(response.status_code in (200, 429) for response in statuses), statuses
        expect(daemon.api("GET", "/jobs", headers=bearer(secrets["admin"])), 200)
        daemon.api.get("/healthz")
        eventually(lambda: daemon.api("GET", "/jobs", headers=bearer(secrets["read"])).status_code == 200,
                   "the token may ask again")


def check(*settings, status, environment=None):
    done = subprocess.run([binary("src/asyncprobed"), "-t", *(f"-o{setting}" for setting in settings)],
                          capture_output=True, text=True, timeout=DEADLINE, check=False,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == status, done
    return done.stderr


def test_token_file_is_checked(tmp_path):
    path = tmp_path / "tokens"
    write_tokens(path, {"a": "read"})
    setting = f"api.token_file={path}"
    check(setting, status=0)
    path.chmod(0o644)
    assert str(path) in check(setting, status=1)
    path.chmod(0o640)
    with path.open("a") as file:
        file.write("b read\n")
    assert f"{path}:3:" in check(setting, status=1)
    assert "/nonexistent" in check("api.token_file=/nonexistent", status=1)
    (tmp_path / "asyncprobed.token").write_text("nonsense\n")
    (tmp_path / "asyncprobed.token").chmod(0o600)
    assert "asyncprobed.token:1:" in check(status=1, environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_token_of_the_manual(tmp_path):
    """The commands that asyncprobed(8) shows make a token that is good."""
    page = (TOP / "docs/asyncprobed.8").read_text(encoding="utf-8")
    [lines] = [part for part in page.split(".EX\n")[1:] if "sha256sum" in part]
    script = lines.split(".EE")[0].replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\").replace("\\(ha", "^")
    script = script.replace("/etc/asyncprobed/tokens", str(tmp_path / "tokens")).replace(" root:asyncprobed", "")
    done = subprocess.run(["sh", "-euc", f"umask 027\n{script}"], capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, done
    secret = done.stdout.strip()
    assert len(secret) == 64 and secret not in (tmp_path / "tokens").read_text()
    assert hashlib.sha256(secret.encode()).hexdigest() in (tmp_path / "tokens").read_text()
    assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o640
    check(f"api.token_file={tmp_path}/tokens", status=0)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:8653", "127.0.0.1:0,0.0.0.0:0", "[2001:db8::1]:1"])
def test_other_addresses_need_more(tmp_path, secrets, listen):
    """Also when it starts, and not only when it is checked."""
    assert secrets
    assert "token_file" in check(f"api.listen={listen}", status=1)
    assert "TLS" in check(f"api.listen={listen}", f"api.token_file={tmp_path}/tokens", status=1)
    check(f"api.listen={listen}", "api.insecure=yes", status=0)
    done = subprocess.run([binary("src/asyncprobed"), f"-oapi.listen={listen}", f"-ostore.url=sqlite://{tmp_path}/jobs.db"],
                          capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 1 and "loopback" in done.stderr and "event=listening" not in done.stderr, done


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "127.9.9.9:0", "[::1]:0", "unix:/tmp/x.sock"])
def test_addresses_of_this_machine_are_free(listen):
    check(f"api.listen={listen}", status=0)


class TestClient:
    """asyncprobectl sends the token that it is given."""

    @pytest.fixture
    def ctl(self, guarded):
        def run(*arguments, token=None, status=0):
            environment = {**os.environ, "ASYNCPROBED_URL": guarded.api.url}
            if token is not None:
                environment["ASYNCPROBED_TOKEN"] = token
            done = subprocess.run([binary("src/asyncprobectl"), *arguments], capture_output=True, text=True,
                                  timeout=DEADLINE, check=False, env=environment)
            assert done.returncode == status, done
            return done

        return run

    def test_environment(self, ctl, secrets):
        assert ctl("domains", "found.test", token=secrets["worker"]).stdout == "+ found.test\n"
        assert json.loads(ctl("jobs", "--json", token=secrets["read"]).stdout)["jobs"]

    def test_file(self, ctl, secrets, tmp_path):
        path = tmp_path / "secret"
        path.write_text(secrets["worker"] + "\n")
        assert ctl("domains", "found.test", "--token-file", str(path), token="wrong").stdout == "+ found.test\n"

    def test_refusals(self, ctl, secrets, tmp_path):
        assert "needs a token" in ctl("jobs", status=1).stderr
        assert "needs a token" in ctl("jobs", token="", status=1).stderr
        assert "Unknown token" in ctl("jobs", token="wrong", status=1).stderr
        assert "scope submit" in ctl("domains", "found.test", token=secrets["read"], status=1).stderr
        assert "/nonexistent" in ctl("jobs", "--token-file=/nonexistent", status=2).stderr
        (tmp_path / "empty").touch()
        assert "no token" in ctl("jobs", f"--token-file={tmp_path}/empty", status=2).stderr
        assert "invalid token" in ctl("jobs", token="a\nb", status=2).stderr
