"""The runs and repeats under comparison, with the numbers that the page's two controls ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import streamlit as st

from core.errors import ThoraxLensError
from core.evaluation.comparison import Entry, Patients
from core.evaluation.decision import decided
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.predictions import Predictions, rule_words
from core.evaluation.repeats import RepeatedEvaluation, Repeats, evaluate_repeats
from core.runs.files import RunFiles
from core.runs.learnt_films import patients_by_film
from core.store import Run, Store
from pages.components.run_labels import (
    escaped,
    has_name_of_its_own,
    network,
    short_repeats_title,
    short_title,
)

RULES = {
    "own": "As each run answers",
    "probable": "Its most probable class",
    "threshold": "By a threshold for all",
}
SPLITS = {"test": "Test films", "validation": "Validation films", "train": "Training films"}


@dataclass(frozen=True)
class Compared:
    """One entry on one split. ``key``: the run's id, or the name of the group of repeats.

    ``runs``: one, or the finished repeats. For repeats, ``predictions`` and ``evaluation``
    are those of all of them together, so that a film counts once over folds and several
    times over seeds, and ``repeated`` has their means and spreads.
    """

    entry: Entry
    key: str
    title: str
    runs: tuple[Run, ...]
    predictions: Predictions
    evaluation: Evaluation
    repeated: RepeatedEvaluation | None = None

    @property
    def positive(self) -> str:
        return self.predictions.classes[0]

    @property
    def notes(self) -> dict[str, str]:
        """Metric → why it has no number; of repeats, where one of them has none."""
        if not self.repeated:
            return self.evaluation.notes
        count = len(self.repeated.members)
        whys = [(key, why) for one in self.repeated.members for key, why in one.notes.items()]
        # The last of several reasons stands for all: they differ only in rare cases.
        return {
            key: f"{why} (in {sum(key == other for other, _ in whys)} of {count} repeats)"
            for key, why in whys
        }

    @property
    def counted(self) -> int:
        """How often each film counts in ``evaluation``."""
        return len(self.runs) if self.repeated and not self.repeated.pooled else 1


def short_name(one: Compared) -> str:
    """“VGG16 (photographs) · 26db”, where the data set is said elsewhere; what people call it by,
    where they do. One that no person trained here says so: “… · example”."""
    run = one.runs[0]
    which = one.entry.name if isinstance(one.entry, Repeats) else run.repeat
    kind = "" if run.origin.kind == "trained" else run.origin.kind
    tail = "" if has_name_of_its_own(run) else one.key[-4:]
    return " · ".join(part for part in (run.called or network(run), which, tail, kind) if part)


def load_entries(store: Store, choice: Sequence[Run | list[Run]]) -> list[Entry]:
    """What was chosen, repeats as lists of runs, with predictions; says which run's
    predictions cannot be read, and why."""
    entries: list[Entry] = []
    for one in choice:
        if isinstance(one, Run):
            entries += _load_runs(store, [one])
        elif members := _load_runs(store, one):
            entries.append(Repeats(tuple(members)))
    return entries


def _load_runs(store: Store, runs: Sequence[Run]) -> list[tuple[Run, Predictions]]:
    loaded = []
    for run in runs:
        files = RunFiles(store.workspace.run_folder(run.run_id))
        try:
            loaded.append((run, predictions_of(files)))
        except ThoraxLensError as error:
            st.error(f"{escaped(short_title(run))} is left out. {escaped(error)}")
    return loaded


def predictions_of(files: RunFiles) -> Predictions:
    """A run's predictions by its own rule, read once. Raises what ``Predictions.load`` does."""
    changed = (_changed(files.predictions), _changed(files.operating_point))
    return _load(str(files.folder), changed)


def patients_of_compared(store: Store, compared: Sequence[Compared]) -> Patients:
    """film id → patient, of the films compared; read-only, asked for once."""
    films = [one.predictions.film_ids for one in compared]
    which = sha256(b"".join(one.tobytes() for one in films)).hexdigest()
    runs = tuple(run.run_id for one in compared for run in one.runs)
    root, version = str(store.workspace.root), store.catalogue.version()
    return _patients(root, version, runs, which, store, compared)


@st.cache_resource(show_spinner=False, max_entries=16)
def _patients(
    root: str,
    version: int,
    runs: tuple[str, ...],
    films: str,
    _store: Store,
    _compared: Sequence[Compared],
) -> Patients:
    ids = np.unique(np.concatenate([one.predictions.film_ids for one in _compared]))
    return patients_by_film(_store, [run for one in _compared for run in one.runs], ids)


def controls(entries: Sequence[Entry]) -> tuple[str, float | None, list[Entry]]:
    """The split to look at, a threshold for all (None: the rule that each entry comes with),
    and the entries, which follow the most probable class where that is asked for."""
    loaded = [pair[1] for one in entries for pair in _pairs(one)]
    there = {split for one in loaded for split in one.splits}
    splits = [one for one in SPLITS if one in there] or ["test"]
    positives = {one.classes[0] for one in loaded}
    positive = escaped(positives.pop()) if len(positives) == 1 else "positive (its first class)"
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
        rule = st.segmented_control(
            "What a film is called",
            list(RULES),
            default="own",
            required=True,
            format_func=RULES.__getitem__,
            key="compare_rule",
            help="Each run's own rule is its threshold, where it has one (its page sets it), "
            "and else the most probable class. With a threshold set here for all, the question is "
            f"{positive} or not.",
        )
        threshold = None
        if rule == "threshold":
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
    chosen = list(map(_most_probable, entries)) if rule == "probable" else list(entries)
    return split or splits[0], threshold, chosen


def rules(compared: Sequence[Compared], threshold: float | None) -> None:
    """How the films of each were called, in a line; of all alike once."""
    told = {one.title: rule_words(one.predictions, threshold) for one in compared}
    if len(set(told.values())) == 1:
        st.caption(f"Films are called: {escaped(next(iter(told.values())))}.")
    else:
        each = "; ".join(f"{escaped(name)}: {escaped(rule)}" for name, rule in told.items())
        st.caption(f"Films are called as each run answers. {each}.")


def _most_probable(entry: Entry) -> Entry:
    if isinstance(entry, Repeats):
        return Repeats(tuple((run, replace(one, decided=None)) for run, one in entry.members))
    return entry[0], replace(entry[1], decided=None)


def compare_entries(
    entries: Sequence[Entry], split: str, threshold: float | None
) -> list[Compared]:
    """Evaluate each entry on the split."""
    return [_compared(one, split, threshold) for one in entries]


def _compared(entry: Entry, split: str, threshold: float | None) -> Compared:
    if isinstance(entry, Repeats):
        found = evaluate_repeats(entry, split, threshold)
        chosen = entry.together(split)
        runs = tuple(run for run, _ in entry.members)
        return Compared(
            entry,
            entry.repeat.group,
            short_repeats_title(runs),
            runs,
            chosen,
            found.pooled or evaluate(chosen, threshold),
            found,
        )
    run, everything = entry
    chosen = everything.of(split)
    evaluation = evaluate(chosen, threshold)
    return Compared(entry, run.run_id, short_title(run), (run,), chosen, evaluation)


def _pairs(entry: Entry) -> Sequence[tuple[Run, Predictions]]:
    return entry.members if isinstance(entry, Repeats) else (entry,)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@st.cache_resource(show_spinner=False, max_entries=32)
def _load(folder: str, changed: tuple[int, int]) -> Predictions:
    """The run's predictions by its own rule."""
    return decided(RunFiles(Path(folder)))
