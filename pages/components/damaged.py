"""What cannot be read any more, named where one looks for it, with a way to be rid of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.runs import launcher
from core.store import Damaged, Store, recovered
from core.store.records import recovery_note
from pages.components.destroying import destroy_button
from pages.components.run_labels import escaped
from pages.components.session import store_trouble


def recovery(store: Store) -> None:
    """What is wrong with the store's file; or that it had been lost and what was found again,
    until somebody has read it."""
    for trouble in store_trouble(str(store.workspace.root)):
        st.error(escaped(trouble), icon=":material/error:")
    found = recovered(store.workspace)
    if found is None:
        return
    with st.container(border=True):
        st.warning(escaped(found.sentence), icon=":material/settings_backup_restore:")
        st.button(
            "I have read this",
            key="recovery_read",
            on_click=lambda: recovery_note(store.workspace).unlink(missing_ok=True),
        )


def damaged_runs(store: Store) -> None:
    """Each run that cannot be read, with a button that deletes it."""
    _named(store, store.runs.damaged(), "run", launcher.delete)


def damaged_datasets(store: Store) -> None:
    """Each data set that cannot be read, with a button that deletes it."""
    _named(store, store.datasets.damaged(), "data set", lambda of, name: of.datasets.delete(name))


def damaged_details(store: Store) -> None:
    """Sources and films of which something beside the films themselves cannot be read."""
    for one in store.catalogue.damaged():
        st.warning(escaped(one.reason), icon=":material/broken_image:")


def _named(
    store: Store, damaged: Sequence[Damaged], kind: str, delete: Callable[[Store, str], object]
) -> None:
    for place, one in enumerate(damaged):
        with st.container(border=True, key=f"damaged_{kind[:3]}_{place}"):
            st.warning(escaped(one.reason), icon=":material/broken_image:")
            with st.popover("Delete …", icon=":material/delete:", key=f"ask_{kind[:3]}_{place}"):
                st.markdown("What can still be read of it goes too. This cannot be undone.")
                if destroy_button(f"Delete this {kind}", key=f"delete_damaged_{kind[:3]}_{place}"):
                    delete(store, one.name)
                    st.rerun()
