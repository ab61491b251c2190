"""DICOM files. Header data (names, dates) neither leaves this room nor appears in a message."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut
from pydicom.uid import DeflatedExplicitVRLittleEndian

from core.errors import FilmError
from core.images.colour import deep_grey, share_of_colour, to_8_bits
from core.images.dicom_file import has_patient_data, numbers_of, read_dataset, word_of
from core.images.dicom_pixels import check_image, stored_values
from core.images.dicom_tones import in_grey
from core.images.film import DecodedFilm
from core.images.film_facts import AS_STORED, of_own_range, outside_note
from core.images.grey_range import GreyRange, linear, own_range, toned
from core.images.tones import Tones

# What the values of one sample a pixel may mean.
GREY = ("MONOCHROME1", "MONOCHROME2")
PALETTE = "PALETTE COLOR"
TABLES = ("RedPaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData")
NO_MEANING = (
    "The header does not say what dark and bright are (photometric interpretation); bright values "
    "were taken for bright."
)


def read_dicom(data: bytes, start: int, name: str) -> tuple[DecodedFilm, Tones]:
    """The film in a DICOM file whose content begins at ``start``. Raises FilmError."""
    try:
        dataset, deflated = read_dataset(data, start, name)
        keyword = check_image(dataset, data, name)
        film, tones = _film(dataset, keyword, name)
    except (FilmError, MemoryError):
        raise
    # Not chained: what pydicom says may quote the header.
    except Exception:  # noqa: BLE001 - as for the other formats
        raise FilmError(f"{name} is a damaged or incomplete DICOM file. Export it again.") from None
    if deflated:
        film = replace(film, transfer_syntax=DeflatedExplicitVRLittleEndian.name)
    return film, tones


def _film(dataset: Dataset, keyword: str, name: str) -> tuple[DecodedFilm, Tones]:
    notes: list[str] = []
    patient = has_patient_data(dataset)
    written = word_of(dataset, "PhotometricInterpretation")
    meaning = _meaning(dataset, written, notes)
    dataset.PhotometricInterpretation = meaning
    stored = stored_values(dataset, keyword, name, notes)
    values = stored.values
    if meaning == PALETTE:
        values = apply_color_lut(values, dataset)
    colour = 0.0
    if values.ndim == 3:
        pixels, colour, window, tones = _in_colour(values, notes)
    else:
        pixels, window, tones = in_grey(values, dataset, stored.padding, notes)
        if meaning == "MONOCHROME1":
            np.subtract(255, pixels, out=pixels)
            tones = replace(tones, ends=tones.ends and tones.ends[::-1])
            if stored.padding is not None:
                pixels[stored.padding] = 0
    film = DecodedFilm(
        np.ascontiguousarray(pixels),
        "DICOM",
        colour,
        stored.bits,
        meaning,
        stored.syntax,
        window,
        tuple(dict.fromkeys(notes)),
        patient,
    )
    spacing, at_detector = _spacing(dataset)
    return film, replace(tones, spacing=spacing, at_detector=at_detector)


def _spacing(dataset: Dataset) -> tuple[tuple[float, float] | None, bool]:
    """Millimetres from row to row and column to column, and whether they count on the detector.

    PS3.3 10.7.1.3: a pixel spacing that differs from that on the detector was calibrated; one
    that is the same, or that of the detector alone, does not know how far the patient stood off.
    """
    named, detector = (_pair(dataset, word) for word in ("PixelSpacing", "ImagerPixelSpacing"))
    return named or detector, detector is not None and named in (None, detector)


def _pair(dataset: Dataset, keyword: str) -> tuple[float, float] | None:
    numbers = numbers_of(dataset, keyword)
    if len(numbers) != 2 or not all(0 < one < 10 for one in numbers):  # NaN is neither
        return None
    return numbers[0], numbers[1]


def _meaning(dataset: Dataset, written: str, notes: list[str]) -> str:
    """The photometric interpretation as the standard spells it. One that is missing or unknown
    never costs the film: bright values are bright then."""
    joined = written.replace(" ", "").replace("_", "").replace("-", "")
    if joined in GREY:
        return joined
    if joined in ("PALETTECOLOR", "PALETTECOLOUR") and any(one in dataset for one in TABLES):
        return PALETTE
    samples = dataset.get("SamplesPerPixel")
    if written.startswith(("RGB", "YBR")) and samples != 1:
        return written.replace(" ", "_")
    if samples == 3:
        return "RGB"
    notes.append(NO_MEANING)
    return "MONOCHROME2"


def _in_colour(values: np.ndarray, notes: list[str]) -> tuple[np.ndarray, float, str, Tones]:
    """Colour (H, W, 3) to grey: 8 bits as they are, more bits over the film's own range."""
    values = values[..., :3]
    if values.dtype == np.uint8:
        picture = np.ascontiguousarray(values)
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return grey, share_of_colour(picture), AS_STORED, Tones(grey)
    colour = share_of_colour(to_8_bits(values))
    grey = deep_grey(values)
    found = own_range(grey) or GreyRange(0, 0)
    notes.extend(outside_note(found))
    ends = (found.low, found.high)
    return toned(grey, linear(*ends)), colour, of_own_range(found), Tones(grey, ends=ends)
