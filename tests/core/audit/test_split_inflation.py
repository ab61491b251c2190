"""What tearing patients apart is worth."""

from __future__ import annotations

import numpy as np
import pytest

from core.audit.split_inflation import split_inflation


def people(signal: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """60 patients with three films each: every patient looks like himself, and a class by
    ``signal``."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(60), 3)
    labels = (who % 2).astype(np.int64)
    looks = rng.normal(0, 3, (60, 80))[who] + rng.normal(0, 0.1, (180, 80))
    looks[:, :40] += signal * labels[:, None]
    return looks.astype(np.float32), labels, who.astype(str)


def test_recognising_patients_is_worth_what_it_wins() -> None:
    one = split_inflation(*people(0), torn=True)
    assert one.value is not None
    assert one.interval is not None
    assert one.value > 0.3
    assert one.interval[0] > 0.2
    assert one.level == "caution"
    assert one.details["one_by_one"] > 0.8
    assert one.details["by_patient"] < 0.65
    assert "That much is recognising patients" in one.say("caution", 0)[0]


def test_where_the_run_keeps_patients_together_nothing_speaks_against_it() -> None:
    one = split_inflation(*people(0), torn=False)
    assert one.level == "no_shortcut_found"
    assert one.say(one.level, 0)[1] == ""


def test_where_the_class_is_plain_a_split_wins_nothing() -> None:
    one = split_inflation(*people(20), torn=True)
    assert one.value == pytest.approx(0, abs=0.02)
    assert one.level == "no_shortcut_found"


def test_patients_with_one_film_each_cannot_tell() -> None:
    vectors, labels, _ = people(0)
    one = split_inflation(vectors, labels, np.arange(180).astype(str), torn=True)
    assert (one.level, one.value) == ("not_checked", None)
