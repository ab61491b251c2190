"""Explore over a large catalogue, its filters changed again and again. A process of its own."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from core.store import Film, Source, open_store
from core.workspace import PROJECT_ROOT, open_workspace

FINDINGS = (
    "No finding", "Infiltration", "Atelectasis", "Effusion", "Nodule", "Pneumothorax", "Mass",
    "Pneumonia", "Consolidation", "Fibrosis", "Emphysema", "Edema", "Cardiomegaly", "Hernia",
    "COVID-19",
)  # fmt: skip
PATIENTS = 30_805
SOURCE = "Rows of the benchmark"


def fill(count: int) -> None:
    """A catalogue of ``count`` films that are not really there."""
    workspace = open_workspace()
    (workspace.root / "phantoms.json").write_text("{}")  # as after a first start
    rng = np.random.default_rng(0)
    findings = rng.choice(len(FINDINGS), count, p=np.array([54, *([46 / 14] * 14)]) / 100)
    films = (
        Film(
            film_id=f"{place:032x}",
            source=SOURCE,
            path=f"/nowhere/{place}.png",
            patient=f"{SOURCE}/{place % PATIENTS}",
            finding=FINDINGS[findings[place]],
            view=("PA", "AP")[int(rng.random() < 0.4)],
            sex=("F", "M")[int(rng.random() < 0.56)],
            age=float(rng.integers(1, 95)),
            width=1024,
            height=1024,
        )
        for place in range(count)
    )
    open_store(workspace).catalogue.save_source(Source(SOURCE, "folders", "/nowhere"), films)


# One change after the other, wide and narrow ones: a filter and what it is set to.
CHANGES: tuple[tuple[str, Any], ...] = (
    ("finding", [FINDINGS[1], FINDINGS[2]]),
    ("view", ["PA"]),
    ("finding", []),
    ("sex", ["F"]),
    ("ages", (20, 60)),
    ("view", []),
    ("finding", [FINDINGS[0]]),
    ("ages", None),
    ("sex", []),
    ("finding", []),
)


def change(app: AppTest, which: str, value: Any) -> None:
    """Set a filter. Elements belong to one run of the script, so they are looked up anew."""
    if which == "ages":
        ages = next(one for one in app.slider if str(one.key).startswith("explore_ages"))
        ages.set_value(value or (ages.min, ages.max))
    else:
        app.multiselect(f"explore_{which}").set_value(value)


def shown(app: AppTest) -> str:
    """“**12** of 5,000 films”, as the page says it."""
    return next(one.value for one in app.markdown if one.value.endswith(" films"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("films", type=int)
    parser.add_argument("changes", type=int)
    options = parser.parse_args()
    fill(options.films)
    app = AppTest.from_file(
        str(PROJECT_ROOT / "pages" / "navigation.py"), default_timeout=300
    ).run()
    app.switch_page("explore.py")
    first = _seconds(app)
    seconds = []
    for place in range(options.changes):
        before = shown(app)
        change(app, *CHANGES[place % len(CHANGES)])
        seconds.append(_seconds(app))
        if shown(app) == before:
            raise RuntimeError(f"the page still says {before} after {CHANGES[place]}")
    print(json.dumps({"first": first, "changes": seconds}))


def _seconds(app: AppTest) -> float:
    began = time.perf_counter()
    app.run()
    took = time.perf_counter() - began
    if app.exception or app.error:
        raise RuntimeError(f"the page broke: {app.exception or app.error}")
    return took


if __name__ == "__main__":
    main()
