"""What networks say in an audit [K]: the run's own on masked films, one that never learnt,
and where the heat lies."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from core.audit import regions
from core.audit.audit_data import AuditData
from core.audit.check_result import CheckResult, unmeasured
from core.audit.lungs import SIDE
from core.audit.network_sentences import (
    heat_sentence,
    network_missing_sentence,
    own_network_sentence,
    untrained_sentence,
)
from core.audit.probes import LUNGS_OUT, MIDDLE_OUT, STRONG, balanced, level_of
from core.audit.report import Level
from core.audit.split_inflation import split_inflation, vector_classifier
from core.datasets.training_data import TrainingData
from core.errors import ThoraxLensError
from core.evaluation.predictions import Predictions, predict_classes
from core.explain.keras_cam import CamModel
from core.features.source import FeatureSource, Variant
from core.features.vectors import features
from core.models.build import build_model
from core.models.preprocess import KINDS_WITHOUT_WEIGHTS, preprocess
from core.models.registry import SMALLEST_FROZEN, get_network
from core.prediction.loading import LoadedRun, load_run
from core.runs.config import RunConfig
from core.runs.reporter import Reporter
from core.statistics.association import units_of
from core.statistics.hypotheses import mcnemar
from core.statistics.normal import mean_interval
from core.statistics.proportions import Proportion
from core.store import Run
from core.training import backend
from core.training.network import TrainableNetwork
from core.workspace import Workspace

_BATCH = 8
_MOST_FILMS = 100  # test films shown to networks; as many of each class as can be
_CONTROL_SEED = 1009  # any seed that no run's weights come from


def network_checks(
    workspace: Workspace,
    run: Run,
    material: AuditData,
    data: TrainingData,
    predictions: Predictions,
    raised: Level,
    tell: Reporter,
) -> list[CheckResult]:
    """All checks that need Keras. ``raised``: the gravest level of the checks before.

    What cannot be checked, for example because a weights file has gone, is said so.
    """
    backend.load_only_the_chosen()
    backend.prepare()
    found: list[CheckResult] = []
    rows = _some(material)
    try:
        tell.stage("Loading the run's network")
        loaded = load_run(workspace, run.run_id)
        found += _masked(loaded, material, data, rows, tell)
        found.append(_heat(loaded, material, data, rows, tell))
    except ThoraxLensError as error:
        said = network_missing_sentence(str(error))
        found.append(unmeasured("own_network", "The run's own network", said))
    try:
        found += _untrained(workspace, run, material, data, predictions, raised, tell)
    except ThoraxLensError as error:
        said = network_missing_sentence(str(error))
        found.append(unmeasured("untrained_network", "A network that never learnt", said))
    return found


def _some(material: AuditData) -> np.ndarray:
    """Test films to look at, int64: all, or as many of each class as fit."""
    test = material.some(material.rows("test"))
    if len(test) <= _MOST_FILMS:
        return test
    labels = material.labels[test]
    place = np.empty(len(test), int)
    for one in np.unique(labels):
        place[labels == one] = np.arange((labels == one).sum())
    return np.sort(test[np.argsort(place, kind="stable")[:_MOST_FILMS]])


def _masked(
    loaded: LoadedRun,
    material: AuditData,
    data: TrainingData,
    rows: np.ndarray,
    tell: Reporter,
) -> list[CheckResult]:
    """The run's network on films without lungs, and on border and corners alone.

    One region for all films: each film's own outline would show what disease did to it.
    """
    labels, patients = material.labels[rows], material.patients[rows]
    chance = 1 / len(np.unique(labels))
    found = []
    for check, title, what, shown in (
        ("own_lungs_blacked_out", "The run's network, lungs blacked out", LUNGS_OUT,
         ~material.region),
        ("own_middle_blacked_out", "The run's network, middle blacked out", MIDDLE_OUT,
         regions.outside() & ~material.region),
    ):  # fmt: skip
        tell.stage(f"Showing the run's network {what}", len(rows))
        size = data.films.shape[1]
        mask = cv2.resize(shown.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST)

        def classify(films: np.ndarray, mask: np.ndarray = mask) -> tuple[np.ndarray, np.ndarray]:
            return loaded.classify(films * mask)

        probabilities, _ = _answers(classify, data, rows, tell)
        value, interval, accuracy = balanced(probabilities, labels, patients)
        level = level_of(value, interval, chance)
        said = own_network_sentence(what, value, interval, len(rows), chance, level)
        details = {"accuracy": accuracy, "chance": chance, "test_films": len(rows)}
        found.append(
            CheckResult(check, title, value, interval, level, None, lambda *_, s=said: s, details)
        )
    return found


def _answers(
    classify: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    data: TrainingData,
    rows: np.ndarray,
    tell: Reporter,
) -> tuple[np.ndarray, np.ndarray]:
    """What ``classify`` returns for the films of ``rows``, put together."""
    parts = []
    for start in range(0, len(rows), _BATCH):
        parts.append(classify(np.asarray(data.films[rows[start : start + _BATCH]])))
        tell.update(start + len(parts[-1][0]))
    first, second = zip(*parts, strict=True)
    return np.concatenate(first), np.concatenate(second)


def _heat(
    loaded: LoadedRun,
    material: AuditData,
    data: TrainingData,
    rows: np.ndarray,
    tell: Reporter,
) -> CheckResult:
    """The share of the heat in the lungs, in corners and at the border; beside it that of the
    same network with all weights random."""
    card = loaded.card
    tell.stage("Looking where the heat lies", len(rows))
    _, heats = _answers(loaded.classify, data, rows, tell)
    tell.stage("Looking where the heat of a random network lies", len(rows))
    control = CamModel(
        build_model(
            get_network(card.model), image_size=card.image_size, classes=len(card.classes),
            dropout=card.dropout, weights="random", seed=_CONTROL_SEED, form=card.head_form,
        )
    )  # fmt: skip
    _, random_heats = _answers(
        lambda films: control.explain(preprocess(films, card.preprocessing)), data, rows, tell
    )
    lungs = material.lungs[rows]
    edge = np.broadcast_to(regions.outside(), lungs.shape)
    shares = _shares(heats, lungs), _shares(heats, edge)
    others = _shares(random_heats, lungs), _shares(random_heats, edge)
    value, interval = _patient_mean(shares[0], material.patients[rows])
    edge_value, edge_interval = _patient_mean(shares[1], material.patients[rows])
    area, edge_area = float(lungs.mean()), float(edge.mean())
    details = {
        "lungs": value, "edges": edge_value, "lungs_area": area, "edges_area": edge_area,
        "random_lungs": float(np.nanmean(others[0])), "random_edges": float(np.nanmean(others[1])),
        "films": len(rows), "own_masks": int(material.own_mask[rows].sum()),
    }  # fmt: skip
    # Coarse maps smear: only heat that lies no better than a random network's says something.
    no_better = interval[0] <= details["random_lungs"]
    off = no_better and (interval[1] < area or edge_interval[0] > edge_area)
    level: Level = "caution" if off else "no_shortcut_found"
    said = heat_sentence(details, interval, level)
    return CheckResult("heat_in_lungs", "Where the heat lies", value, interval, level, None,
                    lambda *_: said, details)  # fmt: skip


def _shares(heats: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The share of each film's heat float32 (n, h, w) that lies where bool (n, SIDE, SIDE) is
    True; float (n,), NaN without any heat."""
    found = np.full(len(heats), np.nan)
    for index, (heat, place) in enumerate(zip(heats, where, strict=True)):
        large = cv2.resize(heat, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        if large.sum() > 0:
            found[index] = large[place].sum() / large.sum()
    return found


def _patient_mean(shares: np.ndarray, patients: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Mean over patients and its 95 % interval (normal)."""
    known = ~np.isnan(shares)
    if not known.any():
        return 0.0, (0.0, 1.0)
    unit, _ = units_of(patients[known], np.zeros(known.sum(), int))
    means = np.bincount(unit, shares[known]) / np.bincount(unit)
    mean, (low, high) = mean_interval(means)
    return mean, (max(0.0, low), min(1.0, high))


def _untrained(
    workspace: Workspace,
    run: Run,
    material: AuditData,
    data: TrainingData,
    predictions: Predictions,
    raised: Level,
    tell: Reporter,
) -> list[CheckResult]:
    """A frozen network with random weights and a logistic regression on its vectors.

    It sees the lungs, so that by itself it accuses nothing: where other checks have found a
    shortcut, it says how little has to be learnt for this test.
    """
    network = get_network(run.spec.model)
    if not network.is_frozen:
        network = SMALLEST_FROZEN
    # One vector a film, whatever the head of the run has: the regression below is the head here.
    spec = run.spec.changed(
        model=network.name, weights="random", vector_blocks=1, head="dense", l2=0.0
    )
    size = data.films.shape[1]
    card = RunConfig.load(workspace.run_folder(run.run_id) / "run.json")
    own = card.model == network.name
    # Grey levels up to 1024, for weights that have learnt from them, are none for random ones.
    kind = card.preprocessing if own else network.preprocessing
    if kind not in KINDS_WITHOUT_WEIGHTS:
        kind = network.preprocessing
    train, test = material.some(data.rows("train")), material.some(data.rows("test"))
    all_test = len(data.rows("test"))
    shown = material.looked()
    tell.stage(f"Looking at films through {network.title} with random weights", len(shown))
    trainable = TrainableNetwork(network, spec, size, len(data.classes), None, workspace.backbones)
    source = FeatureSource(
        data.films,
        data.film_ids.tolist(),
        network.name,
        trainable.backbone,
        kind,
        network.feature_channels,
    )
    vectors = features(
        workspace.feature_cache, source, shown, Variant(), trainable.extract,
        lambda done, _: tell.update(done),
    )  # fmt: skip
    learnt, tried = (vectors[np.searchsorted(shown, rows)] for rows in (train, test))
    head = vector_classifier().fit(learnt, data.y_true[train])
    correct = head.predict(tried) == data.y_true[test]
    del learnt, tried
    accuracy = Proportion.of(int(correct.sum()), len(test))
    value, interval = accuracy.value, accuracy.interval
    tested = predictions.of("test")
    # Both by the most probable class: against a threshold that aims at sensitivity, a network
    # without one would look better than it is.
    called = predict_classes(tested.probabilities)
    answers = dict(zip(tested.film_ids.tolist(), called.tolist(), strict=True))
    own_correct = np.array(
        [
            answers.get(one) == true
            for one, true in zip(data.film_ids[test], data.y_true[test], strict=True)
        ]
    )
    p = mcnemar(int((own_correct & ~correct).sum()), int((correct & ~own_correct).sum()))
    chance = 1 / len(data.classes)
    more = p < 0.05 and value < own_correct.mean()
    easy = (value - chance) / (1 - chance) >= STRONG
    level: Level = raised if easy and not more else "no_shortcut_found"
    said = untrained_sentence(
        network.title, value, interval, float(own_correct.mean()), len(test), p,
        more=more, easy=easy, level=level, tested=all_test if all_test > len(test) else 0,
    )  # fmt: skip
    details = {"run_accuracy": float(own_correct.mean()), "mcnemar": p, "network": network.title,
               "run_is_random": run.spec.weights == "random" and own}  # fmt: skip
    untrained = CheckResult(
        "untrained_network", "A network that never learnt", value, interval, level, None,
        lambda *_: said, details,
    )  # fmt: skip
    tell.stage("Comparing ways to deal out the films")
    torn = len(material.apart()) < len(data.rows("train"))
    dealt = material.some(shown)
    beside = split_inflation(
        vectors[np.searchsorted(shown, dealt)], data.y_true[dealt], material.patients[dealt],
        torn=torn, by_lot=len(dealt) < len(material.table),
    )  # fmt: skip
    return [untrained, beside]
