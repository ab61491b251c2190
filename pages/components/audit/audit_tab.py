"""Whether a finished run's result is to be believed, and why; or how to find out."""

from __future__ import annotations

import streamlit as st

from core.audit.status import audit_job, start_audit
from core.people.asking import may
from core.people.roles import Deed
from core.store import Run, Store
from pages.components.audit.checks_table import checks_table
from pages.components.audit.details import audit_details
from pages.components.audit.verdict import show_verdict
from pages.components.audit_word import audit_of
from pages.components.error_boundary import boundary
from pages.components.headlines import headline_of
from pages.components.permission import say_why_not
from pages.components.run_labels import escaped, when
from pages.components.session import get_store

EVERY = 1.5  # seconds between looks at an audit that is under way
NOT_HERE = (
    "It was trained elsewhere, and an audit looks at the films that it has learnt from, which are "
    "not here. It can be audited where it was trained, and exported again."
)


def audit_tab(store: Store, run: Run) -> None:
    """The verdict with its reasons, an audit that is under way, or the button that begins one."""
    job = audit_job(store, run.run_id)
    status = job.status()
    if status.is_running:
        st.fragment(_progress, run_every=EVERY)(run.run_id)
        return
    found = audit_of(store, run)
    report = found.result
    if status.broke_off and (report is None or report.made_at < status.asked):
        st.error(f"The last audit did not come to an end. {escaped(status.reason)}")
    if report is None:
        if found.unreadable:
            st.warning(
                "The report of the last audit of this run cannot be read: it is damaged, or of "
                "another version of ThoraxLens. Audit the run again.",
                icon=":material/broken_image:",
            )
        _offer(store, run)
        return
    stale = found.stale
    if stale:
        st.warning(
            f"**{escaped(stale)}** Its verdict, below, may no longer hold.",
            icon=":material/history:",
        )
    if stale and not found.lost:
        _button(store, run, "Audit again")
    right = headline_of(store, run).accuracy
    show_verdict(report, right=right, old=bool(stale))
    checks_table(report)
    audit_details(store, report)
    st.caption(f"Audited {when(report.made_at)}, run `{run.run_id}`.")
    if run.origin.is_from_elsewhere:
        st.caption(NOT_HERE)
    elif not stale:
        _button(store, run, "Audit again")


def _offer(store: Store, run: Run) -> None:
    """Nothing is known yet: say what an audit is and how long it takes."""
    st.subheader("Nobody knows yet whether this result can be believed")
    if run.origin.is_from_elsewhere:
        st.markdown(f"This run came without an audit. {NOT_HERE}")
        return
    st.markdown(
        "An audit looks for other ways to get the answers right than looking at the lungs: where "
        "the films come from, how old the patients are, how large the files are, what stands at "
        "their borders, and test films that training has seen. It takes a few minutes, and goes "
        "on when you close this page."
    )
    _button(store, run, "Audit this run")


def _button(store: Store, run: Run, label: str) -> None:
    if not may(Deed.JUDGE):
        say_why_not(Deed.JUDGE)
        return
    if st.button(label, type="primary", icon=":material/policy:", key="audit_start"):
        start_audit(store, run.run_id)
        st.rerun()


@boundary()
def _progress(run_id: str) -> None:
    """How far the audit is; the whole page is drawn again when it has ended."""
    job = audit_job(get_store(), run_id)
    status = job.status()
    if not status.is_running:
        st.rerun(scope="app")
    st.subheader("The audit is under way")
    st.progress(status.share, text=escaped(status.told))
    st.caption("It goes on when you close this page. Its verdict will stand here.")
    if may(Deed.JUDGE) and st.button("Stop", icon=":material/stop_circle:", key="audit_stop"):
        job.stop()
        st.rerun(scope="app")
