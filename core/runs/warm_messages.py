"""What the dispatcher and the process that has the software loaded say to each other, a line each.

The dispatcher closes its end when the process shall go; the process then goes at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from core.documents import Part


class Order(Part):
    """Become the worker of a row. ``environment``: all of it, as for a new process; ``log``: the
    file for everything that it prints; ``began``: when it was asked for, seconds since 1970."""

    job_id: str
    slot: str
    environment: dict[str, str]
    log: str
    began: float


class Report(Part):
    """``ready``: the software is loaded. ``unfit``: it cannot be kept loaded here, ``why``.
    ``began``: the worker of ``job_id`` is the process ``pid``. ``ended``: it is gone, with ``code``
    as ``subprocess`` gives it, after taking at most ``peak`` bytes.

    ``memory``: resident bytes of the process itself, which computes nothing. ``gpu``: whether the
    software reached for GPUs while it was loaded; then a copy cannot use them.
    """

    what: Literal["ready", "unfit", "began", "ended"]
    job_id: str = ""
    pid: int = 0
    code: int = 0
    peak: int = 0
    memory: int = 0
    gpu: bool = False
    why: str = ""


STAY = b"\n"  # from the dispatcher: nothing to do, but somebody may need you soon


def as_line(message: Order | Report) -> bytes:
    """One message as it is sent."""
    return message.model_dump_json().encode() + b"\n"


class Lines:
    """Puts lines together from what arrives in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, piece: bytes) -> Iterator[bytes]:
        """The lines that are complete now; those without a message are left out."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        yield from _filled(lines)


def _filled(lines: Iterable[bytes]) -> Iterator[bytes]:
    return (line for line in lines if line)
