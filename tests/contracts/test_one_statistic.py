"""Each statistical formula is written once, in ``core/statistics/``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT

HOME = PROJECT_ROOT / "core" / "statistics"
# Formulas by name: a function called so stands nowhere else, with or without an underscore.
FORMULAS = {
    "wilson", "mover", "newcombe", "mcnemar", "holm", "cramers_v", "softmax", "log_softmax",
    "brier_score", "calibration_error", "fit_temperature", "f1_interval", "roc_area_interval",
    "predictive_values", "percentile_interval", "bootstrap_interval", "cluster_draws",
    "draw_clusters",
}  # fmt: skip
# What gives a formula away, by whatever name it goes: the one module that may have it.
QUANTILE, CLUSTERS, SOFTMAX = "z of 95 %", "a draw of clusters", "a softmax"
WHERE = {QUANTILE: "normal.py", CLUSTERS: "resampling.py", SOFTMAX: "softmax.py"}


def _sources() -> list[Path]:
    rooms = ("core", "pages", "bench", "tools")
    return sorted(one for room in rooms for one in (PROJECT_ROOT / room).glob("**/*.py"))


def _signs(tree: ast.AST) -> Iterator[str]:
    """Signs of formulas in a module, one a place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            if abs(node.value - 1.96) < 1e-3:
                yield QUANTILE
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _signs_of_call(node.func.attr, node)


def _signs_of_call(name: str, node: ast.Call) -> Iterator[str]:
    numbers = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
    if name in ("ppf", "inv_cdf") or (name == "quantile" and numbers & {0.025, 0.975}):
        yield QUANTILE
    if name == "multinomial":
        yield CLUSTERS
    if name in ("softmax", "log_softmax", "logsumexp"):
        yield SOFTMAX
    # The power of something less its largest, by any spelling.
    largest = any(isinstance(one, ast.Attribute) and one.attr == "max" for one in ast.walk(node))
    if name == "exp" and isinstance(node.args[0], ast.BinOp) and largest:
        yield SOFTMAX


def _functions(tree: ast.AST) -> set[str]:
    return {one.name.strip("_") for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def test_each_formula_is_defined_once() -> None:
    found: dict[str, list[str]] = {name: [] for name in FORMULAS}
    for path in _sources():
        for name in _functions(ast.parse(path.read_text(encoding="utf-8"))) & FORMULAS:
            found[name].append(path.relative_to(PROJECT_ROOT).as_posix())
    for name, places in found.items():
        assert len(places) == 1, f"{name} stands in {places}"
        assert places[0].startswith("core/statistics/"), f"{name} stands in {places[0]}"


def test_no_formula_is_written_again_under_another_name() -> None:
    places: dict[str, set[Path]] = {sign: set() for sign in WHERE}
    for path in _sources():
        for sign in _signs(ast.parse(path.read_text(encoding="utf-8"))):
            places[sign].add(path)
    for sign, home in WHERE.items():
        others = places[sign] - {HOME / home}
        assert not others, f"{sign} is written again in {sorted(map(str, others))}"


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("reach = 1.96 * sd", QUANTILE),
        ("_Z95 = 1.959964", QUANTILE),
        ("low, high = np.quantile(drawn, [0.025, 0.975])", QUANTILE),
        ("z = norm.ppf(level)", QUANTILE),
        ("counts = rng.multinomial(n, even)", CLUSTERS),
        ("powers = np.exp(logits - logits.max(axis=1, keepdims=True))", SOFTMAX),
        ("powers = np.exp(logits - np.max(logits))", SOFTMAX),
        ("shares = special.softmax(logits, axis=1)", SOFTMAX),
    ],
)
def test_each_way_to_write_one_again_would_be_seen(line: str, sign: str) -> None:
    assert set(_signs(ast.parse(line))) == {sign}


def test_every_formula_names_its_source_or_what_it_is() -> None:
    for path in sorted(HOME.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path.name
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name} says nothing of itself"
