"""A whole audit of a run with a small network: the command, its job, and what it leaves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from core.__main__ import main
from core.audit import networks, worker
from core.audit.audit_data import of_run
from core.audit.report import AuditReport, audit_folder
from core.audit.status import audit_job
from core.errors import InputError
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.models.build import build_model, save_head
from core.models.registry import BASELINE
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.reporter import Reporter
from core.store import Run, Store
from tests.core.audit.conftest import Make
from tests.core.runs.jobs_at_hand import at_once, carried_out, no_dispatcher, stand
from tests.pages.runs import make_dataset, make_run

SIZE = 32


@pytest.fixture
def finished(phantom_store: Store) -> Run:
    """A run whose CNN has its first weights, and which got every film right."""
    make_dataset(phantom_store, size=SIZE)
    run = make_run(phantom_store, "done")
    members = phantom_store.datasets.members("tiny")
    classes = phantom_store.datasets.get("tiny").spec.class_names
    files = RunFiles(phantom_store.workspace.run_folder(run.run_id)).create()
    truth = members["class_index"].to_numpy()
    Predictions(classes, members["film_id"], members["split"], truth, np.eye(2)[truth]).save(
        files.predictions
    )
    built = build_model(BASELINE, image_size=SIZE, classes=2, dropout=0.3, weights="random", seed=0)
    save_head(built, files.weights)
    RunConfig(
        run_id=run.run_id,
        model="cnn",
        classes=classes,
        image_size=SIZE,
        preprocessing="rescale",
        dropout=0.3,
        seed=0,
        weights="random",
        backbone_hash="",
    ).save(files.config)
    return run


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs do their work at once instead of in a process of their own."""
    return at_once(monkeypatch)


def test_a_run_is_audited_once_and_the_answer_kept(
    phantom_store: Store,
    finished: Run,
    in_this_process: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = str(phantom_store.workspace.root)
    command = ["audit", finished.run_id, "--json", "--data", root]
    # A threshold that calls every film positive: half of the test films, by that rule, are wrong.
    OperatingPoint(
        positive="covid", target_sensitivity=0.95, threshold=0, not_sure=(0, 0), temperature=1
    ).save(RunFiles(phantom_store.workspace.run_folder(finished.run_id)).operating_point)
    assert main(command) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    found = {one["check"]: one for one in document["findings"]}
    # Eight test films show nothing: that is never a clean bill.
    assert document["verdict"] == "caution"
    assert found["file_facts"]["level"] == "not_checked"
    assert found["shared_patients"]["value"] == 0
    for check in ("own_lungs_blacked_out", "own_middle_blacked_out"):
        assert 0 <= found[check]["interval"][0] <= found[check]["value"] <= 1
    assert 0 < found["heat_in_lungs"]["value"] < 1
    assert "MobileNetV2 with random weights" in found["untrained_network"]["sentence"]
    report = AuditReport.load_from(
        audit_folder(phantom_store.workspace.run_folder(finished.run_id))
    )
    assert report is not None
    assert report.sentence == document["sentence"]
    details = {one.check: one.details for one in report.findings}
    heat = details["heat_in_lungs"]
    assert heat["lungs"] == found["heat_in_lungs"]["value"]
    assert 0 < heat["random_lungs"] < 1
    # Phantoms have masks; border and corners are 2,160 and 400 of 9,216 places.
    assert (heat["films"], heat["own_masks"]) == (8, 8)
    assert 0.1 < heat["lungs_area"] < 0.5
    assert heat["edges_area"] == pytest.approx(2560 / 9216)
    # By the most probable class, as the untrained one, the run got all right; of eight films the
    # untrained one got a whole number.
    untrained = details["untrained_network"]
    assert (untrained["run_accuracy"], untrained["run_is_random"]) == (1, False)
    assert 8 * found["untrained_network"]["value"] == round(8 * found["untrained_network"]["value"])
    own = details["own_middle_blacked_out"]
    assert (own["test_films"], own["chance"]) == (8, 0.5)

    assert main(command) == 0
    assert json.loads(capsys.readouterr().out) == document
    assert in_this_process == ["audit"]


def test_a_network_that_is_gone_leaves_the_checks_on_films(
    phantom_store: Store, finished: Run
) -> None:
    folder = phantom_store.workspace.run_folder(finished.run_id)
    RunFiles(folder).weights.unlink()
    audit_folder(folder).mkdir()
    stand(audit_job(phantom_store, finished.run_id), "working")
    with Reporter(phantom_store, audit_job(phantom_store, finished.run_id).job_id) as tell:
        report = worker.audit(phantom_store, finished.run_id, tell)
    own = report.finding("own_network")
    assert own is not None
    assert own.level == "not_checked"
    assert "has no model to classify with" in own.sentence
    assert report.finding("class_by_source") is not None


def test_a_run_is_audited_as_its_films_were_dealt_out_to_it(
    phantom_store: Store, finished: Run
) -> None:
    files = RunFiles(phantom_store.workspace.run_folder(finished.run_id))
    predictions = Predictions.load(files.predictions)
    # The same films, dealt out otherwise: as when a data set was made anew under its name.
    with phantom_store.database.work(write=True) as work:
        work.execute("UPDATE dataset_films SET split = 'train'")
    material, data = of_run(phantom_store, finished, predictions)
    assert material.table["split"].tolist() == predictions.split.tolist()
    assert data.split.tolist() == predictions.split.tolist()


def test_a_run_is_not_audited_on_another_data_set_of_the_same_name(
    phantom_store: Store, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_dispatcher(monkeypatch)
    with phantom_store.database.work(write=True) as work:
        work.execute("UPDATE dataset_films SET position = position + 1000 WHERE position = 0")
    job = audit_job(phantom_store, finished.run_id)
    assert carried_out(job, run=finished.run_id) == 0
    status = job.status()
    assert status.state == "failed"
    assert status.reason.startswith("The data set “tiny” has other films than this run")


def test_only_a_finished_run_is_audited(
    phantom_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(phantom_store, "training")
    root = str(phantom_store.workspace.root)
    assert main(["audit", run.run_id, "--json", "--data", root]) == InputError.exit_code
    assert "only a finished run can be audited" in json.loads(capsys.readouterr().out)["error"]


def test_a_network_is_shown_a_hundred_test_films_as_many_of_each_class_as_can_be(
    make: Make,
) -> None:
    def shown(films: int, healthy: int) -> list[int]:
        labels = np.where(np.arange(films) >= films - healthy, 1, 0)
        material = make(films // 2, split="test", label=labels)
        rows = networks._some(material)
        assert rows.tolist() == sorted(rows.tolist())
        counts: list[int] = np.bincount(material.labels[rows], minlength=2).tolist()
        return counts

    assert shown(100, 30) == [70, 30]
    assert shown(102, 30) == [70, 30]
    assert shown(160, 70) == [50, 50]


def test_the_share_of_heat_is_that_of_its_place() -> None:
    where = np.zeros((3, 96, 96), bool)
    where[:, :, :24] = True
    even = np.ones((12, 12), np.float32)
    left = np.zeros((12, 12), np.float32)
    left[:, :2] = 1
    shares = networks._shares(np.stack([even, left, 0 * even]), where)
    assert shares[0] == pytest.approx(0.25)
    assert shares[1] == pytest.approx(1)
    assert np.isnan(shares[2])


def test_heat_is_averaged_over_patients() -> None:
    """0.3 of one and 0.6 of the other: 0.45, and a standard error of 0.15."""
    shares = np.array([0.2, 0.4, 0.6, np.nan])
    mean, (low, high) = networks._patient_mean(shares, np.array(["a", "a", "b", "c"]))
    assert (mean, low, high) == pytest.approx((0.45, 0.45 - 1.959964 * 0.15, 0.45 + 0.2939946))
    assert networks._patient_mean(shares[3:], np.array(["c"])) == (0.0, (0.0, 1.0))
    wide = networks._patient_mean(np.array([0.0, 1.0]), np.array(["a", "b"]))
    assert wide == (0.5, (0.0, 1.0))
