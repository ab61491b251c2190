"""The server answers under its own names only, and knows who sits at the computer itself."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from pages.components.hosts import HOSTS_VARIABLE, KnownHosts, host_of, is_here


async def page(_: Request) -> Response:
    return PlainTextResponse("films")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def server(bound: str) -> Starlette:
    return Starlette(
        routes=[Route("/", page, methods=["GET", "POST"]), WebSocketRoute("/stream", stream)],
        middleware=[Middleware(KnownHosts, bound=lambda: bound)],
    )


def ask(app: Starlette, kind: str, *headers: tuple[str, str], method: str = "GET") -> Any:
    """The status of an HTTP answer, or the first message that a WebSocket gets."""
    sent: list[Any] = []
    first = {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request"}

    async def receive() -> Any:
        return first

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "path": "/" if kind == "http" else "/stream",
        "method": method,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "query_string": b"",
    }
    with ThreadPoolExecutor(1) as thread:  # the browser tests have a loop in this one
        thread.submit(lambda: asyncio.run(app(scope, receive, send))).result()
    return sent[0]["status"] if kind == "http" else sent[0]["type"]


OURS = [
    "localhost", "localhost:8501", "LOCALHOST.", "127.0.0.1", "127.0.0.1:1", "127.8.9.1",
    "[::1]", "[::1]:8501",
]  # fmt: skip
OTHERS = [
    "evil.example", "evil.example:8501", "127.0.0.1.evil.example", "localhost.evil.example",
    "127.0.0.1@evil.example", "192.168.1.5", "[2001:db8::1]", "0.0.0.0", "", ":8501", "[::1",
]  # fmt: skip


@pytest.mark.parametrize("bound", ["127.0.0.1", "localhost", "::1"])
def test_a_server_of_this_computer_answers_under_its_names_only(bound: str) -> None:
    app = server(bound)
    for host in OURS:
        assert ask(app, "http", ("host", host)) == 200, host
        assert ask(app, "websocket", ("host", host)) == "websocket.accept", host
    for host in OTHERS:
        assert ask(app, "http", ("host", host)) == 421, host
        assert ask(app, "websocket", ("host", host)) == "websocket.close", host
    assert ask(app, "http") == 421
    assert ask(app, "http", ("host", "localhost"), ("host", "evil.example")) == 421


def test_a_page_from_elsewhere_may_neither_connect_nor_send() -> None:
    app = server("127.0.0.1")
    for origin in ("http://evil.example", "null", "file://", "https://127.0.0.1.evil.example:1"):
        headers = ("host", "127.0.0.1:8501"), ("origin", origin)
        assert ask(app, "websocket", *headers) == "websocket.close", origin
        assert ask(app, "http", *headers, method="POST") == 421, origin
        assert ask(app, "http", *headers) == 200, "the browser keeps the answer from it"
    headers = ("host", "127.0.0.1:8501"), ("origin", "http://localhost:8501")
    assert ask(app, "websocket", *headers) == "websocket.accept"
    assert ask(app, "http", *headers, method="POST") == 200


def test_more_names_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a reverse proxy needs them."""
    monkeypatch.setenv(HOSTS_VARIABLE, "xray.hospital.example, Other.example:443,,")
    app = server("127.0.0.1")
    for host in ("xray.hospital.example", "XRAY.hospital.example:443", "other.example"):
        origin = ("origin", f"https://{host}")
        assert ask(app, "http", ("host", host)) == 200
        assert ask(app, "websocket", ("host", host), origin) == "websocket.accept"
        assert ask(app, "websocket", ("host", "127.0.0.1:8501"), origin) == "websocket.accept"
    assert ask(app, "http", ("host", "evil.example")) == 421
    assert ask(app, "http", ("host", "hospital.example")) == 421


def test_a_server_on_all_networks_answers_under_the_machines_names() -> None:
    for bound in ("0.0.0.0", "::", ""):
        app = server(bound)
        for host in (socket.gethostname(), f"{socket.gethostname()}:8501", "127.0.0.1"):
            assert ask(app, "http", ("host", host)) == 200, (bound, host)
        for host in ("evil.example", "0.0.0.0", ""):
            assert ask(app, "http", ("host", host)) == 421, (bound, host)
    app = server("192.0.2.7")
    assert ask(app, "http", ("host", "192.0.2.7:8501")) == 200
    assert ask(app, "http", ("host", socket.gethostname())) == 421


def test_names_are_read_as_browsers_write_them() -> None:
    assert host_of("[::1]:8501") == "::1"
    assert host_of("https://A.example.:8501") == "a.example"
    assert host_of("[::1") == host_of("") == ""


def test_who_sits_at_the_computer() -> None:
    host = {"Host": "127.0.0.1:8501"}
    assert is_here("127.0.0.1", host)
    assert is_here("127.0.0.1", {})
    assert is_here("::1", {"host": "localhost"})
    assert not is_here("0.0.0.0", host), "others may come to that server"
    assert not is_here("", host)
    assert not is_here("192.0.2.7", host)
    assert not is_here("127.0.0.1", {"Host": "xray.hospital.example"}), "through a proxy"
    for name in ("X-Forwarded-For", "forwarded", "x-real-ip"):
        assert not is_here("127.0.0.1", host | {name: "192.0.2.9"})
