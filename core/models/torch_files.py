"""Weights out of PyTorch's files, without PyTorch and without running anything in them.

A ``.pth`` or ``.pt`` file is a pickle, and a pickle may name any function of Python. Here
the names that describe tensors become inert descriptions, numpy makes arrays of these, and
every other name is refused (``read_state_dict``) or becomes an empty shell that can be
filled but does nothing (``read_module``, for files that hold a whole network).

Both containers of ``torch.save`` are read: a zip since PyTorch 1.6, before that pickles
one behind another with the storages' bytes after them. Source of both: ``torch/serialization.py``.
No keras here.
"""

from __future__ import annotations

import math
import pickle
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np

from core.errors import InputError
from core.models.torch_pickle import (
    BFLOAT16,
    MAX_BYTES,
    MAX_PICKLE,
    DamagedPickle,
    Names,
    RefusedName,
    Shell,
    Storage,
    Tensor,
    unpickle,
)

TORCH_SUFFIXES = (".pth", ".pt")
_MAX_DEPTH = 64  # modules inside modules
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Name → array for each tensor of a saved state dict, in the file's order.

    bfloat16 becomes float32. A file that keeps its state dict under ``state_dict`` or
    ``model`` is read too; what is no tensor (counters, say) is passed over. Raises
    InputError for a file that is damaged, too large, or names anything but tensors.
    """
    return _read(path, Names(shells=False), _tensors_of)


def read_module(path: Path) -> dict[str, np.ndarray]:
    """The state dict of a whole network that was saved as an object.

    Its classes become shells: their code is neither here nor run. Names are those that
    PyTorch's ``state_dict()`` would give, ``features.conv0.weight`` for example. A file that
    holds a plain state dict is read as one. Raises InputError as ``read_state_dict`` does.
    """
    return _read(path, Names(shells=True), _module_tensors)


def is_torch_file(path: Path) -> bool:
    """Whether it begins as ``torch.save`` begins a file: a zip, or a pickle of protocol 2."""
    with path.open("rb") as stream:
        return stream.read(4).startswith((b"PK\x03\x04", b"\x80\x02\x8a\n"))


def _read(
    path: Path, names: Names, choose: Callable[[object], dict[str, Tensor]]
) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            if size > MAX_BYTES:
                raise InputError(
                    f"{path.name} is {size / 1e9:.1f} GB large; files of weights up to "
                    f"{MAX_BYTES / 1e9:.0f} GB are read."
                )
            container = _container(stream, names)
            with closing(container):
                return {
                    name: _array(tensor, container.bytes_of(tensor.storage))
                    for name, tensor in choose(container.content).items()
                }
    except RefusedName as refusal:
        raise InputError(
            f"{path.name} names {refusal}, which is no part of a tensor. Such a file could run "
            "code when it is opened, so it is not read. Save the state dict alone."
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror or error}).") from error
    # Unpickling damaged bytes raises almost anything; MemoryError where they claim sizes.
    except (
        DamagedPickle, pickle.UnpicklingError, zipfile.BadZipFile, EOFError, ValueError, TypeError,
        KeyError, IndexError, AttributeError, OverflowError, RecursionError, MemoryError,
        NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{path.name} is damaged, or is no file of PyTorch weights. Copy or fetch it again."
        ) from error


class _Legacy:
    """``torch.save`` before PyTorch 1.6: five pickles, then the storages by key."""

    def __init__(self, stream: BinaryIO, names: Names) -> None:
        self._stream = stream
        bare = Names(shells=False)
        magic, _, system = (unpickle(stream, bare) for _ in range(3))
        if magic != _LEGACY_MAGIC or not isinstance(system, dict):
            raise DamagedPickle("no file of torch.save")
        self._order = "<" if system.get("little_endian", True) else ">"
        self.content = unpickle(stream, names)
        keys = unpickle(stream, bare)
        if not isinstance(keys, list):
            raise DamagedPickle("storages without a list")
        self._keys = [str(key) for key in keys]
        self._first = stream.tell()
        self._places: dict[str, tuple[int, int]] = {}

    def bytes_of(self, storage: Storage) -> bytes | _Swapped:
        if not self._places:
            self._find_places(storage)
        place, count = self._places[storage.key]
        if count != storage.count:
            raise DamagedPickle("a storage of another size")
        self._stream.seek(place)
        data = self._stream.read(storage.bytes)
        return data if self._order == "<" else _Swapped(data)

    def _find_places(self, like: Storage) -> None:
        sizes = {one.key: one for one in _storages(self.content)}
        place = self._first
        for key in self._keys:
            self._stream.seek(place)
            count = int.from_bytes(self._stream.read(8), "little" if self._order == "<" else "big")
            self._places[key] = (place + 8, count)
            # A storage that no tensor uses has no known width; PyTorch writes none.
            width = sizes[key].bytes // max(sizes[key].count, 1)
            place += 8 + count * width

    def close(self) -> None:
        pass


class _Zip:
    """``torch.save`` since PyTorch 1.6: one stored file a storage."""

    def __init__(self, stream: BinaryIO, names: Names) -> None:
        self._archive = zipfile.ZipFile(stream)
        described = [
            one for one in self._archive.namelist() if one.count("/") == 1
            and one.endswith("/data.pkl")
        ]  # fmt: skip
        if len(described) != 1:
            raise DamagedPickle("no description")
        self._top = described[0].removesuffix("data.pkl")
        order = f"{self._top}byteorder"
        big = order in self._archive.namelist() and self._bytes(order, 16).strip() == b"big"
        self._swapped = big
        self.content = unpickle(BytesIO(self._bytes(described[0], MAX_PICKLE)), names)

    def bytes_of(self, storage: Storage) -> bytes | _Swapped:
        data = self._bytes(f"{self._top}data/{storage.key}", storage.bytes)
        return _Swapped(data) if self._swapped else data

    def _bytes(self, name: str, most: int) -> bytes:
        with self._archive.open(name) as member:
            return member.read(most)

    def close(self) -> None:
        self._archive.close()


class _Swapped(bytes):
    """Bytes of a machine that writes the large end of a number first."""


def _container(stream: BinaryIO, names: Names) -> _Legacy | _Zip:
    start = stream.read(4)
    stream.seek(0)
    return _Zip(stream, names) if start == b"PK\x03\x04" else _Legacy(stream, names)


def _array(tensor: Tensor, data: bytes | _Swapped) -> np.ndarray:
    """The tensor as an array of its own. Raises DamagedPickle when it leaves its storage."""
    storage = tensor.storage
    if len(data) != storage.bytes:
        raise DamagedPickle("a storage that is cut short")
    if (
        len(tensor.shape) != len(tensor.strides)
        or min((*tensor.shape, *tensor.strides), default=0) < 0
    ):
        raise DamagedPickle("a tensor of no shape")
    if math.prod(tensor.shape):
        last = tensor.offset + sum(
            (size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)
        )
        if tensor.offset < 0 or last >= storage.count or math.prod(tensor.shape) > storage.count:
            raise DamagedPickle("a tensor outside its storage")
    elif tensor.offset:
        return np.zeros(tensor.shape, np.float32)
    kind = np.dtype("u2" if storage.dtype == BFLOAT16 else storage.dtype)
    kind = kind.newbyteorder(">" if isinstance(data, _Swapped) else "<")
    flat = np.frombuffer(data, kind)[tensor.offset :]
    view = np.lib.stride_tricks.as_strided(
        flat, tensor.shape, tuple(stride * kind.itemsize for stride in tensor.strides)
    )
    whole = np.ascontiguousarray(view).astype(kind.newbyteorder("="))
    if storage.dtype == BFLOAT16:  # the upper half of a float32
        whole = (whole.astype(np.uint32) << 16).view(np.float32)
    return whole.reshape(tensor.shape)


def _tensors_of(content: object) -> dict[str, Tensor]:
    if isinstance(content, Mapping):
        inside = (content.get(inner) for inner in ("state_dict", "model"))
        content = next((one for one in inside if isinstance(one, Mapping)), content)
        found = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
        if found:
            return found
    raise DamagedPickle("no tensors")


def _module_tensors(content: object) -> dict[str, Tensor]:
    if isinstance(content, Mapping):
        return _tensors_of(content)
    found: dict[str, Tensor] = {}
    _walk(content, "", found, 0)
    return found or _no_tensors()


def _walk(module: object, prefix: str, found: dict[str, Tensor], depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise DamagedPickle("modules without an end")
    state = getattr(module, "__dict__", {})
    for kind in ("_parameters", "_buffers"):
        held = state.get(kind)
        for name, value in held.items() if isinstance(held, Mapping) else ():
            if isinstance(value, Tensor):
                found[f"{prefix}{name}"] = value
    inner = state.get("_modules")
    for name, value in inner.items() if isinstance(inner, Mapping) else ():
        _walk(value, f"{prefix}{name}.", found, depth + 1)


def _no_tensors() -> NoReturn:
    raise DamagedPickle("no tensors")


def _storages(content: object) -> list[Storage]:
    """Every storage that anything in the content refers to, each object looked at once."""
    found: list[Storage] = []
    seen: set[int] = set()
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Tensor):
            found.append(one.storage)
        elif isinstance(one, Storage):
            found.append(one)
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple | set):
            waiting += one
        waiting += getattr(one, "__dict__", {}).values() if isinstance(one, Shell) else ()
    return found
