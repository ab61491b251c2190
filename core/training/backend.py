"""The few things that differ between Keras's backends [K]."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np


def load_only_the_chosen() -> None:
    """Keep TensorFlow out of a process that works on PyTorch or JAX; call it before anything
    else of Keras. ``keras.utils.set_random_seed`` alone would import it if it is installed,
    which takes seconds and hundreds of megabytes."""
    if keras.backend.backend() != "tensorflow":
        # Python's own way to say “not here”: Keras then goes on without it.
        sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]


def prepare() -> None:
    """Set what the user's own Keras settings might have changed. Call in the training thread:
    Keras keeps the precision policy per thread."""
    keras.backend.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        for gpu in tensorflow.config.list_physical_devices("GPU"):
            tensorflow.config.experimental.set_memory_growth(gpu, True)


def jit_compile(xla: bool = False) -> bool | str:
    """For ``compile``: XLA makes TensorFlow slower on a CPU, and JAX is nothing without it."""
    return xla if keras.backend.backend() == "tensorflow" else "auto"


def without_tuning(batches: keras.utils.PyDataset) -> Any:
    """The batches as ``fit`` takes them quickest; what they say and their order stay.

    On TensorFlow, Keras makes a tf.data pipeline of them, anew in each epoch, with a thread that
    tunes it. That thread sleeps twice as long each time, up to a minute, and TensorFlow 2.21 waits
    for it to wake before it lets go of the pipeline: seconds at the end of each epoch in which
    nothing is computed. There is nothing to tune about one batch ahead, so this pipeline has none.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow

    count = len(batches)
    kinds = tuple(tensorflow.TensorSpec((None, *part.shape[1:]), part.dtype) for part in batches[0])
    pipeline = tensorflow.data.Dataset.from_generator(
        lambda: (batches[place] for place in range(count)), output_signature=kinds
    )
    options = tensorflow.data.Options()
    options.autotune.enabled = False
    pipeline = pipeline.apply(tensorflow.data.experimental.assert_cardinality(count))
    return pipeline.prefetch(1).with_options(options)


def device_name() -> str:
    """What the backend works on, as its maker calls it."""
    backend = keras.backend.backend()
    if not sees_gpu():
        return platform.processor() or platform.machine()
    if backend == "tensorflow":
        import tensorflow

        [gpu, *_] = tensorflow.config.list_physical_devices("GPU")
        return str(tensorflow.config.experimental.get_device_details(gpu).get("device_name"))
    if backend == "torch":
        import torch

        return str(torch.cuda.get_device_name())
    import jax

    return str(jax.devices()[0].device_kind)


def fast_policy() -> str | None:
    """The policy of 16-bit arithmetic that this device has instructions for; None without.

    GPUs of NVIDIA compute bfloat16 from capability 8.0 on, float16 from 7.0 on. Processors
    say so in their flags, which only Linux shows as a file.
    """
    if not sees_gpu():
        flags = _processor_flags()
        return "mixed_bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else None
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        [gpu, *_] = tensorflow.config.list_physical_devices("GPU")
        details = tensorflow.config.experimental.get_device_details(gpu)
        capability = tuple(details.get("compute_capability", (0, 0)))
    elif keras.backend.backend() == "torch":
        import torch

        capability = torch.cuda.get_device_capability()
    else:
        return "mixed_bfloat16"
    if capability >= (8, 0):
        return "mixed_bfloat16"
    return "mixed_float16" if capability >= (7, 0) else None


def _processor_flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())


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
