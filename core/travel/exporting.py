"""One finished run as a file that another data folder can import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.audit.report import AuditReport
from core.card.facts import Facts, gather_facts
from core.card.html import to_html
from core.card.sections import model_card
from core.documents import Document, Json
from core.errors import InputError
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.external.result_file import FILE as EXTERNAL_FILE
from core.external.result_file import ExternalRecord
from core.gate.similarity import training_films
from core.models.weights import file_name_of
from core.people.asking import asks
from core.people.roles import Deed
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.lr_range import LRRangeTest
from core.store import Run, Store
from core.store.records import RunRecord, damaged_file, run_record
from core.travel import manifest, private
from core.travel.arrays import ENDING, array_bytes
from core.travel.head_files import head_arrays, tuned_arrays
from core.travel.manifest import Manifest
from core.travel.run_file import write_run_file

SUFFIX = ".zip"


@dataclass(frozen=True)
class Exported:
    """``bytes``: of the file. ``left_out``: what a reader of it will miss, plain sentences."""

    path: Path
    bytes: int
    table: Manifest
    left_out: tuple[str, ...]


@asks(Deed.EXPORT)
def export_run(
    store: Store,
    run_id: str,
    path: Path,
    *,
    vectors: bool = True,
    onnx: bytes | None = None,
) -> Exported:
    """Write a finished run to ``path``; the same run gives the same file.

    ``vectors``: put the descriptors in that *unlike training* needs. ``onnx``: the network for
    other programs (``core.travel.onnx_file``). Raises NotFoundError or InputError for a run that
    is not there, not finished or damaged, or for a path that cannot be written.
    """
    entries, run, left_out = run_entries(store, run_id, vectors=vectors)
    if onnx is not None:
        entries[manifest.NETWORK] = onnx
    files = RunFiles(store.workspace.run_folder(run.run_id))
    try:
        table = write_run_file(path, entries, run.run_id, files.answers())
        size = path.stat().st_size
    except OSError as error:
        raise InputError(
            f"The run cannot be written to {path} ({error.strerror or error}). Choose another file."
        ) from error
    return Exported(path, size, table, left_out)


def run_entries(
    store: Store, run_id: str, *, vectors: bool = True
) -> tuple[dict[str, bytes], Run, tuple[str, ...]]:
    """Each entry of the run's file, the run, and what is missing. Raises as ``export_run``."""
    facts = _fit_to_travel(gather_facts(store, run_id))
    run, files = facts.run, RunFiles(store.workspace.run_folder(run_id))
    changed = damaged_file(files.folder)
    if changed is not None:
        raise InputError(
            f"{changed.name} of the run {run_id} is not what it was when the run ended, so it is "
            "not exported. Put a copy of it back, or train the run again."
        )
    if facts.films is None:
        raise InputError(
            f"The data set of the run {run_id} was deleted, so nobody can say what its classes "
            "mean. Make the data set again under its name, or train another run."
        )
    entries = network_entries(files)
    entries |= {
        manifest.RECORD: _json(_record(store, run, facts)),
        manifest.FILMS: _json(facts.films),
        manifest.CARD: to_html(model_card(facts)).encode(),
    }
    kept: tuple[tuple[str, Document | None], ...] = (
        (manifest.OPERATING_POINT, OperatingPoint.load_if_readable(files.operating_point)),
        (manifest.RATES, LRRangeTest.load_if_readable(files.rates)),
        (manifest.AUDIT, facts.audited.result),
    )
    entries |= {name: _json(document) for name, document in kept if document is not None}
    entries |= _external_entries(files.folder)
    left_out = []
    films = training_films(store.workspace, files) if vectors else None
    if films is not None:
        entries |= _arrays(manifest.VECTORS, films.to_arrays())
    else:
        left_out.append("It cannot say which films are unlike those of its training.")
    if manifest.AUDIT not in entries:
        left_out.append("It has not been audited.")
    return entries, run, tuple(left_out)


def network_entries(files: RunFiles) -> dict[str, bytes]:
    """What the network has learnt and said of its films, by which a run is known everywhere
    (``Manifest.content``), and how it is built. Raises NotFoundError or InputError."""
    card = RunConfig.load(files.config)
    config = card.model_copy(update={"weights": file_name_of(card.weights)})
    return {
        manifest.CONFIG: _json(config),
        **_arrays(manifest.HEAD, head_arrays(files.weights)),
        **_arrays(manifest.TUNED, tuned_arrays(files.tuned)),
        **_predictions(manifest.PREDICTIONS, Predictions.load(files.predictions)),
    }


def _fit_to_travel(facts: Facts) -> Facts:
    """The same without paths of this machine."""
    run, card, audited = facts.run, facts.card, facts.audited
    report = audited.result
    if report is not None:
        fields = private.without_paths(json.loads(report.to_json()))
        report = AuditReport.from_json(json.dumps(fields))
    spec = run.spec.changed(weights=file_name_of(run.spec.weights))
    return replace(
        facts,
        run=replace(run, spec=spec),
        card=card.model_copy(update={"weights": file_name_of(card.weights)}),
        audited=replace(audited, result=report),
    )


def _record(store: Store, run: Run, facts: Facts) -> RunRecord:
    record = run_record(store, run)
    origin = run.origin
    if origin.artificial is None and facts.films is not None:
        drawn = {one.name for one in store.catalogue.sources() if one.artificial}
        sources = set(facts.films.sources)
        if sources:
            origin = origin.model_copy(update={"artificial": bool(sources & drawn)})
    # What the run is called goes along; tags and notes are of those who work here.
    origin = origin.model_copy(update={"title": run.called})
    return record.model_copy(
        update={
            "spec": json.loads(run.spec.to_json()),
            "files": {},
            "dataset": None,
            "folders": (),
            "origin": origin,
            "node": "",  # the name of a machine here is nobody else's affair
            "who": "",  # nor is a colleague’s address
        }
    )


def _external_entries(folder: Path) -> dict[str, bytes]:
    """Each external test that can be read, by a number: a source's name is the record's affair."""
    entries: dict[str, bytes] = {}
    for number, file in enumerate(sorted((folder / "external").glob(f"*/{EXTERNAL_FILE}"))):
        record = ExternalRecord.load_if_readable(file)
        if record is None:
            continue
        try:
            predictions = Predictions.load(file.with_name("predictions.npz"))
        except InputError:
            continue
        place = f"{manifest.EXTERNAL}/{number}"
        left_out = tuple(private.reasons_without_names([dict(one) for one in record.left_out]))
        entries[f"{place}/external.json"] = _json(record.model_copy(update={"left_out": left_out}))
        entries |= _predictions(f"{place}/{manifest.PREDICTIONS}", predictions)
    return entries


def _predictions(folder: str, one: Predictions) -> dict[str, bytes]:
    parts = {
        "classes": np.array(one.classes, dtype=str),
        "film_ids": one.film_ids,
        "split": one.split,
        "truth": one.y_true,
        "probabilities": one.probabilities,
    }
    return _arrays(folder, parts)


def _arrays(folder: str, arrays: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    return {f"{folder}/{name}{ENDING}": array_bytes(one) for name, one in arrays.items()}


def _json(document: Document) -> bytes:
    fields: Json = private.without_paths(json.loads(document.to_json()))
    return json.dumps(fields, ensure_ascii=False, indent=1).encode()
