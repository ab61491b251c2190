"""``python -m tools.mutants``: do the tests notice when the code is wrong?

Changes one thing in one line of a room (a comparison, a sign, a number, a truth value, a returned
value), in a copy of the project, and runs the room's tests. A mutant is *killed* when a
test fails or runs past its time, and *survives* when all pass. Which mutants are tried is a seeded
sample, so two people get the same.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT

# Room → the tests that are to notice. Quick ones: a mutant that lives meets each of them.
ROOMS = {
    "core/statistics": ("tests/core/statistics",),
    "core/evaluation": ("tests/core/evaluation",),
    "core/audit": ("tests/core/audit",),
    "core/card": ("tests/core/card",),
    "core/store": ("tests/core/store",),
    "core/datasets/splitting.py": (
        "tests/core/datasets/test_splitting.py", "tests/core/datasets/test_prepare.py",
        "tests/core/datasets/test_presets.py",
    ),
}  # fmt: skip
COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COUNTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
OURS = ("core", "pages", "tests", "bench", "tools")
# What the rooms' tests load in any case: once, before each mutant's process is split off.
HEAVY = ("cv2", "numpy", "pandas", "PIL.Image", "pydantic", "scipy.stats", "sklearn.metrics")
KEPT = ("__pycache__", ".git", ".venv*", "data", ".mypy_cache", ".pytest_cache", ".ruff_cache")


@dataclass(frozen=True)
class Mutant:
    path: str  # below the project
    line: int
    number: int  # of the node among those of the file that can be changed
    what: str


class _Changed(ast.NodeTransformer):
    """Changes the node of one number; with -1 none, and ``seen`` tells what could be changed."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen: list[tuple[int, str]] = []

    def _turn(self, line: int, what: str) -> bool:
        self.seen.append((line, what))
        return len(self.seen) - 1 == self.number

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for place, old in enumerate(node.ops):
            new = COMPARED[type(old)]
            if self._turn(node.lineno, f"{type(old).__name__} → {new.__name__}"):
                node.ops[place] = new()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        new = COUNTED.get(type(node.op))
        if new and self._turn(node.lineno, f"{type(node.op).__name__} → {new.__name__}"):
            node.op = new()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        new = ast.Or if isinstance(node.op, ast.And) else ast.And
        if self._turn(node.lineno, f"{type(node.op).__name__} → {new.__name__}"):
            node.op = new()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and self._turn(node.lineno, "not left out"):
            return node.operand
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value = node.value
        if isinstance(value, bool):
            if self._turn(node.lineno, f"{value} → {not value}"):
                return ast.copy_location(ast.Constant(not value), node)
        elif isinstance(value, int | float) and self._turn(node.lineno, f"{value} → {value + 1}"):
            return ast.copy_location(ast.Constant(value + 1), node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        empty = isinstance(node.value, ast.Constant) and node.value.value is None
        if node.value is not None and not empty and self._turn(node.lineno, "returns None"):
            node.value = ast.copy_location(ast.Constant(None), node)
        return node

    # What a line is called or how a type is spelled is no behaviour.
    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.args = self.visit(node.args)
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.defaults = [self.visit(one) for one in node.defaults]
        node.kw_defaults = [one and self.visit(one) for one in node.kw_defaults]
        return node


def mutants_of(root: Path, room: str) -> Iterator[Mutant]:
    """Every mutant that can be made of a room (a folder or a file below ``root``)."""
    place = root / room
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        changed = _Changed(-1)
        changed.visit(ast.parse(path.read_text(encoding="utf-8")))
        for number, (line, what) in enumerate(changed.seen):
            yield Mutant(path.relative_to(root).as_posix(), line, number, what)


def changed(text: str, mutant: Mutant) -> str:
    """A file's text with the mutant in it."""
    tree = _Changed(mutant.number).visit(ast.parse(text))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def drawn(root: Path, rooms: list[str], sample: int, seed: int) -> list[tuple[str, Mutant]]:
    """A sample over all rooms, each mutant as likely as the next, in an order of chance: when the
    time is over before the sample is, what was tried is a sample too."""
    every = [(room, one) for room in rooms for one in mutants_of(root, room)]
    return random.Random(seed).sample(every, min(sample, len(every)))


def _tested(copy: Path, room: str, seconds: float) -> bool:
    """Whether the room's tests pass in the copy within that time."""
    child = os.fork()  # what takes long to load is loaded once, before
    if child == 0:
        code = 1
        try:
            code = _run_tests(copy, [one for one in ROOMS[room] if (copy / one).exists()])
        finally:
            os._exit(code)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run_tests(copy: Path, tests: list[str]) -> int:
    """In a process of its own, and a group of its own: the tests of the copy, on its modules."""
    os.setpgid(0, 0)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.chdir(copy)
    os.environ.update(PYTHONPATH=str(copy), PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(one for one in sys.path if one not in ("", str(PROJECT_ROOT)))]
    for name in [one for one in sys.modules if one.split(".")[0] in OURS]:
        del sys.modules[name]
    asked = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not large and not browser", *tests]
    return int(pytest.main(asked))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--sample", type=int, default=120, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1800, help="begin no mutant after these")
    options = parser.parse_args()
    if unknown := set(options.rooms) - set(ROOMS):
        parser.error(
            f"there is no room {', '.join(sorted(unknown))}; choose from {', '.join(ROOMS)}"
        )
    return options


def main() -> int:
    options = _options()
    rooms = [one for one in ROOMS if not options.rooms or one in options.rooms]
    begun, killed, tried = time.monotonic(), Counter[str](), Counter[str]()
    limits: dict[str, float] = {}
    for name in HEAVY:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="thoraxlens-mutants-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(PROJECT_ROOT, copy, ignore=shutil.ignore_patterns(*KEPT))
        for room, mutant in drawn(copy, rooms, options.sample, options.seed):
            if room not in limits:
                start = time.monotonic()
                if not _tested(copy, room, 3600):
                    print(f"{room}: its tests fail without any mutant", file=sys.stderr)
                    return 1
                limits[room] = 60 + 4 * (time.monotonic() - start)
            if time.monotonic() - begun > options.seconds:
                print("The time is over.")
                break
            path = copy / mutant.path
            text = path.read_text(encoding="utf-8")
            path.write_text(changed(text, mutant), encoding="utf-8")
            lives = _tested(copy, room, limits[room])
            path.write_text(text, encoding="utf-8")
            tried[room] += 1
            killed[room] += not lives
            if lives:
                print(f"survives: {mutant.path}:{mutant.line}: {mutant.what}", flush=True)
    for room in tried:
        print(f"{room}: {killed[room]} of {tried[room]} killed")
    print(f"In all {killed.total()} of {tried.total()} killed, seed {options.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
