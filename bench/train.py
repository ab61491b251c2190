"""a frozen backbone with a new head, the plain Keras way and ours

``ours, again``: other settings of the head, with the caches that the first run left. ``of the
limit``: the first run over Keras's bare forward passes of as many films, in float32 and, where
our run chose another arithmetic, in that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.report import head, memory, ratio, row, spread
from bench.settings import Settings
from bench.training import compared
from core.models.registry import NETWORKS


def table(settings: Settings, folder: Path) -> Iterator[str]:
    models = tuple(name for name in settings.models if NETWORKS[name].is_frozen)
    films, lines = compared(settings, folder, models, settings.epochs)
    yield f"{films}\n"
    yield head(
        f"network, {settings.epochs} epochs", "plain", "ours, first run", "ratio", "ours, again",
        "ratio", "of the limit", "peak memory, plain", "ours",
    )  # fmt: skip
    for name, sides in lines:
        yield row(
            NETWORKS[name].title,
            spread(sides.plain, "s"),
            spread(sides.first, "s"),
            ratio(sides.plain, sides.first),
            spread(sides.again, "s"),
            ratio(sides.plain, sides.again),
            ", ".join(f"{policy} {spread(each, '×')}" for policy, each in sides.limits.items()),
            memory(sides.plain_peak),
            memory(sides.our_peak),
        )
