"""inspect: what was read of each file, or why it is refused; no data folder is needed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

from PIL import Image

from core.commands.command import Command, Outcome, ProgressLine
from core.errors import FilmError, InputError
from core.gate.gate import look
from core.images.decode import decode_file
from core.images.emptiness import why_empty
from core.images.film import DecodedFilm
from core.privacy import for_the_user

THREADS = min(4, os.cpu_count() or 1)
AT_ONCE = 32  # films asked for at a time, however many there are
EMPTY: dict[str, Any] = {
    "kind": None, "width": None, "height": None, "bits": None, "photometric": None,
    "transfer_syntax": None, "window": None, "patient_data": None, "gate": None, "reason": "",
    "notes": [], "png": None, "error": None,
}  # fmt: skip


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="PNG, JPEG or DICOM films")
    parser.add_argument(
        "--png", metavar="DIR", help="write the 8-bit picture that the networks see into DIR"
    )


def _inspect(options: argparse.Namespace) -> Outcome:
    folder = _folder(options.png) if options.png else None
    progress = ProgressLine("films")
    document = []
    for one in _all(options.files, folder):
        document.append(one)
        progress(len(document), len(options.files))
    text = "\n\n".join(map(_text, document))
    return Outcome(document, text, exit_code=3 if any(one["error"] for one in document) else 0)


def _all(files: list[str], folder: Path | None) -> Iterator[dict[str, Any]]:
    numbered = list(enumerate(files, 1))
    with ThreadPoolExecutor(THREADS) as threads:
        for start in range(0, len(numbered), AT_ONCE):
            some = numbered[start : start + AT_ONCE]
            yield from threads.map(_one, *zip(*some, strict=True), repeat(folder))


def _folder(text: str) -> Path:
    folder = Path(text)
    try:
        with for_the_user():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be a folder for pictures ({error.strerror or error}). "
            "Choose another one for --png."
        ) from error
    return folder


def _one(number: int, file: str, folder: Path | None) -> dict[str, Any]:
    """What is said of one file. One that cannot be read is an error of its own only."""
    try:
        film = decode_file(file)
    except FilmError as error:
        return {"file": file, **EMPTY, "error": str(error)}
    verdict = look(film.pixels, film.colour)
    empty = why_empty(film.pixels)
    return {
        "file": file,
        "kind": film.format,
        "width": film.width,
        "height": film.height,
        "bits": film.bits,
        "photometric": film.photometric,
        "transfer_syntax": film.transfer_syntax,
        "window": film.window,
        "patient_data": film.patient_data,
        "gate": verdict.kind,
        "reason": verdict.reason,
        "notes": [*film.notes, *([f"It shows hardly anything. {empty}"] if empty else [])],
        "png": _written(folder, number, file, film) if folder else None,
        "error": None,
    }


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


def _text(one: dict[str, Any]) -> str:
    if one["error"]:
        return f"{one['file']}\n  refused    {one['error']}"
    rows = {
        "kind": f"{one['kind']}, {one['width']:,} × {one['height']:,} pixels, {one['bits']} bits",
        "values": one["photometric"],
        "packed": one["transfer_syntax"],
        "grey from": one["window"],
        "patient": "its header says who the patient is" if one["patient_data"] else "",
        "gate": " ".join([one["gate"].replace("_", " ") + ".", one["reason"]]).strip(),
        "picture": one["png"] or "",
    }
    lines = [f"  {name:<11}{value}" for name, value in rows.items() if value]
    return "\n".join([one["file"], *lines, *(f"  {'note':<11}{note}" for note in one["notes"])])


COMMANDS = {"inspect": Command(_arguments, _inspect)}
