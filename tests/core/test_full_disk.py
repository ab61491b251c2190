"""A disk that is full, and one that is read-only: real ones, in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.store import Store
from core.workspace import PROJECT_ROOT
from tests.pages.runs import make_dataset

# In a namespace of its own the process may mount a disk, which goes with it.
APART = ["unshare", "--mount", *([] if os.name != "posix" or os.getuid() == 0 else ["-r"])]
MOUNTED = """
set -e
mount -t tmpfs -o size=24m tmpfs "$DISK"
cp -a "$DATA" "$DISK/data"
if [ "$KIND" = read-only ]; then mount -o remount,ro "$DISK"; fi
exec "$PYTHON" -W error -c "$WORK" "$DISK"
"""
WORK = """
import json, sys, zipfile
from pathlib import Path
from core.datasets.export import export_tree, export_zip
from core.datasets.ingest import import_folder, import_zip
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import recommended_spec
from core.errors import ThoraxLensError
from core.specs import RunSpec
from core.store import open_store
from core.workspace import open_workspace

disk = Path(sys.argv[1])
said, left = {}, {}

def attempt(name, work):
    try:
        work()
        said[name] = ""
    except ThoraxLensError as error:
        said[name] = str(error)

def files():
    return {str(one.relative_to(disk)) for one in disk.rglob("*") if one.is_file()}

def fill(leave):
    with (disk / "filler").open("wb") as stream:
        try:
            while True:
                stream.write(bytes(65536)); stream.flush()
        except OSError:
            pass
        stream.truncate(max((disk / "filler").stat().st_size - leave, 0))

"""
FULL = (
    WORK
    + """
store = open_store(open_workspace(disk / "data"))
films = Path(store.catalogue.sources()[0].root)
with zipfile.ZipFile(disk / "films.zip", "w") as packed:
    for one in films.rglob("*.png"):
        packed.write(one, one.relative_to(films.parent))
spec = recommended_spec(store.catalogue, "second", seed=0).changed(image_size=160)
second = plan(store.catalogue.frame(), spec)
fill(100_000)
for name, work in {
    "prepare": lambda: save_dataset(store, second),
    "export": lambda: export_tree(store, "tiny", disk / "out"),
    "export zip": lambda: export_zip(store, "tiny"),
    "import zip": lambda: import_zip(store, (disk / "films.zip").open("rb"), "films.zip"),
}.items():
    before = files()
    attempt(name, work)
    left[name] = sorted(one for one in files() - before if not one.endswith(".lock"))
datasets = [one.name for one in store.datasets.all()]
fill(0)
for number in range(300):  # until what the store has left of its own is used up
    attempt("run", lambda: store.runs.create(RunSpec.build(dataset="tiny", model="cnn")))
    if said["run"]:
        break
(disk / "filler").unlink()
for name, work in {
    "prepare again": lambda: save_dataset(store, second),
    "export again": lambda: export_tree(store, "tiny", disk / "out"),
    "run again": lambda: store.runs.create(RunSpec.build(dataset="tiny", model="cnn")),
}.items():
    attempt(name, work)
print(json.dumps({"said": said, "left": left, "datasets": datasets}))
"""
)
READ_ONLY = (
    WORK
    + """
spec = RunSpec.build(dataset="tiny", model="cnn")
attempt("write", lambda: open_store(open_workspace(disk / "data")).runs.create(spec))
attempt("new", lambda: open_store(open_workspace(disk / "other")))
print(json.dumps({"said": said}))
"""
)


def carried_out(work: str, kind: str, store: Store, tmp_path: Path) -> Any:
    disk = tmp_path / "disk"
    disk.mkdir()
    given = {"DISK": str(disk), "DATA": str(store.workspace.root), "KIND": kind, "WORK": work}
    environment = {**os.environ, **given, "PYTHON": sys.executable}
    try:
        done = subprocess.run(
            [*APART, "sh", "-c", MOUNTED], cwd=PROJECT_ROOT, env=environment,
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("this system has no unshare, so no disk can be made for the test")
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_full_disk_is_told_and_nothing_half_is_left(phantom_store: Store, tmp_path: Path) -> None:
    make_dataset(phantom_store, "tiny")
    found = carried_out(FULL, "full", phantom_store, tmp_path)
    said = found["said"]
    assert "free space there" in said["prepare"]
    assert "make room there" in said["export"]
    assert "Make room on the disk" in said["export zip"]
    assert "room" in said["import zip"]
    assert "The disk may be full: free some space and try again" in said["run"]
    assert found["left"] == {name: [] for name in found["left"]}
    assert found["datasets"] == ["tiny"]
    for name in ("prepare again", "export again", "run again"):
        assert said[name] == "", "and it goes on when there is room"


def test_a_read_only_data_folder_is_told(phantom_store: Store, tmp_path: Path) -> None:
    said = carried_out(READ_ONLY, "read-only", phantom_store, tmp_path)["said"]
    assert "Allow this user to write there, or choose another data folder" in said["write"]
    assert "Read-only file system" in said["new"]
    assert "--data" in said["new"]
