"""Nobody gets films from the server, or brings any, without a role; and what failed sign-ins say.

Pages ask by themselves. These are the other addresses under which the server hands out what
patients' films show, or takes something in: pictures of a page (``/media``), uploads and
thumbnails. Streamlit's own files, its health and the way to the provider are open to everybody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.people.asking import Somebody
from core.people.roles import Deed
from pages.components.front_door import FAILED
from pages.components.wanted_page import keep_page, lead_to, page_kept, page_left, with_flag

LOG = logging.getLogger("thoraxlens.pages")
THUMBNAIL = "/thumbnail/"  # answered below any path
GUARDED = ("/media/", "/_stcore/upload_file/", "/_stcore/metrics", "/component/")
LOGIN, CALLBACK = "/auth/login", "/oauth2callback"
REFUSAL = "Sign in to ThoraxLens first.\n"
USER_COOKIE = b"_streamlit_user="


class Guard:
    """ASGI middleware. ``who``: cookies → who asks. ``base``: the path below which the server
    answers, without slashes at its ends; asked at the first request, when it is known."""

    def __init__(
        self,
        app: ASGIApp,
        who: Callable[[Mapping[str, str]], Somebody],
        base: Callable[[], str] = lambda: "",
    ) -> None:
        self._app = app
        self._who = who
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        below = f"/{self._base().strip('/')}".rstrip("/")
        path = str(scope["path"]).removeprefix(below)
        if path.startswith(GUARDED) or THUMBNAIL in path:
            if not self._who(Request(scope).cookies).may(Deed.LOOK):
                await PlainTextResponse(REFUSAL, 403)(scope, receive, send)
                return
        elif path == LOGIN or (path == CALLBACK and _comes_from_the_provider(scope)):
            await self._sign_in(scope, receive, send, below, leaves=path == LOGIN)
            return
        await self._app(scope, receive, send)

    async def _sign_in(
        self, scope: Scope, receive: Receive, send: Send, below: str, *, leaves: bool
    ) -> None:
        """Streamlit answers a provider that is down with two words on a white page, and a refused
        sign-in with nothing: say it on ours. And who comes back lands where their link led.
        ``leaves``: on the way to the provider, not back."""
        page = page_left(scope, below, without=FAILED) if leaves else page_kept(scope)
        is_lost = False

        async def seen(message: Message) -> None:
            nonlocal is_lost
            if message["type"] == "http.response.start":
                is_lost = not _goes_on(scope, message)
                if is_lost:
                    failed = f"{below}{with_flag(page, FAILED)}"
                    await RedirectResponse(failed, 303)(scope, receive, send)
                elif leaves:
                    keep_page(message, page, below)
                else:
                    lead_to(message, page, below)
                    keep_page(message, "/", below)
            if not is_lost:
                await send(message)

        try:
            await self._app(scope, receive, seen)
        except Exception:
            if not is_lost:
                raise
            # Our page has been sent already, so nobody would see what else went wrong.
            LOG.exception("A sign-in failed")


def _comes_from_the_provider(scope: Scope) -> bool:
    """Not so at the end of a sign-out."""
    asked = Request(scope).query_params
    return "code" in asked or "error" in asked


def _goes_on(scope: Scope, message: Message) -> bool:
    if message["status"] >= 400:
        return False
    if not str(scope["path"]).endswith(CALLBACK):
        return True
    cookies = [value for name, value in message["headers"] if name.lower() == b"set-cookie"]
    return any(one.startswith(USER_COOKIE) and b"Max-Age=0" not in one for one in cookies)
