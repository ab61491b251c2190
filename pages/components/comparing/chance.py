"""Whether chance explains the difference between compared runs: said first, numbers below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.evaluation.paired import LEVEL, Pair
from core.text import count, p_value, points
from pages.components.result_tables import (
    ResultColumn,
    meanings,
    number_cell,
    result_table,
    words_cell,
)
from pages.components.run_labels import escaped

AT_ONCE = 3  # sentences; more are told apart in the table
COLUMNS = {
    "first": ResultColumn("One run", is_number=False),
    "second": ResultColumn("The other", is_number=False),
    "said": ResultColumn(
        "Told apart", "Whether chance alone hardly explains the difference.", False
    ),
    "only_first": ResultColumn(
        "Only one right", "Films that the first run gets right and the other wrong."
    ),
    "only_second": ResultColumn(
        "Only the other right", "Films that the other run gets right and the first wrong."
    ),
    "difference": ResultColumn(
        "Difference",
        "Accuracy of the one less that of the other, in percentage points. In brackets its 95 % "
        "interval, from the same patients drawn again for both (paired bootstrap): where 0 lies "
        "inside, the two may be equal.",
    ),
    "p_value": ResultColumn(
        "p",
        "How often chance alone gives a difference like this between two equally good networks "
        "(exact McNemar test, for one pair; many pairs need more care).",
    ),
    "more": ResultColumn(
        "Errors until told apart",
        "How many more errors, all of the worse of the two, it would take for p to fall below "
        f"{LEVEL:g}.",
    ),
}


def chance(found: Sequence[Pair], titles: Mapping[str, str]) -> None:
    """Nothing without pairs. ``titles``: key of an entry → what it is called here."""
    if not found:
        return
    st.subheader("Could the difference be chance?")
    apart = [one for one in found if one.told_apart]
    if len(found) > AT_ONCE:
        st.markdown(
            f"**Of {count(len(found), 'pair')} of runs, {len(apart) or 'none'} can be told "
            "apart.** Among many pairs, one in twenty looks different by chance."
        )
    for one in found if len(found) <= AT_ONCE else apart[:AT_ONCE]:
        said = escaped(one.sentence(f"“{titles[one.first]}”", f"“{titles[one.second]}”"))
        if one.told_apart:
            st.success(said, icon=":material/check_circle:")
        else:
            st.info(said, icon=":material/balance:")
    with st.expander("The numbers of each pair"):
        result_table(
            [_row(one, titles) for one in found],
            COLUMNS,
            key="compare_pairs",
            alt="Pairs of runs and whether chance explains their difference",
        )
        meanings(COLUMNS, key="compare_pairs_meanings")


def _row(one: Pair, titles: Mapping[str, str]) -> dict[str, str]:
    ends = one.interval
    return {
        "first": words_cell(titles[one.first]),
        "second": words_cell(titles[one.second]),
        "said": "yes" if one.told_apart else "no",
        "only_first": number_cell(str(one.only_first)),
        "only_second": number_cell(str(one.only_second)),
        "difference": number_cell(
            f"{points(one.difference)} points",
            f"{points(ends[0])} to {points(ends[1])}" if ends else "",
        ),
        "p_value": number_cell(p_value(one.p_value).removeprefix("p ").removeprefix("= ")),
        "more": number_cell(str(one.more_needed)) if one.more_needed else "",
    }
