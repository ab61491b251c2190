"""What the networks of new runs have seen before: what is on this computer first, and chosen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.models.network import Network
from core.models.weight_sources import PUBLISHED
from core.models.weights import find_weights, missing_message, published_source
from core.text import listed
from core.workspace import Workspace
from pages.components.run_labels import escaped
from pages.components.training.fields import KEEP, PREFIX, get

WEIGHTS, BY_HAND = "weights", "weights_by_hand"  # of the form: the choice, and whose it is
_TITLES = {
    "imagenet": "Photographs (ImageNet, as in the study)",
    "chest": "Chest X-rays",
    "random": "Nothing (random weights)",
    "file": "My file",
}


def settle_weights(workspace: Workspace, chosen: Sequence[Network]) -> None:
    """Until a person chooses, the weights are those that need no download: first of all of
    photographs. To be called before anything is drawn that says which they are."""
    backbones = [model for model in chosen if model.has_pretrained]
    if not backbones:
        return
    offered, _ = _offered(workspace, backbones)
    if get(WEIGHTS) not in offered or not st.session_state.get(PREFIX + BY_HAND):
        st.session_state[PREFIX + BY_HAND] = False
        st.session_state[PREFIX + WEIGHTS] = offered[0]


def _offered(
    workspace: Workspace, backbones: Sequence[Network]
) -> tuple[list[str], dict[str, list[Network]]]:
    """The choices in their order, what is on this computer first; and which networks lack what."""
    missing = {
        learnt: [one for one in backbones if find_weights(workspace, one, learnt) is None]
        for learnt in PUBLISHED
        if all(one.source(learnt) for one in backbones)
    }
    known = sorted([*missing, "random"], key=lambda one: bool(missing.get(one)))
    return [*known, "file"], missing


def weights_choice(workspace: Workspace, chosen: Sequence[Network]) -> None:
    """One choice for all chosen networks that have a frozen part; nothing without any."""
    backbones = [model for model in chosen if model.has_pretrained]
    if not backbones:
        st.caption("The chosen network has no frozen part: it starts from nothing.")
        return
    offered, missing = _offered(workspace, backbones)
    st.radio(
        "What it has seen before",
        offered,
        format_func=lambda one: _TITLES[one] + _to_get(missing.get(one, ()), one),
        key=PREFIX + WEIGHTS,
        horizontal=True,
        persist_state=KEEP,
        on_change=_by_hand,
        help="Photographs: a million of them, with a thousand kinds of things. Chest X-rays: "
        "hundreds of thousands, with their findings. Nothing: that shows what the photographs "
        "add. The CNN always starts from nothing. What is on this computer stands first.",
    )
    if get(WEIGHTS) in PUBLISHED:
        _notes(workspace, backbones, get(WEIGHTS))
    elif get(WEIGHTS) == "file":
        _file(backbones)
    elif not st.session_state[PREFIX + BY_HAND]:
        st.caption(
            ":material/info: Not all of the weights that know photographs are on this computer, so "
            "“nothing” is chosen. With a connection, choose photographs."
        )


def _by_hand() -> None:
    st.session_state[PREFIX + BY_HAND] = True


def _to_get(missing: Sequence[Network], learnt: str) -> str:
    """“, needs a download of 59 MB”; nothing for what is on this computer."""
    if not missing:
        return ""
    packaged = [one.title for one in missing if published_source(one, learnt).is_packaged]
    if packaged:
        return f", not installed for {listed(packaged)}"
    size = sum(one.weights_bytes for one in missing)
    return f", needs a download of {size / 1e6:,.0f} MB"


def _notes(workspace: Workspace, models: Sequence[Network], learnt: str) -> None:
    """One line a network: there, to be downloaded or installed, and what to do offline."""
    missing = []
    for model in models:
        if find_weights(workspace, model, learnt) is None:
            missing.append(model)
        else:
            st.caption(f":material/check: {model.title}: the weights are on this computer.")
    for model in missing:
        if published_source(model, learnt).is_packaged:
            st.caption(f":material/block: {escaped(missing_message(workspace, model, learnt))}")
        else:
            st.caption(
                f":material/download: {model.title}: the weights are not on this computer yet. "
                "They are downloaded and checked when the run starts."
            )
    fetched = [one for one in missing if not published_source(one, learnt).is_packaged]
    if fetched:
        with st.expander("If this computer is not connected to the internet"):
            for model in fetched:
                st.markdown(escaped(missing_message(workspace, model, learnt)))


def _file(backbones: Sequence[Network]) -> None:
    path = st.text_input(
        "Path of the weights file",
        key=PREFIX + "weights_path",
        persist_state=KEEP,
        placeholder="/home/me/vgg16.weights.h5",
        help="A file of weights only (Keras's .h5; for DenseNet and EfficientNet-Lite also "
        "PyTorch's .pth or .pt), on the computer that ThoraxLens runs on.",
    )
    if any(one.source(path) for one in backbones if path not in PUBLISHED):
        st.caption(
            ":material/info: By its name a file of RadImageNet's: it has learnt from CT, MRI and "
            "ultrasound pictures, and films are prepared for it. What it holds is checked when "
            "you start."
        )
