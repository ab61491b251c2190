"""A run's audit from outside: how it is started, its verdict, and whether that still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.audit.report import FILE, AuditReport, Level, audit_folder
from core.errors import InputError, NotFoundError
from core.evaluation.operating_point import OperatingPoint
from core.people.asking import asks
from core.people.roles import Deed
from core.runs import results
from core.runs.files import RunFiles
from core.runs.jobs import Job
from core.runs.kinds import AUDIT
from core.runs.learnt_films import dataset_of
from core.runs.results import Ground, StoredResult
from core.store import Run, Store

NOT_AUDITED = "not audited"
UNREADABLE = "audit not readable"
SHORT: dict[Level, str] = {
    "do_not_believe": "do not believe",
    "caution": "be careful",
    "no_shortcut_found": "no shortcut found",
    "not_checked": "not checked",
}


def audit_job(store: Store, run_id: str) -> Job:
    """The job that audits a run, whether it was ever started or not."""
    return Job(store, AUDIT, audit_folder(store.workspace.run_folder(run_id)))


@asks(Deed.JUDGE)
def start_audit(store: Store, run_id: str) -> Job:
    """Begin to audit a finished run; an audit that is under way goes on.

    Raises NotFoundError, or InputError when the run has not finished or was trained elsewhere.
    """
    run = results.finished_run(store, run_id, to_be="audited")
    if run.origin.is_from_elsewhere:
        raise InputError(
            f"{run.run_id} was trained elsewhere. An audit looks at the films that it has learnt "
            "from, and they are not here; audit it where it was trained."
        )
    job = audit_job(store, run.run_id)
    job.start(run=run.run_id)
    store.deeds.note(f"started the audit of run {run.run_id}")
    return job


@dataclass(frozen=True)
class AuditStatus(StoredResult[AuditReport]):
    """``lost``: the data set is gone, so nothing can be audited again."""

    lost: bool = False

    @property
    def short(self) -> str:
        """The verdict in two or three words, for a table."""
        if self.result is None:
            return UNREADABLE if self.unreadable else NOT_AUDITED
        return f"{SHORT[self.result.verdict]}{' (old)' if self.stale else ''}"


def grounds_of(store: Store, run: Run) -> tuple[Ground, ...]:
    """What an audit of ``run`` rests on.

    ``answers``: the run's saved predictions. ``rule``: the threshold that says what its films
    are called, whoever chose it. ``films``: its data set's films with class, split and all that
    is recorded of them, wherever their files lie; empty when the data set is gone, None for a
    run that was trained elsewhere.
    """
    # Those of a run from elsewhere were never here: nobody can tell, and it is no less true.
    films = None if run.origin.is_from_elsewhere else _films(store, run)
    changed = "its films, or what is recorded of them, have changed"
    gone = "its data set has been deleted, so it cannot be audited again"
    return (
        results.of_predictions(store, run),
        Ground(
            "rule",
            _rule(RunFiles(store.workspace.run_folder(run.run_id))),
            "the rule by which its films are called has changed",
            since_later=True,
            follows="answers",
        ),
        Ground("films", films, changed if films else gone),
    )


def audit_basis(store: Store, run: Run) -> dict[str, str]:
    """What is noted with an audit that begins now."""
    return results.basis_of(grounds_of(store, run))


def audit_status(store: Store, run: Run) -> AuditStatus:
    """The last audit of ``run``, held against what the run and its films are now."""
    folder = audit_folder(store.workspace.run_folder(run.run_id))
    report = AuditReport.load_from(folder)
    if report is None:
        return AuditStatus(None, unreadable=(folder / FILE).exists())
    grounds = grounds_of(store, run)
    stale = results.stale_sentence("audit", report.basis, grounds)
    return AuditStatus(report, stale, lost=not results.basis_of(grounds).get("films"))


def worst_verdict(audits: Sequence[AuditStatus]) -> str:
    """One short verdict on several runs: the gravest, and how many were audited if not all."""
    audited = [one for one in audits if one.result is not None]
    if not audited:
        return NOT_AUDITED
    grave = list(SHORT)
    worst = min(audited, key=lambda one: grave.index(one.result.verdict) if one.result else 9)
    if len(audited) == len(audits):
        return worst.short
    return f"{worst.short} ({len(audited)} of {len(audits)} audited)"


def _rule(files: RunFiles) -> str:
    point = OperatingPoint.load_if_readable(files.operating_point)
    told = [] if point is None else [point.positive, point.threshold, point.temperature]
    return results.digest(told)


def _films(store: Store, run: Run) -> str:
    try:
        return results.digest_of_rows(store.datasets.facts(dataset_of(store, run).name))
    except NotFoundError:
        return ""
