"""The plain recipe, as every tutorial has it: augmentation layers and the frozen backbone
inside ``fit``, films read from folders in every epoch. Run in a process of its own."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from core.models.build import function_called
from core.models.cnn import build_cnn
from core.models.registry import get_network

BATCH = 32


class Stopwatch(keras.callbacks.Callback):
    """Wall seconds of each epoch, validation included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(time.perf_counter() - self._start)


class FilmFolder(keras.utils.PyDataset):
    """``split/class/film`` as ``image_dataset_from_directory`` gives it, for a machine without
    TensorFlow, which that needs: read anew in every epoch, by four threads."""

    def __init__(self, folder: Path, size: int, *, shuffle: bool, seed: int) -> None:
        super().__init__(workers=4)
        self.class_names = sorted(one.name for one in folder.iterdir())
        self._films = [
            (path, place)
            for place, name in enumerate(self.class_names)
            for path in sorted((folder / name).iterdir())
        ]
        self._size, self._drawn = size, np.random.default_rng(seed) if shuffle else None
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        if self._drawn is not None:
            self._drawn.shuffle(self._films)

    def __len__(self) -> int:
        return -(-len(self._films) // BATCH)

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Films float32 (n, size, size, 3) 0..255 and one-hot classes float32 (n, classes)."""
        chosen = self._films[place * BATCH : (place + 1) * BATCH]
        size = (self._size, self._size)
        films = [
            keras.utils.img_to_array(keras.utils.load_img(path, target_size=size))
            for path, _ in chosen
        ]
        return np.stack(films), np.eye(len(self.class_names), dtype="float32")[
            [label for _, label in chosen]
        ]


def films_in(folder: Path, size: int, seed: int) -> dict[str, Any]:
    """The three parts of the data set, as a tutorial on this backend would read them."""
    splits = ("train", "validation", "test")
    if keras.backend.backend() != "tensorflow":
        return {
            split: FilmFolder(folder / split, size, shuffle=split == "train", seed=seed)
            for split in splits
        }
    return {
        split: keras.utils.image_dataset_from_directory(
            folder / split,
            label_mode="categorical",
            image_size=(size, size),
            batch_size=BATCH,
            shuffle=split == "train",
            verbose=False,
        )
        for split in splits
    }


def preprocess_input_of(name: str) -> Callable[[Any], Any]:
    """What Keras prepares films 0..255 for a backbone with; nothing for one of ours, whose
    graph does it."""
    build = function_called(get_network(name).builder)
    module = sys.modules[build.__module__]
    prepare: Callable[[Any], Any] = getattr(module, "preprocess_input", lambda films: films)
    return prepare


def frozen_part(name: str, size: int) -> keras.Model:
    """The backbone as Keras draws it, without its top."""
    film = keras.Input((size, size, 3))
    base: keras.Model = function_called(get_network(name).builder)(
        include_top=False, weights=None, input_tensor=film, input_shape=film.shape[1:], name=name
    )
    return base


def network(name: str, size: int, classes: int, weights: str | None = None) -> keras.Model:
    """Films float32 0..255 (size, size, 3) → class probabilities. ``weights``: a file for the
    backbone, whose films are then rescaled by 1/255 as in the study; else Keras draws its
    own, and films are prepared its own way."""
    film = keras.Input((size, size, 3))
    x = layers.RandomFlip("horizontal")(film)
    x = layers.RandomRotation(10 / 360)(x)
    x = layers.RandomZoom(0.1)(x)
    x = layers.RandomTranslation(0.05, 0.05)(x)
    if not get_network(name).is_frozen:
        x = layers.Rescaling(1 / 255)(x)
        return keras.Model(film, layers.Softmax()(build_cnn(size, classes, 0.3)(x)))
    base = frozen_part(name, size)
    if weights:
        base.load_weights(weights)
    base.trainable = False
    x = layers.Rescaling(1 / 255)(x) if weights else preprocess_input_of(name)(x)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(layers.Dense(64, activation="relu")(x))
    return keras.Model(film, layers.Dense(classes, activation="softmax")(x))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("folder", help="train|validation|test / class / films")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", help="a file for the backbone; films are then rescaled")
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    films = films_in(Path(options.folder), options.image_size, options.seed)
    model = network(
        options.model, options.image_size, len(films["train"].class_names), options.weights
    )
    model.compile("nadam", "categorical_crossentropy", metrics=["accuracy"])
    watch = Stopwatch()
    model.fit(
        films["train"],
        validation_data=films["validation"],
        epochs=options.epochs,
        callbacks=[watch],
        verbose=0,
    )
    _, accuracy = model.evaluate(films["test"], verbose=0)
    print(json.dumps({"epoch_seconds": watch.seconds, "test_accuracy": accuracy}))


if __name__ == "__main__":
    main()
