"""Train, with a small data set and without processes."""

from __future__ import annotations

import pytest

from core import fetch
from core.people.asking import asks
from core.people.roles import Deed
from core.runs import launcher
from core.specs import RunSpec
from core.store import Run, Store
from tests.pages.runs import make_dataset


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay as the test wrote them: nothing is started, nothing is found dead."""

    @asks(Deed.TRAIN)
    def launch(store: Store, spec: RunSpec) -> Run:
        return store.runs.create(launcher.checked(store, spec))

    monkeypatch.setattr(fetch, "can_reach", lambda url: True)
    monkeypatch.setattr(launcher, "launch", launch)


@pytest.fixture
def tiny(phantom_store: Store) -> Store:
    make_dataset(phantom_store)
    return phantom_store
