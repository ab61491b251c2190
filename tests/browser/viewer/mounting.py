"""The film viewer as Streamlit mounts it, without a server behind it."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np
from playwright.sync_api import Page

from core.images.decode import grey_values
from pages.components.viewer.packing import block, packed_film
from tests.core.images.dicom_films import dicom, written

SIDE = 64
# 0 to 4,095, each once: its place says what a pixel's grey value is.
EACH_ONCE = np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE)


def mounted(page: Page, data: bytes, **more: Any) -> None:
    """The viewer with the film in ``data``, and what else ``block`` takes."""
    told = {"place": "test", "alt": "Chest X-ray", **more}
    shown = block(packed_film(grey_values(data, "film", 2048), (1000, 3000)), **told)
    page.evaluate("text => mount(text)", b64encode(shown).decode())


def deep(**header: object) -> bytes:
    """A DICOM film of 12 bits with each value once, read from 0 to 4,095."""
    return written(dicom(EACH_ONCE, WindowCenter=2048, WindowWidth=4096, **header))


def shade(page: Page, value: int, which: int = 0) -> int:
    """What the screen shows of a grey value, at one pixel for one."""
    red, green, blue, _ = page.evaluate(
        """([column, row, side, which]) => {
            const {width, height} = canvases()[which];
            return pixel(Math.round((width - side) / 2) + column,
                         Math.round((height - side) / 2) + row, which);
        }""",
        [value % SIDE, value // SIDE, SIDE, which],
    )
    assert red == green == blue
    return int(red)
