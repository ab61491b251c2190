"""Test films that training has seen: another film of the patient, or nearly the same film."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.fft import dctn

from core.audit.audit_data import AuditData
from core.audit.report import LeakPair

HASH_SIDE = 16  # 16 · 16 lowest frequencies: 256 bits, since chest films are all much alike
_FRAME = 64
# Calibrated on real films (docs/adr/0011-audit.md): copies that were resized, compressed or
# brightened stay within; films of two patients do not.
MOST_BITS = 64
LEAST_CORRELATION = 0.985
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
    duplicates = near_duplicates(material.films, test, train)
    duplicates = [(a, b) for a, b in duplicates if labels[a] == labels[b]]
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


def near_duplicates(films: np.ndarray, one: np.ndarray, other: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (row of ``one``, row of ``other``) of films uint8 (n, S, S) that are nearly the
    same picture: at most ``MOST_BITS`` of 256 bits differ, and the pictures correlate."""
    codes, looks = perceptual_hashes(films), _Looks(films)
    found = []
    at_once = max(1, min(_BLOCK, _CELLS // max(len(other), 1)))
    others = codes[other]
    for start in range(0, len(one), at_once):
        rows = one[start : start + at_once]
        bits = np.zeros((len(rows), len(other)), np.uint16)
        for word in range(codes.shape[1]):
            bits += np.bitwise_count(codes[rows, word][:, None] ^ others[:, word][None, :])
        for a, b in np.argwhere(bits <= MOST_BITS):
            if looks.alike(int(rows[a]), int(other[b])) >= LEAST_CORRELATION:
                found.append((int(rows[a]), int(other[b])))
    return found


def perceptual_hashes(films: np.ndarray) -> np.ndarray:
    """Films uint8 (n, S, S) → uint64 (n, 4): signs of the lowest frequencies about their median.

    pHash (C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions,
    2010) with 16 · 16 instead of 8 · 8 coefficients. The constant term is left out, so that
    brightness does not count.
    """
    codes = np.zeros((len(films), HASH_SIDE * HASH_SIDE // 64), np.uint64)
    for index, film in enumerate(films):
        even = cv2.equalizeHist(_framed(film)).astype(np.float32)
        low = dctn(even, norm="ortho")[:HASH_SIDE, :HASH_SIDE].ravel()
        low[0] = np.median(low[1:])
        codes[index] = np.packbits(low > low[0]).view(np.uint64)
    return codes


def _framed(film: np.ndarray) -> np.ndarray:
    return cv2.resize(np.asarray(film), (_FRAME, _FRAME), interpolation=cv2.INTER_AREA)


class _Looks:
    """Films as float32 (4096,) of mean 0 and length 1, so that the product of two is their
    correlation. Those asked for last are kept: of 100,000 films all would take 2 GB."""

    def __init__(self, films: np.ndarray) -> None:
        self._films = films
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()

    def alike(self, one: int, other: int) -> float:
        """The correlation of two films, by their rows, from -1 to 1."""
        return float(self._of(one) @ self._of(other))

    def _of(self, row: int) -> np.ndarray:
        look = self._kept.pop(row, None)
        if look is None:
            look = _framed(self._films[row]).astype(np.float32).ravel()
            look -= look.mean()
            look /= max(float(np.linalg.norm(look)), 1e-6)
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
