"""The frozen part of a network, run once a film instead of once an epoch.

A frozen backbone turns the same film into the same vector each time, so vectors are kept
on disk and only the head is trained. Augmentation lives on as views: each training film is
also kept in a few augmented versions, and each epoch draws one of them.

One file a view, under a hash of everything that the numbers depend on. It grows batch by
batch, so that a run which was stopped goes on where it was. No Keras here: the
network comes in as a function.
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

from core.images.augment import augment
from core.models.preprocess import preprocess
from core.specs import AugmentSpec
from core.training.artefacts import written_whole

BATCH = 8  # films at a time: on two cores, a second or two between looks at a stop
DTYPE = np.dtype("<f4")

Extract = Callable[[np.ndarray], np.ndarray]  # float32 (BATCH, S, S, 3) → float32 (BATCH, c)
Progress = Callable[[int, int], None]  # films done, of which earlier work had left


@dataclass(frozen=True)
class View:
    """How films are shown to the backbone: as they are, or augmented in one of many ways.

    The random change of a film depends on ``seed``, ``number`` and its place only, so it
    is the same whichever process computes it and wherever that one was interrupted.
    """

    spec: AugmentSpec | None = None
    seed: int = 0
    number: int = 0

    def apply(self, film: np.ndarray, place: int) -> np.ndarray:
        """uint8 (S, S) → uint8 (S, S)."""
        if self.spec is None:
            return film
        return augment(film, self.spec, np.random.default_rng([self.seed, self.number, place]))

    def key(self) -> list[object]:
        return [] if self.spec is None else [self.spec.to_json(), self.seed, self.number]


@dataclass(frozen=True)
class Source:
    """What vectors are made from. ``films``: uint8 (n, S, S); ``film_ids``: their names;
    ``backbone``: the hash of its weights; ``preprocessing``: a kind of
    ``core.models.preprocess``; ``channels``: the length of a vector."""

    films: np.ndarray
    film_ids: Sequence[str]
    backbone_name: str
    backbone: str
    preprocessing: str
    channels: int

    def key(self, view: View, rows: np.ndarray) -> str:
        """A name for the vectors of these rows in this view: hex, 32 digits."""
        ids = hashlib.sha256("\n".join(str(self.film_ids[i]) for i in rows).encode()).hexdigest()
        parts = [
            ids,
            self.backbone_name,
            self.backbone,
            self.films.shape[1:],
            self.preprocessing,
            view.key(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def features(
    folder: Path,
    source: Source,
    rows: np.ndarray,
    view: View,
    extract: Extract,
    progress: Progress,
) -> np.ndarray:
    """The vectors of ``rows`` in one view: float32 (len(rows), channels), from disk or new.

    ``progress(done, already)`` is called after each batch and may raise to stop; what is
    done by then is kept. Two runs that need the same vectors compute them once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f"{source.key(view, rows)}.npy"
    lock = FileLock(whole.with_suffix(".lock"))
    while not lock.is_locked:
        try:
            lock.acquire(timeout=0.5)
        except Timeout:  # another run is at it; say nothing new, but hear a stop
            progress(0, 0)
    try:
        kept = _kept(whole, (len(rows), source.channels))
        if kept is not None:
            progress(len(rows), len(rows))
            return kept
        _fill(whole, source, rows, view, extract, progress)
        return np.asarray(np.load(whole), dtype=np.float32)
    finally:
        lock.release()


def _kept(whole: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """The vectors if they are there and undamaged; else they are computed again."""
    try:
        vectors = np.load(whole, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    fits = vectors.shape == shape and np.isfinite(vectors).all()
    return np.asarray(vectors, dtype=np.float32) if fits else None


def _fill(
    whole: Path,
    source: Source,
    rows: np.ndarray,
    view: View,
    extract: Extract,
    progress: Progress,
) -> None:
    """Append vectors to the part file until it is whole. Its length says how far it is.

    Plain writing, because a full disk is an error here, and would be the end of the
    process in mapped memory.
    """
    part = whole.with_suffix(".part")
    with part.open("ab") as stream:
        already = done = _vectors_in(part, source.channels, len(rows))
        stream.truncate(done * source.channels * DTYPE.itemsize)
        for films in _prepared(source, rows, done, view):
            count = min(BATCH, len(rows) - done)
            stream.write(np.ascontiguousarray(extract(films)[:count], dtype=DTYPE).data)
            stream.flush()  # to the system, where it survives the end of this process
            done += count
            progress(done, already)
    vectors = np.fromfile(part, dtype=DTYPE).reshape(len(rows), source.channels)
    with written_whole(whole) as temporary:
        np.save(temporary, vectors)
    part.unlink()


def _vectors_in(part: Path, channels: int, most: int) -> int:
    """How many whole vectors the file holds; none when it holds more than it should."""
    count = part.stat().st_size // (channels * DTYPE.itemsize)
    return count if count <= most else 0


def _prepared(source: Source, rows: np.ndarray, start: int, view: View) -> Iterator[np.ndarray]:
    """Batches float32 (BATCH, S, S, 3) from row ``start`` on, made one ahead in a thread.

    The last one is filled up with its own last film: one shape means one traced graph.
    """

    def batch(at: int) -> np.ndarray:
        places = [min(at + i, len(rows) - 1) for i in range(BATCH)]
        shown = [view.apply(np.asarray(source.films[rows[p]]), int(rows[p])) for p in places]
        return preprocess(np.stack(shown), source.preprocessing)

    starts = range(start, len(rows), BATCH)
    with ThreadPoolExecutor(1) as ahead:
        waiting = [ahead.submit(batch, at) for at in starts[:1]]
        for at in [*starts[1:], None]:
            if not waiting:
                return
            ready = waiting.pop().result()
            if at is not None:
                waiting.append(ahead.submit(batch, at))
            yield ready
