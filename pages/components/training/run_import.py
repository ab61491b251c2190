"""Taking in a run that was exported elsewhere."""

from __future__ import annotations

import streamlit as st

from core.errors import ThoraxLensError
from core.people.asking import may
from core.people.roles import Deed
from core.store import Store
from core.travel.importing import Imported, import_run
from pages.components.run_labels import escaped, short_title
from pages.components.run_links import RESULT, run_step

_FILE, _DONE = "run_import_file", "run_import_done"


def import_box(store: Store, *, expanded: bool = False) -> None:
    """A box to choose a run's file, and what came of it; nothing for who may not."""
    if not may(Deed.TAKE_IN):
        return
    with st.expander("Import a run", expanded=expanded, icon=":material/upload_file:"):
        st.caption(
            "A zip that another ThoraxLens wrote: on a run's page under Card, “Run as a file”, or "
            "by `run-export`. It brings no films."
        )
        st.file_uploader(
            "Run as a file (zip)",
            type="zip",
            key=_FILE,
            on_change=_take_in,
            args=(store,),
        )
        found = st.session_state.get(_DONE)
        if isinstance(found, str):
            st.error(escaped(found), icon=":material/error:")
        elif found is not None:
            _say(found)


def _take_in(store: Store) -> None:
    """Before the page is drawn, so that the run is in every list."""
    state = st.session_state
    file = state.get(_FILE)
    state[_DONE] = None
    if file is not None:
        try:
            state[_DONE] = import_run(store, file, file.name)
        except ThoraxLensError as error:
            state[_DONE] = str(error)


def _say(found: Imported) -> None:
    name = escaped(short_title(found.run))
    if found.is_new:
        st.success(f"**{name}** is here now.", icon=":material/check_circle:")
    else:
        st.info(f"**{name}** was here already; nothing has changed.", icon=":material/info:")
    if found.missing:
        st.warning(escaped(found.missing), icon=":material/warning:")
    run_step(found.run.run_id, RESULT, "See its result")
