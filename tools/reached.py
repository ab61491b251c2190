"""Which tests reach which lines: a plugin of pytest that notes it, and one that chooses by it.

``tools.mutants`` runs a room's tests once with ``Reached`` and then, for each mutant, only those
that reach the changed statement, the quickest first (``Chosen``). A statement that runs while
modules are imported or fixtures of several tests are made is reached by all; one that no test
reaches in its own process may run in a process that a test starts, so all are run for it too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

EVERY = ""  # the context of what belongs to no test alone


class Reached:
    """Notes for each file of a room, by line, the tests that reach it, and how long each took."""

    def __init__(self, source: Path) -> None:
        self.seconds: dict[str, float] = {}
        # A file alone is measured by its folder: coverage.py takes folders and packages.
        folder = source if source.is_dir() else source.parent
        self._coverage = coverage.Coverage(data_file=None, config_file=False, source=[str(folder)])
        self._test = EVERY
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begun = time.monotonic()
        self._enter(item.nodeid)
        try:
            return (yield)
        finally:
            self._enter(EVERY)
            self.seconds[item.nodeid] = time.monotonic() - begun

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        before = self._test
        if fixturedef.scope != "function":
            self._enter(EVERY)
        try:
            return (yield)
        finally:
            self._enter(before)

    def _enter(self, test: str) -> None:
        self._test = test
        self._coverage.switch_context(test)

    def save(self, path: Path, root: Path) -> None:
        """Write what was noted, files named below ``root``."""
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            Path(file).relative_to(root).as_posix(): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        noted = {"seconds": self.seconds, "lines": lines, "modules": list(sys.modules)}
        path.write_text(json.dumps(noted), encoding="utf-8")


class Reach:
    """What a ``Reached`` wrote."""

    def __init__(self, path: Path) -> None:
        noted = json.loads(path.read_text(encoding="utf-8"))
        self.seconds: dict[str, float] = noted["seconds"]
        self.modules: list[str] = noted["modules"]  # loaded at the end, in the order of loading
        self._lines: dict[str, dict[str, list[str]]] = noted["lines"]

    def tests(self, path: str, span: tuple[int, int]) -> list[str]:
        """The tests to run for a statement, lines first to last of a file; the quickest first."""
        lines = self._lines.get(path, {})
        found: set[str] = set()
        for line in range(span[0], span[1] + 1):
            found.update(lines.get(str(line), ()))
        if not found or EVERY in found:
            return self._by_time(found - {EVERY}) + self._by_time(set(self.seconds) - found)
        return self._by_time(found)

    def _by_time(self, tests: set[str]) -> list[str]:
        return sorted(tests, key=lambda one: (self.seconds[one], one))


class Chosen:
    """Runs these tests alone, in this order."""

    def __init__(self, tests: list[str]) -> None:
        self._place = {one: place for place, one in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (one for one in items if one.nodeid in self._place),
            key=lambda one: self._place[one.nodeid],
        )

    @property
    def files(self) -> list[str]:
        """The files they stand in, each once."""
        return list(dict.fromkeys(one.split("::")[0] for one in self._place))
