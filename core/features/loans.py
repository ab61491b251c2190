"""Shards of a training's films that somebody on another machine computes.

Who computes there has none of these files. So the lock of a shard is held here in its name, for as
long as it is at it, and what it sends is added here. To the training this is a process like others
that takes shards (``core.features.vectors``): it passes over what is lent, and waits for it in the
end only. When who computes goes away the lock is free again, and the shard is anybody's.

No Keras and no network here: whoever lends says how something is computed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from core.documents import Document
from core.features.shards import SHARDS, Shard, record_of, shards_of
from core.files import written_whole

SAMPLED = 4  # records of each shard, the newest, that who helps is compared with


class PassesUnderWay(Document):
    """What a training says of the films that go through its frozen network. ``keys``: of each pass
    (``FeatureSource.key``), in their order. ``arithmetic``: in which it computes
    (``core.training.precision``). ``channels``: the length of a vector."""

    SPOKEN: ClassVar[str] = "What a training says of its films"

    keys: tuple[str, ...]
    arithmetic: str
    channels: int


@dataclass(frozen=True)
class Loan:
    """A shard to compute. ``number``: which pass of the training, from 0; ``key``: its name.
    ``shard``: which one, from 0. ``there``: the films that it has, bytes (n,).
    ``sample``: what the first pass has found so far, records of ``record_of``; empty for those who
    have seen it."""

    number: int
    key: str
    arithmetic: str
    shard: int
    there: np.ndarray
    sample: np.ndarray


# The missing films' records, in any order. Raises when nothing comes of it.
ComputeLoan = Callable[[Loan], np.ndarray]


class Lending:
    """The shards of one training. ``folder``: where they lie. Safe from several threads."""

    def __init__(self, folder: Path, passes: PassesUnderWay) -> None:
        self._folder, self._passes = folder, passes
        self._record = record_of(passes.channels)
        self._over: set[tuple[int, int]] = set()
        self._noting = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether each shard was lent once and came back, so that none has to be lent again."""
        return len(self._over) == SHARDS * len(self._passes.keys)

    def lend(self, compute: ComputeLoan, *, prove: bool) -> bool:
        """Lend a shard that is free and wait until it comes back; returns False when none is free
        now. ``prove``: whether who computes has to show that it finds the same as the training;
        there is nothing to lend until that has found something. Passes on whatever ``compute``
        raises; the shard is free again then."""
        sample = self._sample() if prove else np.empty(0, self._record)
        if prove and not len(sample):
            return False
        for number, key in enumerate(self._passes.keys):
            for one in reversed(range(SHARDS)):  # a training takes them from the first on
                if (number, one) not in self._over and self._lend(
                    number, key, one, sample, compute
                ):
                    return True
        return False

    def _lend(
        self, number: int, key: str, one: int, sample: np.ndarray, compute: ComputeLoan
    ) -> bool:
        shard = Shard(self._folder, key, one, self._record)
        if not shard.hold():
            return False
        try:
            there = shard.sound_film_ids(set())
            found = compute(Loan(number, key, self._passes.arithmetic, one, there, sample))
            self._add(shard, one, found, there)
        finally:
            shard.let_go()
        with self._noting:
            self._over.add((number, one))
        return True

    def _add(self, shard: Shard, one: int, found: np.ndarray, there: np.ndarray) -> None:
        """What was sent, but what does not belong here: the training computes that itself."""
        if found.dtype != self._record or not len(found):
            return
        mine = (shards_of(found["film"]) == one) & ~np.isin(found["film"], there)
        found = found[mine & np.isfinite(found["vector"]).all(axis=1)]
        with shard.path.open("ab") as stream:
            stream.write(found.data)

    def _sample(self) -> np.ndarray:
        parts = []
        for one in range(SHARDS):
            shard = Shard(self._folder, self._passes.keys[0], one, self._record)
            count = shard.count
            if few := min(count, SAMPLED):
                at = (count - few) * self._record.itemsize
                parts.append(np.fromfile(shard.path, self._record, few, offset=at))
        return np.concatenate(parts) if parts else np.empty(0, self._record)


class LoanBox:
    """Files in which a process leaves loans for another one on the same machine, and that one what
    it has found: one after the other. ``folder``: of the work. Each end has a box of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "scratch" / "loans"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number = 1

    def put(self, loan: Loan | None) -> None:
        """Leave a loan; None: there will be no more. The answer to the one before is here."""
        with written_whole(self._asked) as temporary, temporary.open("wb") as stream:
            if loan is None:
                np.savez(stream)
                return
            np.savez(
                stream,
                what=np.array([loan.number, loan.shard]),
                names=np.array([loan.key, loan.arithmetic]),
                there=loan.there,
                sample=loan.sample,
            )

    def answer(self) -> np.ndarray | None:
        """What was found, records; None as long as there is no answer."""
        if not self._found.is_file():
            return None
        found = np.load(self._found)
        self._found.unlink()
        self._number += 1
        return np.asarray(found)

    def take(self) -> tuple[Loan | None] | None:
        """The next loan, in a tuple; None as long as there is none."""
        if not self._asked.is_file():
            return None
        with np.load(self._asked) as said:
            parts = {name: said[name] for name in said.files}
        self._asked.unlink()
        if not parts:
            return (None,)
        (number, shard), (key, arithmetic) = parts["what"].tolist(), parts["names"].tolist()
        return (Loan(number, key, arithmetic, shard, parts["there"], parts["sample"]),)

    def give(self, found: np.ndarray) -> None:
        """Answer the loan that was taken last. ``found``: records."""
        with written_whole(self._found) as temporary, temporary.open("wb") as stream:
            np.save(stream, found)
        self._number += 1

    @property
    def _asked(self) -> Path:
        return self._folder / f"asked-{self._number}.npz"

    @property
    def _found(self) -> Path:
        return self._folder / f"found-{self._number}.npy"
