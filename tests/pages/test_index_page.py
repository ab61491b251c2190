"""Streamlit's HTML as the server hands it out: ours in it, and nothing else touched."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import Message

from pages.components.index_page import ELEMENTS, THEIRS, TITLE, IndexPage, pieces_of

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
BROWSER = {"accept": "text/html,application/xhtml+xml", "accept-encoding": "gzip"}
ANY = {"accept": "*/*"}


async def index(_: Request) -> Response:
    return FileResponse(INDEX)


async def data(_: Request) -> Response:
    return Response(TITLE * 100, media_type="application/json")


SERVER = Starlette(
    routes=[Route("/", index), Route("/data", data)],
    middleware=[Middleware(IndexPage), Middleware(GZipMiddleware)],
)


@dataclass
class Answer:
    status: int
    headers: Headers
    body: bytes


def ask(path: str, headers: dict[str, str], method: str = "GET") -> Answer:
    """What the server answers, without a network between."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(3600)  # the browser stays there
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": Headers(headers).raw,
    }
    # In a thread of its own: tests with a browser leave a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, SERVER(scope, receive, send)).result()
    body = b"".join(one.get("body", b"") for one in sent[1:])
    return Answer(sent[0]["status"], Headers(raw=sent[0]["headers"]), body)


def test_a_browser_gets_our_name_and_our_script_before_those_of_streamlit() -> None:
    answer = ask("/", BROWSER)
    text = answer.body.decode()
    assert answer.status == 200
    assert text.index("charset") < text.index("<title>ThoraxLens</title>")
    assert text.index("thoraxlens-theme") < text.index('type="module"')
    assert "<title>Streamlit</title>" not in text
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert text.endswith(INDEX.read_text()[-200:])


def test_an_older_copy_of_the_file_is_never_confirmed() -> None:
    known = {"if-none-match": ask("/", ANY).headers["etag"]}
    assert ask("/", BROWSER | known).status == 200
    assert "etag" not in ask("/", BROWSER | known).headers


def test_what_is_no_page_is_left_alone() -> None:
    assert ask("/", ANY).body == INDEX.read_bytes()
    assert ask("/data", {"accept": BROWSER["accept"]}).body == TITLE * 100
    assert ask("/", BROWSER, "HEAD").headers["etag"] == ask("/", ANY).headers["etag"]


def test_the_pieces_that_draw_elements_are_named_as_this_streamlit_has_them() -> None:
    pieces = pieces_of(ELEMENTS)
    assert [piece.split(".")[0] for piece in pieces] == list(ELEMENTS)
    for piece in pieces:
        assert f'"{piece}"' in ask("/", BROWSER).body.decode()
        assert (THEIRS / piece).is_file()


def test_a_piece_that_streamlit_does_not_have_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "Slider.a1.js").touch()
    (tmp_path / "SliderOfAnother.b2.js").touch()
    assert pieces_of(("Slider", "PlotlyChart"), tmp_path) == ["Slider.a1.js"]
