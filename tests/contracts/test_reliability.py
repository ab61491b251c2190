"""docs/reliability.md names faults and tests: the tests are there."""

from __future__ import annotations

import re

from core.workspace import PROJECT_ROOT

ROW = re.compile(r"^\|(?P<fault>[^|]+)\|(?P<seen>[^|]+)\|(?P<kept>[^|]+)\|(?P<test>[^|]+)\|$")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def _rows() -> list[re.Match[str]]:
    text = (PROJECT_ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    found = [row for line in text.splitlines() if (row := ROW.match(line))]
    return [row for row in found if row["fault"].strip() not in ("fault", "---") and "`" in row[0]]


def test_each_fault_has_its_words_and_a_test_that_exists() -> None:
    rows = _rows()
    assert len(rows) >= 45
    faults = [row["fault"].strip() for row in rows if not row["fault"].strip().startswith("…")]
    assert len(set(faults)) == len(faults)
    for row in rows:
        assert row["seen"].strip()
        assert row["kept"].strip()
        named = NAMED.findall(row["test"])
        assert named, row[0]
        for file, test in named:
            source = (PROJECT_ROOT / file).read_text(encoding="utf-8")
            assert f"def {test}(" in source, f"{file} has no {test}"


def test_no_table_row_is_passed_over() -> None:
    text = (PROJECT_ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    lines = [one for one in text.splitlines() if one.startswith("|") and "::" in one]
    assert len(lines) == len(_rows())
