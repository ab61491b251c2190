"""“Get 24 real films”: a few films whose licences let anybody use them, for trying things on."""

from __future__ import annotations

import streamlit as st

from core.datasets.credits import SAMPLE_SOURCE
from core.errors import ThoraxLensError
from core.people.asking import may
from core.people.roles import Deed
from core.store import Store
from pages.components.run_labels import escaped
from pages.components.session import artificial_sources, sources

COUNT = 24


def offer_samples(store: Store, key: str) -> None:
    """What they are and the button that fetches them; nothing once they are here."""
    if SAMPLE_SOURCE in sources() or not may(Deed.IMPORT):
        return
    st.caption(
        f"{COUNT} frontal films from Hannover, Cali, Wuhan and Manila: 16 are labelled COVID-19, 8 "
        "have no finding. Anybody may use them who names their authors, as is done below each "
        "(CC BY). It needs the internet."
    )
    if st.button(f"Get {COUNT} real films", icon=":material/download:", key=f"samples_{key}"):
        _fetch(store)


def _fetch(store: Store) -> None:
    from core.datasets.sample_films import download_samples  # the network's library loads slowly

    bar = st.progress(0.0, text="Looking for them …")

    def say(done: int, total: int, text: str = "") -> None:
        bar.progress(min(done / max(total, 1), 1.0), text=f"{done:,} of {total:,} films")

    try:
        download_samples(store, say)
    except ThoraxLensError as error:
        bar.empty()
        there = " The artificial films serve until then." if artificial_sources() else ""
        st.error(f"{escaped(error)}{there}", icon=":material/cloud_off:")
        return
    # Again from the top, so that everything drawn before knows the new films.
    st.rerun()
