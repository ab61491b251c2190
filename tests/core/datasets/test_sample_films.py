"""The 24 real films: which they are, how they come, and what is said of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from core.datasets.credits import SAMPLE_SOURCE, credit_of
from core.datasets.importers.tables import records
from core.datasets.importers.tree import Tree
from core.datasets.ingest import import_folder
from core.datasets.presets import recommended_spec
from core.datasets.sample_films import download_samples, sample_films
from core.errors import DownloadError
from core.fetch import REACHING, git_hash
from core.store import Store
from tests.core.datasets.conftest import FILES, film_bytes, write
from tests.core.datasets.origin import Origin, no_wait

COMMIT = "c" * 40
LISTED = f"/api/git/trees/{COMMIT}?recursive=1"
NAMES = [f"images/{row['filename']}" for row in sample_films()]


@pytest.fixture
def published(origin: Origin) -> Origin:
    """The commit with all 24 films and its list of them, as GitHub serves them."""
    tree = []
    for number, name in enumerate(NAMES):
        data = origin.files[f"/raw/{COMMIT}/{name}"] = film_bytes(number, (60, 60))
        tree.append({"path": name, "type": "blob", "sha": git_hash(data)})
    origin.files[LISTED] = json.dumps({"tree": tree}).encode()
    return origin


def get(store: Store, origin: Origin) -> int:
    """How many films are new."""
    return download_samples(
        store,
        base_url=f"{origin.url}/raw",
        api_url=f"{origin.url}/api",
        commit=COMMIT,
        wait=no_wait,
    ).added


def test_each_may_be_used_by_anybody_who_names_its_authors() -> None:
    rows = sample_films()
    assert len({row["filename"] for row in rows}) == 24
    for row in rows:
        assert re.fullmatch(r"CC BY \d\.0|CC0.*", row["license"])
        assert row["credit"]
        assert row["url"].startswith("https://")


def test_the_list_says_what_the_collection_says(real_data: Path) -> None:
    table = Tree(real_data / "covid-chestxray-dataset")
    published = {row["filename"]: row for _, row in records(table, "metadata.csv", ("filename",))}
    for row in sample_films():
        theirs = published[row["filename"]]
        for key in row.keys() - {"credit"}:
            assert row[key] == theirs[key].removesuffix(".0" if key == "age" else ""), key


def test_they_come_with_whom_to_name(store: Store, published: Origin) -> None:
    assert get(store, published) == 24
    films = store.catalogue.sample(50)
    assert {film.source for film in films} == {SAMPLE_SOURCE}
    by_finding = [film.finding for film in films]
    assert (by_finding.count("COVID-19"), by_finding.count("No finding")) == (16, 8)
    named = {Path(film.path).name: credit_of(film.metadata) for film in films}
    assert all(named.values())
    assert named["thnov10p5641g006-c.png"] == "Theranostics 2020. CC BY 4.0"
    assert credit_of({"license": "CC BY 4.0"}) == ""
    assert not store.catalogue.sources()[0].artificial


def test_broken_off_it_goes_on_with_what_is_missing(store: Store, published: Origin) -> None:
    last = f"/raw/{COMMIT}/{NAMES[-1]}"
    published.status[last] = [404]
    with pytest.raises(DownloadError, match="404"):
        get(store, published)
    assert store.catalogue.count() == 0
    published.asked.clear()
    published.cut[last] = 1
    assert get(store, published) == 24
    asked = [path for path, _ in published.asked]
    assert asked.count(last) == 2, "the broken connection was taken up again"
    assert get(store, published) == 0


def test_a_film_that_is_another_one_is_refused(store: Store, published: Origin) -> None:
    published.files[f"/raw/{COMMIT}/{NAMES[3]}"] = film_bytes(99)
    with pytest.raises(DownloadError, match=f"{re.escape(NAMES[3])} is not the published file"):
        get(store, published)
    assert store.catalogue.count() == 0


def test_a_film_that_is_gone_is_named(store: Store, published: Origin) -> None:
    tree = json.loads(published.files[LISTED])["tree"][1:]
    published.files[LISTED] = json.dumps({"tree": tree}).encode()
    with pytest.raises(DownloadError, match=f"has no {re.escape(NAMES[0])} any more"):
        get(store, published)


def test_offline_it_says_so_soon(store: Store, origin: Origin) -> None:
    waits: list[float] = []
    with pytest.raises(DownloadError, match="The list of films cannot be reached"):
        download_samples(store, api_url="http://127.0.0.1:9", wait=waits.append)
    assert len(waits) == REACHING - 1


def test_beside_artificial_films_they_make_no_data_set(
    phantom_store: Store, published: Origin, tmp_path: Path
) -> None:
    get(phantom_store, published)
    spec = recommended_spec(phantom_store.catalogue)
    assert {source for one in spec.classes for source in one.sources} == {"Phantom films"}
    covid = {name.replace("COVID/", "COVID-19/"): data for name, data in FILES.items()}
    import_folder(phantom_store, write(tmp_path / "mine", covid), name="mine")
    spec = recommended_spec(phantom_store.catalogue)
    assert {source for one in spec.classes for source in one.sources} == {"mine", SAMPLE_SOURCE}
