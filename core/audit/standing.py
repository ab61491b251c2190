"""What is known of a run's audit now: its verdict, and whether it still holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.audit.report import AuditReport, Level, audit_folder
from core.errors import NotFoundError
from core.evaluation.operating_point import OperatingPoint
from core.runs.files import RunFiles
from core.store import Run, Store

NOT_AUDITED = "not audited"
UNREADABLE = "audit not readable"
SHORT: dict[Level, str] = {
    "do_not_believe": "do not believe",
    "caution": "be careful",
    "no_shortcut_found": "no shortcut found",
    "not_checked": "not checked",
}


@dataclass(frozen=True)
class Standing:
    """``report``: the last audit, None when there is none. ``stale``: what has changed since
    then, a sentence; empty while the verdict still holds. ``lost``: the data set is gone, so
    nothing can be audited again. ``unreadable``: there is a report, and it cannot be read."""

    report: AuditReport | None
    stale: str = ""
    lost: bool = False
    unreadable: bool = False

    @property
    def short(self) -> str:
        """The verdict in two or three words, for a table."""
        if self.report is None:
            return UNREADABLE if self.unreadable else NOT_AUDITED
        return f"{SHORT[self.report.verdict]}{' (old)' if self.stale else ''}"


def basis_of(store: Store, run: Run) -> dict[str, str]:
    """What an audit of ``run`` rests on, as SHA-256 in hex.

    ``answers``: of the run's saved predictions, which change when it is trained again.
    ``films``: of its data set's films with class, split and all that is recorded of them,
    wherever their files lie; empty when the data set is gone. ``rule``: of the threshold that
    says what its films are called, whoever chose it.
    """
    files = RunFiles(store.workspace.run_folder(run.run_id))
    return {"answers": files.answers(), "films": _films(store, run), "rule": _rule(files)}


def standing_of(store: Store, run: Run) -> Standing:
    """The last audit of ``run``, held against what the run and its films are now."""
    report = AuditReport.load(audit_folder(store.workspace.run_folder(run.run_id)))
    if report is None:
        folder = audit_folder(store.workspace.run_folder(run.run_id))
        return Standing(None, unreadable=AuditReport.is_unreadable(folder))
    now = basis_of(store, run)
    return Standing(report, _stale(now, report), lost=not now["films"])


def shortest(standings: Sequence[Standing]) -> str:
    """One short verdict on several runs: the gravest, and how many were audited if not all."""
    audited = [one for one in standings if one.report is not None]
    if not audited:
        return NOT_AUDITED
    grave = list(SHORT)
    worst = min(audited, key=lambda one: grave.index(one.report.verdict) if one.report else 9)
    if len(audited) == len(standings):
        return worst.short
    return f"{worst.short} ({len(audited)} of {len(standings)} audited)"


def _stale(now: dict[str, str], report: AuditReport) -> str:
    if not report.basis:
        return (
            "This audit is of an earlier version, which did not note what it rested on, so it may "
            "no longer hold."
        )
    changed = []
    if now["answers"] != report.basis.get("answers"):
        changed.append("the run has been trained again")
    elif now["rule"] != report.basis.get("rule", now["rule"]):
        changed.append("the rule by which its films are called has changed")
    if now["films"] != report.basis.get("films"):
        films = "its films, or what is recorded of them, have changed"
        gone = "its data set has been deleted, so it cannot be audited again"
        changed.append(films if now["films"] else gone)
    return f"This audit is old: since then {' and '.join(changed)}." if changed else ""


def _rule(files: RunFiles) -> str:
    point = OperatingPoint.load_if_readable(files.operating_point)
    told = [] if point is None else [point.positive, point.threshold, point.temperature]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _films(store: Store, run: Run) -> str:
    try:
        members = store.datasets.members(run.spec.dataset)
    except NotFoundError:
        return ""
    known = {film.film_id: film for film in store.catalogue.films(members["film_id"].tolist())}
    rows = []
    for film_id, place, split in zip(
        members["film_id"], members["class_index"], members["split"], strict=True
    ):
        film = known.get(film_id)
        facts = film and [
            film.source, film.patient, film.finding, film.view, film.sex, film.age,
            sorted(film.masks),
        ]  # fmt: skip
        rows.append([film_id, int(place), split, facts])
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
