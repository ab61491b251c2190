"""Every figure that ThoraxLens draws, from result objects to Plotly figures.

Each function takes ``theme="dark"`` or ``"light"``; pages and reports draw the same ones.
``core/figures/picture.py`` draws the confusion matrix as a PNG without a browser.
"""

from core.figures.catalogue import age_figure, counts_figure, shares_figure
from core.figures.demonstration import moved_figure
from core.figures.evaluation import confusion_figure, probabilities_figure
from core.figures.external import external_figure
from core.figures.people import people_figure
from core.figures.picture import confusion_png
from core.figures.reliability import band_figure, reliability_figure
from core.figures.template import legend_entries, template, without_legend
from core.figures.thresholds import (
    MarkedPoint,
    distribution_figure,
    pr_figure,
    pr_marks,
    roc_figure,
    roc_marks,
)
from core.figures.training import curves_figure

__all__ = [
    "MarkedPoint",
    "age_figure",
    "band_figure",
    "confusion_figure",
    "confusion_png",
    "counts_figure",
    "curves_figure",
    "distribution_figure",
    "external_figure",
    "legend_entries",
    "moved_figure",
    "people_figure",
    "pr_figure",
    "pr_marks",
    "probabilities_figure",
    "reliability_figure",
    "roc_figure",
    "roc_marks",
    "shares_figure",
    "template",
    "without_legend",
]
