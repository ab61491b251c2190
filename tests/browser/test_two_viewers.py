"""Two viewers at once: who has one film does not wait for somebody else's two hundred."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from core.datasets.phantom import draw
from core.store import RunState, open_store
from core.workspace import PROJECT_ROOT, Workspace
from tests.browser.running import WIDE, Server, Watched, workers_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MANY = 200
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


def with_films(viewer: Watched, server: Server, films: int, content: bytes) -> Locator:
    """Open Classify and drop films there; returns the button that asks the network."""
    viewer.open(f"{server.url}/classify")
    viewer.page.locator(".st-key-classify_files input[type=file]").set_input_files(
        [
            {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": content}
            for number in range(films)
        ]
    )
    name = f"Classify {films} film{'s' if films > 1 else ''} with 1 network"
    button = viewer.page.get_by_role("button", name=name)
    expect(button).to_be_enabled()
    viewer.settle()
    return button


def test_one_film_is_answered_while_somebody_elses_many_are_under_way(
    browser: Browser, served: Server
) -> None:
    contexts = [browser.new_context(viewport=WIDE) for _ in range(2)]
    many, one = (Watched(context.new_page()) for context in contexts)
    answers_of_many = many.page.get_by_role("heading", name="Answers", exact=True)
    answers_of_one = one.page.get_by_role("heading", name="Answers", exact=True)
    content = film(1)
    ask_for_one = with_films(one, served, 1, content)
    ask_for_one.click()  # starts the worker and loads the network
    expect(answers_of_one).to_be_visible()
    # A page of its own: on the first one the answer before would stand until the next is there.
    ask_for_one = with_films(one, served, 1, content)
    assert answers_of_one.count() == 0
    ask_for_many = with_films(many, served, MANY, content)

    ask_for_many.click()
    expect(many.page.get_by_test_id("stProgress")).to_be_visible()
    ask_for_one.click()
    expect(answers_of_one).to_be_visible()
    assert answers_of_many.count() == 0, "the two hundred were waited for"
    expect(answers_of_many).to_be_visible(timeout=240_000)
    for viewer in (many, one):
        viewer.settle()
        viewer.check()
    for context in contexts:
        context.close()
