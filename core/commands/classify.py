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
from core.errors import FilmError, InputError, PredictionError
from core.evaluation.operating_point import NOT_SURE
from core.explain.methods import DEFAULT, WORDS, Method, method_called
from core.gate.gate import REFUSED
from core.images.decode import decode_bytes, read_film
from core.images.overlay import overlay
from core.prediction.client import FilmResult, PredictionClient
from core.prediction.explanations import HeatMap
from core.prediction.notes import note_of
from core.privacy import for_the_user
from core.store import RunState

OVERLAY_OPACITY = 0.45
NO_FILE_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f]+')  # not in a name on every system
AT_ONCE = 64  # films in memory, however many are asked for


@dataclass(frozen=True)
class _Wanted:
    """Heat maps by ``methods`` into ``folder`` (None: no pictures), and each of them tested."""

    folder: Path | None
    methods: tuple[Method, ...]
    test: bool

    @property
    def comes_with_answer(self) -> bool:
        return self.folder is not None and self.methods == (DEFAULT,) and not self.test

    @property
    def is_asked_for(self) -> bool:
        return (self.folder is not None or self.test) and not self.comes_with_answer


@dataclass(frozen=True)
class ClassifiedFilm:
    """What is said of one file, by the names that ``--json`` prints. ``error``: why it has no
    answer, a sentence. ``cams``: by class, the picture with the heat by the first method.
    ``explanations``: all heat maps, by which method and of which class, and what covering their
    hottest part did."""

    file: str
    gate: str | None = None
    answer: str = REFUSED
    label: str | None = None
    probabilities: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    unlike_training: bool | None = None
    cam: str | None = None
    cams: dict[str, str] = field(default_factory=dict)
    explanations: tuple[Json, ...] = ()
    decision: Json | None = None
    note: str = ""
    error: str | None = None


def _classify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("files", nargs="+", metavar="FILE", help="PNG, JPEG or DICOM films")
    parser.add_argument("--cam", metavar="DIR", help="write each film with its heat map into DIR")
    parser.add_argument(
        "--method",
        action="append",
        choices=[words.option for words in WORDS.values()],
        help=f"how heat maps are made; several may be given (default: {WORDS[DEFAULT].option})",
    )
    parser.add_argument(
        "--test",
        action="store_true",
        help="cover the hottest fifth of each heat map and ask again, and parts as large at random",
    )


def _classify(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    run = store.runs.get(options.run)
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only a finished run can classify.")
    if options.method and not (options.cam or options.test):
        raise InputError("--method says how heat maps are made. Give --cam DIR or --test with it.")
    folder = folder_for("overlays", options.cam, "--cam") if options.cam else None
    chosen = options.method or [WORDS[DEFAULT].option]
    wanted = _Wanted(folder, tuple(map(method_called, dict.fromkeys(chosen))), options.test)
    progress = ProgressLine("films")
    found: list[ClassifiedFilm] = []
    with PredictionClient(store.workspace) as client:
        for start in range(0, len(options.files), AT_ONCE):
            some = options.files[start : start + AT_ONCE]
            found += _some(client, run.run_id, some, wanted, start)
            progress(len(found), len(options.files))
    failed = any(one.error for one in found)
    rows = [_row(one) for one in found]
    return Outcome([asdict(one) for one in found], table(rows), exit_code=3 if failed else 0)


def _some(
    client: PredictionClient, run_id: str, files: list[str], wanted: _Wanted, start: int
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
    results = client.classify([run_id], list(contents.items()), cam=wanted.comes_with_answer)
    answers = dict(zip(contents, results, strict=True))
    return [
        ClassifiedFilm(text, note=errors[text], error=errors[text])
        if text in errors
        else _document(client, start + place, text, contents[text], answers[text], wanted)
        for place, text in enumerate(files)
    ]


def _document(
    client: PredictionClient,
    index: int,
    text: str,
    content: bytes,
    result: FilmResult,
    wanted: _Wanted,
) -> ClassifiedFilm:
    maps = _maps(client, content, result, wanted)
    pictures = _write_overlays(wanted.folder, index, content, result, maps)
    cams = {
        one.class_name: picture
        for one, picture in zip(maps, pictures, strict=True)
        if picture and one.method == wanted.methods[0]
    }
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
        explanations=tuple(map(_explanation, maps, pictures)),
        decision=result.decision.as_dict() if result.decision else None,
        note=" ".join(filter(None, (note_of(result), *map(_tested, maps)))),
        error=result.error,
    )


def _maps(
    client: PredictionClient, content: bytes, one: FilmResult, wanted: _Wanted
) -> list[HeatMap]:
    """Of the class answered, and of *not sure* of both sides."""
    if one.heat_class is None:
        return []
    if not wanted.is_asked_for:
        there = one.heats if one.answer == NOT_SURE else {one.heat_class: one.heat}
        return [
            HeatMap(one.run_id, DEFAULT, name, heat, one.blank.get(name, ""))
            for name, heat in there.items()
            if heat is not None
        ]
    positive, *others = one.probabilities
    sides = (positive, max(others, key=one.probabilities.__getitem__))
    classes = sides if one.answer == NOT_SURE else (one.heat_class,)
    tested = classes if wanted.test else ()
    found = client.explain([one.run_id], (one.file, content), wanted.methods, tested=tested)
    for why in found.errors.values():
        raise PredictionError(why)
    return [each for each in found.maps if each.class_name in classes]


def _write_overlays(
    folder: Path | None, index: int, content: bytes, one: FilmResult, maps: list[HeatMap]
) -> list[str | None]:
    """The file of each map drawn on the film; None for each without a folder."""
    if folder is None or not maps:
        return [None] * len(maps)
    pixels = decode_bytes(content, one.file).pixels
    written: list[str | None] = []
    for each in maps:
        # Two films from different folders may share a name; the position keeps both.
        said = NO_FILE_NAME.sub("-", f"{Path(one.file).stem[:60]}-{each.class_name[:60]}")
        method = "" if each.method == DEFAULT else f"-{WORDS[each.method].option}"
        path = folder / f"{index + 1:04d}-{said}{method}.png"
        with for_the_user():
            Image.fromarray(overlay(pixels, each.heat, OVERLAY_OPACITY)).save(path)
        written.append(str(path))
    return written


def _explanation(one: HeatMap, picture: str | None) -> Json:
    return {
        "method": one.method,
        "class": one.class_name,
        "file": picture,
        "blank": one.blank,
        "deepest": one.deepest,
        "covering": asdict(one.covering) if one.covering else None,
    }


def _tested(one: HeatMap) -> str:
    if one.covering is None:
        return ""
    return f"{WORDS[one.method].title} of {one.class_name}: {one.covering.in_words()}"


def _row(one: ClassifiedFilm) -> Json:
    shares = {f"P({label})": round(p, 4) for label, p in one.probabilities.items()}
    shown = {"file": one.file, "gate": one.gate or "", "answer": one.answer}
    return {**shown, **shares, "note": one.note}


COMMANDS = {"classify": Command(_classify_arguments, _classify)}
