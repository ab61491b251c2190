"""Counting what changed when the marker moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.demonstration.answers import Answers
from core.demonstration.films import COVID_LIKE, HEALTHY, PLACEMENTS
from core.errors import InputError
from tests.core.demonstration.made_up import control, shortcut_answers


def test_the_flip_is_counted_by_class() -> None:
    found = shortcut_answers(slips=1)
    assert found.called(HEALTHY, HEALTHY, COVID_LIKE) == (19, 20)
    assert found.called(HEALTHY, COVID_LIKE, HEALTHY) == (20, 20)
    assert found.called("nobody", COVID_LIKE, COVID_LIKE) == (0, 20)
    assert found.evaluation(HEALTHY).confusion.tolist() == [[0, 20], [19, 1]]


def test_right_answers_are_counted_wherever_the_marker_is() -> None:
    assert [shortcut_answers().correct(where) for where in PLACEMENTS] == [
        (40, 40),
        (1, 40),
        (20, 40),
    ]
    assert [control().correct(where) for where in PLACEMENTS] == [(36, 40)] * 3


def test_only_marked_films_can_have_their_heat_on_the_marker() -> None:
    assert shortcut_answers().looked_at_token() == (20, 20)
    assert control().looked_at_token() == (0, 20)
    assert shortcut_answers().looked_at_token("nobody") == (0, 0)


def test_one_film_s_answer_is_its_more_probable_class() -> None:
    found = shortcut_answers()
    assert [found.answer(COVID_LIKE, row) for row in (0, 1)] == [COVID_LIKE, HEALTHY]
    assert [found.answer(HEALTHY, row) for row in (2, 3)] == [HEALTHY, COVID_LIKE]


def test_answers_survive_the_disk(tmp_path: Path) -> None:
    shortcut_answers().save(tmp_path / "answers.npz")
    found = Answers.load(tmp_path / "answers.npz")
    assert found is not None
    assert (found.y_true == shortcut_answers().y_true).all()
    for where in PLACEMENTS:
        assert (found.probabilities[where] == shortcut_answers().probabilities[where]).all()
        assert (found.heats[where] == shortcut_answers().heats[where]).all()


def test_answers_that_are_not_there_are_none(tmp_path: Path) -> None:
    assert Answers.load(tmp_path / "answers.npz") is None


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 torn", b"no archive at all"])
def test_damaged_answers_say_what_to_do(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "answers.npz").write_bytes(damage)
    with pytest.raises(InputError, match="Start it again"):
        Answers.load(tmp_path / "answers.npz")


def test_an_archive_of_something_else_is_damaged(tmp_path: Path) -> None:
    np.savez(tmp_path / "answers.npz", other=np.zeros(3))
    with pytest.raises(InputError, match="Start it again"):
        Answers.load(tmp_path / "answers.npz")
