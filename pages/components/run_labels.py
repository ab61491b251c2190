"""A run in plain words: its title, its state, what it is doing and for how much longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from core.escaping import markdown
from core.models.learnt import learnt_short
from core.models.registry import get_network, network_title
from core.store import Run, RunState
from core.text import NONE, capital, duration, percent
from core.version import node_name

__all__ = ["NONE", "capital", "duration"]  # a run is told with these too

if TYPE_CHECKING:  # every page has these words, the first one too, and names this type only
    import pandas as pd

STATE_WORDS = {
    RunState.QUEUED: "Waiting for its turn",
    RunState.PREPARING: "Getting ready",
    RunState.TRAINING: "Training",
    RunState.EVALUATING: "Testing",
    RunState.DONE: "Done",
    RunState.FAILED: "Failed",
    RunState.CANCELLED: "Stopped",
    RunState.INTERRUPTED: "Interrupted",
}
STATE_ICONS = {
    RunState.QUEUED: ":material/hourglass_empty:",
    RunState.PREPARING: ":material/pending:",
    RunState.TRAINING: ":material/model_training:",
    RunState.EVALUATING: ":material/fact_check:",
    RunState.DONE: ":material/check_circle:",
    RunState.FAILED: ":material/error:",
    RunState.CANCELLED: ":material/stop_circle:",
    RunState.INTERRUPTED: ":material/power_off:",
}
OPTIMIZERS = {"nadam": "Nadam", "adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}
# What the worker says it is doing (``core.runs.reporter.STAGES``), as a page says it.
_STAGE_WORDS = {
    "starting": "Loading the software",
    "weights": "Fetching pretrained weights",
    "films": "Reading films",
    "model": "Building {model}",
    "features": "Looking at films through {model}",
    "rates": "Trying learning rates",
    "training": "Training",
    "fine-tuning": "Fine-tuning",
    "evaluating": "Testing",
}
RESUMABLE = (RunState.FAILED, RunState.CANCELLED, RunState.INTERRUPTED)


def network(run: Run) -> str:
    """“VGG16 (photographs)”, “VGG16 (random weights)”, “CNN (from scratch)”."""
    return f"{network_title(run.spec.model)} ({learnt_short(run.spec)})"


def title(run: Run) -> str:
    """“VGG16 (photographs) on study”: the network, what its weights had learnt before, and the
    data set; of one of several repeats “… · seed 2 of 5”. A run that was named is called by
    its name; one that no person trained here says so: “… · starter”."""
    words = run.called or f"{network(run)} on {run.spec.dataset}"
    return " · ".join(filter(None, (words, run.repeat, run.origin.mark)))


def short_title(run: Run) -> str:
    """The title with the end of the id, which tells two runs of the same kind apart; without it
    where somebody here has named the run, since no two are called the same, and of a starter."""
    return title(run) if has_name_of_its_own(run) else f"{title(run)} · {run.run_id[-4:]}"


def has_name_of_its_own(run: Run) -> bool:
    """Whether its name tells it apart from all others."""
    return bool(run.remarks.title) or run.origin.kind == "starter"


def repeats_title(runs: Sequence[Run]) -> str:
    """“VGG16 (photographs) on study · 5 seeds”, of the finished runs of one group."""
    spec = runs[0].spec
    assert spec.repeat is not None
    named = runs[0].called or f"{network(runs[0])} on {spec.dataset}"
    return f"{named} · {spec.repeat.in_words(len(runs))}"


def short_repeats_title(runs: Sequence[Run]) -> str:
    """The title with the end of the group's name, like ``short_title`` of one run."""
    repeat = runs[0].spec.repeat
    assert repeat is not None
    named = repeats_title(runs)
    return named if runs[0].remarks.title else f"{named} · {repeat.group[-4:]}"


def escaped(text: object) -> str:
    """``text`` so that Markdown shows it as it is: names and reasons come from outside."""
    return markdown(text)


def stage(run: Run) -> str:
    """What the run is doing now, as one short sentence without its full stop."""
    if run.state == RunState.TRAINING and run.progress.epoch:
        told = run.progress.epochs or epochs(run)
        doing = _STAGE_WORDS.get(run.progress.stage, "Training")
        return f"{doing}: epoch {run.progress.epoch} of {told}"
    if run.is_active:
        words = _STAGE_WORDS.get(run.progress.stage, STATE_WORDS[run.state])
        words = words.format(model=network_title(run.spec.model))
        total = run.progress.total
        if total and run.progress.unit == "bytes":
            words += f" ({run.progress.done / 1e6:,.0f} of {total / 1e6:,.0f} MB)"
        elif total:
            words += f" ({run.progress.done:,} of {total:,})"
        return words
    return STATE_WORDS[run.state]


def epochs(run: Run) -> int:
    """How many epochs the run was asked for, fine-tuning included."""
    spec = run.spec
    tunes = spec.fine_tune and get_network(spec.model).can_fine_tune
    return spec.epochs + (spec.fine_tune_epochs if tunes else 0)


def fraction(run: Run) -> float | None:
    """How much of the present stage is over, 0 to 1; None when that is not known."""
    if run.is_active and run.progress.total:
        return _share(run.progress.done, run.progress.total)
    return None


def _share(done: float | None, total: float | None) -> float:
    return min(max(done / total, 0.0), 1.0) if done is not None and total else 0.0


def machine_words(run: Run) -> str:
    """“CPU” of this computer, “n1, CPU” of another; empty before it is known."""
    if not run.device or run.state == RunState.QUEUED:  # it has left its machine
        return ""
    return run.device if run.node in ("", node_name()) else f"{run.node}, {run.device}"


def seconds_left(run: Run, done: pd.DataFrame) -> float | None:
    """Seconds until the run ends: the worker's own estimate, of all of it where it can, else of the
    stage under way; else from the epochs so far."""
    told = run.progress.left_seconds
    if told is None:
        told = run.progress.eta_seconds
    if told is not None:
        return float(told)
    if run.state != RunState.TRAINING or done.empty:
        return None
    left = epochs(run) - int(done["epoch"].max())
    return left * float(done["seconds"].tail(5).mean())


def when(moment: float | None) -> str:
    """A time of the store in this computer's clock; “–” when there is none."""
    if moment is None:
        return NONE
    try:
        return datetime.fromtimestamp(moment).strftime("%d %b %Y, %H:%M")
    except (ValueError, OverflowError, OSError):  # of a damaged file
        return NONE


def share(value: float | None) -> str:
    """0.9625 as “96.3 %”; “–” when it could not be computed."""
    return percent(value)
