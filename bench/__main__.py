"""``python -m bench``: training time of the plain recipe against ours, as ratios.

Real films when they are present (``THORAXLENS_REAL_DATA`` or ``../shared/data``), otherwise
phantoms. The plain recipe is timed over a few epochs and scaled; ours runs whole, process
start, decoding and features included, with empty caches and again with full ones.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.children import Cost, run
from core.datasets.export import export_tree
from core.datasets.ingest import import_folder
from core.datasets.phantom import ensure_phantoms
from core.datasets.prepare import plan, save
from core.datasets.presets import study_spec
from core.models.registry import MODELS
from core.store import open_store
from core.training.learners import AUGMENTED_VIEWS
from core.workspace import PROJECT_ROOT, open_workspace

DATASET = "bench"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS)[:4])
    parser.add_argument("--epochs", type=int, default=50, help="epochs of a whole training")
    parser.add_argument("--cnn-epochs", type=int, default=2, help="epochs the CNN really trains")
    parser.add_argument("--plain-epochs", type=int, default=2, help="timed, then scaled")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--phantoms", action="store_true", help="even when real films are here")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="thoraxlens-bench-") as folder:
        data, tree = Path(folder) / "data", Path(folder) / "tree"
        films = _prepare(data, tree, phantoms=options.phantoms, size=options.image_size)
        print(f"{_machine()}\n{films}\n")
        print("| network | plain | ours, first run | ratio | ours, again | ratio | of the limit |")
        print("|---|---|---|---|---|---|---|")
        for name in options.models:
            print(_row(name, data, tree, options), flush=True)
    print(f"\nMedian of {options.repeats}, (lowest–highest). Peak memory in brackets.")
    return 0


def _prepare(data: Path, tree: Path, *, phantoms: bool, size: int) -> str:
    store = open_store(open_workspace(data))
    named = os.environ.get("THORAXLENS_REAL_DATA")
    real = Path(named) if named else PROJECT_ROOT.parent / "shared" / "data"
    if real.exists() and not phantoms:
        import_folder(store, real / "covid-chestxray-dataset")
        import_folder(store, real / "chest_xray")
        kind = "real films"
    else:
        ensure_phantoms(store)
        kind = "phantom films"
    spec = study_spec(store.catalogue, DATASET).changed(image_size=size)
    save(store, plan(store.catalogue.frame(), spec))
    export_tree(store, DATASET, tree)
    counts = store.datasets.get(DATASET).counts
    totals = " + ".join(str(sum(one.values())) for one in counts.values())
    return f"{kind}, {totals} (train + validation + test), {size} px"


def _row(name: str, data: Path, tree: Path, options: argparse.Namespace) -> str:
    size = ["--image-size", str(options.image_size)]
    whole = name == "cnn"  # nothing of the CNN can be worked out beforehand
    epochs = options.cnn_epochs if whole else options.epochs
    plain: list[float] = []
    first: list[float] = []
    again: list[float] = []
    limits: list[float] = []
    peaks = [0, 0]
    for _ in range(options.repeats):
        # The sides take turns, so that a slow spell of the machine hits both.
        timed = ("--epochs", str(options.plain_epochs), *size)
        cost = run("bench.plain", name, str(tree), *timed, data=data)
        plain.append(_scaled(cost, epochs))
        peaks[0] = max(peaks[0], cost.peak)
        shutil.rmtree(open_workspace(data).feature_cache)
        shutil.rmtree(open_workspace(data).film_cache)
        train = ("core", "train", DATASET, "--model", name, "--weights", "random",
                 "--epochs", str(epochs), "--json", *size)  # fmt: skip
        ours = run(*train, data=data)
        first.append(ours.seconds)
        peaks[1] = max(peaks[1], ours.peak)
        if not whole:
            again.append(run(*train, "--learning-rate", "0.002", data=data).seconds)
            per_film = run("bench.limit", name, *size, data=data).answer["seconds_per_film"]
            limits.append(ours.seconds / (per_film * _passes(data)))
    return (
        f"| {MODELS[name].title}, {epochs} epochs | {_spread(plain, 's')} [{_memory(peaks[0])}] "
        f"| {_spread(first, 's')} [{_memory(peaks[1])}] | {_ratio(plain, first)} "
        f"| {_spread(again, 's')} | {_ratio(plain, again)} | {_spread(limits, '×')} |"
    )


def _scaled(cost: Cost, epochs: int) -> float:
    """Seconds of a whole plain training: what came before and the first epoch, which also
    traces, once; the later epochs' mean for the rest."""
    seconds = cost.answer["epoch_seconds"]
    later = statistics.mean(seconds[1:]) if len(seconds) > 1 else seconds[0]
    return float(cost.seconds - sum(seconds[1:]) + later * (epochs - 1))


def _passes(data: Path) -> int:
    """Films through the backbone: each once, each training film in every view."""
    counts = open_store(open_workspace(data)).datasets.get(DATASET).counts
    total = sum(sum(one.values()) for one in counts.values())
    return total + AUGMENTED_VIEWS * sum(counts["train"].values())


def _ratio(slow: list[float], fast: list[float]) -> str:
    return _spread([a / b for a, b in zip(slow, fast, strict=True)], "×") if fast else "–"


def _spread(values: list[float], unit: str) -> str:
    if not values:
        return "–"
    middle = statistics.median(values)
    return f"{middle:,.1f} {unit} ({min(values):,.1f}–{max(values):,.1f})"


def _memory(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def _machine() -> str:
    today = datetime.now(UTC).date().isoformat()
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return f"{today}, {cores}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
