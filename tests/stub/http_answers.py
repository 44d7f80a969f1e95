"""What the HTTP stub answers to a request: paths, and the options that ask for faults.

README.md lists both. An answer is only described here; http_server.py sends it.
"""
import email.utils
import hashlib
import json
import time
import zlib
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl

import http_content

MAX_SIZE = 4 << 30          # bytes of a body
MAX_SECONDS = 600.0
MAX_HEADER_BYTES = 16 << 20
MAX_COUNTED = 100_000       # targets whose requests are counted for `first`
ONE_WRITE = 1 << 16         # bytes: a body up to this size goes out together with its headers
ENDLESS = 1 << 30           # bytes

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadOption(Exception):
    """An option that the stub does not know, or a value that it cannot use."""


@dataclass(slots=True)
class Answer:
    status: int = 200
    headers: list = field(default_factory=list)     # (name, value)
    size: int = 0                                   # bytes of the body, or what is announced of it
    pieces: object = ()                             # iterable of bytes
    framing: str = "length"                         # or chunked, close
    version: str = "1.1"
    way: str = ""                                   # none, garbage, reset or silence instead of an answer
    is_last: bool = False                           # the connection closes after it
    idle: float | None = None                       # seconds until the idle connection closes
    delay: float = 0                                # seconds before the headers
    drip: float = 0                                 # seconds between the bytes of the headers
    rate: float = 0                                 # bytes of the body a second; 0: all there are
    ends: tuple | None = None                       # (bytes of the body, stall | cut | reset)

    @property
    def is_plain(self):
        """Whether it can go out in one write."""
        return (self.size <= ONE_WRITE and self.framing != "chunked" and self.ends is None and self.idle is None
                and not (self.way or self.delay or self.drip or self.rate))

    def head(self):
        """Return the status line and headers."""
        lines = [f"HTTP/{self.version} {self.status} {_REASONS.get(self.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status >= 200 and self.status not in (204, 304):
            if self.framing == "length":
                lines.append(f"Content-Length: {self.size}")
            elif self.framing == "chunked":
                lines.append("Transfer-Encoding: chunked")
        if self.is_last:
            lines.append("Connection: close")
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"


def _seconds(text):
    value = float(text)
    if not 0 <= value <= MAX_SECONDS:
        raise ValueError(text)
    return value


def _bytes(text):
    unit = {"k": 10, "m": 20, "g": 30}.get(text[-1:].lower())
    value = int(text[:-1]) << unit if unit else int(text)
    if not 0 <= value <= MAX_SIZE:
        raise ValueError(text)
    return value


def _word(*words):
    def parse(text):
        if text not in words:
            raise ValueError(text)
        return text
    return parse


def _number(low, high):
    def parse(text):
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value
    return parse


_OPTIONS = {  # name: how its value is read
    "size": _bytes, "type": str, "disposition": str, "header": str, "framing": _word("length", "chunked", "close"),
    "encoding": str, "etag": _word("no"), "version": _word("1.0", "1.1"), "connection": _word("close"),
    "idle": _seconds, "country": str, "json": str,
    "delay": _seconds, "drip": _seconds, "rate": _bytes, "stall": _bytes, "cut": _bytes, "reset": _bytes,
    "headers": _bytes, "line": _bytes, "status": _number(200, 999), "to": str, "retry_after": str,
    "retry_after_date": _seconds, "answer": _word("none", "garbage", "reset", "silence"),
    "first": _number(0, 1_000_000), "per": _word("target", "host"), "percent": _number(0, 100),
    "busy": _number(0, 100_000), "at": str,
}
# Those that make a fault: they don't hold for requests that `first`, `percent` and `at` leave alone.
_FAULTS = frozenset("stall cut reset headers line status to retry_after retry_after_date answer".split())


def _read_options(text, options):
    """Add the options of a query to the dict; `header` may come several times."""
    for name, value in parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=40):
        name = name.lower()
        if name not in _OPTIONS:
            raise BadOption(f"no such option: {name}")
        try:
            value = _OPTIONS[name](value)
        except ValueError:
            raise BadOption(f"{name} cannot be {value!r}") from None
        if name == "header":
            value = options.get(name, ()) + (value,)
        options[name] = value


class Site:
    """All that is served. `stats` tells how many requests are in progress."""

    def __init__(self, stats):
        self._stats = stats
        self._seen = {}         # what `first` counts: requests by target or by host
        self._bombs = {}        # by size

    def answer(self, method, target, headers):
        """Return the answer to a request. Names of headers are in lower case."""
        try:
            return self._answer(method, target, headers)
        except BadOption as error:
            return _text(400, f"{error}\n")

    def _answer(self, method, target, headers):
        if target.startswith(("http://", "https://")):  # the form that proxies get
            target = "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"
        path, mark, query = target.partition("?")
        options = {}
        if path.startswith("/with/"):
            _, _, text, path = path.split("/", 3) if path.count("/") > 2 else ("", "", "", "")
            _read_options(text, options)
            path = "/" + path
        if mark:
            _read_options(query, options)
        if method not in ("GET", "HEAD"):
            return _text(405, "GET and HEAD only\n")
        if options:
            self._choose_faults(target, headers, options)
        answer = self._route(path, options)
        if options:
            _apply(answer, options)
        _judge_condition(answer, headers)
        if headers.get("connection", "").lower() == "close":
            answer.is_last = True
        return answer

    def _choose_faults(self, target, headers, options):
        """Take the faults out of the options when they are not meant for this request."""
        is_hit = target.partition("?")[0].endswith(options.get("at", ""))
        if "first" in options:
            host = headers.get("host", "")
            key = host if options.get("per") == "host" else host + target
            if len(self._seen) >= MAX_COUNTED and key not in self._seen:
                self._seen.clear()
            self._seen[key] = self._seen.get(key, 0) + 1
            is_hit = self._seen[key] <= options["first"]
        if "percent" in options:
            is_hit = is_hit and zlib.crc32(target.encode("latin-1")) % 100 < options["percent"]
        if not is_hit:
            for name in _FAULTS & options.keys():
                del options[name]
        # The request itself is in progress already.
        if "busy" in options and self._stats.in_progress_by_host[headers.get("host", "")] > options["busy"]:
            options["status"] = 503
            options.pop("delay", None)

    def _route(self, path, options):
        first, _, rest = path[1:].partition("/")
        if first == "files" and rest:
            return _file(rest, options)
        if first == "flags":
            return _flag(rest, options)
        if first == "redirect":
            return Answer(options.pop("status", 302), [("Location", options.get("to", "/files/target"))])
        if first == "loop":
            return Answer(302, [("Location", path)])
        if first == "chain" and rest.isdecimal() and len(rest) < 5:
            number = int(rest)
            if number == 0:
                return _file("target", options)
            return Answer(302, [("Location", f"/chain/{number - 1}")])
        if first == "endless":
            options.setdefault("size", ENDLESS)
            options.setdefault("framing", "chunked")
            return _file("endless", options)
        if first == "bomb":
            size = options.pop("size", 100 << 20)
            if size not in self._bombs:
                self._bombs[size] = http_content.bomb(size)
            packed = self._bombs[size]
            headers = [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")]
            return Answer(200, headers, len(packed), [packed])
        return _text(404, "not found\n")


def _text(status, text, media="text/plain"):
    content = text.encode()
    return Answer(status, [("Content-Type", media)], len(content), [content])


def _file(name, options):
    size = options.pop("size", None)
    if size is None:
        size = http_content.size_of(name)
    headers = [("Content-Type", "application/octet-stream"), ("ETag", f'"{zlib.crc32(name.encode()):08x}-{size}"')]
    return Answer(200, headers, size, http_content.pieces(name, size))


def _flag(path, options):
    code, _, name = path.partition("/")
    if name == f"{code}.gif":
        content = http_content.flag(code)
        if content is not None:
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            return Answer(200, [("Content-Type", "image/gif"), ("ETag", tag)], len(content), [content])
    elif name == "metadata.json":
        value = http_content.metadata(code)
        if value is not None:
            if "country" in options:
                value["country"] = options["country"].encode("latin-1").decode("utf-8", "replace")
            return _text(200, options.get("json", json.dumps(value, ensure_ascii=False)), "application/json")
    return _text(404, "not found\n")


def _set_header(answer, name, value):
    answer.headers = [pair for pair in answer.headers if pair[0] != name]
    if value != "":
        answer.headers.append((name, value))


def _apply(answer, options):
    """Change an answer as the options say."""
    if "status" in options:
        text = f"status {options['status']}\n".encode()
        answer.status, answer.size, answer.pieces = options["status"], len(text), [text]
        answer.headers = [("Content-Type", "text/plain")]
    for name, header in (("type", "Content-Type"), ("disposition", "Content-Disposition"), ("to", "Location"),
                         ("encoding", "Content-Encoding"), ("retry_after", "Retry-After")):
        if name in options:
            _set_header(answer, header, options[name])
    if "etag" in options:
        _set_header(answer, "ETag", "")
    if "retry_after_date" in options:
        date = email.utils.formatdate(time.time() + options["retry_after_date"], usegmt=True)
        _set_header(answer, "Retry-After", date)
    for line in options.get("header", ()):
        name, _, value = line.partition(":")
        answer.headers.append((name, value.strip(" ")))
    if "headers" in options:
        answer.headers += _filler(options["headers"], options.get("line", 1000))
    answer.framing = options.get("framing", answer.framing)
    answer.version = options.get("version", answer.version)
    answer.is_last = answer.framing == "close" or answer.version == "1.0" or "connection" in options
    answer.way = options.get("answer", "")
    answer.idle = options.get("idle")
    answer.delay, answer.drip = options.get("delay", 0), options.get("drip", 0)
    answer.rate = options.get("rate", 0)
    answer.ends = min(((options[way], way) for way in ("stall", "cut", "reset") if way in options), default=None)


def _filler(n_bytes, line):
    """Return headers that have n_bytes together, `line` bytes each."""
    if n_bytes > MAX_HEADER_BYTES or line < 20:
        raise BadOption(f"at most {MAX_HEADER_BYTES} bytes of headers, in lines of 20 or more")
    headers = []
    while n_bytes > 0:
        name = f"X-Filler-{len(headers):06d}"
        value = "x" * (min(line, max(n_bytes, 20)) - len(name) - 4)
        headers.append((name, value))
        n_bytes -= len(name) + len(value) + 4
    return headers


def _judge_condition(answer, headers):
    """If-None-Match: the file has not changed."""
    wanted = headers.get("if-none-match")
    if wanted is not None and answer.status == 200 and wanted in (value for _, value in answer.headers):
        answer.status, answer.size, answer.pieces = 304, 0, ()
