"""What leaks amount to: how many test films, and how far they flatter the result."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from core.audit.audit_data import AuditData
from core.audit.audit_sentences import (
    leak_inflation_sentence,
    near_duplicates_sentence,
    no_inflation_sentence,
    no_shared_patients_known_sentence,
    other_split_sentence,
    shared_patients_sentence,
    unknown_patients_sentence,
)
from core.audit.check_result import CheckResult, unmeasured
from core.audit.leaks import Leaks
from core.audit.report import Level
from core.errors import ThoraxLensError
from core.evaluation.decision import decided
from core.evaluation.predictions import Predictions, predicted_classes
from core.names import name_key
from core.runs.files import RunFiles
from core.specs import SplitBy
from core.statistics.mover import newcombe
from core.statistics.proportions import Proportion, wilson
from core.store import Run, RunState, Store
from core.store.records import made_with_another
from core.text import count

_MOST = 0.5  # of the test films with a leak: the rest is no test worth the name
_FEWEST = 5  # films with a leak, and without, to compare

_SPLITS: dict[SplitBy, str] = {
    "study": "films split one by one",
    "patient": "patients kept together",
}


def of_leaks(material: AuditData, leaks: Leaks) -> list[CheckResult]:
    """One finding on patients, one on near-duplicates, and one on patients unknown if any are."""
    test = len(leaks.patient)
    return [
        *_unknown(material),
        _patients(material, leaks, test),
        _share("near_duplicates", "Nearly the same film in training and test",
               leaks.duplicate, test),
    ]  # fmt: skip


def _unknown(material: AuditData) -> list[CheckResult]:
    rows = np.concatenate([material.rows("train"), material.rows("test")])
    unknown = int((~material.known[rows]).sum())
    if not unknown:
        return []
    said = unknown_patients_sentence(unknown, len(rows))
    return [
        CheckResult(
            "unknown_patients", "Films of unknown patients", unknown / len(rows), None, "caution",
            None, lambda *_: said, {"films": unknown, "all_films": len(rows)},
        )
    ]  # fmt: skip


def _patients(material: AuditData, leaks: Leaks, test: int) -> CheckResult:
    check, title = "shared_patients", "Patients in training and test"
    rows = np.concatenate([material.rows("train"), material.rows("test")])
    if material.known[rows].all() or leaks.patient.any():
        return _share(check, title, leaks.patient, test)
    return unmeasured(check, title, no_shared_patients_known_sentence())


def _share(check: str, title: str, which: np.ndarray, test: int) -> CheckResult:
    films = int(which.sum())
    interval = wilson(films, test) or (0.0, 1.0)
    level: Level = "caution" if films else "no_shortcut_found"
    if test and films / test >= _MOST:
        level = "do_not_believe"
    told = shared_patients_sentence if check == "shared_patients" else near_duplicates_sentence
    said = told(films, test, interval)
    details = {"films": films, "test_films": test}
    value = films / test if test else None
    return CheckResult(check, title, value, interval, level, None, lambda *_: said, details)


def inflation(material: AuditData, leaks: Leaks, predictions: Predictions) -> CheckResult:
    """Share right among test films with a leak, less that among those without, both by the rule
    that the predictions come with."""
    check, title = "leak_inflation", "How far leaks flatter the result"
    test = predictions.of("test")
    right = dict(zip(test.film_ids.tolist(), test.y_true == predicted_classes(test), strict=True))
    ids = material.table["film_id"].to_numpy()[material.rows("test")]
    correct = np.array([bool(right.get(one, False)) for one in ids])
    seen, unseen = correct[leaks.any], correct[~leaks.any]
    if min(len(seen), len(unseen)) < _FEWEST:
        few = "no test film has a leak" if not len(seen) else (
            f"{count(len(seen), 'film')} with a leak and {count(len(unseen), 'film')} without are "
            "too few to compare"
        )  # fmt: skip
        return unmeasured(check, title, no_inflation_sentence(few))
    leaked = Proportion.of(int(seen.sum()), len(seen))
    clean = Proportion.of(int(unseen.sum()), len(unseen))
    gap = leaked.value - clean.value
    interval = newcombe(leaked.value, leaked.interval, clean.value, clean.interval)
    said = leak_inflation_sentence(
        (leaked.successes, leaked.trials), (clean.successes, clean.trials), gap, interval
    )
    level: Level = "caution" if interval[0] > 0 else "no_shortcut_found"
    return CheckResult(check, title, gap, interval, level, None, lambda *_: said)


def other_split(store: Store, run: Run) -> list[CheckResult]:
    """The newest finished run of the same network, classes and weights on a data set that was
    split the other way; none when there is no such run whose answers can be read."""
    datasets = {name_key(one.name): one.spec for one in store.datasets.all()}
    own = datasets.get(name_key(run.spec.dataset))
    if own is None or run.spec.repeat is not None:
        return []
    for other in store.runs.all([RunState.DONE]):
        spec = datasets.get(name_key(other.spec.dataset))
        alike = (
            spec is not None
            and spec.split_by != own.split_by
            and spec.classes == own.classes
            and (other.spec.model, other.spec.weights) == (run.spec.model, run.spec.weights)
            and other.spec.repeat is None
            and not other.origin.is_from_elsewhere  # its data set only has the name of one here
        )
        if alike and spec is not None and not made_with_another(store, other):
            with suppress(ThoraxLensError):  # what that one said cannot be read: no fault of ours
                return [_beside(store, run, own.split_by, other, spec.split_by)]
    return []


def _beside(store: Store, run: Run, split: SplitBy, other: Run, its_split: SplitBy) -> CheckResult:
    mine, m_range, m_films = _accuracy(store, run)
    theirs, t_range, t_films = _accuracy(store, other)
    said = other_split_sentence(
        (_SPLITS[split], mine, m_range, m_films), (_SPLITS[its_split], theirs, t_range, t_films)
    )
    return CheckResult(
        "other_split", "The same network with the other split", theirs, t_range,
        "no_shortcut_found", None, lambda *_: said,
        {"run": other.run_id, "accuracies": {split: mine, its_split: theirs}},
    )  # fmt: skip


def _accuracy(store: Store, run: Run) -> tuple[float, tuple[float, float], int]:
    files = RunFiles(store.workspace.run_folder(run.run_id))
    test = decided(files).of("test")
    accuracy = Proportion.of(int((test.y_true == predicted_classes(test)).sum()), len(test))
    return accuracy.value, accuracy.interval, accuracy.trials
