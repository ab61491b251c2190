"""Building: seeds, weights from files, and what is refused. Small VGG16 and CNN only."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import InputError
from core.models.build import (
    backbone_hash,
    build_model,
    feature_model,
    head_model,
    last_feature_layer,
    load_head,
    save_head,
)
from core.models.initializers import draw_weights
from core.models.registry import get_network


def small(name: str = "vgg16", **changes: object) -> keras.Model:
    settings = {
        "image_size": 32, "classes": 2, "dropout": 0.3, "weights": "random", "seed": 0, **changes
    }  # fmt: skip
    return build_model(get_network(name), **settings)


def backbone_of(model: keras.Model) -> keras.Model:
    return keras.Model(model.input, model.get_layer(last_feature_layer(model)).output)


def test_the_seed_fixes_every_weight() -> None:
    for name in ("vgg16", "cnn"):
        first, again, other = small(name), small(name), small(name, seed=1)
        pairs = list(zip(first.get_weights(), again.get_weights(), strict=True))
        assert all((one == two).all() for one, two in pairs)
        dense = [model.get_layer("dense").get_weights()[0] for model in (first, other)]
        assert (dense[0] != dense[1]).any()
    assert backbone_hash(small()) == backbone_hash(small(classes=3, image_size=40, dropout=0.1))
    assert backbone_hash(small()) != backbone_hash(small(seed=1))
    assert backbone_hash(small("cnn")) == ""


def test_random_weights_are_he_uniform() -> None:
    """He's variance, 2 / inputs, so that a film's values survive many layers of ReLU."""
    kernel = small().get_layer("block3_conv2").get_weights()[0]
    _is_uniform(kernel, np.sqrt(6 / (9 * 256)))


def test_separable_kernels_are_drawn_with_half_the_variance() -> None:
    """No ReLU stands between the two kernels, so each passes all of its input on."""
    film = keras.Input((8, 8, 128))
    separable = keras.layers.SeparableConv2D(256, 7, name="separable")(film)
    backbone = keras.Model(film, separable)
    draw_weights(backbone, seed=3)
    depthwise, pointwise, bias = backbone.get_layer("separable").get_weights()
    assert depthwise.shape == (7, 7, 128, 1)
    _is_uniform(depthwise, np.sqrt(3 / (7 * 7)))
    assert pointwise.shape == (1, 1, 128, 256)
    _is_uniform(pointwise, np.sqrt(3 / 128))
    assert not bias.any()


def test_kernels_of_one_channel_at_a_time_count_their_own_inputs_only() -> None:
    film = keras.Input((8, 8, 256))
    backbone = keras.Model(film, keras.layers.DepthwiseConv2D(7, name="dw")(film))
    draw_weights(backbone, seed=3)
    _is_uniform(backbone.get_layer("dw").get_weights()[0], np.sqrt(6 / (7 * 7)))


def test_branches_that_add_up_share_the_variance() -> None:
    """Two identity blocks after one whose shortcut has a kernel of its own."""
    film = keras.Input((8, 8, 128))
    conv = keras.layers.Conv2D
    x = keras.layers.Add()(
        [conv(128, 3, padding="same", name=name)(film) for name in ("left", "right")]
    )
    for name in ("one", "two"):
        branch = conv(128, 3, padding="same", activation="relu", name=f"{name}_in")(x)
        branch = conv(128, 3, padding="same", name=f"{name}_out")(branch)
        x = keras.layers.Add()([x, keras.layers.BatchNormalization()(branch)])
    backbone = keras.Model(film, x)
    draw_weights(backbone, seed=3)
    limits = {"left": 3, "right": 3, "one_in": 6, "one_out": 3, "two_in": 6, "two_out": 3}
    for name, squared in limits.items():
        _is_uniform(backbone.get_layer(name).get_weights()[0], np.sqrt(squared / (9 * 128)))


def test_a_gate_starts_half_open_and_is_made_up_for() -> None:
    film = keras.Input((1, 1, 256))
    conv = keras.layers.Conv2D
    x = keras.layers.Activation("swish")(conv(256, 1, name="before")(film))
    gate = conv(256, 1, activation="sigmoid", name="gate")(x)
    x = conv(256, 1, name="behind")(keras.layers.Multiply()([x, gate]))
    backbone = keras.Model(film, x)
    draw_weights(backbone, seed=3)
    for name, squared in {"before": 6 * 1.2, "gate": 6 * 0.01, "behind": 6 * 4}.items():
        _is_uniform(backbone.get_layer(name).get_weights()[0], np.sqrt(squared / 256))


def _is_uniform(kernel: np.ndarray, limit: float) -> None:
    assert 0.99 * limit < abs(kernel).max() <= limit * (1 + 1e-6)
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert kernel.mean() == pytest.approx(0, abs=limit / 50)


def test_dropout_reaches_the_layers() -> None:
    rates = [layer.rate for layer in small("cnn", dropout=0.45).layers if hasattr(layer, "rate")]
    assert rates == [0.45, 0.45]
    assert small(dropout=0.25).get_layer("dropout").rate == 0.25


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
def test_weights_come_from_a_file(tmp_path: Path, suffix: str) -> None:
    source = small(seed=7)
    file = tmp_path / f"vgg{suffix}"
    if suffix == ".h5":  # the old format, which keras.applications' own files have
        h5py = import_module("h5py")
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

        with h5py.File(file, "w") as group:
            save_weights_to_hdf5_group(group, backbone_of(source))
    else:
        backbone_of(source).save_weights(file)
    assert backbone_hash(small(weights=file, seed=1)) == backbone_hash(source)


def test_efficientnet_normalises_as_its_authors_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As keras.applications does when it fetches the published file itself."""
    h5py = import_module("h5py")
    from keras.src.applications import efficientnet
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    source = small("efficientnetb0", seed=3)
    norm = next(one for one in source.layers if isinstance(one, keras.layers.Normalization))
    assert [weight.trainable for weight in norm.weights] == [False] * 3
    for before, start in zip(norm.get_weights(), (0, 1, 0), strict=True):
        assert (before == start).all()  # left alone by the random drawing
    deviation = np.array([0.229, 0.224, 0.225], np.float32)
    norm.set_weights([np.array([0.485, 0.456, 0.406]), deviation, np.array(0)])
    file = tmp_path / "efficientnetb0_notop.h5"
    with h5py.File(file, "w") as group:
        save_weights_to_hdf5_group(group, backbone_of(source))
    monkeypatch.setattr(efficientnet.file_utils, "get_file", lambda *a, **k: str(file))
    theirs = keras.applications.EfficientNetB0(
        include_top=False, weights="imagenet", input_shape=(32, 32, 3), pooling="avg"
    )
    films = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    ours = small("efficientnetb0", weights=file)
    expected = keras.ops.convert_to_numpy(theirs(films, training=False))
    got = keras.ops.convert_to_numpy(feature_model(ours)(films, training=False))
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-5 * abs(expected).max())
    # What was put right is not put right again when it comes back from a file.
    again = tmp_path / "again.weights.h5"
    backbone_of(ours).save_weights(again)
    back = small("efficientnetb0", weights=again)
    assert backbone_hash(back) == backbone_hash(ours)
    got = keras.ops.convert_to_numpy(feature_model(back)(films, training=False))
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-5 * abs(expected).max())


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "head.weights.h5"
    save_head(small(), file)
    with pytest.raises(InputError, match="do not fit VGG16"):
        small(weights=file)
    with pytest.raises(InputError, match="do not belong together"):
        load_head(small(classes=3), file)
    rubbish = tmp_path / "rubbish.weights.h5"
    rubbish.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="do not fit VGG16"):
        small(weights=rubbish)
    with pytest.raises(InputError, match="starts from random weights"):
        small("cnn", weights=file)


def test_whole_models_are_never_opened(tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save(file)
    with pytest.raises(InputError, match="is not a file of weights"):
        small(weights=file)


def test_too_small_films_are_refused() -> None:
    with pytest.raises(InputError, match="at least 75 pixels"):
        small("inceptionresnetv2", image_size=64)


def test_parts_share_the_layers() -> None:
    model = small()
    model.get_layer("logits").bias.assign([3.0, 4.0])
    assert head_model(model).get_layer("logits") is model.get_layer("logits")
    pooled = feature_model(model)(np.zeros((1, 32, 32, 3), np.float32))
    assert pooled.shape == (1, 512)
    answer = keras.ops.convert_to_numpy(head_model(model)(pooled))
    np.testing.assert_allclose(answer, [[3, 4]])  # a black film through biases of zero
