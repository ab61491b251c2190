"""what it is worth that a network has seen photographs before, on easy and on honest data

A frozen network's vectors and a logistic regression, random weights against ImageNet's: on the
study's films (covid against healthy children), on *adult negatives*, and on the films of
publishers that gave none of the training films. 5 folds by patient; 95 % intervals over
patients. Phantoms have no publishers, and no adults.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from sklearn.metrics import roc_curve

from bench.children import run
from bench.films import real_films
from bench.report import head, row
from bench.settings import Settings
from core.audit.split_inflation import vector_classifier
from core.datasets.folds import fold_split
from core.datasets.ingest import import_folder
from core.datasets.phantom import ensure_phantoms
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import adult_negatives_spec, study_spec
from core.datasets.splitting import units
from core.evaluation.bootstrap import cluster_bootstrap, paired_cluster_bootstrap
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions, together
from core.models.registry import get_network
from core.specs import DatasetSpec
from core.statistics import Interval
from core.statistics.proportions import Proportion
from core.store import Store, open_store
from core.text import interval, percent
from core.workspace import open_workspace

STUDY, ADULT = "study", "adult negatives"
FOLDS = 5
SENSITIVITY = 0.9  # at which specificity is told
FEWEST = 8  # covid films that a publisher is worth a row for
SEEN = {"random": "nothing (random)", "imagenet": "photographs (ImageNet)"}


@dataclass(frozen=True)
class Films:
    """A data set without its pixels. ``y_true``: int (n,), 0 is covid; ``patients`` and
    ``publishers``: str (n,), the latter empty where nobody is named."""

    spec: DatasetSpec
    y_true: np.ndarray
    film_ids: np.ndarray
    patients: np.ndarray
    publishers: np.ndarray
    folds: list[np.ndarray]

    def predictions(self, rows: np.ndarray, score: np.ndarray) -> Predictions:
        """``score``: the probability of covid of each of the rows."""
        both = np.stack([score, 1 - score], axis=1).astype(np.float32)
        tested = np.full(len(rows), "test")
        return Predictions(
            self.spec.class_names, self.film_ids[rows], tested, self.y_true[rows], both
        )


@dataclass(frozen=True)
class Way:
    """One way to vectors; ``more``: arguments of ``bench.looked``."""

    title: str
    model: str
    size: int
    weights: str = "imagenet"
    more: Sequence[str] = field(default=())

    def vectors(self, data: Path, dataset: str) -> np.ndarray:
        file = data / "vectors.npy"
        asked = ("--weights", self.weights, "--image-size", str(self.size), *self.more)
        run("bench.looked", self.model, dataset, str(file), *asked, data=data)
        found: np.ndarray = np.load(file)
        return found


def table(settings: Settings, folder: Path) -> Iterator[str]:
    store = open_store(open_workspace(folder))
    real = None if settings.phantoms else real_films()
    sets = _prepared(store, real)
    network = get_network("efficientnetlite0").title
    yield f"{network}, {settings.transfer_size} px, {'real' if real else 'phantom'} films\n"
    yield head(
        "data set", "films", "seen before", "ROC area", "specificity at 90 % sensitivity"
    )  # fmt: skip
    vectors = {}
    for name, films in sets.items():
        found = {}
        for weights, seen in SEEN.items():
            way = Way(seen, "efficientnetlite0", settings.transfer_size, weights)
            vectors[name, weights] = way.vectors(folder, name)
            found[weights] = out_of_fold(films, vectors[name, weights])
            yield row(name, _counted(films), seen, *_numbers(films, found[weights]))
        yield row(name, "", "difference", *_gains(films, found["imagenet"], found["random"]))
    if ADULT not in sets:
        yield "\nPublishers and what more is to be had need the real films."
        return
    films = sets[ADULT]
    yield "\n" + head(
        "publisher left out", "its films", "seen before", "its covid films found",
        "its other films called covid", "ROC area among its films",
    )  # fmt: skip
    for weights, seen in SEEN.items():
        yield from _publishers(films, vectors[ADULT, weights], seen)
    yield "\n" + head(
        f"more ways, on {ADULT}", "ROC area", "specificity at 90 % sensitivity",
        "ROC area less that of the first",
    )  # fmt: skip
    first = None
    for way in _ways(settings):
        made = out_of_fold(films, way.vectors(folder, ADULT))
        first = first or made
        gain = "" if made is first else _gains(films, made, first)[0]
        yield row(way.title, *_numbers(films, made), gain)


def out_of_fold(films: Films, vectors: np.ndarray, rows: np.ndarray | None = None) -> Predictions:
    """Each film (of ``rows``) by a regression that saw no film of its patient."""
    among = np.arange(len(films.y_true)) if rows is None else rows
    parts = []
    for fold in films.folds:
        test, train = np.intersect1d(among, fold), np.setdiff1d(among, fold)
        parts.append(films.predictions(test, _scores(films, vectors, train, test)))
    return together(parts)


def specificity(predictions: Predictions) -> float | None:
    """The best one at which 90 % of the covid films are found; None without films of both kinds."""
    is_covid = predictions.y_true == 0
    if is_covid.all() or not is_covid.any():
        return None
    others, found, _ = roc_curve(is_covid, predictions.probabilities[:, 0], drop_intermediate=False)
    return float(1 - others[np.argmax(found >= SENSITIVITY)])


def roc_area(predictions: Predictions) -> float | None:
    return evaluate(predictions).roc_auc


def threshold(predictions: Predictions) -> float:
    """The probability from which on 90 % of the covid films are found."""
    is_covid = predictions.y_true == 0
    _, found, at = roc_curve(is_covid, predictions.probabilities[:, 0], drop_intermediate=False)
    return float(at[np.argmax(found >= SENSITIVITY)])


def _scores(films: Films, vectors: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    head = vector_classifier().fit(vectors[train], films.y_true[train])
    found: np.ndarray = head.predict_proba(vectors[test])[:, 0]
    return found


def _publishers(films: Films, vectors: np.ndarray, seen: str) -> Iterator[str]:
    """Each publisher's films by a regression that saw none of its films; the threshold finds 90 %
    of the covid films of all others."""
    covid = Counter(films.publishers[films.y_true == 0].tolist())
    names = [name for name, count in covid.most_common() if name and count >= FEWEST]
    parts = []
    for name in names:
        own, rest = (np.flatnonzero((films.publishers == name) == it) for it in (True, False))
        made = films.predictions(own, _scores(films, vectors, rest, own))
        limit = threshold(out_of_fold(films, vectors, rest))
        parts.append((made, made.probabilities[:, 0] >= limit))
        yield row(name, _counted(films, own), seen, *_called(films, *parts[-1]))
    all_of_them = together([made for made, _ in parts])
    called = np.concatenate([one for _, one in parts])
    yield row("**all of these**", "", seen, *_called(films, all_of_them, called))


def _called(films: Films, made: Predictions, called: np.ndarray) -> tuple[str, str, str]:
    """Shares of a publisher's films that are called covid, Wilson; and how well they are told
    apart, over patients."""
    shares = []
    for kind in (made.y_true == 0, made.y_true != 0):
        share = Proportion.of(int(called[kind].sum()), int(kind.sum())) if kind.any() else None
        told = f"{share.successes} of {share.trials}" if share else "–"
        shares.append(f"{told} ({interval(share.interval)})" if share else told)
    area = roc_area(made)
    within = cluster_bootstrap(roc_area, made, _patients(films, made))
    return shares[0], shares[1], _area(area, within)


def _numbers(films: Films, made: Predictions) -> tuple[str, str]:
    patients = _patients(films, made)
    share = specificity(made)
    within = cluster_bootstrap(specificity, made, patients)
    told = "–" if share is None else percent(share)
    return (
        _area(roc_area(made), cluster_bootstrap(roc_area, made, patients)),
        f"{told} ({interval(within)})" if within else told,
    )


def _gains(films: Films, one: Predictions, other: Predictions) -> tuple[str, str]:
    """Of the first less the second, on the same patients at each draw."""
    patients = _patients(films, one)
    cells = []
    for statistic, scale, digits in ((roc_area, 1, 3), (specificity, 100, 1)):
        values = statistic(one), statistic(other)
        within = paired_cluster_bootstrap(statistic, one, other, patients)
        gain = scale * ((values[0] or 0) - (values[1] or 0))
        ends = within and f" ({scale * within[0]:+.{digits}f} to {scale * within[1]:+.{digits}f})"
        cells.append(f"{gain:+.{digits}f}{' points' if scale > 1 else ''}{ends or ''}")
    return cells[0], cells[1]


def _area(value: float | None, within: Interval | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" ({within[0]:.3f}–{within[1]:.3f})" if within else "")


def _patients(films: Films, made: Predictions) -> np.ndarray:
    whose = dict(zip(films.film_ids.tolist(), films.patients.tolist(), strict=True))
    return np.array([whose[film] for film in made.film_ids.tolist()])


def _counted(films: Films, rows: np.ndarray | slice = slice(None)) -> str:
    positive, negative = np.bincount(films.y_true[rows], minlength=2)
    return f"{positive} covid, {negative} others"


def _prepared(store: Store, real: Path | None) -> dict[str, Films]:
    """The data sets in the store, and what is known of their films."""
    if real is None:
        ensure_phantoms(store)
        specs = [study_spec(store.catalogue, STUDY)]
    else:
        for name in ("covid-chestxray-dataset", "chest_xray", "chestxray8_sample"):
            import_folder(store, real / name)
        specs = [make(store.catalogue, name) for name, make in
                 ((STUDY, study_spec), (ADULT, adult_negatives_spec))]  # fmt: skip
    hosts = _hosts(real / "covid-chestxray-dataset" / "metadata.csv") if real else {}
    found = {}
    for spec in specs:
        save_dataset(store, plan(store.catalogue.frame(), spec))
        members = store.datasets.members(spec.name)
        names = [Path(str(one)).name for one in members["path"]]
        split = [fold_split(members, spec, index, FOLDS) for index in range(FOLDS)]
        found[spec.name] = Films(
            spec,
            members["class_index"].to_numpy(int),
            members["film_id"].to_numpy(str),
            units(members),
            np.array([hosts.get(name, "") for name in names]),
            [np.flatnonzero(one == "test") for one in split],
        )
    return found


def _hosts(metadata: Path) -> dict[str, str]:
    """File name → who published the film, by its address."""
    with metadata.open(encoding="utf-8", newline="") as stream:
        return {
            one["filename"]: urlsplit(one["url"].strip()).netloc.removeprefix("www.")
            for one in csv.DictReader(stream)
        }


def _ways(settings: Settings) -> list[Way]:
    lite0, size = "efficientnetlite0", settings.transfer_size
    two = ("--pool", "mean", "max")
    return [
        Way("EfficientNetLite0, mean over the film", lite0, size),
        Way("maximum instead of the mean", lite0, size, more=("--pool", "max")),
        Way("mean and maximum", lite0, size, more=two),
        Way("mean of the film and its mirror", lite0, size, more=("--mirror",)),
        Way("means of the last two blocks", lite0, size, more=("--blocks", "2")),
        Way("means of the last three blocks", lite0, size, more=("--blocks", "3")),
        Way("the last three, film and mirror", lite0, size, more=("--blocks", "3", "--mirror")),
        Way("computed in bfloat16", lite0, size, more=("--policy", "mixed_bfloat16")),
        Way("EfficientNetLite2, 260 px", "efficientnetlite2", settings.transfer_large),
        Way("EfficientNetLite2, 260 px, and its mirror", "efficientnetlite2",
            settings.transfer_large, more=("--mirror",)),
    ]  # fmt: skip
