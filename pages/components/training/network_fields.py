"""Which networks the form for new runs trains, as cards: one to begin with, the study's four, and
those that are added under “More settings”."""

from __future__ import annotations

import streamlit as st

from core.documents import Json
from core.errors import InputError
from core.models.network import Network
from core.models.registry import FIRST_CHOICE, NETWORKS, STUDY_NETWORKS
from core.models.weights import find_weights, published_source
from core.store import StoredDataset
from core.workspace import Workspace
from pages.components.run_labels import escaped
from pages.components.training.fields import KEEP, PREFIX, get

_CARDS = (FIRST_CHOICE.name, *STUDY_NETWORKS)  # each has a box to tick
_MORE = tuple(name for name in NETWORKS if name not in _CARDS)

_BESIDE_EACH_OTHER = "network_cards"  # how they stand: browser/look.css
_SEEN = {
    "imagenet": "Has seen a million photographs",
    "chest": "Has seen other chest X-rays",
    "random": "Has seen nothing: its weights are random",
    "file": "Has seen what your file of weights has learnt",
}


def choice_of(model: str) -> Json:
    """The form's fields when this network alone is chosen."""
    return {
        **{f"model_{name}": name == model for name in _CARDS},
        "more_models": [model] if model in _MORE else [],
    }


def chosen_networks(dataset: StoredDataset, size: int) -> list[Network]:
    """Those that are chosen, before they are drawn, and fit films of ``size`` pixels."""
    names = [name for name in _CARDS if get(f"model_{name}")] + list(get("more_models"))
    classes = len(dataset.spec.classes)
    return [model for name in names if _size_words(model := NETWORKS[name], size, classes)[1]]


def network_fields(
    dataset: StoredDataset, size: int, workspace: Workspace, chosen: list[Network]
) -> None:
    """Draw the cards for films of ``size`` pixels. ``chosen``: as ``chosen_networks`` says."""
    st.markdown(
        "**Networks**",
        help="Each network that you choose becomes one run. There are 25 more under *More "
        "settings*.",
    )
    with st.container(horizontal=True, key=_BESIDE_EACH_OTHER):
        for name in (*_CARDS, *get("more_models")):
            with st.container(border=True, key=f"{_BESIDE_EACH_OTHER}_{name}"):
                model = NETWORKS[name]
                seen = _seen(workspace, model, get("weights") if model in chosen else "imagenet")
                _card(model, dataset, size, seen)


def _card(model: Network, dataset: StoredDataset, size: int, seen: str) -> None:
    """A box to tick; what the network is, what it has seen before, how large it is."""
    facts, fits = _size_words(model, size, len(dataset.spec.classes))
    if model.name in _CARDS:
        st.checkbox(
            f"**{model.title}**",
            key=f"{PREFIX}model_{model.name}",
            persist_state=KEEP,
            disabled=not fits,
        )
    else:
        st.markdown(f"**{model.title}**", help="Added under More settings.")
    praise = " A good one to begin with." if model is FIRST_CHOICE and fits else ""
    st.caption(f"{model.summary}{praise}")
    st.caption(f"{seen}.  \n{facts}")


def more_networks() -> None:
    """The networks that the study did not use: one field, so that its own four stand out."""
    st.multiselect(
        "More networks",
        _MORE,
        key=PREFIX + "more_models",
        format_func=lambda name: (
            f"{NETWORKS[name].title}, {NETWORKS[name].counts().total / 1e6:.1f} million parameters"
        ),
        placeholder="None; type to search",
        persist_state=KEEP,
        help="The study did not use these. Each can be the frozen backbone in the same way.",
    )


def _seen(workspace: Workspace, model: Network, weights: str) -> str:
    """What the network has learnt before, and whether that is here."""
    if not model.is_frozen:
        return "Has seen nothing: all of it learns from your films"
    if weights not in ("imagenet", "chest") or model.source(weights) is None:
        return _SEEN.get(weights, _SEEN["random"])
    if find_weights(workspace, model, weights) is not None:
        return f"{_SEEN[weights]} (on this computer)"
    if published_source(model, weights).is_packaged:
        return f"{_SEEN[weights]} (not installed)"
    return f"{_SEEN[weights]} ({model.weights_bytes / 1e6:,.0f} MB to download)"


def _size_words(model: Network, size: int, classes: int) -> tuple[str, bool]:
    """The network's size in words, or why it does not fit; and whether it fits."""
    try:
        counts = model.counts(size, classes)
    except InputError as error:
        return f":material/block: {escaped(error)}", False
    return f"**{counts.total:,}** parameters, **{counts.trainable:,}** of them trainable", True
