#!/usr/bin/python3
"""An HTTP and HTTPS server for tests, on loopback only. README.md tells what it serves.

It needs Python 3.11 and its standard library, and the command `openssl` for --tls.
"""
import argparse
import asyncio
import gc
import ipaddress
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from http_answers import Site  # noqa: E402
from http_server import Connection, Stats  # noqa: E402

BACKLOG = 4096
MAX_SECONDS = 86400
KINDS = ("good", "expired", "selfsigned", "wronghost", "untrusted")


class Certificates:
    """A CA and the certificates of the server, made by openssl in a folder that goes when the program ends."""

    def __init__(self, folder, names):
        self._folder = Path(folder)
        names = ["DNS:localhost", "IP:127.0.0.1", "IP:127.0.0.2", "IP:::1", *(f"DNS:{name}" for name in names)]
        for kind in KINDS:
            names += [f"DNS:{kind}.test", f"DNS:*.{kind}.test"]
        self._good_names = ",".join(names)
        self.ca = self._make_ca("ca", "Good CA of the stub")
        self._make_ca("untrusted-ca", "Other CA of the stub")
        self._contexts = {kind: self._make_context(kind) for kind in KINDS}

    def _run(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=self._folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def _make_key(self, name):
        self._run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")

    def _make_ca(self, name, subject):
        self._make_key(name)
        self._run("req", "-x509", "-new", "-key", f"{name}.key", "-subj", f"/CN={subject}", "-days", 2,
                  "-out", f"{name}.pem", "-addext", "keyUsage=critical,keyCertSign")
        return self._folder / f"{name}.pem"

    def _make_context(self, kind):
        self._make_key(kind)
        extensions = self._folder / f"{kind}.ext"
        names = "DNS:another-host.example" if kind == "wronghost" else self._good_names
        extensions.write_text(f"subjectAltName={names}\nbasicConstraints=critical,CA:FALSE\n", encoding="ascii")
        self._run("req", "-new", "-key", f"{kind}.key", "-subj", "/CN=stub", "-out", f"{kind}.csr")
        if kind == "selfsigned":
            signer = ("-signkey", "selfsigned.key")
        else:
            ca = "untrusted-ca" if kind == "untrusted" else "ca"
            signer = ("-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial")
        days = -1 if kind == "expired" else 2
        self._run("x509", "-req", "-in", f"{kind}.csr", "-days", days, "-extfile", extensions,
                  "-out", f"{kind}.pem", *signer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / f"{kind}.pem", self._folder / f"{kind}.key")
        return context

    def context(self, default):
        """Return what a TLS server needs. The first word of the name that a client asks for chooses the certificate."""
        def choose(connection, name, _):
            kind = re.match("[a-z]*", name or "").group()
            connection.context = self._contexts.get(kind, self._contexts[default])

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / f"{default}.pem", self._folder / f"{default}.key")
        context.sni_callback = choose
        return context


def loopback(text):
    address = ipaddress.ip_address(text.strip("[]"))
    if not address.is_loopback:
        raise argparse.ArgumentTypeError(f"{text} is no loopback address")
    return str(address)


def seconds(text):
    value = int(text)
    if not 1 <= value <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"1 to {MAX_SECONDS}")
    return value


def read_arguments():
    parser = argparse.ArgumentParser(description="An HTTP and HTTPS server for tests, on loopback only.")
    parser.add_argument("--listen", metavar="ADDRESS", type=loopback, action="append", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: the system chooses")
    parser.add_argument("--tls", choices=KINDS, nargs="?", const="good",
                        help="a second port with TLS; the certificate for clients that don't choose one by name")
    parser.add_argument("--tls-name", metavar="NAME", action="append", default=[],
                        help="a further name of the certificates")
    parser.add_argument("--seconds", type=seconds, default=600, help="the longest life")
    arguments = parser.parse_args()
    arguments.listen = arguments.listen or ["127.0.0.1"]
    if len(arguments.listen) > 4:
        parser.error("at most 4 addresses")
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0)):
        parser.error("stdin must be a pipe, a socket or a terminal: the stub ends when it does")
    return arguments


def open_sockets(addresses, port):
    """Return a listening socket for each address, all on one port."""
    for _ in range(20):
        sockets = []
        try:
            for address in addresses:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                listener = socket.socket(family, socket.SOCK_STREAM)
                sockets.append(listener)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port or sockets[0].getsockname()[1]))
            return sockets
        except OSError as error:
            for listener in sockets:
                listener.close()
            if port:
                raise error
    raise OSError(f"no port is free on all of {', '.join(addresses)}")


class UntilEnd(asyncio.Protocol):
    """Reads stdin up to its end."""

    def __init__(self, end):
        self._end = end

    def connection_lost(self, _):
        self._end.set()


async def serve(arguments, certificates):
    loop, end, stats = asyncio.get_running_loop(), asyncio.Event(), Stats()
    site = Site(stats)

    async def listen(context):
        sockets = open_sockets(arguments.listen, 0 if context else arguments.port)
        for listener in sockets:
            await loop.create_server(lambda: Connection(site, stats), sock=listener, backlog=BACKLOG, ssl=context,
                                     ssl_handshake_timeout=30 if context else None)
        return sockets[0].getsockname()[1]

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    await loop.connect_read_pipe(lambda: UntilEnd(end), sys.stdin)
    if certificates:
        print("ca", certificates.ca)
        print("tls_port", await listen(certificates.context(arguments.tls)))
    print("port", await listen(None), flush=True)
    try:
        await asyncio.wait_for(end.wait(), arguments.seconds)
    except asyncio.TimeoutError:
        pass
    print(f"stats connections={stats.n_connections.total()} requests={stats.n_requests.total()} most={stats.most}")


def main():
    arguments = read_arguments()
    with tempfile.TemporaryDirectory(prefix="http_stub.") as folder:
        try:
            certificates = Certificates(folder, arguments.tls_name) if arguments.tls else None
            gc.freeze()
            asyncio.run(serve(arguments, certificates))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"http_stub: {error} {getattr(error, 'stderr', '') or ''}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
