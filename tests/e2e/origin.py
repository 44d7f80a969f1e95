"""An HTTP server whose answers a test writes as functions: one for each path, called with the request's handler."""
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATE = "Sun, 22 Nov 2026 12:00:00 GMT"


class Origin:
    """`paths` is {path: bytes or function of a handler}. What was asked is in `requests`: (path, headers)."""

    def __init__(self, paths, address="127.0.0.1"):
        self.paths, self.requests = dict(paths), []
        self._lock = threading.Lock()
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.partition("?")[0]
                with origin._lock:
                    origin.requests.append((path, {name.lower(): value for name, value in self.headers.items()}))
                    found = origin.paths.get(path)
                if found is None:
                    self.answer(b"nothing", status=404)
                elif isinstance(found, bytes):
                    self.answer(found)
                else:
                    found(self)

            def answer(self, body=b"", status=200, announced=None, **headers):
                """Send an answer; one that announces more than its body breaks off."""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body) if announced is None else announced))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:  # the daemon has read enough
                    self.close_connection = True
                if announced is not None:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def asked(self, path):
        """Return the headers of the requests to a path."""
        return [headers for asked, headers in self.requests if asked == path]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def sha256(data):
    return hashlib.sha256(data).hexdigest()
