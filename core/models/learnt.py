"""What a network's weights had learnt before a run: said wherever the network is named.

A network that learnt from a million photographs and one whose frozen part is random are not the
same network, whatever they are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal

from core.models.registry import NETWORKS
from core.specs import RunSpec

WeightsSource = Literal["photographs", "chest X-rays", "RadImageNet", "file", "nothing"]

# What ``RunSpec.weights`` calls them; any other text is the path of a file.
_SOURCES: Mapping[str, WeightsSource] = {
    "imagenet": "photographs",
    "chest": "chest X-rays",
    "radimagenet": "RadImageNet",
    "random": "nothing",
}
_WORDS: Mapping[WeightsSource, str] = {
    "photographs": "Before this training, its weights had learnt from photographs (ImageNet).",
    "chest X-rays": "Before this training, its weights had learnt from other chest X-rays.",
    "RadImageNet": "Before this training, its weights had learnt from CT, MRI and ultrasound "
    "pictures (RadImageNet), as the name of their file says.",
    "nothing": "Its frozen part has random weights: it had learnt nothing before this training.",
}


def weights_source(spec: RunSpec) -> WeightsSource:
    """``photographs``, ``chest X-rays``, ``RadImageNet``, ``file`` (any other of the user's own)
    or ``nothing``."""
    if from_scratch(spec):
        return "nothing"
    network = NETWORKS.get(spec.model)
    source = network.source(spec.weights) if network else None
    return _SOURCES.get(source.learnt if source else spec.weights, "file")


def from_scratch(spec: RunSpec) -> bool:
    """Whether all of the network learns, which then needs nothing to have learnt before."""
    network = NETWORKS.get(spec.model)  # a run by a later version may name another
    return network is not None and not network.is_frozen


def random_backbone(spec: RunSpec) -> bool:
    """Whether the part that does not learn had learnt nothing: what sets a run apart from one
    of the same name with pretrained weights."""
    return weights_source(spec) == "nothing" and not from_scratch(spec)


def learnt_short(spec: RunSpec) -> str:
    """Two words behind a network's name: “photographs”, “random weights”, “from scratch”."""
    if from_scratch(spec):
        return "from scratch"
    source = weights_source(spec)
    return {"nothing": "random weights", "file": "weights file"}.get(source, source)


def learnt_before(spec: RunSpec) -> str:
    """A sentence: what the weights had learnt before this run."""
    if from_scratch(spec):
        return "It had learnt nothing before: all of it was trained on these films."
    source = weights_source(spec)
    if source == "file":
        # A path of Windows is read as one on Linux too.
        name = PurePath(spec.weights.replace("\\", "/")).name
        return f"Before this training, its weights came from a file, {name}."
    if source == "nothing" and spec.fine_tune:
        return (
            "Its weights were random when it began: it had learnt nothing before, and only its "
            "last blocks were trained."
        )
    return _WORDS[source]
