"""What a data set would be, before it is saved: counts, shared patients, who is in it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.datasets.prepare import DatasetPlan, in_two_classes
from core.figures import shares_figure
from core.specs import SPLITS
from core.text import percent_of
from pages.components.charts import show_compact, theme
from pages.components.run_labels import escaped


def show_plan(plan: DatasetPlan) -> None:
    """Counts by class and split, the shared patients as a sentence, shares and warnings."""
    table, shared = st.columns([3, 2], gap="large")
    with table:
        counts_table(plan.counts)
        if twice := in_two_classes(plan.in_two_classes):
            st.info(twice, icon=":material/call_split:")
        if corrected := " ".join(plan.corrected_sentences):
            st.info(escaped(corrected), icon=":material/edit_note:")
    with shared:
        _shared_patients(plan)
    if plan.warnings:
        st.warning(
            "\n".join(f"- {escaped(one)}" for one in plan.warnings), icon=":material/warning:"
        )
    st.markdown(
        "**Who is in each class.** Where the classes differ in source, view, sex or age, "
        "a network can learn that difference instead of the disease."
    )
    tabs = st.tabs([name.capitalize() for name in plan.shares])
    for tab, (name, shares) in zip(tabs, plan.shares.items(), strict=True):
        with tab:
            show_compact(
                shares_figure(shares.T, theme()), f"shares_{name}", alt=f"Each class by {name}"
            )


def counts_table(counts: dict[str, dict[str, int]]) -> None:
    """Class × split with totals. ``counts``: split → class → films."""
    table = pd.DataFrame({split: counts[split] for split in SPLITS})
    table.index = [escaped(name) for name in table.index]  # cells of st.table are Markdown
    table["total"] = table.sum(axis=1)
    table.loc["all classes"] = table.sum()
    table.index.name = "Class"
    # Not st.dataframe, which hides the last column on a telephone.
    st.table(table.rename(columns=str.capitalize))


def _at_least(count: int, tested: int) -> str:
    return f"at least {count:,} of {tested:,}" if count else "not known"


def _shared_patients(plan: DatasetPlan) -> None:
    tested = sum(plan.counts["test"].values())
    shared = plan.shared_patients
    least = plan.known_to_be_shared
    st.metric(
        "Test films of patients also in training",
        f"{shared:,} of {tested:,}" if shared is not None else _at_least(least, tested),
        help="A network that has seen a patient can recognise the patient instead of the "
        "disease. Split patient by patient, this is 0 where the patients are known.",
    )
    if shared is None:
        some = f"**{least:,} of the test films show a patient whom the network has seen.** "
        st.markdown(
            f"{some if least else ''}Nobody knows the patients of **{plan.unknown_patients:,}** "
            f"of the {len(plan.members):,} films, so it cannot be said that no patient is in "
            "training and in test. Where file names tell the patient, import the folder again "
            "with a pattern for them."
        )
    elif shared:
        st.markdown(
            f"**{percent_of(shared, tested, 0)}** of the test films show a patient whom the "
            "network has seen in training. Split patient by patient, it would be none."
        )
    else:
        st.markdown("No test film shows a patient whom the network has seen in training.")
