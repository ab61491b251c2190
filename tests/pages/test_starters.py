"""What pages show of the networks that come along, whose films are not here."""

from __future__ import annotations

import time

import pytest

from core.starter import STARTERS, StarterNote, install_starters
from core.store import Run, Store
from pages.components import session
from pages.components.run_links import EXTERNAL, TABS
from pages.components.run_links import RESULT as RESULT_TAB
from tests.pages.opening import everything_said, open_app, table_read
from tests.pages.runs import RESULT, make_run

A = STARTERS[-1]


@pytest.fixture
def given(phantom_store: Store, monkeypatch: pytest.MonkeyPatch) -> dict[str, Run]:
    """The starters by title, in a folder with phantom films."""
    return {run.origin.title: run for run in install_starters(phantom_store).runs}


def test_classify_asks_the_one_for_peoples_own_films(
    phantom_store: Store, given: dict[str, Run]
) -> None:
    newer = make_run(phantom_store, "done", result=RESULT)
    app = open_app("classify")
    assert not app.exception
    assert app.multiselect(key="classify_runs").value == [given[A.title].run_id]
    options = app.multiselect(key="classify_runs").options
    assert sum("· starter" in one for one in options) == len(STARTERS)
    app = open_app("classify", run=newer.run_id)
    assert app.multiselect(key="classify_runs").value == [newer.run_id], "as the address says"


def test_pages_of_results_live_without_the_films(given: dict[str, Run]) -> None:
    for place, (title, run) in enumerate(given.items()):
        # All tabs of one; of the others what they bring along, which differs between them.
        for tab in TABS if place == 0 else (RESULT_TAB, EXTERNAL):
            app = open_app("run", tab=tab, run=run.run_id)
            assert not app.exception, (title, tab)
            said = everything_said(app)
            assert "did not foresee" not in said, (title, tab)
            if tab == EXTERNAL:
                assert "from elsewhere" in said, "the test that came with it is shown at once"
    together = ",".join(run.run_id for run in given.values())
    app = open_app("compare", runs=together)
    assert not app.exception
    options = app.multiselect(key="run_picker").options
    rows = {name for place in range(len(app.table)) for name in table_read(app, place)}
    for title in given:
        assert f"{title} · starter" in rows, "by the same name as where it was chosen"
        assert any(one.startswith(f"{title} · starter") for one in options)


def test_a_server_installs_them_behind_the_first_page_and_only_once(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = phantom_store
    StarterNote().save(store.workspace.starter_note)  # as planned for a folder that is new
    monkeypatch.delenv(session.NO_STARTERS)
    monkeypatch.setattr(session, "STARTER_PAUSE", 0)
    assert not open_app().exception
    until = time.monotonic() + 240
    note = StarterNote()
    while len(note.installed) < len(STARTERS) and time.monotonic() < until:
        time.sleep(0.05)
        note = StarterNote.load(store.workspace.starter_note)
    assert sorted(run.origin.title for run in store.runs.all()) == sorted(
        one.title for one in STARTERS
    )
    assert sorted(note.installed) == sorted(one.name for one in STARTERS)
