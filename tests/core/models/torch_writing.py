"""Files as ``torch.save`` writes them, opcode by opcode, so that no test needs PyTorch.

Pickle's own dump cannot name classes that are not installed; here any name can be written,
also those that must be refused.
"""

from __future__ import annotations

import pickle
import struct
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

STORAGES = {
    "float32": "FloatStorage", "float64": "DoubleStorage", "float16": "HalfStorage",
    "int64": "LongStorage", "uint8": "ByteStorage", "bool": "BoolStorage",
}  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A class or function, by module and name."""

    module: str
    name: str


@dataclass(frozen=True)
class Call:
    """What a function returns: pickle calls it when the file is opened."""

    what: Name
    arguments: tuple[object, ...]


@dataclass(frozen=True)
class Filled:
    """An object with a state: its ``__dict__``, or whatever its class makes of it."""

    made: object
    state: object


@dataclass(frozen=True)
class Persistent:
    """A reference to a storage."""

    reference: tuple[object, ...]


class Saved:
    """Collects tensors and writes a file in either of PyTorch's containers."""

    def __init__(self) -> None:
        self.storages: dict[str, bytes] = {}
        self.counts: dict[str, int] = {}

    def tensor(
        self,
        values: np.ndarray,
        shape: tuple[int, ...] | None = None,
        strides: tuple[int, ...] | None = None,
        offset: int = 0,
        storage: str | None = None,
        count: int | None = None,
    ) -> Call:
        """A tensor over the values; other ``strides`` than its own are counted in numbers."""
        key = str(len(self.storages))
        self.storages[key], self.counts[key] = values.tobytes(), values.size
        own = tuple(step // values.itemsize for step in values.strides)
        kind = Name("torch", storage or STORAGES[values.dtype.name])
        reference = ("storage", kind, key, "cpu", values.size if count is None else count)
        rebuilt = (
            Persistent(reference), offset, shape or values.shape, strides or own, False,
            Call(Name("collections", "OrderedDict"), ()),
        )  # fmt: skip
        return Call(Name("torch._utils", "_rebuild_tensor_v2"), rebuilt)

    def legacy(self, path: Path, content: object) -> Path:
        """As PyTorch did before 1.6."""
        parts = [
            pickle.dumps(0x1950A86A20F9469CFC6C, 2),
            pickle.dumps(1001, 2),
            pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2),
            pickled(content, legacy=True),
            pickle.dumps(sorted(self.storages), 2),
        ]
        for key in sorted(self.storages):
            parts += [struct.pack("<q", self.counts[key]), self.storages[key]]
        path.write_bytes(b"".join(parts))
        return path

    def zipped(self, path: Path, content: object) -> Path:
        """As PyTorch does since 1.6."""
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickled(content))
            archive.writestr("archive/byteorder", "little")
            for key, data in self.storages.items():
                archive.writestr(f"archive/data/{key}", data)
            archive.writestr("archive/version", "3\n")
        return path


def pickled(content: object, *, legacy: bool = False) -> bytes:
    """Protocol 2; in a ``legacy`` file a reference to a storage ends with its view, None."""
    out = BytesIO()
    out.write(b"\x80\x02")
    _write(content, out, legacy)
    out.write(b".")
    return out.getvalue()


def _write(value: object, out: BytesIO, legacy: bool) -> None:
    if isinstance(value, Name):
        out.write(f"c{value.module}\n{value.name}\n".encode())
    elif isinstance(value, Call):
        _write(value.what, out, legacy)
        _write(value.arguments, out, legacy)
        out.write(b"R")
    elif isinstance(value, Filled):
        _write(value.made, out, legacy)
        _write(value.state, out, legacy)
        out.write(b"b")
    elif isinstance(value, Persistent):
        _write((*value.reference, None) if legacy else value.reference, out, legacy)
        out.write(b"Q")
    elif isinstance(value, tuple):
        out.write(b"(")
        for one in value:
            _write(one, out, legacy)
        out.write(b"t")
    elif isinstance(value, dict):
        out.write(b"}(")
        for key, one in value.items():
            _write(key, out, legacy)
            _write(one, out, legacy)
        out.write(b"u")
    else:  # a plain value: pickle's own opcodes, without protocol and stop
        out.write(pickle.dumps(value, 2)[2:-1])
