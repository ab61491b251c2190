"""The Classify page, with a prediction worker that answers at once."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import FilmError, PredictionError
from core.evaluation.decision import Decision
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.gate.similarity import Neighbour, Similarity
from core.images.decode import decode_bytes
from core.prediction.client import FilmResult
from core.public import VARIABLE
from core.runs.files import RunFiles
from core.spreadsheet import csv_bytes
from core.store import Run, Store
from pages.components.classify import asking
from pages.components.classify.answer_card import at_threshold
from pages.components.classify.answers_table import (
    AnsweredFilm,
    Classified,
    answers_table,
    classified,
    films_table,
)
from pages.components.classify.film_input import FilmInput
from pages.components.viewer.heat_layers import heat_layers
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.runs import RESULT, make_dataset, make_run
from tests.pages.shown_films import shown_films

Progress = Callable[[int, int, str], None]


class Client:
    """Says “covid” with 0.8 to every film it can read; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], list[str]]] = []
        self.ready = 0
        self.held: set[str] = set()  # runs that do not answer before they are let
        self.every_class = False
        self.lateral = False

    def make_ready(self) -> None:
        self.ready += 1

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
        while self.held.intersection(run_ids):
            time.sleep(0.01)
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
                            "covid", heats=heats, picture=np.full((40, 30), 99, np.uint8),
                        )
                    )  # fmt: skip
        return results


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(asking, "get_client", lambda: client)
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
    """Drop files, and wait for all answers."""
    app.file_uploader[0].set_value([(name, data, "") for name, data in files])
    return answered(app.run())


def answered(app: AppTest) -> AppTest:
    """The page when the networks have answered, as it is after it has drawn itself anew."""
    assert not app.exception
    end = time.monotonic() + 30
    while app.session_state["classify_worklist"].worklist.state.working:
        assert time.monotonic() < end
        time.sleep(0.01)
    return app.run()


def look_at(app: AppTest, place: int) -> AppTest:
    """Click on a small film."""
    tiles = [one for one in app.button if str(one.key).startswith("classify_film_")]
    tiles[place].click()
    return answered(app.run())


def rows(app: AppTest, *runs: Run, threshold: float | None = None) -> pd.DataFrame:
    """What is saved as CSV."""
    found = app.session_state["classify_worklist"]
    return answers_table(classified(found, runs), threshold)


def test_without_a_finished_run_the_page_points_to_train(phantom_store: Store) -> None:
    app = open_app("classify")
    assert "No run has finished yet" in everything_said(app)
    assert "not a diagnosis" in everything_said(app)


def test_the_heat_maps_of_all_classes_come_with_the_answer(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    app = upload(open_app("classify"), ("one.png", png(1)))
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


def test_own_films_are_answered_by_every_run_without_a_button(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, first, second = ready
    app = open_app("classify", run=first.run_id)
    app.multiselect[0].set_value([first.run_id, second.run_id]).run()
    before = store.catalogue.count()
    app = upload(app, ("one.png", png(1)), ("notes.txt", b"hello"), ("two.png", png(2)))
    both = [first.run_id, second.run_id]
    assert client.asked == [(both, ["one.png"]), (both, ["notes.txt", "two.png"])]
    table = rows(app, first, second)
    assert list(table["Film"]) == ["one.png"] * 2 + ["notes.txt"] * 2 + ["two.png"] * 2
    assert list(table["Answer"]) == ["covid", "covid", "", "", "covid", "covid"]
    assert list(app.dataframe[0].value["Answer"]) == ["covid", "not readable", "covid"]
    assert "3 films: **covid** 2, **not readable** 1" in everything_said(app)
    # The first is looked at, with the heat maps of both runs.
    (viewer,) = shown_films(app)
    assert len(viewer["networks"]) == 2
    assert {one["network"] for one in viewer["layers"]} == {0, 1}
    assert (
        "The networks agree; their probabilities are up to 0.0 percentage points apart."
        in everything_said(app)
    )
    assert "**Kind of file**: PNG, 8 bits a pixel" in everything_said(app)
    look_at(app, 1)
    [error] = [one.value for one in app.error]
    assert "notes" in error
    assert not shown_films(app)
    assert store.catalogue.count() == before
    assert len(client.asked) == 2, "a click on a film asks no network again"


def test_a_zip_is_its_films_and_what_could_not_be_taken_is_said(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in {"a/1.png": png(1), "a/2.png": png(2), "list.csv": b"x"}.items():
            archive.writestr(name, data)
    app = open_app("classify")
    app = upload(app, ("films.zip", buffer.getvalue()), ("torn.zip", buffer.getvalue()[:60]))
    _, _, second = ready
    assert list(rows(app, second)["Film"]) == ["a/1.png", "a/2.png"]
    assert list(rows(app, second)["Answer"]) == ["covid", "covid"]
    assert [one.value for one in app.warning] == [
        "torn.zip is a damaged zip file. Make or copy it again."
    ]


def test_of_a_folder_only_films_are_taken(ready: tuple[Store, Run, Run], client: Client) -> None:
    app = open_app("classify")
    files = [("f/1.png", png(1), ""), ("f/notes.txt", b"hello", ""), ("f/2.png", png(2), "")]
    app.file_uploader[1].set_value(files)
    app = answered(app.run())
    _, _, second = ready
    assert len(rows(app, second)) == 2
    assert "1 file of the folder left out" in app.warning[0].value


def test_films_are_added_and_the_list_is_begun_anew(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    _, _, second = ready
    app = upload(open_app("classify"), ("one.png", png(1)))
    app.button("classify_add").click().run()
    app = upload(app, ("two.png", png(2)))
    assert list(rows(app, second)["Film"]) == ["one.png", "two.png"]
    assert "film 2 of 2" in everything_said(app), "what has come last is looked at"
    assert [names for _, names in client.asked] == [["one.png"], ["two.png"]]
    app.button("classify_clear").click().run()
    assert not shown_films(app)
    assert [one.label for one in app.file_uploader][1] == "Or a whole folder"


def test_another_network_is_asked_for_what_is_missing(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    _, first, second = ready
    app = upload(open_app("classify"), ("one.png", png(1)))
    app.multiselect[0].set_value([second.run_id, first.run_id])
    answered(app.run())
    assert client.asked == [([second.run_id], ["one.png"]), ([first.run_id], ["one.png"])]
    (viewer,) = shown_films(app)
    assert len(viewer["networks"]) == 2
    app.multiselect[0].set_value([]).run()
    assert "Choose a network first." in app.info[0].value


def test_what_one_network_said_stays_while_another_is_asked(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    _, first, second = ready
    app = open_app("classify", run=second.run_id)
    app = upload(app, ("one.png", png(1)), ("two.png", png(2)))
    client.held = {first.run_id}
    app.multiselect[0].set_value([second.run_id, first.run_id]).run()
    try:
        (viewer,) = shown_films(app)
        assert len(viewer["networks"]) == 1, "the heat map of the one that has answered"
        said = everything_said(app)
        assert "### covid" in said
        assert "hourglass_empty" in said, "and that another is being asked"
        assert list(app.dataframe[0].value["Answer"]) == ["covid", "covid"]
        assert list(rows(app, second, first)["Run id"]) == [second.run_id] * 2
    finally:
        client.held = set()
    (viewer,) = shown_films(answered(app))
    assert len(viewer["networks"]) == 2
    assert list(rows(app, second, first)["Run id"]) == [second.run_id, first.run_id] * 2


def test_the_worker_is_made_ready_once_where_there_is_memory(
    ready: tuple[Store, Run, Run], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = SimpleNamespace(available=asking.MEMORY_TO_SPARE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    open_app("classify")
    assert client.ready == 0
    memory.available += 1
    app = open_app("classify")
    app.run()
    assert client.ready == 1
    monkeypatch.setenv(VARIABLE, "1")
    open_app("classify")
    assert client.ready == 1, "most who come to a public show only look"


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


def test_films_of_a_source_are_offered_by_each_of_their_findings(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, *_ = ready
    one = store.catalogue.films(store.catalogue.frame()["film_id"].tolist())[0]
    both = replace(one, film_id="b" * 32, finding="Cardiomegaly + COVID-19")
    store.catalogue.save_source(store.catalogue.sources()[0], [both])
    app = open_app("classify")
    pools = app.selectbox("classify_pool")
    pools.set_value(pools.options[-1]).run()
    kinds = app.selectbox("classify_kind")
    assert kinds.options == ["all", "COVID-19", "Cardiomegaly", "No finding"]
    kinds.set_value("Cardiomegaly").run()
    assert offered(app) == [both.film_id]


def offered(app: AppTest) -> list[str]:
    """The ids of the films that one can click on."""
    keys = [str(one.key) for one in app.button if str(one.key).startswith("sample_")]
    return [key.removeprefix("sample_") for key in keys]


def test_one_click_on_a_sample_film_answers_it(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, _, second = ready
    app = open_app("classify")
    assert app.selectbox("classify_pool").options[0] == "Test films of tiny"
    members = store.datasets.members("tiny")
    tests = members[members["split"] == "test"].set_index("film_id")
    first = offered(app)[0]
    assert set(offered(app)) <= set(tests.index)
    app.button(f"sample_{first}").click()
    answered(app.run())
    assert client.asked[0][1] == [Path(tests.loc[first, "path"]).name]
    truth = tests["class_name"].astype(str)[first]
    assert list(rows(app, second)["Label in the data"]) == [truth]
    assert f"labelled “{truth}” in the data" in everything_said(app)
    app.button("classify_add").click().run()
    app.button(f"sample_{first}").click()
    answered(app.run())
    assert len(rows(app, second)) == 1, "the same film is not listed twice"


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
    pool = app.selectbox("classify_pool").options[0]
    assert pool.startswith("Test films of tiny, fold 2 of 2")
    assert offered(app)
    assert set(offered(app)) <= set(ids[own])
    app.button(f"sample_{offered(app)[0]}").click()
    answered(app.run())
    assert list(rows(app, run)["Split"]) == ["test"]


def test_a_worker_that_died_is_a_sentence_and_is_asked_again(
    ready: tuple[Store, Run, Run], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, second = ready
    answers, dead = client.classify, True

    def die(*asked: Any, **options: Any) -> list[FilmResult]:
        if dead:
            raise PredictionError("The process that classifies films was killed. Try again.")
        return answers(*asked, **options)

    monkeypatch.setattr(client, "classify", die)
    app = upload(open_app("classify"), ("one.png", png()), ("two.png", png(1)))
    assert "was killed" in app.error[0].value
    assert len(shown_films(app)) == 1, "the film can be looked at all the same"
    assert rows(app, second).empty
    dead = False
    app.button("classify_again").click()
    answered(app.run())
    assert not app.error
    assert list(rows(app, second)["Answer"]) == ["covid", "covid"]


def test_it_is_stopped_and_goes_on(
    ready: tuple[Store, Run, Run], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, second = ready
    answers, allowed = client.classify, threading.Semaphore(1)

    def slowly(
        runs: Sequence[str], films: Any, *, progress: Progress, **options: Any
    ) -> list[FilmResult]:
        while not allowed.acquire(timeout=0.02):
            progress(0, len(films), "Reading")
        return answers(runs, films, progress=progress, **options)

    monkeypatch.setattr(client, "classify", slowly)
    app = open_app("classify")
    app.file_uploader[0].set_value([(f"{n}.png", png(n), "") for n in range(3)])
    app.run()
    assert app.get("progress")[0].proto.text.startswith("1 of 3 films answered")
    assert list(rows(app, second)["Answer"]) == ["covid"], "it is there while the others wait"
    app.button("classify_stop").click()
    app = answered(app.run())
    assert app.get("progress")[0].proto.text == "1 of 3 films answered"
    assert "Not answered: the list was stopped." in everything_said(look_at(app, 2))
    allowed.release(9)
    app.button("classify_go_on").click()
    answered(app.run())
    assert list(rows(app, second)["Answer"]) == ["covid"] * 3


def test_films_are_kept_only_when_asked(ready: tuple[Store, Run, Run], client: Client) -> None:
    store, *_ = ready
    app = upload(open_app("classify"), ("Doe^John.png", png(3)))
    assert "Kept films" not in set(store.catalogue.frame()["source"])
    app.button("classify_keep").click().run()
    assert not app.exception
    assert any("1 film kept" in one.value for one in app.info)
    frame = store.catalogue.frame()
    [path] = frame[frame["source"] == "Kept films"]["path"]
    assert "Doe" not in path


@pytest.fixture
def answering(client: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, FilmResult]:
    """By file name, what the worker shall say instead."""
    told: dict[str, FilmResult] = {}
    original = client.classify

    def instead(run_ids: Sequence[str], films: Any, **options: Any) -> list[FilmResult]:
        client.lateral = options["lateral"]
        return [
            replace(told.get(one.file, one), run_id=one.run_id)
            for one in original(run_ids, films, **options)
        ]

    monkeypatch.setattr(client, "classify", instead)
    return told


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
