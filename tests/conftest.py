"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports TensorFlow: its banner is noise in a test report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Nearly every test opens the app on a folder of its own: none of them is to train networks there.
os.environ["THORAXLENS_NO_EXAMPLE"] = "1"
os.environ["THORAXLENS_NO_STARTERS"] = "1"
# Many tests wait until the dispatcher of their own folder has gone, which should be at once.
os.environ["THORAXLENS_WARM_MINUTES"] = "0"

from core.people.asking import know_people_by
from core.store import Store, open_store
from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT, Workspace, open_workspace


def real_data_folder() -> Path | None:
    """The folder with real films, if this machine has it."""
    named = os.environ.get("THORAXLENS_REAL_DATA")
    folder = Path(named) if named else PROJECT_ROOT.parent / "shared" / "data"
    return folder if (folder / "covid-chestxray-dataset" / "metadata.csv").exists() else None


# The files that take longest go first, or one process would be left with one at the end.
SLOWEST = (
    "core/demonstration/test_worker",
    "test_headless",
    "test_rubbish",
    "test_several_findings",
    "contracts/test_cam_hits",
    "contracts/test_models",
    "browser/test_walk",
    "core/training/test_fine_tuning",
    "contracts/test_backends",
    "browser/",
    "core/training/",
    "core/runs/",
    "pages/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        places = [place for place, part in enumerate(SLOWEST) if f"tests/{part}" in item.nodeid]
        return min(places, default=len(SLOWEST))

    items.sort(key=rank)


def pytest_report_header() -> str:
    folder = real_data_folder()
    return f"real films: {folder or 'none here; tests that need them are skipped'}"


@pytest.fixture(autouse=True)
def _no_stray_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may touch the developer's own data folder."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "data"))


@pytest.fixture(autouse=True)
def _this_systems_user_asks() -> Iterator[None]:
    """A page that a test opens in this process says who asks from then on, in later tests, too."""
    yield
    know_people_by(None)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace of this test's own."""
    return open_workspace(tmp_path / "data")


@pytest.fixture
def store(workspace: Workspace) -> Store:
    """An empty store of this test's own."""
    return open_store(workspace)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real films; skips, and says so, where they are not."""
    folder = real_data_folder()
    if folder is None:
        pytest.skip("no real films beside this checkout (set THORAXLENS_REAL_DATA)")
    return folder


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 phantom films of 128 px, 20 a class, made once."""
    from core.datasets.phantom import make_phantoms

    folder = tmp_path_factory.mktemp("phantoms") / "Phantom films"
    make_phantoms(folder, per_class=20, size=128, seed=0)
    return folder


@pytest.fixture(scope="session")
def _phantom_workspace(phantom_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from core.datasets.ingest import import_folder

    root = tmp_path_factory.mktemp("phantom-workspace")
    import_folder(open_store(open_workspace(root)), phantom_folder, name="Phantom films")
    # As after a first start, so that opening the app does not draw a second set.
    (root / "phantoms.json").write_text("{}")
    return root


@pytest.fixture
def phantom_store(_phantom_workspace: Path, workspace: Workspace) -> Store:
    """This test's own store with the 40 phantom films imported."""
    shutil.copytree(_phantom_workspace, workspace.root, dirs_exist_ok=True)
    return open_store(workspace)
