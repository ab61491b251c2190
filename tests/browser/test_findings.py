"""Films with several findings, on screens of every width."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from core.store import Film, Source, Store, open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched

FINDINGS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis",
    "Hernia", "Infiltration", "Mass", "Nodule", "Pleural Thickening", "Pneumothorax",
)  # fmt: skip
# Of each chip: whether its words are whole, and whether it lies inside the list.
SEEN = """chips => chips.map(chip => {
    const list = chip.closest('[data-testid=stMultiSelectTagsContainer]').getBoundingClientRect();
    const box = chip.getBoundingClientRect();
    const whole = [chip, ...chip.querySelectorAll('*')].every(
        one => one.tagName === 'svg' || one.scrollWidth <= one.clientWidth + 1
            || getComputedStyle(one).display === 'inline');
    return whole && box.left >= list.left && box.right <= list.right
        && box.top >= list.top - 1 && box.bottom <= list.bottom + 1;
})"""


def _fill(store: Store) -> None:
    """What the preset of adult negatives needs, with 13 other findings, some of them together."""
    kinds = {
        "cohen": ("ieee8023", ["COVID-19"] * 9 + list(FINDINGS)),
        "kaggle": ("kaggle", ["No finding"] * 9),
        "clinic": ("folders", [f"{one} + Edema" for one in FINDINGS if one != "Edema"] * 2),
    }
    for name, (layout, findings) in kinds.items():
        films = [
            Film(
                f"{name}-{at}",
                name,
                f"/{name}/{at}.png",
                f"{name}/{at}",
                finding,
                source_split="train",
            )
            for at, finding in enumerate(findings)
        ]
        store.catalogue.save_source(Source(name, layout, f"/{name}"), films)


def test_a_class_shows_all_its_findings_whatever_the_width(
    watched: Watched, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    _fill(open_store(Workspace(data).create()))
    (data / "phantoms.json").write_text("{}")
    server = Server(data)
    server.start()
    try:
        page = watched.page
        watched.open(f"{server.url}/prepare")
        page.get_by_role("radio", name="Adult negatives").click()
        watched.settle()
        for width, height in ((390, 844), (1024, 768), (1440, 1000)):
            page.set_viewport_size({"width": width, "height": height})
            watched.settle()
            findings = page.get_by_test_id("stMultiSelect").filter(has_text="No finding").first
            expect(findings).to_be_visible()
            chips = findings.locator(".react-aria-ComboBox [data-tag]")
            assert chips.count() == len(FINDINGS) + 1
            assert all(chips.evaluate_all(SEEN)), width
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        server.kill()
