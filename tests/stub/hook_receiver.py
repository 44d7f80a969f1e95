#!/usr/bin/python3
"""A receiver of callbacks for tests, on loopback only: it keeps what it is sent, and answers as it was told.

A plan is a list of answers, used one a request; the last one stays. An answer is a status, or a dict with some of
`status`, `headers`, `body` (bytes), `wait` (an event to wait for before the answer).
"""
import base64
import hashlib
import hmac
import http.server
import json
import threading
from dataclasses import dataclass, field


@dataclass
class Hook:
    """A request that came, and when."""
    path: str
    headers: dict               # their names in lower case
    body: bytes
    method: str
    json: dict = field(default=None)

    @property
    def id(self):
        return self.headers["webhook-id"]

    def is_signed_by(self, secret):
        """Whether one of the signatures is right, as the Standard Webhooks specification has it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        want = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(given, f"v1,{want}") for given in self.headers["webhook-signature"].split())


class Receiver:
    """Serves in threads of its own until it is closed."""

    def __init__(self, address="127.0.0.1", port=0, plan=(204,)):
        self.plan = list(plan)
        self.hooks = []
        self.end = threading.Event()        # lets those go on that wait without a bound
        self._change = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self):
                receiver._on_request(self)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

        self._server = Server((address, port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def url(self, path="/hook", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def _on_request(self, handler):
        length = int(handler.headers.get("Content-Length", 0))
        body = handler.rfile.read(length)
        hook = Hook(handler.path, {k.lower(): v for k, v in handler.headers.items()}, body, handler.command)
        try:
            hook.json = json.loads(body)
        except ValueError:
            pass
        with self._change:
            self.hooks.append(hook)
            answer = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
            self._change.notify_all()
        answer = answer if isinstance(answer, dict) else {"status": answer}
        if "wait" in answer:
            answer["wait"].wait(60)
        self._answer(handler, **answer)

    @staticmethod
    def _answer(handler, status=200, headers=(), body=b"", wait=None):
        try:
            handler.send_response(status)
            for name, value in dict(headers).items():
                handler.send_header(name, value)
            if status != 204:
                handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True

    def wait_for(self, n, seconds=30):
        """Wait until so many requests have come; returns them."""
        with self._change:
            assert self._change.wait_for(lambda: len(self.hooks) >= n, seconds), f"{len(self.hooks)} of {n} callbacks"
            return list(self.hooks)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)
