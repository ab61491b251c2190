"""What the tests of training share."""

from __future__ import annotations

import pytest

from core.specs import AugmentSpec, RunSpec
from core.store import Run, Store
from core.training import precision
from tests.core.phantom_dataset import with_a_dataset


@pytest.fixture
def run(phantom_store: Store, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A training that waits, of a random VGG16 on 40 phantoms and one augmented copy of 24."""
    monkeypatch.setattr(precision, "candidates", lambda: [precision.FLOAT32])  # nothing is timed
    with_a_dataset(phantom_store, 12, 4, 4)
    return phantom_store.runs.create(
        RunSpec.build(
            dataset="phantoms", model="vgg16", weights="random", epochs=2, batch_size=8,
            augment=AugmentSpec(), augmented_copies=1,
        )
    )  # fmt: skip
