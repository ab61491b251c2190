"""inspect: what was read of each file, or why it is refused; no data folder is needed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path

from PIL import Image

from core.commands.command import Command, Outcome, ProgressLine, folder_for
from core.documents import Json
from core.errors import FilmError, InputError
from core.gate.gate import assess
from core.images.decode import decode_file
from core.images.emptiness import why_empty
from core.images.film import DecodedFilm
from core.privacy import for_the_user

THREADS = min(4, os.cpu_count() or 1)
AT_ONCE = 32  # films asked for at a time, however many there are


@dataclass(frozen=True)
class Inspected:
    """What is said of one file, by the names that ``--json`` prints. ``error``: why it is no
    film, a sentence; nothing else is known then."""

    file: str
    kind: str | None = None
    width: int | None = None
    height: int | None = None
    bits: int | None = None
    photometric: str | None = None
    transfer_syntax: str | None = None
    window: str | None = None
    patient_data: bool | None = None
    gate: str | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    png: str | None = None
    error: str | None = None

    def as_dict(self) -> Json:
        return {**asdict(self), "notes": list(self.notes)}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="PNG, JPEG or DICOM films")
    parser.add_argument(
        "--png", metavar="DIR", help="write the 8-bit picture that the networks see into DIR"
    )


def _inspect(options: argparse.Namespace) -> Outcome:
    folder = folder_for("pictures", options.png, "--png") if options.png else None
    progress = ProgressLine("films")
    document = []
    for one in _all(options.files, folder):
        document.append(one)
        progress(len(document), len(options.files))
    text = "\n\n".join(map(_text, document))
    failed = any(one.error for one in document)
    return Outcome([one.as_dict() for one in document], text, exit_code=3 if failed else 0)


def _all(files: list[str], folder: Path | None) -> Iterator[Inspected]:
    numbered = list(enumerate(files, 1))
    with ThreadPoolExecutor(THREADS) as threads:
        for start in range(0, len(numbered), AT_ONCE):
            some = numbered[start : start + AT_ONCE]
            yield from threads.map(_one, *zip(*some, strict=True), repeat(folder))


def _one(number: int, file: str, folder: Path | None) -> Inspected:
    """What is said of one file. One that cannot be read is an error of its own only."""
    try:
        film = decode_file(file)
    except FilmError as error:
        return Inspected(file, error=str(error))
    verdict = assess(film.pixels, film.colour)
    empty = why_empty(film.pixels)
    return Inspected(
        file,
        kind=film.format,
        width=film.width,
        height=film.height,
        bits=film.bits,
        photometric=film.photometric,
        transfer_syntax=film.transfer_syntax,
        window=film.window,
        patient_data=film.patient_data,
        gate=verdict.kind,
        reason=verdict.reason,
        notes=(*film.notes, *([f"It shows hardly anything. {empty}"] if empty else [])),
        png=_written(folder, number, file, film) if folder else None,
    )


def _written(folder: Path, number: int, file: str, film: DecodedFilm) -> str:
    # Two films from different folders may share a name; the position keeps both.
    path = folder / f"{number:04d}-{Path(file).stem[:60]}.png"
    try:
        with for_the_user():
            Image.fromarray(film.pixels).save(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}). Make room there, or choose "
            "another folder for --png."
        ) from error
    return str(path)


def _text(one: Inspected) -> str:
    if one.error:
        return f"{one.file}\n  refused    {one.error}"
    rows = {
        "kind": f"{one.kind}, {one.width:,} × {one.height:,} pixels, {one.bits} bits",
        "values": one.photometric,
        "packed": one.transfer_syntax,
        "grey from": one.window,
        "patient": "its header says who the patient is" if one.patient_data else "",
        "gate": f"{(one.gate or '').replace('_', ' ')}. {one.reason}".strip(),
        "picture": one.png or "",
    }
    lines = [f"  {name:<11}{value}" for name, value in rows.items() if value]
    return "\n".join([one.file, *lines, *(f"  {'note':<11}{note}" for note in one.notes)])


COMMANDS = {"inspect": Command(_arguments, _inspect)}
