"""What an answer says: thresholds, refusals, doubt, disagreement; table and card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.evaluation.decision import Decision
from core.evaluation.operating_point import OperatingPoint
from core.gate.similarity import Neighbour, Similarity
from core.prediction.client import FilmResult
from core.runs.files import RunFiles
from core.spreadsheet import csv_bytes
from core.store import Run, Store
from pages.components.classify.answer_card import at_threshold
from pages.components.classify.answers_table import (
    AnsweredFilm,
    Classified,
    answers_table,
    films_table,
)
from pages.components.classify.film_input import FilmInput
from pages.components.viewer.heat_layers import heat_layers
from tests.pages.classify_page.answering_client import (
    Client,
    answered,
    look_at,
    png,
    rows,
    upload,
)
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.shown_films import shown_films


def test_moving_the_threshold_asks_no_network_again(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    app = upload(open_app("classify"), ("one.png", png()), ("two.png", png(2)))
    app.toggle("classify_own_threshold").set_value(True).run()
    assert app.dataframe[0].value["Answer"][0] == "covid"
    app.slider("classify_threshold").set_value(90).run()
    assert app.dataframe[0].value["Answer"][0] == "healthy"
    (viewer,) = shown_films(app)
    assert [one["class"] for one in viewer["layers"] if one["answered"]] == ["healthy"]
    assert len(client.asked) == 2


def test_a_moved_threshold_of_the_run_is_asked_for_anew(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, _, second = ready
    app = upload(open_app("classify"), ("one.png", png()))
    files = RunFiles(store.workspace.run_folder(second.run_id)).create()
    files.operating_point.write_text("{}", encoding="utf-8")
    answered(app.run())
    assert len(client.asked) == 2


def test_a_cat_gets_no_diagnosis(
    ready: tuple[Store, Run, Run], answering: dict[str, FilmResult]
) -> None:
    answering["cat.png"] = FilmResult(
        "cat.png", "", None, {}, None, None,
        gate="not_a_chest_xray", reason="It is a picture in colour.", answer="refused",
    )  # fmt: skip
    answering["side.png"] = replace(
        answering["cat.png"], file="side.png", gate="lateral", reason="It is from the side."
    )
    app = upload(open_app("classify"), ("cat.png", png(1)), ("side.png", png(2)))
    text = everything_said(app)
    assert "2 films: **refused** 2" in text
    assert "Refused: not a chest X-ray" in text
    assert "It is a picture in colour." in as_read(text)
    assert [one["layers"] for one in shown_films(app)] == [[]], "the picture, without a heat map"
    assert not [one for one in app.get("html") if "answer-bars" in one.proto.body]
    table = app.dataframe[0].value
    assert list(table["Answer"]) == ["refused", "refused"]
    assert list(table["Refused"]) == ["It is a picture in colour.", "It is from the side."]
    assert "Refused: a film from the side" in everything_said(look_at(app, 1))
    # No threshold makes an answer of it.
    app.toggle("classify_own_threshold").set_value(True).run()
    assert list(app.dataframe[0].value["Answer"]) == ["refused", "refused"]


def test_films_from_the_side_are_answered_only_when_asked_for(
    ready: tuple[Store, Run, Run], client: Client, answering: dict[str, FilmResult]
) -> None:
    answering["side.png"] = FilmResult(
        "side.png", "", "covid", {"covid": 0.8, "healthy": 0.2}, None, None,
        gate="lateral", reason="It is from the side.", answer="covid",
    )  # fmt: skip
    app = upload(open_app("classify"), ("side.png", png(1)))
    assert not client.lateral
    app.toggle("classify_lateral").set_value(True)
    answered(app.run())
    assert client.lateral
    assert "this answer means nothing" in app.warning[0].value


def test_not_sure_unlike_and_the_nearest_films(
    ready: tuple[Store, Run, Run], answering: dict[str, FilmResult]
) -> None:
    store, _, second = ready
    film = store.catalogue.frame().iloc[3]
    near = (Neighbour(film["film_id"], "covid", 0.61), Neighbour("0" * 32, "healthy", 0.7))
    decision = Decision(
        ("covid", "healthy"),
        OperatingPoint(
            positive="covid", target_sensitivity=0.9, threshold=0.7, not_sure=(0.4, 0.7),
            temperature=1.0, chosen_by="person",
        ),
    )  # fmt: skip
    answering["odd.png"] = FilmResult(
        "odd.png", "", "covid", {"covid": 0.6, "healthy": 0.4}, np.ones((2, 2), np.float32), None,
        "covid", "frontal", answer="not_sure", not_sure=(0.4, 0.7),
        similarity=Similarity(True, 0.65, 0.5, near, 67_272), decision=decision,
    )  # fmt: skip
    app = upload(open_app("classify"), ("odd.png", png(1)))
    text = everything_said(app)
    assert "Not sure" in text
    assert "covid has 60.0 %. Between 40.0 and 70.0 %, this run gives no answer." in text
    assert "Unlike the films that this network learnt from" in app.warning[0].value
    assert f"**covid**  \n{film['finding']}  \ndistance 0.61" in text
    assert "**healthy**  \ndistance 0.70" in text
    assert "Compared with some of the 67,272 training films, drawn by lot." in text
    assert len(app.image) == 1, "the neighbour that is here"
    (viewer,) = shown_films(app)
    assert [(one["class"], one["said"]) for one in viewer["layers"] if one["answered"]] == [
        ("covid", "Heat map for “covid”")
    ]
    [bar] = [one.proto.body for one in app.get("html") if "answer-bars" in one.proto.body]
    assert "not sure: 40.0–70.0\u00a0%" in bar
    assert "threshold: 70.0\u00a0%" in bar
    assert 'class="unsure" style="left:calc(0.4000 * 100%);width:calc(0.3000 * 100%)"' in bar
    assert 'class="line" style="left:calc(0.7000 * 100%)"' in bar
    assert list(rows(app, second)["Answer"]) == ["not sure"]
    app.toggle("classify_own_threshold").set_value(True).run()
    assert "### covid" in everything_said(app), "0.6 is above the 0.5 set by hand"
    [bar] = [one.proto.body for one in app.get("html") if "answer-bars" in one.proto.body]
    assert "not sure" not in bar
    assert "threshold: 50.0\u00a0%" in bar


def test_networks_that_disagree_say_so(
    ready: tuple[Store, Run, Run], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first, second = ready
    original = client.classify

    def apart(run_ids: Sequence[str], films: Any, **options: Any) -> list[FilmResult]:
        return [
            one
            if one.run_id == second.run_id
            else replace(one, label="healthy", probabilities={"covid": 0.25, "healthy": 0.75})
            for one in original(run_ids, films, **options)
        ]

    monkeypatch.setattr(client, "classify", apart)
    app = open_app("classify")
    app.multiselect[0].set_value([first.run_id, second.run_id]).run()
    app = upload(app, ("one.png", png(1)), ("two.png", png(2)))
    said = "**The networks disagree**; their probabilities are up to 55.0 percentage points apart."
    assert app.warning[0].value == said
    table = app.dataframe[0].value
    assert list(table["Networks apart"]) == pytest.approx([55.0, 55.0])
    assert list(table["Answer"]) == ["networks disagree"] * 2
    assert list(rows(app, first, second)["Networks apart"]) == pytest.approx([0.55] * 4)
    shares = [name for name in table if str(name).startswith("P(covid · ")]
    assert [list(table[name]) for name in shares] == [[25.0] * 2, [80.0] * 2]


def test_a_threshold_set_on_the_page_decides() -> None:
    shares = {"covid": 0.3, "healthy": 0.5, "sars": 0.2}
    assert at_threshold(shares, 0.3) == "covid"
    assert at_threshold(shares, 0.31) == "healthy"


def test_the_table_is_safe_in_a_spreadsheet_and_tells_errors() -> None:
    good = FilmResult("=1+1.png", "r", "covid", {"covid": 1.0, "healthy": 0.0}, None, None)
    bad = FilmResult("x.png", "r", None, {}, None, "It is empty.")
    films = tuple(AnsweredFilm(FilmInput(one.file, one.file, bytes), (one,)) for one in (good, bad))
    told = Classified({"r": "CNN"}, films)
    table = answers_table(told, None)
    text = csv_bytes(table).decode("utf-8-sig")
    assert "\n'=1+1.png," in text
    assert "\n=1" not in text
    assert list(table["Film"]) == ["=1+1.png", "x.png"]
    assert list(table["Note"]) == ["", "It is empty."]
    assert table["P(covid)"].isna().tolist() == [False, True]
    assert list(films_table(told, None)) == ["Film", "Answer", "P(covid)", "Note"]


def test_an_empty_heat_map_says_why() -> None:
    answer = FilmResult(
        "x.png", "r", "covid", {"covid": 0.9, "healthy": 0.1}, None, None, "covid",
        heats={"covid": np.zeros((2, 2)), "healthy": np.ones((2, 2))},
        blank={"covid": "all that the network sees in this film speaks against this class"},
    )  # fmt: skip
    empty, other = heat_layers(0, answer, "covid")
    assert empty.said == (
        "The heat map for “covid” is empty: all that the network sees in this film speaks against "
        "this class."
    )
    assert (empty.answered, other.answered) == (True, False)
    assert [one.answered for one in heat_layers(0, answer, "not_sure")] == [True, False]
    assert heat_layers(0, answer, "not_sure")[1].said == "Heat map for “healthy”"


def test_before_an_audience_one_walks_from_film_to_film_by_arrow_keys(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    app = open_app("classify", run=ready[1].run_id, present="")
    upload(app, ("one.png", png(1)), ("two.png", png(2)))
    assert not app.sidebar.caption
    assert app.button("classify_before").disabled
    assert app.button("classify_after").proto.shortcut == "right"
    assert "Film 1 of 2" in everything_said(app)
    answered(app.button("classify_after").click().run())
    assert app.button("classify_after").disabled
    assert "Film 2 of 2" in everything_said(app)
    assert "present" in app.query_params
    app.button("present_leave").click().run()
    assert app.sidebar.caption
    assert app.button("classify_add")
