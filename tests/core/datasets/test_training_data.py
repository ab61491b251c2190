"""What a run trains on when it is one of several folds."""

from __future__ import annotations

import numpy as np
import pytest

from core.datasets import prepare
from core.datasets.presets import recommended_spec
from core.datasets.training_data import load_training_data
from core.errors import InputError
from core.specs import RepeatKind, RepeatSpec
from core.store import Store


def repeat(index: int, kind: RepeatKind = "folds", count: int = 3) -> RepeatSpec:
    return RepeatSpec(group="g", kind=kind, index=index, count=count)


def test_a_fold_has_its_own_split_of_all_films(phantom_store: Store) -> None:
    spec = recommended_spec(phantom_store.catalogue, "tiny").changed(image_size=32)
    prepare.save_dataset(phantom_store, prepare.plan(phantom_store.catalogue.frame(), spec))
    plain = load_training_data(phantom_store, "tiny", 32, None)
    seeds = load_training_data(phantom_store, "tiny", 32, None, repeat=repeat(1, "seeds"))
    assert (seeds.split == plain.split).all(), "other seeds keep the data set's split"
    folds = [
        load_training_data(phantom_store, "tiny", 32, None, repeat=repeat(index))
        for index in range(3)
    ]
    tested = np.concatenate([fold.film_ids[fold.rows("test")] for fold in folds])
    assert sorted(tested) == sorted(plain.film_ids)
    patients = phantom_store.datasets.members("tiny")["patient"].to_numpy(str)
    for fold in folds:
        sides = [set(patients[fold.rows(one)]) for one in ("train", "validation", "test")]
        assert not sides[0] & sides[1]
        assert not (sides[0] | sides[1]) & sides[2]
    with pytest.raises(InputError, match="patients"):
        load_training_data(phantom_store, "tiny", 32, None, repeat=repeat(0, count=20))
