"""a film's label and heat map from a warm worker, against Grad-CAM as tutorials have it

Ours: what the page asks for, through the same client, one film after the other. The plain way:
the same network by Keras, with a two-output model built and a gradient tape opened for each
film (``bench.plain_cam``); its first film, which also warms TensorFlow up, is not counted. All
weights are random: they change no time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.children import run
from bench.films import DATASET, few_phantoms
from bench.report import head, p95, ratio, row, spread
from bench.settings import Settings
from core.models.registry import NETWORKS
from core.prediction.client import PredictionClient
from core.workspace import open_workspace


def table(settings: Settings, folder: Path) -> Iterator[str]:
    data, size = folder / "data", settings.image_size
    files = few_phantoms(folder / "Phantom films", data, size=size)
    yield f"{settings.classified} single films and a batch of {settings.batch}, {size} px\n"
    yield head(
        "network", "a single film, median", "95 of 100 within", "in a batch, a film",
        "plain, median", "plain over ours, single", "in a batch",
    )  # fmt: skip
    contents = [(one.name, one.read_bytes()) for one in files]
    many = [contents[place % len(contents)] for place in range(settings.batch)]
    singles = [contents[place % len(contents)] for place in range(settings.classified)]
    for name in settings.models:
        trained = run(
            "core", "train", DATASET, "--model", name, "--weights", "random",
            "--epochs", "1", "--no-augment", "--json", data=data,
        ).answer  # fmt: skip
        ours: list[float] = []
        slowest: list[float] = []
        batches: list[float] = []
        plain: list[float] = []
        for _ in range(settings.repeats):
            with PredictionClient(open_workspace(data)) as client:
                _seconds(client, trained["run"], contents[:1])  # loads the network
                took = [_seconds(client, trained["run"], [film]) for film in singles]
                _seconds(client, trained["run"], many)
                batches.append(_seconds(client, trained["run"], many) / len(many))
            ours.append(statistics.median(took))
            slowest.append(p95(took))
            arguments = ("--image-size", str(size), "--films", str(settings.plainly))
            cost = run("bench.plain_cam", name, str(files[0].parent), *arguments, data=data)
            plain.append(statistics.median(cost.answer["seconds"]))
        yield row(
            NETWORKS[name].title,
            *(spread([one * 1000 for one in each], "ms", 0) for each in (ours, slowest, batches)),
            spread([one * 1000 for one in plain], "ms", 0),
            ratio(plain, ours),
            ratio(plain, batches),
        )


def _seconds(client: PredictionClient, run_id: str, films: list[tuple[str, bytes]]) -> float:
    began = time.perf_counter()
    for result in client.classify([run_id], films, cam=True):
        if result.error or result.heat is None:
            raise RuntimeError(f"{result.file}: {result.error}")
    return time.perf_counter() - began
