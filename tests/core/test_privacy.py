"""Nobody but its owner reads a data folder, and nobody tries out whose number a hash is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import privacy
from core.datasets.export import export_tree
from core.datasets.ingest import import_folder
from core.datasets.prepare import plan, save_dataset
from core.errors import InputError
from core.privacy import salt_of
from core.specs import ClassSpec, DatasetSpec
from core.store import open_store
from core.workspace import PROJECT_ROOT, open_workspace
from tests.core import planted

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has other rights")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def readable_by_others(folder: Path) -> list[Path]:
    return [one for one in (folder, *folder.rglob("*")) if mode(one) & 0o077]


@pytest.fixture
def loose() -> Iterator[None]:
    """As a user's shell has it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_data_folder_is_its_owners_alone(tmp_path: Path, loose: None) -> None:
    workspace = open_workspace(tmp_path / "data")
    store = open_store(workspace)
    with store.database.work(write=True) as work:
        work.execute("UPDATE catalogue_version SET number = 5")
        assert not readable_by_others(workspace.root)  # with the log of the store beside it
    workspace.secret()
    assert mode(workspace.root) == 0o700
    assert mode(workspace.salt) == mode(workspace.database) == 0o600


def test_a_folder_of_an_older_version_is_closed_and_what_is_not_ours_is_not(
    tmp_path: Path, loose: None
) -> None:
    root = tmp_path / "data"
    open_store(open_workspace(root))
    (root / "runs" / "r1").mkdir()
    for place in ("runs/r1/log.txt", "own notes.txt"):
        (root / place).write_text("text")
    (tmp_path / "elsewhere.png").write_text("film")
    (root / "uploads" / "link.png").symlink_to(tmp_path / "elsewhere.png")
    for one in (root, *root.rglob("*")):
        if not one.is_symlink():
            one.chmod(0o755 if one.is_dir() else 0o644)
    (tmp_path / "elsewhere.png").chmod(0o644)
    open_workspace(root)
    assert mode(root) == 0o700
    assert mode(root / "runs" / "r1") == 0o700
    assert mode(root / "runs/r1/log.txt") == 0o600
    assert mode(root / "own notes.txt") == 0o644
    assert mode(tmp_path / "elsewhere.png") == 0o644


def test_a_folder_with_other_things_in_it_stays_open(tmp_path: Path, loose: None) -> None:
    """Somebody may name a folder that others work in; only what we put there is closed."""
    root = tmp_path / "shared"
    root.mkdir(mode=0o755)
    root.chmod(0o755)
    (root / "thesis.tex").write_text("text")
    (root / "thesis.tex").chmod(0o644)
    open_workspace(root)
    assert mode(root) == 0o755
    assert mode(root / "thesis.tex") == 0o644
    assert mode(root / "uploads") == 0o700


def test_processes_of_ours_hand_it_on(tmp_path: Path, loose: None) -> None:
    script = (
        "from core.workspace import open_workspace; import subprocess, sys\n"
        "root = open_workspace(sys.argv[1]).root\n"
        "subprocess.run([sys.executable, '-c', 'import sys; open(sys.argv[1], \"w\")',"
        " str(root / 'runs' / 'made by a child')], check=True)"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "d")], cwd=PROJECT_ROOT, check=True
    )
    assert not readable_by_others(tmp_path / "d")
    assert mode(tmp_path / "d" / "runs" / "made by a child") == 0o600


def test_what_is_handed_out_has_the_rights_of_the_users_own(
    tmp_path: Path, loose: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "_before", None)
    store = open_store(open_workspace(tmp_path / "data"))
    for seed in range(6):
        finding = "covid" if seed % 2 else "normal"
        place = tmp_path / "films" / finding / f"{seed}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(planted.png(seed))
    import_folder(store, tmp_path / "films")
    classes = [ClassSpec(name="a", findings=("COVID-19",)),
               ClassSpec(name="b", findings=("No finding",))]  # fmt: skip
    spec = DatasetSpec.build(name="set", classes=classes, split_by="study", image_size=32)
    save_dataset(store, plan(store.catalogue.frame(), spec))
    export_tree(store, "set", tmp_path / "out" / "deeper")
    for one in (tmp_path / "out").rglob("*"):
        assert mode(one) == (0o755 if one.is_dir() else 0o644)
    assert not readable_by_others(store.workspace.root)


def test_the_salt_is_made_once_however_many_ask(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        salts = set(threads.map(lambda _: salt_of(tmp_path / "salt"), range(24)))
    assert len(salts) == 1
    assert len(salts.pop()) == 32
    assert [one.name for one in tmp_path.iterdir()] == ["salt"]


def test_a_damaged_salt_is_said_and_never_replaced(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "data")
    workspace.salt.write_bytes(b"short")
    with pytest.raises(InputError, match="put a copy of it back"):
        workspace.secret()
    assert workspace.salt.read_bytes() == b"short"
