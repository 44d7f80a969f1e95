"""Knot DNS as an authority, asked itself and through Unbound: delegations, DNAME, wildcards, big answers, DNSSEC."""
import shutil
import socket
import subprocess

import pytest

from processes import DEADLINE, eventually

ZONE = """\
$ORIGIN example.
$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
plain A 192.0.2.1
six AAAA 2001:db8::1
text TXT "no address"
alias CNAME plain
far CNAME alias
dangling CNAME nothing
*.wild A 192.0.2.2
*.alias CNAME plain
below.empty A 192.0.2.3
moved DNAME new
www.new A 192.0.2.4
cut NS ns.cut
ns.cut A 192.0.2.54
""" + "".join(f"big A 192.0.2.{i}\n" for i in range(1, 255))

FOUND, ABSENT, EMPTY = ("found", None), ("not_found", "nxdomain"), ("not_found", "no_address")
VERDICTS = {
    "plain": FOUND, "six": FOUND, "text": EMPTY, "alias": FOUND, "far": FOUND, "dangling": EMPTY, "x.wild": FOUND,
    "x.y.wild": FOUND, "wild": EMPTY, "x.alias": FOUND, "empty": EMPTY, "below.empty": FOUND, "www.moved": FOUND,
    "absent.moved": EMPTY, "moved": EMPTY, "big": FOUND, "absent": ABSENT, "x.absent": ABSENT, "x.plain": ABSENT,
}


def free_port():
    """A port of 127.0.0.1 that is free for both UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


def answers(port):
    """Does it answer for plain.example, with an address?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        sock.connect(("127.0.0.1", port))
        try:
            sock.send(b"\1\2\1\0\0\1\0\0\0\0\0\0\5plain\7example\0\0\1\0\1")
            answer = sock.recv(4096)
        except OSError:
            return False
        return answer[3] & 15 == 0 and answer[7] > 0


class Program:
    """A name server, started again with another port when somebody was faster."""

    def __init__(self, folder, binary, configure):
        if shutil.which(binary) is None:
            pytest.skip(f"{binary} is absent")
        folder.mkdir(exist_ok=True)
        self._folder, self._binary, self._configure = folder, binary, configure
        self._process = self.address = None

    def start(self, port=None):
        for _ in range(5):
            number = port or free_port()
            path = self._folder / "server.conf"
            path.write_text(self._configure(self._folder, number), encoding="ascii")
            with open(self._folder / "log", "ab") as log:
                options = ["-c", path] if "knot" in self._binary else ["-d", "-c", path]
                self._process = subprocess.Popen([self._binary, *options], stdout=log, stderr=log)
            eventually(lambda number=number: self._process.poll() is not None or answers(number), f"{self._binary} answers")
            if self._process.poll() is None:
                self.address = f"127.0.0.1:{number}"
                return self
        raise AssertionError((self._folder / "log").read_text(encoding="utf8", errors="replace"))

    def stop(self):
        self._process.kill()
        self._process.wait(DEADLINE)

    def restart(self):
        self.stop()
        self.start(int(self.address.rpartition(":")[2]))

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def configure_knot(folder, port):
    (folder / "example.zone").write_text(ZONE, encoding="ascii")
    return f"""\
server:
    rundir: {folder}
    listen: 127.0.0.1@{port}
    udp-max-payload: 1232
database:
    storage: {folder}
template:
  - id: default
    storage: {folder}
zone:
  - domain: example
    file: example.zone
    zonefile-sync: -1
    dnssec-signing: on
"""


def configure_unbound(authority):
    host, _, port = authority.partition(":")
    return lambda folder, own: f"""\
server:
    directory: {folder}
    chroot: ""
    username: ""
    pidfile: {folder}/pid
    use-syslog: no
    interface: 127.0.0.1
    port: {own}
    access-control: 127.0.0.0/8 allow
    do-not-query-localhost: no
    module-config: "iterator"
    num-threads: 1
stub-zone:
    name: "example"
    stub-addr: {host}@{port}
remote-control:
    control-enable: no
"""


@pytest.fixture
def knot(tmp_path):
    with Program(tmp_path / "knot", "knotd", configure_knot) as server:
        yield server


@pytest.fixture
def unbound(tmp_path, knot):
    with Program(tmp_path / "unbound", "unbound", configure_unbound(knot.address)) as server:
        yield server


def judge(daemon, names, **fields):
    return {row["domain"]: (row["status"], row["reason"]) for row in daemon.api.run(names, **fields)}


@pytest.mark.parametrize("peer", ["knot", "unbound"])
def test_verdicts(make_daemon, request, peer):
    with make_daemon(request.getfixturevalue(peer), settings={"dns.timeout": "5s"}) as daemon:
        rows = daemon.api.run([f"{name}.example" for name in VERDICTS])
        assert {row["domain"]: (row["status"], row["reason"]) for row in rows} == {
            f"{name}.example": verdict for name, verdict in VERDICTS.items()}
        [big] = [row for row in rows if row["domain"] == "big.example"]
        assert len(big["addresses"]) > 25, "as many as a result keeps, by TCP"


def test_a_delegation_is_no_answer(make_daemon, knot):
    """An authority refers to the servers of the child: it does not say whether the name exists."""
    with make_daemon(knot, settings={"dns.timeout": "5s"}) as daemon:
        assert judge(daemon, ["www.cut.example", "cut.example"]) == {
            "www.cut.example": ("error", "lame"), "cut.example": ("error", "lame")}


@pytest.mark.seconds(120)
@pytest.mark.parametrize("peer", ["knot", "unbound"])
def test_killed_and_restarted_in_the_middle(make_daemon, request, peer):
    server = request.getfixturevalue(peer)
    with make_daemon(server, settings={"dns.timeout": "2s", "dns.attempts": "8"}) as daemon:
        names = [f"n{i}.{parent}.example" for i in range(10_000) for parent in ("wild", "plain")]
        job = daemon.api.submit(names)
        eventually(lambda: daemon.api.show(job)["completed"] > 1000, "some are done")
        server.restart()
        ended = daemon.api.wait(job, 90)
        assert ended["counts"] == {"found": 10_000, "not_found": 10_000, "error": 0}
