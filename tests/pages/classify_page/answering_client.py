"""A prediction worker that answers at once, and what tests of Classify drop, click and read."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import FilmError
from core.images.decode import decode_bytes
from core.prediction.client import FilmResult
from core.store import Run
from pages.components.classify.answers_table import (
    answers_table,
    classified,
)

Progress = Callable[[int, int, str], None]


class Client:
    """Says “covid” with 0.8 to every film it can read; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], list[str]]] = []
        self.ready = 0
        self.held: set[str] = set()  # runs that do not answer before they are let
        self.every_class = False
        self.lateral = False

    def make_ready(self) -> None:
        self.ready += 1

    def classify(
        self,
        run_ids: Sequence[str],
        films: Sequence[tuple[str, bytes]],
        *,
        cam: bool = True,
        every_class: bool = False,
        lateral: bool = False,
        progress: Progress | None = None,
    ) -> list[FilmResult]:
        self.asked.append((list(run_ids), [name for name, _ in films]))
        self.every_class = every_class
        while self.held.intersection(run_ids):
            time.sleep(0.01)
        results: list[FilmResult] = []
        for name, data in films:
            if progress:
                progress(len(results), len(films) * len(run_ids), f"Reading {name}")
            for run_id in run_ids:
                try:
                    decode_bytes(data, name)
                except FilmError as error:
                    results.append(FilmResult(name, run_id, None, {}, None, str(error)))
                else:
                    heat = np.linspace(0, 1, 49, dtype=np.float32).reshape(7, 7)
                    heats = {"covid": heat, "healthy": 1 - heat}
                    results.append(
                        FilmResult(
                            name, run_id, "covid", {"covid": 0.8, "healthy": 0.2}, heat, None,
                            "covid", heats=heats, picture=np.full((40, 30), 99, np.uint8),
                        )
                    )  # fmt: skip
        return results


def png(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 50), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Drop files, and wait for all answers."""
    app.file_uploader[0].set_value([(name, data, "") for name, data in files])
    return answered(app.run())


def answered(app: AppTest) -> AppTest:
    """The page when the networks have answered, as it is after it has drawn itself anew."""
    assert not app.exception
    end = time.monotonic() + 120
    while app.session_state["classify_worklist"].worklist.state.working:
        assert time.monotonic() < end
        time.sleep(0.01)
    return app.run()


def look_at(app: AppTest, place: int) -> AppTest:
    """Click on a small film."""
    tiles = [one for one in app.button if str(one.key).startswith("classify_film_")]
    tiles[place].click()
    return answered(app.run())


def rows(app: AppTest, *runs: Run, threshold: float | None = None) -> pd.DataFrame:
    """What is saved as CSV."""
    found = app.session_state["classify_worklist"]
    return answers_table(classified(found, runs), threshold)
