"""The whole walk as a person makes it: films, data set, two networks, comparison, an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, TimeoutError, expect
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from sklearn.datasets import load_sample_image

from core.datasets.phantom import draw
from core.store import Film, RunState, open_store
from core.workspace import Workspace
from tests.browser.running import WIDE, Server, Watched, loaded, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATIENT = "Quennerstedt^Ottilie"  # in the DICOM file; must never appear on a page
# A number that tells what a canvas shows, 0 while it is black.
DRAWN = """one => {
    const {data} = one.getContext("2d").getImageData(0, 0, one.width, one.height);
    return data.reduce((sum, value, place) =>
        place % 4 < 3 && value ? (31 * sum + value + place) % 1000003 : sum, 0);
}"""
NOT_A_FILM = b"Dear colleague, here is the film.\n"
TRAINED_WITHIN = 240_000  # ms, for two small runs one after the other on a busy machine


@pytest.fixture(scope="module")
def walk(server: Server, browser: Browser) -> Iterator[Watched]:
    """One window for the whole walk, as a person has."""
    context = browser.new_context(viewport=WIDE, color_scheme="dark")
    one = Watched(context.new_page())
    one.open(server.url)
    yield one
    context.close()


def films_of(server: Server) -> list[Film]:
    store = open_store(Workspace(server.data))
    return store.catalogue.films(list(store.catalogue.frame()["film_id"]))


def drawn(film: Locator) -> int:
    """Wait until a viewer's film is to be seen; returns what stands for what it shows."""
    return until("the film is drawn", lambda: int(film.evaluate(DRAWN)))


def choose(walk: Watched, label: str, option: str | re.Pattern[str]) -> None:
    """Pick an option of a select box or a multiple choice."""
    box = walk.page.get_by_role("combobox", name=label, exact=True)
    wanted = walk.page.get_by_role("option", name=option).first

    def picked() -> bool:
        # A list that has opened closes again when the page moves or is drawn anew.
        walk.settle()
        box.click()
        try:
            wanted.click(timeout=5_000)
        except TimeoutError:
            walk.page.keyboard.press("Escape")
            return False
        return True

    box.scroll_into_view_if_needed()
    until(f"{option} can be picked in {label}", picked)
    walk.page.keyboard.press("Escape")
    walk.settle()


def test_home_shows_artificial_films(walk: Watched) -> None:
    with walk.step("home"):
        page = walk.page
        expect(page.get_by_test_id("stMetric").first).to_contain_text("120")
        expect(page.get_by_text("All films here are artificial")).to_be_visible()
        expect(page.get_by_text("· artificial").first).to_be_visible()
        loaded(page.get_by_role("img", name=re.compile("Chest X-ray")).first)
        page.get_by_role("link", name="Look at films").click()
        expect(page).to_have_url(re.compile(r"/explore"))
        expect(page.get_by_role("heading", name="Explore")).to_be_visible()
        walk.settle()


def test_explore_filters_pages_and_opens_a_film(walk: Watched, server: Server) -> None:
    with walk.step("explore"):
        page = walk.page
        expect(page.get_by_text("120 of 120 films")).to_be_visible()
        choose(walk, "View", re.compile(r"PA \(\d+\)"))
        count = sum(film.view == "PA" for film in films_of(server))
        assert 24 < count < 120
        expect(page.get_by_text(f"{count} of 120 films")).to_be_visible()
        first = loaded(page.get_by_role("img", name=re.compile("Chest X-ray")).first)
        page.get_by_test_id("stPagination").get_by_role("button", name="Page 2").click()
        expect(page.get_by_text(f"Films 25 to 48 of {count}")).to_be_visible()
        walk.settle()
        assert loaded(page.get_by_role("img", name=re.compile("Chest X-ray")).first) != first

        page.get_by_role("button", name="COVID-19", exact=True).first.click()
        dialog = page.get_by_role("dialog")
        large = dialog.get_by_role("application", name="Chest X-ray: COVID-19, view PA")
        plain = drawn(large)
        expect(dialog.get_by_text("Artificial: a program drew this film")).to_be_visible()
        assert "film=" in page.url
        walk.settle()
        asked = walk.asked
        dialog.get_by_text("Show the lung outline").click()
        until("the outline is drawn", lambda: large.evaluate(DRAWN) != plain)
        dialog.get_by_role("button", name="Lungs").click()
        large.press("+")
        expect(dialog.get_by_role("button", name="Lungs")).to_have_attribute("aria-pressed", "true")
        assert walk.asked == asked, "the viewer asked the server for something"
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_have_count(0)
        page.get_by_role("button", name="Reset filters").click()
        expect(page.get_by_text("120 of 120 films")).to_be_visible()


def test_prepare_saves_a_data_set(walk: Watched, server: Server) -> None:
    with walk.step("prepare"):
        page = walk.page
        walk.turn_to("Prepare")
        page.get_by_role("radio", name="Recommended").click()
        expect(page.get_by_text("All films of one patient stay on one side")).to_be_visible()
        expect(page.get_by_role("textbox", name="Name of the data set")).to_have_value(
            "recommended"
        )
        choose(walk, "Image size (pixels)", "64")
        expect(page.get_by_text("No test film shows a patient whom")).to_be_visible()
        page.get_by_role("button", name="Save data set").click()
        expect(page.get_by_text("“recommended” is saved")).to_be_visible()
        stored = open_store(Workspace(server.data)).datasets.get("recommended")
        assert stored.spec.image_size == 64
        page.get_by_role("link", name="Train a network on it").click()
        expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
        walk.settle()


def test_train_two_networks(walk: Watched, server: Server) -> None:
    with walk.step("train"):
        page = walk.page
        # Three clicks from the first choice to two networks of the study.
        for name in ("EfficientNetLite0", "CNN", "VGG16"):
            page.get_by_text(name, exact=True).click()
            walk.settle()
        page.get_by_text("More settings", exact=True).click()
        epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
        epochs.fill("2")
        epochs.press("Enter")
        walk.settle()
        # Without changed films, VGG16 looks at each film once: less to wait for.
        page.get_by_role("tab", name="Films").click()
        page.get_by_text(re.compile("^Augmentation: change the training films")).click()
        walk.settle()
        page.get_by_role("tab", name="Networks and weights").click()
        weights = page.get_by_role("radiogroup", name="What it has seen before")
        weights.get_by_text("Nothing (random weights)", exact=True).click()
        expect(page.get_by_role("radio", name="Nothing (random weights)")).to_be_checked()
        walk.settle()
        page.get_by_role("tab", name="Training").click()
        expect(epochs).to_have_value("2")
        page.get_by_role("button", name="Start 2 runs").click()
        counter = page.get_by_test_id("stMetric").filter(has_text="Epochs finished")
        expect(counter).to_contain_text(re.compile(r"[012] of 2"))
        # The canvas comes without a hand on the page: the run itself brings it.
        expect(page.locator("canvas").first).to_be_visible(timeout=TRAINED_WITHIN)
        rows = page.get_by_role("button", name=re.compile(r"Done, [\d.]+ % right"))
        expect(rows).to_have_count(2, timeout=TRAINED_WITHIN)
        walk.settle()
        expect(page.get_by_test_id("stMetric").filter(has_text="Test accuracy")).to_be_visible()
        expect(page.locator("canvas").first).to_be_visible()
    runs = open_store(Workspace(server.data)).runs.all([RunState.DONE])
    assert {run.spec.model for run in runs} == {"cnn", "vgg16"}
    assert {run.result.epochs for run in runs} == {2}


def test_compare_them(walk: Watched, server: Server) -> None:
    with walk.step("compare"):
        page = walk.page
        page.get_by_role("link", name="Compare it with others").click()
        expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
        walk.settle()
        choose(walk, "Finished runs", re.compile(".+"))
        matrices = page.locator("[class*=st-key-compare_matrix_]")
        expect(matrices).to_have_count(2)
        expect(page.get_by_role("table", name="Classification report")).to_have_count(2)
        for matrix in matrices.all():
            expect(matrix.locator(".barlayer")).to_be_visible()

        # The random VGG16 is so sure of itself that a threshold hardly moves it: take the CNN.
        choose(walk, "Run", re.compile("^CNN"))
        choose(walk, "Which films", re.compile("^covid, but called healthy"))
        page.get_by_role("radio", name="By a threshold for all").click()
        walk.settle()
        knob = page.get_by_role("slider", name=re.compile("when its probability is at least"))
        knob.press("End")  # from 1.00: nobody is called covid, all covid films are missed
        tested = open_store(Workspace(server.data)).datasets.get("recommended").counts["test"]
        missed = page.get_by_text(f"covid, but called healthy: {tested['covid']} films")
        expect(missed).to_be_visible()
        knob.press("Home")  # from 0.00: everybody is called covid
        expect(missed).to_have_count(0)
        expect(page.get_by_text("covid, but called healthy: none.")).to_be_visible()
        walk.settle()

        # The cell at the lower left holds the false alarms.
        area = matrices.filter(has=page.get_by_role("figure", name=re.compile("CNN"))).locator(
            ".nsewdrag"
        )
        box = area.bounding_box()
        assert box is not None
        side = box["width"]
        area.click(position={"x": side / 4, "y": side * 3 / 4})
        false_alarms = f"healthy, but called covid: {tested['healthy']} films"
        expect(page.get_by_text(f"{false_alarms}, the most surely called first")).to_be_visible()
        strip = page.locator(".st-key-compare_strip")
        loaded(strip.get_by_role("img").first)
        strip.get_by_role("button").first.click()
        large = page.get_by_role("dialog").get_by_role("application", name=re.compile("No finding"))
        drawn(large)
        page.get_by_role("dialog").get_by_role("button", name="Close").click()


def dicom(pixels: np.ndarray) -> bytes:
    """A DICOM film with a patient's name in it."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    film.PatientName, film.PatientID = PATIENT, PATIENT
    film.Modality, film.PhotometricInterpretation = "DX", "MONOCHROME2"
    film.Rows, film.Columns = pixels.shape
    film.SamplesPerPixel, film.PixelRepresentation = 1, 0
    film.BitsAllocated = film.BitsStored = 8
    film.HighBit = 7
    film.PixelData = pixels.tobytes()
    buffer = BytesIO()
    film.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def look_at(walk: Watched, place: int, name: str) -> None:
    """Click on a small film of the worklist, and wait until it is the one that is looked at."""
    tile = walk.page.locator(f"[class*=st-key-badge_][class*=_{place}]")
    tile.locator("button[kind=tertiary]").first.click()
    heading = walk.page.locator(".st-key-classify_answer").get_by_role("heading", name=name)
    expect(heading).to_be_visible()
    walk.settle()


def test_a_film_is_classified_by_two_clicks(walk: Watched) -> None:
    with walk.step("classify a sample"):
        page = walk.page
        walk.turn_to("Classify")  # one
        page.locator("[class*=st-key-sample_] button").first.click()  # two
        answer = page.locator(".st-key-classify_answer")
        named = re.compile("(covid|healthy|Not sure)")
        expect(answer.get_by_role("heading", name=named)).to_be_visible()
        expect(answer.get_by_role("img", name=re.compile("Training film"))).to_have_count(3)
        expect(answer.get_by_text("covid", exact=True).first).to_be_visible()
        heat = page.get_by_role("application", name=re.compile("eat map for “(covid|healthy)”"))
        strong = drawn(heat)
        walk.settle()
        asked = walk.asked
        page.get_by_role("slider", name="Strength").press("Home")
        until("the heat map fades", lambda: heat.evaluate(DRAWN) != strong)
        assert walk.asked == asked, "the viewer asked the server for something"


def test_classify_own_files(walk: Watched, server: Server) -> None:
    with walk.step("classify files"):
        page = walk.page
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name="Start over").click()
        png = Path(films_of(server)[0].path).read_bytes()
        pixels = draw(8, covid_like=True, size=96).pixels
        photo = BytesIO()
        Image.fromarray(load_sample_image("flower.jpg")).save(photo, "PNG")
        page.locator(".st-key-classify_files input[type=file]").set_input_files(
            [
                {"name": "mine.png", "mimeType": "image/png", "buffer": png},
                {"name": "letter.png", "mimeType": "image/png", "buffer": NOT_A_FILM},
                {"name": "scan.dcm", "mimeType": "application/dicom", "buffer": dicom(pixels)},
                {"name": "flower.png", "mimeType": "image/png", "buffer": photo.getvalue()},
            ]
        )
        answer = page.locator(".st-key-classify_answer")
        heat = page.get_by_role("application", name=re.compile("eat map for"))
        expect(page.get_by_text(re.compile("^4 films: "))).to_be_visible()
        for place, name in ((0, "mine.png"), (2, "scan.dcm")):
            look_at(walk, place, name)
            expect(answer.locator(".answer-bars")).to_contain_text(re.compile(r"covid [\d.]+\s%"))
            drawn(heat)
        look_at(walk, 1, "letter.png")
        expect(answer.get_by_test_id("stAlert")).to_be_visible()
        expect(page.get_by_role("application")).to_have_count(0)
        look_at(walk, 3, "flower.png")
        expect(answer.get_by_role("heading", name="Refused: not a chest X-ray")).to_be_visible()
        expect(answer).not_to_contain_text("%")
        expect(heat).to_have_count(0)
        assert "Quennerstedt" not in page.content()
    for file in server.data.rglob("*"):
        assert not file.is_file() or b"Quennerstedt" not in file.read_bytes(), file


def test_the_server_never_loaded_tensorflow(walk: Watched, server: Server) -> None:
    with walk.step("memory"):
        maps = Path(f"/proc/{server.pid}/maps").read_text()
    loaded_libraries = {line.split()[-1] for line in maps.splitlines() if ".so" in line}
    assert any("numpy" in one for one in loaded_libraries), "these are not the server's libraries"
    for word in ("tensorflow", "_pywrap", "jaxlib", "torch"):
        assert not [one for one in loaded_libraries if word in one]
    megabytes = psutil.Process(server.pid).memory_info().rss / 1e6
    print(f"\nserver after the walk: {megabytes:.0f} MB resident")
    assert megabytes < 1000
