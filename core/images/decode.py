"""PNG, JPEG and DICOM bytes to one documented array: uint8, grey, 0 is black.

Every decoder runs on bytes from strangers. The content says what a file is, never its
name; sizes are checked before pixels are unpacked; whatever a decoder raises becomes a
FilmError. Header data of a DICOM file (names, dates) neither leaves this module nor
appears in a message.
"""

from __future__ import annotations

import hashlib
import logging
import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from core.errors import FilmError

MAX_PIXELS = 60_000_000
MAX_BYTES = 512 * 1024 * 1024
SAMPLED = 64  # px a side: where colour is looked for
GREY_SPREAD = 24  # of 255: channels this far apart are a colour, not a scanner's tint

ORIENTATION = 0x0112
# EXIF orientation → what undoes it (the EXIF standard numbers them 2 to 8).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

OTHER_FORMATS = (
    (b"RIFF", "a WebP image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
)

# The one encoding that pydicom inflates whole before anything can be checked.
DEFLATED = b"1.2.840.10008.1.2.1.99"

# pydicom's warnings quote header values, and those belong in no log.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class DecodedFilm:
    """``pixels``: uint8 (H, W), 0 = black. ``format``: "PNG", "JPEG" or "DICOM".

    ``colour``: share (0 to 1) of the picture that had a colour before it became grey.
    """

    pixels: np.ndarray
    format: str
    colour: float = 0.0


def film_id_of(data: bytes) -> str:
    """The film's identity: first 32 hex digits of the SHA-256 of the file's bytes."""
    return hashlib.sha256(data).hexdigest()[:32]


def decode_file(path: str | Path) -> DecodedFilm:
    """Read and decode one file; see ``decode_bytes``. Raises FilmError."""
    return decode_bytes(read_film(path), Path(path).name)


def read_film(path: str | Path) -> bytes:
    """The file's bytes. Raises FilmError when it is missing, unreadable or far too large."""
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise FilmError(
                f"{Path(path).name} is {size / 1e6:.0f} MB large; films up to "
                f"{MAX_BYTES / 1e6:.0f} MB are read."
            )
        return Path(path).read_bytes()
    except OSError as error:
        raise FilmError(
            f"{Path(path).name} cannot be opened ({error.strerror or error})."
        ) from error


def decode_bytes(data: bytes, name: str) -> DecodedFilm:
    """Decode one film; ``name`` serves for messages only.

    16-bit images are stretched from their darkest to their brightest value; transparent
    parts become black; EXIF orientation is undone. DICOM goes through modality LUT, VOI
    LUT or window, and MONOCHROME1 inversion, in this order (PS3.4 N.2). Raises FilmError
    with a plain sentence for everything that is no readable film.
    """
    if not data:
        raise FilmError(f"{name} is empty. Copy the file again from where it came.")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _raster(data, name, "PNG")
    if data.startswith(b"\xff\xd8\xff"):
        return _raster(data, name, "JPEG")
    # A DICOM file may lack its preamble; then it begins with an element of group 2 or 8.
    if data[128:132] == b"DICM" or data[:4] in (b"\x02\x00\x00\x00", b"\x08\x00\x05\x00"):
        return _dicom(data, name)
    for start, what in OTHER_FORMATS:
        if data.startswith(start):
            raise FilmError(f"{name} is {what}. Films are read from PNG, JPEG and DICOM files.")
    raise FilmError(f"{name} is not an image. Films are read from PNG, JPEG and DICOM files.")


def _raster(data: bytes, name: str, kind: str) -> DecodedFilm:
    try:
        with Image.open(BytesIO(data), formats=[kind]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(name, image.width, image.height)
            pixels, colour = _grey(image)
            turn = _orientation(image)
    except FilmError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(name) from None
    # A decoder fed with damaged bytes raises almost anything, struct.error and zlib.error
    # included; none of it may end an import of a thousand other films.
    except Exception as error:
        raise FilmError(f"{name} is a damaged {kind} image. Copy or export it again.") from error
    if turn:
        pixels = np.asarray(Image.fromarray(pixels).transpose(turn))
    return DecodedFilm(np.ascontiguousarray(pixels), kind, colour)


def _grey(image: Image.Image) -> tuple[np.ndarray, float]:
    if image.mode.startswith("I") or image.mode == "F":
        return _stretch(np.asarray(image, dtype=np.float32)), 0.0
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        # Black is what surrounds a body on a film, so it is what shows through.
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer)
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    colour = 0.0 if image.mode == "L" else _coloured(np.asarray(_sampled(image)))
    return np.asarray(image.convert("L")), colour


def _sampled(image: Image.Image) -> Image.Image:
    """At most 64 × 64 of the pixels: a share of them is known well enough from those."""
    size = (min(image.width, SAMPLED), min(image.height, SAMPLED))
    return image.resize(size, Image.Resampling.NEAREST)


def _coloured(pixels: np.ndarray) -> float:
    """Share of uint8 (h, w, 3) whose colour is not the one that its brightness has elsewhere.

    So a film photographed in warm light, or printed bluish, is as grey as any other.
    """
    channels = pixels.reshape(-1, 3).astype(np.float64)
    if np.ptp(channels, axis=1).max() <= GREY_SPREAD:
        return 0.0
    grey = channels.mean(axis=1) / 255
    tint = np.stack([np.ones_like(grey), grey, grey**2], axis=1)
    rest = channels - tint @ np.linalg.lstsq(tint, channels, rcond=None)[0]
    return float((np.ptp(rest, axis=1) > GREY_SPREAD).mean())


def _orientation(image: Image.Image) -> Image.Transpose | None:
    try:
        return UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return None  # damaged EXIF says nothing; the film itself is fine


def _dicom(data: bytes, name: str) -> DecodedFilm:
    if DEFLATED in data[:1024]:
        raise FilmError(
            f"{name} is compressed as a whole (deflated), which is not read here. "
            "Export it uncompressed, or as PNG."
        )
    try:
        dataset = pydicom.dcmread(BytesIO(data), force=True)
        _check_dicom(dataset, name)
        shown, colour = _dicom_grey(dataset, name)
    except FilmError:
        raise
    # Not chained: what pydicom says may quote the header.
    except Exception:  # noqa: BLE001 - as for the other formats
        raise FilmError(f"{name} is a damaged or incomplete DICOM file. Export it again.") from None
    return DecodedFilm(np.ascontiguousarray(shown), "DICOM", colour)


def _check_dicom(dataset: Dataset, name: str) -> None:
    if "PixelData" not in dataset or "Rows" not in dataset or "Columns" not in dataset:
        raise FilmError(f"{name} is a DICOM file without an image in it.")
    if dataset.Rows * dataset.Columns > MAX_PIXELS:
        raise _too_large(name, dataset.Columns, dataset.Rows)
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        raise FilmError(f"{name} holds a series of images; export the one film from it.")
    if not dataset.file_meta.get("TransferSyntaxUID"):
        # Without a file header the standard's default encoding is all one can assume.
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed:
        try:
            available = pydicom.pixels.get_decoder(syntax).is_available
        except NotImplementedError:
            available = False
        if not available:
            raise FilmError(
                f"{name} is compressed in a way that cannot be read here ({syntax.name}). "
                "Export it uncompressed, or as PNG."
            )


def _dicom_grey(dataset: Dataset, name: str) -> tuple[np.ndarray, float]:
    stored = dataset.pixel_array
    if stored.ndim == 3 and stored.shape[2] == 3:
        if stored.dtype != np.uint8:
            raise FilmError(f"{name} is a colour image with more than 8 bits; films are grey.")
        colour = _coloured(cv2.resize(stored, (SAMPLED,) * 2, interpolation=cv2.INTER_NEAREST))
        return cv2.cvtColor(stored, cv2.COLOR_RGB2GRAY), colour
    if stored.ndim != 2 or not str(dataset.PhotometricInterpretation).startswith("MONOCHROME"):
        raise FilmError(f"{name} is not a grey film. Export it as a grey image.")
    values = apply_modality_lut(stored, dataset)
    if dataset.get("VOILUTSequence"):
        # A table is looked up with whole numbers; a rescale may have made them float.
        shown = _stretch(apply_voi_lut(np.rint(values).astype(np.int64), dataset))
    elif _has_window(dataset):
        # The window's own ends are black and white, whether or not the film reaches them.
        with np.errstate(over="ignore"):
            ends = apply_voi_lut(np.array([-1e9, 1e9]), dataset)
            windowed = apply_voi_lut(values, dataset)
        shown = _stretch(windowed, float(ends[0]), float(ends[1]))
    else:
        shown = _stretch(values)
    return (255 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown), 0.0


def _has_window(dataset: Dataset) -> bool:
    centre, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    if centre is None or width is None:
        return False
    first = width[0] if isinstance(width, pydicom.multival.MultiValue) else width
    return float(first) >= 1  # a narrower one is a scanner's slip, and shows nothing


def _stretch(values: np.ndarray, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Map ``low … high`` (default: the values' own ends) to 0 … 255."""
    values = np.nan_to_num(np.asarray(values, dtype=np.float32))
    low = float(values.min()) if low is None else low
    high = float(values.max()) if high is None else high
    if low == high:
        return np.zeros(values.shape, np.uint8)
    scaled = (values - low) * (255.0 / (high - low))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _too_large(name: str, width: int | None = None, height: int | None = None) -> FilmError:
    size = f" ({width} × {height} pixels)" if width else ""
    return FilmError(
        f"{name} is too large{size}; films up to {MAX_PIXELS // 1_000_000} million pixels "
        "are read. Export it smaller."
    )
