"""a change of filter on Explore, with as many films as ChestX-ray14 has

The whole script of the page, from the changed filter to its last element, run by Streamlit's
AppTest in a process of its own: filtering, counts, charts and the 24 tiles shown. What the
browser takes to draw comes on top. The films are rows of the catalogue without files.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.children import run
from bench.report import head, memory, p95, row, spread
from bench.settings import Settings


def table(settings: Settings, folder: Path) -> Iterator[str]:
    turns = [
        run(
            "bench.explore_page", str(settings.catalogue), str(settings.changes),
            data=folder / f"data {turn}",
        )
        for turn in range(settings.repeats)
    ]  # fmt: skip
    yield head("films", "first view", f"median of {settings.changes}", "95 of 100 within", "memory")
    answers = [one.answer for one in turns]
    yield row(
        f"{settings.catalogue:,}",
        spread([one["first"] * 1000 for one in answers], "ms", 0),
        spread([statistics.median(one["changes"]) * 1000 for one in answers], "ms", 0),
        spread([p95(one["changes"]) * 1000 for one in answers], "ms", 0),
        memory(max(one.peak for one in turns)),
    )
