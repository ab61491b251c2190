"""The Classify page, with a prediction worker that answers at once."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import FilmError, PredictionError
from core.evaluation.predictions import Predictions
from core.gate.similarity import Neighbour, Similarity
from core.images.decode import decode_bytes
from core.prediction.client import FilmResult
from core.runs.files import RunFiles
from core.spreadsheet import csv_bytes
from core.store import Run, Store
from pages.components.classify import classifying
from pages.components.classify.answer_card import at_threshold
from pages.components.classify.answers_table import (
    Classified,
    FilmAnswer,
    answers_table,
    columns_shown,
)
from pages.components.viewer.heat_layers import heat_layers
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import RESULT, make_dataset, make_run
from tests.pages.shown_films import shown_films

Progress = Callable[[int, int, str], None]


class Client:
    """Says “covid” with 0.8 to every film it can read; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], list[str]]] = []
        self.every_class = False
        self.lateral = False

    def classify(
        self,
        run_ids: Sequence[str],
        films: Sequence[tuple[str, bytes]],
        *,
        cam: bool = True,
        every_class: bool = False,
        lateral: bool = False,
        progress: Progress | None = None,
    ) -> list[FilmResult]:
        self.asked.append((list(run_ids), [name for name, _ in films]))
        self.every_class = every_class
        results: list[FilmResult] = []
        for name, data in films:
            if progress:
                progress(len(results), len(films) * len(run_ids), f"Reading {name}")
            for run_id in run_ids:
                try:
                    decode_bytes(data, name)
                except FilmError as error:
                    results.append(FilmResult(name, run_id, None, {}, None, str(error)))
                else:
                    heat = np.linspace(0, 1, 49, dtype=np.float32).reshape(7, 7)
                    heats = {"covid": heat, "healthy": 1 - heat}
                    results.append(
                        FilmResult(
                            name, run_id, "covid", {"covid": 0.8, "healthy": 0.2}, heat, None,
                            "covid", heats=heats,
                        )
                    )  # fmt: skip
        return results


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(classifying, "get_client", lambda: client)
    return client


@pytest.fixture
def ready(phantom_store: Store) -> tuple[Store, Run, Run]:
    """Phantoms, a data set, and two finished runs on it."""
    make_dataset(phantom_store)
    first = make_run(phantom_store, "done", result=RESULT)
    second = make_run(phantom_store, "done", result=RESULT, spec={"model": "vgg16"})
    return phantom_store, first, second


def png(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 50), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, data, "") for name, data in files])
    return app.run()


def classify(app: AppTest) -> AppTest:
    app.button("classify_start").click().run()
    assert not app.exception
    return app


def test_without_a_finished_run_the_page_points_to_train(phantom_store: Store) -> None:
    app = open_app("classify")
    assert "No run has finished yet" in everything_said(app)
    assert "not a diagnosis" in everything_said(app)


def test_the_heat_maps_of_all_classes_come_with_the_answer(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    app = classify(upload(open_app("classify"), ("one.png", png(1))))
    assert client.every_class
    (viewer,) = shown_films(app)
    assert [(one["class"], one["answered"], one["said"]) for one in viewer["layers"]] == [
        ("covid", True, "Heat map for “covid”"),
        ("healthy", False, "Heat map for “healthy”; the answer is “covid”"),
    ]


def test_the_address_names_the_run(ready: tuple[Store, Run, Run], client: Client) -> None:
    _, first, second = ready
    assert open_app("classify", run=first.run_id).multiselect[0].value == [first.run_id]
    assert open_app("classify").multiselect[0].value == [second.run_id]
    app = open_app("classify", run="nonsense")
    assert "is not there, or has not finished" in app.warning[0].value


def test_own_films_are_classified_by_every_run(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, first, second = ready
    app = open_app("classify", run=first.run_id)
    assert app.button("classify_start").disabled
    app.multiselect[0].set_value([first.run_id, second.run_id]).run()
    app = upload(app, ("one.png", png(1)), ("notes.txt", b"hello"), ("two.png", png(2)))
    before = store.catalogue.count()
    classify(app)
    assert client.asked == [
        ([first.run_id, second.run_id], ["one.png", "notes.txt", "two.png"]),
    ]
    [error] = [one.value for one in app.error]
    assert "notes" in error
    table = app.dataframe[0].value
    assert list(table["Film"]) == ["one.png"] * 2 + ["notes.txt"] * 2 + ["two.png"] * 2
    assert list(table["Answer"]) == ["covid", "covid", "", "", "covid", "covid"]
    read = [one for one in app.expander if one.label == "What was read of the file"]
    assert len(read) == 2, "one for each film that could be read"
    assert next(one.value for one in read[0].caption) == "**Kind of file**: PNG, 8 bits a pixel"
    # A viewer for each of the two films that could be read, with the heat maps of both runs.
    viewers = shown_films(app)
    assert [len(one["networks"]) for one in viewers] == [2, 2]
    assert {one["network"] for one in viewers[0]["layers"]} == {0, 1}
    assert store.catalogue.count() == before


def test_moving_the_controls_asks_no_network_again(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    app = classify(upload(open_app("classify"), ("one.png", png())))
    app.toggle("cam_own_threshold").set_value(True).run()
    assert app.dataframe[0].value["Answer"][0] == "covid"
    app.slider("cam_threshold").set_value(90).run()
    assert app.dataframe[0].value["Answer"][0] == "healthy"
    (viewer,) = shown_films(app)
    assert [one["class"] for one in viewer["layers"] if one["answered"]] == ["healthy"]
    assert len(client.asked) == 1


def test_films_of_a_source_are_offered_by_each_of_their_findings(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, *_ = ready
    one = store.catalogue.films(store.catalogue.frame()["film_id"].tolist())[0]
    both = replace(one, film_id="b" * 32, finding="Cardiomegaly + COVID-19")
    store.catalogue.save_source(store.catalogue.sources()[0], [both])
    app = open_app("classify")
    app.segmented_control("classify_where").set_value("Sample films").run()
    pools = app.selectbox("classify_pool")
    pools.set_value(pools.options[-1]).run()
    kinds = app.selectbox("classify_kind")
    assert kinds.options == ["all", "COVID-19", "Cardiomegaly", "No finding"]
    kinds.set_value("Cardiomegaly").run()
    assert [one.key for one in app.checkbox if str(one.key).startswith("sample_")] == [
        f"sample_{both.film_id}"
    ]


def test_a_sample_film_brings_what_its_source_says(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, *_ = ready
    app = open_app("classify")
    app.segmented_control("classify_where").set_value("Sample films").run()
    assert app.selectbox("classify_pool").options[0] == "Test films of tiny"
    members = store.datasets.members("tiny")
    tests = members[members["split"] == "test"].set_index("film_id")
    offered = [str(one.key).removeprefix("sample_") for one in app.checkbox]
    assert offered
    assert set(offered) <= set(tests.index)
    app.checkbox[0].check().run()
    classify(app)
    assert app.dataframe[0].value["Its source says"][0] == tests.loc[offered[0], "class_name"]
    assert client.asked[0][1] == [Path(tests.loc[offered[0], "path"]).name]


def test_samples_of_a_fold_are_its_own_test_films(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    """Those of the data set were in its training."""
    store, *_ = ready
    members = store.datasets.members("tiny")
    ids = members["film_id"].to_numpy(str)
    of_dataset = (members["split"] == "test").to_numpy()
    own = np.roll(of_dataset, -8)
    assert not (own & of_dataset).any()
    repeat = {"kind": "folds", "index": 1, "count": 2, "group": "20260101-000000-folds-abcd"}
    run = make_run(store, "done", result=RESULT, spec={"repeat": repeat})
    truth = members["class_index"].to_numpy(int)
    shares = np.full((len(ids), 2), 0.5)
    split = np.where(own, "test", "train")
    names = store.datasets.get("tiny").spec.class_names
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    Predictions(names, ids, split, truth, shares).save(files.predictions)
    app = open_app("classify", run=run.run_id)
    app.segmented_control("classify_where").set_value("Sample films").run()
    pool = app.selectbox("classify_pool").options[0]
    assert pool.startswith("Test films of tiny, fold 2 of 2")
    offered = [str(one.key).removeprefix("sample_") for one in app.checkbox]
    assert offered
    assert set(offered) <= set(ids[own])
    app.checkbox[0].check().run()
    classify(app)
    assert app.dataframe[0].value["Split"][0] == "test"


def test_a_worker_that_died_is_a_sentence(
    ready: tuple[Store, Run, Run], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> list[FilmResult]:
        raise PredictionError("The process that classifies films was killed. Try again.")

    app = classify(upload(open_app("classify"), ("one.png", png())))
    monkeypatch.setattr(client, "classify", die)
    classify(app)
    assert "was killed. Try again." in app.error[0].value
    assert len(app.dataframe) == 0, "answers of before must not look like these"


def test_films_are_kept_only_when_asked(ready: tuple[Store, Run, Run], client: Client) -> None:
    store, *_ = ready
    app = upload(open_app("classify"), ("Doe^John.png", png(3)))
    app.checkbox("classify_keep").check().run()
    classify(app)
    assert "1 film kept" in app.info[0].value
    frame = store.catalogue.frame()
    [path] = frame[frame["source"] == "Kept films"]["path"]
    assert "Doe" not in path


@pytest.fixture
def answering(client: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, FilmResult]:
    """By file name, what the worker shall say instead."""
    said: dict[str, FilmResult] = {}
    original = client.classify

    def instead(run_ids: Sequence[str], films: Any, **options: Any) -> list[FilmResult]:
        client.lateral = options["lateral"]
        return [
            replace(said.get(one.file, one), run_id=one.run_id)
            for one in original(run_ids, films, **options)
        ]

    monkeypatch.setattr(client, "classify", instead)
    return said


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
    app = classify(upload(open_app("classify"), ("cat.png", png(1)), ("side.png", png(2))))
    text = everything_said(app)
    assert "2 films: **refused** 2" in text
    assert "Refused: not a chest X-ray" in text
    assert "Refused: a film from the side" in text
    assert "It is a picture in colour." in text
    assert [one["layers"] for one in shown_films(app)] == [[], []], "two pictures, no heat map"
    assert not [one for one in app.get("html") if "covid" in one.proto.body]
    table = app.dataframe[0].value
    assert list(table["Answer"]) == ["refused", "refused"]
    assert list(table["Note"]) == ["It is a picture in colour.", "It is from the side."]
    # No threshold makes an answer of it.
    app.toggle("cam_own_threshold").set_value(True).run()
    assert list(app.dataframe[0].value["Answer"]) == ["refused", "refused"]


def test_films_from_the_side_are_answered_only_when_asked_for(
    ready: tuple[Store, Run, Run], client: Client, answering: dict[str, FilmResult]
) -> None:
    answering["side.png"] = FilmResult(
        "side.png", "", "covid", {"covid": 0.8, "healthy": 0.2}, None, None,
        gate="lateral", reason="It is from the side.", answer="covid",
    )  # fmt: skip
    app = upload(open_app("classify"), ("side.png", png(1)))
    classify(app)
    assert not client.lateral
    app.toggle("classify_lateral").set_value(True).run()
    classify(app)
    assert client.lateral
    assert "this answer means nothing" in app.warning[0].value


def test_not_sure_unlike_and_the_nearest_films(
    ready: tuple[Store, Run, Run], answering: dict[str, FilmResult]
) -> None:
    store, *_ = ready
    film = store.catalogue.frame().iloc[3]
    near = (Neighbour(film["film_id"], "covid", 0.61), Neighbour("0" * 32, "healthy", 0.7))
    answering["odd.png"] = FilmResult(
        "odd.png", "", "covid", {"covid": 0.6, "healthy": 0.4}, np.ones((2, 2), np.float32), None,
        "covid", "frontal", answer="not_sure", not_sure=(0.4, 0.7),
        similarity=Similarity(True, 0.65, 0.5, near),
    )  # fmt: skip
    app = classify(upload(open_app("classify"), ("odd.png", png(1))))
    text = everything_said(app)
    assert "Not sure" in text
    assert "covid has 60.0 %. Between 40.0 and 70.0 %, this run gives no answer." in text
    assert "Unlike the films that this network learnt from" in app.warning[0].value
    assert f"**covid**  \n{film['finding']}  \ntrain, 0.61 away" in text
    assert "not in the catalogue" in text
    assert len(app.image) == 2, "two neighbours"
    (viewer,) = shown_films(app)
    assert [(one["class"], one["said"]) for one in viewer["layers"] if one["answered"]] == [
        ("covid", "Heat map for “covid”")
    ]
    assert app.dataframe[0].value["Answer"][0] == "not sure"
    app.toggle("cam_own_threshold").set_value(True).run()
    assert app.dataframe[0].value["Answer"][0] == "covid", "0.6 is above the 0.5 set by hand"


def test_a_threshold_set_on_the_page_decides() -> None:
    shares = {"covid": 0.3, "healthy": 0.5, "sars": 0.2}
    assert at_threshold(shares, 0.3) == "covid"
    assert at_threshold(shares, 0.31) == "healthy"


def test_the_table_is_safe_in_a_spreadsheet_and_tells_errors() -> None:
    good = FilmResult("=1+1.png", "r", "covid", {"covid": 1.0, "healthy": 0.0}, None, None)
    bad = FilmResult("x.png", "r", None, {}, None, "It is empty.")
    films = (FilmAnswer("=1+1.png", "", None, (good,)), FilmAnswer("x.png", "", None, (bad,)))
    table = answers_table(Classified({"r": "CNN"}, films), None)
    text = csv_bytes(table).decode("utf-8-sig")
    assert "\n'=1+1.png," in text
    assert "\n=1" not in text
    assert list(table["Film"]) == ["=1+1.png", "x.png"]
    assert list(table["Note"]) == ["", "It is empty."]
    assert table["P(covid)"].isna().tolist() == [False, True]
    assert "Its source says" not in columns_shown(table)


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
