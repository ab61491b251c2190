"""What a run reached on films from elsewhere, as kept, for lists of runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.evaluation.headline import Headline, headlines
from core.external.result_file import FILE, ExternalRecord
from core.runs.files import RunFiles
from core.store import Run, Store


@dataclass(frozen=True)
class _Answers:
    """What the run said of those films, and its own rule."""

    predictions: Path
    operating_point: Path


def external_headlines(store: Store, run: Run) -> dict[str, Headline]:
    """Source → the run on its films by the run's rule, for each kept test on a source that it has
    not learnt from; what cannot be read is left out."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    found: dict[str, Headline] = {}
    for file in sorted((files.folder / "external").glob(f"*/{FILE}")):
        record = ExternalRecord.load_if_readable(file)
        if record is None or record.learnt_from:
            continue
        answers = _Answers(file.with_name("predictions.npz"), files.operating_point)
        for one in headlines(answers).values():  # a kept test has one split
            found[record.source] = one
    return found
