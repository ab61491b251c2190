"""What having seen something before was worth, in a sentence with its interval."""

from __future__ import annotations

import pytest

from core.evaluation.paired import Pair
from core.evaluation.seen_before import worth_of_seeing
from core.specs import RunSpec
from core.store import Run, RunState
from tests.core.evaluation.test_comparison import predictions

FILMS = predictions([0.9, 0.1])


def a_run(name: str, **fields: object) -> Run:
    spec = RunSpec.build(**{"dataset": "adults", "model": "efficientnetlite0", **fields})
    return Run(name, spec, RunState.DONE, created_at=0.0)


def said(
    one: dict[str, object],
    other: dict[str, object],
    difference: float,
    interval: tuple[float, float] | None,
    p_value: float,
) -> str:
    pair = Pair("one", "other", 200, 20, 2, 170, p_value, difference, interval)
    entries = [(a_run("one", **one), FILMS), (a_run("other", **other), FILMS)]
    return " ".join(worth_of_seeing([pair], entries))


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_more_than_chance_is_worth_so_many_points(turned: bool) -> None:
    seen, random = {"weights": "imagenet"}, {"weights": "random"}
    told = (
        said(random, seen, -0.09, (-0.15, -0.03), 0.001)
        if turned
        else said(seen, random, 0.09, (0.03, 0.15), 0.001)
    )
    assert told == (
        "Having seen photographs before was worth 9.0 points of accuracy here (3.0 to 15.0): on "
        "these 200 films, EfficientNetLite0 is right more often than with random weights, and "
        "chance alone hardly explains it."
    )


def test_what_was_seen_can_cost_something() -> None:
    told = said({"weights": "imagenet"}, {"weights": "random"}, -0.05, (-0.08, -0.02), 0.01)
    assert "before cost 5.0 points of accuracy here (2.0 to 8.0)" in told
    assert "right less often than with random weights" in told


@pytest.mark.parametrize(
    ("difference", "interval", "p_value", "between"),
    [
        (0.01, (-0.02, 0.046), 0.6, "+1.0 points (-2.0 to +4.6)"),
        # By single films more than chance, over patients not.
        (0.04, (-0.01, 0.09), 0.03, "+4.0 points (-1.0 to +9.0)"),
        (0.0, None, 1.0, "0.0 points from"),
    ],
)
def test_what_chance_explains_is_said_so(
    difference: float, interval: tuple[float, float] | None, p_value: float, between: str
) -> None:
    told = said({"weights": "imagenet"}, {"weights": "random"}, difference, interval, p_value)
    assert "helped EfficientNetLite0 cannot be told from these 200 films" in told
    assert between in told
    assert "worth" not in told


def test_other_settings_may_have_a_part() -> None:
    seen = {"weights": "imagenet", "device": "cpu"}
    assert "settings" not in said(seen, {"weights": "random"}, 0.1, (0.05, 0.2), 0.001)
    told = said(seen, {"weights": "random", "epochs": 3}, 0.1, (0.05, 0.2), 0.001)
    assert "different settings" in told


def test_of_two_that_had_seen_something_the_better_one_is_named() -> None:
    photographs = {"model": "densenet121", "weights": "imagenet"}
    told = said(
        photographs, {"model": "densenet121", "weights": "chest"}, -0.1, (-0.2, -0.05), 0.01
    )
    assert told.startswith("Having seen other chest X-rays before was worth 10.0 points")
    assert "DenseNet121 is right more often than with weights from photographs" in told


@pytest.mark.parametrize(
    "other",
    [
        {"weights": "imagenet"},
        {"weights": "random", "dataset": "others"},
        {"weights": "random", "model": "vgg16"},
        {"weights": "random", "model": "cnn"},
    ],
)
def test_runs_that_differ_in_more_or_in_nothing_are_not_told_of(other: dict[str, object]) -> None:
    assert said({"weights": "imagenet"}, other, 0.1, (0.05, 0.2), 0.001) == ""
    both = {"model": "cnn"}
    assert (
        said({**both, "weights": "imagenet"}, {**both, "weights": "random"}, 0.1, None, 0.9) == ""
    )


def test_an_interval_beside_0_is_not_told_as_chance_when_the_exact_test_is_what_hesitates() -> None:
    seen, random = {"weights": "imagenet"}, {"weights": "random"}
    told = said(seen, random, 0.25, (0.038, 0.5), 0.07)
    assert "chance can explain" not in told
    assert told.endswith(
        "an exact test on the 22 films that just one of the two gets right does not rule chance "
        "out (McNemar, p = 0.070)."
    )
    with_other_patients = said(seen, random, 0.04, (-0.01, 0.09), 0.03)
    assert with_other_patients.endswith("but with other patients it could be nothing.")
