"""Several processes on one data folder, as two servers with several viewers are: each does what
a viewer may do at any moment, and nothing is lost, done twice or told in other words than plain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core.errors import NotFoundError
from core.store import Store, open_store
from core.workspace import PROJECT_ROOT, Workspace
from tests.core.datasets.conftest import film_bytes, write

PROCESSES = 3
ROUNDS = 3

# One viewer. Waits until all are ready, then does its work at the same moment as the others,
# round after round; prints what came of each step, and an error of ours as its sentence.
VIEWER = """
import json, sys, time
from pathlib import Path
from core.datasets import prepare
from core.datasets.ingest import import_folder, import_zip
from core.datasets.presets import recommended_spec
from core.errors import ThoraxLensError
from core.specs import RunSpec
from core.store import open_store
from core.workspace import Workspace

data, meeting, me, viewers, rounds = (Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
store = open_store(Workspace(data).create())

def meet(place):
    (meeting / f"{place}.{me}").touch()
    while len(list(meeting.glob(f"{place}.*"))) < viewers:
        time.sleep(0.002)

def step(name, work):
    meet(name)
    try:
        said = work()
    except ThoraxLensError as error:
        said = f"{type(error).__name__}: {error}"
    print(json.dumps([name, said]), flush=True)

def imported(report):
    return [report.source, report.records]

def prepared(name):
    spec = recommended_spec(store.catalogue, name, seed=0).changed(image_size=32)
    return prepare.save_dataset(store, prepare.plan(store.catalogue.frame(), spec)).name

def packed():
    with (data.parent / "clinic.zip").open("rb") as file:
        return imported(import_zip(store, file, "clinic.zip"))

def queued(name):
    return store.runs.create(RunSpec.build(dataset=name, model="cnn", epochs=1)).run_id

def looked():
    "What the pages do all the time."
    store.runs.all()
    for dataset in store.datasets.all():
        store.datasets.members(dataset.name)
    return [len(store.catalogue.frame()), len(store.catalogue.sources())]

step("folder", lambda: imported(import_folder(store, data.parent / "hospital")))
step("named", lambda: imported(import_folder(store, data.parent / "other", name=f"mine {me}")))
step("zip", packed)
step("look", looked)
for number in range(rounds):
    name = f"set {number}"
    step(f"prepare {number}", lambda: prepared(name))
    step(f"run {number}", lambda: queued(name))
    work = {0: lambda: store.datasets.delete(name), 1: looked}.get(me, lambda: queued(name))
    step(f"delete {number}", work)
    step(f"again {number}", lambda: prepared(name) if me else looked())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two collections of ten films each, and a zip of twelve; no film twice."""
    meetings = tmp_path / "meetings"
    meetings.mkdir()
    for first, name in ((0, "hospital"), (20, "other")):
        write(
            tmp_path / name,
            {f"{kind}/{seed}.png": film_bytes(first + seed) for seed, kind in enumerate(KINDS)},
        )
    with zipfile.ZipFile(tmp_path / "clinic.zip", "w") as archive:
        for seed, kind in enumerate(KINDS):
            archive.writestr(f"{kind}/{seed}.png", film_bytes(40 + seed))
    return tmp_path


KINDS = ("COVID", "Normal") * 6


def viewers(folder: Path) -> list[dict[str, Any]]:
    """What each viewer was told, step by step."""
    arguments = [str(folder / "data"), str(folder / "meetings")]
    counts = [str(PROCESSES), str(ROUNDS)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", VIEWER, *arguments, str(me), *counts],
            cwd=PROJECT_ROOT,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for me in range(PROCESSES)
    ]
    try:
        told = [process.communicate(timeout=200) for process in running]
    finally:
        for process in running:
            process.kill()
    for process, (_, errors) in zip(running, told, strict=True):
        assert process.returncode == 0, errors[-3000:]
    return [dict(json.loads(line) for line in out.splitlines()) for out, _ in told]


def test_nothing_is_lost_and_all_see_the_same(folder: Path) -> None:
    told = viewers(folder)
    store = open_store(Workspace(folder / "data"))
    # One folder and one zip by all at once: the same source for everybody, each film once.
    assert [one["folder"] for one in told] == [["hospital", len(KINDS)]] * PROCESSES
    assert [one["zip"] for one in told] == [["clinic", len(KINDS)]] * PROCESSES
    assert [one["look"] for one in told] == [[3 * len(KINDS), 3]] * PROCESSES
    assert store.catalogue.count() == 3 * len(KINDS)
    # One folder under three names: one of them counts, and the others are told which.
    [third] = {one.name for one in store.catalogue.sources()} - {"hospital", "clinic"}
    for one in told:
        if isinstance(one["named"], str):
            assert f"has just been imported as “{third}”" in one["named"]
        else:
            assert one["named"] == [third, len(KINDS)]
    for number in range(ROUNDS):
        check_round(told, store, number)


def check_round(told: list[dict[str, Any]], store: Store, number: int) -> None:
    name = f"set {number}"
    taken = (
        f"InputError: A data set called “{name}” exists already. "
        "Choose another name, or delete that one first."
    )
    made = Counter(one[f"prepare {number}"] for one in told)
    assert made == {name: 1, taken: PROCESSES - 1}
    runs = {one[f"run {number}"] for one in told}
    assert len(runs) == PROCESSES
    for run_id in runs:
        assert store.runs.get(run_id).spec.dataset == name
    assert told[0][f"delete {number}"] is None
    queued = told[2][f"delete {number}"]
    assert store.runs.get(queued).spec.dataset == name, "it says itself that its data set is gone"
    # Deleted, and prepared anew by one of two who tried at once.
    made = Counter(one[f"again {number}"] for one in told[1:])
    assert made == {name: 1, taken: PROCESSES - 2}
    assert store.datasets.get(name).counts["train"]


def test_a_store_that_is_open_sees_what_another_process_does(folder: Path) -> None:
    """Nothing that a server keeps in memory may outlive what it stands for."""
    mine = open_store(Workspace(folder / "data").create())
    before = mine.catalogue.version()
    script = """
import sys
from pathlib import Path
from core.datasets import prepare
from core.datasets.ingest import import_folder
from core.datasets.presets import recommended_spec
from core.store import open_store
from core.workspace import Workspace
store = open_store(Workspace(Path(sys.argv[1])))
if sys.argv[2] == "make":
    import_folder(store, Path(sys.argv[1]).parent / "hospital")
    spec = recommended_spec(store.catalogue, "theirs", seed=0).changed(image_size=32)
    prepare.save_dataset(store, prepare.plan(store.catalogue.frame(), spec))
else:
    store.datasets.delete("theirs")
"""
    for act in ("make", "delete"):
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, str(folder / "data"), act],
            cwd=PROJECT_ROOT, check=True,
        )  # fmt: skip
        if act == "make":
            assert mine.catalogue.version() != before
            assert mine.catalogue.count() == len(KINDS)
            assert len(mine.datasets.members("theirs")) > 0
    with pytest.raises(NotFoundError, match="no data set called “theirs”"):
        mine.datasets.members("theirs")
