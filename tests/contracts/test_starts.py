"""What may not be loaded yet when a process begins: each of these costs it its first seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.datasets.phantom import ensure_phantoms
from core.specs import RunSpec
from core.store import RunResult, RunState, SplitNumbers, Store, open_store
from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT, open_workspace
from pages.components import preload

SCRIPT = PROJECT_ROOT / "pages" / "navigation.py"
HEAVY = {
    "cv2", "jinja2", "keras", "pandas", "pydicom", "reportlab", "requests", "scipy", "sklearn",
    "tensorflow",
}  # fmt: skip

FIRST_PAGE = """
from streamlit.testing.v1 import AppTest
from pages.components import preload
preload.PACKAGES = {packages}
app = AppTest.from_file(r"{app}", default_timeout=240).run()
assert not app.exception and app.title[0].value == "ThoraxLens", app
"""
WAIT = """
import threading
[one.join() for one in threading.enumerate() if one.name == "preload"]
"""


def _loaded(data: Path, script: str, of: set[str] | None = None) -> set[str]:
    """What of HEAVY, or of other packages, a fresh Python has loaded when the script is through."""
    asked = sorted(of or HEAVY)
    tell = f"import json; print(json.dumps(sorted(set({asked}) & set(sys.modules))))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import sys\n{script}\n{tell}"],
        cwd=PROJECT_ROOT,
        env={**os.environ, ENVIRONMENT_VARIABLE: str(data)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.strip().splitlines()[-1]))


def _command(*words: str, code: int = 0) -> str:
    return f"from core.__main__ import main\nassert main({list(words)}) == {code}"


@pytest.mark.parametrize(
    "script",
    [
        _command("nonsense", code=2),
        _command("runs", "--json"),
        _command("runs"),
        _command("models", "--json"),
        _command("train", "absent", "--model", "cnn", code=2),
        _command("stop", "20200101-000000-aaaa", code=2),
        _command("cache"),
        "import core.runs.dispatcher",
        "import core.training.worker",
    ],
    ids=lambda script: script.splitlines()[-1],
)
def test_a_process_begins_light(store: Store, script: str) -> None:
    assert not _loaded(store.workspace.root, script)


@pytest.mark.parametrize(
    "script",
    [
        _command("runs"),
        _command("train", "absent", "--model", "cnn", code=2),
        "import core.runs.dispatcher, core.cluster.node_work, core.cluster.ray_cluster",
    ],
    ids=lambda script: script.splitlines()[-1],
)
def test_without_a_cluster_nothing_of_ray_is_loaded(store: Store, script: str) -> None:
    assert "ray" not in _loaded(store.workspace.root, script, {"ray"})


def test_runs_are_listed_lightly(store: Store) -> None:
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    store.runs.transition(
        run.run_id, RunState.DONE, result=RunResult(test=SplitNumbers(accuracy=0.5))
    )
    assert not _loaded(store.workspace.root, _command("runs"))


def test_the_first_page_is_drawn_lightly(first_start: Path) -> None:
    assert not _loaded(first_start, FIRST_PAGE.format(app=SCRIPT, packages=()))


def test_what_other_pages_need_is_loaded_behind_the_first(first_start: Path) -> None:
    script = FIRST_PAGE.format(app=SCRIPT, packages=preload.PACKAGES) + WAIT
    loaded = _loaded(first_start, script)
    assert loaded >= {"pandas", "cv2"}
    assert "pydicom" not in loaded, "films are decoded in processes of their own"


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the phantom films of the first start are already drawn."""
    data = tmp_path_factory.mktemp("data")
    ensure_phantoms(open_store(open_workspace(data)))
    return data
