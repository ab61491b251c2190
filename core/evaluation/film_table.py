"""What runs say of each film, as a table that can be read without the program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.evaluation.comparison import Entry
from core.evaluation.predictions import Predictions, predicted_classes, rule_words, unsure_words
from core.evaluation.repeats import Repeats
from core.models.learnt import learnt_short
from core.spreadsheet import as_text
from core.store import Film, Run

NOT_SURE = "not sure"
GONE = "This film is not in the catalogue."


def prediction_table(
    entries: Sequence[Entry],
    threshold: float | None = None,
    split: str = "test",
    films: Iterable[Film] = (),
) -> pd.DataFrame:
    """One row a run and film, repeats run by run.

    Columns: run, run_id, weights (what they had learnt before), film_id, file, source, patient
    (empty where it is not known), split, true, predicted (the class it is called), correct,
    answer (``predicted``, or “not sure” where the run's rule gives no answer), decision (the
    rule, in words), ``probability <class>`` (0 to 1) for every class of any run, and note (why
    there is no answer, and what is missing).
    ``films``: those of the catalogue, which know file, source and patient.
    """
    known = {one.film_id: one for one in films}
    runs = [pair for one in entries for pair in _single_runs(one)]
    parts = [_rows(run, predictions.of(split), threshold, known) for run, predictions in runs]
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    return table[[*(one for one in table if one != "note"), "note"]]


def _rows(
    run: Run, predictions: Predictions, threshold: float | None, known: Mapping[str, Film]
) -> pd.DataFrame:
    names = np.asarray(predictions.classes)
    predicted = predicted_classes(predictions, threshold)
    # A threshold asked for here leaves nothing unsure.
    decided = predictions.decided if threshold is None else None
    unsure = np.zeros(len(predictions), bool) if decided is None else decided.unsure
    films = [known.get(one) for one in predictions.film_ids.tolist()]
    frame = pd.DataFrame(
        {
            "run": run.title,
            "run_id": run.run_id,
            "weights": learnt_short(run.spec),
            "film_id": predictions.film_ids,
            "file": [as_text(Path(one.path).name) if one else "" for one in films],
            "source": [one.source if one else "" for one in films],
            "patient": [one.patient if one else "" for one in films],
            "split": predictions.split,
            "true": names[predictions.y_true],
            "predicted": names[predicted],
            "correct": predicted == predictions.y_true,
            "answer": np.where(unsure, NOT_SURE, names[predicted]),
            "decision": rule_words(predictions, threshold),
        }
    )
    for index, name in enumerate(predictions.classes):
        frame[f"probability {name}"] = predictions.probabilities[:, index]
    why = unsure_words(predictions.classes[0], decided.band if decided else None)
    frame["note"] = [
        " ".join(filter(None, (why if doubt else "", GONE if known and film is None else "")))
        for doubt, film in zip(unsure, films, strict=True)
    ]
    return frame


def _single_runs(entry: Entry) -> Sequence[tuple[Run, Predictions]]:
    return entry.members if isinstance(entry, Repeats) else (entry,)
