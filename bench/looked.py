"""Writes what a frozen network makes of each film of a data set into a file, in several ways.

By the product's own vectors (``core/features``); only the pooling is built here, where it is
another than the mean.
"""

from __future__ import annotations

import argparse
import json

import keras
import numpy as np

from core.datasets.training_data import load_training_data
from core.features.source import FeatureSource, Variant
from core.features.vectors import features
from core.models.build import POOL, backbone_hash, build_model
from core.models.network import HeadForm
from core.models.registry import get_network
from core.models.weights import resolve_weights
from core.specs import RunSpec
from core.store import open_store
from core.training.feature_extractor import FeatureExtractor
from core.training.precision import Mode
from core.workspace import open_workspace

MEAN, MAX = "mean", "max"  # over the film; the mean is what the product does


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("dataset")
    parser.add_argument("file", help="….npy: float32 (films, channels), in the data set's order")
    parser.add_argument("--weights", required=True, choices=["imagenet", "random"])
    parser.add_argument("--image-size", type=int, required=True)
    parser.add_argument("--pool", nargs="+", choices=[MEAN, MAX], default=[MEAN])
    parser.add_argument("--blocks", type=int, default=1, help="so many blocks' means (pool mean)")
    parser.add_argument("--mirror", action="store_true", help="the mean of a film and its mirror")
    parser.add_argument("--policy", default="float32", help="how to compute")
    options = parser.parse_args()
    parts = [_vectors(options, pool) for pool in options.pool]
    np.save(options.file, np.concatenate(parts, axis=1))
    print(json.dumps({"file": options.file}))


def _vectors(options: argparse.Namespace, pool: str) -> np.ndarray:
    store = open_store(open_workspace())
    network = get_network(options.model)
    spec = RunSpec.build(dataset=options.dataset, model=network.name, weights=options.weights)
    model = build_model(
        network,
        image_size=options.image_size,
        classes=2,
        dropout=0,
        weights=resolve_weights(store.workspace, network, spec),
        seed=spec.seed,
        form=HeadForm(blocks=options.blocks),
    )
    backbone = backbone_hash(model)
    if pool == MAX:
        pooled = keras.layers.GlobalMaxPooling2D(name=POOL)(model.get_layer(POOL).input)
        model = keras.Model(model.input, pooled)
    extractor, mode = FeatureExtractor(model), Mode(options.policy)
    data = load_training_data(store, options.dataset, options.image_size, None)
    kind = network.preprocessing_for("model", spec.weights)

    def look(films: np.ndarray) -> np.ndarray:
        return extractor.extract(films, mode)

    def mirrored(films: np.ndarray) -> np.ndarray:
        return extractor.extract(np.ascontiguousarray(films[:, :, ::-1]), mode)

    sides = {"": look, " mirrored": mirrored} if options.mirror else {"": look}
    found = []
    for side, extract in sides.items():
        source = FeatureSource(
            data.films,
            data.film_ids.tolist(),
            network.name,
            f"{backbone} {pool} {mode.name}{side}",
            kind,
            network.vector_length(options.blocks),
            options.blocks,
        )
        rows = np.arange(len(data.films))
        folder = store.workspace.feature_cache
        kept = features(folder, source, rows, Variant(), extract, lambda *_: None)
        found.append(np.asarray(kept[slice(None)], dtype=np.float32))
    return np.asarray(np.mean(found, axis=0, dtype=np.float32))


if __name__ == "__main__":
    main()
