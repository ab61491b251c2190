"""models, devices, train, runs, stop, resume, delete: the training queue."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from core.commands.command import Command, Outcome, open_default_store, renamed, say, table
from core.documents import Json
from core.errors import Cancelled, TrainingError
from core.evaluation.headline import by_rule, headline
from core.models.learnt import learnt_short, weights_source
from core.models.network import STUDY_SIZE
from core.models.registry import NETWORKS
from core.models.weight_sources import PUBLISHED
from core.runs import launcher
from core.runs.devices import list_devices
from core.runs.files import RunFiles
from core.specs import AugmentSpec, HeadKind, RepeatKind, RunSpec
from core.store import FINISHED, Run, RunState, Store

UNREADABLE = "unreadable"  # in place of a state, for a run of which no more can be said


def _nothing(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


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
            return _follow_all(store, runs, wait=not options.no_wait)
    run = launcher.launch(store, _run_spec(options))
    say(f"{run.run_id}: queued")
    return _follow(store, run, wait=not options.no_wait)


def _follow(store: Store, run: Run, *, wait: bool) -> Outcome:
    """Wait for a run to end, telling its epochs as they come; Ctrl-C stops the run."""
    if wait:
        try:
            run = _wait(store, run.run_id)
        except KeyboardInterrupt:
            say("Stopping the run …")
            launcher.stop(store, run.run_id)
            run = _wait(store, run.run_id)
    document = run_document(store, run)
    if run.state == RunState.CANCELLED:
        raise Cancelled(f"{run.run_id} was stopped. `resume {run.run_id}` goes on with it.")
    if run.state in (RunState.FAILED, RunState.INTERRUPTED):
        raise TrainingError(f"{run.run_id} {run.state}: {run.reason}")
    return Outcome(document, table([_summary(store, run)]))


def _follow_all(store: Store, runs: list[Run], *, wait: bool) -> Outcome:
    """Wait for repeats to end, one after the other; Ctrl-C stops them all. A repeat that
    failed keeps the others from nothing, and shows in the exit code."""
    if wait:
        try:
            for run in runs:
                say(f"{run.run_id}, {run.repeat}:")
                _wait(store, run.run_id)
        except KeyboardInterrupt:
            say("Stopping the runs …")
            assert runs[0].spec.repeat is not None
            launcher.stop_group(store, runs[0].spec.repeat.group)
            for run in runs:
                _wait(store, run.run_id)
    runs = [store.runs.get(run.run_id) for run in runs]
    for run in runs:
        if run.state in FINISHED and run.state != RunState.DONE:
            say(f"{run.run_id}, {run.repeat}, {run.state}: {run.reason}")
    code = 0
    if any(run.state == RunState.CANCELLED for run in runs):
        code = Cancelled.exit_code
    if any(run.state in (RunState.FAILED, RunState.INTERRUPTED) for run in runs):
        code = TrainingError.exit_code
    repeats = GroupDocument.of(store, runs)
    document = repeats.as_dict()
    text = "\n\n".join([table([_summary(store, run) for run in runs]), _spread(repeats)])
    return Outcome(document, text, code)


@dataclass(frozen=True)
class GroupDocument:
    """Repeats as train prints them. ``numbers``: mean, sd, min and max of what the finished ones
    reached on their test films, each by measure; None until there are any."""

    group: str
    kind: str
    count: int
    finished: int
    numbers: dict[str, dict[str, float | None]]
    runs: list[Json]

    @classmethod
    def of(cls, store: Store, runs: list[Run]) -> GroupDocument:
        # Only here: it needs pandas, and most of these commands are over before that is loaded.
        from core.evaluation.decision import decided
        from core.evaluation.repeats import (
            LOSS,
            METRICS,
            Repeats,
            evaluate_repeats,
            repeats_document,
        )

        repeat = runs[0].spec.repeat
        assert repeat is not None
        done = [run for run in runs if run.state == RunState.DONE]
        numbers: dict[str, dict[str, float | None]] = {
            name: dict.fromkeys((*METRICS, LOSS)) for name in ("mean", "sd", "min", "max")
        }
        if done:
            loaded = [(run, decided(_files(store, run))) for run in done]
            numbers = repeats_document(evaluate_repeats(Repeats(tuple(loaded))))
        documents = [run_document(store, run) for run in runs]
        return cls(repeat.group, repeat.kind, repeat.count, len(done), numbers, documents)

    def as_dict(self) -> Json:
        """As the JSON that train prints."""
        return {
            "group": self.group,
            "kind": self.kind,
            "count": self.count,
            "finished": self.finished,
            **self.numbers,
            "runs": self.runs,
        }


def _spread(group: GroupDocument) -> str:
    """The group's name, and mean and standard deviation of what its finished runs reached."""
    said = f"{group.group}: {group.finished} of {group.count} {group.kind} finished"
    rows = [
        {"test films": name.replace("_", " "), "mean": mean, "sd": group.numbers["sd"][name]}
        for name, mean in group.numbers["mean"].items()
        if mean is not None
    ]
    return f"{said}\n{table(rows)}" if rows else said


def _files(store: Store, run: Run) -> RunFiles:
    return RunFiles(store.workspace.run_folder(run.run_id))


def _wait(store: Store, run_id: str) -> Run:
    told = 0
    while True:
        run = store.runs.get(run_id)
        epochs = store.runs.finished_epochs(run_id)
        for one in epochs[told:]:
            told_of = {
                "loss": one.loss,
                "accuracy": one.accuracy,
                "validation accuracy": one.val_accuracy,
            }
            # A loss that diverged, and validation without films, have no number.
            numbers = [f"{what} {n:.4f}" for what, n in told_of.items() if n is not None]
            say(", ".join([f"epoch {one.epoch}: {one.seconds:.2f} s", *numbers]))
        told = len(epochs)
        if run.state in FINISHED:
            return run
        launcher.refresh(store)
        time.sleep(0.3)


def run_document(store: Store, run: Run) -> Json:
    """One run as the JSON that train, runs and resume print; its results as ``by_rule`` has
    them."""
    return {
        "run": run.run_id,
        "state": run.state,
        "reason": run.reason,
        "origin": run.origin.kind,
        "title": run.origin.title,
        "licence": run.origin.licence,
        "artificial": run.origin.artificial,
        "note": run.origin.note,
        "dataset": run.spec.dataset,
        "model": run.spec.model,
        "weights_source": weights_source(run.spec),
        "device": run.device,
        "spec": run.spec.as_dict(),
        "progress": run.progress.as_dict(),
        **run.result,
        **(by_rule(_files(store, run), run.result) if run.state == RunState.DONE else {}),
    }


def _summary(store: Store, run: Run) -> Json:
    found = headline(_files(store, run), run.result)
    return {
        "run": run.run_id,
        "repeat": run.repeat,
        **({"title": run.origin.title} if run.origin.title else {}),
        **({"origin": run.origin.mark} if run.origin.mark else {}),
        "state": run.state,
        "data set": run.spec.dataset,
        "model": run.spec.model,
        "weights": learnt_short(run.spec),
        "test accuracy": found.accuracy,
        "sensitivity": found.sensitivity,
        "called": found.rule if found.accuracy is not None else None,
        "s/epoch": run.result.get("seconds_per_epoch"),
        "reason": run.reason,
    }


def _runs(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    launcher.refresh(store)
    runs = store.runs.all()
    damaged = store.runs.damaged()
    documents = [run_document(store, run) for run in runs]
    documents += [{"run": one.name, "state": UNREADABLE, "reason": one.reason} for one in damaged]
    rows = [_summary(store, run) for run in runs]
    rows += [{"run": one.name, "state": UNREADABLE, "reason": one.reason} for one in damaged]
    return Outcome(documents, table(rows))


def _one_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's id, as `runs` prints it")


def _resume_arguments(parser: argparse.ArgumentParser) -> None:
    _one_run(parser)
    parser.add_argument("--no-wait", action="store_true", help="queue it and return at once")


def _stop(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    store.runs.get(options.run)
    launcher.stop(store, options.run)
    run = store.runs.get(options.run)
    if run.is_active:
        run = _wait(store, options.run)
    return Outcome(run_document(store, run), f"{run.run_id}: {run.state}")


def _resume(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    store.runs.get(options.run)
    launcher.resume(store, options.run)
    return _follow(store, store.runs.get(options.run), wait=not options.no_wait)


def _delete(options: argparse.Namespace) -> Outcome:
    launcher.delete(open_default_store(), options.run)
    return Outcome({"deleted": options.run}, f"Deleted {options.run}.")


COMMANDS = {
    "models": Command(_nothing, _models),
    "devices": Command(_nothing, _devices),
    "train": Command(_train_arguments, _train),
    "runs": Command(_nothing, _runs),
    "stop": Command(_one_run, _stop),
    "resume": Command(_resume_arguments, _resume),
    "delete-run": Command(_one_run, _delete),
}
