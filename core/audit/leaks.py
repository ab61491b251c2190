"""Test films that training has seen: another film of the patient, or nearly the same film."""

from __future__ import annotations

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
_BLOCK = 512  # test films compared at a time
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
    looks = _looks(material.films)
    twice = set(duplicates)
    pairs = [_pair(material, looks, a, b, "duplicate") for a, b in duplicates]
    pairs += [_pair(material, looks, a, b, "patient") for a, b in same if (a, b) not in twice]
    pairs.sort(key=lambda one: (-one.likeness, one.test_film))
    return Leaks(
        np.isin(test, [a for a, _ in same]),
        np.isin(test, [a for a, _ in duplicates]),
        tuple(pairs[:_SHOWN]),
    )


def near_duplicates(films: np.ndarray, one: np.ndarray, other: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (row of ``one``, row of ``other``) of films uint8 (n, S, S) that are nearly the
    same picture: at most ``MOST_BITS`` of 256 bits differ, and the pictures correlate."""
    codes, looks = perceptual_hashes(films), _looks(films)
    found = []
    for start in range(0, len(one), _BLOCK):
        rows = one[start : start + _BLOCK]
        bits = np.zeros((len(rows), len(other)), np.int64)
        for word in range(codes.shape[1]):
            bits += np.bitwise_count(codes[rows, word][:, None] ^ codes[other, word][None, :])
        for a, b in np.argwhere(bits <= MOST_BITS):
            if looks[rows[a]] @ looks[other[b]] >= LEAST_CORRELATION:
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


def _looks(films: np.ndarray) -> np.ndarray:
    """float32 (n, 4096) of mean 0 and length 1: the product of two is their correlation."""
    rows = np.stack([_framed(film).astype(np.float32).ravel() for film in films])
    rows -= rows.mean(axis=1, keepdims=True)
    values: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return values


def _pair(material: AuditData, looks: np.ndarray, a: int, b: int, kind: str) -> LeakPair:
    ids, labels = material.table["film_id"], material.labels
    return LeakPair(
        kind="duplicate" if kind == "duplicate" else "patient",
        test_film=str(ids[a]),
        train_film=str(ids[b]),
        test_class=material.classes[labels[a]],
        train_class=material.classes[labels[b]],
        likeness=round(float(looks[a] @ looks[b]), 4),
    )
