"""Which node gets work, and which gets none. No Ray here: its answers are written down."""

from __future__ import annotations

from typing import Any

import pytest

from core.cluster.membership import CPUS_VARIABLE, Members, Slot, cpus_each
from core.cluster.sameness import CODE, about_this_machine, why_unfit
from core.errors import InputError
from core.runs.kinds import AUDIT, EXTERNAL_TEST, TRAIN
from core.store import JobRow, RunState


def node(name: str, cpus: int, gpus: int = 0, alive: bool = True) -> dict[str, Any]:
    return {
        "NodeID": f"id-{name}", "Alive": alive, "NodeName": name, "NodeManagerAddress": "10.0.0.1",
        "NodeManagerHostname": "host", "Resources": {"CPU": float(cpus), "GPU": float(gpus)},
    }  # fmt: skip


def members(*nodes: dict[str, Any], each: int = 2) -> Members:
    made = Members(cpus_each=each)
    made.look(lambda: nodes)
    return made


def row(device: str = "auto") -> JobRow:
    return JobRow("20260101-000000-aaaa", "train", RunState.QUEUED, wanted_device=device)


def test_work_goes_where_there_is_most_room_until_there_is_none() -> None:
    found = members(node("a", 4), node("b", 8), node("gone", 64, alive=False))
    taken: list[tuple[str, Slot]] = []
    order = []
    while (named := found.free(row(), TRAIN, taken)) is not None:
        where, slot = found.slot(named)
        assert (slot.cpus, slot.gpus) == (2, 0)
        taken.append((where.id, slot))
        order.append(where.name)
    assert sorted(order) == ["a"] * 2 + ["b"] * 4
    assert order[:2] == ["b", "b"]


def test_a_smaller_node_gives_all_that_it_has_and_threads_stay_those_of_this_machine() -> None:
    found = members(node("small", 1), each=8)
    _, slot = found.slot(str(found.free(row(), TRAIN, [])))
    assert slot.cpus == 1
    assert found.threads(slot) == 8
    assert found.free(row(), TRAIN, [("id-small", slot)]) is None


def test_gpus_are_slots_and_are_kept_from_what_does_not_want_them() -> None:
    found = members(node("cpu", 16), node("gpu", 2, gpus=2))
    where, slot = found.slot(str(found.free(row(), TRAIN, [])))
    assert (where.name, slot.gpus, found.threads(slot)) == ("gpu", 1, 0)
    taken = [("id-gpu", slot)] * 2
    assert found.free(row(), TRAIN, taken) is None, "it waits for a GPU, as on one machine"
    assert found.slot(str(found.free(row("cpu"), TRAIN, taken)))[0].name == "cpu"
    assert found.slot(str(found.free(row(), AUDIT, taken)))[0].name == "cpu"
    assert found.slot(str(found.free(row(), EXTERNAL_TEST, [])))[1].gpus == 1


def test_a_node_without_room_or_that_is_unfit_gets_nothing() -> None:
    found = members(node("head", 0), node("a", 2))
    assert found.slot(str(found.free(row(), TRAIN, [])))[0].name == "a"
    found.shun("id-a", "it has another version")
    assert found.free(row(), TRAIN, []) is None
    assert found.is_dead("id-never")


def test_a_node_that_was_lost_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    found = members(node("a", 2))
    found.shun("id-a", "", for_a_while=True)
    assert found.free(row(), TRAIN, []) is None
    monkeypatch.setattr("core.cluster.membership.time.monotonic", lambda: 1e12)
    assert found.free(row(), TRAIN, []) is not None


def test_a_node_without_a_name_of_its_own_is_called_by_its_host() -> None:
    found = members({**node("10.0.0.1", 2), "NodeID": "x"})
    assert found.nodes["x"].name == "host"


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "1.5"])
def test_a_number_of_cpus_that_is_none_is_refused(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CPUS_VARIABLE, wrong)
    with pytest.raises(InputError, match="Choose a number of CPUs"):
        cpus_each()
    monkeypatch.setenv(CPUS_VARIABLE, "3")
    assert cpus_each() == 3


def test_another_program_or_library_on_a_node_is_named() -> None:
    ours = about_this_machine("tensorflow")
    assert set(ours) >= {"thoraxlens", "python", "keras", "tensorflow", "numpy", CODE}
    assert why_unfit("n1", ours, ours) == ""
    assert why_unfit("n1", {**ours, "keras": "2.0"}, ours) == (
        f"n1 gets no work: it has Keras 2.0, and this machine has Keras {ours['keras']}. "
        "Install the same version on both."
    )
    assert "other files than this machine's" in why_unfit("n1", {**ours, CODE: "0"}, ours)
    assert "There is no copy" in why_unfit("n1", {"missing": "There is no copy."}, ours)
