"""What cannot be read any more, named where one looks for it, with a way to be rid of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.datasets.removing import delete_dataset
from core.people.asking import may
from core.people.roles import Deed
from core.runs import launcher
from core.store import Damaged, Store, recovered
from core.store.recovery import recovery_read
from pages.components.destroying import asks_first, destroy_button
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
        if may(Deed.SETTLE):
            st.button(
                "I have read this",
                key="recovery_read",
                on_click=recovery_read,
                args=(store.workspace,),
            )


def damaged_runs(store: Store) -> None:
    """Each run that cannot be read, with a button that deletes it."""
    _named(store, store.runs.damaged(), "run", Deed.DELETE, launcher.delete)


def damaged_datasets(store: Store) -> None:
    """Each data set that cannot be read, with a button that deletes it."""
    _named(store, store.datasets.damaged(), "data set", Deed.PREPARE, delete_dataset)


def damaged_details(store: Store) -> None:
    """Sources and films of which something beside the films themselves cannot be read."""
    for one in store.catalogue.damaged():
        st.warning(escaped(one.reason), icon=":material/broken_image:")


def _named(
    store: Store,
    damaged: Sequence[Damaged],
    kind: str,
    deed: Deed,
    delete: Callable[[Store, str], object],
) -> None:
    for place, one in enumerate(damaged):
        with st.container(border=True, key=f"damaged_{kind[:3]}_{place}"):
            st.warning(escaped(one.reason), icon=":material/broken_image:")
            if not may(deed):
                continue
            with asks_first("Delete …", key=f"damaged_{kind[:3]}_{one.name}"):
                st.markdown("What can still be read of it goes too. This cannot be undone.")
                if destroy_button(f"Delete this {kind}", key=f"delete_damaged_{kind[:3]}_{place}"):
                    delete(store, one.name)
                    st.rerun()
