"""What a page hands to its film viewers."""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

VIEWER = "thoraxlens_film_viewer"


def shown_films(app: AppTest) -> list[dict[str, Any]]:  # Any: it is JSON
    """What each viewer on the page was told, in order; ``codes`` and ``greys``: the film's."""
    components = [one.proto for one in app.get("bidi_component")]
    return [opened(one.bytes) for one in components if one.component_name == VIEWER]


def opened(block: bytes) -> dict[str, Any]:
    """The same of one viewer's block of bytes."""
    length = int.from_bytes(block[:4], "little")
    told: dict[str, Any] = json.loads(block[4 : 4 + length])
    start, size = told["parts"]["film"]
    planes = zlib.decompress(block[4 + length + start :][:size])
    shape = (told["film"]["height"], told["film"]["width"])
    low, high = np.frombuffer(planes, np.uint8).reshape(2, *shape).astype(np.uint16)
    told["codes"] = np.cumsum(low + (high << 8), axis=1, dtype=np.uint16)
    told["greys"] = told["film"]["least"] + (told["codes"] - 1.0) * told["film"]["step"]
    return told
