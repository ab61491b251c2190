"""What Keras takes for bare forward passes of a frozen backbone. A process of its own."""

from __future__ import annotations

import argparse
import json
import time

import keras
import numpy as np

from core.features.vectors import BATCH
from core.models.build import build_model, feature_model
from core.models.preprocess import preprocess
from core.models.registry import get_network


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--policy", default="float32", help="a dtype policy of Keras")
    options = parser.parse_args()
    keras.config.set_dtype_policy(options.policy)
    size = options.image_size
    network = get_network(options.model)
    model = build_model(network, image_size=size, classes=2, dropout=0.3, weights="random", seed=0)
    frozen = feature_model(model)
    films = np.random.default_rng(0).integers(0, 256, (BATCH, size, size), dtype=np.uint8)
    batch = preprocess(films, network.preprocessing)
    frozen.predict_on_batch(batch)  # traces the graph
    started = time.perf_counter()
    for _ in range(options.batches):
        frozen.predict_on_batch(batch)
    seconds = time.perf_counter() - started
    per_film = seconds / (options.batches * BATCH)
    print(json.dumps({"seconds": seconds, "seconds_per_film": per_film}))


if __name__ == "__main__":
    main()
