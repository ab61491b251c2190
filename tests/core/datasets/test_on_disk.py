from __future__ import annotations

from pathlib import Path

import pytest

from core.datasets.on_disk import OnDisk
from core.errors import InputError


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1000])
def test_things_come_back_in_their_order_as_often_as_asked(tmp_path: Path, count: int) -> None:
    things = [(number, Path(f"film {number}"), {"a": "b"}) for number in range(count)]
    kept = OnDisk(tmp_path / "new", things)
    assert len(kept) == count
    assert bool(kept) == bool(count)
    assert list(kept) == things == list(kept)
    # Two at once, each where it stands.
    assert list(zip(kept, kept, strict=True)) == list(zip(things, things, strict=True))
    kept.append((-1, Path("last"), {}))
    assert list(kept)[-1] == (-1, Path("last"), {})
    assert (0, Path("another"), {}) not in kept


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    kept = OnDisk(tmp_path, range(1000))
    assert list(kept) == list(range(1000))
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_room_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Make room there"):
        OnDisk(tmp_path / "file" / "folder", [1])
