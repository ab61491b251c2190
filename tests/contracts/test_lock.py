"""What we choose (``requirements*.txt``) is what is installed (``*.lock``), file by file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.workspace import PROJECT_ROOT

LOCKS = ("requirements", "requirements-cuda", "requirements-dev")
CHOSEN = sorted(PROJECT_ROOT.glob("requirements*.txt"))


def _lines(path: Path) -> list[str]:
    """Requirements and includes, each on a line of its own, without comments."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [bare for line in text.splitlines() if (bare := re.sub(r"(^|\s)#.*", "", line).strip())]


def _chosen(path: Path) -> list[Requirement]:
    found: list[Requirement] = []
    for line in _lines(path):
        if line.startswith("-r "):
            found += _chosen(path.parent / line[3:].strip())
        else:
            found.append(Requirement(line))
    return found


def _locked(path: Path) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in _lines(path):
        one = Requirement(line.split(" --hash=")[0])
        found.setdefault(canonicalize_name(one.name), []).append(one)
    return found


def _holds(marker: Marker | None, system: str) -> bool:
    platform = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}[system]
    return marker is None or marker.evaluate(
        {"platform_system": system, "sys_platform": platform, "python_version": "3.11"}
    )


@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
@pytest.mark.parametrize("name", LOCKS)
def test_each_chosen_version_is_the_locked_one(name: str, system: str) -> None:
    locked = _locked(PROJECT_ROOT / f"{name}.lock")
    chosen = [one for one in _chosen(PROJECT_ROOT / f"{name}.txt") if _holds(one.marker, system)]
    assert len(chosen) > 20
    for one in chosen:
        fitting = [
            other
            for other in locked.get(canonicalize_name(one.name), [])
            if _holds(other.marker, system)
        ]
        assert [str(other.specifier) for other in fitting] == [str(one.specifier)], (
            f"{one.name}: run make lock"
        )


@pytest.mark.parametrize("name", [*LOCKS, "requirements-ray"])
def test_each_locked_file_has_its_hash_and_no_address(name: str) -> None:
    lines = _lines(PROJECT_ROOT / f"{name}.lock")
    for line in lines:
        assert re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line
        assert "://" not in line
        assert not line.startswith("-")


def test_what_tests_run_on_is_what_users_run_on() -> None:
    run = set(_lines(PROJECT_ROOT / "requirements.lock"))
    assert run <= set(_lines(PROJECT_ROOT / "requirements-dev.lock"))


def test_what_ray_brings_leaves_the_rest_as_it_is() -> None:
    with_ray = set(_lines(PROJECT_ROOT / "requirements-ray.lock"))
    ours = {line.split("==")[0]: line for line in _lines(PROJECT_ROOT / "requirements.lock")}
    shared = {line for line in with_ray if line.split("==")[0] in ours}
    # A library may be wanted on fewer systems or Pythons than by the rest.
    bare = {line.split(" ")[0] for line in shared}
    assert bare == {ours[line.split("==")[0]].split(" ")[0] for line in shared}
    chosen = {str(one) for one in _chosen(PROJECT_ROOT / "requirements-ray.txt")}
    assert {line.split(" ")[0] for line in with_ray - shared} == chosen


@pytest.mark.parametrize("path", CHOSEN, ids=lambda path: path.name)
def test_what_is_chosen_is_one_version_each(path: Path) -> None:
    for one in _chosen(path):
        assert [each.operator for each in one.specifier] == ["=="], f"{one} is not pinned"
