"""Who may import whom: what pyproject.toml says of it is held, told, and true of a real server."""

from __future__ import annotations

import re
import subprocess
import sys

from core.workspace import PROJECT_ROOT
from tools import rooms


def test_no_contract_is_broken() -> None:
    """What ``make lint`` asks too: here so that nobody finds out late."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()",
         "--no-logo", "--no-cache"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rooms.contracts())} kept, 0 broken" in done.stdout


def test_the_architecture_page_shows_the_layers_of_now() -> None:
    text = rooms.PAGE.read_text(encoding="utf-8")
    assert rooms.written(text) == text, "run python -m tools.rooms"


def test_each_room_has_a_row_that_says_what_it_holds() -> None:
    text = rooms.PAGE.read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([\w/.]+)` \|", text, re.MULTILINE))
    rows = {name.removeprefix("core/").removesuffix(".py").rstrip("/") for name in told}
    there = {
        path.stem
        for path in (PROJECT_ROOT / "core").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__"}
    assert there <= rows
    folders = {
        path.name
        for path in (PROJECT_ROOT / "pages" / "components").iterdir()
        if (path / "__init__.py").exists()
    }
    assert {f"{name}/" for name in folders} <= told
    for name in told:
        roots = (PROJECT_ROOT, PROJECT_ROOT / "pages" / "components")
        assert any((root / name).exists() or (root / f"{name}.py").exists() for root in roots), (
            f"{name} has a row and is not there"
        )


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
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_what_stands_in_core_training_is_made_of_keras() -> None:
    """By its folder, not by a mark in a docstring: what a room without Keras could do as well
    (``core.runs``, ``core.features``) stands there."""
    folder = PROJECT_ROOT / "core" / "training"
    told = {one.stem: one.read_text(encoding="utf-8") for one in folder.glob("*.py")}
    without = {name for name, text in told.items() if not re.search(r"^import keras$", text, re.M)}
    # They load a backend only when they have decided which devices it may see.
    assert without == {"__init__", "worker", "gpu_check", "helper", "node_helper"}
    for name in ("worker", "gpu_check"):
        assert re.search(r"(from|import) core\.training.*\bbackend\b|backend import", told[name])
