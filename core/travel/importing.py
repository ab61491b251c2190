"""A run's file as a run of this data folder, which then is like one that was trained here, but for
its films."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from filelock import FileLock

from core.audit.report import AuditReport, audit_folder
from core.documents import Document
from core.errors import DamagedError, InputError, NotFoundError, SpecError, ThoraxLensError
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.external.result_file import ExternalRecord, ExternalResult, save_result
from core.files import ARRAY_DAMAGES
from core.gate.similarity import TrainingFilms
from core.models.registry import get_network
from core.models.weights import find_again, missing_again
from core.people.asking import asker, asks
from core.people.roles import Deed
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.learnt_films import LearntFilms, learnt_films_file
from core.runs.lr_range import LRRangeTest
from core.store import Run, RunOrigin, RunState, Store
from core.store.damaged import run_spec
from core.store.records import RunRecord, check_record, keep_record
from core.store.recovery import add_run
from core.travel import manifest
from core.travel.exporting import network_entries
from core.travel.head_files import write_arrays, write_head
from core.travel.manifest import Manifest, ZipEntry, content_of
from core.travel.run_file import RunFile, opened_run_file

D = TypeVar("D", bound=Document)
_FILM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLACE = re.compile(rf"{manifest.EXTERNAL}/\d+/")


@dataclass(frozen=True)
class Imported:
    """``is_new``: whether it was not here before. ``missing``: why it cannot classify yet, a
    sentence or two with what to do; empty when it can."""

    run: Run
    is_new: bool
    missing: str = ""


@asks(Deed.TAKE_IN)
def import_run(
    store: Store, file: Path | BinaryIO, name: str, origin: RunOrigin | None = None
) -> Imported:
    """Take in the run that ``file`` holds, a path or an open upload; ``name`` is what sentences
    call it. Importing the same run again changes nothing and returns the run that is here.

    ``origin``: what the run is to be here, when it is no ordinary import (its ``content`` is
    filled in). Raises InputError for a file that cannot be used, see ``run_file.opened_run_file``.
    """
    with opened_run_file(file, name, store.workspace) as source:
        source.check_all()
        try:
            parts = _Parts(source)
        except SpecError as error:
            raise InputError(f"The run in {name} cannot be used here. {error}") from None
        # One at a time, so that two who import the same file get one run.
        with FileLock(store.workspace.root / "run-import.lock"):
            known = _known(store, source.table)
            run = known or _take_in(store, parts, origin)
    if known is None:
        store.deeds.note(f"took in run {run.run_id}")
    return Imported(run, known is None, missing_weights(store, run))


def missing_weights(store: Store, run: Run) -> str:
    """Why the frozen part of a run cannot be built here, and what to do; empty when it can."""
    try:
        config = RunConfig.load(RunFiles(store.workspace.run_folder(run.run_id)).config)
        network = get_network(config.model)
    except ThoraxLensError as error:
        return str(error)
    if not config.backbone_hash or config.weights == "random":
        return ""
    if find_again(store.workspace, network, config.weights) is not None:
        return ""
    return missing_again(store.workspace, network, config.weights)


class _Parts:
    """All that a run's file says, read and checked before anything is written."""

    def __init__(self, source: RunFile) -> None:
        self.table = source.table
        self.config = _document(source, manifest.CONFIG, RunConfig)
        self.record = check_record(_document(source, manifest.RECORD, RunRecord))
        self.films = _document(source, manifest.FILMS, LearntFilms)
        self.predictions = _predictions(source, manifest.PREDICTIONS)
        self.point = _optional(source, manifest.OPERATING_POINT, OperatingPoint)
        self.rates = _optional(source, manifest.RATES, LRRangeTest)
        self.audit = _optional(source, manifest.AUDIT, AuditReport)
        self.head = source.arrays(manifest.HEAD)
        self.tuned = source.arrays(manifest.TUNED)
        self.vectors = source.arrays(manifest.VECTORS)
        self.external = [
            (
                _document(source, f"{place}external.json", ExternalRecord),
                _predictions(source, f"{place}{manifest.PREDICTIONS}"),
            )
            for place in _places(source)
        ]
        self._fit()

    def _fit(self) -> None:
        """Raises SpecError when the parts do not belong together."""
        classes = self.config.classes
        spec = run_spec(json.dumps(self.record.spec))
        network = get_network(self.config.model)  # one that this version does not know says so
        network.check_shape(self.config.image_size, len(classes))
        fits = (
            self.record.state == RunState.DONE
            and bool(self.head)
            and spec.model == self.config.model
            and self.predictions.classes == classes == self.films.spec.class_names
            and all(set(of) == set(classes) for of in (self.films.counts, self.films.patients))
            and all(of.classes == classes for _, of in self.external)
            and bool(self.tuned) == bool(self.config.fine_tune)
        )
        if not fits:
            raise SpecError("Its parts do not belong together. Export the run again.")
        named = [
            self.predictions.film_ids.tolist(),
            list(self.films.groups),
            *(of.film_ids.tolist() for _, of in self.external),
            *([one.test_film, one.train_film] for one in (self.audit.pairs if self.audit else ())),
            self.vectors["film_ids"].tolist() if "film_ids" in self.vectors else [],
        ]
        # A film's id becomes part of a path where its picture is looked for.
        if not all(_FILM_ID.fullmatch(str(one)) for some in named for one in some):
            raise SpecError("It names films in a way that ThoraxLens does not. Export it again.")
        if self.vectors:
            try:
                TrainingFilms.from_arrays(self.vectors)
            except ARRAY_DAMAGES:
                raise SpecError(
                    "What it has learnt from cannot be read. Export it again."
                ) from None


def _known(store: Store, table: Manifest) -> Run | None:
    """The same run, if it is here: imported before, or the one that was exported."""
    for run in store.runs.all([RunState.DONE]):
        if run.origin.content == table.content:
            return run
        if run.run_id == table.run_id:
            files = RunFiles(store.workspace.run_folder(run.run_id))
            try:
                entries = network_entries(files)
            except InputError:
                continue
            if (
                content_of({name: ZipEntry.of(data) for name, data in entries.items()})
                == table.content
            ):
                return run
    return None


def _take_in(store: Store, parts: _Parts, origin: RunOrigin | None) -> Run:
    run_id = _free_id(store, parts.table.run_id)
    aside = store.workspace.root / "run-import"
    shutil.rmtree(aside, ignore_errors=True)  # of an import that was killed
    folder = store.workspace.run_folder(run_id)
    try:
        _write(parts, RunFiles(aside).create(), run_id)
        aside.rename(folder)
        try:
            run = add_run(store, _record(parts, run_id, origin))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for record, predictions in parts.external:
            _keep_external(store, parts, run, record, predictions)
        keep_record(store, run)
    except OSError as error:
        raise InputError(
            f"The run cannot be kept in {folder} ({error.strerror or error}). Make room there, or "
            "choose another data folder with --data."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return run


def _write(parts: _Parts, files: RunFiles, run_id: str) -> None:
    write_head(parts.head, files.weights)
    if parts.tuned:
        write_arrays(parts.tuned, files.tuned)
    if parts.vectors:
        write_arrays(parts.vectors, files.vectors)
    parts.predictions.save(files.predictions)
    parts.config.model_copy(update={"run_id": run_id}).save(files.config)
    parts.films.save(learnt_films_file(files.folder))
    if parts.point is not None:
        parts.point.save(files.operating_point)
    if parts.rates is not None:
        parts.rates.save(files.rates)
    if parts.audit is not None:
        basis = _basis(parts, files, parts.audit.basis)
        audit = parts.audit.model_copy(update={"run": run_id, "basis": basis})
        audit.save_in(audit_folder(files.folder))


def _keep_external(
    store: Store, parts: _Parts, run: Run, record: ExternalRecord, predictions: Predictions
) -> None:
    files = RunFiles(store.workspace.run_folder(run.run_id))
    result = ExternalResult(
        run=run.run_id,
        source=record.source,
        tested_at=record.tested_at,
        mapped=record.mapped,
        left_out=record.left_out,
        warnings=record.warnings,
        learnt_from=record.learnt_from,
        predictions=predictions,
        basis=_basis(parts, files, record.basis),
    )
    save_result(store.workspace, result)


def _basis(parts: _Parts, files: RunFiles, basis: dict[str, str]) -> dict[str, str]:
    """What a kept result rested on. The same predictions are another file here, and another file
    would look as if the run had been trained again."""
    if basis.get("answers") != parts.table.answers:
        return basis
    return {**basis, "answers": files.answers()}


def _record(parts: _Parts, run_id: str, origin: RunOrigin | None) -> RunRecord:
    brought = parts.record.origin
    kept = origin or brought.model_copy(update={"kind": "imported"})
    return parts.record.model_copy(
        update={
            "run_id": run_id,
            "who": asker().name,
            "dataset": None,
            "folders": (),
            "node": "",
            "origin": kept.model_copy(update={"content": parts.table.content}),
        }
    )


def _free_id(store: Store, wanted: str) -> str:
    """The id that the run had where it was trained, or one of the same time."""
    run_id = wanted
    while store.workspace.run_folder(run_id).exists() or _is_taken(store, run_id):
        run_id = f"{wanted[:-4]}{secrets.token_hex(2)}"
    return run_id


def _is_taken(store: Store, run_id: str) -> bool:
    try:
        store.runs.get(run_id)
    except DamagedError:
        return True
    except NotFoundError:
        return False
    return True


def _places(source: RunFile) -> list[str]:
    found = (_PLACE.match(name) for name in source.names(f"{manifest.EXTERNAL}/"))
    return sorted({one[0] for one in found if one})


def _predictions(source: RunFile, folder: str) -> Predictions:
    """Raises InputError."""
    parts = source.arrays(folder)
    try:
        classes, truth = parts["classes"], parts["truth"]
        if classes.ndim != 1 or truth.dtype.kind not in "iu":
            raise ValueError("no predictions")
        return Predictions(
            tuple(classes.tolist()),
            parts["film_ids"],
            parts["split"],
            truth,
            parts["probabilities"],
        )
    except ARRAY_DAMAGES:
        raise InputError(f"{folder} in {source.name} are no predictions of a run.") from None


def _optional(source: RunFile, name: str, kind: type[D]) -> D | None:
    return _document(source, name, kind) if name in source.table.entries else None


def _document(source: RunFile, name: str, kind: type[D]) -> D:
    """Raises InputError, also for one of a newer ThoraxLens."""
    return kind.from_json(source.text(name), f"{name} in {source.name}")
