"""Which networks the form for new runs trains: one to begin with, the study's four, and more."""

from __future__ import annotations

import streamlit as st

from core.documents import Json
from core.errors import InputError
from core.models.network import Network
from core.models.registry import FIRST_CHOICE, NETWORKS, STUDY_NETWORKS
from core.store import StoredDataset
from pages.components.run_labels import escaped
from pages.components.training.fields import KEEP, PREFIX

_CARDS = (FIRST_CHOICE.name, *STUDY_NETWORKS)  # each has a box to tick
_MORE = tuple(name for name in NETWORKS if name not in _CARDS)

_BESIDE_EACH_OTHER = "study_networks"
# As many in a row as leave room for the longest name: a column cuts it off on a small screen.
_WHOLE_NAMES = f"""<style>
.st-key-{_BESIDE_EACH_OTHER} > :has([class*="st-key-{_BESIDE_EACH_OTHER}_"]) {{flex: 1 1 14rem}}
.st-key-{_BESIDE_EACH_OTHER} > [class*="st-key-{_BESIDE_EACH_OTHER}_"] {{flex: 1 1 14rem}}
</style>"""


def choice_of(model: str) -> Json:
    """The form's fields when this network alone is chosen."""
    return {
        **{f"model_{name}": name == model for name in _CARDS},
        "more_models": [model] if model in _MORE else [],
    }


def network_fields(dataset: StoredDataset, size: int) -> list[Network]:
    """Draw them for films of ``size`` pixels; returns the networks that are chosen and fit."""
    st.markdown("**Networks**", help="Each network that you choose becomes one run.")
    chosen = []
    with st.container(border=True):
        chosen += _card(FIRST_CHOICE, dataset, size)
    st.caption("The networks that the study compared:")
    with st.container(horizontal=True, key=_BESIDE_EACH_OTHER):
        st.html(_WHOLE_NAMES)
        for name in STUDY_NETWORKS:
            with st.container(border=True, key=f"{_BESIDE_EACH_OTHER}_{name}"):
                chosen += _card(NETWORKS[name], dataset, size)
    return chosen + _more_networks(dataset, size)


def _card(model: Network, dataset: StoredDataset, size: int) -> list[Network]:
    """A box to tick, and what the network is; returns it when it is chosen and fits."""
    facts, fits = _size_words(model, size, len(dataset.spec.classes))
    picked = st.checkbox(
        f"**{model.title}**",
        key=f"{PREFIX}model_{model.name}",
        persist_state=KEEP,
        disabled=not fits,
    )
    if model is FIRST_CHOICE:
        praise = ". A good one to begin with." if fits else ""
        st.caption(f"{model.summary} {' '.join(facts.split())}{praise}")
    else:
        st.caption(model.summary)
        st.caption(facts)
    return [model] if picked and fits else []


def _more_networks(dataset: StoredDataset, size: int) -> list[Network]:
    """The networks that the study did not use: one field, so that its own four stand out."""
    names = st.multiselect(
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
    chosen = []
    for model in (NETWORKS[name] for name in names):
        facts, fits = _size_words(model, size, len(dataset.spec.classes))
        st.caption(f"**{model.title}**: {model.summary} {' '.join(facts.split())}")
        if fits:
            chosen.append(model)
    return chosen


def _size_words(model: Network, size: int, classes: int) -> tuple[str, bool]:
    """The network's size in words, or why it does not fit; and whether it fits."""
    try:
        counts = model.counts(size, classes)
    except InputError as error:
        return f":material/block: {escaped(error)}", False
    return (
        f"**{counts.total:,}** parameters,  \n**{counts.trainable:,}** of them trainable",
        True,
    )
