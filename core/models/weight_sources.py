"""What a network's weights may have learnt before, and where such weights come from. No keras."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

# What ``RunSpec.weights`` calls the first two; a file of the user's own is named by its path.
Learnt = Literal["imagenet", "chest", "radimagenet"]
PUBLISHED = ("imagenet", "chest")  # what ``RunSpec.weights`` calls those that can be fetched

# ``RadImageNet-ResNet50_notop.h5`` as published, ``RIN-DenseNet121_notop.h5`` in its samples.
_RADIMAGENET = re.compile(r"(radimagenet|rin)[-_ .].*\.h5", re.IGNORECASE)


@dataclass(frozen=True)
class WeightSource:
    """One set of published weights for one network.

    ``learnt``: ``imagenet`` (photographs), ``chest`` (chest X-rays) or ``radimagenet`` (CT, MRI
    and ultrasound). ``file``: its name in the workspace's folder of weights and in Keras's
    cache or, with a ``package``, its place in that Python package, which is then installed
    with pip and needs no download. ``distribution``: what pip calls the package. ``asked_at``:
    the page where a person has to ask for the file, which no program can fetch. ``hash``:
    SHA-256 or MD5 in hex; empty where none is published. ``preprocessing``: how films are
    prepared for it (see preprocess.py).
    ``citation``: whom to name, and under which licence.
    """

    learnt: Learnt
    file: str
    preprocessing: str
    url: str = ""
    hash: str = ""
    package: str = ""
    distribution: str = ""
    asked_at: str = ""
    citation: str = ""

    @property
    def is_packaged(self) -> bool:
        return bool(self.package)

    @property
    def is_torch(self) -> bool:
        """Whether PyTorch wrote the file (core.models.torch_files reads it)."""
        return self.file.endswith((".pth", ".pt"))


def named_radimagenet(file: str) -> bool:
    """Whether a file of weights is called as RadImageNet calls its files for Keras.

    ``file``: a name or a path, of Windows too. Nothing inside those files says where they come
    from: by layers and shapes they are keras.applications' networks, as ImageNet's are.
    """
    return _RADIMAGENET.fullmatch(PurePath(file.replace("\\", "/")).name) is not None
