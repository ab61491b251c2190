"""All fields of the form for new runs beside data set, networks and way, behind “More settings”."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.models.network import Network
from core.store import StoredDataset
from core.workspace import Workspace
from pages.components.training.fields import (
    KEEP,
    PREFIX,
    augmentation_fields,
    get,
    training_fields,
)
from pages.components.training.network_fields import more_networks
from pages.components.training.repeat_fields import repeat_fields
from pages.components.training.weights_choice import weights_choice

# Fields of RunSpec by the same name; the second only for networks with a frozen part.
MORE = ("schedule", "find_learning_rate", "cache")
FOR_BACKBONES = (
    "augmented_copies",
    "vector_blocks",
    "head",
    "l2",
    "fine_tune",
    "fine_tune_epochs",
    "fine_tune_learning_rate",
)
_PREPROCESSING = {
    None: "As the data set says",
    "model": "The network's own",
    "rescale": "Divide by 255 (as in the study)",
}
_HEADS = {
    "dense": "With a hidden layer (as in the study)",
    "linear": "Without (logistic regression)",
}
_SCHEDULES = {"constant": "The same throughout", "cosine": "Falling slowly (cosine)"}


def more_fields(dataset: StoredDataset, workspace: Workspace, chosen: Sequence[Network]) -> None:
    """Draw all that is neither data set, networks nor way, behind one line."""
    disabled = not any(model.is_frozen for model in chosen)
    with st.expander("More settings", key=PREFIX + "more", icon=":material/tune:"):
        learning, films, networks, head = st.tabs(
            ["Training", "Films", "Networks and weights", "Head and fine-tuning"]
        )
        with learning:
            training_fields(dataset)
            _learning_rate()
            repeat_fields()
        with films:
            _films()
            augmentation_fields()
        with networks:
            more_networks()
            weights_choice(workspace, chosen)
        with head:
            st.markdown(
                "**Head**",
                help="What learns on top of a pretrained network, from the numbers that it makes "
                "of a film: its vector.",
            )
            _head(disabled=disabled)
            st.markdown(
                "**Fine-tuning and augmented copies**",
                help="Pretrained networks have a part that stays as it was when they start; all "
                "of the CNN learns from the beginning.",
            )
            _backbones(disabled=disabled)
            st.toggle(
                "Keep what has been computed for the next run",
                key=PREFIX + "cache",
                persist_state=KEEP,
                help="What a frozen network makes of each film is kept on disk, so that the next "
                "run with the same films starts at once. Off: everything is computed afresh, and "
                "nothing is kept.",
            )


def _films() -> None:
    columns = st.columns(3)
    columns[0].selectbox(
        "Grey values",
        list(_PREPROCESSING),
        format_func=_PREPROCESSING.__getitem__,
        key=PREFIX + "preprocessing",
        persist_state=KEEP,
        placeholder=_PREPROCESSING[None],  # what None, being no choice, is shown as
        help="How grey values are scaled before the network sees them.",
    )
    columns[1].number_input(
        "Image size in pixels",
        32,
        1024,
        value=None,
        placeholder="as the data set says",
        key=PREFIX + "image_size",
        persist_state=KEEP,
        help="Leave it empty to use the data set's own size.",
    )
    columns[2].number_input(
        "Seed",
        0,
        2**31 - 1,
        key=PREFIX + "seed",
        persist_state=KEEP,
        help="The start of all random choices. The same seed gives the same choices again.",
    )


def _learning_rate() -> None:
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    left.selectbox(
        "Learning rate over the epochs",
        list(_SCHEDULES),
        format_func=_SCHEDULES.__getitem__,
        key=PREFIX + "schedule",
        persist_state=KEEP,
        help="Falling: large corrections at first, ever smaller ones towards the end. The "
        "study kept it the same.",
    )
    right.checkbox(
        "Find a learning rate first",
        key=PREFIX + "find_learning_rate",
        persist_state=KEEP,
        help="Tries many rates on a few batches and trains with the one that lowered the loss "
        "fastest, instead of the one given above. Takes a minute or so.",
    )


def _head(*, disabled: bool) -> None:
    columns = st.columns([2, 1, 1])
    columns[0].selectbox(
        "Kind",
        list(_HEADS),
        format_func=_HEADS.__getitem__,
        key=PREFIX + "head",
        persist_state=KEEP,
        disabled=disabled,
        help="Without a hidden layer there is less to learn by heart. On few films, with an L2 "
        "penalty and the vectors of several blocks, that was the better one in our tests.",
    )
    columns[1].number_input(
        "L2 penalty",
        0.0,
        1000.0,
        step=0.1,
        format="%.3f",
        key=PREFIX + "l2",
        persist_state=KEEP,
        disabled=disabled,
        help="Keeps the head's weights small, so that no single number of the vector decides. "
        "0: none, as in the study. The loss of the training films has it in, that of the "
        "validation films has not.",
    )
    columns[2].number_input(
        "Vectors of blocks",
        1,
        100,
        key=PREFIX + "vector_blocks",
        persist_state=KEEP,
        disabled=disabled,
        help="1: the head sees what comes out of the last block, as in the study. More: also "
        "what comes out of the blocks before it, which see finer detail. EfficientNet-Lite "
        "offers up to 7, the other networks 1.",
    )


def _backbones(*, disabled: bool) -> None:
    columns = st.columns(4)
    columns[0].number_input(
        "Blocks to fine-tune",
        0,
        100,
        key=PREFIX + "fine_tune",
        persist_state=KEEP,
        disabled=disabled,
        help="A block is a group of layers. After the head has learnt, the last blocks of the "
        "network learn too, slowly. 0: they stay as they are, as in the study. More blocks take "
        "longer and need more films.",
    )
    without = disabled or not get("fine_tune")
    columns[1].number_input(
        "Epochs of fine-tuning",
        1,
        1000,
        key=PREFIX + "fine_tune_epochs",
        persist_state=KEEP,
        disabled=without,
        help="They come after the epochs above. Each takes much longer, because every film "
        "goes through the whole network.",
    )
    columns[2].number_input(
        "Its learning rate",
        0.0000001,
        1.0,
        step=0.000001,
        format="%.7f",
        key=PREFIX + "fine_tune_learning_rate",
        persist_state=KEEP,
        disabled=without,
        help="Small, so that the network does not forget what it has learnt from photographs.",
    )
    columns[3].number_input(
        "Augmented copies of a film",
        0,
        16,
        key=PREFIX + "augmented_copies",
        persist_state=KEEP,
        disabled=disabled or not get("augment"),
        help="The frozen network looks at each training film, and at so many changed copies "
        "of it. Each copy is one more pass over all training films, before the first epoch. "
        "In our tests copies made no network better, so there are none unless you ask.",
    )
