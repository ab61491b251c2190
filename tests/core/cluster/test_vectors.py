"""What nodes have found out once and for all, kept for the next training like it."""

from __future__ import annotations

from dataclasses import replace

from filelock import FileLock

from core.cluster.vectors import known_vectors, take_vectors
from core.specs import RunSpec
from core.store import Run, Store
from tests.core.phantom_dataset import with_a_dataset


def run_of(store: Store, **fields: object) -> Run:
    asked = {"dataset": "phantoms", "model": "vgg16", "epochs": 3, **fields}
    return store.runs.create(RunSpec.build(**asked, weights="random"))


def test_vectors_of_a_node_are_known_to_the_next_training_like_it(phantom_store: Store) -> None:
    store = with_a_dataset(phantom_store, 6, 2, 2)
    folder = store.workspace.feature_cache
    first = run_of(store)
    assert known_vectors(store, first) == ()
    take_vectors(store, first, {"a.vectors": b"12345678", "../b.vectors": b"1234"})
    assert (folder / "a.vectors").read_bytes() == b"12345678"
    assert (folder / "b.vectors").read_bytes() == b"1234", "no name leads out of the folder"
    again = run_of(store, learning_rate=0.01)
    assert known_vectors(store, again) == ("a.vectors", "b.vectors")
    other_size = replace(again, spec=run_of(store, image_size=64).spec)
    assert known_vectors(store, other_size) == ()


def test_a_file_that_holds_more_is_not_replaced_nor_one_that_is_added_to(
    phantom_store: Store,
) -> None:
    store = with_a_dataset(phantom_store, 6, 2, 2)
    folder, run = store.workspace.feature_cache, run_of(store)
    take_vectors(store, run, {"a.vectors": b"12345678"})
    take_vectors(store, run, {"a.vectors": b"1234"})
    assert (folder / "a.vectors").read_bytes() == b"12345678"
    with FileLock(folder / "a.lock"):
        take_vectors(store, run, {"a.vectors": b"1234567890"})
    assert (folder / "a.vectors").read_bytes() == b"12345678"
    take_vectors(store, run, {"a.vectors": b"1234567890"})
    assert (folder / "a.vectors").read_bytes() == b"1234567890"
