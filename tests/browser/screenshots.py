"""The pictures in docs/screenshots: ``python -m tests.browser.screenshots [--data DIR]``.

Without a data folder it makes one with phantom films and two small runs. It refuses a folder
with real films: a picture in the repository must show no patient.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

from core.audit.status import start_audit
from core.datasets.phantom import ensure_phantoms
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import recommended_spec
from core.errors import InputError
from core.film_map.status import start_map
from core.people.asking import Somebody, acting_as
from core.people.roles import Role
from core.prediction.client import PredictionClient
from core.runs import launcher
from core.runs.jobs import Job
from core.showcase.renewing import renew
from core.specs import RunSpec
from core.starter import install_starters
from core.store import RunState, Store, open_store
from core.version import node_name
from core.workspace import PROJECT_ROOT, Workspace
from tests.browser.running import FLAGS, Server, Watched, chromium_path, until, workers_of

FOLDER = PROJECT_ROOT / "docs" / "screenshots"
WINDOW: ViewportSize = {"width": 1440, "height": 900}
MOST_BYTES = 300_000
IMAGE_SIZE = 96
# VGG16 without augmentation: it then looks at each film once, not once an epoch.
RUNS = (
    {"model": "cnn", "epochs": 25},
    {"model": "vgg16", "epochs": 40, "augment": None},
)
SHOWN_EPOCHS = 60  # of the run that the Train page shows at work, in its tenth epoch or later
# Who and what History and Machines name, in place of whoever draws these pictures and where.
SOMEBODY = Somebody("ana", Role.EDITOR)
RENAME = """([from, to]) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        texts.currentNode.data = texts.currentNode.data.replaceAll(from, to);
}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a data folder with finished runs on phantoms")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="thoraxlens-") as temporary, acting_as(SOMEBODY):
        data = options.data.resolve() if options.data else Path(temporary) / "data"
        store = open_store(Workspace(data).create())
        try:
            ensure_phantoms(store)
            _only_phantoms(store)
            if not store.runs.all([RunState.DONE]):
                _train(store)
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
        _take_all(store)
    return 0


def _only_phantoms(store: Store) -> None:
    real = [one.name for one in store.catalogue.sources() if not one.artificial]
    if real:
        raise InputError(f"{', '.join(real)} may hold films of patients; use another folder.")


def _train(store: Store) -> None:
    name = "phantoms"
    spec = recommended_spec(store.catalogue, name, seed=0).changed(image_size=IMAGE_SIZE)
    save_dataset(store, plan(store.catalogue.frame(), spec))
    for settings in RUNS:
        print("training", settings["model"], flush=True)
        wanted = RunSpec.build(dataset=name, weights="random", **settings)
        run = launcher.launch(store, wanted)
        run = launcher.wait(store, run.run_id)
        if run.state != "done":
            raise InputError(f"{run.title} ended as {run.state}. {run.reason}")


def _take_all(store: Store) -> None:
    server = Server(store.workspace.root)
    server.start()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            _take(chromium, server, store)
            chromium.close()
    finally:
        server.kill()
        for process in workers_of(store.workspace.root):
            process.kill()


def _take(chromium: Browser, server: Server, store: Store) -> None:
    done = store.runs.all([RunState.DONE])
    ids = [run.run_id for run in done[:2]]
    context = chromium.new_context(viewport=WINDOW, color_scheme="dark")
    watched = Watched(context.new_page())
    watched.open(server.url)
    watched.open(f"{server.url}/explore")
    _keep(watched, "explore")
    _take_map(watched, server, store)
    watched.open(f"{server.url}/prepare")
    watched.page.get_by_role("radio", name="Recommended").click()
    expect(watched.page.get_by_text("All films of one patient stay on one side")).to_be_visible()
    _keep(watched, "prepare", scroll_to="Preview")
    watched.open(f"{server.url}/compare?runs={','.join(ids)}")
    _keep(watched, "compare")
    watched.open(f"{server.url}/classify?run={'&run='.join(ids)}")
    _classify(watched)
    _keep(watched, "classify")
    _audited(store, ids[0])
    _run_page(watched, f"{server.url}/run?run={ids[0]}")
    watched.open(f"{server.url}/demonstration")
    _demonstrate(watched)
    _keep(watched, "demonstration")
    with PredictionClient(store.workspace) as client:
        renew(store, client)  # what Home begins with; the server would do it in a while
    watched.open(server.url)
    _keep(watched, "home")
    _take_work(watched, server, store, done[0].spec)
    _take_results(watched, server, store)
    context.close()


def _take_results(watched: Watched, server: Server, store: Store) -> None:
    """With the networks that come along, and two chosen; they go again, for the next pictures."""
    starters = install_starters(store).runs
    watched.open(f"{server.url}/results")
    for box in watched.page.get_by_role("checkbox", name="Compare").all()[:2]:
        box.check()
    _keep(watched, "results")
    for run in starters:
        launcher.delete(store, run.run_id)


def _take_map(watched: Watched, server: Server, store: Store) -> None:
    _over(start_map(store))
    watched.open(f"{server.url}/explore?tab=Map")
    _keep(watched, "map")


def _take_work(watched: Watched, server: Server, store: Store, spec: RunSpec) -> None:
    """A run at work, one that waits behind it, and what was done so far."""
    spec = spec.changed(model="cnn", epochs=SHOWN_EPOCHS)
    run, next_one = (launcher.launch(store, spec.changed(seed=seed)) for seed in (1, 2))
    watched.open(f"{server.url}/train?run={run.run_id}")
    counter = watched.page.get_by_test_id("stMetric").filter(has_text="Epochs finished")
    expect(counter).to_contain_text(re.compile(r"1\d of"), timeout=600_000)
    _keep(watched, "train")
    watched.open(f"{server.url}/machines")
    expect(watched.page.get_by_text("It waits for the processor")).to_be_visible()
    expect(watched.page.get_by_text("% busy")).to_be_visible()  # known after a while
    _keep(watched, "machines")
    for one in (next_one, run):
        launcher.stop(store, one.run_id)
        launcher.wait(store, one.run_id)
    watched.open(f"{server.url}/history")
    _keep(watched, "history")
    for one in (next_one, run):
        launcher.delete(store, one.run_id)


def _run_page(watched: Watched, address: str) -> None:
    for name, tab in (("run", "result"), ("slices", "slices"), ("audit", "audit")):
        watched.open(f"{address}&tab={tab}")
        _keep(watched, name)


def _audited(store: Store, run_id: str) -> None:
    """Have the run audited, as the page's button does."""
    _over(start_audit(store, run_id))


def _over(job: Job) -> None:
    """Wait for the end of a job; raises InputError for one that failed."""
    until("the job is over", lambda: not job.status().is_running, 900)
    if job.status().state != "done":
        raise InputError(job.status().reason)


def _classify(watched: Watched) -> None:
    page = watched.page
    page.locator("[class*=st-key-sample_] button").first.click()
    expect(page.get_by_role("application", name=re.compile("eat map for")).first).to_be_visible()


def _demonstrate(watched: Watched) -> None:
    """Up to the step in which the marker moves."""
    page = watched.page
    # The others are what it says in a data folder where somebody began before, or broke off.
    page.get_by_role("button", name=re.compile("Train a network on|Go on to the training")).click()
    first = page.get_by_role("button", name="What did it look at?")
    broken_off = page.get_by_role("button", name="Train again with other people")
    expect(first.or_(broken_off)).to_be_visible()
    if broken_off.is_visible():
        broken_off.click()
    for name in ("What did it look at?", "Move the marker to the healthy people"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_enabled(timeout=900_000)
        button.click()
    expect(page.get_by_role("button", name="And without a marker?")).to_be_enabled()


def _keep(watched: Watched, name: str, *, scroll_to: str = "") -> None:
    """Write the window as it is to docs/screenshots, small enough for a repository."""
    watched.settle()
    if scroll_to:
        heading = watched.page.get_by_role("heading", name=scroll_to, exact=True).last
        heading.evaluate("one => one.scrollIntoView({block: 'start'})")
        watched.settle()
    watched.check()
    watched.page.evaluate(RENAME, [node_name(), "reading-room"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    watched.page.screenshot(path=path)
    if path.stat().st_size > MOST_BYTES:
        with Image.open(path) as picture:
            colours = picture.convert("RGB")
        # Dithered: a heat map has more shades than a palette holds.
        colours.quantize(palette=colours.quantize(256)).save(path, optimize=True)
    print(f"{path.relative_to(PROJECT_ROOT)}  {path.stat().st_size / 1000:.0f} kB")
    assert path.stat().st_size <= MOST_BYTES, f"{path} is too large for the repository"


if __name__ == "__main__":
    raise SystemExit(main())
