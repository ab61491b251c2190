"""What a map says in words: whether sources lie apart, and which films are out of place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.film_map.document import FilmMap, drawn_by_lot, films_to_map, shown_sentence
from core.film_map.placing import nearest, placed, reduced
from core.film_map.separation import WARNING, odd_films, on_the_map, separation

FILMS = 60


def frame(**columns: object) -> pd.DataFrame:
    ids = [f"{number:032x}" for number in range(FILMS)]
    table = {
        "film_id": ids, "source": "north", "path": ids, "patient": "", "finding": "No finding",
        "view": "PA", "sex": "unknown", "age": np.nan,
    }  # fmt: skip
    return pd.DataFrame({**table, **columns})


def laid_out(points: np.ndarray) -> FilmMap:
    """The map of films at these points, a row each."""
    near = nearest(points, 20)
    return FilmMap(
        films=tuple(f"{number:032x}" for number in range(len(points))),
        x=tuple(map(float, points[:, 0])), y=tuple(map(float, points[:, 1])),
        neighbours=tuple(tuple(map(int, row)) for row in near), of=len(points),
    )  # fmt: skip


@pytest.fixture
def two_heaps() -> FilmMap:
    """The first half of the films far from the second."""
    points = np.random.default_rng(0).normal(size=(FILMS, 2))
    points[FILMS // 2 :] += 50
    return laid_out(points)


def halves(one: str, other: str) -> list[str]:
    return [one] * (FILMS // 2) + [other] * (FILMS // 2)


def test_sources_that_lie_apart_are_said_with_the_number(two_heaps: FilmMap) -> None:
    found = separation(two_heaps, frame(source=halves("north", "south")), "source")
    assert found is not None
    assert found.share == 1
    assert found.chance == pytest.approx(29 / 59)
    assert (found.level, found.films) == ("apart", FILMS)
    # Each source has films of the one finding, and there too they lie apart.
    assert found.sentences() == (
        "The sources lie apart: of the 10 films most like a film, 100.0 % come from the same "
        "source; by chance it would be 49.2 %.",
        "Among films of one finding it is 100.0 % (49.2 % by chance).",
        WARNING,
    )


def test_where_each_finding_has_its_source_nobody_can_say_which_is_seen(
    two_heaps: FilmMap,
) -> None:
    own = frame(source=halves("north", "south"), finding=halves("COVID-19", "No finding"))
    found = separation(two_heaps, own, "source")
    assert found is not None
    assert found.within_share is None
    assert "finding and source cannot be told apart" in " ".join(found.sentences())


def test_sources_among_each_other(two_heaps: FilmMap) -> None:
    found = separation(two_heaps, frame(source=["north", "south"] * (FILMS // 2)), "source")
    assert found is not None
    assert found.level == "mixed"
    [said] = found.sentences()
    assert said.startswith("The sources lie among each other")


def test_one_source_or_too_few_of_another_say_nothing(two_heaps: FilmMap) -> None:
    assert separation(two_heaps, frame(), "source") is None
    few = frame(source=["south"] * 19 + ["north"] * (FILMS - 19))
    assert separation(two_heaps, few, "source") is None
    assert separation(two_heaps, frame(), "sex") is None  # nobody knows it


def test_films_of_one_patient_do_not_make_a_source_lie_apart() -> None:
    # Every patient has six films on one spot, the spots in no order: only patients lie apart.
    spots = np.repeat(np.random.default_rng(1).normal(size=(FILMS // 6, 2)) * 50, 6, axis=0)
    patients = [f"p{number // 6}" for number in range(FILMS)]
    sources = ["north" if number // 6 % 2 else "south" for number in range(FILMS)]
    found = separation(laid_out(spots), frame(source=sources, patient=patients), "source")
    alone = separation(laid_out(spots), frame(source=sources), "source")
    assert found is not None
    assert alone is not None
    assert found.level == "mixed"
    assert alone.share > found.share


def test_a_film_among_films_of_another_finding_is_odd(two_heaps: FilmMap) -> None:
    findings = halves("COVID-19", "No finding")
    findings[3], findings[40] = "No finding", "Edema"
    assert set(odd_films(two_heaps, frame(finding=findings))) == {f"{3:032x}", f"{40:032x}"}
    findings[3] = findings[40] = "unknown"  # of these nobody can say so
    assert odd_films(two_heaps, frame(finding=findings)) == []
    assert odd_films(two_heaps, frame(finding=["A", "B"] * (FILMS // 2))) == []


def test_films_that_are_gone_count_nowhere(two_heaps: FilmMap) -> None:
    there = frame(source=halves("north", "south")).drop(index=range(5))
    assert on_the_map(two_heaps, there)["film_id"].isna().sum() == 5
    found = separation(two_heaps, there, "source")
    assert found is not None
    assert found.films == FILMS - 5
    assert odd_films(two_heaps, there) == []


def test_heaps_stay_heaps_on_the_plane() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(FILMS, 80))
    vectors[FILMS // 2 :, :20] += 4
    points = reduced(vectors)
    assert points.shape == (FILMS, 50)
    places = placed(points, lambda: None)
    assert np.ptp(places, axis=0).max() == pytest.approx(2)
    near = nearest(places, 5)
    same = (near < FILMS // 2) == (np.arange(FILMS) < FILMS // 2)[:, None]
    assert same.mean() > 0.95
    assert np.array_equal(places, placed(points, lambda: None))


def test_a_map_can_be_stopped_before_it_is_placed() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        placed(np.zeros((12, 2), np.float32), stop)


def test_artificial_films_are_shown_only_while_there_are_no_others() -> None:
    drawn = frame(source=["drawn"] * 50 + ["north"] * 10)
    assert set(films_to_map(drawn, ["drawn"])["source"]) == {"north"}
    few = frame(source=["drawn"] * 51 + ["north"] * 9)
    assert set(films_to_map(few, ["drawn"])["source"]) == {"drawn"}
    assert len(films_to_map(few, [])) == FILMS


def test_of_many_films_some_are_drawn_by_lot_and_it_is_said(two_heaps: FilmMap) -> None:
    ids = [f"{number:032x}" for number in range(100)]
    assert drawn_by_lot(ids[::-1], 7) == ids[:7]
    assert shown_sentence(two_heaps) == "The map shows 60 films."
    large = two_heaps.model_copy(update={"of": 100_000, "unreadable": 1})
    assert shown_sentence(large) == (
        "The map shows 60 of 100,000 films, drawn by lot. 1 film could not be read."
    )
