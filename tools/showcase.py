"""Ask the example's better network about the films that a first start shows:
``python -m tools.showcase``. Writes ``data/starter/showcase.json``, a file of the repository.

Trains that network in a data folder of its own, as a first start does; takes a minute.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2

from core.datasets.phantom import ensure_phantoms
from core.example import RUNS, plan_example, prepare_example
from core.prediction.client import PredictionClient
from core.showcase.brought import FILE, FIRST_SEED, Brought, BroughtFilm, drawn, outline
from core.showcase.renewing import SHOWN, called
from core.store import RunState, Store, open_store
from core.workspace import Workspace

NAMES = ("covid", "healthy")  # the example's classes
DECIMALS = 3


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="thoraxlens-") as temporary:
        store = open_store(Workspace(Path(temporary) / "data").create())
        plan_example(store)
        ensure_phantoms(store)
        prepare_example(store)
        brought = _asked(store)
    brought.save(FILE)
    for one in brought.films:
        print(one.seed, one.truth, one.answer, one.probabilities)
    return 0


def _asked(store: Store) -> Brought:
    better = RUNS[-1]
    [run] = [one for one in store.runs.all([RunState.DONE]) if one.spec == better]
    seeds = [(FIRST_SEED + at, at % 2 == 0) for at in range(SHOWN)]
    films = [
        (f"{seed}.png", cv2.imencode(".png", drawn(seed, covid_like=sick))[1].tobytes())
        for seed, sick in seeds
    ]
    with PredictionClient(store.workspace) as client:
        results = client.classify([run.run_id], films, every_class=True)
    return Brought(
        network=called(run),
        films=tuple(
            BroughtFilm(
                seed=seed,
                covid_like=sick,
                outline=outline(drawn(seed, covid_like=sick)),
                truth=NAMES[0] if sick else NAMES[1],
                answer=result.answer,
                probabilities={
                    name: round(value, DECIMALS) for name, value in result.probabilities.items()
                },
                heat_class=result.heat_class or "",
                heats={
                    name: tuple(
                        tuple(round(float(value), DECIMALS) for value in row) for row in heat
                    )
                    for name, heat in result.heats.items()
                },
            )
            for (seed, sick), result in zip(seeds, results, strict=True)
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
