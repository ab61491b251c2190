"""The frozen part of a network, run once a film instead of once an epoch.

A frozen backbone turns the same film into the same vector each time, so vectors are kept
on disk and only the head is trained. Augmentation lives on as variants: each training film is
also kept in a few augmented versions, and each epoch draws one of them.

One file for each network and variant, under a hash of everything that the numbers depend on
beside the film; in it, one record a film, under the film's own hash. So runs, folds and
data sets share what they have in common, and a run that was stopped goes on where it was.
No Keras here: the network comes in as a function.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from core.cache import mark_used
from core.images.augment import augment
from core.models.preprocess import preprocess
from core.specs import AugmentSpec

BATCH = 8  # films at a time: on two cores, a second or two between looks at a stop
VERSION = 3  # raise it when the same film gives another vector
SUFFIX = ".vectors"

Extract = Callable[[np.ndarray], np.ndarray]  # float32 (BATCH, S, S, 3) → float32 (BATCH, c)
FeatureProgress = Callable[[int, int], None]  # films done, of which earlier work had left


@dataclass(frozen=True)
class Variant:
    """How films are shown to the backbone: as they are, or augmented in one of many ways.

    The random change of a film depends on ``seed``, ``number`` and the film's hash only, so
    it is the same in every data set and whichever process computes it.
    """

    spec: AugmentSpec | None = None
    seed: int = 0
    number: int = 0

    def apply(self, film: np.ndarray, film_id: str) -> np.ndarray:
        """uint8 (S, S) → uint8 (S, S)."""
        if self.spec is None:
            return film
        drawn = hashlib.sha256(film_id.encode()).digest()
        rng = np.random.default_rng([self.seed, self.number, int.from_bytes(drawn[:8], "big")])
        return augment(film, self.spec, rng)

    def key(self) -> list[object]:
        return [] if self.spec is None else [self.spec.to_json(), self.seed, self.number]


@dataclass(frozen=True)
class FeatureSource:
    """What vectors are made from. ``films``: uint8 (n, S, S); ``film_ids``: their hashes;
    ``backbone``: the hash of its weights; ``preprocessing``: a kind of
    ``core.models.preprocess``; ``channels``: the length of a vector; ``blocks``: of how many
    blocks it has the channels."""

    films: np.ndarray
    film_ids: Sequence[str]
    backbone_name: str
    backbone: str
    preprocessing: str
    channels: int
    blocks: int = 1

    def key(self, variant: Variant) -> str:
        """A name for the vectors of this network in this variant: hex, 32 digits."""
        parts = [
            VERSION,
            self.backbone_name,
            self.backbone,
            self.films.shape[1:],
            self.preprocessing,
            variant.key(),
            # Of one block they keep the name that they had when there was no choice.
            *([self.blocks] if self.blocks > 1 else []),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def record_of(channels: int) -> np.dtype[np.void]:
    """One film's entry in a file."""
    return np.dtype([("film", "S64"), ("vector", "<f4", (channels,))])


class FeatureVectors:
    """Vectors of some films, read from disk as they are asked for."""

    def __init__(self, records: np.ndarray, places: np.ndarray) -> None:
        self._records = records
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def take(self, rows: np.ndarray) -> FeatureVectors:
        """Those of some of the films, still on disk."""
        return FeatureVectors(self._records, self._places[rows])

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """float32 (rows, channels)."""
        return np.asarray(self._records["vector"][self._places[rows]], dtype=np.float32)


def kept_films(folder: Path, source: FeatureSource, variant: Variant) -> set[str]:
    """The ids of all films whose vectors of this network are there in one variant."""
    file = folder / f"{source.key(variant)}{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):
        return {one.decode() for one in _kept(file, record_of(source.channels))["film"]}


def features(
    folder: Path,
    source: FeatureSource,
    rows: np.ndarray,
    variant: Variant,
    extract: Extract,
    progress: FeatureProgress,
) -> FeatureVectors:
    """The vectors of ``rows`` in one variant, in their order, from disk or new.

    ``progress(done, already)`` is called after each batch and may raise to stop; what is
    done by then is kept. Two runs that need the same vectors compute them once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{source.key(variant)}{SUFFIX}"
    lock = FileLock(file.with_suffix(".lock"))
    while not lock.is_locked:
        try:
            lock.acquire(timeout=0.5)
        except Timeout:  # another run is at it; say nothing new, but hear a stop
            progress(0, 0)
    try:
        wanted = np.array([source.film_ids[row].encode() for row in rows], dtype="S64")
        record = record_of(source.channels)
        records = _kept(file, record)
        missing = np.flatnonzero(~np.isin(wanted, records["film"]))
        already = len(rows) - len(missing)
        if already:
            progress(already, already)
        if len(missing):
            _append(file, source, rows[missing], variant, extract, progress, already)
            records = _kept(file, record)
        order = np.argsort(records["film"], kind="stable")
        found = np.searchsorted(records["film"], wanted, sorter=order)
        return FeatureVectors(records, order[found])
    finally:
        lock.release()


def _kept(file: Path, record: np.dtype[np.void]) -> np.ndarray:
    """The whole and sound records of the file, mapped; what is torn or not a number goes."""
    size = file.stat().st_size if file.is_file() else 0
    count = size // record.itemsize
    if size % record.itemsize:
        with file.open("r+b") as stream:
            stream.truncate(count * record.itemsize)
    if not count:
        return np.empty(0, dtype=record)
    records = np.memmap(file, dtype=record, mode="r", shape=(count,))
    sound = [
        np.isfinite(records["vector"][start : start + 1024]).all(axis=1)
        & (records["film"][start : start + 1024] != b"")
        for start in range(0, count, 1024)
    ]
    if all(part.all() for part in sound):
        mark_used(file)
        return records
    file.unlink()
    return np.empty(0, dtype=record)


def _append(
    file: Path,
    source: FeatureSource,
    rows: np.ndarray,
    variant: Variant,
    extract: Extract,
    progress: FeatureProgress,
    already: int,
) -> None:
    """Plain writing, because a full disk is an error here, and would be the end of the
    process in mapped memory."""
    done = 0
    with file.open("ab") as stream:
        for films in _prepared(source, rows, variant):
            count = min(BATCH, len(rows) - done)
            records = np.empty(count, dtype=record_of(source.channels))
            records["film"] = [source.film_ids[row].encode() for row in rows[done : done + count]]
            records["vector"] = extract(films)[:count]
            stream.write(records.data)
            stream.flush()  # to the system, where it survives the end of this process
            done += count
            progress(already + done, already)


def _prepared(source: FeatureSource, rows: np.ndarray, variant: Variant) -> Iterator[np.ndarray]:
    """Batches float32 (BATCH, S, S, 3), made one ahead in a thread.

    The last one is filled up with its own last film: one shape means one traced graph.
    """

    def batch(at: int) -> np.ndarray:
        places = rows[np.minimum(np.arange(at, at + BATCH), len(rows) - 1)]
        shown = [variant.apply(np.asarray(source.films[p]), source.film_ids[p]) for p in places]
        return preprocess(np.stack(shown), source.preprocessing)

    starts = range(0, len(rows), BATCH)
    with ThreadPoolExecutor(1) as ahead:
        waiting = [ahead.submit(batch, at) for at in starts[:1]]
        for at in [*starts[1:], None]:
            if not waiting:
                return
            ready = waiting.pop().result()
            if at is not None:
                waiting.append(ahead.submit(batch, at))
            yield ready
