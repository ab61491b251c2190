"""Why work waits, and how full the machine is, said of rows that stand in the queue."""

from __future__ import annotations

import time

import psutil
import pytest

from core.runs import machines
from core.runs.devices import Device
from core.runs.machines import Seats, this_machine
from core.runs.waiting import SOON, why_it_waits
from core.store import JobRow, RunState
from core.version import node_name

CPU = Device("cpu", "A processor, 2 cores", 8 * 2**30, 2**30)
CARDS = (
    Device("gpu:0", "Card A", 80 * 2**30, 60 * 2**30),
    Device("gpu:1", "Card B"),
    CPU,
)


def training(name: str, device: str = "", wanted: str = "auto") -> JobRow:
    state = RunState.TRAINING if device else RunState.QUEUED
    return JobRow(name, "train", state, device=device, wanted_device=wanted)


def other(name: str, kind: str = "audit", state: RunState = RunState.QUEUED) -> JobRow:
    return JobRow(name, kind, state)


def test_a_training_waits_for_the_one_processor_and_those_before_it() -> None:
    rows = [training("a", "CPU"), training("b"), training("c"), training("d")]
    said = [why_it_waits(row, rows, (CPU,)) for row in rows[1:]]
    assert said == [
        "It waits for the processor, where 1 training is at work",
        "It waits for the processor, where 1 training is at work; 1 training is before it",
        "It waits for the processor, where 1 training is at work; 2 trainings are before it",
    ]


def test_a_free_place_is_taken_in_a_moment() -> None:
    assert why_it_waits(training("a"), [training("a")], (CPU,)) == SOON
    rows = [training("a", "GPU 0 (Card A)"), training("b"), training("c")]
    assert why_it_waits(rows[1], rows, CARDS) == SOON  # Card B
    # One that waits for what another may take first is not at work anywhere yet.
    line = [training("a"), training("b")]
    assert (
        why_it_waits(line[1], line, (CPU,)) == "It waits for the processor; 1 training is before it"
    )


def test_trainings_on_other_devices_do_not_count() -> None:
    rows = [
        training("a", "GPU 0 (Card A)"),
        training("b", "GPU 1 (Card B)"),
        training("c", wanted="gpu:1"),
        training("d", wanted="cpu"),
        training("e"),
        training("f", wanted="gpu:9"),
    ]
    assert why_it_waits(rows[2], rows, CARDS) == (
        "It waits for GPU 1 (Card B), where 1 training is at work"
    )
    assert why_it_waits(rows[3], rows, CARDS) == SOON
    assert why_it_waits(rows[4], rows, CARDS) == (
        "It waits for one of 2 graphics cards, where 2 trainings are at work; "
        "1 training is before it"
    )
    # There is no such card, so it waits for the processor, and the other one is before it.
    assert why_it_waits(rows[5], rows, CARDS) == (
        "It waits for the processor; 1 training is before it"
    )


def test_other_work_waits_for_its_turn() -> None:
    rows = [
        training("a", "CPU"),
        other("audit", state=RunState.WORKING),
        other("test", "external_test"),
        other("demo", "demonstration"),
    ]
    assert why_it_waits(rows[2], rows, (CPU,)) == "Waiting for its turn: 1 other first"
    assert why_it_waits(rows[3], rows, (CPU,)) == SOON


def test_the_places_of_this_machine_are_counted() -> None:
    rows = [
        training("a", "GPU 0 (Card A)"),
        training("b"),
        other("audit", state=RunState.WORKING),
        other("demo", "demonstration", RunState.WORKING),
        JobRow("x", "of another version", RunState.WORKING),
    ]
    here = this_machine(rows, CARDS)
    assert (here.name, here.is_here, here.gone) == (node_name(), True, "")
    assert here.seats == (
        Seats("training on a graphics card", 1, 2),
        Seats("training on the processor", 0, 1),
        Seats("other work", 1, 1),
    )
    assert [card.taken for card in here.cards] == [True, False]
    assert [(card.memory_total, card.memory_used) for card in here.cards] == [
        (80 * 2**30, 20 * 2**30),
        (None, None),
    ]
    assert here.processor == "A processor, 2 cores"
    assert 0 < (here.memory_used or 0) < (here.memory_total or 0)


def test_a_card_that_the_backend_cannot_use_is_no_place() -> None:
    passed_over = Device("gpu:0", "Card A", note="the installed TensorFlow is the CPU build")
    here = this_machine([training("a", "CPU")], (passed_over, CPU))
    assert here.seats == (Seats("training on the processor", 1, 1), Seats("other work", 0, 1))
    assert here.cards[0].note == passed_over.note


def test_load_is_what_was_worked_since_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    now, worked = [100.0], [10.0, 90.0]
    kind = type(psutil.cpu_times())

    def cpu_times() -> object:
        fields = dict.fromkeys(kind._fields, 0.0) | {"user": worked[0], "idle": worked[1]}
        return kind(**fields)

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(psutil, "cpu_times", cpu_times)
    load = machines._Load()
    assert load.share() is None
    now[0], worked[:] = 102.0, [13.0, 91.0]
    assert load.share() == pytest.approx(0.75)
    now[0], worked[:] = 102.5, [13.0, 91.5]
    assert load.share() == pytest.approx(0.75), "half a second says little"
    now[0] = 104.0
    assert load.share() == pytest.approx(0.0)
