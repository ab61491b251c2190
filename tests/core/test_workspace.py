from __future__ import annotations

from pathlib import Path

import pytest

from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT, open_workspace


def test_argument_beats_environment_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "environment"))
    assert open_workspace(tmp_path / "given").root == tmp_path / "given"
    assert open_workspace().root == tmp_path / "environment"
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    assert open_workspace().root == PROJECT_ROOT / "data"


def test_opening_makes_the_folders_and_may_be_repeated(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "new")
    assert open_workspace(tmp_path / "new") == workspace
    assert workspace.runs.is_dir()
    assert workspace.weights.is_dir()
