"""The only room with SQL: one SQLite file holds catalogue, data sets and runs.

``open_store(workspace)`` gives the three of them. Artefacts (arrays, weights, logs) are
files; the store keeps what pages and scripts ask for.

Every process opens the store first, and most of them, the server's first page among them,
want no table of it: so pandas, which takes longer to load than all the rest here, is imported
by the methods that return a ``DataFrame``.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.store.catalogue import Catalogue, imported_meanwhile
from core.store.corrections import (
    CorrectedCount,
    CorrectedFilm,
    Correction,
    Corrections,
    counted,
)
from core.store.damaged import Damaged
from core.store.database import Database
from core.store.datasets import Datasets, Member, StoredDataset
from core.store.deeds import Deeds, Done
from core.store.film_rows import Film, Source
from core.store.import_report import ImportReport, LeftOut, SetApart
from core.store.job_row import (
    ACTIVE,
    BROKEN_OFF,
    FINISHED,
    STATES,
    UNFINISHED,
    JobEnd,
    JobRow,
    RunChange,
    RunState,
    TakenUp,
)
from core.store.origin import OriginKind, RunOrigin
from core.store.progress import RunProgress
from core.store.queue import Queue
from core.store.records import keep_record, keep_records
from core.store.recovery import Rebuilding, Recovery, recovered
from core.store.remarks import RemarksChange, RunRemarks
from core.store.run_result import RunningNumbers, RunResult, SplitNumbers
from core.store.runs import PHASES, Epoch, Run, Runs
from core.store.tags import Tags
from core.workspace import Workspace

__all__ = [
    "ACTIVE",
    "BROKEN_OFF",
    "FINISHED",
    "PHASES",
    "STATES",
    "UNFINISHED",
    "Catalogue",
    "CorrectedCount",
    "CorrectedFilm",
    "Correction",
    "Corrections",
    "Damaged",
    "Database",
    "Datasets",
    "Deeds",
    "Done",
    "Epoch",
    "Film",
    "ImportReport",
    "JobEnd",
    "JobRow",
    "LeftOut",
    "Member",
    "OriginKind",
    "Queue",
    "Recovery",
    "RemarksChange",
    "Run",
    "RunChange",
    "RunOrigin",
    "RunProgress",
    "RunRemarks",
    "RunResult",
    "RunState",
    "RunningNumbers",
    "Runs",
    "SetApart",
    "Source",
    "SplitNumbers",
    "Store",
    "StoredDataset",
    "Tags",
    "TakenUp",
    "counted",
    "imported_meanwhile",
    "keep_record",
    "keep_records",
    "open_store",
    "recovered",
]


@dataclass(frozen=True)
class Store:
    """Views of one database file; safe to share between threads and processes. ``runs`` has
    trainings, ``queue`` everything that waits or works, trainings too."""

    workspace: Workspace
    catalogue: Catalogue
    datasets: Datasets
    runs: Runs
    queue: Queue
    corrections: Corrections
    tags: Tags
    deeds: Deeds
    database: Database


def open_store(workspace: Workspace) -> Store:
    """Open the workspace's database, creating it when it is not there; runs whose folders are
    there all the same are put into a new one (``core.store.recovery``).

    Raises InputError when the file is not a database or comes from a newer ThoraxLens.
    """
    database = Database(workspace.database, Rebuilding(workspace))
    return Store(
        workspace,
        Catalogue(database),
        Datasets(database),
        Runs(database),
        Queue(database),
        Corrections(database),
        Tags(database),
        Deeds(database),
        database,
    )
