"""Says, before a run is started, whether the pretrained weights are on this computer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.models.network import Network
from core.models.weights import find_weights, missing_message
from core.workspace import Workspace
from pages.components.run_words import escaped


def weights_notes(workspace: Workspace, models: Sequence[Network]) -> None:
    """One line a network: there, or to be downloaded, and what to do without a network."""
    missing = []
    for model in models:
        path = find_weights(workspace, model)
        if path is None:
            missing.append(model)
        else:
            st.caption(f":material/check: {model.title}: the weights are on this computer.")
    for model in missing:
        st.caption(
            f":material/download: {model.title}: the weights are not on this computer yet. They "
            "are downloaded and checked when the run starts."
        )
    if missing:
        with st.expander("If this computer is not connected to the internet"):
            for model in missing:
                st.markdown(escaped(missing_message(workspace, model)))
