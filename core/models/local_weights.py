"""A user's own file of weights: what it may be, and whether it is what its name says. No keras.

Only arrays are ever read from it, here their sizes: a whole saved model can run code when it is
opened as one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.errors import InputError
from core.models.network import Network
from core.models.registry import NETWORKS
from core.models.torch_files import TORCH_SUFFIXES, is_torch_file
from core.models.weight_sources import PUBLISHED, named_radimagenet

_ENDINGS = ".weights.h5, .h5, .pth and .pt"
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def check_local_file(path: str | Path, network: Network) -> Path:
    """The file, which is there, is inside what its name says, and may fit ``network``.

    RadImageNet's files are networks of keras.applications as ImageNet's are, down to the
    shapes of all layers. So one that is called as theirs must hold as many numbers as
    ``network`` has, and must not be the file of ImageNet's that Keras publishes. Raises
    InputError.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError(
            f"There is no file {file}. The weights are {_named()}, or a file that ends in "
            f"{_ENDINGS}."
        )
    is_torch = file.suffix in TORCH_SUFFIXES
    if file.suffix != ".h5" and not is_torch:
        raise InputError(f"{file.name} is not a file of weights. ThoraxLens reads {_ENDINGS} only.")
    try:
        fits = is_torch_file(file) if is_torch else is_hdf5(file)
        if not fits:
            what = "a file of PyTorch weights" if is_torch else "an HDF5 file"
            raise InputError(
                f"{file.name} is not {what}, whatever its name says. Choose another file."
            )
        if not is_torch:
            _check_numbers(file, network)
    except OSError as error:
        raise InputError(f"{file} cannot be opened ({error.strerror or error}).") from error
    return file.resolve()


def count_numbers(file: Path) -> int | None:
    """How many numbers the weights in an HDF5 file are, those of an optimiser left out; None
    where the file is damaged. Both of Keras's formats, and whole models saved as HDF5."""
    import h5py  # only here: whoever queues a run loads this module

    counts: list[int] = []

    def add(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            counts.append(int(item.size or 0))

    try:
        with h5py.File(file, "r") as content:
            weights = content.get("model_weights", content)
            weights.visititems(add)
    # A damaged file may raise any of these, wherever it is looked at.
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError):
        return None
    return sum(counts)


def file_digest(path: Path, like: str) -> str:
    """The file's hash (hex) by the algorithm that ``like`` was made with."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256" if len(like) == 64 else "md5").hexdigest()


def is_hdf5(file: Path) -> bool:
    """Whether the file begins as HDF5 does."""
    with file.open("rb") as stream:
        return stream.read(len(_HDF5_SIGNATURE)) == _HDF5_SIGNATURE


def _check_numbers(file: Path, network: Network) -> None:
    numbers = count_numbers(file)
    claims = named_radimagenet(file.name)
    if numbers == network.frozen_params:
        if claims:
            _check_radimagenet(file, network)
        return
    others = (one for one in NETWORKS.values() if one.is_frozen and one.frozen_params == numbers)
    if other := next(others, None):
        raise InputError(
            f"{file.name} holds the weights of {other.title}, not of {network.title}. Choose "
            f"{other.title}, or another file."
        )
    if claims:
        raise InputError(
            f"{file.name} is called as a file of RadImageNet's, but does not hold the weights of "
            f"{network.title} without its top. Copy it again, or choose another file."
        )


def _check_radimagenet(file: Path, network: Network) -> None:
    if network.source(file.name) is None:
        raise InputError(
            f"{file.name} is called as a file of RadImageNet's, which has published none of "
            f"{network.title}. Give the file the name of what it is."
        )
    photographs = network.source("imagenet")
    if photographs and photographs.hash and file_digest(file, photographs.hash) == photographs.hash:
        raise InputError(
            f"{file.name} is Keras's file of weights that know photographs, whatever its name "
            "says. Choose photographs instead (imagenet)."
        )


def _named() -> str:
    return ", ".join(f"“{one}”" for one in (*PUBLISHED, "random"))
