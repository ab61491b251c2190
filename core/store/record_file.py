"""The file of a run's record, written and read without the films of its data set in memory.

They are all that is long in it: of 112,120 films 10 MB as text, and many times that as objects.
What lies on the disk is what ``Document.save`` would have written.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterable
from pathlib import Path

from core.documents import Document, Json
from core.files import written_whole
from core.store.datasets import Member

# Within a text of JSON each quotation mark has a backslash before it, so neither of these can be
# part of a name.
_NONE = '"members": []'
_FILMS = b'"members": ['
_MEMBER = rb'\[\s*+"[^"\\]*+",\s*+\d++,\s*+"[^"\\]*+"\s*+\]'
_ALL = re.compile(rb'"members": \[(\s*+(?:' + _MEMBER + rb"\s*+,?+\s*+)*+)\]")


def save_with_films(document: Document, path: Path, films: Iterable[Member]) -> None:
    """Write a document that has an empty list ``members`` somewhere, with these films in that:
    whole or not at all. Raises OSError."""
    before, _, after = document.as_file().partition(_NONE)
    indent = before[before.rfind("\n") :]
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(before)
        number = 0
        for number, one in enumerate(films, 1):
            stream.write(_NONE.removesuffix("]") if number == 1 else ",")
            values = (one.film_id, one.class_index, one.split)
            lines = (f"{indent}    {json.dumps(value, ensure_ascii=False)}" for value in values)
            stream.write(f"{indent}  [{','.join(lines)}{indent}  ]")
        stream.write(f"{indent}]{after}" if number else f"{_NONE}{after}")


def text_without_films(path: Path) -> str:
    """What the file says, with an empty list of films in place of theirs; all of it where they are
    not listed as ``save_with_films`` does. Raises OSError and UnicodeDecodeError."""
    with path.open("rb") as stream:
        if not path.stat().st_size:
            return ""
        # Mapped: what was looked at, the system takes back when it needs the room.
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            found = _ALL.search(mapped)
            begin, end = found.span(1) if found else (0, 0)
            text = mapped[:begin] + mapped[end:]
    return text.decode("utf-8")


def dataset_without_films(path: Path) -> Json | None:
    """What the record of a run says of its data set, with an empty list of films; None where it
    says nothing of one. However many films there are, they are not read. Raises OSError, and
    ValueError for a file that is no record."""
    with path.open("rb") as stream:
        if not path.stat().st_size:
            return None
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            at = mapped.find(_FILMS)
            if at < 0:
                return None
            before = mapped[:at].decode("utf-8")
    found = json.loads(f"{before}{_NONE}}}}}")  # the data set's end and the record's
    kept = found.get("dataset")
    return kept if isinstance(kept, dict) else None
