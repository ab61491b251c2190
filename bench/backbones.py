"""every frozen backbone with a new head, our way alone: a first run, and one with its caches

Once each, and without the plain way, which would take days. ``a bare script``: a
process that loads Keras, builds the network, traces it and puts as many films through it as our
first run did, in the arithmetic that it chose. It trains nothing and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.report import head, memory, row
from bench.settings import Settings
from bench.training import compared
from core.models.registry import NETWORKS


def table(settings: Settings, folder: Path) -> Iterator[str]:
    alone = replace(settings, plain_epochs=0, repeats=1)
    models = tuple(name for name in settings.backbones if NETWORKS[name].is_frozen)
    films, lines = compared(alone, folder, models, settings.epochs)
    yield f"{films}\n"
    yield head(
        f"network, {settings.epochs} epochs", "first run", "again", "first run of the limit",
        "a bare script", "first run of it", "peak memory",
    )  # fmt: skip
    for name, sides in lines:
        first, again = sides.first[0], sides.again[0]
        script = list(sides.scripts.values())[-1][0]  # in the chosen arithmetic
        limits = (f"{policy} {each[0]:.1f} ×" for policy, each in sides.limits.items())
        yield row(
            NETWORKS[name].title,
            f"{first:.1f} s",
            f"{again:.1f} s",
            ", ".join(limits),
            f"{script:.1f} s",
            f"{first / script:.1f} ×",
            memory(sides.our_peak),
        )
