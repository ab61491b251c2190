"""Files that are written whole, and answers that are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.files import remembered, written_whole


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.weights.h5"
    file.write_text("before")

    def broken() -> None:
        with written_whole(file) as temporary:
            assert temporary.name.endswith(".weights.h5")
            temporary.write_text("half")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        broken()
    assert file.read_text() == "before"
    with written_whole(file) as temporary:
        temporary.write_text("after")
    assert file.read_text() == "after"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("damage", [None, "torn {", "[1, 2]"])
def test_an_answer_is_worked_out_once(tmp_path: Path, damage: str | None) -> None:
    file, asked = tmp_path / "known.json", []
    if damage is not None:
        file.write_text(damage)

    def work_out() -> str:
        asked.append(1)
        return "an answer"

    assert [remembered(file, "key", work_out) for _ in range(3)] == ["an answer"] * 3
    assert len(asked) == 1


def test_what_another_process_kept_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "known.json"

    def slow() -> int:
        remembered(file, "other", lambda: 1)
        return 2

    remembered(file, "key", slow)
    assert json.loads(file.read_text()) == {"other": 1, "key": 2}
