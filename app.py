"""ThoraxLens's server: ``streamlit run app.py [-- [--data DIR] [--ray ADDRESS] [--no-example]
[--no-starters]]``.

What a viewer sees begins in ``pages/navigation.py``, which Streamlit runs for each of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.middleware import Middleware
from streamlit.config import get_option
from streamlit.starlette import App

from core.memory import give_back_at_once
from pages.components.guard import Guard
from pages.components.hosts import KnownHosts
from pages.components.index_page import IndexPage
from pages.components.preload import load_first_page
from pages.components.session import thumbnail_of
from pages.components.signing_in import who_sends
from pages.components.thumbnails import thumbnail_route


@asynccontextmanager
async def _lifespan(_: App) -> AsyncIterator[None]:
    load_first_page()
    yield


def _bound() -> str:
    """The address that this server was told to listen at; empty for all of them."""
    return str(get_option("server.address") or "")


def _base() -> str:
    """The path below which it answers, as it was told."""
    return str(get_option("server.baseUrlPath") or "")


give_back_at_once()
app = App(
    Path(__file__).parent / "pages" / "navigation.py",
    lifespan=_lifespan,
    routes=[thumbnail_route(thumbnail_of)],
    middleware=[
        Middleware(KnownHosts, bound=_bound),
        Middleware(Guard, who=who_sends, base=_base),
        Middleware(IndexPage),
    ],
)
