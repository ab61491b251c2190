"""What a run's file holds: its table of contents, and what may stand in it."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from core.documents import Document, Part

MANIFEST = "manifest.json"
CARD, NETWORK = "card.html", "network.onnx"  # for people and other programs: never read here
CONFIG, RECORD, FILMS = "run.json", "record.json", "films.json"
OPERATING_POINT, RATES, AUDIT = "operating_point.json", "rates.json", "audit.json"
HEAD, TUNED, VECTORS, PREDICTIONS, EXTERNAL = "head", "tuned", "vectors", "predictions", "external"

_DOCUMENTS = (CONFIG, RECORD, FILMS, OPERATING_POINT, RATES, AUDIT)
_PART = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}"  # of a path; never “.” or “..”
_TEST = rf"{EXTERNAL}/\d{{1,3}}"
_KNOWN = re.compile(
    "|".join(
        [
            *(re.escape(one) for one in (*_DOCUMENTS, CARD, NETWORK)),
            rf"{HEAD}(/{_PART}){{1,12}}\.npy",
            rf"({TUNED}|{VECTORS}|{PREDICTIONS})/{_PART}\.npy",
            rf"{_TEST}/external\.json",
            rf"{_TEST}/{PREDICTIONS}/{_PART}\.npy",
        ]
    )
)
MAX_ENTRIES = 5_000
MAX_BYTES = 2 * 1024**3  # of all entries together, unpacked
MAX_MANIFEST = 2 * 1024**2
MAX_DOCUMENT = 64 * 1024**2  # of one JSON entry

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ZipEntry(Part):
    """One entry: ``size``, how many bytes it has unpacked, and their SHA-256 in hex."""

    size: int = Field(ge=0, le=MAX_BYTES)
    sha256: Sha256

    @classmethod
    def of(cls, data: bytes) -> ZipEntry:
        return cls(size=len(data), sha256=hashlib.sha256(data).hexdigest())


class Manifest(Document):
    """``kind`` tells this file from other zips. ``run_id``: what the run is called where it was
    trained. ``content``: SHA-256 in hex over weights and predictions, by which the same run is
    known wherever it goes. ``answers``: the hash of the predictions that audit and external tests
    rest on (``RunFiles.answers``). ``entries``: each entry but this one."""

    VERSION: ClassVar[int] = 1
    SPOKEN: ClassVar[str] = "The table of contents of this file"
    REMEDY: ClassVar[str] = "Export the run again."

    kind: Literal["thoraxlens-run"] = "thoraxlens-run"
    run_id: str = Field(pattern=r"^\d{8}-\d{6}-[0-9a-f]{4}$")
    content: Sha256
    answers: Sha256
    entries: dict[str, ZipEntry] = Field(max_length=MAX_ENTRIES)


def is_known(name: str) -> bool:
    """Whether an entry of this name may stand in a run's file."""
    return _KNOWN.fullmatch(name) is not None


def content_of(entries: dict[str, ZipEntry]) -> str:
    """``Manifest.content``: what the network has learnt and what it says of its films."""
    wanted = tuple(f"{one}/" for one in (HEAD, TUNED, PREDICTIONS))
    lines = [
        f"{name} {entry.sha256}" for name, entry in sorted(entries.items())
        if name.startswith(wanted)
    ]  # fmt: skip
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
