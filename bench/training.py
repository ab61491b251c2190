"""One network trained the plain way and ours, in turns; what ``train`` and ``cnn`` share."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.children import Cost, run
from bench.films import DATASET, study_films
from bench.settings import Settings
from core.features.shards import SUFFIX, record_of
from core.models.registry import get_network
from core.workspace import open_workspace


@dataclass
class Sides:
    """Seconds of each turn, seconds of a later epoch (the first also traces), and the highest
    memory of each side in bytes.

    ``limits``: ours, first run, over Keras's bare forward passes of the same number of
    films, by the policy of these passes: float32, and the one that our run chose.
    ``scripts``: seconds of a process that does nothing but load Keras, build the network and
    put these films through it, in the same order of policies.
    """

    plain: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    limits: dict[str, list[float]] = field(default_factory=dict)
    scripts: dict[str, list[float]] = field(default_factory=dict)
    plain_epoch: list[float] = field(default_factory=list)
    our_epoch: list[float] = field(default_factory=list)
    plain_peak: int = 0
    our_peak: int = 0


def compared(
    settings: Settings, folder: Path, models: tuple[str, ...], epochs: int
) -> tuple[str, Iterator[tuple[str, Sides]]]:
    """A line about the films, then (as it is asked for) each network with what its turns took."""
    data, tree = folder / "data", folder / "tree"
    films = study_films(data, tree, phantoms=settings.phantoms, size=settings.image_size)
    return films, ((name, _turns(name, data, tree, settings, epochs)) for name in models)


def _turns(name: str, data: Path, tree: Path, settings: Settings, epochs: int) -> Sides:
    sides = Sides()
    for _ in range(settings.repeats):
        # The sides take turns, so that a slow spell of the machine hits both.
        if settings.plain_epochs:
            timed = ("--epochs", str(settings.plain_epochs), *_size(settings))
            cost = run("bench.plain", name, str(tree), *timed, data=data)
            sides.plain.append(_scaled(cost, epochs))
            sides.plain_epoch.append(_later(cost))
            sides.plain_peak = max(sides.plain_peak, cost.peak)
        _our_turn(sides, name, data, settings, epochs)
    return sides


def _our_turn(sides: Sides, name: str, data: Path, settings: Settings, epochs: int) -> None:
    train = ("core", "train", DATASET, "--model", name, "--weights", "random",
             "--epochs", str(epochs), "--json", *_size(settings))  # fmt: skip
    forget_cache(data)
    ours = run(*train, data=data)
    sides.first.append(ours.seconds)
    sides.our_epoch.append(float(ours.answer["seconds_per_epoch"]))
    sides.our_peak = max(sides.our_peak, ours.peak)
    if not get_network(name).is_frozen:  # nothing of it can be worked out beforehand
        return
    passes = _passes(data, name)
    sides.again.append(run(*train, "--learning-rate", "0.002", data=data).seconds)
    for policy in dict.fromkeys(("float32", ours.answer["precision_mode"].split()[0])):
        bare = run("bench.limit", name, *_size(settings), "--policy", policy, data=data)
        least = bare.answer["seconds_per_film"] * passes
        sides.limits.setdefault(policy, []).append(ours.seconds / least)
        script = bare.seconds - bare.answer["seconds"] + least
        sides.scripts.setdefault(policy, []).append(script)


def _size(settings: Settings) -> tuple[str, str]:
    return ("--image-size", str(settings.image_size))


def forget_cache(data: Path) -> None:
    """So that the next run is a first one: it also measures anew which arithmetic is fastest."""
    workspace = open_workspace(data)
    shutil.rmtree(workspace.feature_cache)
    shutil.rmtree(workspace.film_cache)
    workspace.speeds.unlink(missing_ok=True)
    workspace.backbones.unlink(missing_ok=True)


def _scaled(cost: Cost, epochs: int) -> float:
    """Seconds of a whole plain training: what came before and the first epoch, which also
    traces, once; the later epochs' mean for the rest."""
    return float(cost.seconds - sum(cost.answer["epoch_seconds"][1:]) + _later(cost) * (epochs - 1))


def _later(cost: Cost) -> float:
    """Seconds of an epoch of the plain way after its first, their mean."""
    seconds = cost.answer["epoch_seconds"]
    return float(statistics.mean(seconds[1:]) if len(seconds) > 1 else seconds[0])


def _passes(data: Path, name: str) -> int:
    """How many films went through the backbone: as many as there are kept vectors."""
    record = record_of(get_network(name).feature_channels)
    kept = open_workspace(data).feature_cache.glob(f"*{SUFFIX}")
    return sum(one.stat().st_size // record.itemsize for one in kept)
