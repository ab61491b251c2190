"""models, devices, train: what can be trained on what, and a new run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from core.commands.command import Command, Outcome, nothing, open_default_store, renamed, say, table
from core.commands.following import follow, follow_all
from core.documents import Json
from core.models.network import STUDY_SIZE
from core.models.registry import NETWORKS
from core.models.weight_sources import PUBLISHED
from core.runs import launcher
from core.runs.devices import list_devices
from core.specs import AugmentSpec, HeadKind, RepeatKind, RunSpec


def _models(options: argparse.Namespace) -> Outcome:
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "total_params": one.counts().total,
            "trainable_params": one.counts().trainable,
            "input_size": STUDY_SIZE,
            "preprocessing": one.preprocessing,
            "citation": one.citation,
        }
        for one in NETWORKS.values()
    ]
    return Outcome(rows, table([{k: row[k] for k in list(row)[:6]} for row in rows]))


def _devices(options: argparse.Namespace) -> Outcome:
    rows = [
        {"id": one.id, "name": one.name, "memory_total": one.memory_total} for one in list_devices()
    ]
    return Outcome(rows, table(rows))


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="NAME", help="a prepared data set")
    parser.add_argument("--model", required=True, choices=list(NETWORKS))
    parser.add_argument("--weights", help="imagenet, chest, random or a weights file")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--optimizer", choices=["nadam", "adam", "sgd", "rmsprop"])
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--schedule", choices=["constant", "cosine"], help="of the learning rate")
    parser.add_argument(
        "--find-learning-rate", action="store_true", help="try many first, train with the best"
    )
    parser.add_argument("--dropout", type=float)
    parser.add_argument("--no-augment", action="store_true", help="train on the films as they are")
    parser.add_argument(
        "--augmented-copies",
        type=int,
        metavar="N",
        help="augmented copies of each training film that a frozen network learns from, too",
    )
    renamed(parser, "--views", "--augmented-copies", type=int)
    parser.add_argument(
        "--vector-blocks",
        type=int,
        metavar="N",
        help="the head gets the vectors of the last N blocks (EfficientNet-Lite)",
    )
    parser.add_argument(
        "--head",
        choices=get_args(HeadKind),
        help="dense: with a hidden layer, as in the study; linear: a logistic regression",
    )
    parser.add_argument("--l2", type=float, metavar="PENALTY", help="on the weights of the head")
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="augment by mirroring left and right only; a frozen network sees mirrored films with "
        "--augmented-copies",
    )
    parser.add_argument(
        "--fine-tune", type=int, metavar="BLOCKS", help="blocks that learn too, after the head"
    )
    parser.add_argument("--fine-tune-epochs", type=int, metavar="N")
    parser.add_argument("--fine-tune-learning-rate", type=float, metavar="RATE")
    parser.add_argument("--early-stopping", type=int, metavar="PATIENCE", help="in epochs")
    parser.add_argument("--class-weighting", action="store_true")
    parser.add_argument("--device", help="auto, cpu or gpu:N")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--preprocessing", choices=["model", "rescale"])
    parser.add_argument("--seed", type=int)
    repeats = parser.add_mutually_exclusive_group()
    repeats.add_argument("--seeds", type=int, metavar="N", help="train N times, with other seeds")
    repeats.add_argument(
        "--folds", type=int, metavar="K", help="train K times, on folds grouped by patient"
    )
    parser.add_argument("--no-cache", action="store_true", help="compute all afresh, keep nothing")
    parser.add_argument("--no-wait", action="store_true", help="queue it and return at once")


def _run_spec(options: argparse.Namespace) -> RunSpec:
    given: Json = {
        key: getattr(options, key)
        for key in (
            "weights",
            "epochs",
            "batch_size",
            "optimizer",
            "learning_rate",
            "schedule",
            "dropout",
            "augmented_copies",
            "vector_blocks",
            "head",
            "l2",
            "fine_tune",
            "fine_tune_epochs",
            "fine_tune_learning_rate",
            "early_stopping",
            "device",
            "image_size",
            "preprocessing",
            "seed",
        )
        if getattr(options, key) is not None
    }
    weights = str(given.get("weights", NETWORKS[options.model].default_weights))
    if weights not in (*PUBLISHED, "random"):
        # The worker runs elsewhere: a relative path must not depend on where it does.
        weights = str(Path(weights).expanduser().resolve())
    given["weights"] = weights
    if options.no_augment:
        given["augment"] = None
    elif options.mirror:
        given["augment"] = AugmentSpec(rotation=0, zoom=0, shift=0)
    return RunSpec.build(
        dataset=options.dataset,
        model=options.model,
        class_weighting=options.class_weighting,
        find_learning_rate=options.find_learning_rate,
        cache=not options.no_cache,
        **given,
    )


def _train(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    for kind in get_args(RepeatKind):
        count = getattr(options, kind)
        if count is not None:
            runs = launcher.launch_repeats(store, _run_spec(options), kind, count)
            say(f"{', '.join(run.run_id for run in runs)}: queued")
            return follow_all(store, runs, wait=not options.no_wait)
    run = launcher.launch(store, _run_spec(options))
    say(f"{run.run_id}: queued")
    return follow(store, run, wait=not options.no_wait)


COMMANDS = {
    "models": Command(nothing, _models),
    "devices": Command(nothing, _devices),
    "train": Command(_train_arguments, _train),
}
