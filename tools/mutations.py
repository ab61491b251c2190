"""What ``tools.mutants`` can change in a file: one comparison, sign, number, truth value, return.

What cannot be noticed by its kind is left alone: annotations, decorators (a dataclass that is not
frozen serves every user of it as well), ``zip``'s ``strict`` and the indent of a JSON file.
``EQUIVALENT`` names single mutants that mean the same, each with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COUNTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
# Keywords that say how a call is guarded or laid out, and nothing about its result.
LAYOUT = {"strict", "indent"}

# (file, the line as it stands, what is changed) → why nobody can notice.
EQUIVALENT = {
    ("core/statistics/association.py", "_CELLS = 4_000_000  # numbers in memory at a time while "
     "drawing", "4000000 → 4000001"): "how much is drawn at once changes no draw",
    ("core/statistics/association.py", "films = np.maximum(total, 1)  # of an empty table, so that "
     "nothing is divided by 0", "1 → 2"): "one film has no association, whatever it is divided by",
    ("core/statistics/association.py", "rng = np.random.default_rng([seed, 1])", "1 → 2"):
        "another stream of chance is as good",
    ("core/statistics/association.py", "rng, seen = np.random.default_rng([seed, 2]), 0", "2 → 3"):
        "another stream of chance is as good",
    ("core/statistics/association.py", "for draws in _portions(len(owner), 999):", "999 → 1000"):
        "one draw more changes no digit that is told",
    ("core/statistics/association.py", "seen += int((cramers_v(tables) >= v - 1e-8).sum())",
     "GtE → Gt"): "no two values are exactly 1e-8 apart",
    ("core/statistics/association.py", "seen += int((statistic(dealt) >= seen_value - 1e-9).sum())",
     "GtE → Gt"): "no two values are exactly 1e-9 apart",
    ("core/statistics/association.py", "_, place, ties = np.unique(np.round(mean, 9), "
     "return_inverse=True, return_counts=True)", "9 → 10"):
        "any rounding that is finer than float32 and coarser than the sums' own error",
    ("core/statistics/association.py",
     "drawn.append(cramers_v(np.stack(parts, axis=1).astype(float)))", "1 → 2"):
        "a table turned on its side has the same association",
    ("core/statistics/mover.py",
     "ends = np.asarray(intervals, dtype=float).reshape(-1, 2)", "1 → 2"):
        "any negative number lets NumPy work the side out",
    ("core/statistics/mover.py", "return max(0.0, low), min(1.0, high)", "1.0 → 2.0"):
        "the mean of what is at most 1 is above it by rounding alone",
    ("core/statistics/resampling.py",
     "clusters = int(cluster.max()) + 1 if len(cluster) else 0", "0 → 1"):
        "for no cluster and for one, nothing is drawn",
    ("core/statistics/resampling.py", "if np.ptp(known) < 1e-12:", "Lt → LtE"):
        "no spread is exactly 1e-12",
    ("core/store/catalogue.py", "chunk = list(film_ids[start : start + 500])", "500 → 501"):
        "one film is asked for twice",
    (
        "core/store/catalogue.py", "while chunk := [str(one) for one in islice(rest, 500)]:",
        "500 → 501",
    ):
        "one film more is asked for at a time",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    path: str  # below the project
    line: int
    number: int  # of the node among those of the file that can be changed
    what: str
    span: tuple[int, int]  # first and last line of the statement, without its body


class _Changed(ast.NodeTransformer):
    """Changes the node of one number; with -1 none, and ``seen`` tells what could be changed."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen: list[tuple[int, str, tuple[int, int]]] = []
        self._span = (0, 0)

    def _turn(self, line: int, what: str) -> bool:
        self.seen.append((line, what, self._span))
        return len(self.seen) - 1 == self.number

    def visit(self, node: ast.AST) -> Any:
        outer = self._span
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            self._span = (node.lineno, max(node.lineno, last))
        try:
            return super().visit(node)
        finally:
            self._span = outer

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

    # What a line is called, how a type is spelled or a class is made is no behaviour.
    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.args = self.visit(node.args)
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.defaults = [self.visit(one) for one in node.defaults]
        node.kw_defaults = [one and self.visit(one) for one in node.kw_defaults]
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return node if node.arg in LAYOUT else self.generic_visit(node)


def mutants_of(root: Path, room: str, *, known: bool = True) -> Iterator[Mutant]:
    """Every mutant that can be made of a room (a folder or a file below ``root``), with ``known``
    without those that are known to mean the same."""
    place = root / room
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        whole = _Changed(-1)
        whole.visit(ast.parse(text))
        name = path.relative_to(root).as_posix()
        for number, (line, what, span) in enumerate(whole.seen):
            if not known or (name, lines[line - 1].strip(), what) not in EQUIVALENT:
                yield Mutant(name, line, number, what, span)


def changed(text: str, mutant: Mutant) -> str:
    """A file's text with the mutant in it."""
    tree = _Changed(mutant.number).visit(ast.parse(text))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
