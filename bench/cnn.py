"""the study's CNN, trained as a whole, the plain Keras way and ours"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.report import head, memory, ratio, row, spread
from bench.settings import Settings
from bench.training import compared
from core.models.registry import MODELS


def table(settings: Settings, folder: Path) -> Iterator[str]:
    models = tuple(name for name in settings.models if name == "cnn")
    lines = compared(settings, folder, models, settings.cnn_epochs)
    yield f"{next(lines)}\n"
    yield head("network", "plain", "ours", "ratio", "peak memory, plain", "ours")
    for name, sides in lines:
        yield row(
            f"{MODELS[name].title}, {settings.cnn_epochs} epochs",
            spread(sides.plain, "s"),
            spread(sides.first, "s"),
            ratio(sides.plain, sides.first),
            memory(sides.plain_peak),
            memory(sides.our_peak),
        )
