"""The machines that work can run on, as a page shows them: how large they are and how busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psutil

from core.runs.devices import CPU, Device, list_devices, slots_held
from core.runs.kinds import KINDS, SLOTS, Seat
from core.store import JobRow
from core.version import node_name

LOOK_SECONDS = 1.0  # a processor's load over less than this says little


@dataclass(frozen=True)
class Card:
    """A graphics card. Memory in bytes, None where it is not told. ``taken``: whether work holds
    it. ``note``: why it is not used, empty when it is."""

    name: str
    memory_total: int | None = None
    memory_used: int | None = None
    taken: bool = False
    note: str = ""


@dataclass(frozen=True)
class Seats:
    """How much work of one sort a machine takes at a time. ``called``: of what sort, in words."""

    called: str
    taken: float
    total: float


@dataclass(frozen=True)
class Machine:
    """One of them. ``name``: as ``Run.node`` has it. ``is_here``: the one that the pages come
    from. ``gone``: why it takes no work any more, a sentence; empty while it does. ``processor``:
    in words, empty where it is not told. ``load``: how busy its processor is, from 0 to 1; None
    while that is not known, as the two of memory, in bytes."""

    name: str
    is_here: bool = False
    gone: str = ""
    processor: str = ""
    load: float | None = None
    memory_total: int | None = None
    memory_used: int | None = None
    cards: tuple[Card, ...] = ()
    seats: tuple[Seats, ...] = ()


def this_machine(rows: Iterable[JobRow], devices: Sequence[Device] | None = None) -> Machine:
    """This one, with the places that work has on it. ``rows``: all that is not over. ``devices``:
    as ``list_devices`` gives them, asked for when left out."""
    found = list_devices() if devices is None else devices
    own = [row for row in rows if row.is_active and row.kind in KINDS]
    held = {
        slot
        for row in own
        if KINDS[row.kind].seat is Seat.DEVICE
        for slot in slots_held(row.device)
    }
    others = sum(KINDS[row.kind].seat is Seat.SLOT for row in own)
    memory = psutil.virtual_memory()
    cards = [one for one in found if one.id != CPU]
    usable = [one for one in cards if not one.note]
    seats = [Seats("training on the processor", CPU in held, 1)]
    if usable:
        taken = sum(one.id in held for one in usable)
        seats.insert(0, Seats("training on a graphics card", taken, len(usable)))
    return Machine(
        name=node_name(),
        is_here=True,
        processor=next((one.name for one in found if one.id == CPU), ""),
        load=_LOAD.share(),
        memory_total=memory.total,
        memory_used=memory.total - memory.available,
        cards=tuple(_card(one, held) for one in cards),
        seats=(*seats, Seats("other work", others, SLOTS)),
    )


def _card(device: Device, held: set[str]) -> Card:
    total, free = device.memory_total, device.memory_free
    used = None if total is None or free is None else total - free
    return Card(device.name, total, used, device.id in held, device.note)


class _Load:
    """How busy this machine's processor was since it was last asked, for all who ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = 0.0
        self._before: tuple[float, float] | None = None
        self._share: float | None = None

    def share(self) -> float | None:
        """From 0 to 1; None at first. Asked again soon, it says the same."""
        with self._lock:
            now = time.monotonic()
            if self._before is None or now - self._at >= LOOK_SECONDS:
                times = psutil.cpu_times()
                all_of_it = sum(times)
                # Linux counts a guest's time within the host's, too.
                all_of_it -= getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
                idle = times.idle + getattr(times, "iowait", 0.0)
                if self._before is not None:
                    passed, rested = all_of_it - self._before[0], idle - self._before[1]
                    if passed > 0:
                        self._share = min(max(1 - rested / passed, 0.0), 1.0)
                self._at, self._before = now, (all_of_it, idle)
            return self._share


_LOAD = _Load()
