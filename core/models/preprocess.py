"""From 8-bit films to what a network was trained on. Numpy only.

Source of the constants: ``keras.applications.imagenet_utils.preprocess_input``.
"""

from __future__ import annotations

import numpy as np

from core.errors import InputError

KINDS_WITHOUT_WEIGHTS = ("rescale", "caffe", "tf", "torch", "raw")
KINDS = (*KINDS_WITHOUT_WEIGHTS, "xrv", "radimagenet")
# Where “divide by 255” can be chosen instead: the others do that themselves, or must not.
KINDS_THAT_RESCALE = ("rescale", "caffe", "tf", "torch")

_BGR_MEAN = np.array([103.939, 116.779, 123.68])
_RGB_MEAN = np.array([0.485, 0.456, 0.406])
_RGB_STD = np.array([0.229, 0.224, 0.225])


def preprocess(pixels: np.ndarray, kind: str) -> np.ndarray:
    """Grey films uint8 (n, S, S), 0 = black → float32 (n, S, S, 3).

    ``kind``: ``rescale`` gives [0, 1] (pixel / 255, the study's), ``tf`` gives [-1, 1],
    ``caffe`` subtracts ImageNet's mean from each channel in the order blue, green, red,
    ``torch`` rescales and then normalises by ImageNet's mean and deviation, ``raw`` keeps
    0 to 255 for networks that do all this themselves (EfficientNet), ``xrv`` gives [-1024,
    1024] for TorchXRayVision's networks (its ``datasets.normalize``), ``radimagenet`` is ``caffe``
    divided by 255, as in the scripts that its authors publish for these very files of Keras
    (github.com/BMEII-AI/RadImageNet, all eight: ``ImageDataGenerator(rescale=1 / 255,
    preprocessing_function=imagenet_utils.preprocess_input)``, which rescales last). Their sample
    for PyTorch takes [-1, 1] instead; which of the two was trained with they have not said.
    Raises InputError for another kind, dtype or shape.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise InputError(
            "Films must be 8-bit grey images in an array (films, height, width); "
            f"this one is {pixels.dtype} with {pixels.ndim} dimensions."
        )
    # A grey level maps to three fixed numbers, so a table of 256 rows does it in one pass.
    values: np.ndarray = _table(kind)[pixels]
    return values


def _table(kind: str) -> np.ndarray:
    grey = np.arange(256, dtype=np.float64)[:, np.newaxis].repeat(3, axis=1)
    if kind == "rescale":
        table = grey / 255
    elif kind == "caffe":
        table = grey - _BGR_MEAN
    elif kind == "tf":
        table = grey / 127.5 - 1
    elif kind == "torch":
        table = (grey / 255 - _RGB_MEAN) / _RGB_STD
    elif kind == "raw":
        table = grey
    elif kind == "xrv":
        table = (2 * grey / 255 - 1) * 1024
    elif kind == "radimagenet":
        table = (grey - _BGR_MEAN) / 255
    else:
        raise InputError(
            f"There is no preprocessing called “{kind}”. Choose one of: {', '.join(KINDS)}."
        )
    return table.astype(np.float32)
