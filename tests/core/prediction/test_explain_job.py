"""An explanation in the background: how far it is, its end, a stop, and a viewer who has left."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

from core.errors import PredictionError
from core.prediction.explain_job import FAILED, STOPPED, ExplainJob, ExplainState
from core.prediction.explanations import Explanations, HeatMap
from core.progress import NamedProgress

FOUND = Explanations((HeatMap("r", "occlusion", "covid", np.ones((2, 2), np.float32)),))
LONG = 30.0  # seconds, for what comes at once


def test_it_says_how_far_it_is_and_what_was_found() -> None:
    go_on, told = threading.Event(), threading.Event()

    def explain(tell: NamedProgress) -> Explanations:
        tell(3, 10, "Covering")
        told.set()
        assert go_on.wait(LONG)
        return FOUND

    job = ExplainJob(explain)
    assert told.wait(LONG)
    assert not job.wait(0)
    assert job.state == ExplainState(3, 10, "Covering")
    assert job.result == Explanations()
    go_on.set()
    assert job.wait(LONG)
    assert job.result is FOUND
    assert job.problem == ""


def waiting(begun: threading.Event, ended: threading.Event) -> ExplainJob:
    """A job that goes on until it is given up."""

    def explain(tell: NamedProgress) -> Explanations:
        try:
            while True:
                tell(1, 2, "Covering")
                begun.set()
                threading.Event().wait(0.005)
        finally:
            ended.set()

    return ExplainJob(explain)


def test_a_stop_gives_it_up() -> None:
    begun, ended = threading.Event(), threading.Event()
    job = waiting(begun, ended)
    assert begun.wait(LONG)
    job.stop()
    assert job.wait(LONG)
    assert ended.is_set()
    assert job.problem == STOPPED
    assert job.result == Explanations()


def test_a_job_that_nobody_holds_any_more_is_given_up() -> None:
    begun, ended = threading.Event(), threading.Event()
    job = waiting(begun, ended)
    assert begun.wait(LONG)
    del job
    gc.collect()
    assert ended.wait(LONG)


@pytest.mark.parametrize(
    ("error", "said"), [(PredictionError("It died. Try again."), "It died. Try again."),
                        (KeyError("odd"), FAILED)],
)  # fmt: skip
def test_what_went_wrong_is_said(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def explain(tell: NamedProgress) -> Explanations:
        raise error

    job = ExplainJob(explain)
    assert job.wait(LONG)
    assert job.problem == said
    assert ("KeyError" in capsys.readouterr().err) == isinstance(error, KeyError)
