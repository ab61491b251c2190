"""The one HTML file of Streamlit's front end, as ThoraxLens's server hands it out.

Streamlit begins with the look that the browser asks for, calls itself by its own name until
the first script has run, is white until then, and some of its elements do not suit us. It has
no setting for any of these, so the file is changed on its way out (docs/adr/0006-themes.md).
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.palette import BACKGROUND, BUTTON, LIGHT_BACKGROUND

# A link whose words do not fit a telephone goes on in a second line, for Streamlit would cut it.
# Numbers stand at the right of their cells; their headings with them. The first column, and
# the table of what is known about one film, are words. A list of runs is read from the left.
# Segments that do not fit go on in a second line, for Streamlit hides them beyond the edge; the
# words of a choice that do not fit end in “…”. The button over a table that saves it as it is
# would not make formulas harmless (``core.spreadsheet``); where a table is to be saved, ours does.
STYLE = """
[data-testid="stTable"] thead th:not(:first-child) {text-align: right !important}
.st-key-film_facts [data-testid="stTable"] thead th:not(:first-child) {text-align: left !important}
[data-testid="stPageLink"] :is(a, span, div, p) {white-space: normal; overflow: visible}
[class*="st-key-open_"] button > * {justify-content: flex-start; width: 100%; text-align: left}
[data-testid="stSidebarUserContent"] [data-testid="stCaptionContainer"] {padding-left: 0.5rem}
[data-testid="stButtonGroup"] [role="radiogroup"] {flex-wrap: wrap; row-gap: 0.25rem}
[data-testid="stSelectbox"] input {text-overflow: ellipsis}
[data-testid="stElementToolbar"] button[aria-label="Download as CSV"] {display: none}
[data-testid^="stBaseButton-primary"]:enabled:not(:hover), [role="group"] [data-tag] {
    background: $BUTTON; border-color: $BUTTON
}
""".replace("$BUTTON", BUTTON)
TITLE = b"<title>Streamlit</title>"  # before it: how the file is encoded; behind it: scripts
# Once a browser and address, the menu's choice “Dark” is made for it, where Streamlit keeps that
# choice and before Streamlit looks for it. A choice that somebody has made is left alone.
OURS = f"""<title>ThoraxLens</title>
    <script>
      (() => {{
        const kept = `stActiveTheme-${{location.pathname}}-v2`;
        const done = `thoraxlens-dark-first-${{location.pathname}}`;
        const prefersLight = matchMedia("(prefers-color-scheme: light)").matches;
        let chosen = null;
        try {{
          chosen = localStorage.getItem(kept);
          if (prefersLight && !chosen && !localStorage.getItem(done)) {{
            localStorage.setItem(done, "yes");
            localStorage.setItem(kept, chosen = '"Dark"');
          }}
        }} catch {{}} // a browser that keeps nothing shows what it prefers
        const isLight = chosen ? chosen === '"Light"' : prefersLight;
        document.documentElement.style.background =
          isLight ? "{LIGHT_BACKGROUND}" : "{BACKGROUND}";
      }})();
    </script>
    <style>{STYLE}</style>""".encode()


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
