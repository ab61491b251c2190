"""What a network's weights may have learnt before, and where such weights come from. No keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What ``RunSpec.weights`` calls them; a file of the user's own is named by its path.
Learnt = Literal["imagenet", "chest"]


@dataclass(frozen=True)
class WeightSource:
    """One set of published weights for one network.

    ``learnt``: ``imagenet`` (photographs) or ``chest`` (chest X-rays). ``file``: its name in
    the workspace's folder of weights and in Keras's cache or, with a ``package``, its place
    in that Python package, which is then installed with pip and needs no download.
    ``distribution``: what pip calls the package. ``hash``: SHA-256 or MD5 in hex; empty where
    none is published. ``preprocessing``: how films are prepared for it (see preprocess.py).
    ``citation``: whom to name, and under which licence.
    """

    learnt: Learnt
    file: str
    preprocessing: str
    url: str = ""
    hash: str = ""
    package: str = ""
    distribution: str = ""
    citation: str = ""

    @property
    def is_packaged(self) -> bool:
        return bool(self.package)

    @property
    def is_torch(self) -> bool:
        """Whether PyTorch wrote the file (core.models.torch_files reads it)."""
        return self.file.endswith((".pth", ".pt"))
