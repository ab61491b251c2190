"""The map of the films under a real pointer: the film beside it, and a line round some."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Page, expect

from core.film_map.document import FILE, FilmMap, map_folder
from core.store import Store, open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched

POINTS = ".st-key-film_map .scatterlayer .point"
FILM = ".film img"


def with_a_map(stocked: Path, data: Path) -> Store:
    """A copy of the data folder with a map: a film every so often on a slope."""
    shutil.copytree(stocked, data)
    store = open_store(Workspace(data))
    ids = sorted(store.catalogue.frame()["film_id"])
    folder = map_folder(store.workspace)
    folder.mkdir()
    slope = tuple(at / len(ids) for at in range(len(ids)))
    FilmMap(
        films=tuple(ids), x=slope, y=slope, made_at=1.0, of=len(ids),
        neighbours=tuple(((at + 1) % len(ids), (at + 2) % len(ids)) for at in range(len(ids))),
    ).save(folder / FILE)  # fmt: skip
    return store


@pytest.fixture
def mapped(stocked: Path, tmp_path: Path) -> Iterator[tuple[Server, Store]]:
    """A server over a data folder with a map."""
    store = with_a_map(stocked, tmp_path / "data")
    server = Server(tmp_path / "data")
    server.start()
    yield server, store
    server.kill()


def first(page: Page) -> FloatRect:
    """Where the leftmost point is on the screen."""
    page.locator(POINTS).first.wait_for()
    page.locator(".st-key-film_map").scroll_into_view_if_needed()
    boxes = [one.bounding_box() for one in page.locator(POINTS).all()]
    return min((box for box in boxes if box), key=lambda box: box["x"])


def test_a_film_shows_beside_the_pointer_and_a_line_round_it_chooses_it(
    mapped: tuple[Server, Store], watched: Watched
) -> None:
    server, store = mapped
    page = watched.page
    watched.open(f"{server.url}/explore?tab=Map")
    watched.settle()
    watched.check_access()
    at = first(page)
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.mouse.move(x + 60, y - 90)
    page.mouse.move(x + 1, y)
    picture = page.locator(FILM)
    expect(picture).to_be_visible()
    film = sorted(store.catalogue.frame()["film_id"])[0]
    expect(picture).to_have_attribute("src", f"{server.url}/thumbnail/{film}.jpg")
    page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
    finding = store.catalogue.film(film).finding
    expect(page.locator(".film figcaption")).to_contain_text(finding)
    page.mouse.move(x + 60, y - 90)
    expect(picture).to_be_hidden()
    # Round the first point, and no other: they lie about 10 px apart.
    page.mouse.move(x - 6, y - 6)
    page.mouse.down()
    for right, down in ((5, -6), (5, 6), (-6, 6), (-6, -6)):
        page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()
    watched.settle()
    expect(page.get_by_text("1 film chosen")).to_be_visible()
    page.get_by_role("textbox", name="Your name or initials").fill("A. B.")
    page.keyboard.press("Tab")
    watched.settle()
    page.get_by_role("button", name="Correct …").click()
    wanted = page.get_by_role("combobox", name="What they show")
    wanted.fill("edema")
    wanted.press("Enter")
    watched.settle()
    page.get_by_role("button", name="Correct 1 film").click()
    watched.settle()
    expect(page.get_by_text("1 film goes by “Edema” now.")).to_be_visible()
    assert store.catalogue.film(film).finding == "Edema"
    assert store.corrections.latest()[film].who == "A. B."
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 film goes by “Edema” now.")).to_be_hidden()
    assert store.catalogue.film(film).finding == finding
