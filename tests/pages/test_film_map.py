"""The map in Explore: drawn as a job, coloured, chosen from; corrections and their way back."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import Message
from streamlit.testing.v1 import AppTest

from core.datasets.correcting import correct_finding, tag_films
from core.figures.film_map import KINDS, OTHERS, few_kinds, map_figure
from core.film_map import status
from core.film_map.document import FILE, FilmMap, map_folder
from core.film_map.status import map_job
from core.store import Store
from pages.components.film_map.chosen import CHOSEN
from pages.components.films.correct_film import WHO
from pages.components.thumbnails import thumbnail_route
from tests.core.runs.jobs_at_hand import no_dispatcher, noted, stand
from tests.pages.opening import as_read, everything_said, open_app


@pytest.fixture
def mapped(phantom_store: Store) -> Store:
    """A store with a map on which covid films lie at the left and the others at the right."""
    frame = phantom_store.catalogue.frame().sort_values(["finding", "film_id"])
    places = [[-1.0 if one == "COVID-19" else 1.0, at / 40] for at, one in
              enumerate(frame["finding"])]  # fmt: skip
    half = len(frame) // 2
    near = [[(at // half) * half + (at + step) % half for step in range(1, 11)]
            for at in range(len(frame))]  # fmt: skip
    folder = map_folder(phantom_store.workspace)
    folder.mkdir()
    FilmMap(
        films=tuple(frame["film_id"]), x=tuple(x for x, _ in places), y=tuple(y for _, y in places),
        neighbours=tuple(map(tuple, near)), of=len(frame), made_at=1.0,
    ).save(folder / FILE)  # fmt: skip
    return phantom_store


def opened(**session: object) -> AppTest:
    app = open_app("explore", tab="Map")
    for key, value in session.items():
        app.session_state[key] = value
    return app.run() if session else app


def covid(store: Store) -> list[str]:
    frame = store.catalogue.frame()
    return sorted(frame.loc[frame["finding"] == "COVID-19", "film_id"])


def points(app: AppTest) -> list[dict[str, object]]:
    [chart] = app.get("plotly_chart")
    traces: list[dict[str, object]] = json.loads(chart.proto.spec)["data"]
    return traces


def test_without_a_map_it_is_drawn_by_a_click(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_dispatcher(monkeypatch)
    asked = noted(monkeypatch)
    monkeypatch.setattr(status, "find_weights", lambda *_: Path("weights"))
    app = opened()
    assert "Films that look alike" in everything_said(app)
    app.button("map_draw").click().run()
    assert [(folder.name, kind) for folder, kind, _ in asked] == [("map", "map")]


def test_without_the_networks_weights_it_says_how_to_get_them(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "find_weights", lambda *_: None)
    app = opened()
    assert "are not on this machine" in everything_said(app)
    assert "map_draw" not in [one.key for one in app.button]


def test_a_job_under_way_tells_how_far_it_is_and_can_be_stopped(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_dispatcher(monkeypatch)
    stand(map_job(phantom_store), "working", "Looking at films", 10, 40)
    app = opened()
    assert "Looking at films (10 of 40)" in next(one.text for one in app.get("progress"))
    assert app.button("map_stop")


def test_a_job_that_broke_off_says_why(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_dispatcher(monkeypatch)
    stand(map_job(phantom_store), "failed", reason="There was no room.")
    assert "The map was not drawn. There was no room." in [one.value for one in opened().error]
    stand(map_job(phantom_store), "cancelled", reason="Stopped at your request.")
    app = opened()
    assert "The map was not drawn. Stopped at your request." in [one.value for one in app.info]
    assert not app.error


def test_points_are_coloured_and_a_sentence_says_what_lies_apart(mapped: Store) -> None:
    app = opened(map_colour="finding")
    said = everything_said(app)
    assert "The findings lie apart: of the 10 films most like a film, 100.0 %" in said
    assert "The map shows 40 films." in said
    assert sorted(str(one["name"]) for one in points(app)) == [
        "COVID-19 (20)", "No finding (20)",
    ]  # fmt: skip
    tag_films(mapped, covid(mapped)[:2], "lecture")
    app = opened(map_colour="tags")
    assert sorted(str(one["name"]) for one in points(app)) == ["lecture (2)", "no tag (38)"]


def test_films_are_corrected_seen_in_a_data_set_and_it_is_undone(mapped: Store) -> None:
    film, other = covid(mapped)[:2]
    app = opened(**{CHOSEN: [film, other]})
    assert "**2 films chosen**" in everything_said(app)
    app.selectbox("map_finding").set_value("No finding")
    app.button("map_correct").click().run()
    assert "Say who does this" in app.error[0].value
    app.text_input("map_who").set_value("A. B.").run()
    app.selectbox("map_finding").set_value("No finding")
    app.button("map_correct").click().run()
    assert not app.exception
    assert "2 films go by “No finding” now." in everything_said(app)
    assert mapped.catalogue.film(film).finding == "No finding"
    assert mapped.corrections.latest()[film].who == "A. B."
    # Balancing may leave one of the two out of the data set.
    told = as_read(everything_said(open_app("prepare")))
    assert re.search("(1 film goes|2 films go) by .* that a person corrected: . from “COVID", told)
    app.button("map_undo").click().run()
    assert mapped.catalogue.film(film).source_finding == ""
    assert "corrected" not in everything_said(open_app("prepare"))


def test_an_undo_goes_back_one_step_only(mapped: Store) -> None:
    film = covid(mapped)[0]
    correct_finding(mapped, [film], "Edema", "C")
    app = opened(**{CHOSEN: [film], WHO: "A"})
    app.button("map_take_back").click().run()
    assert mapped.catalogue.film(film).finding == "COVID-19"
    app.button("map_undo").click().run()
    assert mapped.catalogue.film(film).finding == "Edema"


def test_films_are_tagged_and_left_out(mapped: Store) -> None:
    film = covid(mapped)[0]
    tag_films(mapped, covid(mapped)[1:2], "lecture")
    app = opened(**{CHOSEN: [film], WHO: "A. B."})
    app.selectbox("map_tag").set_value("lecture")
    app.button("map_tag_on").click().run()
    assert mapped.tags.of(film) == ["lecture"]
    app.button("map_leave_out").click().run()
    assert mapped.catalogue.set_apart_in() == {film: "Left out by A. B."}
    assert "1 film is left out." in everything_said(app)
    app.button("map_undo").click().run()
    assert mapped.catalogue.set_apart_in() == {}


def test_films_out_of_place_are_chosen_by_a_button(mapped: Store) -> None:
    film = covid(mapped)[0]
    correct_finding(mapped, [film], "No finding", "A")
    app = opened()
    app.button("map_odd").click().run()
    assert app.session_state[CHOSEN] == [film]
    app.button("map_by_hand").click().run()
    assert app.session_state[CHOSEN] == [film]
    app.button("map_all").click().run()
    assert len(app.session_state[CHOSEN]) == 40
    app.button("map_none").click().run()
    assert "No films are chosen." in everything_said(app)


def test_films_are_found_again_by_their_tags(mapped: Store) -> None:
    app = open_app("explore")
    assert "explore_tag" not in [one.key for one in app.multiselect]
    tag_films(mapped, covid(mapped)[:2], "lecture")
    tag_films(mapped, covid(mapped)[1:4], "doubt")
    app = open_app("explore")
    app.multiselect("explore_tag").set_value(["lecture"]).run()
    assert "**2** of 40 films" in everything_said(app)
    app.multiselect("explore_tag").set_value(["lecture", "doubt"]).run()
    assert "**4** of 40 films" in everything_said(app)
    # A tag that no film has any more is forgotten.
    mapped.tags.remove(covid(mapped), "doubt")
    app.run()
    assert "**2** of 40 films" in everything_said(app)
    app.button("explore_reset").click().run()
    assert "**40** of 40 films" in everything_said(app)


def test_what_people_said_of_a_film_stands_beside_it(mapped: Store) -> None:
    film = covid(mapped)[0]
    correct_finding(mapped, [film], "Edema", "A. B.")
    tag_films(mapped, [film], "lecture")
    app = open_app("explore", film=film)
    [table] = app.table
    facts = table.value["Value"]
    assert facts["Corrected"].startswith("by A. B.")
    assert "the source says “COVID\\-19”" in facts["Corrected"].replace("COVID-19", "COVID\\-19")
    assert facts["Tags"] == "lecture"


def test_a_film_that_is_opened_can_be_corrected(mapped: Store) -> None:
    film = covid(mapped)[0]
    app = open_app("explore", film=film)
    app.selectbox(f"film_finding_{film}").set_value("No finding")
    app.button("film_correct").click().run()
    assert "Say who does this" in app.error[0].value
    app.text_input("film_who").set_value("A. B.")
    app.selectbox(f"film_finding_{film}").set_value("No finding")
    app.button("film_correct").click().run()
    assert mapped.catalogue.film(film).finding == "No finding"
    app.button("film_undo").click().run()
    assert mapped.catalogue.film(film).finding == "COVID-19"


def test_many_kinds_share_a_colour() -> None:
    kinds = pd.Series([f"k{number}" for number in range(12) for _ in range(number + 1)])
    assert set(few_kinds(kinds)) == {
        OTHERS,
        *(f"k{number}" for number in range(12 - KINDS + 1, 12)),
    }
    few = pd.Series([*(f"k{number}" for number in range(KINDS)), "unknown"])
    assert set(few_kinds(few)) == set(few)


def test_chosen_films_are_marked_and_none_is_said_in_words() -> None:
    table = pd.DataFrame(
        {"film_id": ["a", "b"], "x": [0, 1], "y": [0, 1], "kind": "k", "told": "t"}
    )
    drawing = map_figure(table, "source", chosen=["b", "gone"])
    assert [one.name for one in drawing.data] == ["k (2)", "chosen (1)"]
    assert drawing.data[0].customdata == (["a", "t"], ["b", "t"])
    assert "No film" in map_figure(table[:0], "source").layout.annotations[0].text


def ask(app: Starlette, path: str) -> tuple[int, bytes, Headers]:
    """What the server answers, without a network between."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(3600)  # the browser stays there
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": unquote(path), "raw_path": path.encode(),
             "query_string": b"", "headers": [], "root_path": "", "scheme": "http",
             "http_version": "1.1", "server": ("127.0.0.1", 80)}  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # another test may have a loop of its own in this one
        thread.submit(lambda: asyncio.run(app(scope, receive, send))).result()
    start, *rest = sent
    return start["status"], b"".join(one["body"] for one in rest), Headers(raw=start["headers"])


def test_a_thumbnail_is_had_by_its_films_id_only(tmp_path: Path) -> None:
    film = "0" * 32
    (tmp_path / f"{film}.jpg").write_bytes(b"jpeg")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    app = Starlette(routes=[thumbnail_route(lambda one: tmp_path / f"{one}.jpg")])
    code, body, headers = ask(app, f"/thumbnail/{film}.jpg")
    assert (code, body, headers["content-type"]) == (200, b"jpeg", "image/jpeg")
    assert ask(app, f"/lens/thumbnail/{film}.jpg")[:2] == (200, b"jpeg"), "under a path"
    assert ask(app, f"/lensthumbnail/{film}.jpg")[0] == 404
    for name in ("secret", "1" * 32, "..%2fsecret", f"{film}x"):
        assert ask(app, f"/thumbnail/{name}.jpg")[0] == 404
