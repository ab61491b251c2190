"""Shards that are lent come back like those that the training computes, or are free again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.features.loans import Lending, Loan, LoanBox, PassesUnderWay
from core.features.shards import SHARDS, Shard, record_of, shards_of
from core.features.source import Variant
from core.features.vectors import BATCH, Pass, features
from core.models.preprocess import preprocess
from tests.core.features.made import COUNT, FILM_IDS, FILMS, ROWS, SOURCE, average, quiet

KEY = SOURCE.key(Variant())
PASSES = PassesUnderWay(keys=(KEY,), arithmetic="float32", channels=3)
RECORD = record_of(3)
IDS = np.array([one.encode() for one in FILM_IDS], dtype="S64")


def on_another_machine(loan: Loan) -> np.ndarray:
    """What an honest helper sends."""
    missing = np.flatnonzero((shards_of(IDS) == loan.shard) & ~np.isin(IDS, loan.there))
    found = np.empty(len(missing), RECORD)
    found["film"] = IDS[missing]
    for row, place in enumerate(missing.tolist()):
        batch = preprocess(np.repeat(FILMS[place : place + 1], BATCH, axis=0), "rescale")
        found["vector"][row] = average(batch)[0]
    return found


def never(films: np.ndarray) -> np.ndarray:
    raise AssertionError("a film was computed that somebody has sent")


def test_what_was_lent_is_there_for_the_training(tmp_path: Path) -> None:
    alone = features(tmp_path / "alone", SOURCE, ROWS, Variant(), average, quiet)[:]
    folder = tmp_path / "lent"
    features(folder, SOURCE, ROWS[:5], Variant(), average, quiet)
    lending, loans = Lending(folder, PASSES), []

    def noting(loan: Loan) -> np.ndarray:
        loans.append(loan)
        return on_another_machine(loan)

    while lending.lend(noting, prove=not loans):
        pass
    assert lending.is_over
    assert [one.shard for one in loans] == list(reversed(range(SHARDS))), "each of them once"
    assert {film for one in loans for film in one.there.tolist()} == set(IDS[:5].tolist())
    sample = loans[0].sample
    places = [FILM_IDS.index(one.decode()) for one in sample["film"].tolist()]
    assert sample["vector"].tobytes() == alone[places].tobytes()
    assert not any(len(one.sample) for one in loans[1:]), "shown once"
    found = features(folder, SOURCE, ROWS, Variant(), never, quiet)[:]
    assert found.tobytes() == alone.tobytes()


def test_nothing_is_lent_before_there_is_something_to_compare_with(tmp_path: Path) -> None:
    tmp_path.joinpath("kept").mkdir()
    lending = Lending(tmp_path / "kept", PASSES)
    assert not lending.lend(on_another_machine, prove=True)
    assert lending.lend(on_another_machine, prove=False)


def test_a_training_passes_over_what_is_lent(tmp_path: Path) -> None:
    features(tmp_path, SOURCE, ROWS[:5], Variant(), average, quiet)
    at_work: list[int] = []

    def meanwhile(loan: Loan) -> np.ndarray:
        part = Pass(
            tmp_path, SOURCE, ROWS, Variant(), average, lambda done, _: at_work.append(done)
        )
        part.carry_out(alone=False)
        lent = COUNT - len(on_another_machine(loan))
        assert max(at_work) == lent, "all but these"
        return on_another_machine(loan)

    assert Lending(tmp_path, PASSES).lend(meanwhile, prove=True)
    found = features(tmp_path, SOURCE, ROWS, Variant(), never, quiet)
    assert len(found) == COUNT


def test_who_goes_away_leaves_a_shard_that_is_free(tmp_path: Path) -> None:
    features(tmp_path, SOURCE, ROWS[:5], Variant(), average, quiet)
    lending, asked = Lending(tmp_path, PASSES), []

    def gone(loan: Loan) -> np.ndarray:
        asked.append(loan.shard)
        raise ConnectionError("its power went")

    for _ in range(2):
        with pytest.raises(ConnectionError):
            lending.lend(gone, prove=False)
    assert asked == [SHARDS - 1, SHARDS - 1], "it is lent again"
    shard = Shard(tmp_path, KEY, SHARDS - 1, RECORD)
    assert shard.hold(), "and anybody may take it"
    shard.let_go()


def test_what_does_not_belong_there_is_not_kept(tmp_path: Path) -> None:
    features(tmp_path, SOURCE, ROWS[:30], Variant(), average, quiet)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}

    def odd(loan: Loan) -> np.ndarray:
        known, strange, broken = np.zeros((3, 1), RECORD)
        known["film"] = loan.there[:1] if len(loan.there) else b"known"
        strange["film"] = next(one for one in IDS if shards_of(IDS[one == IDS])[0] != loan.shard)
        broken["film"] = next(one for one in IDS if shards_of(IDS[one == IDS])[0] == loan.shard)
        broken["vector"] = np.nan
        return np.concatenate([strange, broken, *([known] if len(loan.there) else [])])

    lending = Lending(tmp_path, PASSES)
    while lending.lend(odd, prove=False):
        pass
    other = Lending(tmp_path, PASSES)
    while other.lend(lambda loan: np.zeros(2, record_of(4)), prove=False):
        pass
    kept = {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.stat().st_size}
    assert kept == {name: content for name, content in before.items() if content}


def test_a_loan_and_its_answer_go_through_files(tmp_path: Path) -> None:
    mine, its = LoanBox(tmp_path), LoanBox(tmp_path)
    sample = np.zeros(2, RECORD)
    sample["vector"] = [[1, 2, 3], [4, 5, 6]]
    for number in (0, 7):
        assert its.take() is None
        mine.put(Loan(number, KEY, "float32", 15, IDS[:3], sample[:number]))
        assert mine.answer() is None
        taken = its.take()
        assert taken is not None
        [loan] = taken
        assert loan is not None
        assert (loan.number, loan.key, loan.arithmetic, loan.shard) == (number, KEY, "float32", 15)
        assert loan.there.tolist() == IDS[:3].tolist()
        assert loan.sample.tobytes() == sample[:number].tobytes()
        its.give(sample)
        found = mine.answer()
        assert found is not None
        assert found.tobytes() == sample.tobytes()
    mine.put(None)
    assert its.take() == (None,)
