"""NSD, the authoritative name server, with the zones of a test."""
import os
import shutil
import signal
import socket
import subprocess

from processes import eventually

NSD = shutil.which("nsd") or shutil.which("/usr/sbin/nsd")
CONF = """\
server:
	server-count: 1
	ip-address: {address}
	do-ip6: no
	username: ""
	chroot: ""
	zonesdir: "{folder}"
	database: ""
	pidfile: ""
	xfrdfile: "{folder}/xfrd.state"
	zonelistfile: "{folder}/zone.list"
	xfrdir: "{folder}"
	logfile: "{folder}/nsd.log"
	rrl-ratelimit: 0
remote-control:
	control-enable: no
"""


def free_address():
    """A port of 127.0.0.1 where nobody listens, over UDP or TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return f"127.0.0.1:{udp.getsockname()[1]}"


class Nsd:
    """Serves `zones`, a dict of names and texts, on a free port of loopback, or at `address`, and at `others`. It answers
    once it is made."""

    def __init__(self, folder, zones, address=None, others=()):
        self._process = None
        for number, text in enumerate(zones.values()):
            (folder / f"zone{number}").write_text(text, encoding="ascii")
        parts = "".join(f"zone:\n\tname: \"{name}\"\n\tzonefile: zone{number}\n" for number, name in enumerate(zones))
        for _ in range(5):  # somebody else may take the port before it does
            self.address = address or free_address()
            addresses = "\n\tip-address: ".join([self.address.replace(":", "@"), *others])
            conf = CONF.format(folder=folder, address=addresses) + parts
            (folder / "nsd.conf").write_text(conf, encoding="ascii")
            self._process = subprocess.Popen(
                [NSD, "-d", "-c", folder / "nsd.conf"], stderr=subprocess.DEVNULL, start_new_session=True)
            eventually(lambda: self._answers() or self._process.poll() is not None, "nsd answers or has ended")
            if self._process.poll() is None:
                return
        raise AssertionError((folder / "nsd.log").read_text(encoding="utf-8"))

    def _answers(self):
        host, port = self.address.split(":")
        query = b"\0\1\0\0\0\1\0\0\0\0\0\0\0\0\6\0\1"  # the SOA of the root: refused is an answer too
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect((host, int(port)))
            try:
                sock.send(query)
                return sock.recv(512)[:2] == query[:2]
            except OSError:
                return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self._process.pid, signal.SIGKILL)  # it has children that serve
        self._process.wait()
