"""The tools that check the tests: what they count, and what they change."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT
from tools import covered, mutants, mutations, pythons, reached

KINDS = """
@dataclass(frozen=True, slots=True)
class Row:
    width: Literal[1, 2] = 2

    def pairs(self, others: tuple[int, int]) -> Literal[3]:
        \"\"\"1 and 2.\"\"\"
        yield from zip(self, others, strict=True)
"""
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
    assert covered.too_low({"all of it": 90, "core/card": 85}) == []
    assert covered.too_low({"all of it": 89.9}) == ["all of it: 89.9 % is less than 90 %"]


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


def test_mutants_that_mean_the_same_are_those_of_lines_that_there_are() -> None:
    made = {
        (
            one.path,
            (PROJECT_ROOT / one.path).read_text().splitlines()[one.line - 1].strip(),
            one.what,
        )
        for room in mutants.ROOMS
        for one in mutations.mutants_of(PROJECT_ROOT, room, known=False)
    }
    assert mutations.EQUIVALENT.keys() <= made
    left = list(mutations.mutants_of(PROJECT_ROOT, "core/statistics/resampling.py"))
    every = list(mutations.mutants_of(PROJECT_ROOT, "core/statistics/resampling.py", known=False))
    assert set(left) < set(every)


def test_what_cannot_be_noticed_by_its_kind_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(KINDS)
    assert [one.what for one in mutations.mutants_of(tmp_path, "one.py")] == ["2 → 3"]


def test_only_tests_that_reach_a_statement_are_run_for_it_the_quickest_first(
    tmp_path: Path,
) -> None:
    noted = {
        "seconds": {"t.py::slow": 2.0, "t.py::quick": 0.1, "u.py::other": 0.5},
        "lines": {
            "a.py": {"1": [""], "2": ["t.py::slow", "t.py::quick"], "3": ["t.py::slow"],
                     "4": ["", "t.py::slow"]},
        },
        "modules": ["numpy"],
    }  # fmt: skip
    (tmp_path / "reached.json").write_text(json.dumps(noted))
    reach = reached.Reach(tmp_path / "reached.json")
    every = ["t.py::quick", "u.py::other", "t.py::slow"]
    assert reach.tests("a.py", (3, 3)) == ["t.py::slow"]
    assert reach.tests("a.py", (2, 3)) == ["t.py::quick", "t.py::slow"]
    # While modules are imported, in another process, or in a fixture of many: any may notice.
    assert reach.tests("a.py", (1, 1)) == reach.tests("a.py", (9, 9)) == every
    assert reach.tests("a.py", (4, 4)) == ["t.py::slow", "t.py::quick", "u.py::other"]
    assert reached.Chosen(every).files == ["t.py", "u.py"]


def test_a_mutant_that_a_test_notices_is_killed_and_another_lives(tmp_path: Path) -> None:
    (tmp_path / "room.py").write_text("def double(a):\n    return 2 * a\n\n\nSPARE = 7\n")
    (tmp_path / "test_room.py").write_text(
        "import room\n\n\ndef test_double():\n    assert room.double(4) == 8\n"
    )
    code = (
        "from pathlib import Path; from tools import mutants, mutations; "
        f"root = Path({str(tmp_path)!r}); mutants.ROOMS['room.py'] = ('test_room.py',); "
        "reach = mutants._reach(root, 'room.py'); "
        "print({one.what: mutants._lives(root, one, reach) "
        "for one in mutations.mutants_of(root, 'room.py')})"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert ast.literal_eval(said) == {
        "2 → 3": False, "Mult → Div": False, "returns None": False, "7 → 8": True,
    }  # fmt: skip
    assert (tmp_path / "room.py").read_text().startswith("def double(a):\n    return 2 * a")


def test_every_room_and_its_tests_are_there() -> None:
    for room, tests in mutants.ROOMS.items():
        for place in (room, *tests):
            assert (PROJECT_ROOT / place).exists(), place
    assert all((PROJECT_ROOT / one).exists() for one in pythons.PART)


def test_a_python_is_found_by_running_it() -> None:
    assert pythons.interpreter("{}.{}".format(*sys.version_info)) is not None
    assert pythons.interpreter("2.5") is None
