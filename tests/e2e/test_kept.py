"""Connections that are kept, and die before they are used again."""
import asyncio
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest

from processes import eventually
from web import fetch, fetch_settings, name_server, unused_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"


class Stale:
    """A server that ends each connection made before `forget`, by FIN or RST, when a request comes on it."""

    def __init__(self, has_reset):
        self.generation = self.n_connections = self.n_ended = 0
        self._has_reset = has_reset
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(30)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        born = self.generation
        self.n_connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                if born < self.generation:
                    self.n_ended += 1
                    break
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        if self._has_reset:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    def forget(self):
        self.generation += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@pytest.mark.settings({"downloads.per_host": 64})
@pytest.mark.parametrize("has_reset", [False, True])
def test_stale_connections_are_no_attempts(fetcher, has_reset):
    """RFC 9112 9.3.1: a request on a connection that died is repeated on one that is new."""
    with Stale(has_reset) as server:
        urls = [f"http://127.0.0.1:{server.port}/{n}" for n in range(400)]
        assert {r["status"] for r in fetch(fetcher.api, urls)} == {"ok"}
        assert server.n_connections >= 32, "many connections were kept"
        server.forget()
        results = fetch(fetcher.api, urls, attempts=1)
        assert server.n_ended >= 32, "many connections were stale"
    assert {(r["status"], r["reason"], r["detail"], r["attempts"]) for r in results} == {("ok", None, None, 1)}


class Nginx:
    """nginx with TLS and HTTP/2, and files of one kilobyte."""

    def __init__(self, folder, ca, *lines):
        certificates = Path(ca).parent
        self.port = unused_port()
        (folder / "root").mkdir()
        for number in range(10):
            (folder / "root" / f"{number}.bin").write_bytes(bytes(1000))
        conf = folder / "nginx.conf"
        conf.write_text(f"""
            daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
            events {{ worker_connections 512; }}
            http {{
              access_log off; {' '.join(f'{kind}_temp_path {folder}/{kind};' for kind in (
                  'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))}
              server {{
                listen 127.0.0.1:{self.port} ssl http2 backlog=512; root {folder}/root;
                ssl_certificate {certificates}/good.pem; ssl_certificate_key {certificates}/good.key;
                {' '.join(lines)}
              }}
            }}""")
        self._process = subprocess.Popen([NGINX, "-c", str(conf), "-p", str(folder)],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._answers, "nginx answers")

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)


@pytest.mark.skipif(NGINX is None, reason="nginx is not there")
@pytest.mark.web(tls=True)
@pytest.mark.parametrize("lines", [["keepalive_requests 20;"], ["http2_max_concurrent_streams 10;"],
                                   ["keepalive_requests 20;", "http2_max_concurrent_streams 10;"]])
def test_http2_that_ends_connections(make_daemon, tmp_path, web, lines):
    """GOAWAY leaves requests behind that the server did not see, and streams run out: neither is an attempt."""
    (tmp_path / "nginx").mkdir()
    settings = {**fetch_settings(tmp_path), "downloads.ca_file": web.ca}
    with Nginx(tmp_path / "nginx", web.ca, *lines) as nginx, name_server(tmp_path) as names, \
            make_daemon(names, settings=settings) as daemon:
        urls = [f"https://good.test:{nginx.port}/{n % 10}.bin?{n}" for n in range(400)]
        results = fetch(daemon.api, urls, attempts=1)
    assert {(r["status"], r["reason"], r["detail"], r["attempts"]) for r in results} == {("ok", None, None, 1)}
    assert {r["http_version"] for r in results} == {"2"}
