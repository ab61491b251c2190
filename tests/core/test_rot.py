"""Rot in files that we keep: each is read whole, or not at all, with a sentence or as none."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from core.audit.report import AuditReport
from core.audit.report import Finding as AuditFinding
from core.errors import InputError, ThoraxLensError
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.external.result_file import ExternalResult, load_result, save_result
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.results import stored
from core.store.old_jobs import KeptJob
from core.store.records import damaged_file
from core.store.recovery import Recovery, recovered, recovery_note
from core.workspace import Workspace, open_workspace

FLIPS = 120
PREDICTIONS = Predictions(
    ("covid", "healthy"),
    np.array([f"{number:032x}" for number in range(40)]),
    np.array(["test"] * 40),
    np.arange(40) % 2,
    np.tile(np.array([[0.3, 0.7]], np.float32), (40, 1)),
)

Load = Callable[[], object]


def predictions(workspace: Workspace) -> tuple[Path, Load]:
    file = workspace.root / "predictions.npz"
    PREDICTIONS.save(file)
    return file, lambda: Predictions.load(file)


def point(workspace: Workspace) -> tuple[Path, Load]:
    file = workspace.root / "operating_point.json"
    OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=0.4,
        not_sure=(0.3, 0.5),
        temperature=1.2,
    ).save(file)
    return file, lambda: OperatingPoint.load_if_readable(file)


def audit(workspace: Workspace) -> tuple[Path, Load]:
    finding = AuditFinding(
        check="a",
        title="A",
        value=0.5,
        interval=(0.4, 0.6),
        level="caution",
        sentence="It is so.",
        details={"n": 1},
    )
    AuditReport(
        run="run",
        dataset="study",
        verdict="caution",
        sentence="Careful.",
        findings=(finding,),
        made_at=5.0,
    ).save_in(workspace.root)
    return workspace.root / "audit.json", lambda: AuditReport.load_from(workspace.root)


def external(workspace: Workspace) -> tuple[Path, Load]:
    said = ({"finding": "x", "films": 3},)
    result = ExternalResult("run", "away", 5.0, said, (), (), False, PREDICTIONS)
    save_result(workspace, result)
    (file,) = workspace.runs.rglob("external.json")
    return file, lambda: load_result(workspace, "run", "away")


def card(workspace: Workspace) -> tuple[Path, Load]:
    file = workspace.root / "run.json"
    RunConfig(
        run_id="run",
        model="cnn",
        classes=("covid", "healthy"),
        image_size=64,
        preprocessing="rescale",
        dropout=0.3,
        seed=0,
        weights="random",
        backbone_hash="",
    ).save(file)
    return file, lambda: RunConfig.load(file)


def job(workspace: Workspace) -> tuple[Path, Load]:
    file = workspace.root / "job.json"
    KeptJob(state="running", stage="Counting", done=3, total=9, began=5.0, pid=1).save(file)
    return file, lambda: KeptJob.load_if_readable(file)


def epoch(workspace: Workspace) -> tuple[Path, Load]:
    files = RunFiles(workspace.root)
    files.checkpoint.mkdir()
    (files.checkpoint / "epoch.json").write_text('{"epoch": 12}')
    return files.checkpoint / "epoch.json", files.resumes_after


def note(workspace: Workspace) -> tuple[Path, Load]:
    file = recovery_note(workspace)
    file.write_text(json.dumps({"at": 5.0, "runs": ["a"], "folders": ["/films"]}))
    assert recovered(workspace) == Recovery(at=5.0, runs=("a",), folders=("/films",))
    return file, lambda: recovered(workspace)


def record(workspace: Workspace) -> tuple[Path, Load]:
    file = workspace.root / "record.json"
    file.write_text(json.dumps({"files": {"head.weights.h5": "0" * 64}}))
    return file, lambda: damaged_file(workspace.root)


KINDS = (predictions, point, audit, external, card, job, epoch, note, record)


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_rot_in_a_file_never_comes_as_another_error(
    tmp_path: Path, make: Callable[[Workspace], tuple[Path, Load]]
) -> None:
    file, load = make(open_workspace(tmp_path / "data"))
    whole = file.read_bytes()
    load()
    rng = np.random.default_rng(0)
    odd = [b"", b"null", b"[]", b"{}", b"[1, 2]", b'"text"', b"\x00" * 64, whole[: len(whole) // 2]]
    for _ in range(FLIPS):
        changed = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            changed[place] = rng.integers(0, 256)
        odd.append(bytes(changed))
    if file.suffix == ".json":  # whole JSON with a value of another kind in one place
        fields = json.loads(whole)
        others: tuple[object, ...] = (None, "text", [], {}, [[1]], -1, 1e999, True)
        odd += [json.dumps({**fields, key: value}).encode() for key in fields for value in others]
    for damaged in odd:
        file.write_bytes(damaged)
        with suppress(ThoraxLensError):  # a sentence; anything else fails here
            load()


def test_a_damaged_result_is_told_from_none(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "data")
    for make in (audit, external):
        file, load = make(workspace)
        assert not stored(file, load, lambda _: "").unreadable
        file.write_bytes(b"{half")
        assert stored(file, load, lambda _: "").unreadable
        file.unlink()
        assert not stored(file, load, lambda _: "").unreadable


def test_damaged_predictions_are_told_with_their_place(tmp_path: Path) -> None:
    file, load = predictions(open_workspace(tmp_path / "data"))
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(InputError, match=r"cannot be read .*predictions\.npz"):
        load()
