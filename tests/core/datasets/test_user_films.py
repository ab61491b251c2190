"""Films that a user keeps: pixels, and nothing that says whose they are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.datasets.user_films import KEPT_SOURCE, keep_films
from core.errors import FilmError
from core.images.decode import decode_file
from core.store import Store


def png(seed: int, **notes: str) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 30), dtype=np.uint8)
    info = PngInfo()
    for key, value in notes.items():
        info.add_text(key, value)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def test_only_the_pixels_are_kept(store: Store) -> None:
    report = keep_films(store, [("Jane Roe.png", png(1, Patient="Jane Roe"))])
    assert (report.source, report.added) == (KEPT_SOURCE, 1)
    [film] = store.catalogue.films(list(store.catalogue.known()))
    content = Path(film.path).read_bytes()
    assert b"Jane" not in content
    assert "Jane" not in film.path
    assert film.finding == "unknown"
    expected = np.random.default_rng(1).integers(0, 255, (40, 30), dtype=np.uint8)
    np.testing.assert_array_equal(decode_file(film.path).pixels, expected)


def test_keeping_again_changes_nothing_and_more_can_follow(store: Store) -> None:
    keep_films(store, [("a.png", png(1))])
    report = keep_films(store, [("again.png", png(1)), ("b.png", png(2)), ("c.txt", b"no film")])
    assert (report.added, report.known) == (1, 1)
    assert store.catalogue.count() == 2


def test_nothing_readable_is_an_error(store: Store) -> None:
    with pytest.raises(FilmError, match="none was kept"):
        keep_films(store, [("c.txt", b"no film")])
    assert store.catalogue.sources() == []
