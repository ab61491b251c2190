"""One way to write a percentage: ``core/text.py``. Nothing else rounds one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT

HOME = "core/text.py"
# How a percentage would be written beside it: Python's and Plotly's “.1%”, “{…:.1f} %”, “{…:g} %”.
WRITTEN = re.compile(r"[:,]\.?\d*\.\d%|:[^{}\s\"']*[fgd]\}\s%")
# A share made a number of percent, which is the first step to it.
SCALED = re.compile(r"\b100(\.0)?\s*\*|\*\s*100\b")
# Where that is no percentage in words, and what it is.
NO_WORDS = {
    "core/external/external_sentences.py": "films of 100, with words of its own for few",
    "core/figures/training.py": "an axis, whose labels are whole ticks",
    "pages/components/bars.py": "lengths in CSS",
    "pages/components/classify/probability_bar.py": "lengths in CSS",
    "pages/components/demonstration/pictures.py": "colour stops in CSS",
    "pages/components/viewer/browser/parts.js": "how far a slider stands, in whole steps",
    "pages/components/run/threshold_aim.py": "the value of an input",
}
# A column or curve of numbers that C's format shows: they must be made for it.
COLUMN = re.compile(r"%\.\d*f\s?%%")
MADE_FOR_IT = re.compile(r"\bpercent_(number|said)\b")


def _sources() -> list[Path]:
    found = [*PROJECT_ROOT.glob("core/**/*"), *PROJECT_ROOT.glob("pages/**/*")]
    return sorted(one for one in found if one.suffix in (".py", ".jinja", ".js", ".html", ".css"))


@pytest.mark.parametrize(
    "path", _sources(), ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix()
)
def test_nothing_else_writes_a_percentage(path: Path) -> None:
    name = path.relative_to(PROJECT_ROOT).as_posix()
    if name == HOME:
        return
    text = path.read_text(encoding="utf-8")
    said = "write it with core.text, which never says 100 % of what is not all"
    for number, line in enumerate(text.splitlines(), start=1):
        assert not WRITTEN.search(line), f"{name}:{number}: {said}"
        if name not in NO_WORDS:
            assert not SCALED.search(line), f"{name}:{number}: {said}"
    if COLUMN.search(text):
        assert MADE_FOR_IT.search(text), f"{name}: take the numbers from core.text.percent_number"


def test_the_exceptions_are_still_needed() -> None:
    for name in NO_WORDS:
        assert SCALED.search((PROJECT_ROOT / name).read_text(encoding="utf-8")), name


@pytest.mark.parametrize(
    "line",
    ['f"{share:.1%}"', '"%{y:.0%}"', 'tickformat=",.0%"', 'f"{value:.1f} %"', 'f"{one:g} %"'],
)
def test_each_way_to_write_one_would_be_seen(line: str) -> None:
    assert WRITTEN.search(line)
