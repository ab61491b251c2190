"""Starting a run's audit, from a page or the shell."""

from __future__ import annotations

from core.audit.report import audit_folder
from core.errors import InputError
from core.runs.jobs import Job
from core.store import Store


def job_of(store: Store, run_id: str) -> Job:
    """The job that audits a run, whether it was ever started or not."""
    return Job(audit_folder(store.workspace.run_folder(run_id)))


def start(store: Store, run_id: str) -> Job:
    """Begin to audit a finished run; an audit that is under way goes on.

    Raises NotFoundError, or InputError when the run has not finished.
    """
    run = store.runs.get(run_id)
    if run.state != "done":
        raise InputError(f"{run.run_id} is {run.state}; only a finished run can be audited.")
    job = job_of(store, run.run_id)
    # The folder is on the command line so that the job can tell its process from others.
    where = ["--data", str(store.workspace.root), "--folder", str(job.folder)]
    job.start("core.audit.worker", [*where, "--run", run.run_id])
    return job
