"""Thumbnails of films by address, for what is drawn in the browser.

Whoever sees the pages sees these films too; nobody can guess an id, which is a film's hash. They go
through the same check of names as the pages (``hosts``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

FILM_ID = re.compile(r"[0-9a-f]{32}")
# An id stands for a film's bytes: what it shows never changes.
HEADERS = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}


def thumbnail_route(thumbnail: Callable[[str], Path]) -> Route:
    """``/thumbnail/FILM.jpg``, behind whatever path the pages are served under
    (``server.baseUrlPath``). ``thumbnail``: film id → where its thumbnail lies."""

    def answer(request: Request) -> Response:
        film_id = str(request.path_params["film_id"])
        under = str(request.path_params["under"])
        # What comes in an address becomes no path unless it is an id.
        if FILM_ID.fullmatch(film_id) and (not under or under.endswith("/")):
            path = thumbnail(film_id)
            if path.is_file():
                return FileResponse(path, media_type="image/jpeg", headers=HEADERS)
        return PlainTextResponse("There is no such film.\n", 404)

    return Route("/{under:path}thumbnail/{film_id}.jpg", answer, methods=["GET"])
