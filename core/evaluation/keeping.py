"""Keeping the threshold that a person chose for a run, or having none."""

from __future__ import annotations

from core.evaluation.operating_point import OperatingPoint
from core.people.asking import asks
from core.people.roles import Deed
from core.runs.files import RunFiles
from core.store import Store
from core.text import probability


@asks(Deed.JUDGE)
def keep_operating_point(store: Store, run_id: str, point: OperatingPoint) -> None:
    """Have the run go by this threshold from now on. Raises OSError."""
    point.save(RunFiles(store.workspace.run_folder(run_id)).operating_point)
    store.deeds.note(f"chose the threshold {probability(point.threshold)} for run {run_id}")


@asks(Deed.JUDGE)
def forget_operating_point(store: Store, run_id: str) -> None:
    """Have the run go by its most probable class from now on. Raises OSError."""
    RunFiles(store.workspace.run_folder(run_id)).operating_point.unlink(missing_ok=True)
    store.deeds.note(f"took the threshold from run {run_id}")
