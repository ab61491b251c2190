"""classify: films through a finished run, with Grad-CAM overlays if wanted."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from PIL import Image

from core.commands.command import Command, Outcome, ProgressLine, open_default_store, table
from core.errors import InputError
from core.images.decode import decode_bytes
from core.images.overlay import overlay
from core.prediction.client import FilmResult, PredictionClient

OVERLAY_OPACITY = 0.45


def _classify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("files", nargs="+", metavar="FILE", help="PNG, JPEG or DICOM films")
    parser.add_argument("--cam", metavar="DIR", help="write a Grad-CAM overlay a film into DIR")


def _classify(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    run = store.runs.get(options.run)
    if run.state != "done":
        raise InputError(f"{run.run_id} is {run.state}; only a finished run can classify.")
    contents = {text: Path(text).read_bytes() for text in options.files if Path(text).is_file()}
    folder = Path(options.cam) if options.cam else None
    client = PredictionClient(store.workspace)
    try:
        results = client.classify(
            [run.run_id],
            list(contents.items()),
            cam=folder is not None,
            progress=ProgressLine("films"),
        )
    finally:
        client.close()
    answers = dict(zip(contents, results, strict=True))
    document = [
        _document(index, text, contents.get(text), answers.get(text), folder)
        for index, text in enumerate(options.files)
    ]
    failed = any(one["error"] for one in document)
    rows = [_row(one) for one in document]
    return Outcome(document, table(rows), exit_code=3 if failed else 0)


def _document(
    index: int, text: str, content: bytes | None, result: FilmResult | None, folder: Path | None
) -> dict[str, Any]:
    if content is None or result is None:
        missing = f"{text} is not a file. Check the path."
        return {"file": text, "label": None, "probabilities": {}, "cam": None, "error": missing}
    return {
        "file": text,
        "label": result.label,
        "probabilities": result.probabilities,
        "cam": _write_overlay(folder, index, content, result) if folder else None,
        "error": result.error,
    }


def _write_overlay(folder: Path, index: int, content: bytes, one: FilmResult) -> str | None:
    if one.heat is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    # Two films from different folders may share a name; the position keeps both.
    path = folder / f"{index + 1:04d}-{Path(one.file).stem}-{one.label}.png"
    pixels = decode_bytes(content, one.file).pixels
    Image.fromarray(overlay(pixels, one.heat, OVERLAY_OPACITY)).save(path)
    return str(path)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    shares = {f"P({label})": round(p, 4) for label, p in one["probabilities"].items()}
    return {"file": one["file"], "label": one["label"], **shares, "note": one["error"] or ""}


COMMANDS = (
    Command("classify", "classify films with a finished run", _classify_arguments, _classify),
)
