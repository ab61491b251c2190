"""Zoom, pan, opacity: what moves, how soon, and what stays where it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from pages.components.viewer.packing import HeatLayer
from tests.browser.viewer.mounting import EACH_ONCE, deep, mounted
from tests.core.images.dicom_films import dicom, written

pytestmark = pytest.mark.browser


def test_whatever_is_moved_is_seen_in_the_next_frame(page: Page) -> None:
    stored = np.add.outer(np.arange(600), np.arange(500)).astype(np.uint16) * 3
    heat = np.zeros((7, 7), np.float32)
    heat[3, 3] = 1
    layer = HeatLayer(0, "covid", "HiResCAM", heat)
    mounted(page, written(dicom(stored)), networks=["CNN"], layers=[layer])
    seen = page.evaluate("""async () => {
        const look = () => canvases()[0].getContext("2d").getImageData(0, 0, 900, 500).data;
        const box = canvases()[0].getBoundingClientRect();
        const send = (type, kind, more) => canvases()[0].dispatchEvent(new kind(type, {
            bubbles: true, cancelable: true, clientX: box.left + 300, clientY: box.top + 200,
            pointerId: 1, pointerType: "mouse", ...more,
        }));
        canvases()[0].setPointerCapture = () => {};
        const slide = (label, value) => {
            const bar = root.querySelector(`#${[...root.querySelectorAll("label")]
                .find((one) => one.textContent === label).htmlFor}`);
            bar.value = value;
            bar.dispatchEvent(new Event("input"));
        };
        const acts = {
            wheel: () => send("wheel", WheelEvent, {deltaY: -200}),
            drag: () => {
                send("pointerdown", PointerEvent, {button: 0});
                send("pointermove", PointerEvent, {clientY: box.top + 220});
                send("pointerup", PointerEvent, {});
            },
            "right drag": () => {
                send("pointerdown", PointerEvent, {button: 2});
                send("pointermove", PointerEvent, {clientX: box.left + 340});
                send("pointerup", PointerEvent, {});
            },
            plus: () => press("+"),
            arrow: () => press("ArrowUp"),
            brighter: () => press("ArrowUp", {shiftKey: true}),
            centre: () => slide("Centre", 700),
            width: () => slide("Width", 900),
            "as read": () => press("a"),
            invert: () => press("i"),
            strength: () => slide("Strength", 90),
            "no heat": () => press("h"),
            fit: () => press("0"),
        };
        const changed = {};
        for (const [name, act] of Object.entries(acts)) {
            const before = look();
            act();
            await frame();
            changed[name] = look().some((value, place) => value !== before[place]);
        }
        return changed;
    }""")
    assert all(seen.values()), seen


def test_zoom_leaves_the_point_under_the_pointer_where_it_is(page: Page) -> None:
    same = page.evaluate("""() => {
        const film = {width: 2000, height: 2400}, stage = {width: 800, height: 600};
        let place = whole(film);
        const under = [];
        for (const factor of [3, 1.7, 1.2]) {
            place = nearer(place, film, stage, factor, 350, 220);
            under.push(pixelAt(place, film, stage, 350, 220));
        }
        return under;
    }""")
    assert same == [same[0]] * 3
    assert page.evaluate("""() => {
        const film = {width: 2000, height: 2400}, stage = {width: 800, height: 600};
        return nearer(nearer(whole(film), film, stage, 5, 10, 10), film, stage, 0.01);
    }""") == {"zoom": 1, "x": 1000, "y": 1200}


def test_two_networks_stay_in_step(page: Page) -> None:
    corner = np.zeros((2, 2), np.float32)
    corner[0, 0] = 1
    layers = [
        HeatLayer(0, "covid", "HiResCAM", corner, said="Heat map for “covid”"),
        HeatLayer(1, "covid", "HiResCAM", corner[::-1, ::-1], said="Heat map for “covid”"),
        HeatLayer(1, "normal", "HiResCAM", corner, answered=False, said="Heat map for “normal”"),
    ]
    stored = np.full((300, 300), 1000, np.uint16)
    stored[:, ::7] = 3000
    mounted(page, written(dicom(stored)), networks=["CNN", "VGG16"], layers=layers)
    names = "[...root.querySelectorAll('figure:not([hidden]) figcaption')].map(f => f.textContent)"
    assert page.evaluate(names) == [
        "CNN Heat map for “covid”",
        "VGG16 Heat map for “covid”",
    ]
    edges = """async () => {
        await press("h");
        const rows = canvases().map((one) =>
            [...one.getContext("2d").getImageData(0, 90, one.width, 1).data].join());
        await press("h");
        return new Set(rows).size;
    }"""
    hot = """() => canvases().map((one) => {
        const read = (x, y) => one.getContext("2d").getImageData(x, y, 1, 1).data;
        const warm = ([red, , blue]) => red !== blue;
        const [x, y] = [one.width / 2, one.height];
        return [warm(read(x - 100, 50)), warm(read(x + 100, y - 50))];
    })"""
    assert page.evaluate(hot) == [[True, False], [False, True]]
    page.evaluate("press('+')")
    page.evaluate("press('ArrowLeft')")
    assert page.evaluate(edges) == 1
    page.evaluate("""async () => {
        const box = [...root.querySelectorAll("select")].find(
            (one) => [...one.options].some((option) => option.value === "normal"));
        box.value = "normal";
        box.dispatchEvent(new Event("change"));
        await frame();
    }""")
    # CNN has no map of “normal”: it shows the one of its answer.
    assert page.evaluate(names) == ["CNN Heat map for “covid”", "VGG16 Heat map for “normal”"]
    page.evaluate("named('Side by side').click()")
    page.wait_for_function("canvases().length === 1")


def test_a_page_drawn_anew_keeps_what_was_set_and_a_new_film_begins_anew(page: Page) -> None:
    heat = HeatLayer(0, "covid", "HiResCAM", np.ones((2, 2), np.float32))
    more: dict[str, Any] = {"networks": ["CNN"], "layers": [heat]}
    mounted(page, deep(), **more)
    for act in ("press('+')", "type('Centre', 700)", "type('Strength', 80)", "press('i')"):
        page.evaluate(act)
    told = """() => [
        root.querySelector("summary").textContent,
        named("Invert").getAttribute("aria-pressed"),
        root.querySelector("input[aria-label^=Strength]").value,
    ]"""
    before = page.evaluate(told)
    assert before == ["Window: centre 700, width 4,096", "true", "80"]
    mounted(page, deep(), **more)  # the same film, as when a page is drawn anew
    assert page.evaluate(told) == before
    assert page.evaluate("root.querySelectorAll('.viewer').length") == 1
    # The component went and came again: settings stay by place.
    page.evaluate("""async () => {
        root.host.remove(); ends.pop()();
        await new Promise((done) => setTimeout(done, 50));
        document.body.append(root.host);
    }""")
    other = written(dicom(EACH_ONCE[::-1].copy(), WindowCenter=1000, WindowWidth=500))
    mounted(page, other, **more)
    page.wait_for_function("root.querySelector('summary').textContent.includes('1,000')")
    assert page.evaluate(told) == ["Window: centre 1,000, width 500", "false", "80"]


def test_two_fingers_zoom_and_one_finger_moves(page: Page) -> None:
    mounted(page, written(dicom(np.tile(EACH_ONCE, (4, 4)))))
    page.wait_for_timeout(600)  # the first state is not read out
    page.evaluate("""async () => {
        const film = canvases()[0], box = film.getBoundingClientRect();
        film.setPointerCapture = () => {};
        const touch = (type, pointerId, x, y) => film.dispatchEvent(new PointerEvent(type, {
            bubbles: true, pointerId, pointerType: "touch", button: 0,
            clientX: box.left + box.width / 2 + x, clientY: box.top + box.height / 2 + y,
        }));
        touch("pointerdown", 1, -50, 0);
        touch("pointerdown", 2, 50, 0);
        touch("pointermove", 2, 250, 0);
        touch("pointerup", 2, 250, 0);
        await frame();
        window.before = pixel(film.width >> 1, film.height >> 1);
        touch("pointermove", 1, -50, 90);
        await frame();
    }""")
    page.wait_for_function("root.querySelector('output').textContent.startsWith('Zoom 300 %')")
    assert page.evaluate("before.join()") != page.evaluate(
        "pixel(canvases()[0].width >> 1, canvases()[0].height >> 1).join()"
    )
