"""classify: films through a finished run, with heat maps drawn on them if wanted."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

from core.commands.command import (
    Command,
    Outcome,
    ProgressLine,
    folder_for,
    open_default_store,
    table,
)
from core.documents import Json
from core.errors import FilmError, InputError
from core.evaluation.operating_point import NOT_SURE
from core.gate.gate import REFUSED
from core.images.decode import decode_bytes, read_film
from core.images.overlay import overlay
from core.prediction.client import FilmResult, PredictionClient
from core.prediction.notes import note_of
from core.privacy import for_the_user
from core.store import RunState

OVERLAY_OPACITY = 0.45
NO_FILE_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f]+')  # not in a name on every system
AT_ONCE = 64  # films in memory, however many are asked for


@dataclass(frozen=True)
class ClassifiedFilm:
    """What is said of one file, by the names that ``--json`` prints. ``error``: why it has no
    answer, a sentence. ``cams``: by class, the picture with the heat."""

    file: str
    gate: str | None = None
    answer: str = REFUSED
    label: str | None = None
    probabilities: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    unlike_training: bool | None = None
    cam: str | None = None
    cams: dict[str, str] = field(default_factory=dict)
    decision: Json | None = None
    note: str = ""
    error: str | None = None


def _classify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("files", nargs="+", metavar="FILE", help="PNG, JPEG or DICOM films")
    parser.add_argument("--cam", metavar="DIR", help="write each film with its heat map into DIR")


def _classify(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    run = store.runs.get(options.run)
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only a finished run can classify.")
    folder = folder_for("overlays", options.cam, "--cam") if options.cam else None
    progress = ProgressLine("films")
    found: list[ClassifiedFilm] = []
    with PredictionClient(store.workspace) as client:
        for start in range(0, len(options.files), AT_ONCE):
            some = options.files[start : start + AT_ONCE]
            found += _some(client, run.run_id, some, folder, start)
            progress(len(found), len(options.files))
    failed = any(one.error for one in found)
    rows = [_row(one) for one in found]
    return Outcome([asdict(one) for one in found], table(rows), exit_code=3 if failed else 0)


def _some(
    client: PredictionClient, run_id: str, files: list[str], folder: Path | None, start: int
) -> list[ClassifiedFilm]:
    """One answer a file. What cannot be read is an error of its own file only."""
    contents: dict[str, bytes] = {}
    errors: dict[str, str] = {}
    for text in files:
        if not Path(text).is_file():
            errors[text] = f"{text} is not a file. Check the path."
            continue
        try:
            contents[text] = read_film(text)
        except FilmError as error:
            errors[text] = str(error)
    results = client.classify([run_id], list(contents.items()), cam=folder is not None)
    answers = dict(zip(contents, results, strict=True))
    return [
        ClassifiedFilm(text, note=errors[text], error=errors[text])
        if text in errors
        else _document(start + place, text, contents[text], answers[text], folder)
        for place, text in enumerate(files)
    ]


def _document(
    index: int, text: str, content: bytes, result: FilmResult, folder: Path | None
) -> ClassifiedFilm:
    cams = _write_overlays(folder, index, content, result) if folder else {}
    return ClassifiedFilm(
        text,
        gate=result.gate,
        answer=result.answer,
        label=result.label,
        probabilities=result.probabilities,
        reason=result.reason,
        unlike_training=result.similarity.unlike if result.similarity else None,
        cam=cams.get(result.heat_class or ""),
        cams=cams,
        decision=result.decision.as_dict() if result.decision else None,
        note=note_of(result),
        error=result.error,
    )


def _write_overlays(folder: Path, index: int, content: bytes, one: FilmResult) -> dict[str, str]:
    """Class → file: the map of the class answered, and of *not sure* those of both sides."""
    if one.heat is None or one.heat_class is None:
        return {}
    shown = one.heats if one.answer == NOT_SURE else {one.heat_class: one.heat}
    pixels = decode_bytes(content, one.file).pixels
    written = {}
    for name, heat in shown.items():
        # Two films from different folders may share a name; the position keeps both.
        said = NO_FILE_NAME.sub("-", f"{Path(one.file).stem[:60]}-{name[:60]}")
        path = folder / f"{index + 1:04d}-{said}.png"
        with for_the_user():
            Image.fromarray(overlay(pixels, heat, OVERLAY_OPACITY)).save(path)
        written[name] = str(path)
    return written


def _row(one: ClassifiedFilm) -> Json:
    shares = {f"P({label})": round(p, 4) for label, p in one.probabilities.items()}
    shown = {"file": one.file, "gate": one.gate or "", "answer": one.answer}
    return {**shown, **shares, "note": one.note}


COMMANDS = {"classify": Command(_classify_arguments, _classify)}
