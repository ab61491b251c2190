"""Runs and jobs while somebody waits for them at the terminal, and what is printed of each run."""

from __future__ import annotations

import time
from dataclasses import dataclass

from core.commands.command import Outcome, ProgressLine, say, table
from core.documents import Json
from core.errors import Cancelled, InputError, TrainingError
from core.evaluation.headline import by_rule, headline
from core.models.learnt import learnt_short, weights_source
from core.runs import launcher
from core.runs.files import RunFiles
from core.runs.jobs import STARTING, Job, JobStatus
from core.runs.upkeep import refresh
from core.store import FINISHED, Run, RunState, Store

LOOK_SECONDS = 0.1


def follow(store: Store, run: Run, *, wait: bool) -> Outcome:
    """Wait for a run to end, telling its epochs as they come; Ctrl-C stops the run."""
    if wait:
        try:
            run = wait_for(store, run.run_id)
        except KeyboardInterrupt:
            say("Stopping the run …")
            launcher.stop(store, run.run_id)
            run = wait_for(store, run.run_id)
    document = run_document(store, run)
    if run.state == RunState.CANCELLED:
        raise Cancelled(f"{run.run_id} was stopped. `resume {run.run_id}` goes on with it.")
    if run.state in (RunState.FAILED, RunState.INTERRUPTED):
        raise TrainingError(f"{run.run_id} {run.state}: {run.reason}")
    return Outcome(document, table([run_summary(store, run)]))


def follow_all(store: Store, runs: list[Run], *, wait: bool) -> Outcome:
    """Wait for repeats to end, one after the other; Ctrl-C stops them all. A repeat that
    failed keeps the others from nothing, and shows in the exit code."""
    if wait:
        try:
            for run in runs:
                say(f"{run.run_id}, {run.repeat}:")
                wait_for(store, run.run_id)
        except KeyboardInterrupt:
            say("Stopping the runs …")
            assert runs[0].spec.repeat is not None
            launcher.stop_group(store, runs[0].spec.repeat.group)
            for run in runs:
                wait_for(store, run.run_id)
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
    text = "\n\n".join([table([run_summary(store, run) for run in runs]), _spread(repeats)])
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


def wait_for(store: Store, run_id: str) -> Run:
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
        refresh(store)
        time.sleep(LOOK_SECONDS)


def run_document(store: Store, run: Run) -> Json:
    """One run as the JSON that train, runs and resume print; its results as ``by_rule`` has
    them."""
    return {
        "run": run.run_id,
        "state": run.state,
        "reason": run.reason,
        "origin": run.origin.kind,
        "by": run.who or None,
        "title": run.called,
        "licence": run.origin.licence,
        "artificial": run.origin.artificial,
        "note": run.origin.note,
        "star": run.remarks.star,
        "tags": list(run.remarks.tags),
        "notes": run.remarks.notes,
        "dataset": run.spec.dataset,
        "model": run.spec.model,
        "weights_source": weights_source(run.spec),
        "device": run.device,
        "node": run.node or None,
        "spec": run.spec.as_dict(),
        "progress": run.progress.as_dict(),
        **run.result.as_dict(),
        **(by_rule(_files(store, run), run.result) if run.state == RunState.DONE else {}),
    }


def run_summary(store: Store, run: Run) -> Json:
    found = headline(_files(store, run), run.result)
    return {
        "run": run.run_id,
        "repeat": run.repeat,
        **({"title": run.called} if run.called else {}),
        **({"star": "★"} if run.remarks.star else {}),
        **({"origin": run.origin.mark} if run.origin.mark else {}),
        "state": run.state,
        "data set": run.spec.dataset,
        "model": run.spec.model,
        "weights": learnt_short(run.spec),
        "test accuracy": found.accuracy,
        "sensitivity": found.sensitivity,
        "called": found.rule if found.accuracy is not None else None,
        "s/epoch": run.result.seconds_per_epoch,
        "reason": run.reason,
    }


def wait_for_job(job: Job, counted: str) -> JobStatus:
    """How the job ended; until then its place in the queue is said, and its count shown, called
    ``counted``. Ctrl-C ends the waiting, not the job."""
    line, told = ProgressLine(counted), ""
    while (status := job.status()).is_running:
        if status.state == RunState.QUEUED and status.stage not in (told, STARTING):
            told = status.stage
            say(told)
        if status.total:
            line(status.done, status.total, status.stage)
        time.sleep(LOOK_SECONDS)
    return status


def failure(status: JobStatus, sentence: str) -> InputError:
    """The error of a job that ended without a result, with the exit code that its own had."""
    error = InputError(sentence)
    error.exit_code = status.exit_code or InputError.exit_code
    return error
