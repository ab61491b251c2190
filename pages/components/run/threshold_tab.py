"""From when on a run calls a film positive, what an answer is then worth, and what its
probabilities mean."""

from __future__ import annotations

from core.evaluation.decision import decision_of
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.store import Run, Store
from pages.components.comparing.comparison_state import compare_entries
from pages.components.comparing.figures import roc_and_precision
from pages.components.in_place import InPlace
from pages.components.run.prevalence_view import prevalence
from pages.components.run.reliability_view import reliability
from pages.components.run.threshold_aim import threshold_for_the_aim


def threshold_tab(store: Store, run: Run) -> None:
    """Raises what ``Predictions.load`` does."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    raw = Predictions.load(files.predictions)
    decision = decision_of(files, raw.classes)
    point = threshold_for_the_aim(run, files, raw, decision)
    if point is not None:
        prevalence(run, point, raw)
        reliability(run, point, raw)
    if "test" in raw.splits:
        charts = InPlace("run_in_place")
        roc_and_precision(compare_entries([(run, decision.apply(raw))], "test", None), charts)
        charts.move()
