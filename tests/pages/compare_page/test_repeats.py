"""Compare: seeds and folds as one entry."""

from __future__ import annotations

from core.specs import RepeatSpec
from core.store import Store
from tests.pages.compare_page.compared_runs import (
    address,
    class_report,
    counts,
    finished_group,
    finished_run,
    opened,
    summary,
)


def test_repeats_are_one_entry_with_mean_and_spread(quiet_store: Store) -> None:
    group = finished_group(quiet_store, "seeds")
    page = opened()
    assert page.multiselect(key="run_picker").value == [group], "the newest entry"
    assert address(page) == group
    labels = page.multiselect(key="run_picker").options
    assert labels[0].startswith("VGG16 (photographs) on study · 3 seeds (2 of 3 finished)")
    assert labels[1].startswith("VGG16 (photographs) on study · seed 2 of 3 · ")
    rows = summary(page)
    row = rows["VGG16 (photographs) · 3 seeds (2 of 3 finished) · eeds"]
    assert row["Sensitivity"].startswith("83.3 ± 23.6 %")  # of 1 and 2 in 3
    assert row["Missed"] == "0.5 ± 0.7"
    assert class_report(page)["covid"]["Recall (%)"] == "83.3 ± 23.6"
    said = [one.value for one in page.caption]
    assert any("Mean counts of 2 runs" in one for one in said)
    assert "Choose a single run" in page.info[0].value
    assert not page.selectbox
    page.segmented_control(key="compare_rule").set_value("threshold").run()
    page.slider(key="compare_threshold").set_value(0.3).run()
    assert not page.exception
    row = summary(page)["VGG16 (photographs) · 3 seeds (2 of 3 finished) · eeds"]
    assert row["Sensitivity"].startswith("100.0 ± 0.0 %")


def test_folds_add_up_and_their_films_can_be_seen(quiet_store: Store) -> None:
    group = finished_group(quiet_store, "folds", count=2)
    page = opened(runs=group)
    row = summary(page)["VGG16 (photographs) · 2 folds · olds"]
    assert counts(row) == ("1", "0")
    assert [one for one in row if one.startswith("Precision")] == [
        "Precision covid",
        "Precision healthy",
    ]
    assert any("each was tested once" in one.value for one in page.caption)
    assert any("covid, but called healthy: 1 film," in one.value for one in page.caption)
    page.segmented_control(key="compare_split").set_value("validation").run()
    assert not page.exception
    assert any("Mean counts" in one.value for one in page.caption)


def test_folds_that_tested_the_same_films_are_not_said_to_add_up(quiet_store: Store) -> None:
    for index in range(2):
        repeat = RepeatSpec(group="group-folds", kind="folds", index=index, count=2)
        finished_run(quiet_store, repeat=repeat)  # of the same films both times
    page = opened(runs="group-folds")
    said = " ".join(one.value for one in page.caption)
    assert "**6 films were tested in more than one of these 2 folds**" in said
    assert "each was tested once" not in said


def test_repeats_stand_beside_runs_and_their_own_members(quiet_store: Store) -> None:
    alone = finished_run(quiet_store, "cnn")
    group = finished_group(quiet_store, "seeds", count=2)
    first = quiet_store.runs.group(group)[0]
    page = opened(runs=f"{alone.run_id},{group},{first.run_id}")
    assert not page.warning
    own = [name for name in summary(page) if "published" not in name]
    assert [name.rsplit(" · ", 1)[0] for name in own] == [
        "CNN (from scratch)",
        "VGG16 (photographs) · 2 seeds",
        "VGG16 (photographs) · seed 1 of 2",
    ]
    assert page.selectbox(key="compare_cell_run").options == [
        f"CNN (from scratch) on study · {alone.run_id[-4:]}",
        f"VGG16 (photographs) on study · seed 1 of 2 · {first.run_id[-4:]}",
    ]
    files = [one.label for one in page.download_button]
    assert files.count("Matrix (PNG)") == 3
