"""Every page of results over a run that was trained elsewhere: its films are not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.card.facts import gather_facts
from core.card.sections import model_card
from core.store import Run, Store
from core.travel.importing import import_run
from core.travel.snippet import snippet
from tests.core.travel.conftest import _exported, away, file, network_files, run
from tests.pages.opening import as_read, everything_said, open_app

pytestmark = pytest.mark.usefixtures("fresh_caches")

__all__ = ["_exported", "away", "file", "network_files", "run"]


@pytest.fixture
def here(away: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The other data folder, as the one that the pages are about, without artificial films."""
    monkeypatch.setenv("THORAXLENS_DATA", str(away.workspace.root))
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda *_, **__: None)
    return away


@pytest.fixture
def brought(here: Store, file: Path) -> Run:
    return import_run(here, file, file.name).run


def test_its_page_has_the_result_and_the_run_s_file(here: Store, brought: Run) -> None:
    app = open_app("run", tab="result", run=brought.run_id)
    assert not app.exception
    assert "imported" in app.title[0].value
    said = everything_said(app)
    assert "Nobody knows the patients" not in said, "which films are of one patient came along"
    app = open_app("run", tab="card", run=brought.run_id)
    assert not app.error
    shown = [one.value for one in app.subheader]
    assert shown[:2] == ["Model card", "Take it elsewhere"]
    card = model_card(gather_facts(here, brought.run_id))
    assert [as_read(one) for one in shown[2:]] == [one.title for one in card.sections]
    assert [one.value for one in app.code] == [snippet(here, brought).rstrip()]
    [button] = [one for one in app.get("download_button") if "Run as a file" in one.proto.label]
    assert button is not None


@pytest.mark.parametrize("page", ["compare", "classify", "home", "run", "train"])
def test_no_page_breaks_without_the_films(here: Store, brought: Run, page: str) -> None:
    named = {"compare": "runs"}.get(page, "run")
    query = {} if page == "home" else {named: brought.run_id}
    app = open_app(page, **query)
    assert not app.exception
    assert [one.value for one in app.error] == []
    assert "imported" in everything_said(app) + str(
        [*(one.options for one in app.selectbox), *(one.options for one in app.multiselect)]
        + [one.label for one in app.button]
        + [one.proto.label for one in app.get("page_link")]
    )


def test_the_audit_is_shown_and_cannot_be_made_again(here: Store, brought: Run) -> None:
    app = open_app("run", tab="audit", run=brought.run_id)
    said = everything_said(app)
    assert any("Some are alike." in one.proto.body for one in app.get("html"))
    assert "1 pair. Their films are not in this data folder" in said
    assert "It was trained elsewhere" in said
    assert [one.label for one in app.button if "udit" in one.label] == []


def test_a_test_on_films_that_are_not_here_is_shown(here: Store, brought: Run) -> None:
    app = open_app("run", tab="external", run=brought.run_id)
    [told] = app.selectbox("external_source").options
    assert told == "Other hospital (tested before, its films are not here)"
    assert "4 of 4" in everything_said(app)
    assert [one.label for one in app.button if "Test" in one.label] == []


def test_a_run_is_taken_in_on_the_page(here: Store, file: Path) -> None:
    app = open_app("run", tab="result")
    app.file_uploader("run_import_file").upload(
        "run.zip", file.read_bytes(), "application/zip"
    ).run()
    assert not app.exception
    [found] = here.runs.all()
    assert found.origin.kind == "imported"
    app = open_app("train", run=found.run_id)
    app.file_uploader("run_import_file").upload("bad.zip", b"no zip", "application/zip").run()
    assert any("not a file that ThoraxLens exported" in one.value for one in app.error)
    assert here.runs.all() == [found]


def test_its_settings_are_for_films_of_one_s_own(here: Store, brought: Run) -> None:
    app = open_app("train", run=brought.run_id)
    [button] = [one for one in app.button if one.label == "Duplicate with changes"]
    assert "choose a data set of yours" in button.help
    button.click().run()
    assert not app.exception
