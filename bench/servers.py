"""The names that are asked, and NSD, the server that answers them, on a free loopback port."""

import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import time

import machine
import origin

ZONE = "bench.test"
WILD = "wild." + ZONE  # every name below it exists
HOSTS = "hosts." + ZONE  # the hosts that files are fetched from
SERIAL = 20  # seeds the shuffle: the same order in every run
KEYWORDS_FOUND = "and as def del elif for from in not true".split()

CONFIG = """\
server:
	server-count: 1
	ip-address: 127.0.0.1@{port}
	do-ip6: no
	username: ""
	chroot: ""
	zonesdir: "{dir}"
	database: ""
	pidfile: "{dir}/nsd.pid"
	xfrdfile: "{dir}/xfrd.state"
	zonelistfile: "{dir}/zone.list"
	xfrdir: "{dir}"
	logfile: "{dir}/nsd.log"
	verbosity: 0
	zonefiles-check: no
	zonefiles-write: 0
	hide-version: yes
	minimal-responses: yes
	rrl-ratelimit: 0
	rrl-whitelist-ratelimit: 0
	receive-buffer-size: 4194304
	send-buffer-size: 4194304
remote-control:
	control-enable: no
zone:
	name: {zone}
	zonefile: bench.zone
zone:
	name: dev
	zonefile: dev.zone
"""

SOA = """\
$ORIGIN {zone}.
$TTL 300
@ IN SOA ns hostmaster 1 3600 900 604800 300
@ IN NS ns
ns IN A 192.0.2.53
"""


def listed_names(count):
    """`count` names of the zone's list, shuffled; the zone holds those with an even number."""
    names = [f"n{i:06d}.{ZONE}" for i in range(count)]
    random.Random(SERIAL).shuffle(names)
    return names


def numbered_lines(prefix, count):
    """Blocks of lines of `count` new names of one length, half of them in the zone, in turn.

    Made as they are asked for; `prefix` (one length, please) keeps two jobs' names apart.
    """
    for first in range(0, count, 2000):
        last = min(first + 2000, count)
        yield "".join(f"{prefix}{i:08d}.{'wild' if i % 2 == 0 else 'none'}.{ZONE}\n"
                      for i in range(first, last)).encode("ascii")


def numbered_length(prefix, count):
    """The bytes that numbered_lines gives in all."""
    return count * len(f"{prefix}{0:08d}.wild.{ZONE}\n")


def write_zones(directory, count, n_hosts):
    """A zone with half of `count` names, and hosts; and dev with the keywords that are taken."""
    with open(os.path.join(directory, "bench.zone"), "w", encoding="ascii") as file:
        file.write(SOA.format(zone=ZONE))
        file.write("*.wild IN A 192.0.2.2\n")
        for i in range(0, count, 2):
            file.write(f"n{i:06d} IN A 192.0.2.1\n")
        for i in range(n_hosts):
            file.write(f"{origin.host_name(i, HOSTS)}. IN A {origin.host_address(i)}\n")
    with open(os.path.join(directory, "dev.zone"), "w", encoding="ascii") as file:
        file.write(SOA.format(zone="dev"))
        for name in KEYWORDS_FOUND:
            file.write(f"{name} IN A 192.0.2.1\n")


def _free_port():
    """A port that is free for UDP and TCP on 127.0.0.1 at this moment."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
                socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]
    raise machine.BenchError("no free port on 127.0.0.1")


def _question(name):
    labels = b"".join(bytes([len(part)]) + part.encode("ascii") for part in name.split("."))
    return struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


class Nsd:
    """One NSD in the foreground, in a directory of the run; use it in a `with`."""

    def __init__(self, directory, count, n_hosts):
        self.program = shutil.which("nsd") or "/usr/sbin/nsd"
        self.dir = os.path.join(directory, "nsd")
        self.count = count
        self.n_hosts = n_hosts
        self.port = 0
        self._process = None

    def __enter__(self):
        os.mkdir(self.dir)
        write_zones(self.dir, self.count, self.n_hosts)
        for _ in range(3):  # another program may take the port before nsd does
            self.port = _free_port()
            path = os.path.join(self.dir, "nsd.conf")
            with open(path, "w", encoding="ascii") as file:
                file.write(CONFIG.format(port=self.port, dir=self.dir, zone=ZONE))
            self._process = machine.start([self.program, "-d", "-c", path],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self._answers(20.0):
                return self
            machine.stop(self._process, 5.0)
        raise machine.BenchError(f"{self.program} does not answer: {self._log()}")

    def __exit__(self, *_):
        machine.stop(self._process, 5.0)

    @property
    def address(self):
        """ADDRESS:PORT"""
        return f"127.0.0.1:{self.port}"

    def cpu_seconds(self):
        """CPU time of all its processes so far."""
        return machine.cpu_seconds(self._process.pid)

    def _answers(self, patience):
        """Ask until it answers; each question waits a twentieth of a second for that."""
        deadline = time.monotonic() + patience
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(0.05)
            while time.monotonic() < deadline and self._process.poll() is None:
                udp.sendto(_question("ns." + ZONE), ("127.0.0.1", self.port))
                try:
                    if udp.recv(512)[3] & 0x0f == 0:
                        return True
                except TimeoutError:
                    pass
        return False

    def _log(self):
        try:
            with open(os.path.join(self.dir, "nsd.log"), encoding="utf-8", errors="replace") as file:
                return file.read()[-300:].strip()
        except OSError:
            return "it left no log"


class Stub:
    """tests/stub/dns_stub, which answers in bad ways."""

    def __init__(self, build_dir, *options):
        self.argv = [os.path.join(build_dir, "tests", "stub", "dns_stub"), "--seconds", "3600", *map(str, options)]
        self.address = ""
        self._process = self._input = None

    def __enter__(self):
        read_end, self._input = os.pipe()
        try:
            self._process = machine.start(self.argv, stdin=read_end, stdout=subprocess.PIPE, text=True)
        finally:
            os.close(read_end)
        line = self._process.stdout.readline()
        if not line.startswith("port "):
            raise machine.BenchError(f"{self.argv[0]} does not start")
        self.address = f"127.0.0.1:{int(line[5:])}"
        return self

    def __exit__(self, *_):
        os.close(self._input)
        machine.stop(self._process, 5.0)
        self._process.stdout.close()


class Responder:
    """bench/responder, the server that costs as little as one can: for the rate of clients."""

    def __init__(self, build_dir, limit=0):
        self.program = os.path.join(build_dir, "bench", "responder")
        self.limit = limit  # answers a second, until lift(); 0: none
        self.address = ""
        self._process = None

    def lift(self):
        """Answer everything from now on."""
        self._process.send_signal(signal.SIGUSR1)

    def __enter__(self):
        self._process = machine.start([self.program, "0", str(self.limit)], stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line.startswith("port="):
            raise machine.BenchError(f"{self.program} does not start")
        self.address = f"127.0.0.1:{int(line[5:])}"
        return self

    def __exit__(self, *_):
        machine.stop(self._process, 5.0)
        self._process.stdout.close()

    def cpu_seconds(self):
        """CPU time so far."""
        return machine.cpu_seconds(self._process.pid)
