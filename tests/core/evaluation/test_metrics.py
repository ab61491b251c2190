"""Metrics against tables worked by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import InputError
from core.evaluation.metrics import evaluate, predict_classes
from core.evaluation.predictions import Predictions


def of_scores(truth: list[int], scores: list[float]) -> Predictions:
    """Two classes; ``scores`` are the probability of covid."""
    return Predictions(
        ("covid", "healthy"),
        [f"film{index}" for index in range(len(truth))],
        ["test"] * len(truth),
        truth,
        [[score, 1 - score] for score in scores] if scores else np.zeros((0, 2)),
    )


def random_predictions(classes: int, films: int = 300, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    return Predictions(
        tuple("abcdef"[:classes]),
        [str(index) for index in range(films)],
        ["test"] * films,
        rng.integers(0, classes, films),
        rng.dirichlet(np.ones(classes), films),
    )


def test_a_table_worked_by_hand() -> None:
    """40 covid of which 28 found, 40 healthy of which none called covid: the study's CNN."""
    one = evaluate(of_scores([0] * 40 + [1] * 40, [0.9] * 28 + [0.1] * 12 + [0.2] * 40), 0.5)
    assert one.confusion.tolist() == [[28, 12], [0, 40]]
    assert one.accuracy == 0.85
    assert one.sensitivity == 0.70
    assert one.specificity == 1.0
    assert one.precision == {"covid": 1.0, "healthy": 40 / 52}
    assert (one.false_negatives, one.false_positives) == (12, 0)
    assert one.f1 == pytest.approx(2 * 0.7 / 1.7)
    assert one.report.loc["healthy", "recall"] == 1.0
    assert one.report["support"].tolist() == [40, 40, 80, 80, 80]
    assert one.notes == {}


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("threshold", [None, 0.3])
def test_it_agrees_with_scikit_learn(classes: int, threshold: float | None) -> None:
    data = random_predictions(classes)
    one = evaluate(data, threshold)
    np.testing.assert_array_equal(one.confusion, sk.confusion_matrix(data.y_true, one.y_pred))
    assert one.accuracy == pytest.approx(sk.accuracy_score(data.y_true, one.y_pred))
    expected = sk.classification_report(
        data.y_true,
        one.y_pred,
        target_names=data.classes,
        output_dict=True,
        zero_division=np.nan,
    )
    for row, name in [
        *zip(data.classes, data.classes, strict=True),
        ("macro average", "macro avg"),
        ("weighted average", "weighted avg"),
    ]:
        for ours, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert one.report.loc[row, ours] == pytest.approx(expected[name][theirs])
    positive, score = data.y_true == 0, data.probabilities[:, 0]
    assert one.roc_auc == pytest.approx(sk.roc_auc_score(positive, score))
    assert one.average_precision == pytest.approx(sk.average_precision_score(positive, score))
    called = one.y_pred == 0
    assert one.sensitivity == pytest.approx(sk.recall_score(positive, called))
    assert one.specificity == pytest.approx(sk.recall_score(~positive, ~called))


def test_the_threshold_counts_from_itself_on() -> None:
    """0.7 as float32 lies below 0.7 as float64, and must count all the same."""
    probabilities = np.array([[0.7, 0.3], [0.69, 0.31]], dtype=np.float32)
    assert predict_classes(probabilities, 0.7).tolist() == [0, 1]
    assert predict_classes(probabilities, float(np.float64(0.7))).tolist() == [0, 1]
    assert predict_classes(probabilities, np.float64(0.7)).tolist() == [0, 1]


def test_the_ends_of_the_threshold() -> None:
    data = of_scores([0, 0, 1, 1], [1.0, 0.6, 0.4, 0.0])
    assert evaluate(data, 0.0).y_pred.tolist() == [0, 0, 0, 0]
    assert evaluate(data, 1.0).y_pred.tolist() == [0, 1, 1, 1]
    for outside in (-0.1, 1.1):
        with pytest.raises(InputError, match="between 0 and 1"):
            evaluate(data, outside)


def test_half_is_the_most_probable_of_two_classes() -> None:
    data = random_predictions(2)
    np.testing.assert_array_equal(evaluate(data, 0.5).y_pred, evaluate(data).y_pred)


def test_below_the_threshold_the_best_of_the_others_is_taken() -> None:
    probabilities = np.array([[0.5, 0.2, 0.3], [0.3, 0.4, 0.3], [0.9, 0.0, 0.1]], dtype=np.float32)
    assert predict_classes(probabilities, 0.6).tolist() == [2, 1, 0]
    assert predict_classes(probabilities, 0.3).tolist() == [0, 0, 0]
    assert predict_classes(probabilities).tolist() == [0, 1, 0]


def test_with_more_classes_the_first_stands_against_the_rest() -> None:
    data = Predictions(
        ("covid", "bacterial", "healthy"),
        list("abcdef"),
        ["test"] * 6,
        [0, 0, 1, 1, 2, 2],
        np.eye(3)[[0, 1, 2, 0, 2, 1]],
    )
    one = evaluate(data)
    assert one.sensitivity == 0.5
    assert one.specificity == 0.75  # mistaking bacterial for healthy is no false alarm
    assert (one.false_negatives, one.false_positives) == (1, 1)
    assert one.accuracy == pytest.approx(2 / 6)


def test_no_predicted_positive_gives_no_precision_rather_than_zero() -> None:
    one = evaluate(of_scores([0, 1], [0.1, 0.2]))
    assert one.precision["covid"] is None
    assert np.isnan(one.report.loc["covid", "precision"])
    assert np.isnan(one.report.loc["macro average", "precision"])
    assert one.notes["precision covid"] == "no film was called covid"
    assert one.sensitivity == 0.0  # this one is a result: none of one was found
    assert one.f1 == 0.0


@pytest.mark.parametrize(
    ("truth", "metric", "reason"),
    [
        ([0, 0], "specificity", "every film here is covid"),
        ([1, 1], "sensitivity", "no film here is covid"),
    ],
)
def test_one_class_alone(truth: list[int], metric: str, reason: str) -> None:
    one = evaluate(of_scores(truth, [0.9, 0.2]))
    assert getattr(one, metric) is None
    assert one.notes[metric] == reason
    assert one.roc_auc is None
    assert one.roc is None
    assert one.pr is None
    assert one.average_precision is None
    assert "covid" in one.notes["roc_auc"]
    assert one.accuracy == 0.5


def test_no_films_at_all() -> None:
    one = evaluate(of_scores([], []), 0.5)
    assert one.films == 0
    assert (one.accuracy, one.sensitivity, one.specificity, one.f1) == (None,) * 4
    assert one.notes["accuracy"] == "there are no films here"
    assert one.confusion.tolist() == [[0, 0], [0, 0]]


def test_the_curves_are_scikit_learns_and_pass_through_the_operating_point() -> None:
    data = random_predictions(2, seed=3)
    one = evaluate(data, 0.4)
    assert one.roc is not None
    assert one.pr is not None
    rate, sensitivity, thresholds = one.roc
    expected = sk.roc_curve(data.y_true == 0, data.probabilities[:, 0], drop_intermediate=False)
    np.testing.assert_allclose(rate, expected[0])
    np.testing.assert_allclose(sensitivity, expected[1])
    at = int(np.flatnonzero(thresholds >= np.float32(0.4))[-1])
    assert sensitivity[at] == pytest.approx(one.sensitivity)
    assert 1 - rate[at] == pytest.approx(one.specificity)
    recalls, values, cuts = one.pr
    assert len(recalls) == len(values) == len(cuts)
    first = int(np.flatnonzero(cuts >= np.float32(0.4))[0])
    assert recalls[first] == pytest.approx(one.sensitivity)
    assert values[first] == pytest.approx(one.precision["a"])
