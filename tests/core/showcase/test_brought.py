"""What comes along for a first start: drawn films, and answers that fit them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from core.images.decode import grey_values
from core.showcase.brought import FILE, SIDE, Brought, bring, drawn, outline
from core.showcase.kept import MOST, arrays_of, kept
from core.store import Store


def test_a_first_start_has_films_of_both_kinds_with_answers(phantom_store: Store) -> None:
    bring(phantom_store)
    shown = kept(phantom_store)
    assert shown is not None
    assert not shown.run_id
    assert shown.artificial
    assert {one.truth for one in shown.films} == {"covid", "healthy"}
    for place, one in enumerate(shown.films):
        assert abs(sum(one.probabilities.values()) - 1) < 0.002
        assert one.heat_class in one.probabilities
        found = arrays_of(phantom_store.workspace, shown, place)
        assert found is not None
        film, heats = found
        assert film.codes.shape == (SIDE, SIDE)
        assert list(heats) == list(one.probabilities)
        assert heats[one.heat_class].max() > 0.9


def test_what_is_there_is_not_brought_again(phantom_store: Store) -> None:
    bring(phantom_store)
    before = kept(phantom_store)
    bring(phantom_store)
    assert kept(phantom_store) == before


def test_the_drawn_film_is_what_would_be_read_from_its_file(phantom_store: Store) -> None:
    bring(phantom_store)
    shown = kept(phantom_store)
    assert shown is not None
    found = arrays_of(phantom_store.workspace, shown, 0)
    assert found is not None
    file = io.BytesIO()
    one = Brought.load(FILE).films[0]
    Image.fromarray(drawn(one.seed, covid_like=one.covid_like)).save(file, "PNG")
    read = grey_values(file.getvalue(), "film.png", MOST)
    np.testing.assert_array_equal(
        read.least + (read.codes - 1.0) * read.step,
        found[0].least + (found[0].codes - 1.0) * found[0].step,
    )
    assert (read.black, read.white, read.bits) == (found[0].black, found[0].white, found[0].bits)


def test_the_answers_belong_to_the_films_as_they_are_drawn_today() -> None:
    """After a change of how films are drawn: ``python -m tools.showcase``."""
    for one in Brought.load(FILE).films:
        today = np.array(outline(drawn(one.seed, covid_like=one.covid_like)))
        assert np.abs(today - np.array(one.outline)).max() <= 2
        other = np.array(outline(drawn(one.seed + 100, covid_like=one.covid_like)))
        assert np.abs(other - np.array(one.outline)).max() > 10
