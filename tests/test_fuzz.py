"""A small part of what ``make fuzz`` does, and that it would notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import LONGEST, InputError, ThoraxLensError
from tests.fuzz.running import Counts, check_plain, run
from tests.fuzz.targets import Target, targets

SEED = 7
EACH = 8  # mutants a target


@pytest.fixture(scope="module")
def all_targets(tmp_path_factory: pytest.TempPathFactory) -> list[Target]:
    return targets(tmp_path_factory.mktemp("fuzz"))


def test_every_mutant_is_a_value_or_a_plain_sentence(all_targets: list[Target]) -> None:
    for target in all_targets:
        counts = Counts()
        for number in range(EACH):
            run(target, SEED, number, counts)
        assert counts.mutants == EACH
    assert len({target.mutant(SEED, 0) for target in all_targets}) == len(all_targets)


def test_what_is_sound_is_taken(all_targets: list[Target]) -> None:
    """Else the mutants would be refused for something else than their damage."""
    for target in all_targets:
        for seed in target.seeds:
            target.use(seed)


def test_a_mutant_is_the_same_every_time(all_targets: list[Target]) -> None:
    for target in all_targets:
        assert target.mutant(SEED, 3) == target.mutant(SEED, 3)
        assert len({target.mutant(SEED, number) for number in range(20)}) > 10, target.name


def raises(error: Exception) -> Callable[[bytes], object]:
    def use(_: bytes) -> None:
        raise error

    return use


@pytest.mark.parametrize(
    "error",
    [
        KeyError("classes"),
        InputError(""),
        InputError("no full stop"),
        InputError("It cannot be read (<class 'int'>)."),
        InputError("It cannot be read: __init__() got an unexpected argument."),
        InputError("It cannot be read ([Errno 2] No such file)."),
    ],
)
def test_what_is_no_plain_sentence_is_noticed(error: Exception) -> None:
    target = Target("any", 1, [b"abc"], lambda data, others, rng: data, raises(error))
    with pytest.raises((AssertionError, KeyError)):
        run(target, SEED, 0, Counts())


def test_a_message_is_short_and_hides_nothing() -> None:
    said = str(ThoraxLensError(f"{'a' * 5000} is\x00 no \u202efilm. Choose another, or none."))
    assert said == f"{'a' * 100}… is\ufffd no \ufffdfilm. Choose another, or none."
    long = str(ThoraxLensError(f"{'word ' * 900}end. Choose another."))
    assert len(long) <= LONGEST + 3
    assert long.endswith("Choose another.")
    assert str(ThoraxLensError("肺炎 and naïve\nstay. Yes.")) == "肺炎 and naïve\nstay. Yes."
    check_plain(said)
