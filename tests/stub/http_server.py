"""The connections of the HTTP stub: requests are read, answers sent with their faults, and all of it is counted."""
import asyncio
import json
import socket
import struct
import time
from collections import Counter
from urllib.parse import parse_qs

from http_answers import ONE_WRITE

MAX_HEAD = 64 << 10         # bytes of a request's headers
MAX_OPEN = 8192             # connections at one time; a further one is closed at once
MAX_LOGGED = 400_000        # requests of which each is kept; later ones are only counted
MAX_PATHS = 200_000         # paths whose last headers are kept
PAUSE = 0.02                # seconds between two pieces of a body that is sent at a rate
NO_LINGER = struct.pack("ii", 1, 0)
GARBAGE = b"220 no web server here\r\n" + bytes(range(256))


class Stats:
    """What came in. A request is in progress from its last header to the last byte of its answer.

    Requests to /stub/ and their connections count nowhere.
    """

    def __init__(self):
        self._start = time.monotonic()
        self.n_connections = Counter()          # by address of ours
        self.n_requests = Counter()             # by path, without the query
        self.in_progress = self.most = 0
        self.in_progress_by_host = Counter()
        self.most_by_host = Counter()
        self._last_headers = {}                 # by path
        self._log = []                          # what begin() returned

    def now(self):
        return round(time.monotonic() - self._start, 6)

    def begin(self, path, headers, address, connection):
        """Count a request; returns [start, end, host, path, status, address, number of the connection]."""
        host = headers.get("host", "")
        self.n_requests[path] += 1
        if path in self._last_headers or len(self._last_headers) < MAX_PATHS:
            self._last_headers[path] = headers
        self.in_progress += 1
        self.in_progress_by_host[host] += 1
        self.most = max(self.most, self.in_progress)
        self.most_by_host[host] = max(self.most_by_host[host], self.in_progress_by_host[host])
        record = [self.now(), None, host, path, None, address, connection]
        if len(self._log) < MAX_LOGGED:
            self._log.append(record)
        return record

    def end(self, record):
        if record[1] is None:
            record[1] = self.now()
            self.in_progress -= 1
            self.in_progress_by_host[record[2]] -= 1

    def show(self, target):
        """Return the JSON of a path under /stub/, or None."""
        path, _, query = target.partition("?")
        if path == "/stub/stats":
            value = {
                "connections": dict(self.n_connections), "requests": sum(self.n_requests.values()),
                "in_progress": self.in_progress, "most": self.most, "most_by_host": dict(self.most_by_host),
                "paths": dict(self.n_requests), "now": self.now()}
        elif path == "/stub/requests":
            value = self._log
        elif path == "/stub/headers":
            value = self._last_headers.get(parse_qs(query).get("path", [""])[0])
        else:
            return None
        return json.dumps(value).encode()


class Connection(asyncio.Protocol):
    """One connection. A plain answer is written as soon as its request is there; any other by a task."""

    n_open = 0

    def __init__(self, site, stats):
        self._site = site
        self._stats = stats
        self._transport = None
        self._address = ""          # ours
        self._number = None         # None: not counted yet; 0: it asks for statistics
        self._buffer = b""
        self._task = None           # sends an answer
        self._record = None         # of the last request
        self._idle = None           # timer
        self._can_write = asyncio.Event()
        self._is_closing = False

    def connection_made(self, transport):
        self._transport = transport
        self._address = transport.get_extra_info("sockname")[0]
        self._can_write.set()
        Connection.n_open += 1
        if Connection.n_open > MAX_OPEN:
            transport.abort()

    def connection_lost(self, _):
        Connection.n_open -= 1
        self._count()
        self._is_closing = True
        self._can_write.set()
        for waiting in (self._idle, self._task):
            if waiting is not None:
                waiting.cancel()
        if self._record is not None:
            self._stats.end(self._record)

    def _count(self):
        if self._number is None:
            self._stats.n_connections[self._address] += 1
            self._number = self._stats.n_connections.total()

    def pause_writing(self):
        self._can_write.clear()

    def resume_writing(self):
        self._can_write.set()
        self._read_requests()

    def data_received(self, data):
        self._buffer = self._buffer + data if self._buffer else data
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        self._read_requests()

    def _read_requests(self):
        while self._task is None and not self._is_closing and self._can_write.is_set():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                break
            head, self._buffer = self._buffer[:end], self._buffer[end + 4:]
            self._on_request(head.decode("latin-1"))
        # TLS where there is none begins with no letter.
        if len(self._buffer) > MAX_HEAD or (self._buffer and not self._buffer[:1].isalpha()):
            self._close()

    def _on_request(self, head):
        line, *lines = head.split("\r\n")
        method, _, rest = line.partition(" ")
        target, _, version = rest.rpartition(" ")
        headers = {}
        for text in lines:
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        if has_body or not target or not version.startswith("HTTP/1."):
            self._count()
            self._close()
        elif target.startswith("/stub/"):
            self._number = self._number or 0
            self._show_stats(target)
        else:
            self._count()
            self._record = self._stats.begin(target.partition("?")[0], headers, self._address, self._number)
            answer = self._site.answer(method, target, headers)
            answer.is_last = answer.is_last or version == "HTTP/1.0"
            self._begin(answer, method != "HEAD" and answer.status not in (204, 304))

    def _show_stats(self, target):
        content = self._stats.show(target)
        status = "404 Not Found" if content is None else "200 OK"
        content = content or b"null"
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        self._transport.write(head.encode() + content)

    def _begin(self, answer, has_body):
        self._record[4] = None if answer.way else answer.status
        if answer.is_plain:
            self._transport.write(b"".join((answer.head(), *(answer.pieces if has_body else ()))))
            self._stats.end(self._record)
            if answer.is_last:
                self._close()
        else:
            self._task = asyncio.get_running_loop().create_task(self._send(answer, has_body))

    async def _send(self, answer, has_body):
        """Send an answer that takes its time or ends badly."""
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.way:
            await self._answer_otherwise(answer.way)
            return
        await self._send_head(answer)
        if has_body and not await self._send_body(answer):
            return
        await self._can_write.wait()
        self._stats.end(self._record)
        if answer.is_last:
            self._close()
            return
        self._task = None
        if answer.idle is not None:
            self._idle = asyncio.get_running_loop().call_later(answer.idle, self._close)
        self._read_requests()

    async def _answer_otherwise(self, way):
        if way == "silence":
            await asyncio.Event().wait()    # until the client goes, or the stub ends
        elif way == "reset":
            self._reset()
        else:
            self._transport.write(GARBAGE if way == "garbage" else b"")
            self._close()

    async def _send_head(self, answer):
        head = answer.head()
        if not answer.drip:
            self._transport.write(head)
            return
        for byte in head:
            self._transport.write(bytes([byte]))
            await asyncio.sleep(answer.drip)

    async def _send_body(self, answer):
        """Send the body; returns False when it was ended before its time."""
        left, way = answer.ends or (answer.size, None)
        for piece in answer.pieces:
            # A chunk is announced as a whole, so that a body that is cut is cut in its middle.
            if answer.framing == "chunked":
                self._transport.write(b"%x\r\n" % len(piece))
            await self._send_piece(piece[:left], answer.rate)
            if left < len(piece) or (way and left == len(piece)):
                break
            left -= len(piece)
            if answer.framing == "chunked":
                self._transport.write(b"\r\n")
        else:
            if answer.framing == "chunked":
                self._transport.write(b"0\r\n\r\n")
            return True
        await self._can_write.wait()
        await self._answer_otherwise({"stall": "silence", "cut": "none", "reset": "reset"}[way])
        return False

    async def _send_piece(self, piece, rate):
        step = max(1, int(rate * PAUSE)) if rate else ONE_WRITE
        for start in range(0, len(piece), step):
            await self._can_write.wait()
            self._transport.write(piece[start:start + step])
            # In any case the loop gets its turn, where it learns that the connection was lost.
            await asyncio.sleep(min(step, len(piece) - start) / rate if rate else 0)

    def _close(self):
        self._is_closing = True
        self._transport.close()

    def _reset(self):
        self._is_closing = True
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._transport.abort()
