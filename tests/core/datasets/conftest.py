"""A folder of small films, as the imports of folders and of zips take it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.core.datasets.origin import Origin, serving


def film_bytes(seed: int, size: tuple[int, int] = (20, 30)) -> bytes:
    """A picture with shapes in it: one of noise alone would be set apart."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 4), np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def write(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


FILES = {
    "COVID/00000001_000.png": film_bytes(1, (600, 300)),
    "COVID/00000001_001.png": film_bytes(2),
    "Normal/00000002_000.png": film_bytes(3),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "My films", FILES)


@pytest.fixture
def origin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as one:
        yield one
