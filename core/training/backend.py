"""The few things that differ between Keras's backends [K]."""

from __future__ import annotations

import keras
import numpy as np


def prepare() -> None:
    """Set what the user's own Keras settings might have changed. Call in the training thread:
    Keras keeps the precision policy per thread."""
    keras.backend.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        for gpu in tensorflow.config.list_physical_devices("GPU"):
            tensorflow.config.experimental.set_memory_growth(gpu, True)


def jit_compile() -> bool | str:
    """For ``compile``: XLA makes TensorFlow slower on a CPU, and JAX is nothing without it."""
    return False if keras.backend.backend() == "tensorflow" else "auto"


def sees_gpu() -> bool:
    """Whether the backend has a GPU to work on."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow

        return bool(tensorflow.config.list_physical_devices("GPU"))
    if backend == "torch":
        import torch

        return bool(torch.cuda.is_available())
    if backend == "jax":
        import jax

        return any(device.platform == "gpu" for device in jax.devices())
    return False


def convolve_once() -> None:
    """One convolution with a known result; raises whatever the backend raises.

    A driver that is too old, a missing library or a GPU too new for the backend shows here.
    """
    films = np.ones((1, 8, 8, 1), dtype=np.float32)
    kernel = np.ones((3, 3, 1, 1), dtype=np.float32)
    result = keras.ops.convert_to_numpy(keras.ops.conv(films, kernel, padding="valid"))
    if not np.allclose(result, 9):
        raise RuntimeError("it computes wrong numbers")
