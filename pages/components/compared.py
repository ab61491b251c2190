"""The runs under comparison, with the numbers that the page's two controls ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import ThoraxLensError
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.predictions import Predictions
from core.store import Run, Store
from core.training.artefacts import RunFiles
from pages.components.run_words import short_title

SPLITS = {"test": "Test films", "validation": "Validation films", "train": "Training films"}


@dataclass(frozen=True)
class Compared:
    """One run on one split. ``everything`` holds all splits, ``predictions`` this one's."""

    run: Run
    title: str
    everything: Predictions
    predictions: Predictions
    evaluation: Evaluation

    @property
    def positive(self) -> str:
        return self.everything.classes[0]


def load_runs(store: Store, runs: Sequence[Run]) -> list[tuple[Run, Predictions]]:
    """The runs whose predictions can be read; says which cannot, and why."""
    loaded = []
    for run in runs:
        path = RunFiles(store.workspace.run_folder(run.run_id)).predictions
        try:
            changed = path.stat().st_mtime_ns if path.exists() else 0
            loaded.append((run, _load(str(path), changed)))
        except ThoraxLensError as error:
            st.error(f"{short_title(run)} is left out. {error}")
    return loaded


def controls(loaded: Sequence[tuple[Run, Predictions]]) -> tuple[str, float | None]:
    """The split to look at, and the threshold (None: the most probable class)."""
    there = {split for _, one in loaded for split in one.splits}
    splits = [one for one in SPLITS if one in there] or ["test"]
    positives = {one.classes[0] for _, one in loaded}
    positive = positives.pop() if len(positives) == 1 else "positive (its first class)"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        split = st.segmented_control(
            "Films",
            splits,
            default=splits[0],
            required=True,
            format_func=lambda one: SPLITS[one],
            key="compare_split",
            help="Judge a network by its test films: it has never seen them. The validation "
            "films have already helped to choose its best epoch.",
        )
        if max(len(one.classes) for _, one in loaded) > 2 and not st.toggle(
            f"Set a threshold for {positive}",
            key="compare_use_threshold",
            help="Without one, a film gets its most probable class.",
        ):
            return split or splits[0], None
        threshold = st.slider(
            f"Call a film {positive} when its probability is at least",
            0.0,
            1.0,
            0.5,
            0.01,
            key="compare_threshold",
            width=420,
            help=f"Lower: fewer films that are {positive} are missed, but more of the others "
            "are called so by mistake. Everything on this page follows at once.",
        )
    return split or splits[0], float(threshold)


def compare(
    loaded: Sequence[tuple[Run, Predictions]], split: str, threshold: float | None
) -> list[Compared]:
    """Evaluate each run on the split."""
    found = []
    for run, everything in loaded:
        chosen = everything.of(split)
        found.append(
            Compared(run, short_title(run), everything, chosen, evaluate(chosen, threshold))
        )
    return found


@st.cache_resource(show_spinner=False, max_entries=32)
def _load(path: str, changed: int) -> Predictions:
    return Predictions.load(Path(path))
