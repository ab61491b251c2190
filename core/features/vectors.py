"""The frozen part of a network, run once a film instead of once an epoch.

A frozen backbone turns the same film into the same vector each time, so vectors are kept
on disk and only the head is trained. Augmentation lives on as variants: each training film is
also kept in a few augmented versions, and each epoch draws one of them.

They lie under a hash of everything that the numbers depend on beside the film, and in there under
the film's own hash (``core.features.shards``). So runs, folds and data sets share what they have
in common, a run that was stopped goes on where it was, and several processes share the work.
Always ``BATCH`` films go through the network at once, so that a film's vector is the same to the
last bit whichever films go with it (docs/adr/0049-features-by-shards.md).
No Keras here: the network comes in as a function.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path

import numpy as np

from core.features.shards import SHARDS, Shard, StoredVectors, record_of, shards_of, take_over
from core.features.source import FeatureSource, Variant
from core.images.film_array import give_back
from core.models.preprocess import preprocess

BATCH = 8  # films at a time: on two cores, a second or two between looks at a stop

# Shards are taken until there is work for so many films: a small data set is one piece of work, in
# which no batch but the last has to be filled up, and of a large one each shard is one.
PIECE = 512
IN_MEMORY = 32_000_000  # bytes of vectors; more of them are read as they are asked for
NAMED = 4096  # film ids as Python's own objects at a time
MAPPED = 64  # batches, after which mapped films are given back to the system
WAIT_SECONDS = 0.5  # between two looks at whether another process is done

Extract = Callable[[np.ndarray], np.ndarray]  # float32 (BATCH, S, S, 3) → float32 (BATCH, c)
FeatureProgress = Callable[[int, int], None]  # films done, of which earlier work had left


class FeatureVectors:
    """Vectors of some films, in memory or read from disk as they are asked for.

    ``kept``: what gives float32 (n, channels) for int64 (n,) of its rows; ``places``: which rows.
    """

    def __init__(self, kept: np.ndarray | StoredVectors, places: np.ndarray) -> None:
        self._kept = kept
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def take(self, rows: np.ndarray) -> FeatureVectors:
        """Those of some of the films; nothing is copied."""
        return FeatureVectors(self._kept, self._places[rows])

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """float32 (rows, channels)."""
        return np.asarray(self._kept[self._places[rows]], dtype=np.float32)


def features(
    folder: Path,
    source: FeatureSource,
    rows: np.ndarray,
    variant: Variant,
    extract: Extract,
    progress: FeatureProgress,
) -> FeatureVectors:
    """The vectors of ``rows`` in one variant, in their order, from disk or new; films that cannot
    be read are left out.

    ``progress(done, already)`` is called after each batch and may raise to stop; what is
    done by then is kept. Processes that need the same vectors share the work: none is computed
    twice, and ``done`` counts what the others do, too. In the end ``already`` is what this call
    did not compute.
    """
    work = Pass(folder, source, rows, variant, extract, progress)
    work.carry_out()
    return work.vectors()


class Pass:
    """The films of ``rows`` through the network, shard by shard, as ``features`` says."""

    def __init__(
        self,
        folder: Path,
        source: FeatureSource,
        rows: np.ndarray,
        variant: Variant,
        extract: Extract,
        progress: FeatureProgress,
    ) -> None:
        self._source, self._rows, self._variant = source, rows, variant
        self._extract, self._progress = extract, progress
        folder.mkdir(parents=True, exist_ok=True)
        self._record, key = record_of(source.channels), source.key(variant)
        every = {one: Shard(folder, key, one, self._record) for one in range(SHARDS)}
        take_over(folder, key, every, lambda: progress(0, 0))
        self._wanted = np.empty(len(rows), dtype="S64")
        for start in range(0, len(rows), NAMED):
            part = slice(start, start + NAMED)
            self._wanted[part] = [source.film_ids[row].encode() for row in rows[part]]
        self._number = shards_of(self._wanted)
        self._shards = {one: every[one] for one in np.unique(self._number).tolist()}
        self._places = {one: np.flatnonzero(self._number == one) for one in self._shards}
        self._place = np.full(len(rows), -1)  # of each film, which record of its shard's file
        self._streams: dict[int, FileIO] = {}
        # How many of the wanted films each shard had, and how many films at all, by then.
        self._had: dict[int, tuple[int, int]] = {}
        for one in self._shards:
            self._look(one, self._shards[one].film_ids())
        self._already = sum(had for had, _ in self._had.values())
        self._computed = 0

    def carry_out(self, *, alone: bool = True) -> None:
        """Until all vectors are there; not ``alone``: until others see to all that are missing."""
        if self._already:
            self._progress(self._already, self._already)
        left = list(self._shards)
        while left:
            piece: dict[int, np.ndarray] = {}
            try:
                for one in left:
                    if sum(map(len, piece.values())) < PIECE and self._shards[one].hold():
                        piece[one] = np.empty(0, np.int64)  # ours, so that it is let go
                        piece[one] = self._missing(one)
                self._compute(piece)
                for one in piece:
                    self._settle(one)
            finally:
                for one in piece:
                    self._shards[one].let_go()
            left = [one for one in left if one not in piece]
            if left and not piece:  # others are at them
                if not alone:
                    return
                self._progress(self._done(), self._already)
                if self._shards[left[0]].hold(WAIT_SECONDS):
                    self._shards[left[0]].let_go()
        if self._already + self._computed != len(self._rows):
            self._progress(len(self._rows), len(self._rows) - self._computed)

    @property
    def found(self) -> np.ndarray:
        """The places in ``rows`` of all films that could be read, int64."""
        return np.flatnonzero(self._place >= 0)

    def vectors(self) -> FeatureVectors:
        """Those of the films ``found``."""
        there = self.found
        order = list(self._streams)
        stored = StoredVectors(
            list(self._streams.values()),
            self._record,
            np.array([order.index(one) for one in self._number[there].tolist()], dtype=np.int64),
            self._place[there],
        )
        small = len(there) * self._record.itemsize <= IN_MEMORY
        return FeatureVectors(stored[slice(None)] if small else stored, np.arange(len(there)))

    def _look(self, shard: int, film_ids: np.ndarray) -> np.ndarray:
        """Which of its wanted films are in a shard whose films are these, bool."""
        there = np.isin(self._wanted[self._places[shard]], film_ids)
        self._had[shard] = int(there.sum()), len(film_ids)
        return there

    def _missing(self, shard: int) -> np.ndarray:
        """What is missing in a shard that we hold: of each such film a place in ``rows``."""
        places = self._places[shard]
        before, _ = self._had[shard]
        film_ids = self._shards[shard].sound_film_ids(set(self._wanted[places].tolist()))
        missing = places[~self._look(shard, film_ids)]
        self._already -= max(before - self._had[shard][0], 0)  # what was damaged is gone
        _, first = np.unique(self._wanted[missing], return_index=True)
        return np.asarray(missing[first])

    def _settle(self, shard: int) -> None:
        """Find the vectors of a shard that we hold, and keep its file open: a clean-up may come."""
        if not self._shards[shard].count:
            return  # none of its films could be read
        film_ids = self._shards[shard].film_ids().tolist()
        at = {film_id: place for place, film_id in enumerate(film_ids)}
        places = self._places[shard]
        self._place[places] = [at.get(one, -1) for one in self._wanted[places].tolist()]
        self._had[shard] = len(places), len(film_ids)
        self._streams[shard] = self._shards[shard].path.open("rb", buffering=0)

    def _done(self) -> int:
        """Films whose vectors are there, whoever computed them."""
        return sum(
            min(had + max(self._shards[one].count - before, 0), len(self._places[one]))
            for one, (had, before) in self._had.items()
        )

    def _compute(self, piece: dict[int, np.ndarray]) -> None:
        """Plain writing, because a full disk is an error here, and would be the end of the
        process in mapped memory."""
        places = np.sort(np.concatenate([np.empty(0, np.int64), *piece.values()]))
        if not len(places):
            return
        streams = {one: self._shards[one].path.open("ab") for one in piece if len(piece[one])}
        try:
            prepared = _prepared(self._source, self._rows, places, self._variant)
            for number, (batch, films) in enumerate(prepared, 1):
                records = np.empty(len(batch), dtype=self._record)
                records["film"] = self._wanted[batch]
                records["vector"] = self._extract(films)[: len(batch)]
                for one in np.unique(self._number[batch]).tolist():
                    streams[one].write(records[self._number[batch] == one].data)
                    streams[one].flush()  # to the system, where it survives this process
                self._computed += len(batch)
                if number % MAPPED == 0:
                    give_back(self._source.films)
                self._progress(self._done(), self._already)
        finally:
            for stream in streams.values():
                stream.close()


def _prepared(
    source: FeatureSource, rows: np.ndarray, places: np.ndarray, variant: Variant
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The ``places`` in ``rows`` of up to ``BATCH`` films, and float32 (BATCH, S, S, 3) with them,
    made one ahead.

    What is too few is filled up with the last film: one shape means one traced graph, and the same
    order of sums.
    """

    def shown(place: int) -> np.ndarray | None:
        film = source.films[int(rows[place])]
        if film is None:
            return None
        return variant.apply(np.asarray(film), source.film_ids[rows[place]])

    def batch(start: int) -> tuple[np.ndarray, np.ndarray] | None:
        wanted = places[start : start + BATCH]
        films = list(readers.map(shown, wanted))
        there = [place for place, film in enumerate(films) if film is not None]
        if not there:
            return None
        full = [films[one] for one in (there + BATCH * there[-1:])[:BATCH]]
        return wanted[there], preprocess(np.stack(full), source.preprocessing)  # type: ignore[arg-type]

    with ThreadPoolExecutor(os.cpu_count() or 1) as readers, ThreadPoolExecutor(1) as ahead:
        waiting = ahead.submit(batch, 0)
        for start in range(BATCH, len(places) + BATCH, BATCH):
            ready = waiting.result()
            waiting = ahead.submit(batch, start) if start < len(places) else waiting
            if ready is not None:
                yield ready
