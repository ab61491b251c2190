"""The example of a first start: made once, after everybody else, and gone on with after a kill."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from types import SimpleNamespace

import pytest

from core import example
from core.commands.films import COMMANDS
from core.errors import NotFoundError, WeightsMissingError
from core.example import EXAMPLE, ExampleNote, pending, plan_example, prepare_example
from core.runs import launcher
from core.specs import RunSpec
from core.store import UNFINISHED, Run, RunOrigin, RunState, Store, open_store
from tests.core.runs.jobs_at_hand import no_dispatcher

Wait = Callable[[float], None]


class Machine:
    """What trains and audits in place of processes: each look finishes what is there to do, after
    ``meanwhile`` has happened once."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = store
        self.audits: list[str] = []
        self.states: dict[str, RunState] = {}
        self.most_at_once = 0
        self.meanwhile: Callable[[], object] = lambda: None
        no_dispatcher(monkeypatch)
        monkeypatch.setattr(example, "start_audit", self._start)
        monkeypatch.setattr(example, "audit_job", self._job)

    def wait(self, seconds: float) -> None:
        unfinished = self.store.runs.all(UNFINISHED)
        own = [run for run in unfinished if run.origin.kind == "example"]
        self.most_at_once = max(self.most_at_once, len(own))
        happens, self.meanwhile = self.meanwhile, lambda: None
        happens()
        for run in unfinished:
            self.store.runs.transition(run.run_id, RunState.DONE, only_from=UNFINISHED)
        for run_id in [one for one, state in self.states.items() if state is RunState.WORKING]:
            self.states[run_id] = RunState.DONE

    def _start(self, store: Store, run_id: str) -> None:
        self.audits.append(run_id)
        self.states[run_id] = RunState.WORKING

    def _job(self, store: Store, run_id: str) -> SimpleNamespace:
        def status() -> SimpleNamespace:
            state = self.states.get(run_id)
            return SimpleNamespace(state=state, is_running=state is RunState.WORKING)

        return SimpleNamespace(status=status)


@pytest.fixture
def planned(phantom_store: Store) -> Store:
    """A store whose example has been planned, and nothing of it been made."""
    ExampleNote(began=1.0).save(phantom_store.workspace.example_note)
    return phantom_store


@pytest.fixture
def machine(planned: Store, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(planned, monkeypatch)


def note_of(store: Store) -> ExampleNote:
    return ExampleNote.load(store.workspace.example_note)


def weights_of(store: Store, run_id: str) -> str:
    return store.runs.get(run_id).spec.weights


def own_run(store: Store) -> Run:
    return store.runs.create(RunSpec(dataset=EXAMPLE, model="cnn"))


def test_it_is_planned_for_a_folder_in_which_nothing_has_ever_been(store: Store) -> None:
    plan_example(store)
    assert pending(store.workspace) is not None
    before = store.workspace.example_note.read_text()
    store.workspace.phantom_note.write_text("{}")
    plan_example(store)
    assert store.workspace.example_note.read_text() == before


def test_it_is_not_planned_for_a_folder_of_somebodys_own(phantom_store: Store) -> None:
    plan_example(phantom_store)  # an earlier start
    phantom_store.workspace.phantom_note.unlink()
    plan_example(phantom_store)  # films
    assert not phantom_store.workspace.example_note.exists()


@pytest.mark.parametrize(("kind", "wanted"), [("trained", False), ("starter", True)])
def test_a_run_of_somebodys_own_leaves_it_out(store: Store, kind: str, wanted: bool) -> None:
    store.runs.create(RunSpec(dataset="mine", model="cnn"), RunOrigin(kind=kind))
    plan_example(store)
    assert store.workspace.example_note.exists() is wanted


def test_the_command_line_plans_none(store: Store) -> None:
    COMMANDS["phantoms"].run(SimpleNamespace())
    assert store.catalogue.count()
    assert not store.workspace.example_note.exists()


def test_two_networks_learn_one_after_the_other_and_the_better_is_audited_first(
    planned: Store, machine: Machine
) -> None:
    prepare_example(planned, machine.wait)
    note = note_of(planned)
    assert note.over
    assert not note.reason
    assert [weights_of(planned, one) for one in note.runs] == ["random", "imagenet"]
    assert machine.most_at_once == 1
    assert machine.audits == list(reversed(note.runs))
    assert planned.runs.get(note.runs[1]).title == (
        f"EfficientNetLite0 (photographs) · {note.runs[1][-4:]} · example, artificial films"
    )
    members = planned.datasets.members(EXAMPLE)
    assert set(members["source"]) == {"Phantom films"}


def test_what_has_been_removed_stays_removed(planned: Store, machine: Machine) -> None:
    prepare_example(planned, machine.wait)
    for run in planned.runs.all():
        planned.runs.delete(run.run_id)
    planned.datasets.delete(EXAMPLE)
    prepare_example(planned, machine.wait)
    assert planned.runs.all() == []
    assert planned.datasets.all() == []


def test_removed_while_it_is_made_it_goes_no_further(planned: Store, machine: Machine) -> None:
    machine.meanwhile = lambda: planned.datasets.delete(EXAMPLE)
    prepare_example(planned, machine.wait)
    assert len(planned.runs.all()) == 1
    assert note_of(planned).over


def test_somebodys_own_run_goes_before_the_next_one(planned: Store, machine: Machine) -> None:
    machine.meanwhile = lambda: own_run(planned)  # while the first one trains
    unfinished: list[list[str]] = []
    launched = launcher.launch

    def launch(store: Store, spec: RunSpec, origin: RunOrigin | None = None) -> Run:
        unfinished.append([run.spec.model for run in store.runs.all(UNFINISHED)])
        return launched(store, spec, origin)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launcher, "launch", launch)
        prepare_example(planned, machine.wait)
    assert unfinished == [[], []], "neither was queued beside another run"
    assert len(planned.runs.all([RunState.DONE])) == 3


def test_a_killed_server_leaves_it_to_the_next_start(planned: Store, machine: Machine) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    machine.meanwhile = killed
    with pytest.raises(KeyboardInterrupt):
        prepare_example(planned, machine.wait)
    [first] = note_of(planned).runs
    planned.runs.transition(first, RunState.INTERRUPTED)  # the computer went with it
    machine.states[first] = RunState.INTERRUPTED  # and so did the process of an audit
    prepare_example(planned, machine.wait)
    assert note_of(planned).over
    assert note_of(planned).runs[0] == first
    assert {run.state for run in planned.runs.all()} == {RunState.DONE}
    assert len(planned.runs.all()) == 2
    assert sorted(machine.audits) == sorted(note_of(planned).runs)


def test_killed_before_it_could_note_a_run_it_makes_no_second_one(
    planned: Store, machine: Machine
) -> None:
    prepare_example(planned, machine.wait)
    note = note_of(planned)
    earlier = note.model_copy(update={"runs": note.runs[:1], "audited": (), "over": False})
    earlier.save(planned.workspace.example_note)
    prepare_example(planned, machine.wait)
    assert note_of(planned).runs == note.runs
    assert len(planned.runs.all()) == 2


def test_a_run_that_somebody_stopped_is_left_alone(planned: Store, machine: Machine) -> None:
    machine.meanwhile = lambda: planned.runs.request_cancel(planned.runs.all()[0].run_id)
    prepare_example(planned, machine.wait)
    first, second = note_of(planned).runs
    assert planned.runs.get(first).state is RunState.CANCELLED
    assert machine.audits == [second]


def test_without_weights_the_other_network_is_left(
    planned: Store, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(store: Store, spec: RunSpec, origin: RunOrigin | None = None) -> Run:
        if spec.weights == "imagenet":
            raise WeightsMissingError("They are not installed.")
        return store.runs.create(spec, origin)

    monkeypatch.setattr(launcher, "launch", launch)
    prepare_example(planned, machine.wait)
    assert note_of(planned).over
    assert [run.spec.weights for run in planned.runs.all()] == ["random"]
    assert len(machine.audits) == 1


def test_a_run_that_is_queued_and_cannot_be_started_yet_is_followed(
    planned: Store, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(store: Store, spec: RunSpec, origin: RunOrigin | None = None) -> Run:
        store.runs.create(spec, origin)
        raise NotFoundError("There is no memory for a process. The run waits.")

    monkeypatch.setattr(launcher, "launch", launch)
    prepare_example(planned, machine.wait)
    assert all(note_of(planned).runs)
    assert len(machine.audits) == 2


def test_without_its_films_it_ends_with_a_reason(planned: Store, machine: Machine) -> None:
    planned.catalogue.remove_source("Phantom films")
    prepare_example(planned, machine.wait)
    assert note_of(planned).over
    assert "covid" in note_of(planned).reason
    assert pending(planned.workspace) is None


def test_of_two_servers_at_once_one_does_it(planned: Store, machine: Machine) -> None:
    servers = [
        Thread(target=prepare_example, args=(open_store(planned.workspace), machine.wait))
        for _ in range(2)
    ]
    for one in servers:
        one.start()
    for one in servers:
        one.join(60)
    assert len(planned.runs.all()) == 2
    assert len(machine.audits) == 2
