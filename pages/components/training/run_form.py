"""The form for new runs: it knows the study's settings, and can take over another run's."""

from __future__ import annotations

import streamlit as st

from core.documents import Json
from core.errors import InputError, ThoraxLensError
from core.models.network import Network
from core.models.registry import BASELINE, FIRST_CHOICE, NETWORKS
from core.models.weight_sources import PUBLISHED
from core.models.weights import find_weights
from core.runs import launcher
from core.specs import AugmentSpec, RunSpec
from core.store import Run, Store, StoredDataset
from pages.components.paths import typed_path
from pages.components.run_labels import escaped
from pages.components.training.fields import (
    KEEP,
    PREFIX,
    augmentation_fields,
    get,
    training_fields,
)
from pages.components.training.more_fields import FOR_BACKBONES, MORE, more_fields
from pages.components.training.network_fields import choice_of, network_fields
from pages.components.training.repeat_fields import FEW, ONCE, repeat_fields
from pages.components.training.run_list import tell
from pages.components.training.weights_choice import BY_HAND, weights_choice

DATASET = "dataset"  # in the page's address


def _values(spec: RunSpec) -> Json:
    """The form's fields for a run's settings, except the choice of networks."""
    named = spec.weights in (*PUBLISHED, "random")
    augment = spec.augment or AugmentSpec()
    return {
        "weights": spec.weights if named else "file",
        "weights_path": "" if named else spec.weights,
        "epochs": spec.epochs,
        "batch_size": spec.batch_size,
        "optimizer": spec.optimizer,
        "learning_rate": spec.learning_rate,
        "dropout": spec.dropout,
        "augment": spec.augment is not None,
        **{f"augment_{name}": value for name, value in augment.model_dump().items()},
        "early": spec.early_stopping is not None,
        "patience": spec.early_stopping or 10,
        "class_weighting": spec.class_weighting,
        "device": spec.device,
        "image_size": spec.image_size,
        "preprocessing": spec.preprocessing,
        "seed": spec.seed,
        **{name: getattr(spec, name) for name in (*MORE, *FOR_BACKBONES)},
        # Repeats are not taken over: a duplicate is one new run unless asked otherwise.
        "repeats": ONCE,
    }


def fill(run: Run) -> None:
    """Put a run's settings into the form."""
    values = _values(run.spec)
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
    size = get("image_size") or dataset.spec.image_size
    chosen = network_fields(dataset, size)
    weights_choice(store.workspace, chosen)
    training_fields(dataset)
    augmentation_fields()
    more_fields(for_backbones=any(model.is_frozen for model in chosen))
    repeat_fields()
    return _start(store, dataset, chosen)


def _defaults(store: Store, datasets: dict[str, StoredDataset]) -> None:
    first = next(iter(datasets))
    # Without its weights it would not be what it is recommended for.
    is_here = find_weights(store.workspace, FIRST_CHOICE, "imagenet") is not None
    model = FIRST_CHOICE if is_here else BASELINE
    values = _values(RunSpec(dataset=first, model=model.name))
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


def _start(store: Store, dataset: StoredDataset, chosen: list[Network]) -> list[Run]:
    kind = get("repeats")
    count = len(chosen) * (1 if kind == ONCE else get("repeat_count"))
    pressed = st.button(
        f"Start {count} run{'' if count == 1 else 's'}" if count else "Start",
        key=PREFIX + "start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not chosen,
    )
    if not chosen:
        st.caption("Choose at least one network.")
    if not pressed:
        return []
    try:
        specs = [_spec(dataset, model, chosen) for model in chosen]
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


def _spec(dataset: StoredDataset, model: Network, chosen: list[Network]) -> RunSpec:
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
