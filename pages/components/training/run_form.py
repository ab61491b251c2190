"""The form for new runs: it knows the study's settings, and can take over another run's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import InputError, ThoraxLensError
from core.models.network import Network
from core.models.registry import BASELINE, FIRST_CHOICE, NETWORKS
from core.models.weights import find_weights
from core.runs import launcher
from core.runs.devices import Device, list_devices
from core.runs.estimate import TimeEstimate
from core.runs.outlook import outlook
from core.specs import AugmentSpec, RunSpec
from core.store import UNFINISHED, Run, Store, StoredDataset
from core.workspace import ray_address
from pages.components.paths import typed_path
from pages.components.run_labels import escaped
from pages.components.training.fields import KEEP, PREFIX, get
from pages.components.training.more_fields import FOR_BACKBONES, MORE, more_fields
from pages.components.training.network_fields import choice_of, chosen_networks, network_fields
from pages.components.training.repeat_fields import FEW, ONCE
from pages.components.training.run_list import tell
from pages.components.training.ways import (
    APART,
    Way,
    forget_way,
    form_values,
    how_long,
    way_fields,
    ways,
)
from pages.components.training.weights_choice import BY_HAND, settle_weights

DATASET = "dataset"  # in the page's address
_BAR = "start_bar"  # always in sight: browser/look.css


def fill(run: Run) -> None:
    """Put a run's settings into the form."""
    values = form_values(run.spec)
    forget_way()
    # A CNN's say nothing about those of other networks.
    values[BY_HAND] = NETWORKS.get(run.spec.model, BASELINE).is_frozen
    if not run.origin.is_from_elsewhere:  # else one of that name here is another
        values["dataset"] = run.spec.dataset
    values |= choice_of(run.spec.model)
    st.session_state.update({PREFIX + name: value for name, value in values.items()})


def take_from_address() -> bool:
    """Choose the data set that a link on another page names; whether there was such a link.

    It is taken out of the address again, so that what is chosen later counts.
    """
    named = st.query_params.pop(DATASET, "")
    if named:
        st.session_state[PREFIX + "dataset"] = named
    return bool(named)


def run_form(store: Store) -> list[Run]:
    """Draw the form. Returns the runs that were queued just now, else an empty list."""
    datasets = {one.name: one for one in store.datasets.all()}
    _defaults(store, datasets)
    dataset = _dataset(datasets)
    root = str(store.workspace.root)
    devices = list_devices()
    chosen = chosen_networks(dataset, get("image_size") or dataset.spec.image_size)
    settle_weights(store.workspace, chosen)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        size = get("image_size") or dataset.spec.image_size
        network_fields(dataset, size, store.workspace, chosen)
    with right:
        # Whose films they are may be learnt later, and decides how many folds there can be.
        known = store.catalogue.version()
        folds = _folds(root, dataset.name, dataset.created_at, known, store)
        way_fields(
            dataset,
            ways(dataset, folds),
            lambda way: _way_takes(store, dataset, chosen, way, devices),
        )
    more_fields(dataset, store.workspace, chosen)
    return _start(store, dataset, chosen, devices)


def _defaults(store: Store, datasets: dict[str, StoredDataset]) -> None:
    first = next(iter(datasets))
    # Without its weights it would not be what it is recommended for.
    is_here = find_weights(store.workspace, FIRST_CHOICE, "imagenet") is not None
    model = FIRST_CHOICE if is_here else BASELINE
    values = form_values(RunSpec(dataset=first, model=model.name))
    values |= {"dataset": first, "repeat_count": FEW, **choice_of(model.name)}
    for name, value in values.items():
        st.session_state.setdefault(PREFIX + name, value)
    if get("dataset") not in datasets:
        st.warning(
            f"The data set “{escaped(str(get('dataset')))}” is no longer there; "
            f"“{escaped(first)}” is chosen instead.",
            icon=":material/warning:",
        )
        st.session_state[PREFIX + "dataset"] = first


def _dataset(datasets: dict[str, StoredDataset]) -> StoredDataset:
    name = st.selectbox(
        "Data set",
        list(datasets),
        key=PREFIX + "dataset",
        persist_state=KEEP,
        help="Made on the Prepare page. A data set never changes under a run.",
    )
    dataset = datasets[str(name)]
    parts = []
    for split, word in (("train", "to train"), ("validation", "to validate"), ("test", "to test")):
        counts = dataset.counts[split]
        films = " + ".join(f"{count:,} {escaped(label)}" for label, count in counts.items())
        parts.append(f"{films} {word}")
    st.caption(f"{'; '.join(parts)}. {dataset.spec.image_size} × {dataset.spec.image_size} pixels.")
    return dataset


def _start(
    store: Store, dataset: StoredDataset, chosen: list[Network], devices: list[Device]
) -> list[Run]:
    kind = get("repeats")
    times = 1 if kind == ONCE else get("repeat_count")
    runs = len(chosen) * times
    with st.container(horizontal=True, vertical_alignment="center", key=_BAR):
        pressed = st.button(
            f"Start {runs} run{'' if runs == 1 else 's'}" if runs else "Start",
            key=PREFIX + "start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not chosen,
        )
        if chosen:
            st.caption(_takes_in_all(store, dataset, chosen, times, devices), width="content")
    if not chosen:
        st.caption("Choose at least one network.")
    if not pressed:
        return []
    try:
        specs = [_spec(dataset, model, chosen, get) for model in chosen]
    except ThoraxLensError as error:
        st.error(escaped(error), icon=":material/error:")
        return []
    started: list[Run] = []
    problems = []
    for model, spec in zip(chosen, specs, strict=True):
        try:
            if kind == ONCE:
                started.append(launcher.launch(store, spec))
            else:
                started += launcher.launch_repeats(store, spec, kind, get("repeat_count"))
        except ThoraxLensError as error:
            problems.append(f"{model.title} was not started. {escaped(error)}")
    if problems and started:
        # The page turns to the runs now; what went wrong is told there.
        tell("  \n".join(problems))
    elif problems:
        st.error("  \n".join(problems), icon=":material/error:")
    return started


def _takes_in_all(
    store: Store,
    dataset: StoredDataset,
    chosen: list[Network],
    times: int,
    devices: list[Device],
) -> str:
    try:
        specs = [_spec(dataset, model, chosen, get) for model in chosen]
        found = _outlook(store, dataset, specs, times, devices)
    except ThoraxLensError:  # the button says what is wrong
        return ""
    # How quick the machines of a cluster are is not known here.
    cluster = ray_address()
    words = f"Takes {how_long(found)} on {'one computer like this' if cluster else 'this computer'}"
    before = len(store.runs.all(UNFINISHED))
    if before:
        words += f", after {'the run' if before == 1 else f'the {before} runs'} that came before"
    if cluster:
        words += "; the machines of the cluster share the work"
    return f"{words}. You can close the page meanwhile."


def _way_takes(
    store: Store, dataset: StoredDataset, chosen: list[Network], way: Way, devices: list[Device]
) -> TimeEstimate | None:
    """For how long the chosen networks train in a way; None without one, or where one cannot."""
    fields = {**way.values, **{name: get(name) for name in APART}}
    try:
        specs = [_spec(dataset, model, chosen, fields.__getitem__) for model in chosen]
        return _outlook(store, dataset, specs, way.times, devices) if specs else None
    except ThoraxLensError:
        return None


def _outlook(
    store: Store, dataset: StoredDataset, specs: list[RunSpec], times: int, devices: list[Device]
) -> TimeEstimate:
    root = str(store.workspace.root)

    def decoded(size: int) -> bool:
        from core.images.film_array import is_decoded  # only here: it loads OpenCV

        name = _array_name(root, dataset.name, dataset.created_at, size, store)
        return is_decoded(store.workspace, name)

    return outlook(store, dataset, specs, times, devices, decoded)


# A data set never changes; one that was made again under its name has another time.
@st.cache_resource(show_spinner=False, max_entries=64)
def _array_name(root: str, dataset: str, created_at: str, size: int, _store: Store) -> str:
    from core.images.film_array import array_name

    return array_name((one.film_id for one in _store.datasets.each(dataset)), size)


@st.cache_resource(show_spinner=False, max_entries=16)
def _folds(root: str, dataset: str, created_at: str, known: int, _store: Store) -> int:
    from core.datasets.folds import OF_FOLDS, most_folds  # only here: it wants pandas

    return most_folds(_store.datasets.members(dataset, OF_FOLDS), FEW)


def _spec(
    dataset: StoredDataset, model: Network, chosen: list[Network], get: Callable[[str], Any]
) -> RunSpec:
    """What one network's run will be; ``get`` gives the form's values. Raises InputError,
    SpecError."""
    weights = get("weights") if model.has_pretrained else "random"
    if weights == "file":
        if sum(one.has_pretrained for one in chosen) > 1:
            raise InputError(
                "A weights file fits one network only. Choose one network that uses it, or "
                "other starting weights."
            )
        if not get("weights_path").strip():
            raise InputError("Give the path of the weights file, or choose other weights.")
        weights = typed_path(get("weights_path"))
    augment = None
    if get("augment"):
        augment = AugmentSpec.build(
            **{name: get(f"augment_{name}") for name in AugmentSpec.model_fields}
        )
    own = (*MORE, *FOR_BACKBONES) if model.is_frozen else MORE
    return RunSpec.build(
        dataset=dataset.name,
        model=model.name,
        weights=weights,
        augment=augment,
        early_stopping=get("patience") if get("early") else None,
        **{
            name: get(name)
            for name in (
                "epochs",
                "batch_size",
                "optimizer",
                "learning_rate",
                "dropout",
                "class_weighting",
                "device",
                "image_size",
                "preprocessing",
                "seed",
                *own,
            )
        },
    )
