"""What the process of an external test does."""

from __future__ import annotations

from core.external.testing import run_external
from core.runs.reporter import Reporter
from core.runs.worker import Task


def work(task: Task, tell: Reporter) -> None:
    """Test the run ``run`` on the source ``source``, from the first film to the kept result."""
    tell.stage("Loading the network")

    def progress(done: int, total: int) -> None:
        if not done:
            tell.stage("Classifying films", total=total)
        tell.update(done)

    run_external(task.store, task.arguments["run"], task.arguments["source"], progress)
