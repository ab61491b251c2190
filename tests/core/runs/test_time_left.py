"""For how long a training still goes on: a clock that the test moves, and what really came."""

from __future__ import annotations

import pytest

from core.runs.estimate import EVALUATING, FEATURES, FINE_TUNING, PREPARATION, TRAINING, Span
from core.runs.time_left import EpochPace, Forecast, StagePace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def train(
    epochs: int, batches: int, *, trace: float, step: float, look: float, saving: float,
    tests: int = 2, slower: float = 1.0,
) -> list[tuple[int, float | None, float]]:  # fmt: skip
    """Each moment at which a phase says how far it is: the epoch, what it says is left, and what
    was left. ``trace``: more that the first batch takes; ``slower``: the second half."""
    clock = Clock()
    pace = EpochPace(batches, clock)
    told: list[tuple[int, float | None, float]] = []

    def say(epoch: int, batch: int) -> None:
        told.append((epoch + 1, pace.left(batch, epochs - epoch - 1), clock.now))

    for epoch in range(epochs):
        factor = slower if epoch >= epochs // 2 else 1.0
        pace.begin()
        say(epoch, 0)
        for batch in range(batches):
            clock.now += factor * step + (trace if epoch == batch == 0 else 0)
            pace.batch()
            say(epoch, batch + 1)
        for test in range(tests):
            clock.now += factor * look + (trace / 3 if epoch == test == 0 else 0)
            pace.tested()
        pace.end()
        say(epoch, batches)
        clock.now += saving
    end = clock.now - saving
    return [(epoch, left, end - now) for epoch, left, now in told]


@pytest.mark.parametrize(
    "of",
    [
        # The CNN on two cores, a head, and one batch an epoch.
        {"epochs": 12, "batches": 8, "trace": 11.0, "step": 2.0, "look": 0.7, "saving": 0.2},
        {"epochs": 50, "batches": 3, "trace": 2.0, "step": 0.003, "look": 0.0, "saving": 0.001},
        {"epochs": 9, "batches": 1, "trace": 4.0, "step": 1.0, "look": 0.5, "saving": 0.1},
    ],
)
def test_right_within_three_tenths_from_the_second_epoch_on(of: dict[str, float]) -> None:
    told = train(**of)
    later = [one for one in told if one[0] >= 2]
    unknown = [one for one in later if one[1] is None]
    assert len(unknown) <= 1, "only before the second batch of all"
    for epoch, left, real in later:
        if left is not None:
            assert abs(left - real) <= 0.3 * real + 0.02, (epoch, left, real)
    assert later[-1][1] == 0


def test_the_first_batch_does_not_count_for_the_others() -> None:
    told = train(4, 10, trace=30.0, step=1.0, look=0.0, saving=0.0, tests=0)
    assert told[0][1] is None
    assert told[1][1] is None, "one batch, and it traced"
    assert told[2][1] == pytest.approx(38.0)


def test_a_computer_that_gets_slower_is_noticed() -> None:
    told = train(20, 5, trace=5.0, step=1.0, look=0.0, saving=0.0, slower=3.0)
    _, left, real = next(one for one in told if one[0] == 17)
    assert left == pytest.approx(real, rel=0.3)


def test_a_stage_leaves_out_what_came_first() -> None:
    clock = Clock()
    pace = StagePace(clock)
    assert pace.left(0, 100) is None
    clock.now += 10  # the first batch traces
    assert pace.left(8, 92) == pytest.approx(115)
    clock.now += 4
    assert pace.left(16, 84) == pytest.approx(42)
    clock.now += 4
    assert pace.left(24, 76) == pytest.approx(38)


def test_what_comes_later_is_added_and_can_be_learnt() -> None:
    forecast = Forecast(
        {
            PREPARATION: Span(3, 90),
            FEATURES: Span(20, 20),
            TRAINING: Span(8, 8),
            FINE_TUNING: Span(10, 1000),
            EVALUATING: Span(0.5, 2),
        }
    )
    assert forecast.after(TRAINING) is None, "nobody knows how long fine-tuning takes"
    forecast.learn(FINE_TUNING, 60)
    assert forecast.after(FEATURES) == pytest.approx(8 + 60 + 1)
    assert forecast.after(TRAINING) == pytest.approx(61)
    assert forecast.after(EVALUATING) == 0
    assert forecast.after("a stage of other work") is None
