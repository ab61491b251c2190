"""the study's CNN, trained as a whole, the plain Keras way and ours"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.report import head, memory, ratio, row, spread
from bench.settings import Settings
from bench.training import compared
from core.models.registry import NETWORKS


def table(settings: Settings, folder: Path) -> Iterator[str]:
    models = tuple(name for name in settings.models if not NETWORKS[name].is_frozen)
    films, lines = compared(settings, folder, models, settings.cnn_epochs)
    yield f"{films}\n"
    yield head(
        "network", "an epoch, plain", "ours", "ratio", f"{settings.cnn_epochs} epochs, plain",
        "ours", "ratio", "peak memory, plain", "ours",
    )  # fmt: skip
    for name, sides in lines:
        yield row(
            NETWORKS[name].title,
            spread(sides.plain_epoch, "s"),
            spread(sides.our_epoch, "s"),
            ratio(sides.plain_epoch, sides.our_epoch),
            spread(sides.plain, "s"),
            spread(sides.first, "s"),
            ratio(sides.plain, sides.first),
            memory(sides.plain_peak),
            memory(sides.our_peak),
        )
