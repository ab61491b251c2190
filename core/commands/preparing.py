"""prepare, datasets, export: from the catalogue to a data set."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from core.commands.command import (
    Command,
    Outcome,
    ProgressLine,
    nothing,
    open_default_store,
    renamed,
    say,
    table,
)
from core.datasets.export import export_tree
from core.datasets.own_classes import own_classes
from core.datasets.prepare import in_two_classes, plan, plan_document, save_dataset
from core.datasets.presets import KINDS, preset
from core.datasets.removing import delete_dataset
from core.documents import Json
from core.errors import DamagedError, SpecError
from core.names import name_key
from core.specs import SPLITS, DatasetSpec
from core.store import UNFINISHED, Store, StoredDataset
from core.text import count


def _prepare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what to call the data set")
    parser.add_argument("--preset", choices=list(KINDS), help="recommended, unless told otherwise")
    parser.add_argument("--positive", metavar="FINDING", help="finding of the positive class")
    parser.add_argument("--negative", metavar="FINDING", help="finding of the negative class")
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        metavar="NAME=FINDINGS",
        help="a class of your own, the positive one first: 'heart=Cardiomegaly,not Edema' has any "
        "of the first and none of what follows “not”; 'rest=not Cardiomegaly'; 'mass=only Mass' "
        "has no other finding; 'both=Mass+Nodule' has both (repeat it for each class)",
    )
    parser.add_argument("--view", help="keep films of this view, where views are recorded")
    parser.add_argument(
        "--split-by", choices=["study", "patient"], help="how films are divided into splits"
    )
    renamed(parser, "--split", "--split-by", choices=["study", "patient"])
    parser.add_argument("--balance", choices=["undersample", "class_weights", "none"])
    parser.add_argument("--image-size", type=int, help="pixels a side (default 224)")
    parser.add_argument("--seed", type=int, default=0)


def _prepare(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    spec = _spec(store, options)
    changes: Json = {
        key: value
        for key, value in (("balance", options.balance), ("image_size", options.image_size))
        if value is not None
    }
    if changes:
        spec = spec.changed(**changes)
    made = plan(store.catalogue.frame(), spec)
    for sentence in (
        in_two_classes(made.in_two_classes),
        *made.corrected_sentences,
        *made.warnings,
    ):
        if sentence:
            say(sentence)
    save_dataset(store, made, ProgressLine("films"))
    return Outcome(plan_document(made), table(_count_rows(spec.name, made.counts)))


def _spec(store: Store, options: argparse.Namespace) -> DatasetSpec:
    if options.classes:
        if options.preset or options.positive or options.negative:
            raise SpecError(
                "Classes of your own go without a preset and without a positive and a negative "
                "finding. Give --class once for each class."
            )
        return own_classes(
            store.catalogue,
            options.name,
            options.seed,
            options.classes,
            view=options.view,
            split_by=options.split_by,
        )
    return preset(
        options.preset or "recommended",
        store.catalogue,
        options.name,
        options.seed,
        positive=options.positive,
        negative=options.negative,
        view=options.view,
        split_by=options.split_by,
    )


def _count_rows(name: str, counts: dict[str, dict[str, int]]) -> list[Json]:
    classes = counts[SPLITS[0]]
    return [
        {"data set": name, "class": label} | {split: counts[split][label] for split in SPLITS}
        for label in classes
    ]


def _datasets(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    stored: list[StoredDataset] = store.datasets.all()
    document: list[Json] = [
        {
            "name": one.name,
            "created_at": one.created_at,
            "counts": one.counts,
            "spec": one.spec.as_dict(),
            "corrected": [film.model_dump() for film in one.corrected],
        }
        for one in stored
    ]
    rows = [row for one in stored for row in _count_rows(one.name, one.counts)]
    for bad in store.datasets.damaged():
        document.append(
            {"name": bad.name, "created_at": None, "counts": {}, "spec": None, "error": bad.reason}
        )
        say(bad.reason)
    return Outcome(document, table(rows))


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("folder", metavar="DIR", help="an empty or new folder")


def _export(options: argparse.Namespace) -> Outcome:
    folder = Path(options.folder)
    files = export_tree(open_default_store(), options.name, folder, ProgressLine("films"))
    told = f"{count(files, 'film')} written to {folder}."
    return Outcome({"files": files, "folder": str(folder.resolve())}, told)


def _delete_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")


def _delete(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    with suppress(DamagedError):  # one that cannot be read can be deleted all the same
        store.datasets.get(options.name)
    users = [
        run.run_id
        for run in store.runs.all(UNFINISHED)
        if name_key(run.spec.dataset) == name_key(options.name)
    ]
    if users:
        raise SpecError(f"“{options.name}” is in use by {', '.join(users)}. Stop those runs first.")
    delete_dataset(store, options.name)
    return Outcome({"deleted": options.name}, f"Deleted {options.name}; its films stay.")


COMMANDS = {
    "prepare": Command(_prepare_arguments, _prepare),
    "datasets": Command(nothing, _datasets),
    "export": Command(_export_arguments, _export),
    "delete-dataset": Command(_delete_arguments, _delete),
}
