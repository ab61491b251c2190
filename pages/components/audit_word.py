"""What a run's audit came to, in a word, wherever its result is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.audit.report import FILE, audit_folder
from core.audit.status import NOT_AUDITED, AuditStatus, audit_status, worst_verdict
from core.runs.files import RunFiles
from core.store import Run, Store
from pages.components.run_labels import escaped
from pages.components.run_links import AUDIT, run_step

ICONS = {
    "do_not_believe": ":material/gpp_bad:",
    "caution": ":material/gpp_maybe:",
    "no_shortcut_found": ":material/verified_user:",
    "": ":material/policy:",
}


def audit_of(store: Store, run: Run) -> AuditStatus:
    """``audit_status``, kept until one of the files or the catalogue changes."""
    return audits_of(store, [run])[run.run_id]


def audits_of(store: Store, runs: Sequence[Run]) -> dict[str, AuditStatus]:
    """``audit_of`` of each run, by its id; what many have in common is looked up once."""
    version = made = None
    found = {}
    for run in runs:
        folder = store.workspace.run_folder(run.run_id)
        audited = _time(audit_folder(folder) / FILE)
        if not audited:
            found[run.run_id] = AuditStatus(None)
            continue
        if version is None or made is None:
            version = store.catalogue.version()
            made = {one.name.lower(): one.created_at for one in store.datasets.all()}
        changed = (
            audited,
            _time(RunFiles(folder).predictions),
            _time(RunFiles(folder).operating_point),
            version,
            made.get(run.spec.dataset.lower(), ""),
        )
        found[run.run_id] = _kept(str(store.workspace.root), run.run_id, changed, store, run)
    return found


def audit_word(store: Store, runs: Sequence[Run]) -> str:
    """“do not believe”, “not audited” and the like, on one run or on repeats."""
    return worst_verdict([audit_of(store, one) for one in runs])


def audit_link(store: Store, run: Run, *, named: str = "") -> None:
    """A link to the run's audit that says what came out; ``named``: of which run, behind it,
    because a telephone cuts off the end."""
    found = audit_of(store, run)
    word = f"{NOT_AUDITED} yet" if found.short == NOT_AUDITED else found.short
    label = f"Audit: {word} · {escaped(named)}" if named else f"Audit: {word}"
    icon = ICONS[found.result.verdict if found.result else ""]
    run_step(run.run_id, AUDIT, label, icon=icon)


def _time(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@st.cache_resource(show_spinner=False, max_entries=1024)
def _kept(
    root: str, run_id: str, changed: tuple[object, ...], _store: Store, _run: Run
) -> AuditStatus:
    return audit_status(_store, _run)
