"""Says, before a run is started, whether the pretrained weights are on this computer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.models.network import Network
from core.models.weights import find_weights, missing_message, published_source
from core.workspace import Workspace
from pages.components.run_labels import escaped


def weights_notes(workspace: Workspace, models: Sequence[Network], learnt: str) -> None:
    """One line a network: there, to be downloaded or installed, and what to do offline.

    ``learnt``: which published weights, ``imagenet`` or ``chest``.
    """
    missing = []
    for model in models:
        path = find_weights(workspace, model, learnt)
        if path is None:
            missing.append(model)
        else:
            st.caption(f":material/check: {model.title}: the weights are on this computer.")
    for model in missing:
        source = published_source(model, learnt)
        if source.is_packaged:
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
