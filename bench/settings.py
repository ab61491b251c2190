"""How large a benchmark is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from core.models.registry import NETWORKS, STUDY_NETWORKS


@dataclass(frozen=True)
class Settings:
    """The defaults are the sizes that figures are told of; ``quick`` only shows that each
    section works."""

    models: tuple[str, ...] = STUDY_NETWORKS
    backbones: tuple[str, ...] = tuple(NETWORKS)[1:]
    repeats: int = 3
    image_size: int = 224
    epochs: int = 50
    cnn_epochs: int = 5  # the median is told, and the first also traces
    plain_epochs: int = 2
    phantoms: bool = False
    accuracy_models: tuple[str, ...] = STUDY_NETWORKS
    accuracy_size: int = 80  # at 224 the plain way takes up to an hour a network and seed
    accuracy_epochs: int = 50
    accuracy_seeds: int = 3
    scale_films: tuple[int, ...] = (1_000, 4_000, 16_000)
    scale_size: int = 96
    films: tuple[int, ...] = (1_000, 10_000, 112_120)
    films_folder: str = ""  # a folder that goes with the benchmark
    classified: int = 50  # single films, one after the other
    plainly: int = 10  # of them, the plain way, which is slow
    batch: int = 100
    catalogue: int = 112_120  # as many films as ChestX-ray14 has
    changes: int = 50  # of a filter
    clicks: int = 10  # of each kind, of interaction
    sessions: int = 20
    session_browsers: bool = True  # else the server's part alone
    session_minutes: float = 10.0
    session_pause: float = 20.0  # seconds that somebody looks at a page, in the middle
    warm_first: int = 3  # first runs, with the page open before
    warm_turns: int = 10  # second runs, each side
    warm_runs: int = 50  # from one process, one after the other
    transfer_size: int = 224
    transfer_large: int = 260  # of EfficientNetLite2
    placed: int = 1_000  # tasks that do nothing, through Ray
    placed_actors: int = 100
    sweep_runs: int = 5  # through Ray, and without
    sweep_epochs: int = 4  # short ones, in which what Ray adds counts most
    sweep_size: int = 96  # pixels a side
    planted_sets: int = 20  # data sets with, and without, each shortcut
    planted_per_class: int = 60  # patients

    @classmethod
    def quick(cls, **given: Any) -> Self:
        small = cls(
            models=STUDY_NETWORKS[:2],
            backbones=("vgg16", "mobilenetv2"),
            repeats=1,
            image_size=48,
            epochs=2,
            cnn_epochs=1,
            phantoms=True,
            accuracy_models=STUDY_NETWORKS[:2],
            accuracy_size=32,
            accuracy_epochs=2,
            accuracy_seeds=2,
            scale_films=(100, 400),
            scale_size=48,
            films=(60, 120),
            classified=6,
            plainly=3,
            batch=8,
            catalogue=5_000,
            changes=8,
            clicks=2,
            sessions=2,
            session_minutes=0.5,
            session_pause=2.0,
            warm_first=1,
            warm_turns=2,
            warm_runs=3,
            transfer_size=64,
            placed=20,
            placed_actors=2,
            sweep_runs=2,
            sweep_epochs=1,
            sweep_size=32,
            planted_sets=2,
            planted_per_class=40,
        )
        return replace(small, **given)
