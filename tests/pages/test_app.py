"""The frame around the pages: navigation, data folder, and the one error boundary."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import InputError
from core.store import Catalogue, Store
from core.workspace import RAY_VARIABLE, ray_address
from pages.components import session
from tests.pages.opening import APP, PATIENCE, as_read, everything_said, open_app

PAGES = (
    "home", "explore", "prepare", "train", "results", "compare", "run", "classify",
    "demonstration", "machines",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_an_error(phantom_store: Store, page: str) -> None:
    app = open_app(page)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_nothing_there(
    store: Store, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda store, progress=None: None)
    app = open_app(page)
    assert not app.exception
    assert not app.error


def test_first_start_has_artificial_films(tmp_path: Path) -> None:
    app = open_app()
    assert not app.error
    assert session.get_store().workspace.root == tmp_path / "data"
    assert session.get_store().catalogue.count() > 0
    assert all(one.artificial for one in session.get_store().catalogue.sources())
    assert "artificial" in everything_said(app)


def test_a_foreseen_error_is_shown_as_its_sentence(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Catalogue) -> int:
        raise InputError("The folder is gone. Import it again.")

    monkeypatch.setattr(Catalogue, "count", fail)
    app = open_app()
    assert [one.value for one in app.error] == ["The folder is gone. Import it again."]
    assert not app.exception


def test_an_unforeseen_error_is_logged_with_its_details(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Catalogue) -> int:
        raise RuntimeError("secret detail 4711")

    monkeypatch.setattr(Catalogue, "count", fail)
    app = open_app()
    [shown] = [one.value for one in app.error]
    log = phantom_store.workspace.root / "thoraxlens.log"
    assert "4711" not in shown
    assert str(log) in as_read(shown)
    assert not app.exception
    for handler in logging.getLogger("thoraxlens.pages").handlers:
        handler.flush()
    assert "secret detail 4711" in log.read_text()
    assert "Traceback" in log.read_text()


def test_the_data_folder_can_be_named_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", "--data", str(tmp_path / "elsewhere")])
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda store, progress=None: None)
    assert session.get_workspace().root == tmp_path / "elsewhere"


def test_a_data_option_without_a_folder_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", "--data"])
    app = AppTest.from_file(APP, default_timeout=PATIENCE).run()
    assert "--data needs a folder" in app.error[0].value


def test_a_cluster_can_be_named_on_the_command_line(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RAY_VARIABLE, "")
    monkeypatch.setattr("sys.argv", ["app.py", "--ray", "10.0.0.7:6379"])
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda store, progress=None: None)
    session.get_store()
    assert ray_address() == "10.0.0.7:6379"
    monkeypatch.setattr("sys.argv", ["app.py", "--ray"])
    app = AppTest.from_file(APP, default_timeout=PATIENCE).run()
    assert "--ray needs an address" in app.error[0].value


def test_a_data_folder_that_cannot_be_made_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("THORAXLENS_DATA", str(tmp_path / "file"))
    app = AppTest.from_file(APP, default_timeout=PATIENCE).run()
    assert "cannot be used" in app.error[0].value
