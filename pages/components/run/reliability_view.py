"""Whether the probabilities of a run mean what they say, before and after its temperature."""

from __future__ import annotations

import streamlit as st

from core import figures
from core.evaluation.calibration import Calibration, calibration
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.store import Run
from core.text import points
from pages.components.charts import show, theme
from pages.components.run_labels import escaped

BRIER = (
    "Brier score: how far the probabilities are from what is true (1 or 0), as the mean of the "
    "squared distances. 0 is best; saying 50 % of every film gives 0.25."
)
TEMPERATURE = (
    "One number that corrects how sure the network is: its raw answers (logits) are divided by it "
    "before they become probabilities. Above 1: it was too sure. Below 1: not sure enough. It is "
    "fitted on the validation films. Which film is more probable than which does not change, so "
    "the ROC curve stays as it is."
)


def reliability(run: Run, point: OperatingPoint, predictions: Predictions) -> None:
    """The calibration curve on the test films, with counts and Brier scores."""
    films = predictions.of("test")
    st.subheader(
        "Do its probabilities mean what they say?",
        help="Of all films said to be 90 %, nine in ten should be so. On the dotted line, they "
        "are. The bars below say how many films a point stands for: few films, long whiskers.",
    )
    if not len(films):
        st.info("This run was tested on no film.")
        return
    before, after = calibration(films), calibration(films, point.temperature)
    st.markdown(_verdict(point, before, after))
    known = f"Always saying how frequent it is here gives {before.brier_known:.3f}."
    with st.container(horizontal=True, gap="small"):
        for label, value, text in (
            ("Brier score", f"{before.brier:.3f}", f"{BRIER} {known}"),
            ("Brier score, corrected", f"{after.brier:.3f}", f"{BRIER} {known}"),
            ("Temperature", f"{point.temperature:.3g}", TEMPERATURE),
        ):
            st.metric(label, value, help=text, width=190)
    positive = predictions.classes[0]
    show(
        figures.reliability_figure({"as trained": before, "corrected": after}, positive, theme()),
        f"reliability_{run.run_id}",
        file_name=f"calibration-{run.run_id}",
        alt="Calibration curve on the test films",
    )
    st.caption(
        f"{len(films)} test films in equal steps of probability; whiskers are 95 % intervals "
        "(Wilson's formula)."
        + (f" {escaped(positive)} against all others." if len(predictions.classes) > 2 else "")
    )


def _verdict(point: OperatingPoint, before: Calibration, after: Calibration) -> str:
    """How far off they are on average, and whether the temperature helps on the test films."""
    off, then = points(before.error, signed=False), points(after.error, signed=False)
    was = "too sure" if point.temperature > 1 else "not sure enough"
    helped = "helps" if after.brier < before.brier else "does not help"
    return (
        f"As trained, its probabilities are **{off} points** off on average on the test "
        f"films. On validation it was {was}; correcting that with a temperature {helped} here: "
        f"**{then} points** off, Brier score {before.brier:.3f} before and "
        f"{after.brier:.3f} after."
    )
