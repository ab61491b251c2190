"""A row of the queue in plain words: what it is, what it does now, and which page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.runs.kinds import AUDIT, DEMONSTRATION, EXTERNAL_TEST, FEATURES, MAP, NODE_FEATURES, TRAIN
from core.store import JobRow, Run
from core.text import capital, count, rough
from pages.components.run_labels import short_title, stage
from pages.components.run_links import AUDIT as AUDIT_TAB
from pages.components.run_links import EXTERNAL as EXTERNAL_TAB
from pages.components.run_links import to_run
from pages.components.session import DEMONSTRATION as DEMONSTRATION_PAGE
from pages.components.session import EXPLORE
from pages.components.session import RUN as RUN_PAGE
from pages.components.session import TRAIN as TRAIN_PAGE


@dataclass(frozen=True)
class Told:
    """``title``: plain text, as all of it. ``doing``: what it does now. ``share``: how much of
    that is done, 0 to 1, None when it has no count. ``page`` and ``query``: where it is shown."""

    title: str
    doing: str
    share: float | None
    page: str
    query: Mapping[str, str] = field(default_factory=dict)


def told(row: JobRow, runs: Mapping[str, Run]) -> Told:
    """``runs``: by their ids. A run that cannot be read, or is gone, is called by its id."""
    progress = row.progress
    share = min(progress.done / progress.total, 1.0) if progress.total else None
    left = progress.left_seconds if progress.left_seconds is not None else progress.eta_seconds
    rest = f", {rough(left)} left" if left is not None else ""
    run_id = row.arguments.get("run", "")
    named = short_title(runs[run_id]) if run_id in runs else run_id
    if row.kind == TRAIN.name:
        run = runs.get(row.job_id)
        title = short_title(run) if run else row.job_id
        doing = stage(run) if run else ""
        return Told(title, doing + rest, share, TRAIN_PAGE, {"run": row.job_id})
    counted = f" ({progress.done:,.0f} of {progress.total:,.0f})" if progress.total else ""
    doing = (progress.stage or "Starting") + counted
    if row.kind == AUDIT.name:
        return Told(f"Audit of {named}", doing, share, RUN_PAGE, to_run(run_id, AUDIT_TAB))
    if row.kind == FEATURES.name:
        return Told(f"Help for {named}", doing, share, TRAIN_PAGE, {"run": run_id})
    if row.kind == NODE_FEATURES.name:
        # Of all films of the training, those that this machine has passed: it never does them all.
        done = f": {count(progress.done, 'film')} so far" if progress.done else ""
        doing = f"Passing films through the frozen network for it{done}"
        return Told(f"Help for {named}", doing, share, TRAIN_PAGE, {"run": run_id})
    if row.kind == EXTERNAL_TEST.name:
        title = f"External test of {named} on {row.arguments.get('source', '')}"
        return Told(title, doing, share, RUN_PAGE, to_run(run_id, EXTERNAL_TAB))
    if row.kind == DEMONSTRATION.name:
        return Told("Cheating demo", doing, share, DEMONSTRATION_PAGE)
    if row.kind == MAP.name:
        return Told("Map of the films", doing, share, EXPLORE, {"tab": "Map"})
    return Told(capital(row.kind.replace("_", " ")), doing, share, "")
