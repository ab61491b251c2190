"""The page to which a link led somebody who had to sign in first.

Streamlit comes back from a provider to the first page, whatever was asked for. So the address is
kept in a cookie while they are away: the front door stands at the address of the page that it
stands for, and the browser says, when it leaves for the provider, from where.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Message, Scope

COOKIE = "thoraxlens_wanted"
KEPT = 900  # seconds, in which somebody finds their password
LONGEST = 2000  # letters; browsers keep 4096 of a cookie
PAGE = re.compile(
    r"/[\w-]{0,40}", re.ASCII
)  # our pages alone: an address of another server never matches


def page_left(scope: Scope, below: str, *, without: str) -> str:
    """The page, with its query, from which a request came; “/” where that is not known or no page
    of ours. ``below``: the path below which the server answers; it is taken off. ``without``: a
    name that is left out of the query."""
    sent = urlsplit(Request(scope).headers.get("referer", ""))
    return _page(sent.path.removeprefix(below), sent.query, without)


def page_kept(scope: Scope) -> str:
    """What ``keep_page`` has kept; “/” for nothing."""
    kept = urlsplit(unquote(Request(scope).cookies.get(COOKIE, "")))
    return _page(kept.path, kept.query)


def keep_page(answer: Message, page: str, below: str) -> None:
    """Have the browser that gets this answer bring ``page`` back; “/” forgets what it kept."""
    age = KEPT if page != "/" else 0
    MutableHeaders(raw=answer["headers"]).append(
        "set-cookie",
        f"{COOKIE}={quote(page, safe='')}; Max-Age={age}; Path={below or '/'}; HttpOnly; "
        "SameSite=Lax",
    )


def lead_to(answer: Message, page: str, below: str) -> None:
    """Have this answer, which leads to the first page, lead to ``page`` instead."""
    headers = MutableHeaders(raw=answer["headers"])
    if page != "/" and "location" in headers:
        headers["location"] = f"{below}{page}"


def with_flag(page: str, flag: str) -> str:
    """The address of a page with ``flag=1`` in its query."""
    return f"{page}{'&' if '?' in page else '?'}{flag}=1"


def _page(path: str, query: str, without: str = "") -> str:
    """As we write it, whatever was sent."""
    page = (path or "/").rstrip("/") or "/"
    if not PAGE.fullmatch(page):
        return "/"
    pairs = parse_qsl(query, keep_blank_values=True)
    asked = urlencode([(name, value) for name, value in pairs if name != without])
    whole = f"{page}?{asked}" if asked else page
    return whole if len(whole) <= LONGEST else page
