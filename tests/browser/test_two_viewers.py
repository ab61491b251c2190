"""Two viewers at once: who has one film does not wait for somebody else's two hundred."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, ViewportSize, expect
from pypdf import PdfReader

from core.datasets.phantom import draw
from core.store import RunState, open_store
from core.workspace import PROJECT_ROOT, Workspace
from tests.browser.running import Server, Watched, press, until, workers_of

pytestmark = [pytest.mark.browser, pytest.mark.large, pytest.mark.timeout(600)]

MANY = 200
SCREEN: ViewportSize = {"width": 1440, "height": 900}
# A network as one epoch would leave it; in a process of its own, for this one loads no Keras.
MAKE = """
import sys
from core.models.build import backbone_hash, build_model, save_head
from core.models.registry import get_network
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.workspace import Workspace
from pathlib import Path
run = sys.argv[2]
files = RunFiles(Workspace(Path(sys.argv[1])).run_folder(run)).create()
shape = {"image_size": 32, "classes": 2, "dropout": 0.3}
model = build_model(get_network("cnn"), weights="random", seed=0, **shape)
save_head(model, files.weights)
RunConfig(run_id=run, model="cnn", classes=tuple(sys.argv[3:]), image_size=32,
        preprocessing="rescale", dropout=0.3, seed=0, weights="random",
        backbone_hash=backbone_hash(model)).save(files.config)
"""


@pytest.fixture
def served(stocked: Path, tmp_path: Path) -> Iterator[Server]:
    data = tmp_path / "data"
    shutil.copytree(stocked, data)
    store = open_store(Workspace(data))
    [run] = store.runs.all([RunState.DONE])
    names = store.datasets.get("tiny").spec.class_names
    subprocess.run(
        [sys.executable, "-c", MAKE, str(data), run.run_id, *names], cwd=PROJECT_ROOT, check=True
    )
    server = Server(data)
    server.start()
    yield server
    server.kill()
    for process in workers_of(data):
        process.kill()


def film(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw(seed, covid_like=True, size=900).pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def drop(viewer: Watched, server: Server, films: int, content: bytes) -> None:
    """Open Classify and drop films there; they are answered without another click."""
    viewer.open(f"{server.url}/classify")
    viewer.page.locator(".st-key-classify_files input[type=file]").set_input_files(
        [
            {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": content}
            for number in range(films)
        ]
    )


def answered(viewer: Watched) -> int:
    """How many films of this viewer's are answered by now, as the page says."""
    text = viewer.page.locator(".st-key-classify_progress").inner_text()
    return int(text.split()[0])


class Held:
    """The prediction worker, which stands still but for the requests that it is let answer."""

    def __init__(self, process: psutil.Process, lent: Path) -> None:
        self._process, self._lent = process, lent

    def asked(self, content: bytes | None = None) -> set[Path]:
        """The folders of the requests under way; with ``content``, those about this film."""
        films = self._lent.glob("*/0.film")
        return {film.parent for film in films if content is None or _holds(film, content)}

    def answer_one(self) -> None:
        """Let it answer one request, or two of them: eight films each at most."""
        before = until("it is asked", self.asked)
        self._process.resume()
        try:
            until("a request is answered", lambda: before - self.asked(), every=0.005)
        finally:
            self._process.suspend()


def _holds(film: Path, content: bytes) -> bool:
    try:
        return film.read_bytes() == content
    except FileNotFoundError:  # answered in between
        return False


@contextmanager
def held(data: Path) -> Iterator[Held]:
    """The worker of a server over this folder, held until the block ends."""
    [process] = [one for one in workers_of(data) if "core.prediction.worker" in one.cmdline()]
    process.suspend()
    try:
        yield Held(process, Workspace(data).lent)
    finally:
        process.resume()


def test_one_film_is_answered_while_somebody_elses_many_are_under_way(
    browser: Browser, served: Server, tmp_path: Path
) -> None:
    contexts = [browser.new_context(viewport=SCREEN) for _ in range(2)]
    many, one = (Watched(context.new_page()) for context in contexts)
    content, another = film(1), film(2)
    answer_of_one = one.page.locator(".answer-bars")
    drop(one, served, 1, content)  # starts the worker and loads the network
    expect(answer_of_one).to_be_visible()
    one.settle()
    scroll = one.page.get_by_test_id("stMain").evaluate("m => m.scrollHeight - m.clientHeight")
    assert scroll <= 1, "one film and its answer are to be seen at once"

    # It answers no more than it is let to: a quick one would be done before anybody had clicked.
    with held(served.data) as worker:
        drop(many, served, MANY, content)
        until("the two hundred are asked about", worker.asked)
        worker.answer_one()
        expect(many.page.locator(".answer-bars")).to_be_visible()
        cancel = many.page.get_by_role("button", name="Cancel")
        expect(cancel).to_be_visible()
        drop(one, served, 1, another)
        until("the one is asked about", lambda: worker.asked(another))
        while worker.asked(another):
            worker.answer_one()
        expect(answer_of_one).to_be_visible()
        assert cancel.count() == 1, "the two hundred were waited for"
        some = answered(many)
        assert 0 < some < MANY, "answers are there as they come"
        worker.answer_one()
        until("more of them are there", lambda: answered(many) > some)

        go_on = many.page.get_by_role("button", name="Go on")
        press(cancel, "they are stopped", go_on.is_visible)
        many.settle()
        assert some < answered(many) < MANY
    go_on.click()
    expect(many.page.get_by_text(f"{MANY} films: ")).to_be_visible(timeout=240_000)
    many.settle()

    many.page.get_by_role("button", name="Save").click()
    table = saved(many, "Table (CSV)", tmp_path / "answers.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(table.splitlines()))
    assert [row["Film"] for row in rows] == [f"{number}.jpg" for number in range(MANY)]
    assert {row["Answer"] for row in rows} <= {"covid", "healthy"}
    pdf = PdfReader(saved(many, "Pictures and answers (PDF)", tmp_path / "answers.pdf"))
    words = "\n".join(page.extract_text() for page in pdf.pages)
    assert f"Answers on {MANY} films" in words
    assert all(f"{number}.jpg" in words for number in range(MANY))
    # They are all one film, which a page of the PDF holds once, and once with its heat map.
    assert [len(page.images) for page in pdf.pages] == [2] * len(pdf.pages)
    for viewer in (many, one):
        viewer.settle()
        viewer.check()
    for context in contexts:
        context.close()


def saved(viewer: Watched, button: str, path: Path) -> Path:
    """The file behind a button that saves one."""
    with viewer.page.expect_download() as download:
        viewer.page.get_by_role("button", name=button).click()
    download.value.save_as(path)
    return path
