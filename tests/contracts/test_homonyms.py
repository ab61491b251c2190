"""A public name stands in one module of core and pages, or is named here with a reason."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from core.workspace import PROJECT_ROOT

# Several modules offer the same and are called through their module: ``layout.read``.
ONE_OF_EACH = "one of each kind, called through its module"
# Sentences beside the result they are about: ``words.verdict``, ``words.split_inflation``.
WORDS = "the sentence about what has the same name, called through its module"
# A part of a page, beside the function of core that it shows.
SHOWS = "draws on the page what has the same name in core, or its step"
APART = "never in one room, and each says by its arguments what it is about"

ALLOWED = {
    "detect": ONE_OF_EACH,
    "main": ONE_OF_EACH,
    "page": ONE_OF_EACH,
    "read": ONE_OF_EACH,
    "work": ONE_OF_EACH,
    "as_dict": "a result as a JSON document, beside each result",
    "by_finding": APART,
    "choose": APART,
    "compare": SHOWS,
    "compared": SHOWS,
    "details": APART,
    "discard": APART,
    "films": WORDS,
    "flip": SHOWS,
    "folded": APART,
    "gather": APART,
    "headline": WORDS,
    "heat": WORDS,
    "inside": APART,
    "is_litter": "a zip knows macOS's alone, a folder every system's",
    "is_marked": APART,
    "judge": APART,
    "load": APART,
    "marked": APART,
    "number_of": APART,
    "save": APART,
    "say": "a line for a log, a line for a terminal",
    "serve": "the loop of a process",
    "shown": APART,
    "split_of": APART,
    "unlisted": APART,
    "answer": APART,
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
