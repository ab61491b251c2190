"""Intervals of a run's numbers over its patients: what core/statistics/resampling.py draws, of
predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from core.errors import InputError
from core.evaluation.predictions import Predictions, predicted_classes
from core.statistics import Interval
from core.statistics.resampling import bootstrap_interval, cluster_draws

Statistic = Callable[[Predictions], float | None]

DRAWS = 1000
CHUNK = 4_000_000  # counts held at once


def cluster_bootstrap(
    statistic: Statistic,
    predictions: Predictions,
    patients: np.ndarray,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval | None:
    """The 95 % interval of ``statistic`` over patients drawn with replacement.

    ``patients``: str (n,), whose film each row is. None where resampling cannot tell: fewer
    than two patients, no spread at all (a number that is perfect in every draw has an
    interval, but not one that these films show), or too many draws without a value.
    Raises InputError when there is not one patient a film.
    """
    values = [
        statistic(predictions.take(np.repeat(np.arange(len(predictions)), counts)))
        for counts in _counts(_groups(patients, len(predictions)), draws, seed)
    ]
    return bootstrap_interval(
        np.array([np.nan if one is None else one for one in values], dtype=float)
    )


def paired_cluster_bootstrap(
    statistic: Statistic,
    first: Predictions,
    second: Predictions,
    patients: np.ndarray,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval | None:
    """The 95 % interval of ``statistic`` of ``first`` less that of ``second``, both on the
    same patients at each draw. Rows must be the same films in the same order (``on_common``);
    raises InputError when they are not. None as for ``cluster_bootstrap``."""
    if not np.array_equal(first.film_ids, second.film_ids):
        raise InputError("A paired difference needs the same films in the same order.")
    values = []
    for counts in _counts(_groups(patients, len(first)), draws, seed):
        rows = np.repeat(np.arange(len(first)), counts)
        one, other = statistic(first.take(rows)), statistic(second.take(rows))
        values.append(np.nan if one is None or other is None else one - other)
    return bootstrap_interval(np.array(values, dtype=float))


def on_common(first: Predictions, second: Predictions) -> tuple[Predictions, Predictions]:
    """The films that both have, in the order of ``first``; may be none."""
    place = {film: row for row, film in enumerate(second.film_ids.tolist())}
    pairs = [
        (row, place[film]) for row, film in enumerate(first.film_ids.tolist()) if film in place
    ]
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return first.take(rows[:, 0]), second.take(rows[:, 1])


def patients_of(predictions: Predictions, known: Mapping[str, str]) -> np.ndarray:
    """str (n,): the patient of each film (``Catalogue.patients``); a film of an unknown
    patient, or one that is no longer in the catalogue, is drawn by itself."""
    return np.array([known.get(one) or f"film {one}" for one in predictions.film_ids], dtype=str)


def count_unknown_patients(predictions: Predictions, known: Mapping[str, str]) -> int:
    """How many of the films have no known patient."""
    return sum(not known.get(one) for one in predictions.film_ids.tolist())


def resampling_words(predictions: Predictions, known: Mapping[str, str]) -> str:
    """What intervals from resampling rest on where patients are unknown, a sentence; empty
    where all are known."""
    unknown, films = count_unknown_patients(predictions, known), len(predictions)
    if not unknown:
        return ""
    which = "these films" if unknown == films else f"{unknown:,} of these {films:,} films"
    return (
        f"Nobody knows the patients of {which}; each is drawn as if it were of another patient, "
        "so intervals over patients may be too narrow."
    )


def bootstrap_intervals(
    predictions: Predictions,
    patients: np.ndarray,
    threshold: float | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Interval | None]:
    """``cluster_bootstrap`` of ``roc_auc``, ``average_precision`` and ``f1`` of the positive
    class and of ``accuracy``, from the same draws, all draws at once."""
    groups = _groups(patients, len(predictions))
    found: dict[str, list[np.ndarray]] = {}
    # Many films at once would fill the memory; a part of the draws does not.
    at_once = max(CHUNK // max(len(predictions), 1), 1)
    rows = _sorted_rows(predictions)
    correct, y_pred, y_true = _binary(predictions, threshold)
    for counts in cluster_draws(groups, draws, seed, at_once):
        true_positives = counts @ (y_pred & y_true)
        either = counts @ y_pred.astype(int) + counts @ y_true.astype(int)
        values = {
            "accuracy": _divided(counts @ correct.astype(int), counts.sum(axis=1)),
            "f1": _divided(2 * true_positives, either),
            **_areas(counts[:, rows[0]], *rows),
        }
        for name, some in values.items():
            found.setdefault(name, []).append(some)
    return {name: bootstrap_interval(np.concatenate(some)) for name, some in found.items()}


def difference_interval(
    first: Predictions,
    second: Predictions,
    patients: np.ndarray,
    threshold: float | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval | None:
    """``paired_cluster_bootstrap`` of the accuracy, all draws at once."""
    gain = _binary(first, threshold)[0].astype(int) - _binary(second, threshold)[0].astype(int)
    at_once = max(CHUNK // max(len(first), 1), 1)
    parts = [
        _divided(counts @ gain, counts.sum(axis=1))
        for counts in cluster_draws(_groups(patients, len(first)), draws, seed, at_once)
    ]
    return bootstrap_interval(np.concatenate(parts)) if parts else None


def _groups(patients: np.ndarray, films: int) -> np.ndarray:
    """int (n,): the number of each film's patient, from 0."""
    if np.shape(patients) != (films,):
        raise InputError(f"{films} films need {films} patients, not {np.size(patients)}.")
    return np.unique(patients, return_inverse=True)[1]


def _counts(groups: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each film is in each draw."""
    for some in cluster_draws(groups, draws, seed, 64):
        yield from some


def _binary(
    predictions: Predictions, threshold: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    predicted = predicted_classes(predictions, threshold)
    return predicted == predictions.y_true, predicted == 0, predictions.y_true == 0


def _sorted_rows(predictions: Predictions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows by falling score, which of them are positive, and where equal scores end."""
    y_score = predictions.probabilities[:, 0]
    order = np.argsort(-y_score, kind="stable")
    falls = np.append(np.diff(y_score[order]) != 0, True) if len(order) else np.zeros(0, bool)
    return order, predictions.y_true[order] == 0, np.flatnonzero(falls)


def _areas(
    counts: np.ndarray, order: np.ndarray, positive: np.ndarray, ends: np.ndarray
) -> dict[str, np.ndarray]:
    """Area under the ROC curve and average precision, as scikit-learn defines them, for
    counts (draws, n) of films in falling order of their score."""
    true_positives = np.cumsum(counts * positive, axis=1)[:, ends]
    false_positives = np.cumsum(counts * ~positive, axis=1)[:, ends]
    positives, negatives = true_positives[:, -1:], false_positives[:, -1:]
    start = np.zeros_like(positives)
    recall = np.hstack([start, _divided(true_positives, positives)])
    false_positive_rate = np.hstack([start, _divided(false_positives, negatives)])
    precision = _divided(true_positives, true_positives + false_positives)
    # A score that no drawn film has adds no recall, so that its missing precision counts 0.
    return {
        "roc_auc": (
            np.diff(false_positive_rate, axis=1) * (recall[:, 1:] + recall[:, :-1]) / 2
        ).sum(axis=1),
        "average_precision": (np.diff(recall, axis=1) * np.nan_to_num(precision)).sum(axis=1),
    }


def _divided(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN where the whole is nothing."""
    whole = np.broadcast_to(whole, np.shape(part))
    values: np.ndarray = np.divide(
        part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0
    )
    return values
