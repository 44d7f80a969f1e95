"""The door: what can be understood in two ways is refused with one problem document and the end of the connection,
and nothing behind it is taken for a request. Each case is sent whole and in single bytes, with a good request behind.
"""
import json
import re
import socket
from collections import namedtuple

import pytest

from client import Client
from processes import Daemon, Stub
from raw import check_refusal, exchange, read_responses
from tokens import write_tokens
from web import fetch, file_path

MAX_BODY = 64 << 10
JOB = "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
LINES = b"a.test\n"
HOST = b"Host: localhost\r\n"
UPLOAD = b"POST /jobs?kind=domains&dry_run=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
CHUNKED = UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n"

Case = namedtuple("Case", "data statuses is_refused methods")


@pytest.fixture(scope="module")
def door(tmp_path_factory, contract):
    """The client of a daemon; afterwards no job must be there."""
    folder = tmp_path_factory.mktemp("door")
    settings = {"api.max_body": str(MAX_BODY)}
    with Stub() as stub, Daemon(folder, [stub], settings, lambda url: Client(url, contract)) as running:
        yield running.api
        assert running.api.jobs() == [], "what is refused queues nothing"


def get(lines, target=b"/healthz"):
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + lines + b"\r\n"


def line(first, fields=HOST):
    return first + b"\r\n" + fields + b"\r\n"


def upload(lines, body=b""):
    return UPLOAD + lines + b"\r\n" + body


def bad(data, status=400, before=(), methods=()):
    """Refused with `status`, behind answers to earlier requests."""
    return Case(data, [*before, status], True, methods)


def good(data, *statuses, methods=("GET",)):
    """Answered, and the connection goes on."""
    return Case(data + NEXT, [*statuses, 200], False, methods)


SMUGGLED = b"DELETE /jobs/" + JOB.encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"

REQUEST_LINES = {
    "garbage": bad(b"GARBAGE\r\n"),
    "garbage with a blank": bad(b"GARBAGE GARBAGE\r\n\r\n"),
    "TLS handshake": bad(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))),
    "NULs": bad(bytes(64)),
    "HTTP/0.9": bad(b"GET /healthz\r\n"),
    "HTTP/0.9 said": bad(line(b"GET /healthz HTTP/0.9"), 505),
    "preface of HTTP/2": bad(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/2.0": bad(line(b"GET /healthz HTTP/2.0"), 505),
    "HTTP/1.10": bad(line(b"GET /healthz HTTP/1.10")),
    "lower case version": bad(line(b"GET /healthz http/1.1")),
    "no version": bad(line(b"GET /healthz ")),
    "blank behind the version": bad(line(b"GET /healthz HTTP/1.1 ")),
    "two blanks before the target": bad(line(b"GET  /healthz HTTP/1.1")),
    "two blanks before the version": bad(line(b"GET /healthz  HTTP/1.1")),
    "blank in the target": bad(line(b"GET /heal thz HTTP/1.1")),
    "blank before the method": bad(line(b" GET /healthz HTTP/1.1")),
    "tab before the target": bad(line(b"GET\t/healthz HTTP/1.1")),
    "tab before the version": bad(line(b"GET /healthz\tHTTP/1.1")),
    "tab in the target": bad(line(b"GET /heal\tthz HTTP/1.1")),
    "NUL in the target": bad(line(b"GET /healthz\0x HTTP/1.1")),
    "NUL in the query": bad(line(b"GET /healthz?a=\0 HTTP/1.1")),
    "NUL in the method": bad(line(b"GET\0 /healthz HTTP/1.1")),
    "NUL in the version": bad(line(b"GET /healthz HTTP/1.1\0")),
    "escaped NUL": good(line(b"GET /healthz%00 HTTP/1.1"), 404),
    "escaped NUL in the query": good(line(b"GET /jobs?state=done%00x HTTP/1.1"), 400),
    "half an escape": bad(line(b"GET /healthz%2 HTTP/1.1")),
    "escape of other letters": bad(line(b"GET /healthz?a=%zz HTTP/1.1")),
    "fragment": bad(line(b"GET /healthz#a HTTP/1.1")),
    "UTF-8 in the target": bad(line("GET /healthz\u00e9 HTTP/1.1".encode())),
    "delete in the target": bad(line(b"GET /healthz\x7f HTTP/1.1")),
    "no slash": bad(line(b"GET healthz HTTP/1.1")),
    "asterisk": bad(line(b"GET * HTTP/1.1")),
    "another scheme": bad(line(b"GET file:///healthz HTTP/1.1")),
    "user in the target": bad(line(b"GET http://a@localhost/healthz HTTP/1.1")),
    "no host in the target": bad(line(b"GET http:///healthz HTTP/1.1")),
    "CONNECT": bad(line(b"CONNECT localhost:443 HTTP/1.1"), 501),
    "colon in the method": bad(line(b"GET: /healthz HTTP/1.1")),
    "long method": bad(line(b"G" * 100 + b" /healthz HTTP/1.1"), 501),
    "long target": bad(line(b"GET /" + b"a" * 40_000 + b" HTTP/1.1"), 414),
    "long query": bad(line(b"GET /healthz?" + b"a" * 40_000 + b" HTTP/1.1"), 414),
    "target without end": bad(b"GET /" + b"a" * 120_000, 414),
    "5,000 parameters": bad(line(b"GET /healthz?" + b"a&" * 5000 + b" HTTP/1.1"), 414),
    "1,000 parameters with values": bad(line(b"GET /healthz?" + b"a=1&" * 1000 + b" HTTP/1.1"), 414),
    "bare LF": bad(b"GET /healthz HTTP/1.1\nHost: localhost\n\n"),
    "bare CR": bad(b"GET /healthz HTTP/1.1\rHost: localhost\r\r"),
    "two CR": bad(b"GET /healthz HTTP/1.1\r\r\nHost: localhost\r\n\r\n"),
    "LF before": bad(b"\n" + get(b"")),
    "three empty lines before": bad(b"\r\n" * 3 + get(b"")),
    "empty lines without end": bad(b"\r\n" * 1000),
    "plain": good(get(b""), 200),
    "one empty line before": good(b"\r\n" + get(b""), 200),
    "two empty lines before": good(b"\r\n\r\n" + get(b""), 200),
    "HTTP/1.9": good(line(b"GET /healthz HTTP/1.9"), 200),
    "absolute form": good(line(b"GET http://localhost/healthz HTTP/1.1", b"Host: other.example\r\n"), 200),
    "absolute form of another host": good(line(b"GET http://evil.example/jobs HTTP/1.1"), 421),
    "absolute form without a path": good(line(b"GET HTTP://localhost HTTP/1.1"), 200),
    "absolute form with a query": good(line(b"GET http://localhost/jobs?limit=x HTTP/1.1"), 400),
    "escapes": good(get(b"", b"/health%7A?a=%20"), 200),
    "escaped NUL and more": good(get(b"", b"/jobs%00x"), 404),
    "escaped percent sign before 00": good(get(b"", b"/jobs?state=%2500"), 400),
    "unknown method": good(line(b"BREW /healthz HTTP/1.1"), 405),
    "method in lower case": good(line(b"get /healthz HTTP/1.1"), 405),
}

FIELDS = {
    "no Host": bad(b"GET /healthz HTTP/1.1\r\n\r\n"),
    "no Host, other fields": bad(b"GET /healthz HTTP/1.1\r\nX: y\r\n\r\n"),
    "two Hosts": bad(get(HOST)),
    "two Hosts that differ": bad(get(b"host: evil.example\r\n")),
    "NUL in Host": bad(line(b"GET /healthz HTTP/1.1", b"Host: localhost\0.evil\r\n")),
    "blank in Host": bad(line(b"GET /healthz HTTP/1.1", b"Host: localhost evil\r\n")),
    "list in Host": bad(line(b"GET /healthz HTTP/1.1", b"Host: localhost, evil\r\n")),
    "user in Host": bad(line(b"GET /healthz HTTP/1.1", b"Host: localhost@evil\r\n")),
    "path in Host": bad(line(b"GET /healthz HTTP/1.1", b"Host: localhost/evil\r\n")),
    "port of letters": bad(line(b"GET /healthz HTTP/1.1", b"Host: localhost:evil\r\n")),
    "Host in a fold": bad(get(b"Host: evil\r\n x\r\n")),
    "Host folded": bad(line(b"GET /healthz HTTP/1.1", b"Host: evil\r\n localhost\r\n")),
    "Host in a folded name": bad(line(b"GET /healthz HTTP/1.1", b"Ho: localhost\r\n st\r\n")),
    "Authorization in a folded name": bad(get(b"Author: Bearer T\r\n ization\r\n")),
    "Transfer-Encoding in a folded name": bad(get(b"Transfer-Enc: chunked\r\n oding\r\n") + b"0\r\n\r\n" + SMUGGLED),
    "fold": bad(get(b"X: a\r\n b\r\n")),
    "fold with a tab": bad(get(b"X: a\r\n\tb\r\n")),
    "fold before the first field": bad(line(b"GET /healthz HTTP/1.1", b" X: a\r\n" + HOST)),
    "empty name": bad(get(b": x\r\n")),
    "no colon": bad(get(b"X\r\n")),
    "blank before the colon": bad(get(b"X : a\r\n")),
    "tab before the colon": bad(get(b"X\t: a\r\n")),
    "blank in a name": bad(get(b"X Y: a\r\n")),
    "bracket in a name": bad(get(b"X(: a\r\n")),
    "NUL in a name": bad(get(b"X\0: a\r\n")),
    "UTF-8 in a name": bad(get("X\u00e9: a\r\n".encode())),
    "NUL in a value": bad(get(b"X: a\0b\r\n")),
    "NUL in Authorization": bad(get(b"Authorization: Bearer T\0x\r\n")),
    "control character": bad(get(b"X: a\x01b\r\n")),
    "delete": bad(get(b"X: a\x7fb\r\n")),
    "escape sequence": bad(get(b"X: \x1b[2J\r\n")),
    "bare CR in a value": bad(get(b"X: a\rY: b\r\n")),
    "bare LF in a value": bad(get(b"X: a\nY: b\r\n")),
    "two CR behind a value": bad(get(b"X: a\r\r\n")),
    "end with bare LF": bad(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\n"),
    "two Authorizations": bad(get(b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")),
    "two Content-Types": bad(upload(b"Content-Type: application/json\r\nContent-Length: 7\r\n", LINES)),
    "two keys": bad(upload(b"Idempotency-Key: k\r\nIdempotency-Key: k\r\nContent-Length: 7\r\n", LINES)),
    "two Ranges": bad(get(b"Range: bytes=0-1\r\nRange: bytes=2-3\r\n")),
    "two Origins": bad(get(b"Origin: null\r\nOrigin: http://localhost\r\n")),
    "two Last-Event-IDs": bad(get(b"Last-Event-ID: 1\r\nLast-Event-ID: 2\r\n")),
    "Connection names Authorization": bad(get(b"Connection: Authorization\r\nAuthorization: Bearer a\r\n")),
    "Connection names Host": bad(get(b"Connection: Host\r\n")),
    "Connection names Content-Length": bad(upload(b"Connection: Content-Length\r\nContent-Length: 7\r\n", LINES)),
    "long value": bad(get(b"X: " + b"a" * 100_000 + b"\r\n"), 431),
    "long name": bad(get(b"a" * 100_000 + b": x\r\n"), 431),
    "value without end": bad(b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000, 431),
    "1,000 fields": bad(get(b"X: y\r\n" * 1000), 431),
    "10,000 fields of a list": bad(get(b"Accept: a/b\r\n" * 10_000), 431),
    "UTF-8 in a value": good(get("X: \u00e9\r\n".encode()), 200),
    "tab in a value": good(get(b"X: a\tb\r\n"), 200),
    "empty value": good(get(b"X:\r\n"), 200),
    "blanks around a value": good(get(b"X: \t a \t \r\n"), 200),
    "blanks behind Host": good(line(b"GET /jobs HTTP/1.1", b"Host:localhost \t\r\n"), 200),
    "signs in a name": good(get(b"x!#$%&'*+-.^_`|~9: a\r\n"), 200),
    "unknown field twice": good(get(b"X: a\r\nX: b\r\n"), 200),
    "Accept twice": good(get(b"Accept: text/html\r\nAccept: application/json\r\n"), 200),
    "long Cookie": good(get(b"Cookie: " + b"a=b; " * 5_000 + b"\r\n"), 200),
    "long Cookie of nothing": good(get(b"Cookie: " + b";" * 25_000 + b"\r\n"), 200),
    "many Cookies": good(get(b"Cookie: a=b;c;;\r\n" * 90), 200),
    "HTTP/1.0": Case(b"GET /healthz HTTP/1.0\r\n\r\n" + NEXT, [200], False, ()),
    "HTTP/1.0 with keep-alive": Case(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + NEXT, [200], False, ()),
    "close": Case(get(b"Connection: close\r\n") + NEXT, [200], False, ()),
    "close in a list": Case(get(b"Connection: x, Close\r\n") + NEXT, [200], False, ()),
    "upgrade": good(get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), 200),
}

BODIES = {
    "folded length": bad(upload(b"Content-Length:\r\n 41\r\n", SMUGGLED)),
    "empty length": bad(upload(b"Content-Length:\r\n", SMUGGLED)),
    "signed length": bad(upload(b"Content-Length: +7\r\n", LINES)),
    "negative length": bad(upload(b"Content-Length: -7\r\n", LINES)),
    "hexadecimal length": bad(upload(b"Content-Length: 0x7\r\n", LINES)),
    "fraction": bad(upload(b"Content-Length: 7.0\r\n", LINES)),
    "letter behind a length": bad(upload(b"Content-Length: 7x\r\n", LINES)),
    "NUL behind a length": bad(upload(b"Content-Length: 7\0\r\n", LINES)),
    "list of lengths": bad(upload(b"Content-Length: 7, 7\r\n", LINES)),
    "two lengths": bad(upload(b"Content-Length: 7\r\nContent-Length: 7\r\n", LINES)),
    "two lengths that differ": bad(upload(b"Content-Length: 7\r\nContent-Length: 0\r\n", SMUGGLED)),
    "blank before the colon of a length": bad(upload(b"Content-Length : 7\r\n", LINES)),
    "length over the bound": bad(upload(b"Content-Length: %d\r\n" % (MAX_BODY + 1)), 413),
    "length over 64 bits": bad(upload(b"Content-Length: 18446744073709551623\r\n", LINES), 413),
    "length before chunked": bad(upload(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "length behind chunked": bad(upload(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "length 0 and chunked": bad(upload(b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "chunked in HTTP/1.0": bad(line(b"POST /jobs HTTP/1.0", b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n" + SMUGGLED),
    "chunked twice": bad(upload(b"Transfer-Encoding: chunked\r\n" * 2, b"0\r\n\r\n")),
    "chunked, chunked": bad(upload(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n")),
    "chunked, then identity": bad(upload(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", SMUGGLED)),
    "gzip": bad(upload(b"Transfer-Encoding: gzip\r\n"), 501),
    "gzip, chunked": bad(upload(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), 501),
    "identity": bad(upload(b"Transfer-Encoding: identity\r\n", SMUGGLED), 501),
    "nearly chunked": bad(upload(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED), 501),
    "chunked behind a vertical tab": bad(upload(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "chunked behind NUL": bad(upload(b"Transfer-Encoding: \0chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "chunked with a parameter": bad(upload(b"Transfer-Encoding: chunked;a=b\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "chunked folded": bad(upload(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "blank before the colon of chunked": bad(upload(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "empty coding": bad(upload(b"Transfer-Encoding:\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "other expectation": bad(upload(b"Content-Length: 7\r\nExpect: 200-ok\r\n", LINES), 417),
    "two expectations": bad(upload(b"Content-Length: 7\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n", LINES)),
    "length": good(upload(b"Content-Length: 7\r\n", LINES), 200),
    "length with zeros": good(upload(b"Content-Length: 0007 \r\n", LINES), 200),
    "request in a body": good(upload(b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED), 200),
    "length of GET": good(get(b"Content-Length: %d\r\n" % len(SMUGGLED)) + SMUGGLED, 200),
    "chunks of GET": good(get(b"Transfer-Encoding: chunked\r\n") + b"7\r\na.test\n\r\n0\r\n\r\n", 200),
    "length 0 of GET": good(get(b"Content-Length: 0\r\n"), 200),
    "body that is not told": bad(get(b"") + LINES + b"\r\n", before=[200]),
    "underscore in place of the hyphen": good(get(b"Content_Length: 7\r\nTransfer_Encoding: chunked\r\n"), 200),
    "expectation without a body": good(get(b"Expect: 100-continue\r\n"), 200),
    "expectation in HTTP/1.0": Case(
        line(b"GET /healthz HTTP/1.0", b"Expect: 100-continue\r\nContent-Length: 1\r\n") + b"x", [200], False, ()),
    "expectation with its body": good(upload(b"Content-Length: 7\r\nExpect: 100-continue\r\n", LINES), 200),
}

ONE = b"7\r\na.test\n\r\n"
END = b"0\r\n\r\n"

CHUNKS = {
    "no size": bad(CHUNKED + b"\r\n" + END),
    "blank before a size": bad(CHUNKED + b" " + ONE + END),
    "blank behind a size": bad(CHUNKED + b"7 \r\na.test\n\r\n" + END),
    "signed size": bad(CHUNKED + b"+" + ONE + END),
    "negative size": bad(CHUNKED + b"-" + ONE + END),
    "0x": bad(CHUNKED + b"0x" + ONE + END),
    "letter": bad(CHUNKED + b"g\r\n"),
    "NUL behind a size": bad(CHUNKED + b"7\0\r\na.test\n\r\n" + END),
    "bare LF behind a size": bad(CHUNKED + b"7\na.test\n\r\n" + END),
    "bare CR behind a size": bad(CHUNKED + b"7\ra.test\n\r\n" + END),
    "bare LF behind data": bad(CHUNKED + b"7\r\na.test\n\n" + END),
    "no line end behind data": bad(CHUNKED + b"7\r\na.test\n" + END),
    "data too long": bad(CHUNKED + b"6\r\na.test\n\r\n" + END),
    "empty line between chunks": bad(CHUNKED + ONE + b"\r\n" + END),
    "end with bare LF": bad(CHUNKED + ONE + b"0\r\n\n"),
    "end of 0 with bare LF": bad(CHUNKED + ONE + b"0\n\r\n"),
    "size of 17 digits": bad(CHUNKED + b"0" * 16 + ONE + END),
    "size of 120,000 digits": bad(CHUNKED + b"0" * 120_000 + ONE + END),
    "size over 64 bits": bad(CHUNKED + b"1000000000000000" + ONE, 413),
    "size that wraps": bad(CHUNKED + ONE + b"fffffffffffffff9\r\n" + SMUGGLED, 413),
    "size over the bound": bad(CHUNKED + b"%x\r\n" % (MAX_BODY + 1), 413),
    "sum over the bound": bad(CHUNKED + ONE + b"%x\r\n" % MAX_BODY, 413),
    "extension that ends in bare LF": bad(CHUNKED + b"7;a\na.test\n\r\n" + END),
    "extension's value that ends in bare LF": bad(CHUNKED + b"7;a=b\na.test\n\r\n" + END),
    "quoted extension that ends in bare LF": bad(CHUNKED + b'7;a="b"\na.test\n\r\n' + END),
    "bare CR in an extension": bad(CHUNKED + b"7;a\rb\r\na.test\n\r\n" + END),
    "NUL in an extension": bad(CHUNKED + b'7;a="\0"\r\na.test\n\r\n' + END),
    "extension without a name": bad(CHUNKED + b"7;\r\na.test\n\r\n" + END),
    "extension without a value": bad(CHUNKED + b"7;a=\r\na.test\n\r\n" + END),
    "extension of 120,000 bytes": bad(CHUNKED + b"7;a=" + b"b" * 120_000 + b"\r\na.test\n\r\n" + END),
    "quoted extension of 120,000 bytes": bad(CHUNKED + b'7;a="' + b"b" * 120_000 + b'"\r\na.test\n\r\n' + END),
    "blanks of 120,000 bytes": bad(CHUNKED + b"7" + b" " * 120_000 + b"\r\na.test\n\r\n" + END),
    "small chunks with long extensions": bad(CHUNKED + (b"1;" + b"x" * 200 + b"\r\n\n\r\n") * 2000 + END),
    "folded trailer": bad(CHUNKED + ONE + b"0\r\nX: a\r\n b\r\n\r\n"),
    "trailer without a name": bad(CHUNKED + ONE + b"0\r\n: a\r\n\r\n"),
    "request in place of trailers": bad(CHUNKED + ONE + b"0\r\n" + SMUGGLED),
    "NUL in a trailer": bad(CHUNKED + ONE + b"0\r\nX: \0\r\n\r\n"),
    "Authorization in a trailer": bad(CHUNKED + ONE + b"0\r\nAuthorization: Bearer T\r\n\r\n"),
    "Content-Length in a trailer": bad(CHUNKED + ONE + b"0\r\nContent-Length: 7\r\n\r\n"),
    "long trailers": bad(CHUNKED + ONE + b"0\r\nX: " + b"a" * 120_000 + b"\r\n\r\n", 431),
    "many trailers": bad(CHUNKED + ONE + b"0\r\n" + b"X: a\r\n" * 1000 + b"\r\n", 431),
    "one chunk": good(CHUNKED + ONE + END, 200),
    "two chunks": good(CHUNKED + ONE + ONE + END, 200),
    "chunks of one byte": good(CHUNKED + b"1\r\na\r\n1\r\n.\r\n4\r\ntest\r\n1\r\n\n\r\n" + END, 200),
    "Chunked": good(upload(b"transfer-encoding: Chunked \r\n", ONE + END), 200),
    "leading zeros": good(CHUNKED + b"000000000000000" + ONE + b"0000000000000000\r\n\r\n", 200),
    "extensions": good(CHUNKED + b'7 ;a=b; c = "d;\\"";e\r\na.test\n\r\n0;f\r\n\r\n', 200),
    "trailers": good(CHUNKED + ONE + b"0\r\nX: a\r\nY:\r\n\r\n", 200),
    "request in a chunk": good(CHUNKED + b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n" + END, 200),
    "empty line behind a body": good(CHUNKED + ONE + END + b"\r\n", 200),
}

REFUSED = b"POST /jobs HTTP/1.1\r\n" + HOST + b"Content-Type: text/html\r\nContent-Length: 7\r\n\r\n" + LINES

PIPELINES = {
    "three": good(get(b"") + get(b"", b"/nothing") + get(b""), 200, 404, 200),
    "with bodies": good(upload(b"Content-Length: 7\r\n", LINES) + CHUNKED + ONE + END + get(b""), 200, 200, 200),
    "fifty": good(get(b"") * 25 + get(b"", b"/jobs?limit=x") * 25, *[200] * 25, *[400] * 25),
    "HEAD among them": good(
        get(b"") + b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + get(b"", b"/nothing"), 200, 200, 404,
        methods=("GET", "HEAD", "GET")),
    "bad behind good": bad(get(b"") + get(b"", b"/nothing") + b"GARBAGE\r\n", before=[200, 404]),
    "bad body behind good": bad(get(b"") + CHUNKED + b"7\na.test\n\r\n" + END, before=[200]),
    "good behind a refused body": Case(REFUSED + SMUGGLED, [415], False, ()),
    "bad behind a refused body": Case(REFUSED + b"GARBAGE\r\n", [415], False, ()),
    "bad behind a refused body in chunks": Case(
        b"POST /nothing HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + ONE + END + b"GARBAGE\r\n",
        [404], False, ()),
    "bad HEAD": bad(b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"X\r\n\r\n", methods=("HEAD",)),
    "bad HEAD behind good": bad(get(b"") + b"HEAD /healthz HTTP/1.1\r\n\r\n", before=[200], methods=("GET", "HEAD")),
    "bad request behind HEAD": bad(
        b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + b"\n", before=[200], methods=("HEAD", "GET")),
    "HEAD with a body": bad(
        b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 7\r\n\r\n" + LINES, methods=("HEAD",)),
    "behind close": Case(get(b"") + get(b"Connection: close\r\n") + SMUGGLED, [200, 200], False, ()),
}


def cases():
    for group in (REQUEST_LINES, FIELDS, BODIES, CHUNKS, PIPELINES):
        for name, case in group.items():
            yield pytest.param(case, id=name)


@pytest.mark.parametrize("cut", [None, 1], ids=["whole", "bytes"])
@pytest.mark.parametrize("case", cases())
def test_case(door, case, cut):
    data = case.data + (NEXT if case.is_refused else b"")
    with door.connect() as sock:
        got = exchange(sock, data, cut)
    responses = read_responses(got, case.methods)
    assert [response.status for response in responses] == case.statuses, responses
    if case.is_refused:
        check_refusal(responses[-1], case.statuses[-1], "HEAD" not in case.methods[len(responses) - 1:])


@pytest.mark.parametrize("data", [
    b"G", b"\r\n\r", b"GET /healthz HTTP/1.1\r\n", get(b"")[:-1], upload(b"Content-Length: 8\r\n", LINES), CHUNKED,
    CHUNKED + ONE, CHUNKED + ONE + b"0\r\n"], ids=repr)
@pytest.mark.parametrize("cut", [None, 1], ids=["whole", "bytes"])
def test_request_that_is_cut_off(door, data, cut):
    """A client that ends in the middle of a request gets no answer to it."""
    with door.connect() as sock:
        assert exchange(sock, data, cut, end=True) == b""


@pytest.mark.parametrize("lines, body", [(b"Content-Length: 7\r\n", LINES), (b"Transfer-Encoding: chunked\r\n", ONE + END)],
                         ids=["length", "chunks"])
def test_expectation(door, lines, body):
    """The client waits for leave before it sends the body."""
    with door.connect() as sock:
        sock.sendall(upload(b"Expect: 100-Continue\r\nConnection: close\r\n" + lines))
        assert sock.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        [response] = read_responses(exchange(sock, body))
    assert response.status == 200, response


@pytest.mark.parametrize("body, status", [
    (b"zz\r\n", 400), (b"5\r\nabcdexx", 400), (b"%x\r\n" % (MAX_BODY + 1), 413)])
def test_bad_body_behind_an_expectation(door, body, status):
    """What is wrong with a body is told although the client had leave to send it."""
    with door.connect() as sock:
        sock.sendall(upload(b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"))
        assert sock.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        [response] = read_responses(exchange(sock, body))
    check_refusal(response, status)


def test_expectation_that_is_refused(door):
    """No leave is given for what would be refused."""
    with door.connect() as sock:
        got = exchange(sock, upload(b"Expect: 100-continue\r\nContent-Length: %d\r\n" % (MAX_BODY + 1)))
    assert b"100 Continue" not in got
    [response] = read_responses(got)
    check_refusal(response, 413)


# --- Blanks behind values (RFC 9110 section 5.5) ---

def ask(api, data):
    with api.connect() as sock:
        [response] = read_responses(exchange(sock, data))
    return response


def test_blanks_behind_a_token(make_daemon, dns, tmp_path):
    secret = write_tokens(tmp_path / "tokens", {"reader": "read"})["reader"].encode()
    with make_daemon(dns, settings={"api.token_file": str(tmp_path / "tokens")}) as running:
        for blanks in (b"", b" ", b"\t", b" \t  "):
            lines = b"Connection: close\r\nAuthorization:" + blanks + b"Bearer " + secret + blanks + b"\r\n"
            assert ask(running.api, get(lines, b"/jobs")).status == 200, blanks
        for wrong in (secret + b"\xc2\xa0", secret + b" x", secret[:-1]):
            lines = b"Connection: close\r\nAuthorization: Bearer " + wrong + b"\r\n"
            assert ask(running.api, get(lines, b"/jobs")).status == 401, wrong


def test_blanks_behind_a_key(api):
    body = json.dumps({"kind": "domains", "domains": ["found.test"]}).encode()
    places = set()
    for blanks in (b"", b" ", b"\t ", b"  "):
        response = ask(api, b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                            b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body) +
                       b"Idempotency-Key:" + blanks + b"k" + blanks + b"\r\n\r\n" + body)
        assert response.status in (200, 202), response
        places.add(response.headers.get("location"))
    assert len(places) == 1 and len(api.jobs()) == 1, places


# --- HEAD: no body, and a connection that goes on (RFC 9112 section 6.3) ---

@pytest.fixture(scope="module")
def downloaded(world):
    """(api, job with a saved file)"""
    results = fetch(world.api, [world.web.url("/files/one.bin", size=1000)])
    return world.api, results.job


def test_blanks_behind_a_range(downloaded):
    api, job = downloaded
    for blanks in (b"", b" ", b"\t "):
        response = ask(api, get(b"Connection: close\r\nRange: bytes=0-9" + blanks + b"\r\n",
                                file_path(job, "one.bin").encode()))
        assert response.status == 206 and len(response.content) == 10, response


HEADS = ["results", "results?format=json", "results?format=csv", "results?format=text", "results?follow=true", "events",
         "archive.tar", "files/one.bin", "", "files/nothing", "results?limit=x"]


@pytest.mark.parametrize("cut", [None, 1], ids=["whole", "bytes"])
@pytest.mark.parametrize("path", HEADS)
def test_head_of_a_job(downloaded, path, cut):
    api, job = downloaded
    check_heads(api, f"/jobs/{job['id']}/{path}".rstrip("/"), cut)


@pytest.mark.parametrize("path", ["/healthz", "/jobs", "/metrics", "/openapi.yaml", "/nothing", "/limits"])
def test_head(downloaded, path):
    check_heads(downloaded[0], path, None)


def check_heads(api, path, cut):
    """Ask twice for the head alone, and then for something else, on one connection."""
    head = f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with api.connect() as sock:
        responses = read_responses(exchange(sock, head + head + NEXT, cut), ["HEAD", "HEAD", "GET"])
    with api.connect() as sock:
        [got] = read_responses(exchange(sock, get(b"Connection: close\r\n", path.encode())))
    assert [response.status for response in responses] == [got.status, got.status, 200], responses
    for response in responses[:2]:
        assert response.headers["content-type"] == got.headers["content-type"], response
        length = response.headers.get("content-length")
        if path != "/metrics":  # whose numbers go on
            assert length is None or length == got.headers.get("content-length"), response


def test_requests_behind_each_other(door):
    """A client that waits for each answer may use one connection as long as it likes."""
    with door.connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(50):
            for data in (get(b""), CHUNKED + ONE + END, get(b"", b"/jobs")):
                sock.sendall(data)
                head, mark, content = b"", b"", b""
                while not mark or len(content) < int(re.search(rb"\r\ncontent-length: (\d+)", head.lower())[1]):
                    piece = sock.recv(1 << 16)
                    assert piece, head
                    head, mark, content = (head + mark + content + piece).partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 "), head
