"""What the catalogue's short words are called on a page."""

from __future__ import annotations

from core.store.film_rows import UNKNOWN

CATALOGUE_LABELS = {"F": "female", "M": "male", UNKNOWN: "not stated"}
