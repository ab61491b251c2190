"""A small data set of phantom films."""

from __future__ import annotations

from core.specs import ClassSpec, DatasetSpec
from core.store import Member, Store


def with_a_dataset(
    store: Store, train: int, validation: int, test: int, image_size: int = 32
) -> Store:
    """The store with the data set “phantoms”: so many films of each of two classes."""
    frame = store.catalogue.frame().sort_values("film_id")
    members = []
    for index, finding in enumerate(("COVID-19", "No finding")):
        ids = frame.loc[frame["finding"] == finding, "film_id"]
        splits = ["train"] * train + ["validation"] * validation + ["test"] * test
        members += [Member(one, index, split) for one, split in zip(ids, splits, strict=False)]
    classes = (
        ClassSpec(name="covid", findings=("COVID-19",)),
        ClassSpec(name="healthy", findings=("No finding",)),
    )
    spec = DatasetSpec.build(name="phantoms", classes=classes, image_size=image_size)
    store.datasets.save(spec, members)
    return store
