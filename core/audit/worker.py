"""The process of an audit: ``python -m core.audit.worker --data DIR --folder DIR --run ID`` [K].

Keras is imported only once the checks on films alone are done.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from core.audit.checks import data_checks
from core.audit.leak_findings import inflation, other_split
from core.audit.material import of_run
from core.audit.measured import settled
from core.audit.report import AuditReport, audit_folder
from core.audit.standing import basis_of
from core.audit.verdict import gravest, judge
from core.evaluation.decision import decided
from core.runs.files import RunFiles
from core.runs.jobs import JobReporter, reporting
from core.runs.turns import Turns
from core.store import Store, open_store
from core.workspace import open_workspace


def main() -> None:
    """Audit one run; its result is ``audit.json`` beside the job's files."""
    parser = argparse.ArgumentParser(prog="core.audit.worker")
    parser.add_argument("--data", required=True, help="the workspace's folder")
    parser.add_argument("--folder", required=True, help="where to tell how far it is")
    parser.add_argument("--run", required=True, help="id of a finished run")
    options = parser.parse_args()
    # The GPU belongs to training runs, whose memory an audit must not take.
    os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"})
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    workspace = open_workspace(options.data)
    turns = Turns(workspace.turns)
    with reporting(Path(options.folder), turns) as tell:
        audit(open_store(workspace), options.run, tell)


def audit(store: Store, run_id: str, tell: JobReporter) -> AuditReport:
    """Make every check, keep and return the report."""
    run = store.runs.get(run_id)
    # Before anything is looked at: what changes meanwhile then counts as a change.
    basis = basis_of(store, run)
    folder = store.workspace.run_folder(run_id)
    predictions = decided(RunFiles(folder))
    tell.stage("Reading films", len(predictions))
    material, data = of_run(store, run, lambda done, _: tell.update(done))
    measured, leaks = data_checks(material, tell.stage)
    measured.append(inflation(material, leaks, predictions))
    measured += other_split(store, run)
    from core.audit.networks import network_checks

    # Networks come last and count for no correction: their checks have no p of their own.
    findings = settled(measured)
    raised = gravest(findings)
    findings += settled(
        network_checks(store.workspace, run, material, data, predictions, raised, tell)
    )
    verdict, sentence = judge(findings, test_films=len(material.rows("test")))
    report = AuditReport(
        run_id, run.spec.dataset, verdict, sentence, tuple(findings), leaks.pairs,
        time.time(), basis,
    )  # fmt: skip
    store.runs.get(run_id)  # deleted meanwhile: there is nothing left to keep it in
    report.save(audit_folder(folder))
    return report


if __name__ == "__main__":
    main()
