#!/usr/bin/python3
"""A web server for tests that answers by its own rules, on loopback only.

ANSWERS says what it answers to a path `/NAME` or `/NAME/anything`: bytes, and what becomes of the connection. Bytes may
be an iterator, which is followed until the client has had enough. `/normal/N` is answered well, over a connection that
is kept. `/hook/NAME` is answered as `/NAME` once for each path, and with 204 from the second request on.
"""
import asyncio
import gzip
import itertools
import socket
import struct
import threading

MAX_HEAD = 64 << 10         # of a request
MAX_SENT = 64 << 20         # of an answer without end
NO_LINGER = struct.pack("ii", 1, 0)
KEEP, CLOSE, CUT, RESET, STALL = "keep", "close", "cut", "reset", "stall"    # cut: TLS without close_notify

OK = b"HTTP/1.1 200 OK\r\n"
TEN = OK + b"Content-Type: text/x-odd\r\nContent-Length: 10\r\n\r\n"
CHUNKED = OK + b"Content-Type: text/x-odd\r\nTransfer-Encoding: chunked\r\n\r\n"
EVIL = OK + b"Content-Length: 4\r\n\r\nevil"


def head(*lines):
    return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def moved(location, *lines):
    return (b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n"
            + b"".join(line + b"\r\n" for line in lines) + b"\r\n")


def endless(start, again):
    return lambda: itertools.chain([start], itertools.repeat(again * max(1, 16384 // len(again))))


BOMB = gzip.compress(b"\0" * (8 << 20))

ANSWERS = {
    # The first line of the header
    "fold-first": (OK + b" X: " + b"A" * 600 + b"\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "fold-first-kept": (OK + b" X: " + b"A" * 600 + b"\r\nContent-Length: 2\r\n\r\nok", KEEP),
    "fold-first-tab": (OK + b"\tX: " + b"A" * 600 + b"\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "fold-first-short": (OK + b" X:\r\n\r\n", CLOSE),
    "fold-status": (b"HTTP/1.1\r\n 200 OK\r\n\r\n", CLOSE),
    "fold-interim": (b"HTTP/1.1 103 Hints\r\nX: y\r\n\r\n" + OK + b" z\r\n\r\n", CLOSE),
    # Header lines
    "fold": (head(b"X: a", b" b", b"\tc", b"Content-Length: 2") + b"ok", KEEP),
    "fold-length": (head(b"Content-Length: 2", b" 3") + b"ok", CLOSE),
    "nul-name": (head(b"X\0: a", b"Content-Length: 2") + b"ok", CLOSE),
    "nul-value": (head(b"X: a\0b", b"Content-Length: 2") + b"ok", CLOSE),
    "nul-alone": (head(b"\0", b"Content-Length: 2") + b"ok", CLOSE),
    "nul-status": (b"HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "cr-alone": (head(b"X: a\rContent-Length: 3", b"Content-Length: 2") + b"ok", CLOSE),
    "cr-first": (head(b"\rX: a", b"Content-Length: 2") + b"ok", CLOSE),
    "no-colon": (head(b"garbage", b"Content-Length: 2") + b"ok", CLOSE),
    "no-name": (head(b": x", b"Content-Length: 2") + b"ok", KEEP),
    "line-feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", KEEP),
    "2000-lines": (head(*[b"X: y"] * 2000), CLOSE),
    "200-kb-line": (head(b"X: " + b"A" * 200_000, b"Content-Length: 2") + b"ok", CLOSE),
    "endless-line": (endless(OK + b"X: ", b"A"), CLOSE),
    "endless-lines": (endless(OK, b"X: y\r\n"), CLOSE),
    "endless-folds": (endless(OK + b"X: y\r\n", b" z\r\n"), CLOSE),
    "endless-status": (endless(b"HTTP/1.1 200 ", b"O"), CLOSE),
    # Interim answers
    "interim": (b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
                + head(b"Content-Length: 2") + b"ok", KEEP),
    "endless-interim": (endless(b"", b"HTTP/1.1 100 Go\r\n\r\n"), CLOSE),
    "endless-hints": (endless(b"", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"), CLOSE),
    "switch": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
               b"\0\0\0\4\0\0\0\0\0", CLOSE),
    "interim-alone": (b"HTTP/1.1 102 On\r\n\r\n", CLOSE),
    # Lengths
    "length-2-63": (head(b"Content-Length: 9223372036854775808") + b"ok", CLOSE),
    "length-2-63-less": (head(b"Content-Length: 9223372036854775807") + b"ok", CLOSE),
    "length-2-64": (head(b"Content-Length: 18446744073709551618") + b"ok", CLOSE),
    "length-negative": (head(b"Content-Length: -1") + b"ok", CLOSE),
    "length-sign": (head(b"Content-Length: +2") + b"ok", CLOSE),
    "length-hex": (head(b"Content-Length: 0x2") + b"ok", CLOSE),
    "length-list": (head(b"Content-Length: 2, 2") + b"ok", CLOSE),
    "length-none": (head(b"Content-Length:") + b"ok", CLOSE),
    "lengths-differ": (head(b"Content-Length: 2", b"Content-Length: 3") + b"ok!", CLOSE),
    "lengths-alike": (head(b"Content-Length: 2", b"Content-Length: 2") + b"ok", KEEP),
    "length-and-chunks": (head(b"Content-Length: 7", b"Transfer-Encoding: chunked") + b"2\r\nok\r\n0\r\n\r\n", CLOSE),
    "short-close": (TEN + b"short", CLOSE),
    "short-reset": (TEN + b"short", RESET),
    "short-stall": (TEN + b"short", STALL),
    "long": (TEN + b"0123456789" + b"x" * 100, KEEP),
    "long-answer": (TEN + b"0123456789" + EVIL, KEEP),
    "long-answers": (TEN + b"0123456789" + EVIL * 50, KEEP),
    "empty-and-more": (head(b"Content-Length: 0") + EVIL, KEEP),
    "204-with-body": (b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", CLOSE),
    "304-with-body": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n" + EVIL, CLOSE),
    "until-close": (head(b"Content-Type: text/x-odd") + b"until", CLOSE),
    "until-cut": (head(b"Content-Type: text/x-odd") + b"until", CUT),
    "announced-too-long": (endless(head(b"Content-Type: text/x-odd", b"Content-Length: 1048577"), b"x"), CLOSE),
    # Chunks
    "chunks": (CHUNKED + b"3;x=y\r\nabc\r\n00007\r\ndefghij\r\n0\r\nT: u\r\n\r\n", KEEP),
    "chunk-huge": (CHUNKED + b"ffffffffffffffff\r\nabc", CLOSE),
    "chunk-2-63": (CHUNKED + b"8000000000000000\r\nabc", CLOSE),
    "chunk-2-64": (CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n", CLOSE),
    "chunk-negative": (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", CLOSE),
    "chunk-word": (CHUNKED + b"three\r\nabc\r\n0\r\n\r\n", CLOSE),
    "chunk-empty": (CHUNKED + b"\r\nabc\r\n0\r\n\r\n", CLOSE),
    "chunk-long": (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", CLOSE),
    "chunk-cut": (CHUNKED + b"a\r\nshort", CLOSE),
    "chunk-reset": (CHUNKED + b"a\r\nshort", RESET),
    "chunk-no-last": (CHUNKED + b"5\r\nshort\r\n", CLOSE),
    "chunk-endless-size": (endless(CHUNKED, b"0"), CLOSE),
    "chunk-endless-trailers": (endless(CHUNKED + b"5\r\nshort\r\n0\r\n", b"T: u\r\n"), CLOSE),
    "chunk-trailer-fold": (CHUNKED + b"5\r\nshort\r\n0\r\n u\r\n\r\n", CLOSE),
    "chunk-trailer-nul": (CHUNKED + b"5\r\nshort\r\n0\r\nT\0: u\r\n\r\n", CLOSE),
    "endless-chunks": (endless(CHUNKED, b"1\r\na\r\n"), CLOSE),
    "endless-body": (endless(OK + b"\r\n", b"endless "), CLOSE),
    # Codings
    "bomb": (head(b"Content-Type: text/x-odd", b"Content-Encoding: gzip",
                  b"Content-Length: %d" % len(BOMB)) + BOMB, KEEP),
    "bomb-transfer": (head(b"Transfer-Encoding: gzip, chunked")
                      + b"%x\r\n" % len(BOMB) + BOMB + b"\r\n0\r\n\r\n", CLOSE),
    "coding-unknown": (head(b"Transfer-Encoding: x") + b"ok", CLOSE),
    "coding-twice": (head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip") + b"2\r\nok\r\n0\r\n\r\n", CLOSE),
    # No HTTP
    "http-0.9": (b"<html>old</html>", CLOSE),
    "http-0.9-binary": (bytes(range(256)) * 10, CLOSE),
    "http-3.7": (b"HTTP/3.7 200 OK\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "http-2-kept": (b"HTTP/2 200\r\nContent-Length: 2\r\n\r\nok", KEEP),
    "http-2-text": (b"HTTP/2 200\r\ncontent-length: 2\r\n\r\nok", CLOSE),
    "http-2-frames": (b"\0\0\0\4\0\0\0\0\0\0\0\4\4\0\0\0\0\0", CLOSE),
    "ssh": (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", CLOSE),
    "tls-alert": (b"\x15\x03\x01\x00\x02\x02\x46", CLOSE),
    "icy": (b"ICY 200 OK\r\nicy-name: x\r\n\r\nok", CLOSE),
    "blank-lines": (b"\r\n\r\n" + head(b"Content-Length: 2") + b"ok", CLOSE),
    "status-letters": (b"HTTP/1.1 two OK\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "status-2000": (b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "status-0": (b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "status-42": (b"HTTP/1.1 042 OK\r\nContent-Length: 2\r\n\r\nok", CLOSE),
    "status-999": (b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nno", KEEP),
    # Where an answer may break off
    "nothing-close": (b"", CLOSE),
    "nothing-reset": (b"", RESET),
    "nothing-stall": (b"", STALL),
    **{f"cut-{way}-{n}": (TEN[:n], way) for way in (CLOSE, RESET)
       for n in (1, 7, 12, 16, 17, 20, 41, 43, 61, len(TEN) - 2, len(TEN) - 1, len(TEN))},
    "stall-status": (OK[:9], STALL),
    "stall-header": (TEN[:30], STALL),
    # What is kept
    "cookies": (head(b"Set-Cookie: a=b; Max-Age=99999999999999999999", b"Strict-Transport-Security: max-age=31536000",
                     b'Alt-Svc: h2="h1.test:1"; ma=999', b"Content-Length: 2") + b"ok", KEEP),
    "challenge": (b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n"
                  b'WWW-Authenticate: Digest realm="a", nonce="b", qop="auth"\r\nContent-Length: 0\r\n\r\n', KEEP),
    "proxy-challenge": (b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="a"\r\nContent-Length: 0\r\n\r\n', KEEP),
    # Redirects
    "loop": (moved(b"/loop"), KEEP),
    "to-nowhere": (moved(b""), KEEP),
    "to-nonsense": (moved(b"http://[::g]/"), KEEP),
    "to-no-host": (moved(b"http:///x"), KEEP),
    "to-no-slashes": (moved(b"http:normal/1"), KEEP),
    "to-dots": (moved(b"../../normal/./x/../1?z#s"), KEEP),
    "to-query": (moved(b"?again"), KEEP),
    "to-file": (moved(b"file:///etc/passwd"), KEEP),
    "to-script": (moved(b"javascript:alert(1)"), KEEP),
    "to-user": (moved(b"http://user:secret@h1.test/"), KEEP),
    "to-metadata": (moved(b"http://169.254.169.254/latest/meta-data/"), KEEP),
    "to-number": (moved(b"http://0xa9fea9fe/"), KEEP),
    "to-port-0": (moved(b"http://h1.test:0/"), KEEP),
    "to-port-65536": (moved(b"http://h1.test:65536/"), KEEP),
    "to-bytes": (moved(bytes(range(128, 256))), KEEP),
    "to-nul": (moved(b"/normal/1\0x"), CLOSE),
    "to-long": (moved(b"/" + b"a" * 60_000), KEEP),
    "to-two": (moved(b"/normal/1", b"Location: file:///etc/passwd"), KEEP),
    "to-folded": (moved(b"/nor", b" mal/1"), KEEP),
    "to-normal": (moved(b"/normal/1#fragment"), KEEP),
    "to-normal-short": (b"HTTP/1.1 302 Found\r\nLocation: /normal/1\r\nContent-Length: 9\r\n\r\nno", CLOSE),
    # When to come again
    "later": (b"HTTP/1.1 404 No\r\nRetry-After: 18446744073709551617\r\nContent-Length: 0\r\n\r\n", KEEP),
}

NOTHING_HERE = (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", KEEP)


def normal(number):
    """Return the body of /normal/NUMBER."""
    return b"normal %d\n" % number * (1 + number % 400)


class HostileServer:
    """Serves in a thread of its own until it is closed."""

    def __init__(self, tls=None):
        """Serve, over TLS when an ssl.SSLContext is given."""
        self.asked = []             # paths, in the order of the requests
        self.n_connections = 0
        self._scheme = "https" if tls else "http"
        self._connections = set()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD, ssl=tls))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._connections.add(task)
        self.n_connections += 1
        try:
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            else:
                writer.close()

    async def _answer(self, reader, writer):
        """Read a request and answer it. False: that was the last one."""
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        for line in request.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                await reader.readexactly(int(value))
        path = request.split(" ")[1].partition("?")[0]
        is_first = path not in self.asked
        self.asked.append(path)
        kind, _, rest = path[1:].partition("/")
        if kind == "normal":
            body = normal(int(rest))
            await self._send(writer, OK + b"X: " + b"A" * 200 + b"\r\nContent-Type: text/x-normal\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
            return True
        if kind == "hook" and not is_first:
            await self._send(writer, b"HTTP/1.1 204 No Content\r\nX: " + b"A" * 200 + b"\r\n\r\n")
            return True
        content, then = ANSWERS.get(rest.partition("/")[0] if kind == "hook" else kind, NOTHING_HERE)
        await self._send(writer, content)
        if then == STALL:
            await reader.read()
        elif then == CUT:
            writer.transport.abort()
        elif then == RESET:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        return then == KEEP

    @staticmethod
    async def _send(writer, content):
        n_sent = 0
        for piece in content() if callable(content) else [content]:
            writer.write(piece)
            n_sent += len(piece)
            await writer.drain()
            if n_sent > MAX_SENT:
                break

    def url(self, path, host="127.0.0.1"):
        return f"{self._scheme}://{host}:{self.port}{path}"

    def __enter__(self):
        return self

    async def _stop(self):
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
