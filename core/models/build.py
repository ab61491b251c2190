"""Building a network as ONE flat functional graph [K].

A backbone that is nested as a layer breaks Grad-CAM in Keras 3, so ``keras.applications``
is called with ``input_tensor`` and its layers stand beside the head's. The last layer
gives logits; the softmax stands outside.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from core.errors import InputError
from core.files import written_whole
from core.models.graph import ancestors, end_of, parents
from core.models.initializers import draw_weights
from core.models.network import HEAD_UNITS, STUDY_HEAD, HeadForm, Network
from core.models.torch_files import TORCH_SUFFIXES, read_module
from core.models.torch_names import fill_from_torch
from core.specs import HeadKind

POOL, DENSE, DROPOUT, LOGITS = "pool", "dense", "dropout", "logits"
_HEAD = (POOL, DENSE, DROPOUT, LOGITS)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)  # of red, green and blue, for values 0 to 1


def build_model(
    network: Network,
    *,
    image_size: int,
    classes: int,
    dropout: float,
    weights: Literal["random"] | Path | None,
    seed: int,
    form: HeadForm = STUDY_HEAD,
) -> keras.Model:
    """Input float32 (S, S, 3), preprocessed → logits float32 (classes).

    ``weights``: a file of backbone weights, or "random" (the same as None). A backbone is
    frozen: nothing below ``pool`` is trainable, and its batch normalisation uses the
    stored averages. ``form``: the head on it; its L2 belongs to the training of the head alone
    (``build_head``). ``seed`` fixes all random weights (it also seeds numpy's, Python's and
    the backend's global generators). Raises InputError for a film too small, a weights file
    that does not fit, or the vectors of more blocks than the network offers.
    """
    network.check_shape(image_size, classes)
    file = None if weights in (None, "random") else Path(str(weights))
    keras.utils.set_random_seed(seed)
    build = function_called(network.builder)
    if not network.is_frozen:
        if file is not None:
            raise InputError(f"{network.title} starts from random weights; leave the file out.")
        whole: keras.Model = build(image_size, classes, dropout)
        return whole

    film = keras.Input((image_size, image_size, 3), name="film")
    backbone = build(
        include_top=False,
        weights=None,
        input_tensor=film,
        input_shape=film.shape[1:],
        name=network.name,
    )
    if file is None:
        draw_weights(backbone, seed)
    else:
        _load_weights(backbone, file, network)
        _mend_normalisation(backbone)
    for layer in backbone.layers:
        layer.trainable = False

    pooled = _pooled(backbone, network, form.blocks)
    return keras.Model(film, _head(pooled, classes, dropout, form.kind), name=network.name)


def _pooled(backbone: keras.Model, network: Network, blocks: int) -> keras.KerasTensor:
    """The mean over the places of each block's last map, one block behind the other."""
    network.vector_length(blocks)
    if blocks == 1:
        return layers.GlobalAveragePooling2D(name=POOL)(backbone.output)
    ends = [backbone.output, *(end_of(backbone, one) for one in network.blocks[: blocks - 1])]
    vectors = [
        layers.GlobalAveragePooling2D(name=f"{POOL}_{number}")(end)
        for number, end in enumerate(ends, start=1)
    ]
    return layers.Concatenate(name=POOL)(vectors)


def function_called(name: str) -> Callable[..., Any]:
    """The function that a network's row names as ``module:function``."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def build_head(
    network: Network, *, classes: int, dropout: float, seed: int, form: HeadForm = STUDY_HEAD
) -> keras.Model:
    """A backbone's head alone: pooled vector float32 (channels) → logits float32 (classes).

    The same layers as ``head_model`` of the whole network, in fractions of a second, and with
    the form's L2 on its kernels. Raises InputError for vectors of more blocks than there are.
    """
    keras.utils.set_random_seed(seed)
    vector = keras.Input((network.vector_length(form.blocks),), name="vector")
    logits = _head(vector, classes, dropout, form.kind, form.l2)
    return keras.Model(vector, logits, name=f"{network.name}_head")


def _head(
    pooled: keras.KerasTensor, classes: int, dropout: float, kind: HeadKind, l2: float = 0.0
) -> keras.KerasTensor:
    def penalty() -> keras.regularizers.Regularizer | None:
        return keras.regularizers.L2(l2) if l2 else None

    x = pooled
    if kind == "dense":
        x = layers.Dense(HEAD_UNITS, activation="relu", kernel_regularizer=penalty(), name=DENSE)(x)
    x = layers.Dropout(dropout, name=DROPOUT)(x)
    # float32 whatever the precision policy: the loss is computed from these.
    return layers.Dense(classes, kernel_regularizer=penalty(), name=LOGITS, dtype="float32")(x)


def first_dense_layer(head: keras.Model) -> keras.layers.Dense:
    """The layer of a head that reads the vector."""
    return next(one for one in head.layers if isinstance(one, keras.layers.Dense))


def last_feature_layer(model: keras.Model) -> str:
    """Name of the last layer whose output is a feature map (n, h, w, channels).

    Found by shape: some applications leave the name of that layer to a counter.
    """
    for layer in reversed(model.layers):
        if len(getattr(layer.output, "shape", ())) == 4:
            return str(layer.name)
    raise InputError(f"The model {model.name} has no feature map, so nothing can be drawn.")


def feature_maps(model: keras.Model, layer: str | None = None) -> list[keras.KerasTensor]:
    """The maps that the head of the model reads, float (n, h, w, channels), the last first: one,
    or as many as it has the vectors of.

    ``layer``: a map to start from instead of the last one; only what is pooled before it comes
    beside it then.
    """
    last = model.get_layer(layer or last_feature_layer(model))
    pooled = [one for one in model.layers if _is_pool_of_several(one)]
    before = ancestors(last)
    others = [one.input for one in pooled if parents(one)[0] in before]
    return [last.output, *others]


def _is_pool_of_several(layer: keras.layers.Layer) -> bool:
    return str(layer.name).startswith(f"{POOL}_")


def feature_model(model: keras.Model) -> keras.Model:
    """Backbones: preprocessed film (S, S, 3) → pooled vector (channels). Shares the layers."""
    return keras.Model(model.input, model.get_layer(POOL).output, name=f"{model.name}_features")


def head_model(model: keras.Model) -> keras.Model:
    """Backbones: pooled vector (channels) → logits (classes). Shares the layers."""
    return keras.Model(model.get_layer(POOL).output, model.output, name=f"{model.name}_head")


def is_frozen(model: keras.Model) -> bool:
    """Whether the model is a backbone with a head (True) or trains as a whole (the CNN)."""
    return any(layer.name == POOL for layer in model.layers)


def trained_part(model: keras.Model) -> keras.Model:
    """What a run keeps: the head of a backbone, all of the CNN."""
    return head_model(model) if is_frozen(model) else model


def save_head(model: keras.Model, path: Path) -> None:
    """Write the trained part's weights to ``path`` (…``.weights.h5``), whole or not at all."""
    with written_whole(path) as temporary:
        trained_part(model).save_weights(temporary)


def load_head(model: keras.Model, path: Path) -> None:
    """Read back what ``save_head`` wrote. Raises InputError when it does not fit."""
    _read_into(
        trained_part(model),
        path,
        f"The weights in {path} do not fit {model.name}: the run's files do not belong together.",
    )


def backbone_hash(model: keras.Model) -> str:
    """SHA-256 (hex) over the frozen weights' bytes, in graph order; "" for the CNN.

    Says whether a rebuilt backbone is the one that a head was trained on.
    """
    if not is_frozen(model):
        return ""
    digest = hashlib.sha256()
    for layer in model.layers:
        if layer.name in _HEAD:
            continue
        for value in layer.get_weights():
            digest.update(np.ascontiguousarray(value, dtype=np.float32).data)
    return digest.hexdigest()


def _load_weights(backbone: keras.Model, file: Path, network: Network) -> None:
    takes = " or ".join(Path(one.file).name for one in network.sources)
    message = (
        f"The weights in {file} do not fit {network.title} without its top. "
        f"It takes the file {takes}, or weights saved from the same network."
    )
    if file.suffix in TORCH_SUFFIXES:
        if not network.torch_names:
            raise InputError(
                f"{file.name} is a file of PyTorch's, and {network.title} reads none. "
                "Choose a .weights.h5 or .h5 file of Keras."
            )
        try:
            pairs = function_called(network.torch_names)
            fill_from_torch(backbone, read_module(file), pairs)
        except ValueError as error:
            raise InputError(message) from error
    else:
        _read_into(backbone, file, message)


def _mend_normalisation(backbone: keras.Model) -> None:
    """EfficientNet: make its own normalisation divide by ImageNet's deviation.

    The published files hold the deviation where the layer takes a variance (TensorFlow issue
    49930), so it would divide by the square root. ``keras.applications`` makes up for it
    with one more layer, but only when it fetches the weights itself. Here the variance is
    put right; a file in which it is right already is left alone.
    """
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.Normalization):
            variance = keras.ops.convert_to_numpy(layer.adapt_variance)
            if np.allclose(variance, _IMAGENET_DEVIATION, atol=1e-3):
                layer.adapt_variance.assign(variance**2)
            layer.finalize_state()  # the layer computes with copies of its weights


def _read_into(model: keras.Model, path: Path, message: str) -> None:
    """Weights only: a whole saved model can run code when it is loaded, arrays cannot."""
    if path.suffix != ".h5":
        raise InputError(
            f"{path.name} is not a file of weights. ThoraxLens reads .weights.h5 and .h5 only."
        )
    try:
        with warnings.catch_warnings():
            # Keras only warns when it leaves a layer as it was drawn; that is no loading.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (ValueError, OSError, KeyError, UserWarning) as error:
        raise InputError(message) from error
