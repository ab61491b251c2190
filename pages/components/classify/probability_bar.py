"""A network's probabilities as bars, with its threshold and where it is not sure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from core.palette import SURROUNDS, Surround, class_colour, translucent
from core.text import interval, probability
from pages.components.charts import theme


def bars(
    probabilities: Mapping[str, float],
    threshold: float | None,
    not_sure: tuple[float, float] | None,
) -> str:
    """HTML: a bar a class in the class's colour. On that of the first (positive) one a line at
    the ``threshold`` from which it is named, and the band in which the answer is *not sure*."""
    look = SURROUNDS[theme()]
    rows = []
    for index, (name, value) in enumerate(probabilities.items()):
        marks = _marks(threshold, not_sure, look) if index == 0 else ""
        rows.append(
            f'<div class="of"><b>{escape(name)}</b> <span>{_unbroken(probability(value))}</span>'
            f'</div><div class="bar" aria-hidden="true"><i class="value" '
            f'style="width:{_at(value)};background:{class_colour(index)}"></i>{marks}</div>'
        )
        if index == 0:
            rows.append(_legend(threshold, not_sure))
    return f'<style>{_style(look)}</style><div class="answer-bars">{"".join(rows)}</div>'


def _marks(threshold: float | None, not_sure: tuple[float, float] | None, look: Surround) -> str:
    band = ""
    if not_sure is not None and not_sure[0] < not_sure[1]:
        low, high = not_sure
        band = f'<i class="unsure" style="left:{_at(low)};width:{_at(high - low)}"></i>'
    if threshold is None:
        return band
    return f'{band}<i class="line" style="left:{_at(threshold)}"></i>'


def _legend(threshold: float | None, not_sure: tuple[float, float] | None) -> str:
    """What line and band are, which a picture alone would not say."""
    said = []
    if not_sure is not None and not_sure[0] < not_sure[1]:
        said.append(
            '<span><i class="unsure key" aria-hidden="true"></i> not sure: '
            f"{_unbroken(interval(not_sure))}</span>"
        )
    if threshold is not None:
        said.append(
            '<span><i class="line key" aria-hidden="true"></i> threshold: '
            f"{_unbroken(probability(threshold))}</span>"
        )
    return f'<div class="legend">{"".join(said)}</div>' if said else ""


def _at(share: float) -> str:
    return f"calc({min(max(share, 0.0), 1.0):.4f} * 100%)"


def _unbroken(text: str) -> str:
    return escape(text).replace(" %", "\u00a0%")


def _style(look: Surround) -> str:
    hatched = translucent(look.text, 0.75)
    return f"""
.answer-bars {{font-size: 0.95rem; line-height: 1.35}}
.answer-bars .of {{display: flex; gap: 0.6rem; justify-content: space-between}}
.answer-bars .of b {{overflow-wrap: anywhere}}
.answer-bars .of span {{white-space: nowrap}}
.answer-bars .bar {{position: relative; height: 14px; margin: 3px 0 5px; border-radius: 4px;
  background: {look.grid}}}
.answer-bars .bar i {{position: absolute; top: 0; height: 100%}}
.answer-bars .bar .value {{left: 0; border-radius: 4px}}
.answer-bars .unsure {{background: repeating-linear-gradient(135deg, {hatched} 0 2px,
  transparent 2px 6px)}}
.answer-bars .bar .line {{top: -4px; height: 22px; border-left: 3px solid {look.text};
  margin-left: -1px; box-shadow: -1px 0 {look.background}, 1px 0 {look.background}}}
.answer-bars .legend {{display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: 0.82rem;
  color: {look.muted}; margin-bottom: 0.5rem}}
.answer-bars .key {{display: inline-block; height: 0.8em; vertical-align: -0.1em}}
.answer-bars .unsure.key {{width: 1.2em}}
.answer-bars .line.key {{border-left: 3px solid {look.text}; margin: 0 0.3em}}"""
