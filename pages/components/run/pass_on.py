"""A run to take away: its file, and lines that use it from Python."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.lent import lent_folder
from core.people.asking import may
from core.people.roles import Deed
from core.store import Run, Store
from core.travel.exporting import export_run
from core.travel.snippet import snippet
from pages.components.downloads import safe_name

HELP = (
    "A zip with what the network has learnt, its threshold, results, audit, external tests and "
    "model card. No films, no patients' data: films stand in it by the hash of their file, "
    "patients by numbers that mean nothing elsewhere. So that another installation can say which "
    "films are unlike those of the training, it holds tones of 32 × 32 points of each."
)


def pass_on(store: Store, run: Run) -> None:
    """A button for the run's file, and how to use the run from Python; nothing for who may not."""
    if not may(Deed.EXPORT):
        return
    st.subheader("Take it elsewhere", help=HELP)
    st.caption(
        "The network and all that is known of it in one file, without films. Another ThoraxLens "
        "takes it in on its Train page, or by the command run-import."
    )
    st.download_button(
        "Run as a file (zip)",
        _maker(store, run),
        file_name=f"{safe_name(f'thoraxlens-run-{run.run_id}')}.zip",
        mime="application/zip",
        icon=":material/download:",
        key="run_file",
        on_click="ignore",
    )
    with st.expander("Use it from Python", icon=":material/code:"):
        st.code(snippet(store, run), language="python")
        st.caption(
            "In ThoraxLens's own Python environment. For other programs: "
            f"`python -m core run-export {run.run_id} FILE.zip --onnx` puts the whole network in "
            "as `network.onnx`."
        )


def _maker(store: Store, run: Run) -> Callable[[], bytes]:
    def make() -> bytes:
        with lent_folder(store.workspace.lent) as folder:
            return export_run(store, run.run_id, folder / "run.zip").path.read_bytes()

    return make
