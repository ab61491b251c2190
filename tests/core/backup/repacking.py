"""Backups that somebody has changed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from core.backup.manifest import BACKUP_MANIFEST


def parts_of(path: Path) -> dict[str, bytes]:
    """Name → bytes, the table of contents left out."""
    with zipfile.ZipFile(path) as archive:
        return {one: archive.read(one) for one in archive.namelist() if one != BACKUP_MANIFEST}


def repacked(
    path: Path,
    to: Path,
    changed: Mapping[str, bytes | None],
    *,
    packed: int = zipfile.ZIP_STORED,
    **table_changes: object,
) -> Path:
    """The backup with other parts in it (None: without that one), and a table of contents that
    says so."""
    with zipfile.ZipFile(path) as archive:
        table = json.loads(archive.read(BACKUP_MANIFEST))
    both = {**parts_of(path), **changed}
    parts = {name: data for name, data in both.items() if data is not None}
    table["parts"] = {
        one: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for one, data in parts.items()
    }
    with zipfile.ZipFile(to, "w", packed) as archive:
        for one, data in parts.items():
            archive.writestr(one, data)
        archive.writestr(BACKUP_MANIFEST, json.dumps({**table, **table_changes}))
    return to
