"""Small files that several processes write: whole or not at all, and never over each other."""

from __future__ import annotations

import json
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from filelock import FileLock

T = TypeVar("T")

# What numpy and zipfile raise on an array file that is cut short, rotten or something else.
ARRAY_DAMAGES = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    SyntaxError,
    tokenize.TokenError,
    RuntimeError,  # it says that it is encrypted, or packed in a way that nobody knows
    OverflowError,
    MemoryError,
)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; renamed onto it when all went well.

    The temporary name keeps the suffixes, which Keras and numpy insist on.
    """
    temporary = path.with_name(f"tmp-{os.getpid()}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remembered(file: Path, key: str, work_out: Callable[[], T]) -> T:
    """What ``file`` keeps under ``key``; worked out and kept there if it is not.

    ``file`` is a JSON object, so only what JSON can hold comes back alike. A damaged file
    counts as empty. Two processes may work out the same; neither waits for the other.
    """
    kept = _read(file)
    if key not in kept:
        value = work_out()
        with FileLock(file.with_suffix(".lock")):
            kept = {**_read(file), key: value}
            with written_whole(file) as temporary:
                temporary.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    return cast(T, kept[key])  # whoever kept it under this key made it as ``work_out`` does


def remembered_keys(file: Path) -> set[str]:
    """What ``file`` keeps something under."""
    return set(_read(file))


def _read(file: Path) -> dict[str, object]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
