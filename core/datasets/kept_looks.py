"""What an import has seen so far, so that one that was killed goes on where it was.

The films of an import enter the catalogue together, at its end. Until then there is a line for
each file that was looked into: which file it was, by name, size and time of change, and what was
found. An import of the same folder that comes later looks into the others only.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from core.datasets.importers.name_row import ByHash
from core.datasets.looked import Looked
from core.images.header_facts import NO_FACTS, HeaderFacts
from core.workspace import Workspace

VERSION = 1  # raise it when looking into a file finds something else
SUFFIX = ".looks"
_FLUSHED = 64  # lines: so many at most are lost with the process
_ABANDONED = 30 * 24 * 3600.0  # seconds, after which nobody will go on with it


class KeptLooks:
    """Lines of a file, found by the name of the film's file; in memory there is only where each
    begins, so that 100,000 of them take a few megabytes."""

    def __init__(self, stream: BinaryIO, reading: BinaryIO) -> None:
        self._stream = stream
        self._reading = reading
        self._begins = ByHash(_begins(stream))
        self._unflushed = 0
        stream.truncate()

    def found(self, file: str, stat: os.stat_result) -> Looked | None:
        """What was found in a file that has not changed since; None where nothing is kept."""
        *_, at = (-1, *self._begins.under(file))  # the last line of a film is the one that counts
        if at < 0:
            return None
        self._reading.seek(at)
        told = _told(self._reading.readline())
        if told is None or told["file"] != file or told["changed"] != _changed(stat):
            return None
        facts = HeaderFacts(**told["facts"]) if told["facts"] else NO_FACTS
        return Looked(told["film_id"], told["width"], told["height"], "", told["empty"], facts)

    def keep(self, file: str, stat: os.stat_result, looked: Looked) -> None:
        """Raises OSError on a full disk."""
        line = {
            "version": VERSION,
            "file": file,
            "changed": _changed(stat),
            "film_id": looked.film_id,
            "width": looked.width,
            "height": looked.height,
            "empty": looked.empty,
            "facts": {} if looked.facts == NO_FACTS else asdict(looked.facts),
        }
        self._stream.write(json.dumps(line).encode() + b"\n")
        self._unflushed += 1
        if self._unflushed >= _FLUSHED:
            self._stream.flush()
            self._unflushed = 0


def _begins(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    """The file of each whole line and where the line begins; ``stream`` then stands behind them."""
    at = 0
    stream.seek(0)
    for line in stream:
        told = _told(line)
        if told is None:  # cut short when the process was killed
            break
        yield told["file"], at
        at += len(line)
    stream.seek(at)


@contextmanager
def keeping_looks(workspace: Workspace, root: Path) -> Iterator[KeptLooks | None]:
    """Those of the folder ``root``; None while another import is at the same folder, or where
    nothing can be kept: then the import does without."""
    place = _place(workspace, root)
    with ExitStack() as stack:
        kept = None
        with suppress(Timeout, OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(place.with_suffix(".lock"), timeout=0))
            place.touch(mode=0o600)
            kept = KeptLooks(
                stack.enter_context(place.open("r+b")), stack.enter_context(place.open("rb"))
            )
        yield kept


def forget_looks(workspace: Workspace, root: Path) -> None:
    """The import is done: what it kept goes, and what others left long ago."""
    place = _place(workspace, root)
    with suppress(OSError):
        place.unlink(missing_ok=True)
        for other in place.parent.glob(f"*{SUFFIX}"):
            if time.time() - other.stat().st_mtime > _ABANDONED:
                other.unlink(missing_ok=True)


def _place(workspace: Workspace, root: Path) -> Path:
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
    return workspace.importing / f"{name}{SUFFIX}"


def _changed(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns]


def _told(line: bytes) -> dict[str, Any] | None:
    """What a line says; None for one that is cut short, damaged or of another version."""
    if not line.endswith(b"\n"):
        return None
    try:
        told = json.loads(line)
    except ValueError:
        return None
    fits = isinstance(told, dict) and told.get("version") == VERSION
    return told if fits else None
