"""The curves of a run while it trains, which grow without flickering."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.documents import Json
from core.palette import RUN_COLOURS, SURROUNDS
from core.store import FINISHED, PHASES, Run
from core.text import percent_number
from pages.components import run_labels as words
from pages.components.charts import theme

CURVE = 300  # px


def curves(run: Run, epochs: pd.DataFrame) -> None:
    """Loss and accuracy over the epochs, training and validation; a line where fine-tuning
    begins. They stand there empty from the start, and nothing of a run that ended before.

    ECharts, because it keeps its drawing when the data grows: Streamlit takes a Plotly
    chart down and builds it anew at each new point, which flickers.
    """
    if epochs.empty and run.state in FINISHED:
        return
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss**", help=_LOSS)
        st.echarts_chart(
            _curve(run, epochs, "loss", percent=False),
            key=f"loss_{run.run_id}",
            height=CURVE,
            alt="Loss on training and validation films, by epoch",
        )
    with right:
        accuracy_curve(run, epochs)


def accuracy_curve(run: Run, epochs: pd.DataFrame, *, validation: bool = True) -> None:
    """The share of films that the network gets right, over the epochs; needs at least one.
    ``validation``: also of the films that it does not learn from."""
    st.markdown("**Accuracy**", help=_ACCURACY)
    drawing = _curve(run, epochs, "accuracy", percent=True, validation=validation)
    st.echarts_chart(
        drawing,
        key=f"accuracy_{run.run_id}",
        height=CURVE,
        alt=f"Accuracy on training {'and validation ' if validation else ''}films, by epoch",
    )


_LOSS = (
    "How wrong the network is, sure mistakes counting most; lower is better. When it falls on "
    "training films but rises on validation films, the network learns films by heart."
)
_ACCURACY = (
    "The share of films that the network gets right. Validation films are not trained on; "
    "test films are kept back until the end."
)


def _curve(
    run: Run, epochs: pd.DataFrame, what: str, *, percent: bool, validation: bool = True
) -> Json:
    columns = [("Training", what, "solid"), ("Validation", f"val_{what}", "dashed")]
    series: list[Json] = [
        {
            "name": name,
            "type": "line",
            "data": _points(epochs, column, percent=percent),
            "showSymbol": len(epochs) <= 30,
            "symbol": "circle" if line == "solid" else "rect",
            "lineStyle": {"type": line, "width": 2},
            "color": RUN_COLOURS[place],
        }
        for place, (name, column, line) in enumerate(columns[: 1 + validation])
    ]
    series[0] |= _phase_mark(epochs)
    # Streamlit's own greys are hard to read on our light background.
    look = SURROUNDS[theme()]
    label = {"color": look.muted, "fontSize": 13}
    lines = {"lineStyle": {"color": look.grid}}
    y_axis: Json = {
        "type": "value",
        "scale": True,
        "axisLabel": label,
        "splitLine": lines,
    }
    if percent:
        y_axis |= {"max": 100, "axisLabel": label | {"formatter": "{value} %"}}
    return {
        # A point that slides into place would look like a value that changes.
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 28, "containLabel": True},
        "legend": {"top": 0, "left": 0, "textStyle": {"fontSize": 14, "color": look.text}},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.1f %%" if percent else "%.4f"},
        # The axis reaches to the last epoch from the start: nothing moves but the line.
        "xAxis": {
            "type": "value",
            "min": 1,
            "max": max(words.epochs(run), *epochs["epoch"], 2),
            "minInterval": 1,
            "name": "epoch",
            "nameLocation": "middle",
            "nameGap": 24,
            "nameTextStyle": {"color": look.text, "fontSize": 13},
            "axisLabel": label,
            "axisLine": {"lineStyle": {"color": look.muted}},
            "splitLine": {"show": False},
        },
        "yAxis": y_axis,
        "series": series,
    }


def _points(epochs: pd.DataFrame, column: str, *, percent: bool) -> list[list[float | None]]:
    """``[[epoch, value], …]``; a value that could not be computed leaves a gap."""
    return [
        [int(epoch), percent_number(value) if percent else _finite(value)]
        for epoch, value in zip(epochs["epoch"], epochs[column], strict=True)
    ]


def _finite(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 5)


def _phase_mark(epochs: pd.DataFrame) -> Json:
    """A line between the last epoch of the head and the first of fine-tuning."""
    tuned = epochs.loc[epochs["phase"] == PHASES[1], "epoch"]
    if tuned.empty:
        return {}
    look = SURROUNDS[theme()]
    return {
        "markLine": {
            "silent": True,
            "symbol": "none",
            "data": [{"xAxis": int(tuned.min()) - 0.5}],
            "lineStyle": {"color": look.muted, "type": "dotted", "width": 2},
            "label": {
                "formatter": "fine-tuning",
                "position": "insideEndTop",
                "color": look.text,
                "fontSize": 13,
            },
        }
    }
