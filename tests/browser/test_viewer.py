"""The film viewer in a real browser, mounted as Streamlit does it, without a server behind it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from core.images.decode import grey_values
from core.images.overlay import overlay
from pages.components.viewer.packing import (
    HeatLayer,
    Mark,
    Offer,
    OfferedMethod,
    block,
    packed_film,
)
from pages.components.viewer.script import script, style
from tests.core.images.dicom_films import dicom, written

pytestmark = pytest.mark.browser

SIDE = 64
# 0 to 4,095, each once: its place says what a pixel's grey value is.
EACH_ONCE = np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE)
MOUNT = """
const here = document.createElement("div");
document.body.append(here);
const root = here.attachShadow({mode: "open"});
const inside = document.createElement("div");
inside.className = "viewer-root";
const sheet = document.createElement("style");
sheet.textContent = STYLE;
root.append(inside, sheet);
Object.assign(window, {root, inside});
window.ends = [];
window.wishes = [];
window.mount = async (text) => {
    const data = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const setTriggerValue = (name, wish) => window.wishes.push([name, wish]);
    window.ends.push(show({data, parentElement: root, setTriggerValue}));
    while (!root.querySelector("canvas")?.width) await frame();
    await frame(); await frame();
};
window.frame = () => new Promise((done) => requestAnimationFrame(done));
window.canvases = () => [...root.querySelectorAll("figure:not([hidden]) canvas")];
window.pixel = (x, y, which = 0) =>
    [...canvases()[which].getContext("2d").getImageData(x, y, 1, 1).data];
window.press = async (key, more = {}) => {
    canvases()[0].dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, ...more}));
    await frame();
};
window.type = async (label, value) => {
    const box = root.querySelector(`input[aria-label="${label}, as a number"]`);
    box.value = value;
    box.dispatchEvent(new Event("change"));
    await frame();
};
window.named = (words) =>
    [...root.querySelectorAll("button")].find((one) => one.textContent === words);
"""


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """One window for all of these tests; what goes wrong in it fails the test it happens in."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def page(blank: Page) -> Iterator[Page]:
    """The viewer's script on an empty page, its functions at hand as globals."""
    problems: list[str] = []
    blank.goto("about:blank")
    blank.on("pageerror", lambda error: problems.append(str(error)))
    blank.on("console", lambda said: problems.extend([said.text] * (said.type == "error")))
    names = (
        "show, centreAndWidth, endsOf, shadesOf, halved, nearer, whole, pixelAt, ruler, enlarged"
    )
    module = script().replace("export default function", "function")
    known = f"Object.assign(window, {{{names}}});\nconst STYLE = {style()!r};"
    blank.add_script_tag(content=f"{module}\n{known}\n{MOUNT}", type="module")
    blank.wait_for_function("typeof window.mount === 'function'")
    yield blank
    assert not problems


def mounted(page: Page, data: bytes, **more: Any) -> None:
    """The viewer with the film in ``data``, and what else ``block`` takes."""
    told = {"place": "test", "alt": "Chest X-ray", **more}
    shown = block(packed_film(grey_values(data, "film", 2048), (1000, 3000)), **told)
    page.evaluate("text => mount(text)", b64encode(shown).decode())


def deep(**header: object) -> bytes:
    """A DICOM film of 12 bits with each value once, read from 0 to 4,095."""
    return written(dicom(EACH_ONCE, WindowCenter=2048, WindowWidth=4096, **header))


def shade(page: Page, value: int, which: int = 0) -> int:
    """What the screen shows of a grey value, at one pixel for one."""
    red, green, blue, _ = page.evaluate(
        """([column, row, side, which]) => {
            const {width, height} = canvases()[which];
            return pixel(Math.round((width - side) / 2) + column,
                         Math.round((height - side) / 2) + row, which);
        }""",
        [value % SIDE, value // SIDE, SIDE, which],
    )
    assert red == green == blue
    return int(red)


def test_window_and_level_give_the_greys_worked_out_by_hand(page: Page) -> None:
    # A film of 64 px is enlarged to fill the stage; the test wants it pixel by pixel.
    mounted(page, deep())
    page.evaluate("root.querySelector('.viewer').style.width = '64px'")
    page.wait_for_function("canvases()[0].width === 64")
    page.evaluate("press('1')")
    # As read: from 0 (2048 - 0.5 - 4095 / 2) to 4095. 2048 × 255 / 4095 = 127.53.
    assert [shade(page, one) for one in (0, 1000, 2048, 4095)] == [0, 62, 128, 255]
    # PS3.3 C.11.2.1.2 for centre 2048 and width 1001: ((v - 2047.5) / 1000 + 0.5) × 255.
    page.evaluate("type('Centre', 2048)")
    page.evaluate("type('Width', 1001)")
    assert [shade(page, one) for one in (1547, 1800, 2048, 2500, 2548)] == [0, 64, 128, 243, 255]
    page.evaluate("press('i')")
    assert [shade(page, one) for one in (1547, 1800, 2048, 2500, 2548)] == [255, 191, 127, 12, 0]
    page.evaluate("press('i')")
    page.evaluate("press('l')")  # from 1000 to 3000
    assert [shade(page, one) for one in (1000, 2000, 3000)] == [0, 128, 255]


def test_a_negative_and_a_slope_speak_in_the_file_s_own_values(page: Page) -> None:
    data = written(dicom(
        EACH_ONCE, PhotometricInterpretation="MONOCHROME1", RescaleSlope=2, RescaleIntercept=-1000
    ))  # fmt: skip
    mounted(page, data)
    page.evaluate("root.querySelector('.viewer').style.width = '64px'")
    page.wait_for_function("canvases()[0].width === 64")
    page.evaluate("press('1')")
    assert [shade(page, one) for one in (0, 4095)] == [255, 0]
    # Grey values -1000 to 7190, of which 1000 to 5000 now: stored 1000 to 3000.
    page.evaluate("type('Centre', 3000.5)")
    page.evaluate("type('Width', 4001)")
    assert [shade(page, one) for one in (999, 1500, 3001)] == [255, 191, 0]


def test_a_table_of_the_file_is_followed_until_somebody_sets_a_window(page: Page) -> None:
    header = {"WindowCenter": 2048, "WindowWidth": 1000, "VOILUTFunction": "SIGMOID"}
    mounted(page, written(dicom(EACH_ONCE, **header)))
    page.evaluate("root.querySelector('.viewer').style.width = '64px'")
    page.wait_for_function("canvases()[0].width === 64")
    page.evaluate("press('1')")
    # 255 / (1 + exp(-4 × (1548 - 2048) / 1000)) = 30.4
    assert [shade(page, one) for one in (1548, 2048)] == [30, 128]
    page.evaluate("press('w')")
    assert [shade(page, one) for one in (0, 2048, 4095)] == [0, 128, 255]


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


def test_heat_is_drawn_as_the_server_draws_it(page: Page) -> None:
    heat = np.random.default_rng(3).random((7, 7)).astype(np.float32)
    pixels = np.full((256, 256), 120, np.uint16)
    pixels[0, 0], pixels[0, 1] = 0, 255
    layer = HeatLayer(0, "covid", "HiResCAM", heat)
    mounted(page, written(dicom(pixels, 8)), networks=["CNN"], layers=[layer])
    page.evaluate("root.querySelector('.viewer').style.width = '256px'")
    page.wait_for_function("canvases()[0].width === 256")
    page.evaluate("press('1')")
    page.evaluate("type('Strength', 60)")
    width, height, data = page.evaluate("""() => {
        const one = canvases()[0], {width, height} = one;
        return [width, height, [...one.getContext("2d").getImageData(0, 0, width, height).data]];
    }""")
    drawn = np.array(data, int).reshape(height, width, 4)[..., :3]
    wanted = overlay(pixels.astype(np.uint8), heat, 0.6).astype(int)
    assert (height, width) == wanted.shape[:2]
    assert np.abs(drawn - wanted)[1:].max() <= 3  # of 255: the browser rounds in steps


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


def test_marks_are_switched_on_by_their_words(page: Page) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 1
    mounted(page, deep(), marks=[Mark("Show the lung outline", (86, 180, 233), mask)])
    middle = "pixel(Math.round(canvases()[0].width / 2), Math.round(canvases()[0].height / 2))"
    red, _, blue, _ = page.evaluate(middle)
    assert red == blue
    page.evaluate("root.querySelector('input[type=checkbox]').click()")
    page.evaluate("frame()")
    red, _, blue, _ = page.evaluate(middle)
    assert blue > red


def test_a_ruler_is_as_long_as_it_says(page: Page) -> None:
    mounted(page, written(dicom(np.tile(EACH_ONCE, (4, 4)), PixelSpacing=[0.5, 0.5])))
    said, length, scale = page.evaluate("""() => {
        const one = root.querySelector(".ruler");
        const {width, height} = canvases()[0].getBoundingClientRect();
        return [one.textContent, parseFloat(one.style.width), Math.min(width, height) / 256];
    }""")
    number, unit = said.split()
    millimetres = float(number) * (10 if unit == "cm" else 1)
    assert length == pytest.approx(millimetres / 0.5 * scale, rel=0.01)
    mounted(page, written(dicom(EACH_ONCE, ImagerPixelSpacing=[0.5, 0.5])))
    page.wait_for_function("root.querySelector('.ruler').textContent.includes('at the detector')")
    mounted(page, deep())
    page.wait_for_function("root.querySelector('.ruler').hidden")


def test_it_is_described_and_reads_out_what_was_changed(page: Page) -> None:
    mounted(page, deep(), alt="Chest X-ray: No finding, view PA")
    film = page.get_by_role("application", name="Chest X-ray: No finding, view PA")
    film.focus()
    page.wait_for_timeout(600)  # the first state is not read out
    page.keyboard.press("+")
    page.wait_for_function(
        "root.querySelector('output').textContent === 'Zoom 125 %, centre 2,048, width 4,096'"
    )
    described = film.get_attribute("aria-describedby")
    assert "plus and minus zoom" in page.evaluate(f"root.getElementById('{described}').textContent")


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


def test_a_browser_that_cannot_unpack_a_film_says_so(page: Page) -> None:
    shown = block(packed_film(grey_values(deep(), "film", 2048), None), place="test", alt="")
    page.evaluate("window.DecompressionStream = undefined")
    page.evaluate("text => void mount(text)", b64encode(shown).decode())
    page.wait_for_function("inside.textContent.includes('cannot be shown in this browser')")


def test_names_from_outside_are_text(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)>"
    layers = [HeatLayer(n, evil, evil, np.ones((2, 2), np.float32), said=evil) for n in (0, 1)]
    mounted(page, deep(), alt=evil, networks=[evil, evil], layers=layers)
    assert page.evaluate("root.querySelectorAll('img').length") == 0
    assert page.evaluate("root.querySelector('figcaption').textContent") == f"{evil} {evil}"


METHODS = [
    OfferedMethod("HiResCAM", "Shows where, not why."),
    OfferedMethod("Grad-CAM", "Shows it otherwise."),
    OfferedMethod("Occlusion", "Shows what a square takes.", "Stopped."),
]
NOTE = "root.querySelector('figcaption').textContent.trim()"
PRESSED = """[...root.querySelectorAll('[aria-label="Method"] button')]
    .filter((one) => one.ariaPressed === "true").map((one) => one.textContent)"""


def corner_layer(method: str, *, testable: bool = True) -> HeatLayer:
    """Warm in the left upper corner; by Grad-CAM in the right lower one."""
    corner = np.zeros((2, 2), np.float32)
    corner[0, 0] = 1
    heat = corner if method == "HiResCAM" else corner[::-1, ::-1]
    said = f"Heat map for “covid” by {method}"
    return HeatLayer(0, "covid", method, heat, said=said, testable=testable)


def with_methods(page: Page, layers: list[HeatLayer], **offer: Any) -> None:
    stored = np.full((300, 300), 1000, np.uint16)
    stored[:, ::7] = 3000
    mounted(
        page,
        written(dicom(stored)),
        networks=["CNN"],
        layers=layers,
        offer=Offer(METHODS, **offer),
    )


def test_a_method_that_is_there_is_switched_in_place_and_says_what_it_shows(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM"), corner_layer("Grad-CAM")])
    hot = """() => {
        const [one] = canvases();
        const warm = (x, y) => { const [red, , blue] = pixel(x, y); return red !== blue; };
        const [x, y] = [one.width / 2, one.height];
        return [warm(x - 100, 50), warm(x + 100, y - 50)];
    }"""
    lines = "[...root.querySelectorAll('.tools .note')].map((one) => one.textContent)"
    assert page.evaluate(hot) == [True, False]
    assert "Shows where, not why." in page.evaluate(lines)
    page.evaluate("async () => { named('Grad-CAM').click(); await frame(); }")
    assert page.evaluate(hot) == [False, True]
    assert page.evaluate(NOTE) == "Heat map for “covid” by Grad-CAM"
    assert "Shows it otherwise." in page.evaluate(lines)
    assert page.evaluate(PRESSED) == ["Grad-CAM"]
    assert page.evaluate("wishes") == []


def test_a_method_that_is_not_there_is_wished_for_once_and_shows_no_other_s_map(
    page: Page,
) -> None:
    there = [corner_layer("HiResCAM")]
    with_methods(page, there)
    heat = "() => [...pixel(canvases()[0].width / 2 - 100, 50)].slice(0, 3)"
    warm = page.evaluate(heat)
    page.evaluate(
        "async () => { named('Grad-CAM').focus(); named('Grad-CAM').click(); await frame(); }"
    )
    assert page.evaluate("wishes") == [
        ["wish", {"what": "make", "method": "Grad-CAM", "classes": []}]
    ]
    assert page.evaluate(NOTE) == "Grad-CAM is being worked out …"
    red, green, blue = page.evaluate(heat)
    assert red == green == blue
    assert warm != [red, green, blue]
    # The server says that it is on its way: the viewer looks again until it is there.
    with_methods(page, there, pending=True)
    assert page.evaluate(NOTE) == "Grad-CAM is being worked out …"
    assert page.evaluate("!named('Stop').hidden && named('Test this map').hidden")
    page.wait_for_function("wishes.filter(([, wish]) => wish.what === 'look').length > 1")
    page.evaluate("named('Stop').click()")
    assert ["wish", {"what": "stop"}] in page.evaluate("wishes")
    with_methods(page, [*there, corner_layer("Grad-CAM")], turn=1)
    assert page.evaluate(NOTE) == "Heat map for “covid” by Grad-CAM"
    assert page.evaluate("root.activeElement.textContent") == "Grad-CAM"
    assert page.evaluate("named('Stop').hidden && !named('Test this map').hidden")
    page.evaluate("wishes.length = 0")
    page.wait_for_timeout(1300)  # two looks' time
    assert page.evaluate("wishes") == []


def test_a_method_is_read_aloud_once_it_rests(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM"), corner_layer("Grad-CAM")])
    aloud = "() => root.querySelector('output').textContent"
    page.wait_for_timeout(700)  # what is there at first is not read
    assert page.evaluate(aloud) == ""
    page.evaluate("named('Grad-CAM').click()")
    page.wait_for_function(f"({aloud})() !== ''")
    assert "heat map by Grad-CAM at 45 %" in page.evaluate(aloud)


def test_a_method_that_was_asked_for_in_vain_says_why(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM")])
    page.evaluate("async () => { named('Occlusion').click(); await frame(); }")
    with_methods(page, [corner_layer("HiResCAM")], turn=1)
    assert page.evaluate(NOTE) == "There is no heat map by Occlusion: Stopped."
    assert page.evaluate(PRESSED) == ["Occlusion"]


def test_the_test_is_wished_for_where_it_is_due(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM"), corner_layer("Grad-CAM", testable=False)])
    page.evaluate("async () => { named('Test this map').click(); await frame(); }")
    assert page.evaluate("wishes") == [
        ["wish", {"what": "test", "method": "HiResCAM", "classes": ["covid"]}]
    ]
    assert page.evaluate("named('Test this map').hidden")
    with_methods(page, [corner_layer(one, testable=False) for one in ("HiResCAM", "Grad-CAM")])
    assert page.evaluate("named('Test this map').hidden")
