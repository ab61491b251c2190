"""What is known here of work that runs on a node of a cluster, and has no process of this machine.

It lies beside the files of the work, for the dispatcher that comes after a killed one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from core.documents import Document
from core.runs.files import job_folder
from core.store import JobRow, Run, Store

FILE = "whereabouts.json"


class Whereabouts(Document):
    """``node``: which node of the cluster has the work or had it last, as the cluster calls it.
    ``there``: whether it still has, as far as this machine has heard. ``losses``: how many nodes
    went away with it, one after the other, since its last epoch arrived here."""

    node: str = ""
    there: bool = False
    losses: Annotated[int, Field(ge=0)] = 0


def whereabouts_file(store: Store, job: JobRow) -> Path:
    """Where the ``Whereabouts`` of a row lies."""
    return job_folder(store.workspace, job) / FILE


def whereabouts(store: Store, job: JobRow) -> Whereabouts:
    """What is known; an empty one for work that was never elsewhere."""
    return Whereabouts.load_if_readable(whereabouts_file(store, job)) or Whereabouts()


def went_away(node: str) -> str:
    """How it is told that a machine is gone, in the reason of what was taken up again."""
    return f"{node} went away while it worked on this."


def lost_words(store: Store, run: Run) -> str:
    """What became of a run's machine, and from where it goes on: sentences, about the last one that
    went away with it; empty where none did."""
    for one in store.queue.taken_up(since=run.created_at):
        if one.job_id == run.run_id and one.reason.startswith(went_away(one.node)):
            return one.reason
    return ""


def is_elsewhere(store: Store, job: JobRow) -> bool:
    """Whether an active row has no process here because a node has it. The dispatcher alone can
    say whether that one lives."""
    return job.is_active and job.pid is None and whereabouts(store, job).there
