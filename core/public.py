"""Whether this is a public show, in which nothing can be changed and nothing stays."""

from __future__ import annotations

import os

VARIABLE = "THORAXLENS_PUBLIC"


def is_public() -> bool:
    """Whether the environment says so, by anything but 0 and nothing."""
    return os.environ.get(VARIABLE, "0") not in ("", "0")
