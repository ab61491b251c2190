"""Stores as older versions of ThoraxLens wrote them, made from their own schema."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

# Word for word as version 2 created it; never changed again.
VERSION_2 = """
CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    layout TEXT NOT NULL,
    root TEXT NOT NULL UNIQUE,
    artificial INTEGER NOT NULL,
    imported_at TEXT NOT NULL,
    report TEXT NOT NULL
);
CREATE TABLE films (
    film_id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name) ON DELETE CASCADE,
    path TEXT NOT NULL,
    patient TEXT NOT NULL,
    finding TEXT NOT NULL,
    finding_original TEXT NOT NULL,
    view TEXT NOT NULL,
    view_original TEXT NOT NULL,
    sex TEXT NOT NULL,
    age REAL,
    subset TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    masks TEXT NOT NULL,
    metadata TEXT NOT NULL
);
CREATE INDEX films_by_source ON films(source);
CREATE TABLE catalogue_version (number INTEGER NOT NULL);
INSERT INTO catalogue_version VALUES (0);
CREATE TABLE datasets (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    spec TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE dataset_films (
    dataset TEXT NOT NULL REFERENCES datasets(name) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    film_id TEXT NOT NULL,
    class_index INTEGER NOT NULL,
    split TEXT NOT NULL,
    PRIMARY KEY (dataset, position)
) WITHOUT ROWID;
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    pid INTEGER,
    pid_started REAL,
    created_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    heartbeat_at REAL,
    cancel_at REAL,
    progress TEXT NOT NULL DEFAULT '{}',
    result TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE epochs (
    run_id TEXT NOT NULL REFERENCES runs(run_id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    loss REAL,
    accuracy REAL,
    val_loss REAL,
    val_accuracy REAL,
    learning_rate REAL,
    seconds REAL,
    phase TEXT NOT NULL,
    PRIMARY KEY (run_id, epoch)
) WITHOUT ROWID;
"""


def make_store(path: Path, version: int) -> None:
    """Create an empty store of version 1 or 2 at ``path``, which must not exist."""
    assert not path.exists()
    with closing(sqlite3.connect(path)) as work:
        work.executescript(VERSION_2)
        if version == 1:
            work.execute("ALTER TABLE epochs DROP COLUMN phase")
        work.execute(f"PRAGMA user_version = {version}")
        work.commit()


def write(path: Path, statement: str, *rows: tuple[object, ...]) -> None:
    """Execute one statement for each of the rows, as the older version would have."""
    with closing(sqlite3.connect(path)) as work:
        work.executemany(statement, rows)
        work.commit()
