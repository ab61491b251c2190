"""Why something in the queue has not begun, in words, where all work runs on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from core.runs.devices import CPU, Device, describe, slots_fitting, slots_held
from core.runs.kinds import KINDS, Seat
from core.runs.line import before, waiting_words
from core.store import JobRow, RunState
from core.text import count

SOON = "It starts in a moment"


def why_it_waits(row: JobRow, rows: Sequence[JobRow], devices: Sequence[Device]) -> str:
    """A sentence without its full stop. ``row``: one that is queued, of a kind that this version
    knows. ``rows``: all that is not over, in the order of the queue. ``devices``: as
    ``list_devices`` gives them."""
    seat = KINDS[row.kind].seat
    if seat is Seat.DEVICE:
        return _for_a_device(row, rows, devices)
    others = before(rows, row) if seat is Seat.SLOT else 0
    return waiting_words(others) if others else SOON


def _for_a_device(row: JobRow, rows: Sequence[JobRow], devices: Sequence[Device]) -> str:
    wanted = slots_fitting(row.wanted_device, devices)
    trainings = [one for one in rows if KINDS[one.kind].seat is Seat.DEVICE]
    at_work = [one for one in trainings if one.is_active and slots_held(one.device) & set(wanted)]
    ahead = 0
    for one in trainings:
        if one.job_id == row.job_id:
            break
        if one.state == RunState.QUEUED and set(wanted) & set(
            slots_fitting(one.wanted_device, devices)
        ):
            ahead += 1
    held = {slot for one in at_work for slot in slots_held(one.device)}
    if not set(wanted) <= held and not ahead:
        return SOON
    place = _named(wanted, devices)
    works = (
        f", where {count(len(at_work), 'training')} {_is(len(at_work))} at work" if at_work else ""
    )
    line = f"; {count(ahead, 'training')} {_is(ahead)} before it" if ahead else ""
    return f"It waits for {place}{works}{line}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _named(slots: Sequence[str], devices: Sequence[Device]) -> str:
    if len(slots) > 1:
        return f"one of {len(slots)} graphics cards"
    return "the processor" if slots[0] == CPU else describe(slots[0], devices)
