"""One run, its threshold at 0.40 and a film at 0.44, in every place that says what it is called."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.images.decode import decode_bytes
from core.images.resize import resize
from core.models.registry import get_network
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.store import Store, open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched, workers_of
from tests.pages.runs import RESULT, make_dataset, make_run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

THRESHOLD, FILM_AT = 0.40, 0.44
RULE = "covid from 40.0 % on (chosen by a person)"
OTHERS = {"covid": 0.9, "healthy": 0.1}  # of the true class; the most probable class is right


@dataclass
class Told:
    """A served run, and the film at 0.44: a covid film of its test."""

    server: Server
    run_id: str
    file: str
    film_id: str
    films: int
    positives: int


@pytest.fixture(scope="module")
def told(_phantom_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    root = tmp_path_factory.mktemp("rule") / "data"
    shutil.copytree(_phantom_workspace, root)
    store = open_store(Workspace(root).create())
    make_dataset(store, size=32)
    counts = {"total_params": 1000, "trainable_params": 100, "learning_rate": 0.001}
    run = make_run(store, "done", epochs=3, result=RESULT | counts)
    members = store.datasets.members("tiny")
    tested = (members["split"] == "test") & (members["class_name"] == "covid")
    film = members[tested].iloc[0]
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    names = store.datasets.get("tiny").spec.class_names
    positive = members["class_name"].map(OTHERS).to_numpy(np.float32)
    positive[(members["film_id"] == film["film_id"]).to_numpy()] = FILM_AT
    Predictions(
        names,
        members["film_id"].to_numpy(str),
        members["split"].to_numpy(str),
        members["class_index"].to_numpy(int),
        np.stack([positive, 1 - positive], axis=1),
    ).save(files.predictions)
    band = (THRESHOLD, THRESHOLD)
    OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=THRESHOLD,
        not_sure=band,
        temperature=1.0,
        chosen_by="person",
    ).save(files.operating_point)
    _network(store, run.run_id, names, Path(film["path"]))
    one = Server(root)
    one.start()
    films = int((members["split"] == "test").sum())
    yield Told(
        one, run.run_id, Path(film["path"]).name, str(film["film_id"]), films, int(tested.sum())
    )
    one.kill()
    for process in workers_of(root):
        process.kill()


def _network(store: Store, run_id: str, names: tuple[str, ...], film: Path) -> None:
    """The run's network: one that never learnt, whose last bias puts the film at 0.44."""
    from core.models.build import build_model, save_head
    from core.models.preprocess import preprocess

    files = RunFiles(store.workspace.run_folder(run_id))
    RunConfig(
        run_id=run_id,
        model="cnn",
        classes=names,
        image_size=32,
        preprocessing="rescale",
        dropout=0.3,
        seed=0,
        weights="random",
        backbone_hash="",
    ).save(files.config)
    model = build_model(
        get_network("cnn"), image_size=32, classes=2, dropout=0.3, weights="random", seed=0
    )
    pixels = resize(decode_bytes(film.read_bytes(), film.name).pixels, 32)
    logits = np.asarray(model(preprocess(pixels[None], "rescale"), training=False))[0]
    wanted = np.log(FILM_AT / (1 - FILM_AT))
    model.get_layer("logits").bias.assign([wanted - (logits[0] - logits[1]), 0.0])
    save_head(model, files.weights)


def rows_of(page: Page, button: str, tmp_path: Path) -> list[dict[str, str]]:
    """The CSV file behind a button, by its head."""
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name=button).click()
    path = tmp_path / "table.csv"
    download.value.save_as(path)
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def go(watched: Watched, address: str) -> None:
    """Open another page when all pictures of this one are there: those of a window that is left
    are no longer kept for it."""
    watched.page.wait_for_load_state("networkidle")
    watched.open(address)


def test_every_place_calls_the_film_the_same(told: Told, watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    every = "100.0 %"  # of the test films right: by the most probable class it would be one less
    for address in ("", f"train?run={told.run_id}", f"run?run={told.run_id}"):
        go(watched, f"{told.server.url}/{address}")
        expect(page.get_by_text(every).first).to_be_visible()
        expect(page.get_by_text(RULE).first).to_be_visible()
    expect(page.get_by_text(f"{told.films} of {told.films} test films right")).to_be_visible()

    go(watched, f"{told.server.url}/compare?runs={told.run_id}")
    expect(page.get_by_text(f"Films are called: {RULE}")).to_be_visible()
    expect(page.get_by_text(f"covid, called so: {told.positives} films,")).to_be_visible()
    kept = {row["file"]: row for row in rows_of(page, "Predictions (CSV)", tmp_path)}[told.file]
    assert (kept["true"], kept["predicted"], kept["answer"]) == ("covid", "covid", "covid")
    assert kept["correct"] == "True"
    assert float(kept["probability covid"]) == pytest.approx(FILM_AT, abs=1e-5)
    assert kept["decision"] == RULE
    page.get_by_role("radio", name="Its most probable class").click()
    expect(page.get_by_text(f"covid, called so: {told.positives - 1} films,")).to_be_visible()

    go(watched, f"{told.server.url}/classify?run={told.run_id}")
    page.get_by_role("combobox", name="Class").click()
    page.get_by_role("option", name="covid", exact=True).click()
    # The films of the class chosen take the place of all others.
    of_others = page.locator("[class*=st-key-sample_] button", has_text="healthy")
    expect(of_others).to_have_count(0)
    watched.settle()
    page.locator(f".st-key-sample_{told.film_id} button").first.click()
    card = page.locator(".st-key-classify_answer")
    expect(card.get_by_role("heading", name=told.file)).to_be_visible()
    expect(card.get_by_role("heading", name="covid")).to_be_visible()
    expect(card.locator(".answer-bars")).to_contain_text("44.0 %")
    expect(card.get_by_text(f"By its rule: {RULE}.")).to_be_visible()
    expect(page.get_by_role("application", name=re.compile("eat map for “covid”"))).to_be_visible()
    healthy = page.get_by_role("application", name=re.compile("eat map for “healthy”"))
    expect(healthy).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    answered = {row["Film"]: row for row in rows_of(page, "Table (CSV)", tmp_path)}[told.file]
    assert (answered["Answer"], answered["Rule"]) == ("covid", RULE)
    assert (answered["Split"], answered["Source"]) == ("test", "Phantom films")

    go(watched, f"{told.server.url}/run?run={told.run_id}&tab=card")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("HTML")).click()
    download.value.save_as(tmp_path / "card.html")
    card_text = (tmp_path / "card.html").read_text(encoding="utf-8")
    assert f"A film is called {RULE}" in card_text
    assert f"{told.films} of {told.films}" in card_text
    watched.check()
