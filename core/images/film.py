"""What decoding a film gives: its pixels, and what was read of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DecodedFilm:
    """``pixels``: uint8 (H, W), 0 = black. ``format``: "PNG", "JPEG" or "DICOM".

    ``colour``: share (0 to 1) of the picture that had a colour before it became grey.
    ``bits``: of one stored value. ``photometric``: what the values mean, as DICOM's word, or in
    plain words for PNG and JPEG. ``transfer_syntax``: how the values are packed.
    ``window``: which values became black and white, and why. ``notes``: sentences on what was
    odd. ``patient_data``: whether a DICOM header says who the patient is; never what it says.
    """

    pixels: np.ndarray
    format: str
    colour: float = 0.0
    bits: int = 8
    photometric: str = ""
    transfer_syntax: str = ""
    window: str = ""
    notes: tuple[str, ...] = ()
    patient_data: bool = False

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])
