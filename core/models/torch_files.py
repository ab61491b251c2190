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
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

from core.errors import InputError

TORCH_SUFFIXES = (".pth", ".pt")
MAX_BYTES = 2 * 1024**3
_MAX_PICKLE = 64 * 1024**2  # the description of a network with thousands of tensors is 1 MB
_MAX_DEPTH = 64  # modules inside modules
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_BFLOAT16 = "bfloat16"

# Storage classes, by the end of their names → what numpy calls their numbers.
_DTYPES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": _BFLOAT16,
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class _Storage:
    """A row of numbers in the file: what kind, how many, and where its bytes are looked up."""

    dtype: str
    count: int
    key: str

    @property
    def bytes(self) -> int:
        return self.count * (2 if self.dtype == _BFLOAT16 else np.dtype(self.dtype).itemsize)


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage, as PyTorch describes one; ``strides`` count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Name → array for each tensor of a saved state dict, in the file's order.

    bfloat16 becomes float32. A file that keeps its state dict under ``state_dict`` or
    ``model`` is read too; what is no tensor (counters, say) is passed over. Raises
    InputError for a file that is damaged, too large, or names anything but tensors.
    """
    return _read(path, _Names(shells=False), _tensors_of)


def read_module(path: Path) -> dict[str, np.ndarray]:
    """The state dict of a whole network that was saved as an object.

    Its classes become shells: their code is neither here nor run. Names are those that
    PyTorch's ``state_dict()`` would give, ``features.conv0.weight`` for example. A file that
    holds a plain state dict is read as one. Raises InputError as ``read_state_dict`` does.
    """
    return _read(path, _Names(shells=True), _module_tensors)


def is_torch_file(path: Path) -> bool:
    """Whether it begins as ``torch.save`` begins a file: a zip, or a pickle of protocol 2."""
    with path.open("rb") as stream:
        return stream.read(4).startswith((b"PK\x03\x04", b"\x80\x02\x8a\n"))


class _Damaged(Exception):
    """The file is not what PyTorch writes; the message says in which way."""


class _Refused(Exception):
    """The file names something that is no tensor."""


def _read(
    path: Path, names: _Names, choose: Callable[[object], dict[str, _Tensor]]
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
    except _Refused as refusal:
        raise InputError(
            f"{path.name} names {refusal}, which is no part of a tensor. Such a file could run "
            "code when it is opened, so it is not read. Save the state dict alone."
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror or error}).") from error
    # Unpickling damaged bytes raises almost anything; MemoryError where they claim sizes.
    except (
        _Damaged, pickle.UnpicklingError, zipfile.BadZipFile, EOFError, ValueError, TypeError,
        KeyError, IndexError, AttributeError, OverflowError, RecursionError, MemoryError,
        NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{path.name} is damaged, or is no file of PyTorch weights. Copy or fetch it again."
        ) from error


class _Shell:
    """Stands for an object of any class: takes whatever a pickle puts into it, does nothing."""

    def __new__(cls, *_: object, **__: object) -> _Shell:
        return object.__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        pass

    def extend(self, values: object) -> None:
        pass

    def add(self, value: object) -> None:
        pass


class _TensorFrom:
    """``torch._utils._rebuild_tensor_v2`` and the one before it, for our descriptions.

    An object without a ``__dict__``: nothing that a pickle holds can be set on it.
    """

    __slots__ = ()

    def __call__(
        self, storage: object, offset: object, shape: object, strides: object, *_: object
    ) -> _Tensor:
        if not isinstance(storage, _Storage) or not isinstance(offset, int):
            raise _Damaged("a tensor without a storage")
        return _Tensor(storage, offset, _whole_numbers(shape), _whole_numbers(strides))


class _ParameterFrom:
    """``torch._utils._rebuild_parameter``: a parameter is its tensor."""

    __slots__ = ()

    def __call__(self, tensor: object, *_: object) -> object:
        return tensor


@dataclass(frozen=True)
class _StorageKind:
    """A storage class of PyTorch; ``dtype`` as numpy names it."""

    dtype: str


class _Names:
    """What a name in a pickle stands for."""

    def __init__(self, *, shells: bool) -> None:
        self._shells = shells

    def find(self, module: str, name: str) -> object:
        if module in ("torch", "torch.storage") and name in _DTYPES:
            return _StorageKind(_DTYPES[name])
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return _TensorFrom()
        if module == "torch._utils" and name.startswith("_rebuild_parameter"):
            return _ParameterFrom()
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if self._shells:
            return type("_Shell", (_Shell,), {})
        raise _Refused(f"{module}.{name}")


class _Unpickler(pickle.Unpickler):
    """Knows tensors and nothing else."""

    def __init__(self, stream: BinaryIO, names: _Names) -> None:
        super().__init__(stream)
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        return self._names.find(module, name)

    def persistent_load(self, pid: object) -> object:
        if not isinstance(pid, tuple) or not pid:
            raise _Damaged("a reference that is none")
        if pid[0] == "module":  # a class, with its source as text that nobody reads
            return pid[1]
        kind, key, count = pid[1], pid[2], pid[4]
        if pid[0] != "storage" or not isinstance(kind, _StorageKind):
            raise _Damaged("a reference to no storage")
        if not isinstance(count, int) or not 0 <= count <= MAX_BYTES or not isinstance(key, str):
            raise _Damaged("a storage without a size")
        if len(pid) > 5 and pid[5] is not None:
            raise _Damaged("a storage that is a view of another")
        return _Storage(kind.dtype, count, key)


def _unpickle(stream: BinaryIO, names: _Names) -> object:
    """The next pickle of the stream, looked through before anything is built from it."""
    start = stream.tell()
    for operation, argument, position in pickletools.genops(stream):
        if (position or 0) - start > _MAX_PICKLE:
            raise _Damaged("a description larger than any network's")
        # Python keeps a place for each number up to the largest: four bytes could ask for 34 GB.
        if operation.name == "LONG_BINPUT" and (argument or 0) > _MAX_PICKLE // 2:
            raise _Damaged("a memory larger than the file")
    end = stream.tell()
    stream.seek(start)
    return _Unpickler(BytesIO(stream.read(end - start)), names).load()


class _Legacy:
    """``torch.save`` before PyTorch 1.6: five pickles, then the storages by key."""

    def __init__(self, stream: BinaryIO, names: _Names) -> None:
        self._stream = stream
        bare = _Names(shells=False)
        magic, _, system = (_unpickle(stream, bare) for _ in range(3))
        if magic != _LEGACY_MAGIC or not isinstance(system, dict):
            raise _Damaged("no file of torch.save")
        self._order = "<" if system.get("little_endian", True) else ">"
        self.content = _unpickle(stream, names)
        keys = _unpickle(stream, bare)
        if not isinstance(keys, list):
            raise _Damaged("storages without a list")
        self._keys = [str(key) for key in keys]
        self._first = stream.tell()
        self._places: dict[str, tuple[int, int]] = {}

    def bytes_of(self, storage: _Storage) -> bytes | _Swapped:
        if not self._places:
            self._find_places(storage)
        place, count = self._places[storage.key]
        if count != storage.count:
            raise _Damaged("a storage of another size")
        self._stream.seek(place)
        data = self._stream.read(storage.bytes)
        return data if self._order == "<" else _Swapped(data)

    def _find_places(self, like: _Storage) -> None:
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

    def __init__(self, stream: BinaryIO, names: _Names) -> None:
        self._archive = zipfile.ZipFile(stream)
        described = [
            one for one in self._archive.namelist() if one.count("/") == 1
            and one.endswith("/data.pkl")
        ]  # fmt: skip
        if len(described) != 1:
            raise _Damaged("no description")
        self._top = described[0].removesuffix("data.pkl")
        order = f"{self._top}byteorder"
        big = order in self._archive.namelist() and self._bytes(order, 16).strip() == b"big"
        self._swapped = big
        self.content = _unpickle(BytesIO(self._bytes(described[0], _MAX_PICKLE)), names)

    def bytes_of(self, storage: _Storage) -> bytes | _Swapped:
        data = self._bytes(f"{self._top}data/{storage.key}", storage.bytes)
        return _Swapped(data) if self._swapped else data

    def _bytes(self, name: str, most: int) -> bytes:
        with self._archive.open(name) as member:
            return member.read(most)

    def close(self) -> None:
        self._archive.close()


class _Swapped(bytes):
    """Bytes of a machine that writes the large end of a number first."""


def _container(stream: BinaryIO, names: _Names) -> _Legacy | _Zip:
    start = stream.read(4)
    stream.seek(0)
    return _Zip(stream, names) if start == b"PK\x03\x04" else _Legacy(stream, names)


def _array(tensor: _Tensor, data: bytes | _Swapped) -> np.ndarray:
    """The tensor as an array of its own. Raises _Damaged when it leaves its storage."""
    storage = tensor.storage
    if len(data) != storage.bytes:
        raise _Damaged("a storage that is cut short")
    if (
        len(tensor.shape) != len(tensor.strides)
        or min((*tensor.shape, *tensor.strides), default=0) < 0
    ):
        raise _Damaged("a tensor of no shape")
    if math.prod(tensor.shape):
        last = tensor.offset + sum(
            (size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)
        )
        if tensor.offset < 0 or last >= storage.count or math.prod(tensor.shape) > storage.count:
            raise _Damaged("a tensor outside its storage")
    elif tensor.offset:
        return np.zeros(tensor.shape, np.float32)
    kind = np.dtype("u2" if storage.dtype == _BFLOAT16 else storage.dtype)
    kind = kind.newbyteorder(">" if isinstance(data, _Swapped) else "<")
    flat = np.frombuffer(data, kind)[tensor.offset :]
    view = np.lib.stride_tricks.as_strided(
        flat, tensor.shape, tuple(stride * kind.itemsize for stride in tensor.strides)
    )
    whole = np.ascontiguousarray(view).astype(kind.newbyteorder("="))
    if storage.dtype == _BFLOAT16:  # the upper half of a float32
        whole = (whole.astype(np.uint32) << 16).view(np.float32)
    return whole.reshape(tensor.shape)


def _tensors_of(content: object) -> dict[str, _Tensor]:
    if isinstance(content, Mapping):
        inside = (content.get(inner) for inner in ("state_dict", "model"))
        content = next((one for one in inside if isinstance(one, Mapping)), content)
        found = {str(name): value for name, value in content.items() if isinstance(value, _Tensor)}
        if found:
            return found
    raise _Damaged("no tensors")


def _module_tensors(content: object) -> dict[str, _Tensor]:
    if isinstance(content, Mapping):
        return _tensors_of(content)
    found: dict[str, _Tensor] = {}
    _walk(content, "", found, 0)
    return found or _no_tensors()


def _walk(module: object, prefix: str, found: dict[str, _Tensor], depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _Damaged("modules without an end")
    state = getattr(module, "__dict__", {})
    for kind in ("_parameters", "_buffers"):
        held = state.get(kind)
        for name, value in held.items() if isinstance(held, Mapping) else ():
            if isinstance(value, _Tensor):
                found[f"{prefix}{name}"] = value
    inner = state.get("_modules")
    for name, value in inner.items() if isinstance(inner, Mapping) else ():
        _walk(value, f"{prefix}{name}.", found, depth + 1)


def _no_tensors() -> NoReturn:
    raise _Damaged("no tensors")


def _storages(content: object) -> list[_Storage]:
    """Every storage that anything in the content refers to, each object looked at once."""
    found: list[_Storage] = []
    seen: set[int] = set()
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, _Tensor):
            found.append(one.storage)
        elif isinstance(one, _Storage):
            found.append(one)
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple | set):
            waiting += one
        waiting += getattr(one, "__dict__", {}).values() if isinstance(one, _Shell) else ()
    return found


def _whole_numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(one) is int for one in values):
        raise _Damaged("a shape that is none")
    return values
