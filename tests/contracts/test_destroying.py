"""What destroys looks like it: no plain button deletes something for good."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from core.workspace import PROJECT_ROOT

PAGES = PROJECT_ROOT / "pages"
WORDS = ("Delete", "Remove this")
ASKS = "…"  # ends a label that only asks


def destroying(source: str) -> Iterator[str]:
    """Labels that say that something goes for good, on buttons which are not red."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        label = ast.unparse(call.args[0]).removeprefix("f").strip("'\"")
        is_button = name in ("button", "form_submit_button")
        if is_button and label.startswith(WORDS) and not label.endswith(ASKS):
            yield label


def test_no_plain_button_destroys() -> None:
    plain = {
        f"{path.relative_to(PAGES)}: {label}"
        for path in PAGES.rglob("*.py")
        for label in destroying(path.read_text(encoding="utf-8"))
    }
    assert not plain, f"{plain}: use destroy_button (pages/components/destroying.py)"


def test_what_opens_before_a_red_button_is_told_apart_by_the_thing_itself() -> None:
    """Streamlit's own would stay open for the next thing of a list."""
    plain = {
        str(path.relative_to(PAGES))
        for path in PAGES.rglob("*.py")
        if path.name != "destroying.py"
        and "destroy_button(" in (code := path.read_text(encoding="utf-8"))
        and "st.popover(" in code
    }
    assert not plain, f"{plain}: use asks_first (pages/components/destroying.py)"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('st.button("Delete it", type="primary")', ["Delete it"]),
        ('left.button(f"Delete this {kind}")', ["Delete this {kind}"]),
        ('st.button("Delete …", key="ask")', []),
        ('destroy_button("Delete it", key="it")', []),
    ],
)
def test_it_tells_them_apart(line: str, found: list[str]) -> None:
    assert list(destroying(line)) == found
