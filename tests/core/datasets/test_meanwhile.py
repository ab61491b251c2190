"""What others import and remove while an import looks into its files, which may take minutes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.datasets.ingest import import_folder
from core.datasets.removing import remove_source
from core.errors import Cancelled
from core.progress import NamedProgress
from core.store import Store
from tests.core.datasets.conftest import FILES, write


def once(work: Callable[[], object]) -> NamedProgress:
    """Does it when the first file has been looked into."""

    def progress(done: int, total: int, file: str) -> None:
        if done == 1:
            work()

    return progress


def sizes(store: Store) -> set[tuple[int, int]]:
    frame = store.catalogue.frame()
    return set(zip(frame["width"], frame["height"], strict=True))


def test_films_whose_source_somebody_removes_come_in_again(store: Store, folder: Path) -> None:
    import_folder(store, folder)
    before = sizes(store)
    report = import_folder(store, folder, progress=once(lambda: remove_source(store, "My films")))
    assert (report.added, report.known) == (3, 0)
    assert store.catalogue.count_by_source() == {"My films": 3}
    assert sizes(store) == before


def test_films_that_another_import_was_quicker_with_are_told_to_be_its(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "Copy", FILES)
    report = import_folder(store, folder, progress=once(lambda: import_folder(store, other)))
    assert (report.added, report.known) == (0, 0)
    assert {one.reason.partition(" (")[2] for one in report.left_out} == {"Copy)"}
    assert store.catalogue.count_by_source() == {"Copy": 3}


def test_what_was_seen_of_a_known_film_is_not_enough_once_it_is_gone(
    store: Store, folder: Path
) -> None:
    import_folder(store, folder)
    before = sizes(store)

    def stopped(done: int, total: int, file: str) -> None:
        if done == total:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        import_folder(store, folder, progress=stopped)
    remove_source(store, "My films")
    import_folder(store, folder)
    assert sizes(store) == before
