"""What Home shows: kept whole, found again, and gone with what it shows."""

from __future__ import annotations

import numpy as np

from core.showcase.kept import arrays_of, keep_showcase, kept, showcase_folder
from core.store import RunState, Store
from tests.core.showcase.made_up import answered
from tests.pages.runs import make_dataset, make_run


def test_all_of_a_film_is_found_again(phantom_store: Store) -> None:
    one = answered()
    keep_showcase(
        phantom_store, [one, answered(truth="healthy")], network="A network", artificial=True
    )
    shown = kept(phantom_store)
    assert shown is not None
    assert (shown.network, shown.artificial, len(shown.films)) == ("A network", True, 2)
    assert shown.films[0].probabilities == one.probabilities
    assert shown.films[0].greys.lungs == one.lungs
    found = arrays_of(phantom_store.workspace, shown, 0)
    assert found is not None
    film, heats = found
    np.testing.assert_array_equal(film.codes, one.film.codes)
    assert (film.spacing, film.at_detector, film.bits) == ((0.5, 0.25), True, 12)
    assert film.is_reduced
    np.testing.assert_array_equal(heats["covid"], one.heats["covid"])
    assert list(heats) == ["covid", "healthy"]


def test_what_comes_next_takes_the_place_of_what_was(phantom_store: Store) -> None:
    for name in ("first", "second"):
        keep_showcase(phantom_store, [answered()], network=name, artificial=True)
    shown = kept(phantom_store)
    assert shown is not None
    assert shown.network == "second"
    assert len(list(showcase_folder(phantom_store.workspace).glob("*.npz"))) == 1


def test_it_goes_with_its_film_and_with_its_run(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    run = make_run(phantom_store, RunState.DONE)
    [film] = phantom_store.catalogue.sample(1)
    for lose in (
        lambda: phantom_store.runs.delete(run.run_id),
        lambda: phantom_store.catalogue.remove_source(film.source),
    ):
        keep_showcase(
            phantom_store, [answered(film.film_id)], network="A", artificial=False,
            run_id=run.run_id,
        )  # fmt: skip
        if run.run_id in {one.run_id for one in phantom_store.runs.all()}:
            assert kept(phantom_store) is not None
        lose()
        assert kept(phantom_store) is None
        assert list(showcase_folder(phantom_store.workspace).iterdir()) == []


def test_what_came_along_goes_with_the_artificial_films(phantom_store: Store) -> None:
    keep_showcase(phantom_store, [answered()], network="A", artificial=True)
    for source in phantom_store.catalogue.sources():
        phantom_store.catalogue.remove_source(source.name)
    assert kept(phantom_store) is None


def test_rot_is_nothing_to_show(phantom_store: Store) -> None:
    keep_showcase(phantom_store, [answered()], network="A", artificial=True)
    shown = kept(phantom_store)
    assert shown is not None
    (showcase_folder(phantom_store.workspace) / shown.arrays).write_bytes(b"PK torn")
    assert arrays_of(phantom_store.workspace, shown, 0) is None
    (showcase_folder(phantom_store.workspace) / "showcase.json").write_text("{")
    assert kept(phantom_store) is None
