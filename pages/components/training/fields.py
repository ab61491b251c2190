"""The fields of the form for new runs that say how a network is trained."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from core.runs.devices import CPU, Device, list_devices
from core.store import StoredDataset
from core.workspace import ray_address
from pages.components.run_labels import OPTIMIZERS

# All keys of the form start so; the values outlive a visit to another page.
PREFIX = "new_"
KEEP: Literal["session"] = "session"


def get(name: str) -> Any:
    """The form's value of this name."""
    return st.session_state[PREFIX + name]


def training_fields(dataset: StoredDataset) -> None:
    """Epochs, batch, optimiser, learning rate, dropout, the two switches and the device."""
    first = st.columns(4)
    first[0].number_input(
        "Epochs",
        1,
        1000,
        key=PREFIX + "epochs",
        persist_state=KEEP,
        help="How many times the network sees every training film. The study: 50.",
    )
    first[1].number_input(
        "Batch size",
        1,
        512,
        key=PREFIX + "batch_size",
        persist_state=KEEP,
        help="Films looked at before each small correction. The study: 32.",
    )
    first[2].selectbox(
        "Optimiser",
        list(OPTIMIZERS),
        format_func=OPTIMIZERS.__getitem__,
        key=PREFIX + "optimizer",
        persist_state=KEEP,
        help="The rule by which the network corrects itself after each batch. Nadam, Adam and "
        "RMSprop fit the size of each correction to what came before; SGD makes it by the learning "
        "rate alone. The study: Nadam.",
    )
    first[3].number_input(
        "Learning rate",
        0.000001,
        1.0,
        step=0.0001,
        format="%.6f",
        key=PREFIX + "learning_rate",
        persist_state=KEEP,
        help="How large each correction is. Too large and training jumps about, too small and "
        "it takes for ever.",
    )
    second = st.columns([1, 1, 2])
    second[0].slider(
        "Dropout",
        0.0,
        0.9,
        step=0.05,
        key=PREFIX + "dropout",
        persist_state=KEEP,
        help="The share of connections left out at random in each step, so that the network "
        "does not learn single films by heart.",
    )
    with second[1]:
        _switches(dataset)
    with second[2]:
        _device()


def _switches(dataset: StoredDataset) -> None:
    stop = st.toggle(
        "Stop early",
        key=PREFIX + "early",
        persist_state=KEEP,
        help="End training when the validation loss no longer falls.",
    )
    if stop:
        st.number_input(
            "Epochs without progress",
            1,
            1000,
            key=PREFIX + "patience",
            persist_state=KEEP,
            help="Training ends after so many epochs in a row without a lower validation loss.",
        )
    always = dataset.spec.balance == "class_weights"
    st.toggle(
        "Weigh classes",
        key=PREFIX + "class_weighting",
        persist_state=KEEP,
        disabled=always,
        help="Mistakes on films of a rare class count more. Of use where one class has many "
        "more films than another.",
    )
    if always:
        st.caption("On in any case: this data set was made for it.")


def _device() -> None:
    cluster = ray_address()
    options = _OF_A_CLUSTER if cluster else _of_this_computer()
    if get("device") not in options:
        st.session_state[PREFIX + "device"] = "auto"
    st.selectbox(
        "Device",
        list(options),
        format_func=options.__getitem__,
        key=PREFIX + "device",
        persist_state=KEEP,
        help="A GPU is many times faster than a CPU. One run at a time works on each device; "
        "the others wait."
        + (" Which machine takes a run is the cluster's to say." if cluster else ""),
    )


# Runs go to its nodes, whose devices nobody has asked for here.
_OF_A_CLUSTER = {
    "auto": "Automatic (a GPU if a machine of the cluster has one)",
    CPU: "CPU: processors of the cluster's machines only",
}


def _of_this_computer() -> dict[str, str]:
    devices = {one.id: _device_words(one) for one in list_devices()}
    return {"auto": "Automatic (a GPU if there is one)", **devices}


def _device_words(device: Device) -> str:
    facts = []
    if device.memory_total is not None:
        facts.append(f"{device.memory_total / 2**30:.0f} GB")
    if device.memory_free is not None:
        facts.append(f"{device.memory_free / 2**30:.0f} GB free")
    if device.note:
        facts.append(device.note)
    kind = "CPU" if device.id == "cpu" else device.id.replace("gpu:", "GPU ")
    return f"{kind}: {device.name}" + (f" ({', '.join(facts)})" if facts else "")


def augmentation_fields() -> None:
    """Augmentation on or off, and each change's size."""
    on = st.toggle(
        "Augmentation: change the training films a little, differently in each epoch",
        key=PREFIX + "augment",
        persist_state=KEEP,
        help="With few films, this is what keeps a network from learning them by heart. "
        "Validation and test films are never changed. It is for the CNN, for fine-tuning, and "
        "for frozen networks that are shown augmented copies (under More settings).",
    )
    with st.expander("Which changes, and how large", key=PREFIX + "changes"):
        columns = st.columns(4)
        for column, (name, label, most, step, what) in zip(columns, _CHANGES, strict=True):
            column.slider(
                label,
                0.0,
                most,
                step=step,
                format="%.0f" if step >= 1 else "%.2f",
                key=f"{PREFIX}augment_{name}",
                persist_state=KEEP,
                disabled=not on,
                help=what,
            )
        with st.container(horizontal=True):
            for name, label, what in _FLIPS:
                st.toggle(
                    label,
                    key=f"{PREFIX}augment_{name}",
                    persist_state=KEEP,
                    disabled=not on,
                    help=what,
                )


_CHANGES = (
    ("rotation", "Rotation (degrees)", 180.0, 1.0, "Turned by up to so much, either way."),
    ("zoom", "Zoom", 0.5, 0.01, "Made larger or smaller by up to this share."),
    ("shift", "Shift", 0.5, 0.01, "Moved by up to this share of the film's side."),
    ("brightness", "Brightness", 0.5, 0.01, "Made brighter or darker by up to this share."),
)
_FLIPS = (
    ("horizontal_flip", "Mirror left and right", "The heart changes sides in half of the films."),
    ("vertical_flip", "Turn upside down", "Rarely of use: no film is taken upside down."),
)
