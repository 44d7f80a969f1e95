"""Bytes to the daemon that no library would send, and a strict reader of what comes back."""
import json
import re
import select
import socket
from collections import namedtuple

from processes import DEADLINE

Response = namedtuple("Response", "status headers content")  # the names of the headers are in lower case

STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) [ -~]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t -~\x80-\xff]*)")


def exchange(sock, data, cut=None, end=False):
    """Send bytes, in pieces of `cut` when given, and return what comes until the daemon closes.

    Nothing more is sent once an answer says that it is the last one.
    """
    sock.settimeout(DEADLINE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    got = b""
    try:
        for at in range(0, len(data), cut or len(data)):
            sock.sendall(data[at:at + (cut or len(data))])
            if select.select([sock], [], [], 0)[0]:
                piece = sock.recv(1 << 16)
                got += piece
                if not piece or b"connection: close\r\n" in got.lower():
                    break
        if end:
            sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(1 << 16):
            got += piece
    except (ConnectionResetError, BrokenPipeError):
        pass
    return got


def read_head(data):
    """Split off one head of an answer; returns (status, headers, rest)."""
    head, mark, rest = data.partition(b"\r\n\r\n")
    assert mark, f"a head without its end: {data!r:.500}"
    first, *lines = head.split(b"\r\n")
    status = STATUS_LINE.fullmatch(first)
    assert status, f"no status line: {data!r:.500}"
    headers = {}
    for line in lines:
        field = FIELD.fullmatch(line)
        assert field, f"no header: {line!r}"
        name = field[1].decode().lower()
        assert name not in headers or name not in ("content-length", "transfer-encoding", "content-type"), line
        headers[name] = field[2].decode("latin-1")
    return int(status[1]), headers, rest


def read_chunks(data):
    content = b""
    while True:
        size, mark, data = data.partition(b"\r\n")
        assert mark and re.fullmatch(rb"[0-9A-Fa-f]+", size), f"no chunk: {size!r:.200}"
        size = int(size, 16)
        assert data[size:size + 2] == b"\r\n", f"a chunk without its end: {data[size:]!r:.200}"
        content, data = content + data[:size], data[size + 2:]
        if size == 0:
            return content, data


def read_response(data, method="GET"):
    """Split off one answer; returns (response, rest)."""
    status, headers, rest = read_head(data)
    if method == "HEAD" or status < 200 or status in (204, 304):
        content = b""
    elif headers.get("transfer-encoding") == "chunked":
        assert "content-length" not in headers, headers
        content, rest = read_chunks(rest)
    elif "content-length" in headers:
        length = int(headers["content-length"])
        content, rest = rest[:length], rest[length:]
        assert len(content) == length, f"a body cut off: {content!r:.500}"
    else:
        content, rest = rest, b""
    return Response(status, headers, content), rest


def read_responses(data, methods=()):
    """Read all answers to requests of these methods, GET when there are more; 1xx are left out."""
    methods, responses = list(methods), []
    while data:
        method = methods[0] if methods else "GET"
        response, data = read_response(data, method)
        if response.status >= 200:
            responses.append(response)
            methods = methods[1:]
    return responses


def check_refusal(response, status, has_content=True):
    """A refusal at the door: a problem document, and the announcement of the end."""
    assert response.status == status, response
    assert response.headers.get("content-type") == "application/problem+json", response
    assert response.headers.get("connection", "").lower() == "close", response
    if not has_content:
        return
    assert int(response.headers["content-length"]) == len(response.content), response
    problem = json.loads(response.content)
    assert problem["status"] == status and problem["title"] and problem["detail"] and problem["type"], problem
