"""A server of films on loopback, with trouble on demand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Origin:
    """A small server on loopback: files with ranges, and trouble on demand."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []  # (path, Range header)
        self.cut: dict[str, int] = {}  # path → how often the connection drops half-way
        self.status: dict[str, list[int]] = {}  # path → status codes to answer with first
        self.ranges = True
        self.url = ""

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)


def handler_for(origin: Origin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, span = unquote(self.path), self.headers.get("Range", "")
            origin.asked.append((path, span))
            if origin.status.get(path):
                self._plain(origin.status[path].pop(0))
            elif path not in origin.files:
                self._plain(404)
            else:
                self._send(path, int(span[6:-1]) if span and origin.ranges else 0)

        def _plain(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, path: str, start: int) -> None:
            body = origin.files[path][start:]
            if start and not body:
                self._plain(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if origin.cut.get(path):
                origin.cut[path] -= 1
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent: a test's output is for failures."""

    return Handler


@contextmanager
def serving() -> Iterator[Origin]:
    """One that answers as long as the body lasts."""
    origin = Origin()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(origin))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    origin.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()


def no_wait(seconds: float) -> None:
    """Between two tries."""
    assert seconds <= 60
