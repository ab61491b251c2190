"""PyTorch's pickles as descriptions of tensors: nothing that they name is ever run.

The names of tensors become inert objects; every other name is refused, or becomes an empty shell
that can be filled but does nothing. torch_files.py makes arrays of the descriptions. No keras here.
"""

from __future__ import annotations

import pickle
import pickletools
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

MAX_BYTES = 2 * 1024**3
MAX_PICKLE = 64 * 1024**2  # the description of a network with thousands of tensors is 1 MB
BFLOAT16 = "bfloat16"

# Storage classes, by the end of their names → what numpy calls their numbers.
_DTYPES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": BFLOAT16,
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class Storage:
    """A row of numbers in the file: what kind, how many, and where its bytes are looked up."""

    dtype: str
    count: int
    key: str

    @property
    def bytes(self) -> int:
        return self.count * (2 if self.dtype == BFLOAT16 else np.dtype(self.dtype).itemsize)


@dataclass(frozen=True)
class Tensor:
    """A view of a storage, as PyTorch describes one; ``strides`` count numbers, not bytes."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class DamagedPickle(Exception):
    """The file is not what PyTorch writes; the message says in which way."""


class RefusedName(Exception):
    """The file names something that is no tensor."""


class Shell:
    """Stands for an object of any class: takes whatever a pickle puts into it, does nothing."""

    def __new__(cls, *_: object, **__: object) -> Shell:
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
    ) -> Tensor:
        if not isinstance(storage, Storage) or not isinstance(offset, int):
            raise DamagedPickle("a tensor without a storage")
        return Tensor(storage, offset, _whole_numbers(shape), _whole_numbers(strides))


class _ParameterFrom:
    """``torch._utils._rebuild_parameter``: a parameter is its tensor."""

    __slots__ = ()

    def __call__(self, tensor: object, *_: object) -> object:
        return tensor


@dataclass(frozen=True)
class _StorageKind:
    """A storage class of PyTorch; ``dtype`` as numpy names it."""

    dtype: str


class Names:
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
            return type("_Shell", (Shell,), {})
        raise RefusedName(f"{module}.{name}")


class _Unpickler(pickle.Unpickler):
    """Knows tensors and nothing else."""

    def __init__(self, stream: BinaryIO, names: Names) -> None:
        super().__init__(stream)
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        return self._names.find(module, name)

    def persistent_load(self, pid: object) -> object:
        if not isinstance(pid, tuple) or not pid:
            raise DamagedPickle("a reference that is none")
        if pid[0] == "module":  # a class, with its source as text that nobody reads
            return pid[1]
        kind, key, count = pid[1], pid[2], pid[4]
        if pid[0] != "storage" or not isinstance(kind, _StorageKind):
            raise DamagedPickle("a reference to no storage")
        if not isinstance(count, int) or not 0 <= count <= MAX_BYTES or not isinstance(key, str):
            raise DamagedPickle("a storage without a size")
        if len(pid) > 5 and pid[5] is not None:
            raise DamagedPickle("a storage that is a view of another")
        return Storage(kind.dtype, count, key)


def unpickle(stream: BinaryIO, names: Names) -> object:
    """The next pickle of the stream, looked through before anything is built from it."""
    start = stream.tell()
    for operation, argument, position in pickletools.genops(stream):
        if (position or 0) - start > MAX_PICKLE:
            raise DamagedPickle("a description larger than any network's")
        # Python keeps a place for each number up to the largest: four bytes could ask for 34 GB.
        if operation.name == "LONG_BINPUT" and (argument or 0) > MAX_PICKLE // 2:
            raise DamagedPickle("a memory larger than the file")
    end = stream.tell()
    stream.seek(start)
    return _Unpickler(BytesIO(stream.read(end - start)), names).load()


def _whole_numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(one) is int for one in values):
        raise DamagedPickle("a shape that is none")
    return values
