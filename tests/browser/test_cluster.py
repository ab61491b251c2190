"""Trainings started on the page that work on three nodes, one of which goes away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.runs import launcher
from core.specs import RunSpec
from core.store import ACTIVE, RunState, Store, open_store
from core.workspace import RAY_VARIABLE, Workspace
from tests.browser.live import counter, ours, sees_it_move
from tests.browser.running import Server, Watched, press, until, workers_of
from tests.core.cluster.three_nodes import (
    PATIENCE,
    Nodes,
    are_as_without_ray,
    at_work_on,
    caught_in_training,
    dispatchers,
    lost_with_node,
    over,
    three_nodes,
    wait_for,
)
from tests.core.runs.pretending import eventually

pytestmark = [pytest.mark.browser, pytest.mark.large, pytest.mark.ray, pytest.mark.timeout(1500)]
# Ray leaves files and threads open, and says so of its own code.
pytestmark.append(pytest.mark.filterwarnings("ignore"))

FOLDS, EPOCHS = 5, 60
LONG = PATIENCE * 1000  # ms
# What the canvas of a curve shows, as a number.
DRAWN = """one => one.getContext("2d").getImageData(0, 0, one.width, one.height).data
    .reduce((sum, value) => (31 * sum + value) % 1000003, 7)"""
# From now on: each number of epochs that the page has shown, also for less than a moment.
REMEMBER = """() => {
    window.shownEpochs = [];
    const look = () => {
        for (const one of document.querySelectorAll("[data-testid=stMetric]")) {
            const said = one.innerText.match(/Epochs finished\\s+(\\d+) of/);
            if (said && window.shownEpochs.at(-1) !== Number(said[1]))
                window.shownEpochs.push(Number(said[1]));
        }
    };
    new MutationObserver(look).observe(
        document.body, {subtree: true, childList: true, characterData: true});
    look();
}"""


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with three_nodes(tmp_path_factory.mktemp("node")) as made:
        yield made


@pytest.fixture
def served(
    stocked: Path, nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Server, Store]]:
    """A server whose work runs on the cluster, as with ``--ray ADDRESS``."""
    monkeypatch.setenv(RAY_VARIABLE, nodes.address)
    data = tmp_path / "data"
    shutil.copytree(stocked, data)
    server = Server(data)
    server.start()
    yield server, open_store(Workspace(data))
    if server.is_up:
        server.kill()
    for process in workers_of(data):
        process.kill()


def fill_in(watched: Watched) -> None:
    """The form for new runs: the CNN and VGG16, which has seen nothing, in five folds each."""
    page = watched.page
    for name in ("EfficientNetLite0", "CNN", "VGG16"):  # the first one is chosen from the start
        page.get_by_text(name, exact=True).click()
        watched.settle()
    page.get_by_text("More settings", exact=True).click()
    page.get_by_role("tab", name="Networks and weights").click()
    page.get_by_text("Nothing (random weights)", exact=True).click()
    expect(page.get_by_role("radio", name="Nothing (random weights)")).to_be_checked()
    watched.settle()
    page.get_by_role("tab", name="Training").click()
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)

    def are_set() -> bool:
        # What is typed while the page is drawn anew may be lost.
        if epochs.input_value() != str(EPOCHS):
            epochs.fill(str(EPOCHS))
            epochs.press("Enter")
        watched.settle()
        return epochs.input_value() == str(EPOCHS)

    until("the epochs are set", are_set, PATIENCE)
    many = page.get_by_role("spinbutton", name="How many")
    press(page.get_by_role("radio", name="Folds"), "folds are asked for", many.count)
    expect(many).to_have_value(str(FOLDS))
    watched.settle()
    expect(page.get_by_role("button", name=f"Start {2 * FOLDS} runs")).to_be_visible()


def nodes_named(page: Page) -> set[str]:
    """The nodes that the page Machines names beside work."""
    said = page.get_by_test_id("stMainBlockContainer").inner_text()
    return set(re.findall(r"^(n[012]) · ", said, re.MULTILINE))


def test_folds_started_on_the_page_are_all_done_though_a_node_goes(
    served: tuple[Server, Store],
    nodes: Nodes,
    watched: Watched,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, store = served
    page = watched.page
    known = {run.run_id for run in store.runs.all()}
    watched.open(f"{server.url}/train")
    fill_in(watched)
    page.get_by_role("button", name=f"Start {2 * FOLDS} runs").click()
    expect(counter(page)).to_be_visible(timeout=LONG)
    page.evaluate(REMEMBER)
    runs = [run for run in store.runs.all() if run.run_id not in known]
    assert [run.spec.epochs for run in runs] == [EPOCHS] * 2 * FOLDS

    # The first one opens by itself; its curve grows with its epochs.
    curve = page.locator("canvas").first
    expect(curve).to_be_visible(timeout=LONG)
    kept = curve.element_handle()
    drawn: set[int] = set()

    def has_grown() -> bool:
        drawn.add(int(curve.evaluate(DRAWN)))
        return len(drawn) >= 3

    until("the curve has grown", has_grown, PATIENCE, every=0.3)
    assert kept.evaluate("one => one.isConnected"), "the curve was taken down"
    told = page.evaluate("window.shownEpochs")
    assert any(0 < one < EPOCHS for one in told), told
    watched.check()

    watched.turn_to("Machines")
    busy: set[str] = set()

    def on_several() -> bool:
        busy.update(nodes_named(page))
        return len(busy) >= 2

    until("work on different nodes", on_several, PATIENCE)
    victim = caught_in_training(store, runs, 5)
    nodes.kill(victim.node)
    lost = page.get_by_text(f"broke off on {victim.node} and was taken up again")
    expect(lost).to_be_visible(timeout=LONG)
    gone = page.locator(".machines tr.gone")
    expect(gone).to_contain_text(victim.node, timeout=LONG)
    assert lost_with_node(store, victim)
    watched.check()

    expect(page.get_by_text("Nothing is at work, and nothing waits.")).to_be_visible(
        timeout=2 * LONG
    )
    nodes.add(victim.node)
    done = [store.runs.get(run.run_id) for run in runs]
    assert [(run.state, run.reason) for run in done] == [("done", "")] * 2 * FOLDS
    assert len({run.node for run in done} - {victim.node}) == 2
    watched.turn_to("Results")
    folds = [re.compile(f"^{network} · {FOLDS} folds") for network in ("VGG16", "CNN")]
    names = page.locator("tbody th a")
    for one in folds:  # asked for in the same second, they stand in either order
        expect(names.filter(has_text=one)).to_have_count(1)
    expect(names.filter(has_text=re.compile("^CNN"))).to_have_count(2)  # with the one of before
    expect(names).to_have_count(len(folds) + 1)
    watched.check()

    watched.server_is_gone = True
    server.shut_down()
    are_as_without_ray(store, done, tmp_path / "here", monkeypatch)


def test_a_run_on_a_node_is_stopped_and_goes_on_by_the_buttons(
    served: tuple[Server, Store], watched: Watched
) -> None:
    server, store = served
    page = watched.page
    spec = RunSpec.build(dataset="tiny", model="cnn", epochs=1000, batch_size=4, image_size=64)
    run = launcher.launch(store, spec)
    watched.open(f"{server.url}/train?run={run.run_id}")
    wait_for(store, [run], lambda now: len(store.runs.finished_epochs(run.run_id)) >= 1)
    sees_it_move(watched, 1, PATIENCE)
    press(
        ours(page, "Stop"),
        "a stop is asked for",
        lambda: store.runs.get(run.run_id).cancel_at is not None,
    )
    expect(page.get_by_text("Stopped at your request.")).to_be_visible(timeout=LONG)
    stopped = store.runs.get(run.run_id)
    assert stopped.state == RunState.CANCELLED
    kept = len(store.runs.finished_epochs(run.run_id))
    eventually(lambda: not at_work_on(run), PATIENCE)
    watched.settle()
    watched.check()

    press(
        ours(page, "Resume"),
        "it goes on",
        lambda: store.runs.get(run.run_id).state != RunState.CANCELLED,
    )
    wait_for(store, [run], lambda now: now[0].state == RunState.TRAINING)
    reached = sees_it_move(watched, kept, PATIENCE)
    assert reached > kept
    numbers = store.runs.epochs(run.run_id)["epoch"].tolist()
    assert numbers == list(range(1, len(numbers) + 1)), "an epoch is missing or twice"
    assert store.runs.get(run.run_id).state in ACTIVE
    launcher.stop(store, run.run_id)
    wait_for(store, [run], over)
    eventually(lambda: not at_work_on(run) and not dispatchers(store), PATIENCE)
