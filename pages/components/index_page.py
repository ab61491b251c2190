"""The one HTML file of Streamlit's front end, as ThoraxLens's server hands it out.

Streamlit begins with the look that the browser asks for, keeps a choice of the theme for one
address only, calls itself by its own name until the first script has run, is white until then,
and some of its elements do not suit us, or nobody who uses a keyboard or a screen reader; and it
loads what draws charts only when the first one comes. It has no setting for any of these, so the
file is changed on its way out: what lies in ``browser/`` goes into it (docs/adr/0006-themes.md).
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.palette import BUTTON, DESTROY, FOCUS, SURROUNDS

HOME = Path(__file__).parent / "browser"
SCRIPTS = ("theme", "back", "readers", "ahead")  # in this order; each stands alone
COLOURS = {
    "BUTTON": BUTTON,
    "DESTROY": DESTROY,
    "DARK": SURROUNDS["dark"].background,
    "DARK_FOCUS": FOCUS["dark"],
    "DARK_TEXT": SURROUNDS["dark"].text,
    "LIGHT": SURROUNDS["light"].background,
    "LIGHT_FOCUS": FOCUS["light"],
    "LIGHT_TEXT": SURROUNDS["light"].text,
}
# What Streamlit's front end draws elements with, of which our pages have many; largest last, so
# that what is soon there is soon there.
ELEMENTS = ("Slider", "Selectbox", "ButtonGroup", "Multiselect", "TextInput", "FileUploader",
            "DataFrame", "PlotlyChart")  # fmt: skip
PAUSE = 1500  # milliseconds, in which the first page is drawn
THEIRS = Path(streamlit.__file__).parent / "static" / "static" / "js"
TITLE = b"<title>Streamlit</title>"  # before it: how the file is encoded; behind it: scripts


def pieces_of(elements: tuple[str, ...], scripts: Path = THEIRS) -> list[str]:
    """The names of the files that draw ``elements``, in the folder ``scripts``: each is called by
    its element and by what is in it. What this Streamlit does not have is left out."""
    return [file.name for one in elements for file in sorted(scripts.glob(f"{one}.*.js"))]


def _filled(name: str) -> str:
    """One of our files, with the colours. What else has a “$” is JavaScript's."""
    ahead = {"PIECES": json.dumps(pieces_of(ELEMENTS)), "PAUSE": str(PAUSE)}
    return Template((HOME / name).read_text(encoding="utf-8")).safe_substitute(COLOURS | ahead)


OURS = f"""<title>ThoraxLens</title>
<script>{"".join(_filled(f"{one}.js") for one in SCRIPTS)}</script>
<style>{_filled("look.css")}</style>""".encode()


class IndexPage:
    """ASGI middleware, around ``app``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        if "text/html" not in headers.get("accept", ""):  # what is no page
            await self._app(scope, receive, send)
            return
        # The whole file as it is, neither compressed nor “the one that you have”.
        for name in ("accept-encoding", "if-none-match", "if-modified-since", "range"):
            del headers[name]
        await self._app(scope, receive, _Changed(send))


class _Changed:
    """Passes on what is sent; an HTML file once it is whole, and changed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = MutableHeaders(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/html"):
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        body = self._body.replace(TITLE, OURS, 1)
        headers = MutableHeaders(raw=self._start["headers"])
        headers["content-length"] = str(len(body))
        for name in ("etag", "last-modified"):  # they are the other file's
            del headers[name]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
