"""The process of an external test: ``python -m core.external.worker --data DIR --run ID
--source NAME --folder DIR``. Tells how far it is through ``job.json`` in the folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.external.kept import folder_of
from core.external.testing import run_external
from core.runs.jobs import Job, reporting
from core.runs.turns import Turns
from core.store import open_store
from core.workspace import Workspace, open_workspace

MODULE = "core.external.worker"


def job_of(workspace: Workspace, run_id: str, source: str) -> Job:
    """The job that tests a run on a source; it may never have been started."""
    return Job(folder_of(workspace, run_id, source))


def start(workspace: Workspace, run_id: str, source: str) -> bool:
    """Test in a process of its own; False when it is at it already. Raises InputError."""
    job = job_of(workspace, run_id, source)
    # The folder is on the command line so that the job can tell its process from others.
    where = ["--data", str(workspace.root), "--folder", str(job.folder)]
    return job.start(MODULE, [*where, "--run", run_id, "--source", source])


def main() -> None:
    """One test, from the first film to the kept result."""
    parser = argparse.ArgumentParser(prog=MODULE)
    for name in ("data", "run", "source", "folder"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    workspace = open_workspace(options.data)
    with reporting(Path(options.folder), Turns(workspace.turns)) as tell:
        store = open_store(workspace)
        tell.stage("Loading the network")

        def progress(done: int, total: int) -> None:
            if not done:
                tell.stage("Classifying films", total=total)
            tell.update(done)

        run_external(store, options.run, options.source, progress)


if __name__ == "__main__":
    main()
