"""The groups of a run's test films as one table, with bars."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import groupby

from core.evaluation.slice_sentences import slice_name
from core.evaluation.slices import MEASURES, Measure, Slice, Slices
from core.palette import Surround
from core.text import NONE, capital, count, interval, percent
from pages.components.audit.verdict import COLOURS, SIGNS
from pages.components.bars import bar_html, table_style, unbroken

NARROW = "40rem"


def slices_html(found: Slices, look: Surround) -> str:
    """The table with its style. Dashed lines: the run over all of its films; the lowest group is
    marked where it is clearly worse than the others."""
    worst = {(one.measure, one.group): one.clear for one in found.lowest}
    rows = "".join(
        f'<tbody><tr><th class="aspect" scope="rowgroup" colspan="4">{capital(aspect)}</th></tr>'
        + "".join(_row(one, found.overall, worst, look) for one in groups)
        + "</tbody>"
        for aspect, groups in groupby(found.rows, key=lambda one: one.aspect)
    )
    return (
        f"<style>{table_style('run-slices', look, NARROW)}"
        f".run-slices .aspect {{color: {look.muted}; font-weight: 400; padding-top: 1rem}}"
        f"@container (max-width: {NARROW}) {{.run-slices .none {{display: none !important}}"
        f".run-slices [data-measure]::before {{content: attr(data-measure); color: {look.muted}}}}}"
        "</style>"
        '<div class="run-slices"><table><caption>Groups of the test films: the thin line is a 95 % '
        "interval, the dashed one the run over all test films</caption><thead><tr>"
        '<th scope="col">Group</th><th scope="col">Films</th><th scope="col">Sensitivity</th>'
        f'<th scope="col">Specificity</th></tr></thead>{rows}</table></div>'
    )


def _row(
    one: Slice,
    overall: Mapping[Measure, float],
    worst: Mapping[tuple[Measure, Slice], bool],
    look: Surround,
) -> str:
    cells = "".join(_share(one, measure, overall, worst, look) for measure in MEASURES)
    return (
        f'<tr><th scope="row">{escape(slice_name(one.aspect, one.value))}</th>'
        f"<td>{count(one.films, 'film')}<br><small>{count(one.patients, 'patient')}</small></td>"
        f"{cells}</tr>"
    )


def _share(
    one: Slice,
    measure: Measure,
    overall: Mapping[Measure, float],
    worst: Mapping[tuple[Measure, Slice], bool],
    look: Surround,
) -> str:
    share = one.of(measure)
    if share is None:
        return f'<td class="none">{NONE}</td>'
    right = share.right
    ends = interval(right.interval)
    is_worse = worst.get((measure, one), False)
    told = (
        f"{measure} of {slice_name(one.aspect, one.value)}: {percent(right.value)}, 95 % interval "
        f"{ends}"
    )
    drawn = bar_html(
        right.value,
        told,
        COLOURS["caution"] if is_worse else look.accent,
        interval=right.interval,
        line=overall.get(measure),
    )
    mark = ""
    if is_worse:
        mark = (
            f' <span class="level" style="border-color:{COLOURS["caution"]}"><span style="color:'
            f'{COLOURS["caution"]}" aria-hidden="true">{SIGNS["caution"]}</span> lowest</span>'
        )
    return (
        f'<td data-measure="{capital(measure)}">{drawn}<b>{unbroken(percent(right.value))}</b> '
        f"({unbroken(ends)})"
        f"<br><small>{right.successes:,} of {right.trials:,}</small>{mark}</td>"
    )
