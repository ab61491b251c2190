"""What is kept of an external test: the answers, what was tested, and what it rested on."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import InputError, NotFoundError
from core.evaluation.predictions import Predictions
from core.files import written_whole
from core.runs.results import digest
from core.workspace import Workspace


@dataclass(frozen=True)
class ExternalResult:
    """What was tested, in words and numbers; ``predictions`` has the films themselves.

    ``mapped``, ``left_out``, ``warnings`` as in ``ExternalFilms``. ``tested_at``: seconds
    since 1970. ``basis``: what it rested on then, ``RunFiles.answers`` as ``answers`` and
    ``hash_of`` as ``films``; empty from a version that kept none.
    """

    run: str
    source: str
    tested_at: float
    mapped: tuple[dict[str, Any], ...]
    left_out: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    learnt_from: bool
    predictions: Predictions
    basis: dict[str, str] = field(default_factory=dict)


def folder_of(workspace: Workspace, run_id: str, source: str) -> Path:
    """Where the result for one source lies: a readable name, made unique by a hash."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", source).strip("-.")[:40] or "source"
    mark = hashlib.sha256(source.encode()).hexdigest()[:8]
    return workspace.run_folder(run_id) / "external" / f"{plain}-{mark}"


def hash_of(films: pd.DataFrame) -> str:
    """SHA-256 in hex of the films (``ExternalFilms.films``) and the class that each counts as."""
    return digest(list(zip(films["film_id"].tolist(), films["truth"].tolist(), strict=True)))


def save_result(workspace: Workspace, result: ExternalResult) -> None:
    """Keep it for its run and source, in place of an earlier one. Raises NotFoundError when the
    folder cannot be made."""
    folder = folder_of(workspace, result.run, result.source)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotFoundError(f"The result cannot be kept in {folder} ({error}).") from error
    result.predictions.save(folder / "predictions.npz")
    words = [one.name for one in fields(ExternalResult) if one.name != "predictions"]
    bare = {name: getattr(result, name) for name in words}
    with written_whole(folder / "external.json") as temporary:
        temporary.write_text(json.dumps(bare, indent=2, ensure_ascii=False), encoding="utf-8")


def result_file(workspace: Workspace, run_id: str, source: str) -> Path:
    """What ``load_result`` reads."""
    return folder_of(workspace, run_id, source) / "external.json"


def load_result(workspace: Workspace, run_id: str, source: str) -> ExternalResult | None:
    """The result kept for a run and a source, None where there is none that can be read."""
    folder = folder_of(workspace, run_id, source)
    try:
        kept = json.loads(result_file(workspace, run_id, source).read_text(encoding="utf-8"))
        return ExternalResult(
            run=kept["run"],
            source=kept["source"],
            tested_at=float(kept["tested_at"]),
            mapped=tuple(map(dict, kept["mapped"])),
            left_out=tuple(map(dict, kept["left_out"])),
            warnings=tuple(map(str, kept["warnings"])),
            learnt_from=bool(kept["learnt_from"]),
            predictions=Predictions.load(folder / "predictions.npz"),
            basis=dict(kept.get("basis", {})),
        )
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
