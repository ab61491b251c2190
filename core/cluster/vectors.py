"""What trainings on nodes have found out once and for all: vectors of films, and which arithmetic
is fastest. The next ones get it along."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from filelock import FileLock, Timeout
from pydantic import Field

from core.documents import Document
from core.files import remembered_keys, written_whole
from core.names import name_key
from core.store import Run, Store
from core.workspace import Workspace

MOST = 200  # kinds of trainings that are remembered, the newest


class VectorFiles(Document):
    """``names``: what decides the vectors of a training, as a hash → the files that it used."""

    SPOKEN: ClassVar[str] = "What is known of vectors that nodes have made"

    names: dict[str, tuple[str, ...]] = Field(default_factory=dict)


def known_vectors(store: Store, run: Run) -> tuple[str, ...]:
    """Names of files in the folder of vectors, of trainings like this one."""
    return _kept(store.workspace).names.get(_like(store, run), ())


def take_vectors(store: Store, run: Run, files: Mapping[str, bytes]) -> None:
    """Keep files of vectors that a node has sent, where they hold more than those here; in vain
    while somebody adds to one here."""
    folder = store.workspace.feature_cache
    for name, content in files.items():
        target = folder / Path(name).name
        lock = FileLock(target.with_suffix(".lock"))
        try:
            with lock.acquire(timeout=0):
                if not target.is_file() or target.stat().st_size < len(content):
                    with written_whole(target) as temporary:
                        temporary.write_bytes(content)
        except Timeout:
            continue
    key, kept = _like(store, run), _kept(store.workspace)
    names = {**kept.names}
    before = names.pop(key, ())
    names[key] = tuple(sorted({*before, *(Path(one).name for one in files)}))
    newest = dict(list(names.items())[-MOST:])
    VectorFiles(names=newest).save(_file(store.workspace))


def arithmetic_is_known(workspace: Workspace, model: str, size: int) -> bool:
    """Whether it has been measured, here or on a node, which arithmetic is fastest for a network
    on films of so many pixels a side."""
    return any(key.startswith(f"{model} {size} ") for key in remembered_keys(workspace.speeds))


def _kept(workspace: Workspace) -> VectorFiles:
    return VectorFiles.load_if_readable(_file(workspace)) or VectorFiles()


def _file(workspace: Workspace) -> Path:
    return workspace.root / "node-vectors.json"


def _like(store: Store, run: Run) -> str:
    """All that decides which files of vectors a training uses."""
    spec = run.spec
    dataset = store.datasets.get(spec.dataset).spec
    parts = [
        name_key(spec.dataset), spec.model, spec.weights, spec.seed, spec.image_size or
        dataset.image_size, spec.preprocessing or dataset.preprocessing, spec.vector_blocks,
        spec.augmented_copies, spec.augment.to_json() if spec.augment else None,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
