"""whether being fast costs accuracy: test accuracy over seeds, the plain Keras way and ours

The same films, splits and preprocessing (the study's), and the same frozen weights from one file
on both sides, which are random; other seeds for the head (the CNN: all weights), the order of
films, the dropout and the augmentation. From a file, because ours treats weights that it knows to
be random otherwise (docs/adr/0016).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev

from bench.children import run
from bench.films import DATASET, study_films
from bench.report import head, row
from bench.settings import Settings
from core.models.registry import NETWORKS


def table(settings: Settings, folder: Path) -> Iterator[str]:
    data, tree, size = folder / "data", folder / "tree", settings.accuracy_size
    yield study_films(data, tree, phantoms=settings.phantoms, size=size) + "\n"
    epochs, seeds = settings.accuracy_epochs, range(settings.accuracy_seeds)
    yield head(
        f"network, {epochs} epochs, {len(seeds)} seeds", "plain: mean of test accuracy",
        "ours: mean of test accuracy", "ours minus plain, points",
    )  # fmt: skip
    shape = ("--epochs", str(epochs), "--image-size", str(size))
    for name in settings.accuracy_models:
        frozen: tuple[str, ...] = ()
        if NETWORKS[name].is_frozen:
            file = str(folder / f"{name}.weights.h5")
            run("bench.drawn", name, file, "--image-size", str(size), data=data)
            frozen = ("--weights", file)
        plain = []
        for seed in seeds:
            there = ("bench.plain", name, str(tree), *shape, "--seed", str(seed), *frozen)
            plain.append(float(run(*there, data=data).answer["test_accuracy"]))
        here = ("core", "train", DATASET, "--model", name, *frozen, *shape)
        answer = run(*here, "--seeds", str(len(seeds)), "--json", data=data).answer
        ours = [float(one["test"]["accuracy"]) for one in answer["runs"]]
        yield row(
            NETWORKS[name].title, _told(plain), _told(ours),
            f"{100 * (mean(ours) - mean(plain)):+.1f}",
        )  # fmt: skip


def _told(shares: Sequence[float]) -> str:
    spread = f" ± {100 * stdev(shares):.1f}" if len(shares) > 1 else ""
    return f"{100 * mean(shares):.1f} %{spread} ({', '.join(f'{100 * one:.1f}' for one in shares)})"
