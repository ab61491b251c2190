"""What the process of an audit does [K].

Keras is imported only once the checks on films alone are done.
"""

from __future__ import annotations

import time
from pathlib import Path

from core.audit.audit_data import of_run
from core.audit.check_result import after_holm
from core.audit.checks import data_checks
from core.audit.leak_findings import inflation, other_split
from core.audit.report import AuditReport, audit_folder
from core.audit.status import audit_basis
from core.audit.verdict import gravest, judge_findings
from core.evaluation.decision import decided
from core.evaluation.predictions import Predictions
from core.lent import lent_folder
from core.runs.files import RunFiles
from core.runs.reporter import Reporter
from core.runs.worker import Task
from core.store import Run, Store


def work(task: Task, tell: Reporter) -> None:
    """Audit the run ``run``; its result is ``audit.json`` beside the job's files."""
    audit(task.store, task.arguments["run"], tell)


def audit(store: Store, run_id: str, tell: Reporter) -> AuditReport:
    """Make every check, keep and return the report."""
    run = store.runs.get(run_id)
    # Before anything is looked at: what changes meanwhile then counts as a change.
    basis = audit_basis(store, run)
    folder = store.workspace.run_folder(run_id)
    predictions = decided(RunFiles(folder))
    tell.stage("Reading films", len(predictions))
    with lent_folder(store.workspace.lent) as scratch:
        return _made(store, run, basis, predictions, tell, scratch)


def _made(
    store: Store,
    run: Run,
    basis: dict[str, str],
    predictions: Predictions,
    tell: Reporter,
    scratch: Path,
) -> AuditReport:
    material, data = of_run(store, run, predictions, lambda done, _: tell.update(done), scratch)
    measured, leaks = data_checks(material, tell.stage)
    measured.append(inflation(material, leaks, predictions))
    measured += other_split(store, run)
    from core.audit.networks import network_checks

    # Networks come last and count for no correction: their checks have no p of their own.
    findings = after_holm(measured)
    raised = gravest(findings)
    findings += after_holm(
        network_checks(store.workspace, run, material, data, predictions, raised, tell)
    )
    tested = material.some(material.rows("test"))
    verdict, sentence = judge_findings(findings, test_films=len(tested))
    report = AuditReport(
        run=run.run_id,
        dataset=run.spec.dataset,
        verdict=verdict,
        sentence=sentence,
        findings=tuple(findings),
        pairs=leaks.pairs,
        made_at=time.time(),
        basis=basis,
    )
    store.runs.get(run.run_id)  # deleted meanwhile: there is nothing left to keep it in
    report.save_in(audit_folder(store.workspace.run_folder(run.run_id)))
    return report
