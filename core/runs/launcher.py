"""What pages and the command line do with runs. No Keras here, and nothing that waits long.

Every call leaves the work to the dispatcher, which is started when it is needed.
"""

from __future__ import annotations

import secrets
import shutil
import time

from core.datasets.folds import check_folds
from core.errors import DamagedError, InputError
from core.models.local_weights import check_local_file
from core.models.network import STUDY_HEAD, HeadForm
from core.models.registry import get_network
from core.models.weight_sources import PUBLISHED
from core.models.weights import check_at_hand
from core.people.asking import asks
from core.people.roles import Deed
from core.runs.devices import list_devices
from core.runs.files import RunFiles
from core.runs.jobs import stop_all
from core.runs.learnt_films import dataset_of
from core.runs.upkeep import make_way, refresh
from core.specs import RepeatKind, RepeatSpec, RunSpec
from core.store import FINISHED, Run, RunOrigin, RunState, Store
from core.store.records import RECORD
from core.workspace import Workspace

LOG_BYTES = 256 * 1024  # the most that one look at a log reads
# TensorFlow's greeting, which no setting of its own keeps away. The file has it.
NOISE = ("WARNING: All log messages before absl::InitializeLog", "I0000 00:00:")


@asks(Deed.TRAIN)
def launch(store: Store, spec: RunSpec, origin: RunOrigin | None = None) -> Run:
    """Queue a run and see that it gets started; returns at once. ``origin``: where it comes
    from, when it is not a person's own training.

    Raises NotFoundError for an unknown data set, InputError for what cannot work:
    an unknown model, films too small for it, a GPU or weights file that is not there;
    WeightsMissingError for published weights that are not here and whose server cannot be
    reached. Where it can, the worker downloads them.
    """
    spec = checked(store, spec)
    make_way(store)
    run = store.runs.create(spec, origin)
    store.deeds.note(f"started run {run.run_id}")
    refresh(store, at_once=True)
    return store.runs.get(run.run_id)


@asks(Deed.TRAIN)
def launch_repeats(store: Store, spec: RunSpec, kind: RepeatKind, count: int) -> list[Run]:
    """Queue the same training ``count`` (2 to 20) times: with other seeds, or on as many
    folds grouped by patient. Returns the runs, which share ``spec.repeat.group``.

    Raises as ``launch``, and InputError when a class has too few patients for the folds;
    nothing is queued then.
    """
    group = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{kind}-{secrets.token_hex(2)}"
    repeats = [
        RepeatSpec.build(group=group, kind=kind, index=index, count=count) for index in range(count)
    ]
    if not repeats:
        raise InputError("Choose at least 2 repeats.")
    spec = checked(store, spec.changed(repeat=repeats[0]))
    make_way(store)
    runs = [store.runs.create(spec.changed(repeat=one)) for one in repeats]
    store.deeds.note(f"started {count} runs of {group}")
    refresh(store, at_once=True)
    return [store.runs.get(run.run_id) for run in runs]


def checked(store: Store, spec: RunSpec) -> RunSpec:
    """The run description as it will be kept; raises like ``launch`` where it cannot work."""
    dataset = store.datasets.get(spec.dataset)
    network = get_network(spec.model)
    network.check_shape(spec.image_size or dataset.spec.image_size, len(dataset.spec.classes))
    if not network.is_frozen:
        if spec.weights not in ("imagenet", "random"):
            raise InputError(
                f"{network.title} learns everything from your films and takes no weights file. "
                "Choose random weights."
            )
        if spec.fine_tune or spec.augmented_copies:
            raise InputError(
                f"All of {network.title} learns from the beginning, so there is nothing to "
                "fine-tune and no frozen part to show augmented copies to. Leave out both settings."
            )
        if HeadForm.of(spec) != STUDY_HEAD:
            raise InputError(
                f"All of {network.title} learns, so its head is a part of it. Vectors of several "
                "blocks, a head without a hidden layer and the L2 penalty are for networks with "
                "a frozen part: leave these settings out."
            )
        spec = spec.changed(weights="random")
    network.last_blocks(spec.fine_tune)
    network.vector_length(spec.vector_blocks)
    if spec.weights in PUBLISHED:
        check_at_hand(store.workspace, network, spec.weights)
    elif spec.weights != "random":
        spec = spec.changed(weights=str(check_local_file(spec.weights, network)))
    if spec.device.startswith("gpu:"):
        there = [one.id for one in list_devices()]
        if spec.device not in there:
            raise InputError(
                f"There is no {spec.device} on this machine. Choose one of: "
                f"auto, {', '.join(there)}."
            )
    if spec.repeat and spec.repeat.kind == "folds":
        members = store.datasets.members(dataset.name)
        if members["path"].notna().all():  # otherwise the worker says which films are gone
            check_folds(members, dataset.spec, spec.repeat.count)
    return spec.changed(dataset=dataset.name)


@asks(Deed.TRAIN)
def stop(store: Store, run_id: str) -> str:
    """Ask a run to stop; returns its state now. A run under way ends within a batch, or is
    ended after 5 seconds. Asking twice changes nothing. Raises NotFoundError."""
    row = store.queue.find(run_id)
    state = store.runs.request_cancel(run_id)
    if row is None or row.state not in FINISHED:  # else it ended before somebody's click arrived
        store.deeds.note(f"stopped run {run_id}")
    refresh(store)
    return state


@asks(Deed.TRAIN)
def stop_group(store: Store, group: str) -> int:
    """Ask all runs of a group that are not finished to stop; returns how many that were.

    The waiting ones go first, so that none of them starts in between.
    """
    runs = [run for run in store.runs.group(group) if run.state not in FINISHED]
    for run in sorted(runs, key=lambda run: run.state != RunState.QUEUED):
        store.runs.request_cancel(run.run_id)
    if runs:
        store.deeds.note(f"stopped {len(runs)} runs of {group}")
    refresh(store)
    return len(runs)


@asks(Deed.TRAIN)
def resume(store: Store, run_id: str) -> Run:
    """Queue a stopped run again, to go on from its last checkpoint.

    Raises NotFoundError when the run or its data set is gone, also where another one has been made
    under its name: what was learnt from may be tested on there. InputError when the run is not
    stopped.
    """
    dataset_of(store, store.runs.get(run_id))
    refresh(store)  # one whose process was killed is found to be gone here
    make_way(store)
    store.runs.requeue(run_id)
    store.deeds.note(f"resumed run {run_id}")
    refresh(store, at_once=True)
    return store.runs.get(run_id)


@asks(Deed.DELETE)
def delete(store: Store, run_id: str) -> None:
    """Forget a run and its files; its audit or external test, if under way, is ended.

    A run that cannot be read goes whatever its state: its process, if any, ends by itself.
    Raises NotFoundError, or InputError while it is active.
    """
    refresh(store)
    try:
        store.runs.get(run_id)
    except DamagedError:
        store.runs.delete_damaged(run_id)
    else:
        store.runs.delete(run_id)
    store.deeds.note(f"deleted run {run_id}")
    folder = store.workspace.run_folder(run_id)
    if folder.parent != store.workspace.runs or folder.name in ("", "..", "."):
        return  # the name of a damaged row may be anything; nothing of ours lies there
    stop_all(store, run_id)  # an audit would write its files again while they are removed
    try:
        # First what a lost store is filled again from: half a folder must not bring it back.
        (folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(folder)
    except FileNotFoundError:  # it was stopped before it had any
        pass
    except OSError as error:
        raise InputError(
            f"The run is deleted, but some of its files in {folder} are not ({error}). "
            "Delete that folder yourself."
        ) from None


def log_tail(workspace: Workspace, run_id: str, lines: int = 200) -> str:
    """The last lines of what the run's worker printed; empty when there is nothing yet."""
    log = RunFiles(workspace.run_folder(run_id)).log
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - LOG_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    told = [line for line in text.splitlines() if not line.startswith(NOISE)]
    return "\n".join(told[-lines:])


def wait(store: Store, run_id: str, timeout: float | None = None) -> Run:
    """Wait until a run is finished; returns it. After ``timeout`` seconds it is returned
    as it is then, so look at its state. Raises NotFoundError when it gets deleted."""
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        refresh(store)
        run = store.runs.get(run_id)
        if run.state in FINISHED or (until is not None and time.monotonic() >= until):
            return run
        time.sleep(0.2)
