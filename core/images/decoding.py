"""Bytes to a film, in this very process: what a decoder process runs (``core.images.decoder``).

Every decoder runs on bytes from strangers. The content says what a file is, never its name;
sizes are checked before pixels are unpacked; whatever a decoder raises becomes a FilmError.
"""

from __future__ import annotations

from core.errors import FilmError
from core.images.film import DecodedFilm
from core.images.tones import Tones

READ = "Films are read from PNG, JPEG and DICOM files."
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"

OTHER_FORMATS = (
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"II+\x00", "a TIFF image"),
    (b"MM\x00+", "a TIFF image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a file packed with gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"NRRD000", "an NRRD file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"P5", "a PGM image"),
    (b"P2\n", "a PGM image"),
    (b"P6", "a PPM image"),
    (b"P3\n", "a PPM image"),
    (b"P1\n", "a PBM image"),
    (b"P4\n", "a PBM image"),
    (b"8BPS", "a Photoshop file"),
    (b"II\xbc", "a JPEG XR image"),
    (b"\x76\x2f\x31\x01", "an OpenEXR image"),
    (b"DDS ", "a DDS image"),
    (b"%!PS", "a PostScript file"),
    (b"\0\0\1\0", "an icon"),
    (b"\x01\xda\x01\x01", "an SGI image"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"ObjectType = Image", "a MetaImage file"),
    (b"\x89PNG", "a PNG image whose line ends were changed on its way, which damages it"),
)
BOXED = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
                    "a HEIC image"),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF image"),
    b"crx ": "a camera's raw image",
}  # fmt: skip
# Begins what is kept in place of a file that is no film: the reason, as UTF-8.
NOT_KEPT = b"ThoraxLens did not keep this file. "
POINTER = b"version https://git-lfs"
NIFTI, NIFTI_2 = (b"n+1\x00", b"ni1\x00"), b"n+2\0\r\n\x1a\n"


def decode_here(data: bytes, name: str) -> DecodedFilm:
    """See ``core.images.decode.decode_bytes``; without its limits of time and memory."""
    return read_here(data, name)[0]


def read_here(data: bytes, name: str) -> tuple[DecodedFilm, Tones]:
    """The film, and the grey values of its file that it was made from."""
    if not data:
        raise FilmError(f"{name} is empty. Copy the file again from where it came.")
    if data.startswith(NOT_KEPT):
        raise FilmError(data[len(NOT_KEPT) : len(NOT_KEPT) + 1000].decode(errors="replace"))
    # Here, because a file that is no film needs none of these libraries.
    if data.startswith(PNG):
        from core.images.raster import read_png

        return read_png(data, name)
    if data.startswith(JPEG):
        from core.images.raster import read_jpeg

        return read_jpeg(data, name)
    what = _other(data)
    # A DICOM file may carry another format's first bytes in its preamble.
    if what and data[128:132] != b"DICM":
        raise FilmError(f"{name} is {what}. {READ}")
    from core.images.dicom import read_dicom
    from core.images.dicom_file import dicom_start

    start = dicom_start(data)
    if start is None:
        if not data.strip(b"\0"):
            raise FilmError(
                f"{name} holds nothing but zeros: it was not copied to its end. Copy it again."
            )
        raise FilmError(f"{name} is not an image. {READ}")
    return read_dicom(data, start, name)


def _other(data: bytes) -> str:
    """What else a file is, with its article; "" when nobody knows."""
    if data.startswith(POINTER):
        return "only a pointer to a film (Git LFS); download the film itself"
    if data.startswith(b"RIFF"):
        return "a WebP image" if data[8:12] == b"WEBP" else "a sound or video file"
    if data[4:8] == b"ftyp":
        return BOXED.get(data[8:12], "a video")
    if data[344:348] in NIFTI or data[4:12] == NIFTI_2:
        return "a NIfTI image"
    head = data[:256].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page, perhaps an error message in place of a download"
    if head.startswith((b"<svg", b"<?xml")) and b"<svg" in data[:1024]:
        return "an SVG drawing"
    return next((what for start, what in OTHER_FORMATS if data.startswith(start)), "")
