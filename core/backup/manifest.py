"""What a backup holds: its table of contents, and what may stand in it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from core.documents import Document, Part
from core.spreadsheet import as_text

BACKUP_MANIFEST = "backup.json"
STORE = "thoraxlens.sqlite3"
SALT = "salt"
# What cannot be made again, and changes while one looks: agreed with the store.
LINKED = ("runs", "map", "showcase")
# Written once, never changed.
STEADY = ("thumbnails", "weights")
FILMS = "uploads"
# What was measured of this computer, and would be wrong of another.
MACHINE = ("backbones.json", "paces.json", "speeds.json")
# Of files that are just being written, and of locks.
PASSING = re.compile(r"tmp-.*|.*\.(part|lock|tmp)|\..*")

MAX_PARTS = 4_000_000
MAX_MANIFEST = 1024**3
LONGEST_NAME = 255  # bytes of one part of a path
_SETTING = re.compile(r"[A-Za-z0-9_-]{1,60}\.(json|toml)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


class BackupPart(Part):
    """One file: ``size`` in bytes, and its SHA-256 in hex."""

    size: int = Field(ge=0)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BackupManifest(Document):
    """``kind`` tells this file from other zips. ``schema_version``: of the store in it.
    ``made_at``: seconds since 1970. ``root``: the data folder that it was made of. ``films``:
    whether films are in it; else they are where they were. ``interrupted``: work that was under
    way. ``missing``: how many films could not be read. ``parts``: path in the data folder → what
    lies there."""

    VERSION: ClassVar[int] = 1
    SPOKEN: ClassVar[str] = "The table of contents of this backup"
    REMEDY: ClassVar[str] = "Take another copy of the backup."

    kind: Literal["thoraxlens-backup"] = "thoraxlens-backup"
    schema_version: int = Field(ge=1)
    made_at: float = Field(allow_inf_nan=False)
    root: str
    films: bool
    interrupted: tuple[str, ...] = ()
    missing: int = Field(0, ge=0)
    parts: dict[str, BackupPart] = Field(max_length=MAX_PARTS)


def is_setting(name: str) -> bool:
    """Whether a file of this name beside the store goes into a backup."""
    return name == SALT or (
        _SETTING.fullmatch(name) is not None and name not in (*MACHINE, BACKUP_MANIFEST)
    )


def may_stand(name: str) -> bool:
    """Whether a backup may hold a file of this path: where ThoraxLens keeps something, and
    nowhere else."""
    parts = name.split("/")
    if as_text(name) != name:  # bytes that are no text, which no zip's name can be
        return False
    if _CONTROL.search(name) or any(
        part in ("", ".", "..") or len(part.encode("utf-8", "replace")) > LONGEST_NAME
        for part in parts
    ):
        return False
    if len(parts) == 1:
        return name == STORE or is_setting(name)
    return parts[0] in (*LINKED, *STEADY, FILMS)
