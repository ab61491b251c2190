"""What the catalogue's short words are called on a page."""

from __future__ import annotations

from core.store.film_rows import UNKNOWN

SPOKEN = {"F": "female", "M": "male", UNKNOWN: "not stated"}
