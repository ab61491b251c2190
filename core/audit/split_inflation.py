"""How much a split that tears patients apart flatters a result, on these very films.

The run cannot be trained again with every split. A logistic regression on vectors that are
there already can, so each film is answered twice: learnt from films dealt out one by one, and
learnt from other patients only.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from core.audit.check_result import CheckResult, unmeasured
from core.audit.network_sentences import no_split_inflation_sentence, split_inflation_sentence
from core.audit.report import Level
from core.statistics.resampling import draw_clusters, percentile_interval

_FOLDS = 5
_REPEATS = 2
_DRAWS = 2000
CHECK, TITLE = "split_inflation", "Films split one by one, or patients kept together"


def split_inflation(
    vectors: np.ndarray,
    labels: np.ndarray,
    patients: np.ndarray,
    *,
    torn: bool,
    by_lot: bool = False,
) -> CheckResult:
    """Share right with films dealt out one by one less that with patients kept together.

    ``vectors`` float32 (n, c), ``labels`` int64 (n,), ``patients`` str (n,). Each film is
    answered in 5 folds, twice; interval: percentile bootstrap over patients. ``torn``: whether
    the run's own split tears patients apart; else the difference speaks for it. ``by_lot``:
    whether these are only some of the films.
    """
    _, who = np.unique(patients, return_inverse=True)
    people = [len(np.unique(who[labels == one])) for one in np.unique(labels)]
    if len(np.unique(who)) == len(who) or min(people) < _FOLDS:
        return unmeasured(CHECK, TITLE, no_split_inflation_sentence())
    apart, together = np.zeros(len(labels)), np.zeros(len(labels))
    for seed in range(_REPEATS):
        one_by_one = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
        by_patient = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            # Groups of unlike sizes cannot be dealt out evenly; that is how patients are.
            warnings.simplefilter("ignore", UserWarning)
            for folds, right in ((one_by_one, apart), (by_patient, together)):
                for train, test in folds.split(vectors, labels, who):
                    head = vector_classifier().fit(vectors[train], labels[train])
                    right[test] += (head.predict(vectors[test]) == labels[test]) / _REPEATS
    gap = np.bincount(who, apart - together)
    films = np.bincount(who)
    drawn = draw_clusters(np.random.default_rng(0), len(films), _DRAWS)
    low, high = percentile_interval((drawn @ gap) / (drawn @ films))
    value = float(gap.sum() / films.sum())
    level: Level = "caution" if low > 0 and torn else "no_shortcut_found"
    said = split_inflation_sentence(
        float(apart.mean()), float(together.mean()), value, (low, high), torn=torn,
        drawn=len(labels) if by_lot else 0,
    )  # fmt: skip
    details = {"one_by_one": float(apart.mean()), "by_patient": float(together.mean())}
    return CheckResult(CHECK, TITLE, value, (low, high), level, None, lambda *_: said, details)


def vector_classifier() -> Pipeline:
    """A logistic regression on a network's vectors, each component of one spread."""
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000)
    )
