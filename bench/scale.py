"""how time and memory grow with the number of films

Copies of phantoms with a changed pixel, VGG16 with random weights, no augmentation, 5 epochs of
the head, empty caches. Import: files into the catalogue, thumbnails included. Training: the
whole command. Memory: the most that the worker held, looked at five times a second. ``for
… × the films``: against the smallest number, turn by turn.
"""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.children import run
from bench.films import DATASET, many_phantoms, prepare
from bench.report import head, memory, ratio, row, spread
from bench.settings import Settings
from bench.training import forget_cache


def table(settings: Settings, folder: Path) -> Iterator[str]:
    importing: dict[int, list[float]] = defaultdict(list)
    training: dict[int, list[float]] = defaultdict(list)
    peaks: dict[int, list[float]] = defaultdict(list)
    for count in settings.scale_films:
        many_phantoms(folder / str(count), count, settings.scale_size)
    for _ in range(settings.repeats):
        for count in settings.scale_films:
            data = folder / f"data {count}"
            began = time.perf_counter()
            prepare(data, folder / str(count), settings.scale_size)
            importing[count].append(time.perf_counter() - began)
            forget_cache(data)
            cost = run(
                "core", "train", DATASET, "--model", "vgg16", "--weights", "random",
                "--epochs", "5", "--no-augment", "--json", data=data,
            )  # fmt: skip
            training[count].append(cost.seconds)
            peaks[count].append(cost.worker_peak)
            shutil.rmtree(data)  # the disk need not hold every turn's
    yield f"{settings.scale_size} px, {settings.repeats} turns\n"
    yield head(
        "films", "import and prepare, for 1,000 films", "training, for 1,000 films",
        "training against the smallest number", "peak memory of the worker", "against the smallest",
    )  # fmt: skip
    smallest = settings.scale_films[0]
    for count in settings.scale_films:
        thousands = count / 1000
        yield row(
            f"{count:,}",
            spread([one / thousands for one in importing[count]], "s"),
            spread([one / thousands for one in training[count]], "s"),
            f"{ratio(training[count], training[smallest], 2)} for {count / smallest:g} × the films",
            f"{memory(min(peaks[count]))}–{memory(max(peaks[count]))}",
            ratio(peaks[count], peaks[smallest], 2),
        )
