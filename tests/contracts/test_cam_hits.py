"""Heat maps must point at what a network goes by: on films with a known opacity, at the opacity.

Each network learns from phantom films and explains films of other patients. The hottest place
of the heat, enlarged as the product draws it, is a hit when it lies inside the opacity's mask.
Three rates it must beat, each by a binomial test: a random place on the film, a random
place in the lungs, and the same network's heat for *covid* before its head has learnt.

ImageNet's weights are not at hand in a test, and
random ones cannot stand in for them. Measured, VGG16 with random weights: the head tells 93 %
of the films apart, yet the peak hits as rarely as chance, because each place of such a feature
map answers more to the border and the brightness around it than to an opacity. Training the
last block by gradient does not repair that within a test's time. So a few channels of the last
convolution get what pretrained channels have, an answer to something at their own place: a
ridge regression on the training films' masks, in closed form. They stand among the other,
random, channels (one in 32), the backbone is frozen again, and from there on everything is
the product's: the vectors, the head, which learns from labels alone what to go by, and the
heat. A wrong layer, class, axis or sign anywhere in a network's graph makes the peak miss.

The CNN gets the same channels, and its convolutions are held so that only its head learns:
left alone it tells the films apart by other signs than the opacity for most seeds (the heat
then says so, rightly), and the heat is to be judged here, not what the CNN prefers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import Ridge

from core.datasets.phantom import draw
from core.datasets.training_data import TrainingData
from core.explain.keras_cam import CamModel
from core.images.overlay import enlarge
from core.images.resize import resize
from core.models.build import build_model, head_model, is_frozen
from core.models.preprocess import preprocess
from core.models.registry import get_network
from core.specs import RunSpec
from core.training.callbacks import BeginEpoch
from core.training.feature_extractor import FeatureExtractor
from core.training.fitting import OPTIMIZERS
from core.training.learners import FullTraining, HeadTraining, Plan

SEED = 3
FILM = 240  # pixels a side, as drawn and as judged
COVID = 0
SIGNIFICANT = 1e-3
FITS = 8


@dataclass(frozen=True)
class Setting:
    """``size``: gives a map of 6 × 6 places or more, since with fewer, no place's middle lies
    where the lungs are. ``seeing`` and ``bias``: a convolution that ends in the last feature
    map with nothing but its bias, a ReLU or a pooling between, and the layer of that bias."""

    size: int
    epochs: int
    seeing: str
    bias: str
    one_in: int = 32  # of the channels, one gets such an answer
    patients: int = 20  # each once with opacities and once without
    held_out: int = 24
    learning_rate: float = 1e-3


SETTINGS = {
    "cnn": Setting(96, 9, "conv7", "conv7", one_in=2, patients=60, held_out=48, learning_rate=3e-4),
    "efficientnetlite0": Setting(192, 60, "top_conv", "top_bn"),
    "vgg16": Setting(192, 60, "block5_conv3", "block5_conv3"),
    "nasnetlarge": Setting(192, 60, "adjust_conv_projection_18", "adjust_bn_18"),
    "inceptionresnetv2": Setting(235, 60, "conv_7b", "conv_7b_bn"),
}


@dataclass(frozen=True)
class Films:
    """uint8 (n, FILM, FILM) each, and the class of each film."""

    pixels: np.ndarray
    opacities: np.ndarray
    lungs: np.ndarray
    truth: np.ndarray

    def inputs(self, size: int) -> np.ndarray:
        return np.stack([resize(film, size) for film in self.pixels])


class Quiet:
    """A reporter with nobody to report to."""

    def stage(self, *_: object, **__: object) -> None: ...

    update = check = stage


def drawn(seeds: range, kinds: tuple[bool, ...]) -> Films:
    films = [draw(one, covid_like=kind, size=FILM) for one in seeds for kind in kinds]
    return Films(
        np.stack([film.pixels for film in films]),
        np.stack([film.opacity_mask for film in films]),
        np.stack([film.lung_mask for film in films]),
        np.array([COVID if kind else 1 for _ in seeds for kind in kinds]),
    )


@pytest.mark.parametrize(
    "name",
    [
        "cnn",
        pytest.param("vgg16", marks=pytest.mark.large),
        "efficientnetlite0",
        pytest.param("nasnetlarge", marks=pytest.mark.large),
        pytest.param("inceptionresnetv2", marks=pytest.mark.large),
    ],
)
def test_the_peak_lies_in_the_opacity(name: str, tmp_path: Path) -> None:
    setting = SETTINGS[name]
    known = drawn(range(1000, 1000 + setting.patients), (True, False))
    unseen = drawn(range(5000, 5000 + setting.held_out), (True,))
    model = build_model(
        get_network(name),
        image_size=setting.size,
        classes=2,
        dropout=0.3,
        weights="random",
        seed=SEED,
    )
    films = known.inputs(setting.size)
    let_see(model, setting, preprocess(films, "rescale"), known.opacities > 0)
    cam = CamModel(model)
    inputs = preprocess(unseen.inputs(setting.size), "rescale")
    before = hits(cam.explain(inputs, COVID)[1], unseen.opacities)

    for layer in model.layers:
        if layer.name.startswith("conv"):
            layer.trainable = False
    learner = learner_of(model, name, setting, films, known.truth, tmp_path)
    fit(learner, setting)
    logits, heats = cam.explain(inputs, COVID)
    after = hits(heats, unseen.opacities)
    other = hits(cam.explain(inputs, 1 - COVID)[1], unseen.opacities)

    opacities, lungs = unseen.opacities > 0, unseen.lungs > 0
    controls = {
        "anywhere": opacities.mean(),
        "in the lungs": (opacities & lungs).sum() / lungs.sum(),
        "untrained": max(before / setting.held_out, 1 / setting.held_out),
    }
    odds = {
        against: binomtest(after, setting.held_out, rate, alternative="greater").pvalue
        for against, rate in controls.items()
    }
    print(
        f"\n{name}: {heats.shape[1]} × {heats.shape[2]} places, "
        f"{(logits.argmax(axis=1) == COVID).mean():.0%} of {setting.held_out} films called covid; "
        f"peaks in the opacity: {after} trained, {before} untrained, {other} for healthy; "
        + ", ".join(f"{what} {controls[what]:.3f} (p {odds[what]:.0e})" for what in controls)
    )
    keras.backend.clear_session()
    assert max(odds.values()) < SIGNIFICANT
    assert other < after / 2


def hits(heats: np.ndarray, opacities: np.ndarray) -> int:
    """On how many films the hottest place lies inside the mask; none where there is no heat."""
    found = 0
    for heat, mask in zip(heats, opacities, strict=True):
        spread = enlarge(heat, mask.shape)
        # A place at the rim is a plateau once enlarged: its middle counts.
        y, x = np.nonzero(spread >= spread.max() - 1e-6)
        found += bool(heat.any() and mask[round(y.mean()), round(x.mean())])
    return found


def let_see(model: keras.Model, setting: Setting, inputs: np.ndarray, masks: np.ndarray) -> None:
    """Fit one in 32 channels of the convolution to how much of each place is opacity."""
    convolution, holder = model.get_layer(setting.seeing), model.get_layer(setting.bias)
    body = keras.Model(model.input, [convolution.input, convolution.output])
    parts = [
        body(inputs[start : start + 10], training=False) for start in range(0, len(inputs), 10)
    ]
    given, answers = (np.concatenate([np.asarray(part[k]) for part in parts]) for k in (0, 1))
    places = given.astype(np.float64)  # in float32 the regression has no solution
    side, planted = given.shape[1], get_network(model.name).feature_channels // setting.one_in
    share = np.stack(
        [
            cv2.resize(mask.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
            for mask in masks
        ]
    )
    # As strong as what the other channels say.
    share *= answers.std() / share.std()
    kernel = np.array(convolution.kernel)
    bias = np.zeros(kernel.shape[-1], np.float32)
    middle = kernel.shape[0] // 2
    rng = np.random.default_rng(SEED)
    for first in range(FITS):  # each from half of the films, so that they differ
        rows = rng.permutation(len(places))[: len(places) // 2]
        line = Ridge(1.0).fit(places[rows].reshape(-1, places.shape[-1]), share[rows].ravel())
        chosen = slice(first, planted, FITS)
        kernel[..., chosen] = 0
        kernel[middle, middle, :, chosen] = line.coef_[:, np.newaxis]
        bias[chosen] = line.intercept_
    convolution.kernel.assign(kernel)
    (holder.bias if holder is convolution else holder.beta).assign(bias)


def learner_of(
    model: keras.Model,
    name: str,
    setting: Setting,
    films: np.ndarray,
    truth: np.ndarray,
    cache: Path,
) -> FullTraining | HeadTraining:
    names = np.array([f"film {number}" for number in range(len(films))])
    data = TrainingData(("covid", "healthy"), films, names, np.full(len(films), "train"), truth)
    spec = RunSpec.build(
        dataset="phantoms", model=name, weights="random", epochs=setting.epochs, batch_size=8,
        augment=None, seed=SEED,
    )  # fmt: skip
    plan = Plan(spec, data, "rescale", weigh_classes=False)
    if not is_frozen(model):
        return FullTraining(model, plan)
    quiet: Any = Quiet()
    return HeadTraining(
        head_model(model), FeatureExtractor(model).extract, plan, "planted", cache, quiet
    )


def fit(learner: FullTraining | HeadTraining, setting: Setting) -> None:
    learner.model.compile(
        optimizer=OPTIMIZERS["nadam"](learning_rate=setting.learning_rate),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    keras.utils.set_random_seed(SEED)
    learner.model.fit(
        learner.training,
        epochs=setting.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[BeginEpoch(learner.training)],
    )
    learner.fuse_scaling()
