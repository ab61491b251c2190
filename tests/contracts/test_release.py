"""One version and one day in all places that say them."""

from __future__ import annotations

import re

from core.version import thoraxlens_version
from core.workspace import PROJECT_ROOT


def _text(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def test_changelog_and_citation_name_the_version_and_its_day() -> None:
    version = re.search(r"^version: (\S+)$", _text("CITATION.cff"), re.MULTILINE)
    day = re.search(r"^date-released: (\S+)$", _text("CITATION.cff"), re.MULTILINE)
    assert version is not None
    assert day is not None
    assert version[1] == thoraxlens_version()
    newest = re.search(r"^## (\d.*)$", _text("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == f"{version[1]}, {day[1]}"
