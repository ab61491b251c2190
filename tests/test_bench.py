"""The benchmarks take too long for a test, but none may be broken by a name that moved."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import bench.__main__ as bench
from bench.settings import Settings
from core.workspace import PROJECT_ROOT

MODULES = sorted(
    f"{folder}.{path.stem}"
    for folder in ("bench", "tools")
    for path in (PROJECT_ROOT / folder).glob("*.py")
    if not path.stem.startswith("__")
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_benchmarks_and_tools_can_be_loaded(module: str) -> None:
    assert importlib.import_module(module).__doc__


class Section:
    """Stands for a module of a section; its first line is a title."""

    @staticmethod
    def table(settings: Settings, folder: Path) -> Iterator[str]:
        assert folder.is_dir()
        yield f"{settings.repeats} turns at {settings.image_size} px"


@pytest.mark.parametrize(
    ("given", "told"),
    [([], ["one", "two"]), (["two"], ["two"]), (["two", "one", "--repeats", "7"], ["two", "one"])],
)
def test_the_sections_that_are_named_run_and_all_where_none_is(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    told: list[str],
) -> None:
    monkeypatch.setattr(bench, "SECTIONS", {"one": Section, "two": Section})
    monkeypatch.setattr("sys.argv", ["bench", *given])
    assert bench.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("## ")] == [
        f"## {name}" for name in told
    ]
    turns = 7 if "--repeats" in given else Settings().repeats
    assert lines.count(f"{turns} turns at {Settings().image_size} px") == len(told)


def test_a_section_that_is_not_there_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "trian"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "no section “trian”; choose from train, " in capsys.readouterr().err
