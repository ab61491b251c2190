"""PNG and JPEG files."""

from __future__ import annotations

import struct
from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
from PIL import Image, ImageChops

from core.errors import FilmError
from core.images.bare_raster import without_texts
from core.images.colour import SAMPLED, deep_grey, share_of_colour, to_8_bits
from core.images.film import DecodedFilm
from core.images.film_facts import AS_STORED, of_own_range, outside_note
from core.images.grey_range import GreyRange, linear, own_range, toned
from core.images.jpeg_marks import jpeg_marks
from core.images.limits import MAX_PIXELS, MAX_SCANS, too_large
from core.images.tones import Tones

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
PNG_COLOURS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with transparency",
               6: "RGB with transparency"}  # fmt: skip
JPEG_COLOURS = {1: "grey", 3: "colour", 4: "CMYK"}
WITH_COLOUR, WITH_ALPHA = (2, 6), (4, 6)
OPAQUE = 65535
TURNED = (
    "The file says that the picture lies on its side or head, or is mirrored; it was set right."
)
ANIMATED = "The file holds several pictures; the first one was read."


def read_png(data: bytes, name: str) -> tuple[DecodedFilm, Tones]:
    """Raises FilmError. 16 bits are stretched; transparent parts become black."""
    depth, colours = (data[24], data[25]) if len(data) > 25 else (8, 0)
    return _decoded(data, name, "PNG", depth, PNG_COLOURS.get(colours, ""), colours)


def read_jpeg(data: bytes, name: str) -> tuple[DecodedFilm, Tones]:
    """Raises FilmError, also for what is JPEG by name only and for one of too many scans."""
    marks = jpeg_marks(data)
    check_scans(marks.scans, name)
    if marks.width * marks.height > MAX_PIXELS:
        raise too_large(name, marks.width, marks.height)
    if marks.frame and not marks.is_plain:
        raise FilmError(
            f"{name} is compressed as {marks.kind}, which is read only inside of DICOM files. "
            "Export it as PNG."
        )
    return _decoded(data, name, "JPEG", 8, JPEG_COLOURS.get(marks.components, ""), 0)


def check_scans(scans: int, name: str) -> None:
    """Raises FilmError for a JPEG that would be gone over more than ``MAX_SCANS`` times."""
    if scans > MAX_SCANS:
        raise FilmError(
            f"{name} is a JPEG of {scans:,} scans; up to {MAX_SCANS} are read. Save it again as a "
            "plain JPEG or PNG."
        )


def _decoded(
    data: bytes, name: str, kind: str, bits: int, photometric: str, colours: int
) -> tuple[DecodedFilm, Tones]:
    notes: list[str] = []
    tones = None
    try:
        with Image.open(BytesIO(without_texts(data)), formats=[kind]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise too_large(name, image.width, image.height)
            if getattr(image, "n_frames", 1) > 1:
                notes.append(ANIMATED)
            if bits == 16 and kind == "PNG":
                pixels, colour, window, tones = _deep(image, data, colours, notes)
            else:
                (pixels, colour), window = _grey(image), AS_STORED
            turn = _orientation(image)
    except FilmError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large(name) from None
    except MemoryError:
        raise
    # A decoder fed with damaged bytes raises almost anything, struct.error and zlib.error
    # included; none of it may end an import of a thousand other films.
    except Exception as error:
        raise FilmError(f"{name} is a damaged {kind} image. Copy or export it again.") from error
    if turn is not None:  # one of them is number 0
        pixels, tones = _turned(pixels, turn), _turned_tones(tones, turn)
        notes.append(TURNED)
    pixels = np.ascontiguousarray(pixels)
    film = DecodedFilm(pixels, kind, colour, bits, photometric, kind, window, tuple(notes))
    return film, tones or Tones(pixels)


def _turned(pixels: np.ndarray, turn: Image.Transpose) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).transpose(turn))


def _turned_tones(tones: Tones | None, turn: Image.Transpose) -> Tones | None:
    if tones is None:
        return None
    hidden = None if tones.left_out is None else _turned(tones.left_out.astype(np.uint8), turn) > 0
    return replace(tones, values=_turned(tones.values, turn), left_out=hidden)


def _grey(image: Image.Image) -> tuple[np.ndarray, float]:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        # Black is what surrounds a body on a film, so it is what shows through.
        layer = image if image.mode in ("RGBA", "LA") else image.convert("RGBA")
        opacity = layer.getchannel("A")
        grey = np.asarray(ImageChops.multiply(layer.convert("L"), opacity))
        few = _few(layer).convert("RGBA")
        black = Image.new("RGBA", few.size, (0, 0, 0, 255))
        return grey, share_of_colour(np.asarray(Image.alpha_composite(black, few).convert("RGB")))
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    colour = 0.0 if image.mode == "L" else share_of_colour(np.asarray(_few(image)))
    return np.asarray(image.convert("L")), colour


def _few(image: Image.Image) -> Image.Image:
    """Enough of the pixels to tell what share of them has a colour."""
    size = (min(image.width, SAMPLED), min(image.height, SAMPLED))
    return image.resize(size, Image.Resampling.NEAREST)


def _deep(
    image: Image.Image, data: bytes, colours: int, notes: list[str]
) -> tuple[np.ndarray, float, str, Tones]:
    """16 bits a value: grey, colour and transparency, stretched to the film's own range."""
    image.load()  # says what is damaged; OpenCV would fill it up without a word
    clear = image.info.get("transparency")  # one value, or one colour, that stands for nothing
    if colours == 0:
        values, opacity, colour = np.asarray(image).astype(np.uint16), None, 0.0
        if isinstance(clear, int):
            opacity = np.where(values == clear, 0, OPAQUE)
    else:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if found is None or found.dtype != np.uint16 or found.ndim != 3:
            raise ValueError("not what its header says")
        picture = found[..., 2::-1]  # OpenCV gives blue first
        opacity = found[..., 3] if found.shape[2] == 4 else None
        colour = share_of_colour(to_8_bits(picture)) if colours in WITH_COLOUR else 0.0
        values = deep_grey(picture)
    left_out = None if opacity is None else opacity == 0
    found_range = own_range(values, left_out) or GreyRange(0, 0)
    notes.extend(outside_note(found_range))
    pixels = toned(values, linear(found_range.low, found_range.high), left_out)
    if opacity is not None:
        pixels = np.rint(pixels * (opacity / OPAQUE)).astype(np.uint8)
    ends = (found_range.low, found_range.high)
    return pixels, colour, of_own_range(found_range), Tones(values, left_out, ends=ends)


def _orientation(image: Image.Image) -> Image.Transpose | None:
    try:
        return UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return None  # damaged EXIF says nothing; the film itself is fine
