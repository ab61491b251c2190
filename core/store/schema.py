"""The tables of the store, as a new one gets them; what an older one lacks, ``core.store.upgrades``
adds."""

from __future__ import annotations

SCHEMA_VERSION = 12

SCHEMA = """
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
    source_split TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    masks TEXT NOT NULL,
    metadata TEXT NOT NULL,
    set_apart TEXT NOT NULL DEFAULT '',
    source_finding TEXT NOT NULL DEFAULT ''
);
CREATE INDEX films_by_source ON films(source);
CREATE INDEX films_set_apart ON films(source, path) WHERE set_apart != '';
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY,
    film_id TEXT NOT NULL,
    before TEXT NOT NULL,
    finding TEXT NOT NULL,
    who TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX corrections_by_film ON corrections(film_id);
CREATE TABLE deeds (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL
);
CREATE TABLE film_tags (
    film_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (film_id, tag)
) WITHOUT ROWID;
CREATE TABLE catalogue_version (number INTEGER NOT NULL);
INSERT INTO catalogue_version VALUES (0);
CREATE TABLE datasets (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    spec TEXT NOT NULL,
    created_at TEXT NOT NULL,
    corrected TEXT NOT NULL DEFAULT '{}'
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
    result TEXT NOT NULL DEFAULT '{}',
    origin TEXT NOT NULL DEFAULT '{}',
    kind TEXT NOT NULL DEFAULT 'train',
    remarks TEXT NOT NULL DEFAULT '{}',
    node TEXT NOT NULL DEFAULT '',
    who TEXT NOT NULL DEFAULT ''
);
CREATE TABLE taken_up (
    run_id TEXT NOT NULL REFERENCES runs(run_id) ON DELETE CASCADE,
    at REAL NOT NULL,
    node TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX taken_up_by_run ON taken_up(run_id);
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
