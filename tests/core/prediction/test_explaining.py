"""Explanations on demand, in this process: each number once more by plain arithmetic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.evaluation.operating_point import OperatingPoint, apply
from core.explain.covering import RANDOM_PARTS, SEED
from core.explain.methods import METHODS, Method
from core.explain.occlusion import PLACES
from core.images.decode import decode_bytes
from core.images.resize import resize
from core.prediction.answering import serve_requests
from core.prediction.client import _film_result
from core.prediction.explanations import HeatMap, heat_map_of, kept_row
from core.prediction.loading import load_run
from core.prediction.messages import (
    Answer,
    AnyRequest,
    ClassifyFailure,
    ClassifyProgress,
    ClassifyRequest,
    ClassifyResults,
    ExplainRequest,
    ExplainResults,
    FilmFile,
    answer_in,
    line_of,
    request_in,
)
from core.prediction.work import GIVEN_UP
from core.runs.files import RunFiles
from core.workspace import Workspace
from tests.core.prediction.conftest import MakeRun, png

FILM = png(3)


def asked(folder: Path, *runs: str, **more: Any) -> ExplainRequest:
    folder.mkdir()
    (folder / "0.film").write_bytes(FILM)
    film = FilmFile(name="a.png", file="0.film")
    return ExplainRequest(
        **{"id": 3, "folder": folder, "runs": runs, "film": film, "methods": METHODS, **more}
    )


def explained(workspace: Workspace, request: ExplainRequest) -> list[Answer]:
    said: list[Answer] = []
    assert request_in(line_of(request)) == request
    serve_requests(workspace, [request], said.append)
    assert [answer_in(line_of(one)) for one in said] == said
    return said


def maps_of(said: list[Answer], folder: Path) -> dict[tuple[str, Method, str], HeatMap]:
    last = said[-1]
    assert isinstance(last, ExplainResults), last
    found = [heat_map_of(row, folder) for row in last.maps]
    return {(one.run_id, one.method, one.class_name): one for one in found}


def test_every_method_class_and_run_with_what_covering_does(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn", seed=2)
    make_run("two", "vgg16")
    point = OperatingPoint(
        positive="covid", target_sensitivity=0.9, threshold=0.5, not_sure=(0.5, 0.5),
        temperature=0.05,
    )  # fmt: skip
    point.save(RunFiles(workspace.run_folder("one")).operating_point)
    request = asked(tmp_path / "r", "one", "gone", "two", tested=("covid",))
    said = explained(workspace, request)
    found = maps_of(said, tmp_path / "r")
    assert set(found) == {
        (run, method, name)
        for run in ("one", "two")
        for method in METHODS
        for name in ("covid", "healthy")
    }
    assert isinstance(said[-1], ExplainResults)
    assert "no model to classify with" in said[-1].errors["gone"]

    looks = [one for one in said if isinstance(one, ClassifyProgress)]
    total = 3 * (1 + PLACES + 4 * (1 + RANDOM_PARTS))
    assert {one.total for one in looks} == {total}
    done = [one.done for one in looks]
    assert done == sorted(done)
    assert done[-1] < total

    run = load_run(workspace, "one")
    film = resize(decode_bytes(FILM, "a.png").pixels, 32)

    def shown(films: np.ndarray) -> np.ndarray:
        return apply(point, run.predict(films).probabilities)

    whole = shown(film[np.newaxis])[0]
    heat = found["one", "hires_cam", "covid"]
    tested = heat.covering
    assert tested is not None
    assert tested.whole == pytest.approx(float(whole[0]), abs=1e-5)
    # A map of 4 × 4 places, enlarged to 32 × 32 pixels as it is drawn; a fifth of them is 205.
    assert tested.share <= 205 / 1024 + 1e-9
    assert len(tested.randoms) == RANDOM_PARTS
    # What is covered, once more: the hottest pixels in the film's mean grey.
    spread = cv2.resize(heat.heat, (32, 32), interpolation=cv2.INTER_LINEAR)
    hottest = np.zeros(1024, bool)
    hottest[np.argsort(-spread.ravel(), kind="stable")[: round(tested.share * 1024)]] = True
    part = hottest.reshape(32, 32)
    grey = np.uint8(np.rint(film.mean()))
    move = np.random.default_rng(SEED).integers((0, 0), (32, 32), size=(RANDOM_PARTS, 2))[0]
    for where, expected in (
        (part, tested.hottest),
        (np.roll(part, move.tolist(), axis=(0, 1)), tested.randoms[0]),
    ):
        covered = np.where(where, grey, film)
        assert float(shown(covered[np.newaxis])[0, 0]) == pytest.approx(expected, abs=1e-5)
    assert all(
        (one.covering is not None) == (one.class_name == "covid" and bool(np.ptp(one.heat)))
        for one in found.values()
    )

    # Occlusion once more: a grey square of 2 × 2 cells at each of 13 × 13 places.
    edges = [round(32 * cell / 14) for cell in range(15)]
    corners = [(row, column) for row in range(13) for column in range(13)]
    films = np.repeat(film[np.newaxis], len(corners), axis=0)
    for one, (row, column) in zip(films, corners, strict=True):
        one[edges[row] : edges[row + 2], edges[column] : edges[column + 2]] = grey
    falls = whole[0].astype(float) - shown(films)[:, 0]
    over: list[list[list[float]]] = [[[] for _ in range(14)] for _ in range(14)]
    for fall, (row, column) in zip(falls, corners, strict=True):
        for cell in ((row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)):
            over[cell[0]][cell[1]].append(fall)
    warm = np.maximum([[np.mean(one) for one in row] for row in over], 0)
    occluded = found["one", "occlusion", "covid"]
    assert occluded.deepest == pytest.approx(falls.max(), abs=1e-5)
    assert warm.max() > 0.001
    np.testing.assert_allclose(occluded.heat, warm / warm.max(), atol=1e-3)


def test_the_default_is_what_comes_with_the_answer(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn")
    found = maps_of(
        explained(workspace, asked(tmp_path / "r", "one", methods=("hires_cam",))), tmp_path / "r"
    )
    said: list[Answer] = []
    film = FilmFile(name="a.png", file="0.film")
    request = ClassifyRequest(
        id=1, folder=tmp_path / "r", runs=("one",), films=(film,), cam=True, every_class=True
    )
    serve_requests(workspace, [request], said.append)
    assert isinstance(said[-1], ClassifyResults)
    answer = _film_result(said[-1].results[0], [("a.png", FILM)], tmp_path / "r")
    for name, heat in answer.heats.items():
        np.testing.assert_allclose(found["one", "hires_cam", name].heat, heat, atol=1e-6)
        assert found["one", "hires_cam", name].covering is None


def test_a_map_that_is_there_is_tested_without_being_made_again(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn", seed=2)
    made = maps_of(
        explained(
            workspace, asked(tmp_path / "r", "one", methods=("grad_cam",), tested=("covid",))
        ),
        tmp_path / "r",
    )
    tested = made["one", "grad_cam", "covid"]
    assert tested.covering is not None
    untested = replace(tested, covering=None, deepest=0.3)
    request = asked(tmp_path / "s", "one", methods=())
    rows = (kept_row(untested, 0, tmp_path / "s"), kept_row(untested, 1, tmp_path / "s"))
    rows = (rows[0], rows[1].model_copy(update={"run": "two"}))  # of a run that is not asked
    said = explained(workspace, request.model_copy(update={"known": rows}))
    assert {one.total for one in said if isinstance(one, ClassifyProgress)} == {2 + RANDOM_PARTS}
    [again] = maps_of(said, tmp_path / "s").values()
    assert again.covering is not None
    assert again.deepest == pytest.approx(0.3)
    np.testing.assert_array_equal(again.heat, tested.heat)
    assert again.covering.randoms == pytest.approx(tested.covering.randoms, abs=1e-6)
    assert again.covering.hottest == pytest.approx(tested.covering.hottest, abs=1e-6)


def test_what_is_given_up_ends_between_two_batches(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn")
    request = asked(tmp_path / "r", "one", methods=("occlusion",))
    said: list[Answer] = []

    def say(answer: Answer) -> None:
        said.append(answer)
        if isinstance(answer, ClassifyProgress) and answer.done > 1:
            (tmp_path / "r").rename(tmp_path / "away")

    serve_requests(workspace, [request], say)
    assert isinstance(said[-1], ClassifyFailure)
    assert said[-1].error == GIVEN_UP
    looks = [one for one in said if isinstance(one, ClassifyProgress)]
    assert looks[-1].done < PLACES / 2


def test_somebody_else_s_film_is_answered_in_between(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.prediction.turns.TURN_SECONDS", 0.0)
    make_run("one", "cnn")
    long = asked(tmp_path / "long", "one", methods=("occlusion",))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "0.film").write_bytes(FILM)
    film = FilmFile(name="b.png", file="0.film")
    other = ClassifyRequest(id=4, folder=tmp_path / "other", runs=("one",), films=(film,), cam=True)
    said: list[Answer] = []

    def arrived() -> list[AnyRequest]:
        is_due = len(said) > 3 and not any(one.id == 4 for one in said)
        return [other] if is_due else []

    serve_requests(workspace, [long], said.append, arrived)
    ends = [one.id for one in said if not isinstance(one, ClassifyProgress)]
    assert ends == [4, 3]


def test_a_film_that_cannot_be_read_is_a_sentence(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn")
    request = asked(tmp_path / "r", "one")
    (tmp_path / "r" / "0.film").write_bytes(b"no film")
    said = explained(workspace, request)
    assert isinstance(said[-1], ClassifyFailure)
    assert "a.png" in said[-1].error
