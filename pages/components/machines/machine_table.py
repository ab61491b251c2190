"""The machines as one table, with bars for what is in use."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from core.palette import CSS_SURROUND as LOOK
from core.runs.machines import Card, Machine
from core.text import NONE, percent
from pages.components.bars import bar_html, table_style

NARROW = "40rem"
GB = 2**30  # bytes, as Train counts memory, too


def machines_html(machines: Sequence[Machine]) -> str:
    """The table with its style."""
    rows = "".join(_row(one) for one in machines)
    return (
        f"<style>{table_style('machines', LOOK, NARROW)}"
        ".machines .bar {width: 7rem}"
        f".machines small {{color: {LOOK.muted}}}"
        f".machines .gone small {{color: {LOOK.text}}}"
        f"@container (max-width: {NARROW}) {{.machines td::before "
        f"{{content: attr(data-what); color: {LOOK.muted}; display: block}}}}</style>"
        '<div class="machines"><table><thead><tr>'
        '<th scope="col">Machine</th><th scope="col">Work on it</th>'
        '<th scope="col">Processor</th><th scope="col">Memory</th>'
        f'<th scope="col">Graphics cards</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(one: Machine) -> str:
    under = "this computer" if one.is_here else ""
    if one.gone:
        return (
            f'<tr class="gone"><th scope="row">{escape(one.name) or NONE}</th>'
            f'<td colspan="4" data-what="Work on it"><small>{escape(one.gone)}</small></td></tr>'
        )
    return (
        f'<tr><th scope="row">{escape(one.name) or "This computer"}'
        f"{f'<br><small>{under}</small>' if under and one.name else ''}</th>"
        f'<td data-what="Work on it">{_seats(one)}</td>'
        f'<td data-what="Processor">{_processor(one)}</td>'
        f'<td data-what="Memory">{_memory(one)}</td>'
        f'<td data-what="Graphics cards">{_cards(one)}</td></tr>'
    )


def _seats(one: Machine) -> str:
    seats = [
        f"{seat.taken:g} of {seat.total:g} <small>{escape(seat.called)}</small>"
        for seat in one.seats
        if seat.total
    ]
    return "<br>".join(seats) or "<small>takes no work</small>"


def _processor(one: Machine) -> str:
    named = f"<small>{escape(one.processor)}</small>" if one.processor else ""
    if one.load is None:
        return named or NONE
    told = f"{percent(one.load, 0)} busy"
    bar = bar_html(one.load, f"Processor of {one.name}: {told}", LOOK.accent, line=None)
    return f"{bar}{told}{f'<br>{named}' if named else ''}"


def _memory(one: Machine) -> str:
    return _filled(one.memory_used, one.memory_total, f"Memory of {one.name}") or NONE


def _cards(one: Machine) -> str:
    return "<br>".join(_card(card) for card in one.cards) or "none"


def _card(card: Card) -> str:
    if card.note:
        return f"{escape(card.name)}<br><small>not used: {escape(card.note)}</small>"
    state = "at work" if card.taken else "free"
    filled = _filled(card.memory_used, card.memory_total, card.name)
    return f"{escape(card.name)} <small>{state}</small>{filled}"


def _filled(used: int | None, total: int | None, of: str) -> str:
    """Memory, in bytes, as a bar with its numbers; only its size where the rest is not told."""
    if not total:
        return ""
    if used is None:
        return f"{total / GB:,.0f} GB"
    told = f"{used / GB:,.0f} of {total / GB:,.0f} GB in use"
    share = min(used / total, 1.0)
    return f"{bar_html(share, f'{of}: {told}', LOOK.accent, line=None)}{told}"
