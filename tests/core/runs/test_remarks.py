"""What two people say of one run at the same time."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.runs.remarks import still_meant
from core.store.remarks import RemarksChange, RunRemarks

SEEN = RunRemarks(title="Mine", tags=("paper", "slow"), notes="Old.")


def test_only_what_was_changed_is_kept() -> None:
    typed = {"title": "Mine", "tags": ("paper", "slow"), "notes": "Old."}
    now = SEEN.model_copy(update={"title": "Theirs", "tags": (), "notes": "Theirs."})
    assert still_meant(SEEN, typed, now) == {}
    assert still_meant(SEEN, {"star": True}, now) == {"star": True}
    assert still_meant(SEEN, {"notes": "New."}, SEEN) == {"notes": "New."}


@pytest.mark.parametrize(
    ("typed", "now", "kept"),
    [
        (
            ("paper", "slow", "mine"),
            ("paper", "slow", "theirs"),
            ("paper", "slow", "theirs", "mine"),
        ),
        (("paper",), ("paper", "slow", "theirs"), ("paper", "theirs")),
        (("paper", "slow", "mine"), ("slow",), ("slow", "mine")),
        (("paper", "slow", "both"), ("paper", "slow", "both"), ("paper", "slow", "both")),
    ],
)
def test_tags_of_others_stay(
    typed: tuple[str, ...], now: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    others = SEEN.model_copy(update={"tags": now})
    assert still_meant(SEEN, {"tags": typed}, others) == {"tags": kept}


def test_a_text_that_both_changed_is_refused_unless_it_is_the_same() -> None:
    now = SEEN.model_copy(update={"title": "Theirs", "notes": "Theirs."})
    with pytest.raises(InputError, match="changed the title meanwhile"):
        still_meant(SEEN, {"title": "Ours"}, now)
    with pytest.raises(InputError, match="changed the notes meanwhile"):
        still_meant(SEEN, {"notes": "Ours."}, now)
    same: RemarksChange = {"title": "Theirs", "notes": "Theirs."}
    assert still_meant(SEEN, same, now) == same
