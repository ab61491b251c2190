"""A process that only decodes: ``python -m core.images.decoder``, started by ``core.images.apart``.

It reads requests from stdin and answers on stdout, one after the other, until stdin closes or
nothing is asked for a while. A picture that takes all of its memory or breaks a decoder ends
this process at worst, and nobody else's.

Request: ``HEADER`` (bytes that follow as JSON, bytes of the file), JSON ``{"name", "memory",
"job", "salt", "most"}``, the file. Answer: ``HEADER`` (bytes of JSON, bytes that follow), JSON, and
for the job ``decode`` pixels uint8 (H, W), for ``grey`` codes uint16 (h, w), for ``bare`` the file
without its header, for ``facts`` nothing.
"""

from __future__ import annotations

import json
import select
import signal
import struct
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import FilmError
from core.images.decoder_words import DecoderAnswer, DecoderRequest
from core.images.decoding import decode_here, read_here
from core.images.limits import MEMORY, SECONDS

try:
    import resource
except ImportError:  # Windows: there, who started this process watches its memory
    resource = None  # type: ignore[assignment]

HEADER = struct.Struct(">IQ")
IDLE = 300.0  # seconds without a request, after which the process ends
TIGHT = 0.25  # of the memory granted: whoever fails beyond it may have failed for want of more
LATEST = 3 * SECONDS  # seconds, after which it ends itself if nobody else does


def main() -> None:
    """Answer requests until there are no more."""
    warnings.simplefilter("ignore")  # what libraries say of a strange film may quote its header
    import cv2  # loaded before the memory is measured that the libraries take

    import core.images.raster  # noqa: F401

    cv2.setNumThreads(1)  # one process a core is enough
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not get between the answers
    base = _address_space()
    while _is_asked(requests):
        header = requests.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        length, size = HEADER.unpack(header)
        request: DecoderRequest = json.loads(requests.read(length))
        data = requests.read(size)
        memory = request["memory"]
        with _limited(base, memory):
            answer, pixels = _answer(data, request)
        # Some libraries say “damaged” when they mean that memory ran out.
        if ("error" in answer or "fault" in answer) and _peak() - base > (
            TIGHT if memory < MEMORY else 2 * TIGHT
        ) * memory:
            answer = {"memory": True}
        del data
        told = json.dumps(answer).encode()
        answers.write(HEADER.pack(len(told), len(pixels)) + told)
        answers.write(pixels)
        answers.flush()


def _answer(data: bytes, request: DecoderRequest) -> tuple[DecoderAnswer, bytes | memoryview]:
    name, job = request["name"], request["job"]
    try:
        if job == "grey":
            return _grey(data, name, request["most"])
        if job != "decode":
            return _without_pixels(job, data, name, bytes.fromhex(request["salt"]))
        film = decode_here(data, name)
        facts = _without(film, "pixels")
        return {"shape": list(film.pixels.shape), "film": facts}, film.pixels.data.cast("B")
    except FilmError as error:
        return {"error": str(error)}, b""
    except MemoryError:
        return {"memory": True}, b""
    except Exception as error:  # noqa: BLE001 - the border of the process
        return {"fault": type(error).__name__}, b""


def _without_pixels(job: str, data: bytes, name: str, salt: bytes) -> tuple[DecoderAnswer, bytes]:
    if job == "facts":
        from core.images.header import header_facts

        return {"facts": asdict(header_facts(data, salt))}, b""
    from core.images.bare import bare_here

    return {}, bare_here(data, name, salt)


def _grey(data: bytes, name: str, most: int) -> tuple[DecoderAnswer, memoryview]:
    from core.images.grey_codes import coded

    film, tones = read_here(data, name)
    grey = coded(tones, film.pixels, film.bits, most)
    codes = grey.codes
    return {"shape": list(codes.shape), "grey": _without(grey, "codes")}, codes.data.cast("B")


def _without(film: Any, pixels: str) -> dict[str, Any]:
    """The film's fields but for its pixels, which ``asdict`` would copy."""
    facts = asdict(replace(film, **{pixels: None}))
    del facts[pixels]
    return facts


def _is_asked(requests: BinaryIO) -> bool:
    if sys.platform == "win32":
        return True
    ready, _, _ = select.select([requests], [], [], IDLE)
    return bool(ready)


@contextmanager
def _limited(base: int, memory: int) -> Iterator[None]:
    """At most ``memory`` bytes more than the libraries take, and an end in any case."""
    if resource is None:
        yield
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if base:
        with suppress(ValueError, OSError):  # a limit from outside may be lower
            resource.setrlimit(resource.RLIMIT_AS, (base + memory, hard))
    signal.alarm(int(LATEST))
    try:
        yield
    finally:
        signal.alarm(0)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _peak() -> int:
    """The most bytes of address space that were ever in use; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmPeak:"):
                return int(line.split()[1]) * 1024
    return 0


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize() if resource else 0


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):
        main()
