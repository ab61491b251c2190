"""A finished run on phantoms with all that can hang on one, and another data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models.registry import get_network
from core.store import Run, Store, open_store
from core.travel.exporting import export_run
from core.workspace import open_workspace
from tests.core.travel.whole_run import NETWORK, SIZE, make_whole_run


@pytest.fixture(scope="session")
def network_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """The head's file and the hash of the frozen part, built once."""
    from core.models.build import backbone_hash, build_model, save_head

    model = build_model(
        get_network(NETWORK), image_size=SIZE, classes=2, dropout=0.3, weights="random", seed=0
    )
    file = tmp_path_factory.mktemp("network") / "head.weights.h5"
    save_head(model, file)
    return file.read_bytes(), backbone_hash(model)


@pytest.fixture
def run(phantom_store: Store, network_files: tuple[bytes, str]) -> Run:
    """See ``make_whole_run``."""
    return make_whole_run(phantom_store, *network_files)


@pytest.fixture(scope="session")
def _exported() -> dict[str, bytes]:
    return {}


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path, _exported: dict[str, bytes]) -> Path:
    """That run's file; for tests that do not need the run beside it."""
    path = tmp_path / "run.zip"
    if not _exported:
        run: Run = request.getfixturevalue("run")
        store: Store = request.getfixturevalue("phantom_store")
        _exported["bytes"] = export_run(store, run.run_id, path).path.read_bytes()
    path.write_bytes(_exported["bytes"])
    return path


@pytest.fixture
def away(tmp_path: Path) -> Store:
    """An empty data folder on another machine, as it were."""
    return open_store(open_workspace(tmp_path / "away"))
