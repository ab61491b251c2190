"""What is kept of an external test: the answers, what was tested, and what it rested on."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pandas as pd
from pydantic import Field

from core.documents import Document, Json
from core.errors import InputError, NotFoundError
from core.evaluation.predictions import Predictions
from core.runs.results import digest
from core.workspace import Workspace

FILE = "external.json"


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
    mapped: tuple[Json, ...]
    left_out: tuple[Json, ...]
    warnings: tuple[str, ...]
    learnt_from: bool
    predictions: Predictions
    basis: dict[str, str] = field(default_factory=dict)


class ExternalRecord(Document):
    """What ``ExternalResult`` says besides the predictions, under the same names."""

    SPOKEN: ClassVar[str] = "The result of this external test"
    REMEDY: ClassVar[str] = "Test it again."

    run: str
    source: str
    tested_at: float
    mapped: tuple[Json, ...]
    left_out: tuple[Json, ...]
    warnings: tuple[str, ...]
    learnt_from: bool
    basis: dict[str, str] = Field(default_factory=dict)


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
    ExternalRecord(
        run=result.run,
        source=result.source,
        tested_at=result.tested_at,
        mapped=result.mapped,
        left_out=result.left_out,
        warnings=result.warnings,
        learnt_from=result.learnt_from,
        basis=result.basis,
    ).save(folder / FILE)


def result_file(workspace: Workspace, run_id: str, source: str) -> Path:
    """What ``load_result`` reads."""
    return folder_of(workspace, run_id, source) / FILE


def kept_sources(workspace: Workspace, run_id: str) -> list[str]:
    """The sources that there is a readable result of, sorted; they need not be here."""
    records = (
        ExternalRecord.load_if_readable(file)
        for file in (workspace.run_folder(run_id) / "external").glob(f"*/{FILE}")
    )
    return sorted({one.source for one in records if one is not None})


def load_result(workspace: Workspace, run_id: str, source: str) -> ExternalResult | None:
    """The result kept for a run and a source, None where there is none that can be read."""
    folder = folder_of(workspace, run_id, source)
    kept = ExternalRecord.load_if_readable(folder / FILE)
    if kept is None:
        return None
    try:
        predictions = Predictions.load(folder / "predictions.npz")
    except (InputError, OSError):
        return None
    return ExternalResult(
        run=kept.run,
        source=kept.source,
        tested_at=kept.tested_at,
        mapped=kept.mapped,
        left_out=kept.left_out,
        warnings=kept.warnings,
        learnt_from=kept.learnt_from,
        predictions=predictions,
        basis=kept.basis,
    )
