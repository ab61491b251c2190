"""The study's baseline network as facts: it learns as a whole. No keras; cnn.py builds it."""

from __future__ import annotations

from core.models.network import Counts, Network, head_params

_CONVOLUTIONS = 402_976  # the seven convolutions of the study's table, any film size
_NORM = 4 * 64  # gamma, beta, and the two moving averages that do not train
_LAST_CHANNELS = 32
_SHRINKS = 8  # three poolings by 2


def _counts(image_size: int, classes: int) -> Counts:
    flat = (image_size // _SHRINKS) ** 2 * _LAST_CHANNELS
    total = _CONVOLUTIONS + head_params(flat, classes) + _NORM
    return Counts(total, total - _NORM // 2)


CNN = Network(
    name="cnn",
    title="CNN",
    builder="core.models.cnn:build_cnn",
    preprocessing="rescale",
    feature_channels=_LAST_CHANNELS,
    min_image_size=32,
    citation="The study's own baseline (Granada, June 2020)",
    summary="A small network of seven convolutions that learns everything from the "
    "films of the data set.",
    multiply_adds=5.68,
    counts_as_a_whole=_counts,
)
