"""Test films that training has seen: another film of the patient, or nearly the same film."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.fft import dctn

from core.audit.audit_data import AuditData
from core.audit.report import LeakPair
from core.audit.some_films import FilmStack, film_parts

HASH_SIDE = 16  # 16 · 16 lowest frequencies: 256 bits, since chest films are all much alike
_FRAME = 64
# Calibrated on real films (docs/adr/0011-audit.md): copies that were resized, compressed or
# brightened stay within; films of two patients do not.
MOST_BITS = 64
LEAST_CORRELATION = 0.985
_ROUGH = 8  # side to which a picture is shrunk for a first comparison
_SLACK = 1e-4  # far more than single precision loses
_BLOCK = 512  # test films compared at a time, at most,
_CELLS = 4_000_000  # and pairs: 100,000 films must fit into the memory, too
_LOOKS = 2_000  # films whose pictures are kept at hand
_SHOWN = 200  # pairs that are kept


@dataclass(frozen=True, eq=False)
class Leaks:
    """``patient``, ``duplicate``: bool (test films,), in the order of ``rows("test")``;
    ``pairs``: the most alike first, at most 200."""

    patient: np.ndarray
    duplicate: np.ndarray
    pairs: tuple[LeakPair, ...]

    @property
    def any(self) -> np.ndarray:
        """bool (test films,)."""
        values: np.ndarray = self.patient | self.duplicate
        return values


def find_leaks(material: AuditData) -> Leaks:
    """Compare each test film with each training film.

    Near-duplicates of another class are passed over: they teach the wrong answer, so they
    flatter no result.
    """
    test, train = material.rows("test"), material.rows("train")
    labels, patients = material.labels, material.patients
    duplicates = near_duplicates(material.films, test, train, labels)
    by_patient: dict[str, list[int]] = {}
    for row in train:  # a film of an unknown patient has a name of its own and meets no other
        by_patient.setdefault(patients[row], []).append(int(row))
    same = [(int(a), b) for a in test for b in by_patient.get(patients[a], ())]
    looks = _Looks(material.films)
    twice = set(duplicates)
    pairs = [("duplicate", a, b) for a, b in duplicates]
    pairs += [("patient", a, b) for a, b in same if (a, b) not in twice]
    ids = material.table["film_id"].to_numpy()
    # Of all of them only the places: with a patient's other films there are many.
    likest = heapq.nsmallest(
        _SHOWN,
        ((-round(looks.alike(a, b), 4), str(ids[a]), place)
         for place, (_, a, b) in enumerate(pairs)),
    )  # fmt: skip
    return Leaks(
        np.isin(test, [a for a, _ in same]),
        np.isin(test, [a for a, _ in duplicates]),
        tuple(_pair(material, *pairs[place], -unlike) for unlike, _, place in likest),
    )


def near_duplicates(
    films: FilmStack, one: np.ndarray, other: np.ndarray, labels: np.ndarray | None = None
) -> list[tuple[int, int]]:
    """Pairs (row of ``one``, row of ``other``), ascending, of films uint8 (n, S, S) that are nearly
    the same picture: at most ``MOST_BITS`` of 256 bits differ, and the pictures correlate.

    ``labels``: int (n,), where only pairs of one class are wanted. The time grows with the number
    of pairs, which 100,000 films have a billion of; so all but a few are ruled out by a product of
    matrices first (``_sketches``).
    """
    codes, sketches, looks = perceptual_hashes(films), _sketches(films), _Looks(films)
    classes = np.zeros(len(films), int) if labels is None else labels
    found = []
    for label in np.unique(classes[one]):
        mine, theirs = one[classes[one] == label], other[classes[other] == label]
        shown = sketches[theirs].T
        at_once = max(1, min(_BLOCK, _CELLS // max(len(theirs), 1)))
        for start in range(0, len(mine), at_once):
            rows = mine[start : start + at_once]
            at, to = np.nonzero(sketches[rows] @ shown >= LEAST_CORRELATION - _SLACK)
            bits = np.bitwise_count(codes[rows[at]] ^ codes[theirs[to]]).sum(axis=1, dtype=int)
            near = bits <= MOST_BITS
            for a, b in zip(rows[at[near]].tolist(), theirs[to[near]].tolist(), strict=True):
                if looks.alike(a, b) >= LEAST_CORRELATION:
                    found.append((a, b))
    return sorted(found)


def _sketches(films: FilmStack) -> np.ndarray:
    """float32 (n, 65): the product of two rows is no less than the correlation of the two films.

    The pictures' means in 8 · 8 fields, and how much of each is left beside them. Fields are at
    right angles to what is left, so a correlation is the product of the fields and that of what is
    left; and that is at most the product of their lengths.
    """
    field = _FRAME // _ROUGH  # a side, in pixels
    found = np.empty((len(films), _ROUGH**2 + 1), np.float32)
    for row, look in enumerate(map(_look, _each(films))):
        square = look.reshape(_ROUGH, field, _ROUGH, field)
        fields = square.mean(axis=(1, 3)).ravel() * field
        found[row, :-1] = fields
        found[row, -1] = np.sqrt(max(float(look @ look) - float(fields @ fields), 0.0))
    return found


def perceptual_hashes(films: FilmStack) -> np.ndarray:
    """Films uint8 (n, S, S) → uint64 (n, 4): signs of the lowest frequencies about their median.

    pHash (C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions,
    2010) with 16 · 16 instead of 8 · 8 coefficients. The constant term is left out, so that
    brightness does not count.
    """
    codes = np.zeros((len(films), HASH_SIDE * HASH_SIDE // 64), np.uint64)
    for index, film in enumerate(_each(films)):
        even = cv2.equalizeHist(_framed(film)).astype(np.float32)
        low = dctn(even, norm="ortho")[:HASH_SIDE, :HASH_SIDE].ravel()
        low[0] = np.median(low[1:])
        codes[index] = np.packbits(low > low[0]).view(np.uint64)
    return codes


def _each(films: FilmStack) -> Iterator[np.ndarray]:
    for part in film_parts(films):
        yield from part


def _look(film: np.ndarray) -> np.ndarray:
    """A film uint8 (S, S) as float32 (4096,) of mean 0 and length 1, so that the product of two is
    their correlation; of one grey, zeros."""
    look: np.ndarray = _framed(film).astype(np.float32).ravel()
    look -= look.mean()
    look /= max(float(np.linalg.norm(look)), 1e-6)
    return look


def _framed(film: np.ndarray) -> np.ndarray:
    return cv2.resize(np.asarray(film), (_FRAME, _FRAME), interpolation=cv2.INTER_AREA)


class _Looks:
    """What ``_look`` gives of films. Those asked for last are kept: of 100,000 films all would take
    2 GB."""

    def __init__(self, films: FilmStack) -> None:
        self._films = films
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()

    def alike(self, one: int, other: int) -> float:
        """The correlation of two films, by their rows, from -1 to 1."""
        return float(self._of(one) @ self._of(other))

    def _of(self, row: int) -> np.ndarray:
        look = self._kept.pop(row, None)
        if look is None:
            look = _look(self._films[row])
        self._kept[row] = look
        if len(self._kept) > _LOOKS:
            self._kept.popitem(last=False)
        return look


def _pair(material: AuditData, kind: str, a: int, b: int, likeness: float) -> LeakPair:
    ids, labels = material.table["film_id"], material.labels
    return LeakPair(
        kind="duplicate" if kind == "duplicate" else "patient",
        test_film=str(ids[a]),
        train_film=str(ids[b]),
        test_class=material.classes[labels[a]],
        train_class=material.classes[labels[b]],
        likeness=likeness,
    )
