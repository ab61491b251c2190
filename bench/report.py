"""What the tables are written with."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import psutil


def head(*titles: str) -> str:
    """The two lines that begin a Markdown table."""
    return "| " + " | ".join(titles) + " |\n|" + "---|" * len(titles)


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def spread(values: Sequence[float], unit: str, digits: int = 1) -> str:
    """“median unit (lowest–highest)”."""
    if not values:
        return "–"
    middle = f"{statistics.median(values):,.{digits}f} {unit}"
    return f"{middle} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def ratio(slow: Sequence[float], fast: Sequence[float], digits: int = 1) -> str:
    """Turn by turn, how many times as long the first took."""
    each = [a / b for a, b in zip(slow, fast, strict=True)] if fast else []
    return spread(each, "×", digits)


def memory(count: float) -> str:
    return f"{count / 2**30:.2f} GiB"


def p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


def machine() -> str:
    today = datetime.now(UTC).date().isoformat()
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    room = f"{psutil.virtual_memory().total / 2**30:.0f} GiB of memory"
    return f"{today}, {cores}, {room}, Python {platform.python_version()}"
