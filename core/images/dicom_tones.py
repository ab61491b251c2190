"""Which of a DICOM film's values are black and white: its tables, its windows, or its own range.

In the order of PS3.4 N.2: modality LUT or rescale, VOI LUT or window. One that cannot be
used, or that shows nothing of the film, gives way to the next, and at last to the film's own
range; what was used and why is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from pydicom.dataset import Dataset

from core.images.dicom_file import numbers_of, value_of, word_of
from core.images.dicom_tables import items_of, looked_up
from core.images.emptiness import histogram, why_one_shade
from core.images.film_facts import number, of_own_range, outside_note
from core.images.grey_range import GreyRange, linear, own_range, strips, toned
from core.images.tones import Tones

RESCALE = "The header's rescale cannot be used; the values were taken as they are stored."
MODALITY = "The header's modality table cannot be used; the values were taken as they are stored."
TABLE = "The header's VOI table cannot be used; it was passed over."
NOTHING = "shows nothing of the film and was passed over."
FAR = 1 << 40  # beyond every table
INSIDE = 0.01  # of the film that must lie between a window's black and its white

Tone = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class _Scale:
    """Stored value × slope + intercept = the value that windows speak of."""

    slope: float = 1.0
    intercept: float = 0.0

    def stored(self, value: float) -> float:
        return (value - self.intercept) / self.slope


def in_grey(
    values: np.ndarray, dataset: Dataset, padding: np.ndarray | None, notes: list[str]
) -> tuple[np.ndarray, str, Tones]:
    """uint8 (H, W) before any inversion, padding black; in words which range was used; and the
    values that it was made from."""
    values, scale = _modality(values, dataset, notes)
    found = own_range(values, padding) or GreyRange(0, 0)
    ends = (found.low, found.high) if scale.slope > 0 else (found.high, found.low)
    own = toned(values, linear(*ends), padding)
    # In the values that the header's windows speak of, so that both can be compared.
    low, high = (one * scale.slope + scale.intercept for one in ends)
    spoken = GreyRange(low, high, found.outside)
    tones = Tones(values, padding, scale.slope, scale.intercept, ends)
    why = ""
    for words, picture, asked in _chosen(values, dataset, scale, padding, notes):
        if not _shows_nothing(picture, own, padding):
            return picture, words, replace(tones, ends=asked)
        notes.append(f"{words[0].upper()}{words[1:]}, {NOTHING}")
        why = "what the header asks for shows nothing of the film"
    notes.extend(outside_note(found))
    if not why and _has_window_words(dataset):
        why = "the header's window cannot be used"
    return own, of_own_range(spoken, why), tones


def _modality(values: np.ndarray, dataset: Dataset, notes: list[str]) -> tuple[np.ndarray, _Scale]:
    if value_of(dataset, "ModalityLUTSequence"):
        try:
            item = items_of(dataset, "ModalityLUTSequence")[0]
            return looked_up(values, item, little=_is_little(dataset)), _Scale()
        except Exception:  # noqa: BLE001 - a damaged table raises almost anything
            notes.append(MODALITY)
            return values, _Scale()
    if not numbers_of(dataset, "RescaleSlope") and not numbers_of(dataset, "RescaleIntercept"):
        if "RescaleSlope" in dataset and _is_filled(dataset, "RescaleSlope"):
            notes.append(RESCALE)
        return values, _Scale()
    slope = _or(numbers_of(dataset, "RescaleSlope"), 1.0)
    intercept = _or(numbers_of(dataset, "RescaleIntercept"), 0.0)
    if not (math.isfinite(slope) and math.isfinite(intercept)) or slope == 0:
        notes.append(RESCALE)
        return values, _Scale()
    return values, _Scale(slope, intercept)


def _or(numbers: list[float], otherwise: float) -> float:
    return numbers[0] if numbers else otherwise


def _is_filled(dataset: Dataset, keyword: str) -> bool:
    try:
        return bool(str(dataset.get_item(keyword).value).strip("b' "))
    except Exception:  # noqa: BLE001 - there is something, and it cannot be read
        return True


def _has_window_words(dataset: Dataset) -> bool:
    return any(
        word in dataset and _is_filled(dataset, word) for word in ("WindowCenter", "WindowWidth")
    )


def _chosen(
    values: np.ndarray,
    dataset: Dataset,
    scale: _Scale,
    padding: np.ndarray | None,
    notes: list[str],
) -> Iterator[tuple[str, np.ndarray, tuple[float, float] | None]]:
    """What the header asks for, in words, as pictures, and as the stored values of black and
    white where nothing but a straight line is between them; the first wish first."""
    tables = items_of(dataset, "VOILUTSequence")
    if not tables and value_of(dataset, "VOILUTSequence"):
        notes.append(TABLE)
    for item in tables:
        try:
            picture = _through_table(values, item, scale, padding, little=_is_little(dataset))
        except Exception:  # noqa: BLE001 - as above
            notes.append(TABLE)
        else:
            yield "the VOI table in its header", picture, None
    function = word_of(dataset, "VOILUTFunction")
    for centre, width in _windows(dataset, function):
        ends = _ends(centre, width, function, scale)
        tone = _window(centre, width, function, scale)
        words = f"the window in its header, centre {number(centre)} and width {number(width)}"
        yield words, toned(values, tone, padding), ends


def _windows(dataset: Dataset, function: str) -> Iterator[tuple[float, float]]:
    """Each usable pair once. A linear one narrower than 1 is a scanner's slip and shows nothing;
    of the other functions each width has a meaning (PS3.3 C.11.2.1.3)."""
    exact = function in ("LINEAR_EXACT", "SIGMOID")
    centres, widths = (numbers_of(dataset, f"Window{word}") for word in ("Center", "Width"))
    pairs = zip(centres, widths, strict=False)
    for centre, width in dict.fromkeys(pairs):
        if math.isfinite(centre) and math.isfinite(width) and (width > 0 if exact else width >= 1):
            yield centre, width


def _ends(centre: float, width: float, function: str, scale: _Scale) -> tuple[float, float] | None:
    """The stored values that a window shows black and white (PS3.3 C.11.2.1.2); None for one
    whose way between them is no straight line, or has no length."""
    if function == "SIGMOID":
        return None
    if function == "LINEAR_EXACT":
        low, high = centre - width / 2, centre + width / 2
    else:
        low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    ends = scale.stored(low), scale.stored(high)
    return ends if ends[0] != ends[1] else None


def _window(centre: float, width: float, function: str, scale: _Scale) -> Tone:
    """The same window as a tone, put in terms of the stored values."""
    if function == "SIGMOID":
        middle, steep = scale.stored(centre), 4 * scale.slope / width
        return lambda values: 255 / (1 + np.exp(-steep * (values.astype(np.float32) - middle)))
    ends = _ends(centre, width, function, scale)
    if ends is None:  # a width of 1: black up to the centre, white beyond
        step = scale.stored(centre if function == "LINEAR_EXACT" else centre - 0.5)
        above = 255.0 if scale.slope > 0 else 0.0
        return lambda values: np.where(values > step, above, 255.0 - above)
    return linear(*ends)


def _through_table(
    values: np.ndarray, item: Dataset, scale: _Scale, padding: np.ndarray | None, *, little: bool
) -> np.ndarray:
    """A table is looked up with whole numbers; a rescale may have made them none."""
    spoken = values
    if scale != _Scale() or values.dtype.kind == "f":
        spoken = np.empty(values.shape, np.int64)
        for rows in strips(*values.shape):
            some = np.nan_to_num(values[rows] * scale.slope + scale.intercept)
            spoken[rows] = np.clip(np.rint(some), -FAR, FAR)
    through = looked_up(spoken, item, little=little)
    film = through if padding is None else through[~padding]
    return toned(through, linear(float(film.min()), float(film.max())), padding)


def _is_little(dataset: Dataset) -> bool:
    """Whether words stand with their smaller half first."""
    return dataset.original_encoding[1] is not False


def _shows_nothing(picture: np.ndarray, own: np.ndarray, padding: np.ndarray | None) -> bool:
    """Whether a window is beside the film, far too wide or far too narrow for it. A film that
    shows nothing in its own range either is not the window's fault."""
    film = None if padding is None else ~padding
    asked, possible = histogram(picture, film), histogram(own, film)
    if why_one_shade(possible):
        return False
    return bool(why_one_shade(asked)) or (_torn(asked) and not _torn(possible))


def _torn(counts: np.ndarray) -> bool:
    """Nearly all of it black or white, with next to nothing between."""
    return float(counts[1:255].sum()) < INSIDE * float(counts.sum())
