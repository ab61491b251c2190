"""Films that are given to the networks, and who is asked for what."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from core.errors import PredictionError
from core.prediction.client import FilmResult
from core.public import VARIABLE
from core.store import Run, Store
from pages.components.classify import asking
from tests.pages.classify_page.answering_client import (
    Client,
    Progress,
    answered,
    look_at,
    png,
    rows,
    upload,
)
from tests.pages.opening import everything_said, open_app
from tests.pages.shown_films import shown_films


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
