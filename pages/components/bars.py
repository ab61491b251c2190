"""A share drawn as a bar inside a cell of a table of ours, as HTML: its interval, and a line to
compare it with. No table of Streamlit's draws an interval in a cell."""

from __future__ import annotations

from html import escape

from core.palette import Surround
from core.statistics import Interval


def bar_html(
    value: float, told: str, colour: str, *, interval: Interval | None = None, line: float | None
) -> str:
    """``value``, the ends of ``interval`` and ``line`` (dashed) from 0 to 1. ``told``: what it
    shows, for who cannot see it, as plain text."""
    low, high = interval or (value, value)
    dashed = "" if line is None else f'<i class="guess" style="left:{_at(line)}"></i>'
    return (
        f'<span class="bar" role="img" aria-label="{escape(told)}" title="{escape(told)}">'
        f'<i class="value" style="width:{_at(value)};background:{colour}"></i>'
        f'<i class="range" style="left:{_at(low)};width:{_at(high - low)}"></i>{dashed}</span>'
    )


def unbroken(text: str) -> str:
    """``text`` as HTML; a number and its unit, and both ends of a range, stay together on a narrow
    screen."""
    return escape(text).replace(" %", "\u00a0%").replace("–", "\u2060–\u2060")


def table_style(inside: str, look: Surround, narrow: str) -> str:
    """CSS of a table in the element of class ``inside`` and of the bars in its cells. In less
    width than ``narrow``, a row is a block: several columns do not fit a telephone."""
    here = f".{inside}"
    return f"""
{here} {{container-type: inline-size}}
{here} table {{width: 100%; border-collapse: collapse; font-size: 0.95rem}}
{here} caption {{text-align: left; color: {look.muted}; padding-bottom: 0.4rem}}
{here} :is(th, td) {{text-align: left; vertical-align: top;
  padding: 0.55rem 0.75rem 0.55rem 0; border-bottom: 1px solid {look.grid}}}
{here} thead th {{color: {look.muted}; font-weight: 400}}
{here} tbody th {{font-weight: 600; min-width: 8rem}}
{here} .bar {{position: relative; display: block; width: 9rem; height: 0.8rem;
  margin: 0.3rem 0; background: {look.grid}; border-radius: 3px}}
{here} .bar i {{position: absolute; display: block; top: 0; height: 100%}}
{here} .bar .value {{left: 0; border-radius: 3px}}
{here} .bar .range {{top: 50%; height: 2px; margin-top: -1px; background: {look.text}}}
{here} .bar .guess {{top: -0.2rem; height: 1.2rem; width: 0; border-left: 2px dashed {look.text}}}
{here} .level {{display: inline-block; white-space: nowrap; border: 1.5px solid;
  border-radius: 999px; padding: 0.05rem 0.6rem}}
@container (max-width: {narrow}) {{
  {here} thead {{display: none}}
  {here} :is(tr, th, td) {{display: block; border: 0; padding: 0.2rem 0}}
  {here} tr {{border-bottom: 1px solid {look.grid}; padding: 0.7rem 0}}
}}"""


def _at(share: float) -> str:
    return f"calc({share:.3f} * 100%)"
