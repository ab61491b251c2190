"""Classifiers that never see the lungs: what they get right is a shortcut.

Trained on the data set's training films (without patients who have a test film too), tried
on its test films. No network: scikit-learn on a few numbers a film, in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from core.audit import regions
from core.audit.audit_data import AuditData
from core.audit.audit_sentences import probe_missing_sentence, probe_sentence
from core.audit.check_result import CheckResult, unmeasured
from core.audit.report import Level
from core.audit.some_films import FilmStack, film_parts
from core.statistics.association import separation_p, smallest_p, units_of
from core.statistics.mover import mean_proportion_interval
from core.text import count

# Skill: 0 is guessing, 1 is always right. 0.6 is 80 % of two classes, 0.35 is 67.5 %. Less than
# that comes from exposure alone: haze in the lungs makes automatic exposure darken the rest.
STRONG, STRONG_AT_LEAST, WEAK = 0.6, 0.35, 0.35
_PIXELS = 32  # films are shown to a probe at this side
_PARTS = 30  # principal components
_TREES = 200
_LEAST_P = 0.001  # a test set on which even perfection is no surer than this shows nothing
_PERCENTILES = (1, 10, 25, 50, 75, 90, 99)

FILE_FACTS = "the width, height, shape and format of the files"
GREY_LEVELS = "grey-level statistics of the border and the corners"
BORDER = "the outermost 6 % of each film"
MIDDLE_OUT = "films with the middle blacked out"
LUNGS_OUT = "films with the lungs blacked out"


@dataclass(frozen=True)
class Probe:
    """``features``: material → float (n, c). ``trees``: a few numbers, of which any two may
    matter together, rather than pixels."""

    check: str
    title: str
    what: str
    features: Callable[[AuditData], np.ndarray]
    trees: bool


def file_facts(material: AuditData) -> np.ndarray:
    """Width, height, aspect and format; float (n, 3 + formats)."""
    table = material.table
    width, height = table["width"].to_numpy(float), table["height"].to_numpy(float)
    kinds = sorted(set(table["format"]))
    one_hot = np.stack([(table["format"] == kind).to_numpy(float) for kind in kinds], axis=1)
    return np.column_stack([width, height, width / np.maximum(height, 1), one_hot])


def grey_levels(material: AuditData) -> np.ndarray:
    """Mean, spread and percentiles in border and corners, shares of black and white there,
    without what may be lung; float (n, c)."""
    parts = film_parts(material.films)
    return np.concatenate([_grey_levels(films, material.region) for films in parts])


def _grey_levels(films: np.ndarray, region: np.ndarray) -> np.ndarray:
    places = {"border": regions.border(), **regions.corners()}
    parts = []
    for where in places.values():
        seen = films[:, where & ~region].astype(np.float32)
        if not seen.shape[1]:
            continue
        parts += [seen.mean(axis=1), seen.std(axis=1), *np.percentile(seen, _PERCENTILES, axis=1)]
        parts += [seen.max(axis=1), (seen < 8).mean(axis=1), (seen > 247).mean(axis=1)]
    return np.column_stack(parts) if parts else np.zeros((len(films), 1))


def seen_only(films: FilmStack, where: np.ndarray) -> np.ndarray:
    """Films uint8 (n, SIDE, SIDE), black but for ``where``, as float32 rows of pixels."""
    seen = np.empty((len(films), _PIXELS**2), np.float32)
    rows = iter(seen)
    for part in film_parts(films):
        for one in part * where:
            small = cv2.resize(one, (_PIXELS, _PIXELS), interpolation=cv2.INTER_AREA)
            next(rows)[:] = small.ravel()
    return seen


PROBES = (
    Probe("file_facts", "File facts only", FILE_FACTS, file_facts, True),
    Probe("grey_levels", "Grey levels beside the lungs", GREY_LEVELS, grey_levels, True),
    Probe("border_only", "Border only", BORDER,
          lambda m: seen_only(m.films, regions.border() & ~m.region), False),
    Probe("middle_blacked_out", "Middle blacked out", MIDDLE_OUT,
          lambda m: seen_only(m.films, regions.outside() & ~m.region), False),
    Probe("lungs_blacked_out", "Lungs blacked out", LUNGS_OUT,
          lambda m: seen_only(m.films, ~m.region), False),
)  # fmt: skip


def try_probe(one: Probe, material: AuditData) -> CheckResult:
    """Train it on the training films and try it on the test films."""
    reason = why_not(material)
    if reason:
        return missing(one, reason)
    features = one.features(material)
    train, test = material.apart(), material.rows("test")
    classifier = (
        ExtraTreesClassifier(
            _TREES, min_samples_leaf=2, max_features="sqrt", class_weight="balanced", random_state=0
        )
        if one.trees
        else pixels_classifier(len(train))
    )
    labels = material.labels
    probabilities = np.zeros((len(test), len(material.classes)))
    if np.ptp(features[train], axis=0).any():
        classifier.fit(features[train], labels[train])
        answers = classifier.predict_proba(features[test])
        probabilities[:, classifier.classes_] = answers
    else:  # nothing differs between the films: it can only guess
        probabilities[:] = 1 / len(material.classes)
    return judge_probe(one, material, probabilities)


def pixels_classifier(films: int) -> Pipeline:
    """Principal components and a logistic regression, for so many training films."""
    return make_pipeline(
        StandardScaler(),
        PCA(min(_PARTS, max(films // 3, 2)), random_state=0),
        StandardScaler(),
        LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000),
    )


def judge_probe(one: Probe, material: AuditData, probabilities: np.ndarray) -> CheckResult:
    """What probabilities float (test films, k) amount to."""
    test = material.rows("test")
    labels, patients = material.labels[test], material.patients[test]
    value, interval, accuracy = balanced(probabilities, labels, patients)
    p = separation_p(probabilities, labels, patients)
    chance = 1 / len(np.unique(labels))

    def say(level: Level, p: float) -> tuple[str, str]:
        return probe_sentence(
            one.what,
            value,
            interval,
            p,
            test=len(test),
            chance=chance,
            level=level,
            tested=material.tested,
        )

    details = {"accuracy": accuracy, "chance": chance, "test_films": len(test), "what": one.what}
    level = level_of(value, interval, chance)
    return CheckResult(one.check, one.title, value, interval, level, p, say, details)


def balanced(
    probabilities: np.ndarray, labels: np.ndarray, patients: np.ndarray
) -> tuple[float, tuple[float, float], float]:
    """Balanced accuracy, its 95 % interval over patients, and accuracy.

    Where the best classes tie, a film counts as partly right, as in guessing.
    """
    best = probabilities >= probabilities.max(axis=1, keepdims=True) - 1e-12
    right = best[np.arange(len(labels)), labels] / best.sum(axis=1)
    present = np.unique(labels)
    _, owner = units_of(patients, labels)
    recalls = [float(right[labels == one].mean()) for one in present]
    units = [float((owner == one).sum()) for one in present]
    return float(np.mean(recalls)), mean_proportion_interval(recalls, units), float(right.mean())


def level_of(value: float, interval: tuple[float, float], chance: float) -> Level:
    """By how far above guessing a balanced accuracy is."""
    skill, least = ((one - chance) / (1 - chance) for one in (value, interval[0]))
    if skill >= STRONG and least >= STRONG_AT_LEAST:
        return "do_not_believe"
    return "caution" if skill >= WEAK and least > 0 else "no_shortcut_found"


def why_not(material: AuditData) -> str:
    """Why no classifier can be tried on this data set; empty when it can."""
    train, test = material.apart(), material.rows("test")
    labels = material.labels
    for name, rows, least in (("training", train, 3), ("test", test, 1)):
        counts = np.bincount(labels[rows], minlength=len(material.classes))
        if counts.min() < least:
            lacking = material.classes[int(counts.argmin())]
            return f"there are too few {name} films of {lacking} whose patients are kept apart"
    if smallest_p(labels[test], material.patients[test]) > _LEAST_P:
        return f"{count(len(test), 'film')} to test on are too few to tell anything from chance"
    return ""


def missing(one: Probe, reason: str) -> CheckResult:
    """A probe that could not be tried, and why."""
    return unmeasured(one.check, one.title, probe_missing_sentence(one.what, reason))
