"""A public name stands in one module of core and pages, or is named here with a reason."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from core.workspace import PROJECT_ROOT

# Several modules offer the same, by a name that a table or a process calls it by.

ALLOWED = {
    "detect": "of each table layout: layout.detect",
    "read": "of each table layout: layout.read",
    "work": "of each kind of job: core.runs.kinds names its module",
    "main": "of each module that is a process",
    "page": "of each page's script",
}


def _public(file: Path) -> set[str]:
    """Classes, functions and types (names in capitals and small letters) of a module."""
    names = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            found = [one.id for one in node.targets if isinstance(one, ast.Name)]
            names |= {one for one in found if one[0].isupper() and not one.isupper()}
    return {one for one in names if not one.startswith("_")}


def _homonyms() -> dict[str, list[str]]:
    where: defaultdict[str, list[str]] = defaultdict(list)
    for room in ("core", "pages"):
        for file in sorted((PROJECT_ROOT / room).rglob("*.py")):
            for name in _public(file):
                where[name].append(str(file.relative_to(PROJECT_ROOT)))
    return {name: files for name, files in where.items() if len(files) > 1}


def test_a_public_name_stands_in_one_module() -> None:
    assert {name: files for name, files in _homonyms().items() if name not in ALLOWED} == {}


def test_no_class_or_type_stands_in_two_modules() -> None:
    assert [name for name in ALLOWED if name[0].isupper()] == []


def test_what_is_allowed_is_still_needed() -> None:
    assert set(ALLOWED) - set(_homonyms()) == set()
