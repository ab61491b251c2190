"""A finished run on the phantoms of a store, with all that can hang on one."""

from __future__ import annotations

import numpy as np

from core.audit.report import AuditReport, Finding, LeakPair, audit_folder
from core.audit.status import audit_basis
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import recommended_spec
from core.evaluation.operating_point import choose_operating_point
from core.evaluation.predictions import Predictions
from core.external.result_file import ExternalResult, save_result
from core.models.registry import get_network
from core.people.asking import Somebody, acting_as
from core.people.roles import Role
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import (
    Epoch,
    Run,
    RunResult,
    RunState,
    SplitNumbers,
    Store,
    keep_records,
)

NETWORK = "mobilenet"
SIZE = 32


def make_whole_run(store: Store, head: bytes, backbone_hash: str) -> Run:
    """A frozen network with random weights, an audit, a threshold and an external test. ``head``:
    the file of its head; ``backbone_hash``: of what is frozen."""
    spec = recommended_spec(store.catalogue, "tiny", seed=0).changed(image_size=SIZE)
    made = plan(store.catalogue.frame(), spec)
    save_dataset(store, made)
    films = store.datasets.members("tiny")
    with acting_as(Somebody("ana.ruiz@ward-7.example", Role.EDITOR, signed_in=True)):
        run = store.runs.create(RunSpec(dataset="tiny", model=NETWORK, weights="random", epochs=2))
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    files.weights.write_bytes(head)
    RunConfig(
        run_id=run.run_id,
        model=NETWORK,
        classes=spec.class_names,
        image_size=SIZE,
        preprocessing=get_network(NETWORK).preprocessing_for("model"),
        dropout=0.3,
        seed=0,
        weights="random",
        backbone_hash=backbone_hash,
    ).save(files.config)
    truth = films["class_index"].to_numpy(dtype=np.int64)
    positive = np.random.default_rng(1).uniform(0.05, 0.6, len(truth)) + 0.35 * (truth == 0)
    predictions = Predictions(
        spec.class_names,
        films["film_id"].to_numpy(),
        films["split"].to_numpy(),
        truth,
        np.stack([positive, 1 - positive], axis=1),
    )
    predictions.save(files.predictions)
    choose_operating_point(predictions, by="person").save(files.operating_point)
    store.runs.save_epoch(run.run_id, Epoch(1, 0.7, 0.6, 0.8, 0.5, 1e-3, 2.0))
    store.runs.transition(
        run.run_id,
        RunState.DONE,
        node="ward-7",
        finished_at=1_780_000_000.0,
        result=RunResult(
            epochs=1,
            best_epoch=1,
            total_params=3_300_000,
            trainable_params=65_000,
            seconds_per_epoch=2.0,
            test=SplitNumbers(accuracy=0.75, loss=0.5),
        ),
    )
    run = store.runs.get(run.run_id)
    ids = predictions.film_ids
    AuditReport(
        run=run.run_id,
        dataset="tiny",
        verdict="caution",
        sentence="Be careful. It was made from /home/ann.meier/films/scan.png on 1/2 of the films.",
        findings=(
            Finding(
                check="leaks", title="Leaks", value=0.5, interval=(0.2, 0.8), level="caution",
                sentence="Some are alike.", details={"films": 2},
            ),
        ),
        pairs=(
            LeakPair(
                kind="duplicate", test_film=ids[0], train_film=ids[1], test_class="covid",
                train_class="covid", likeness=0.99,
            ),
        ),
        made_at=1_780_000_100.0,
        basis=audit_basis(store, run),
    ).save_in(audit_folder(files.folder))  # fmt: skip
    save_result(
        store.workspace,
        ExternalResult(
            run=run.run_id,
            source="Other hospital",
            tested_at=1_780_000_200.0,
            mapped=({"finding": "COVID-19", "class": "covid", "films": 4},),
            left_out=(
                {"reason": "no finding is recorded", "films": 2},
                {"reason": "meier-ann-1959.png is cut short.", "films": 1},
            ),
            warnings=(),
            learnt_from=False,
            predictions=Predictions(
                spec.class_names,
                [f"{number:032x}" for number in range(8)],
                ["external"] * 8,
                [0, 1] * 4,
                [[0.9, 0.1], [0.2, 0.8]] * 4,
            ),
            basis={"answers": files.answers(), "films": "0" * 64},
        ),
    )
    keep_records(store)
    return run
