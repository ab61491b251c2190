"""What a layout says of one film before anybody has opened the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from core.datasets.label_map import UNKNOWN

MISSING = "the file is not there"
NAMELESS = "the row names no file"
OUTSIDE = "its name leads out of the folder"
TOO_LONG = "its name is longer than a file's name can be"
DUPLICATE = "exact duplicate of"
TWO_CLASSES = "the same film stands in two classes"
UNCERTAIN = "a finding of it is uncertain"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row or file of a collection.

    ``file``: its name relative to the collection's root, as reports show it. ``patient``
    is unique inside the collection only, and ``""`` where the layout does not say (the import
    then looks at names). ``finding``, ``view`` and ``sex`` are normalised, the ``_original``
    fields as written. ``left_out``: the reason, when it is known without opening the file,
    that this is no film to import. ``remark``: something to tell of a film that is imported.
    """

    file: str
    path: Path
    patient: str
    finding: str = UNKNOWN
    finding_original: str = ""
    view: str = UNKNOWN
    view_original: str = ""
    sex: str = UNKNOWN
    age: float | None = None
    source_split: str = ""
    masks: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    left_out: str = ""
    remark: str = ""


def in_short(reason: str) -> str:
    """Why something was left out, without what differs from file to file, for counting."""
    if reason.startswith(DUPLICATE):
        return f"{DUPLICATE} another film"
    return reason.split(":")[0]
