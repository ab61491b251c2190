"""Who may import whom. The server must stay small and never load TensorFlow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT

# Modules that run only in a worker process: they alone may load Keras and its backends.
WORKER_ONLY = {
    "core/audit/networks.py",
    "core/explain/keras_cam.py",
    "core/models/block_layers.py",
    "core/models/build.py",
    "core/models/cnn.py",
    "core/models/drawing.py",
    "core/models/folding.py",
    "core/models/graph.py",
    "core/models/lite.py",
    "core/models/torch_names.py",
    "core/prediction/loading.py",
    "core/prediction/worker.py",
}
WORKER_ONLY_ROOMS = ("core/training/",)
ROOMS = ("runs", "training")
NETWORK_LIBRARIES = {"keras", "tensorflow", "torch", "jax"}

# Lower number = deeper: a room imports its own level's room or deeper ones, never upwards.
LEVELS = {
    "core/errors.py": 0,
    "core/workspace.py": 0,
    "core/palette.py": 0,
    "core/names.py": 0,
    "core/lent.py": 0,
    "core/spec_words.py": 0,
    "core/patient_names.py": 0,
    "core/privacy.py": 0,
    "core/text.py": 0,
    "core/version.py": 1,
    "core/spreadsheet.py": 0,
    "core/cache.py": 1,
    "core/escaping.py": 0,
    "core/files.py": 0,
    "core/documents.py": 0,
    "core/fetch.py": 1,
    "core/specs.py": 1,
    "core/store": 2,
    "core/images": 3,
    "core/models": 4,
    "core/explain": 4,
    "core/datasets": 4,
    "core/runs": 5,
    "core/evaluation": 5,
    "core/training": 6,
    "core/audit": 6,
    "core/gate": 5,
    "core/prediction": 6,
    "core/demonstration": 6,
    "core/external": 6,
    "core/figures": 6,
    "core/card": 7,
    "core/commands": 8,
    "core/__main__.py": 9,
    "pages/components": 10,
    "pages/components/films": 11,
    "pages/components/report": 11,
    "pages/components/training": 11,
    "pages/components/audit": 12,
    "pages/components/classify": 12,
    "pages/components/comparing": 12,
    "pages/components/datasets": 12,
    "pages/components/demonstration": 13,
    "pages/components/external": 13,
    "pages": 14,
    "app.py": 15,
}


def _sources() -> list[Path]:
    found = [*PROJECT_ROOT.glob("core/**/*.py"), *PROJECT_ROOT.glob("pages/**/*.py")]
    return sorted([PROJECT_ROOT / "app.py", *found])


def _relative(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _level(relative: str) -> int | None:
    fitting = [
        room
        for room in LEVELS
        if relative == room or relative.startswith(f"{room}/") or relative == f"{room}.py"
    ]
    return LEVELS[max(fitting, key=len)] if fitting else None


def _module_to_path(name: str) -> str:
    return name.replace(".", "/")


@pytest.mark.parametrize("path", _sources(), ids=_relative)
def test_a_module_imports_only_downwards(path: Path) -> None:
    own = _level(_relative(path))
    if own is None:
        assert path.read_text(encoding="utf-8").strip() == "", f"{path} has no level in LEVELS"
        return
    for name in _imports(path):
        if name.split(".")[0] not in ("core", "pages", "app"):
            continue
        level = _level(_module_to_path(name))
        if name in ("core", "pages") or level is None:
            continue
        assert level <= own, f"{_relative(path)} imports {name}, which lies above it"


@pytest.mark.parametrize("path", _sources(), ids=_relative)
def test_only_workers_import_a_network_library(path: Path) -> None:
    relative = _relative(path)
    loaded = {name.split(".")[0] for name in _imports(path)} & NETWORK_LIBRARIES
    if loaded:
        assert relative in WORKER_ONLY or relative.startswith(WORKER_ONLY_ROOMS)


def test_the_queue_is_without_keras_and_the_training_room_without_a_queue() -> None:
    """Pages and shell start, watch and end trainings without the room that carries them out."""
    found = {name: set(map(_relative, PROJECT_ROOT.glob(f"core/{name}/**/*.py"))) for name in ROOMS}
    assert found["runs"]
    assert not found["runs"] & WORKER_ONLY
    assert not {"dispatcher", "launcher", "jobs"} & {Path(one).stem for one in found["training"]}


@pytest.mark.parametrize("path", sorted(PROJECT_ROOT.glob("core/**/*.py")), ids=_relative)
def test_core_never_imports_streamlit(path: Path) -> None:
    assert "streamlit" not in {name.split(".")[0] for name in _imports(path)}


def test_all_that_the_server_imports_leaves_the_network_libraries_out() -> None:
    """Import every page component and every core module that a page may reach, for real."""
    script = """
import ast, importlib, pathlib, sys
root = pathlib.Path.cwd()
todo = {name
    for path in [root / "app.py", *root.glob("pages/**/*.py")]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import)
                 else [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    if name.split(".")[0] == "core" or name.startswith("pages.components")}
assert len(todo) > 10, todo
for name in sorted(todo):
    importlib.import_module(name)
import core.runs.dispatcher, core.commands
for entry in core.commands.ENTRIES:
    entry.load()
never = ("keras", "tensorflow", "torch", "jax", "core.training")
print(sorted(name for name in never if name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"
