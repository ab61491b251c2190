"""Each word in docs/glossary.md is there: on a page, in the code, in a document, in the shell."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from core.commands import ENTRIES
from core.workspace import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "glossary.md"
CODE = re.compile(r"`([^`]+)`")


def _rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[one.strip() for one in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in cells if row[0] not in {"on the screen", "---"}]


def _file(dotted: str) -> Path | None:
    path = PROJECT_ROOT.joinpath(*dotted.split("."))
    for one in (path.with_suffix(".py"), path / "__init__.py"):
        if one.is_file():
            return one
    return None


def _defined(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield node.name, node.body
        elif isinstance(node, ast.FunctionDef):
            yield node.name, []
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, []
        elif isinstance(node, ast.Assign):
            yield from ((one.id, []) for one in node.targets if isinstance(one, ast.Name))


def _exists(dotted: str) -> bool:
    """Whether ``package.module`` or ``package.module.Name.part`` is in the code."""
    names = dotted.split(".")
    for cut in range(len(names), 0, -1):
        if path := _file(".".join(names[:cut])):
            body = ast.parse(path.read_text(encoding="utf-8")).body
            for name in names[cut:]:
                there = dict(_defined(body))
                if name not in there:
                    return False
                body = there[name]
            return True
    return False


@cache
def _source() -> str:
    """All of the product's text, on one line: a sentence may be broken anywhere."""
    files = [*(PROJECT_ROOT / "core").rglob("*.py"), *(PROJECT_ROOT / "pages").rglob("*.py")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(files))
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_each_word_is_where_the_glossary_says(row: list[str]) -> None:
    screen, _, code, keys, command = row
    assert re.search(rf"\b{re.escape(screen)}", _source(), re.IGNORECASE), f"no page says {screen}"
    for dotted in CODE.findall(code):
        assert _exists(dotted), f"{dotted} is not in the code"
    for key in CODE.findall(keys):
        assert f'"{key}"' in _source() or f" {key}: " in _source(), f"no document has {key}"
    for words in CODE.findall(command):
        name, *options = words.split()
        parser = argparse.ArgumentParser()
        {entry.name: entry for entry in ENTRIES}[name].load().add_arguments(parser)
        known = {text for action in parser._actions for text in action.option_strings}
        assert set(options) <= known, f"{words} is no command"


def test_the_check_of_code_names_finds_what_is_missing() -> None:
    assert _exists("core.specs.RunSpec.early_stopping")
    assert not _exists("core.specs.RunSpec.gone")
    assert not _exists("core.gone")
