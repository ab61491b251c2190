"""A running app and a real browser. Every test fails on an exception box or console error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright

from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.store import Store, open_store
from core.workspace import Workspace
from tests.browser.running import (
    FLAGS,
    WIDE,
    Server,
    Watched,
    chromium_path,
    workers_of,
)
from tests.pages.runs import RESULT, make_dataset, make_run

EPOCHS = 3  # of the run in ``stocked``


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a fresh data folder, shared by the tests of one file."""
    one = Server(tmp_path_factory.mktemp("browser") / "data")
    one.start()
    yield one
    one.kill()
    for process in workers_of(one.data):
        process.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A fresh browser window; checked when the test ends."""
    context = browser.new_context(viewport=WIDE, color_scheme="dark")
    one = Watched(context.new_page())
    yield one
    context.close()
    assert not one.problems, one.problems


@pytest.fixture(scope="module")
def stocked_server(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a copy of ``stocked``, shared by the tests of one file."""
    data = tmp_path_factory.mktemp("stocked-server") / "data"
    shutil.copytree(stocked, data)
    one = Server(data)
    one.start()
    yield one
    one.end()


@pytest.fixture(scope="session")
def stocked(_phantom_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 40 phantom films, the data set “tiny” of 32 px, and a finished run
    whose predictions were drawn at random. Copy it before you let it change."""
    root = tmp_path_factory.mktemp("stocked") / "data"
    shutil.copytree(_phantom_workspace, root)
    store = open_store(Workspace(root).create())
    make_dataset(store, size=32)
    run = make_run(store, "done", epochs=EPOCHS, result=RESULT)
    _predictions(store).save(RunFiles(store.workspace.run_folder(run.run_id)).create().predictions)
    return root


def _predictions(store: Store) -> Predictions:
    members = store.datasets.members("tiny")
    positive = np.random.default_rng(0).uniform(0.05, 0.95, len(members)).astype(np.float32)
    return Predictions(
        classes=store.datasets.get("tiny").spec.class_names,
        film_ids=members["film_id"].to_numpy(str),
        split=members["split"].to_numpy(str),
        y_true=members["class_index"].to_numpy(int),
        probabilities=np.stack([positive, 1 - positive], axis=1),
    )
