"""What a run reached, by its own rule, wherever it is listed."""

from __future__ import annotations

from core.evaluation.headline import Headline, headline
from core.runs.files import RunFiles
from core.store import Run, Store


def headline_of(store: Store, run: Run) -> Headline:
    """The run on its test films; worked out again only when its files change."""
    return headline(RunFiles(store.workspace.run_folder(run.run_id)), run.result)
