"""What each role finds on the pages; what a stranger finds in their place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.people.asking import Somebody, acting_as, doing
from core.people.roles import Deed, Role
from core.store import Store
from pages.components import signing_in
from pages.components.results.table import keep_asked
from pages.components.run_labels import short_title
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.runs import RESULT, make_dataset, make_run

PAGES = (
    "home", "explore", "prepare", "train", "results", "compare", "run", "classify",
    "demonstration", "history", "machines",
)  # fmt: skip
VIEWER = Somebody("ben@hospital.example", Role.VIEWER, signed_in=True)
EDITOR = Somebody("ana@hospital.example", Role.EDITOR, signed_in=True)
STRANGER = Somebody("eve@x.example", Role.STRANGER, "eve@x.example has no role here.")
# How keys of buttons begin that change something others work with.
CHANGES = (
    "delete_", "stop_", "resume_", "duplicate_", "run_star", "map_draw", "import_", "samples_",
    "audit_start", "external_start", "store_aim", "forget_aim", "cache_", "new_start", "remove_",
    "FormSubmitter",
)  # fmt: skip

As = Callable[[Somebody], None]


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> As:
    """Have every session be somebody's."""

    def be(somebody: Somebody) -> None:
        def who_is(claims: Any) -> Somebody:
            return somebody

        monkeypatch.setattr(signing_in, "who_is", who_is)

    return be


@pytest.fixture
def stocked(phantom_store: Store) -> Store:
    make_dataset(phantom_store)
    make_run(phantom_store, "done", epochs=3, result=RESULT)
    return phantom_store


def changing(app: AppTest) -> list[str]:
    return [str(one.key) for one in app.button if str(one.key).startswith(CHANGES)]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("stocked")
def test_a_stranger_sees_no_page(page: str, signed_in: As) -> None:
    signed_in(STRANGER)
    app = open_app(page)
    assert not app.exception
    assert [one.value for one in app.title] == ["ThoraxLens"]
    assert as_read(app.warning[0].value) == STRANGER.reason
    assert [one.key for one in app.button] == ["sign_out"]
    assert not app.metric
    assert not app.get("imgs")


@pytest.mark.parametrize("page", [one for one in PAGES if one not in ("compare", "classify")])
@pytest.mark.usefixtures("stocked")
def test_a_viewer_sees_every_page_without_what_changes_something(page: str, signed_in: As) -> None:
    signed_in(VIEWER)
    app = open_app(page)
    assert not app.exception
    assert not any("may" in one.value for one in app.error)
    assert not changing(app)
    assert "ben@hospital.example (viewer)" in as_read(everything_said(app))


@pytest.mark.parametrize(
    ("page", "query", "says"),
    [
        ("explore", {"tab": "Import"}, "bring in or remove films"),
        ("prepare", {}, "make or delete data sets"),
        ("run", {"tab": "audit"}, "start audits"),
    ],
)
@pytest.mark.usefixtures("stocked")
def test_where_a_form_would_stand_a_viewer_reads_why_not(
    page: str, query: dict[str, str], says: str, signed_in: As
) -> None:
    signed_in(VIEWER)
    app = open_app(page, **query)
    said = [as_read(one.value) for one in app.info]
    assert any(says in one and "only an editor may" in one for one in said), said


def test_a_button_of_an_older_page_is_refused(stocked: Store, signed_in: As) -> None:
    """Somebody was an editor when the page was drawn, and is not any more."""
    signed_in(EDITOR)
    app = open_app("run")
    signed_in(VIEWER)
    app.button("run_star").click().run()
    assert not app.exception
    assert any("only an editor may" in as_read(one.value) for one in app.error)
    assert not stocked.runs.all()[0].remarks.star


def test_what_an_editor_does_is_kept_with_their_address(stocked: Store, signed_in: As) -> None:
    signed_in(EDITOR)
    app = open_app("run")
    app.button("run_star").click().run()
    assert stocked.runs.all()[0].remarks.star
    last = stocked.deeds.latest(1)[0]
    assert (last.who, last.what[:20]) == (EDITOR.name, "changed star of run ")
    app = open_app("history")
    lines = next(str(one.proto.body) for one in app.get("html") if "<tbody>" in one.proto.body)
    latest = re.findall(r"<t[dh]>(.*?)</t[dh]>", lines)[:3]
    # With what the run is called, for nobody knows ids.
    title = short_title(stocked.runs.all()[0])
    assert latest[1:] == [EDITOR.name, f"<b>{last.what} ({title})</b>"]


def test_the_header_of_a_run_says_who_started_it(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    with acting_as(EDITOR), doing(Deed.TRAIN):
        make_run(phantom_store, "done", epochs=3, result=RESULT)
    app = open_app("run")
    facts = [one for one in app.get("html") if "run-facts" in str(one.proto)]
    assert any("started by ana@hospital.example" in str(one.proto) for one in facts)


def test_the_table_of_results_keeps_nothing_for_a_viewer(stocked: Store) -> None:
    run = stocked.runs.all()[0]
    with acting_as(VIEWER), pytest.raises(Exception, match="only an editor may"):
        keep_asked(stocked, {"what": "star", "key": run.run_id, "value": True})


def test_without_sign_in_everything_is_as_it_was(stocked: Store) -> None:
    app = open_app("run")
    assert "run_star" in changing(app)
    assert "sign_out" not in [one.key for one in app.button]
    app.button("run_star").click().run()
    assert stocked.deeds.latest(1)[0].who == ""
