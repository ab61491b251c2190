"""What the process of an external test does."""

from __future__ import annotations

from core.external.testing import run_external
from core.runs.job_process import JobReporter, Task
from core.store import open_store


def work(task: Task, tell: JobReporter) -> None:
    """Test the run ``run`` on the source ``source``, from the first film to the kept result."""
    tell.stage("Loading the network")

    def progress(done: int, total: int) -> None:
        if not done:
            tell.stage("Classifying films", total=total)
        tell.update(done)

    run_external(
        open_store(task.workspace), task.arguments["run"], task.arguments["source"], progress
    )
