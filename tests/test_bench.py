"""The benchmarks take too long for a test, but none may be broken by a name that moved."""

from __future__ import annotations

import importlib

import pytest

from core.workspace import PROJECT_ROOT

MODULES = sorted(
    f"bench.{path.stem}"
    for path in (PROJECT_ROOT / "bench").glob("*.py")
    if not path.stem.startswith("__")
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_benchmarks_can_be_loaded(module: str) -> None:
    assert importlib.import_module(module).__doc__
