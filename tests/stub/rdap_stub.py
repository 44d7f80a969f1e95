#!/usr/bin/python3
"""An RDAP server for tests, on loopback only. The beginning of a name's first label says what is answered.

    reg...       200, a domain                      free...      404, an RDAP error
    drops...     200, pending delete                empty...     404 without a body
    other...     200 about another name             html404...   404 in HTML
    html...      200 in HTML                        cdn...       404 in JSON that is not RDAP
    error200...  200 with an error code             blocked...   404 with a notice: blocked
    search...    200, a search result               premium...   404 with a notice: expiry access period
    bad...       400     auth...  401               moved...     302 to a registrar
    forbid...    403     odd...   422               loop...      302 to itself
    many...      429     down...  503               huge...      200, a body of 2 MiB
    cut...       200, closed in the middle          mute...      no answer
    dates...     200 with odd events and statuses   nic          200: the sentinel

Other names are free. `limit` is how many requests are answered in any second; further ones get 429 and are counted.
"""
import argparse
import collections
import http.server
import json
import ssl
import sys
import threading
import time

JSON = "application/rdap+json"
LONG = "2030-01-01T00:00:00Z"


def domain(name, **more):
    return json.dumps({"rdapConformance": ["rdap_level_0"], "objectClassName": "domain", "ldhName": name.upper(),
                       "status": ["active"],
                       "events": [{"eventAction": "registration", "eventDate": "2020-02-03T04:05:06Z"},
                                  {"eventAction": "expiration", "eventDate": LONG}],
                       "entities": [{"objectClassName": "entity", "roles": ["registrar"],
                                     "vcardArray": ["vcard", [["version", {}, "text", "4.0"],
                                                              ["fn", {}, "text", "Example Registrar"]]]}], **more})


def error(code, **more):
    return json.dumps({"errorCode": code, "title": "Not Found", **more})


def notice(title):
    return error(404, notices=[{"title": title, "description": ["see our terms"]}])


ODD = {"status": ["active", "active", "client hold"],
       "events": [{"eventAction": "Record expires", "eventDate": "31/12/2030"},
                  {"eventAction": "expiration", "eventDate": "2030-01-01T02:00:00+02:00"}],
       "entities": []}

# first the longer of two beginnings that begin alike
ANSWERS = [
    ("nic", lambda n: (200, JSON, domain(n))),
    ("reg", lambda n: (200, JSON, domain(n))),
    ("drops", lambda n: (200, JSON, domain(n, status=["pending delete"]))),
    ("dates", lambda n: (200, JSON, domain(n, **ODD))),
    ("other", lambda n: (200, JSON, domain("not-" + n))),
    ("html404", lambda n: (404, "text/html", "<html>Not Found</html>")),
    ("html", lambda n: (200, "text/html", "<html>welcome</html>")),
    ("error200", lambda n: (200, JSON, error(404))),
    ("search", lambda n: (200, JSON, json.dumps({"domainSearchResults": [json.loads(domain(n))]}))),
    ("empty", lambda n: (404, None, "")),
    ("cdn", lambda n: (404, "application/json", '{"message":"Not Found"}')),
    ("blocked", lambda n: (404, JSON, notice("Blocked Domain"))),
    ("premium", lambda n: (404, JSON, notice("Expiry Access Period"))),
    ("bad", lambda n: (400, JSON, error(400))),
    ("auth", lambda n: (401, None, "")),
    ("forbid", lambda n: (403, "text/plain", "limit exceeded")),
    ("odd", lambda n: (422, JSON, error(422))),
    ("many", lambda n: (429, None, "")),
    ("down", lambda n: (503, None, "")),
    ("huge", lambda n: (200, JSON, domain(n, padding="x" * (2 << 20)))),
]


class RdapStub:
    """Serves in threads of its own until it is closed. `cert` is (certificate, key) for TLS."""

    def __init__(self, address="127.0.0.1", cert=None, limit=0, has_sentinel=True, retry_after=None, is_mute=False,
                 reads_last=False):
        self.limit, self.retry_after, self.has_sentinel = limit, retry_after, has_sentinel
        self.is_mute = is_mute              # nothing is ever answered
        self.reads_last = reads_last        # what is behind the last hyphen of the label says what is answered
        self.asked = collections.Counter()  # by name
        self.times = []                     # of requests, monotonic
        self.n_over = 0                     # requests over the limit
        self.refuses = set()                # statuses to answer everything with, while it has one
        self._lock = threading.Lock()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self):
                stub._on_request(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):  # a client that was killed
                pass

        self._server = Server((address, 0), Handler)
        if cert is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*cert)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if cert else ''}://{address}:{self._server.server_address[1]}/"
        self.host = f"{address}:{self._server.server_address[1]}"
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._end.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _count(self, name):
        """Returns whether the request is within the limit."""
        now = time.monotonic()
        with self._lock:
            self.asked[name] += 1
            self.times.append(now)
            recent = sum(1 for t in self.times[-self.limit - 1:] if now - t < 1) if self.limit else 0
            if self.limit and recent > self.limit:
                self.n_over += 1
                return False
        return True

    def _on_request(self, handler):
        name = handler.path.rpartition("/domain/")[2].lower()
        label = name.partition(".")[0]
        if self.reads_last:
            label = label.rpartition("-")[2]
        if not self._count(name):
            self._send(handler, 429, None, "")
        elif self.refuses:
            self._send(handler, next(iter(self.refuses)), None, "")
        elif label == "nic" and not self.has_sentinel:
            self._send(handler, 404, JSON, error(404))
        elif label.startswith("mute") or self.is_mute:
            self._end.wait(60)
            handler.close_connection = True
        elif label.startswith("cut"):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nContent-Length: 9999\r\n\r\n{")
            handler.close_connection = True
        elif label.startswith(("moved", "loop")):
            where = handler.path if label.startswith("loop") else "https://registrar.example/"
            self._send(handler, 302, None, "", Location=where)
        else:
            for start, answer in ANSWERS:
                if label.startswith(start):
                    self._send(handler, *answer(name))
                    return
            self._send(handler, 404, JSON, error(404))

    def _send(self, handler, status, content_type, body, **headers):
        body = body.encode()
        handler.send_response(status)
        if content_type:
            handler.send_header("Content-Type", content_type)
        if status in (429, 503) and self.retry_after is not None:
            handler.send_header("Retry-After", self.retry_after)
        for key, value in headers.items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def main():
    """Serve on a free port of loopback until the end of standard input, or for so many seconds."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("--seconds", type=float, default=3600)
    seconds = arguments.parse_args().seconds
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), ended.set()), daemon=True).start()
    with RdapStub() as stub:
        print("port", stub.host.rpartition(":")[2], flush=True)
        ended.wait(seconds)


if __name__ == "__main__":
    main()
