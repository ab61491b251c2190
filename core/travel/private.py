"""What a run says of itself, without what only its own machine or its patients are concerned by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.documents import Json
from core.external.films import LEFT_OUT

UNREADABLE = "they could not be read"
_SIGN = r"[^\s“”\"'(),;\\/]"
# A folder may be called by several words, as people are; each begins with a letter, as “1/2” does
# not. What goes too far hides a few words of a sentence.
_FOLDER = rf"{_SIGN}*(?: [^\W\d_]{_SIGN}*){{0,4}}[\\/]"
_PATH = re.compile(rf"(?<![\w.])(?:~?/|[A-Za-z]:[\\/])(?:{_FOLDER})+{_SIGN}*")


def without_paths(value: Any) -> Any:
    """JSON with “…” in place of every path from the root of a disk: a path may name a person."""
    if isinstance(value, str):
        return _PATH.sub("…", value)
    if isinstance(value, dict):
        return {key: without_paths(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_paths(one) for one in value]
    return value


def reasons_without_names(left_out: Sequence[Json]) -> list[Json]:
    """An external test's ``left_out`` without sentences that name single files."""
    kept = [one for one in left_out if LEFT_OUT.fullmatch(str(one["reason"]))]
    rest = sum(int(str(one["films"])) for one in left_out if one not in kept)
    return [*kept, *([{"reason": UNREADABLE, "films": rest}] if rest else [])]
