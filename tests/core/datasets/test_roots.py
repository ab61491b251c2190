"""From another computer nothing is read but what lies below the folders that were named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.datasets.roots import ROOTS_VARIABLE, check_below, import_roots
from core.errors import InputError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("films/a", "secret", "films too"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "1.png").write_bytes(b"x")
    return tmp_path / "films"


def test_what_lies_below_is_allowed(root: Path) -> None:
    (root / "again").symlink_to(root / "a")
    for path in (root, root / "a", root / "a/1.png", root / "x/../a", root / "again"):
        assert check_below(path, [root]).is_relative_to(root)
    assert check_below(root.parent / "secret", [root, root.parent / "secret"]).name == "secret"


@pytest.mark.parametrize(
    "path", ["", "..", "../secret", "../films too", "/", "/etc", "a/../../secret", "out", "loop",
             "~", "~nobody-of-that-name", "a\0b", "no/such/../../../secret"]
)  # fmt: skip
def test_everything_else_is_refused_in_the_same_words(root: Path, path: str) -> None:
    (root / "out").symlink_to(root.parent / "secret")
    (root / "loop").symlink_to(root / "loop")
    wanted = os.path.join(root, path) if not path.startswith("~") else path  # noqa: PTH118
    if path in ("", "loop"):
        wanted = str(root.parent)
    with pytest.raises(InputError, match=r"can give it files only from below .*films\. Whoever"):
        check_below(wanted, [root])


def test_without_roots_there_are_zips(root: Path) -> None:
    with pytest.raises(InputError, match=r"can give it files only as a zip\. Whoever runs it"):
        check_below(root, [])


@pytest.mark.parametrize("target", ["../../secret", "../../secret/1.png", "/etc/passwd"])
def test_a_link_inside_that_leads_out_is_refused(root: Path, target: str) -> None:
    (root / "a/link.png").symlink_to(target)
    with pytest.raises(InputError, match=r"holds a link that leads out .*\(a/link\.png\)"):
        check_below(root, [root])


def test_the_roots_come_from_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ROOTS_VARIABLE, raising=False)
    assert import_roots() == []
    link = root.parent / "link"
    link.symlink_to(root)
    monkeypatch.setenv(ROOTS_VARIABLE, os.pathsep.join([str(link), "", " ", str(root / "a")]))
    assert import_roots() == [root, root / "a"]
