"""What a picture may ask of the machine: time, memory, scans; and what a path may lead to."""

from __future__ import annotations

import io
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.errors import FilmError
from core.images import apart, reading
from core.images.apart import Decoders
from core.images.decode import decode_bytes, decode_file, read_film
from core.images.decoder_process import DecoderProcess
from core.images.jpeg_marks import jpeg_marks
from core.images.limits import MAX_BYTES, MAX_SCANS, MEMORY, SECONDS
from tests.core.images.dicom_films import dicom, film, written


def saved(pixels: np.ndarray, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


SMALL = saved(film().astype(np.uint8), "PNG")


def of_scans(times: int, side: int = 64) -> bytes:
    """A progressive JPEG whose last scan is there so many times more."""
    data = saved(np.full((side, side), 90, np.uint8), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * times + data[-2:]


def test_scans_are_counted_before_anything_is_decoded() -> None:
    plain = jpeg_marks(saved(np.zeros((40, 50), np.uint8), "JPEG"))
    assert (plain.scans, plain.width, plain.height, plain.is_plain) == (1, 50, 40, True)
    usual = jpeg_marks(of_scans(1))
    assert 1 < usual.scans < 20
    assert jpeg_marks(of_scans(300)).scans == usual.scans + 299
    assert decode_bytes(of_scans(1), "film.jpg").format == "JPEG"
    with pytest.raises(FilmError, match=r"JPEG of 30\d scans; up to 100"):
        decode_bytes(of_scans(300), "film.jpg")
    # A thumbnail with scans of its own inside a header does not count.
    thumbnail = b"\xff\xe1" + (2 + 600).to_bytes(2, "big") + b"\xff\xda\0\2" * 150
    data = of_scans(1)
    assert jpeg_marks(data[:2] + thumbnail + data[2:]).scans == usual.scans


def test_a_jpeg_of_many_scans_inside_of_dicom_is_refused_too() -> None:
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGBaseline8Bit

    dataset = dicom(np.zeros((64, 64), np.uint8), bits=8)
    dataset.PixelData = encapsulate([of_scans(MAX_SCANS + 1)])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    with pytest.raises(FilmError, match="scans"):
        decode_bytes(written(dataset), "film.dcm")


@pytest.fixture
def own() -> Iterator[Decoders]:
    found = Decoders()
    yield found
    found.close()


def test_a_picture_that_takes_too_long_is_given_up_and_others_go_on(own: Decoders) -> None:
    slow = of_scans(MAX_SCANS - 20, side=4000)
    own.warm()
    own._seconds = 0.1
    with pytest.raises(FilmError, match="takes longer than"):
        own.decode(slow, "slow.jpg")
    own._seconds = SECONDS
    assert own.decode(SMALL, "film.png").format == "PNG"


def test_a_decoder_that_dies_costs_nobody_else(own: Decoders) -> None:
    assert own.decode(SMALL, "film.png").width == 96
    for decoder in own._all:
        decoder.process.kill()
        decoder.process.wait()
    assert own.decode(SMALL, "film.png").width == 96


def test_decoders_end_when_they_are_closed() -> None:
    found = Decoders()
    found.warm()
    processes = [psutil.Process(one.process.pid) for one in found._all]
    assert processes
    found.close()
    assert not any(one.is_running() for one in processes)
    assert found.decode(SMALL, "film.png").width == 96  # and start again
    found.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="memory is limited otherwise on Windows")
def test_memory_has_a_limit(monkeypatch: pytest.MonkeyPatch, own: Decoders) -> None:
    """With a budget of 32 MB in place of 1 GB, for a picture that needs more."""
    large = saved(np.zeros((4000, 4000), np.uint8), "PNG")
    monkeypatch.setattr(apart, "PART", 4 * 2**20)
    monkeypatch.setattr(apart, "MEMORY", 8 * 2**20)
    own._free = 8 * 2**20
    with pytest.raises(FilmError, match="needs more than 8 MB of memory"):
        own.decode(large, "large.png")
    assert own._free == 8 * 2**20
    assert own.decode(SMALL, "film.png").width == 96


def test_one_large_picture_takes_the_whole_budget_and_nobody_starves() -> None:
    found = Decoders()
    most, lock, asked = [], threading.Lock(), DecoderProcess.ask

    def watched(self: object, data: bytes, name: str, memory: int, seconds: float) -> object:
        with lock:
            most.append(MEMORY - found._free)
        return asked(self, data, name, memory, seconds)

    DecoderProcess.ask = watched  # type: ignore[method-assign, assignment]
    try:
        heavy = saved(np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8), "PNG")
        padded = heavy + bytes(apart.PART // apart.SWELL)  # too large a file for one part
        with ThreadPoolExecutor(6) as threads:
            films = [SMALL, padded, SMALL, SMALL, padded, SMALL]
            got = list(threads.map(found.decode, films, ["film.png"] * 6))
    finally:
        DecoderProcess.ask = asked  # type: ignore[method-assign]
        found.close()
    assert [one.width for one in got] == [96, 300, 96, 96, 300, 96]
    assert max(most) == MEMORY  # never more than the budget
    assert found._free == MEMORY


# What a path may lead to


def test_a_pipe_a_device_and_a_socket_are_sentences(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "socket.png"))
    for name in ("pipe.png", "zero.png", "socket.png"):
        with pytest.raises(FilmError, match=f"{name} is not a regular file"):
            decode_file(tmp_path / name)
    listening.close()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(FilmError, match="is a folder"):
        read_film(tmp_path / "folder.png")


def test_links_in_a_circle_and_impossible_names_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "one.png").symlink_to(tmp_path / "two.png")
    (tmp_path / "two.png").symlink_to(tmp_path / "one.png")
    for path in (tmp_path / "one.png", tmp_path / ("x" * 300 + ".png"), "a\0b.png"):
        with pytest.raises(FilmError, match="cannot be opened"):
            read_film(path)


def test_a_file_too_large_or_growing_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.png"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(FilmError, match="537 MB large"):
        read_film(path)
    path.write_bytes(bytes(500))
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
    assert len(read_film(path)) == 500
    read, length = os.read, []

    def growing(descriptor: int, size: int) -> bytes:
        length.append(size)
        return read(descriptor, size) or bytes(size)

    monkeypatch.setattr(os, "read", growing)
    with pytest.raises(FilmError, match="still growing"):
        read_film(path)
    assert sum(length) < 3000


def test_59_million_pixels_with_slope_and_window_are_read() -> None:
    """The decoder that reads them could not take more than 1 GB if it wanted to."""
    side = 7680
    stored = np.tile(np.arange(side, dtype=np.uint16) // 2, (side, 1))  # 0 … 3839
    header = {"RescaleSlope": 2, "RescaleIntercept": -1000, "WindowCenter": 2500.5}
    got = decode_bytes(written(dicom(stored, **header, WindowWidth=5001)), "large.dcm")
    assert got.pixels.shape == (side, side)
    wanted = np.clip((stored[0] * 2.0 - 1000) / 5000 * 255, 0, 255)
    assert np.abs(got.pixels[[0, -1]] - wanted).max() <= 1
    assert got.window == "the window in its header, centre 2500.5 and width 5001"
