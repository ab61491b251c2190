"""Writes the random weights that ours draws for a backbone into a file, as if pretrained."""

from __future__ import annotations

import argparse
import json

import keras

from core.models.build import POOL, build_model
from core.models.registry import get_network


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("file", help="….weights.h5")
    parser.add_argument("--image-size", type=int, required=True)
    options = parser.parse_args()
    model = build_model(
        get_network(options.model),
        image_size=options.image_size,
        classes=2,
        dropout=0,
        weights="random",
        seed=0,
    )
    keras.Model(model.input, model.get_layer(POOL).input).save_weights(options.file)
    print(json.dumps({"file": options.file}))


if __name__ == "__main__":
    main()
