"""The tools that check the tests: what they count, and what they change."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT
from tools import covered, mutants, mutations, pythons

CODE = """
def share(part: int, whole: int = 1) -> float | None:
    if whole <= 0 and not part:
        return None
    return 100 * part / whole
"""


def _file(lines: int, covered_lines: int, branches: int, taken: int) -> covered.File:
    return {
        "summary": {
            "num_statements": lines, "covered_lines": covered_lines,
            "num_branches": branches, "covered_branches": taken,
        }
    }  # fmt: skip


def test_a_rooms_share_is_of_its_lines_and_branches_together() -> None:
    shares = covered.by_room(
        {
            "core/store/runs.py": _file(8, 8, 2, 0),
            "core/store/films.py": _file(10, 10, 0, 0),
            "core/text.py": _file(0, 0, 0, 0),
            "pages/components/films/gallery.py": _file(5, 4, 5, 4),
            "pages/train.py": _file(10, 10, 0, 0),
        }
    )
    assert shares == {
        "all of it": pytest.approx(90), "core/store": pytest.approx(90), "core": 100,
        "pages/components/films": pytest.approx(80), "pages": 100,
    }  # fmt: skip
    assert covered.too_low(shares) == ["pages/components/films: 80.0 % is less than 85 %"]
    assert covered.too_low({"all of it": 84.9}) == ["all of it: 84.9 % is less than 85 %"]


def test_each_mutant_changes_one_thing_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(CODE)
    found = list(mutations.mutants_of(tmp_path, "one.py"))
    assert [one.what for one in found] == [
        "1 → 2", "0 → 1", "LtE → Lt", "not left out", "And → Or", "100 → 101", "Mult → Div",
        "Div → Mult", "returns None",
    ]  # fmt: skip
    bare = ast.unparse(ast.parse(CODE))
    for one in found:
        text = mutations.changed(CODE, one)
        ours, theirs = text.strip().splitlines(), bare.strip().splitlines()
        differ = [new for new, old in zip(ours, theirs, strict=True) if new != old]
        assert len(differ) == 1, text
    assert "return 100 / part / whole" in mutations.changed(CODE, found[6])
    assert "whole < 0" in mutations.changed(CODE, found[2])


def test_the_same_seed_draws_the_same_mutants() -> None:
    rooms = ["core/card", "core/store"]
    first, again, other = (mutants.drawn(PROJECT_ROOT, rooms, 20, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len({one for _, one in first}) == 20


def test_every_room_and_its_tests_are_there() -> None:
    for room, tests in mutants.ROOMS.items():
        for place in (room, *tests):
            assert (PROJECT_ROOT / place).exists(), place
    assert all((PROJECT_ROOT / one).exists() for one in pythons.PART)


def test_a_python_is_found_by_running_it() -> None:
    assert pythons.interpreter("{}.{}".format(*sys.version_info)) is not None
    assert pythons.interpreter("2.5") is None
