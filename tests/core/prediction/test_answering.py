"""Requests to results, in this process: errors stay with what they belong to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.datasets.phantom import draw
from core.errors import NotFoundError
from core.evaluation.operating_point import OperatingPoint, apply
from core.gate.gate import REFUSED, GateVerdict
from core.images.decode import decode_bytes
from core.prediction import answering, loader
from core.prediction.answering import serve_requests
from core.prediction.loader import BATCH, Loader
from core.prediction.loading import load_run
from core.prediction.messages import (
    Answer,
    ClassifyRequest,
    ClassifyResults,
    answer_in,
    line_of,
)
from core.prediction.work import GIVEN_UP
from core.runs.files import RunFiles
from core.workspace import Workspace
from tests.core.prediction.conftest import MakeRun, learnt, png, saved


def request(folder: Path, runs: list[str], films: list[bytes], cam: bool = True) -> dict[str, Any]:
    folder.mkdir()
    for index, content in enumerate(films):
        (folder / f"{index}.film").write_bytes(content)
    entries = [{"name": f"film {i}.png", "file": f"{i}.film"} for i in range(len(films))]
    return {"id": 7, "folder": str(folder), "runs": runs, "films": entries, "cam": cam}


def answers(workspace: Workspace, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    said: list[Answer] = []
    serve_requests(workspace, map(ClassifyRequest.model_validate, requests), said.append)
    return [plain(one) for one in said]


def plain(answer: Answer) -> dict[str, Any]:
    """As it goes through the pipe: what is written can be read, and is the same."""
    assert answer_in(line_of(answer)) == answer
    content: dict[str, Any] = json.loads(line_of(answer))
    return content


def test_films_outer_runs_inner_and_rubbish_alone(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn")
    make_run("two", "vgg16")
    films = [png(0), b"no film at all", png(1), b""]
    said = answers(workspace, request(tmp_path / "r", ["one", "gone", "two"], films))
    results = said[-1]["results"]
    assert [(row["film"], row["run"]) for row in results] == [
        (film, run) for film in range(4) for run in ("one", "gone", "two")
    ]
    for row in results:
        if row["film"] in (1, 3):
            assert f"film {row['film']}.png" in row["error"]
        elif row["run"] == "gone":
            assert "no model to classify with" in row["error"]
        if row["film"] in (1, 3) or row["run"] == "gone":
            assert (row["label"], row["probabilities"], row["heat"]) == (None, {}, None)
            continue
        assert row["error"] is None
        assert sum(row["probabilities"].values()) == pytest.approx(1)
        assert row["label"] == max(row["probabilities"], key=row["probabilities"].__getitem__)
        heat = np.load(tmp_path / "r" / row["heat"])
        assert heat.shape == ((4, 4) if row["run"] == "one" else (1, 1))
    assert all(answer["id"] == 7 for answer in said)
    done = [answer["done"] for answer in said if answer["kind"] == "progress"]
    assert done == sorted(done)
    assert "Loading VGG16" in [answer["doing"] for answer in said if answer["kind"] == "progress"]


def plain_film(grey: int) -> np.ndarray:
    return np.full((40, 40), grey, np.uint8)


def test_no_network_sees_what_is_no_film(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("one", "cnn")
    verdicts = {0: "frontal", 1: "lateral", 2: "not_a_chest_xray"}
    films = [saved(plain_film(grey)) for grey in verdicts]
    monkeypatch.setattr(
        answering,
        "assess",
        lambda pixels, colour: GateVerdict(
            verdicts[int(pixels[0, 0])], "Why." * bool(pixels[0, 0])
        ),
    )
    plain, asked = (
        answers(workspace, request(tmp_path / str(lateral), ["one"], films) | {"lateral": lateral})
        for lateral in (False, True)
    )
    for row, kind in zip(plain[-1]["results"], verdicts.values(), strict=True):
        assert row["gate"] == kind
        assert (row["answer"] == REFUSED) == (kind != "frontal")
    for row in [*plain[-1]["results"][1:], asked[-1]["results"][2]]:
        assert (row["label"], row["probabilities"], row["heat"]) == (None, {}, None)
        assert (row["error"], row["similarity"], row["reason"]) == (None, None, "Why.")
    # One film is answered, with a map for either class.
    assert len(list((tmp_path / "False").glob("0-*.npy"))) == 2
    for row, grey in zip(plain[-1]["results"], verdicts, strict=True):  # also of what is refused
        assert np.array_equal(np.load(tmp_path / "False" / row["picture"]), plain_film(grey))
    tested = answers(workspace, request(tmp_path / "t", ["one"], films) | {"bare": True})
    for row in tested[-1]["results"]:
        assert (row["gate"], row["answer"], row["picture"]) == (None, row["label"], None)
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    side = asked[-1]["results"][1]
    assert (side["gate"], side["reason"]) == ("lateral", "Why.")
    assert side["answer"] in ("covid", "healthy")


def test_the_answer_comes_from_the_runs_own_threshold(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn")
    content = request(tmp_path / "r", ["one"], [png(0)])
    bands = {(0.0, 1.0): "not_sure", (0.0, 0.0): "covid", (1.0, 1.0): "healthy"}
    said: list[Answer] = []
    usual = ClassifyRequest.model_validate(content)

    def asked() -> Iterator[ClassifyRequest]:
        """The same again, after the run's page has chosen another threshold each time."""
        yield usual
        for band in bands:
            point = OperatingPoint(
                positive="covid",
                target_sensitivity=0.95,
                threshold=sum(band) / 2,  # a band holds its threshold
                not_sure=band,
                temperature=4.0,
            )
            point.save(RunFiles(workspace.run_folder("one")).operating_point)
            yield usual

    serve_requests(workspace, asked(), said.append)
    serve_requests(workspace, [usual.model_copy(update={"bare": True})], said.append)
    own, *decided, tested = (
        plain(answer)["results"][0] for answer in said if isinstance(answer, ClassifyResults)
    )
    assert tested["probabilities"] == pytest.approx(own["probabilities"], abs=1e-6)
    assert tested["not_sure"] is None
    assert (own["answer"], own["not_sure"]) == (own["label"], None)
    shares = np.array([list(own["probabilities"].values())], np.float32)
    calibrated = apply(
        OperatingPoint(
            positive="covid",
            target_sensitivity=0.95,
            threshold=0.5,
            not_sure=(0.0, 1.0),
            temperature=4.0,
        ),
        shares,
    )[0]
    for row, (band, expected) in zip(decided, bands.items(), strict=True):
        assert (row["answer"], row["not_sure"]) == (expected, list(band))
        assert list(row["probabilities"].values()) == pytest.approx(calibrated.tolist(), abs=1e-5)
        assert row["label"] == own["label"]


def test_a_bare_answer_is_the_networks_own_whatever_the_film(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("one", "cnn")
    point = OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=0.5,
        not_sure=(0.0, 1.0),
        temperature=4.0,
    )
    learnt(workspace, "one", range(30))
    content = request(tmp_path / "r", ["one"], [png(0)], cam=False)
    plain = answers(workspace, content)[-1]["results"][0]
    point.save(RunFiles(workspace.run_folder("one")).operating_point)
    monkeypatch.setattr(answering, "assess", lambda *_: GateVerdict("not_a_chest_xray", "Why."))
    bare = answers(workspace, content | {"bare": True})[-1]["results"][0]
    assert bare["probabilities"] == pytest.approx(plain["probabilities"], abs=1e-6)
    assert (bare["label"], bare["answer"]) == (plain["label"], plain["label"])
    assert (bare["gate"], bare["similarity"], bare["not_sure"]) == (None, None, None)


def test_the_nearest_training_films_come_along(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn")
    ids = learnt(workspace, "one", range(30))
    films = [png(7), saved(draw(7, covid_like=False, size=80, marker="top_left").pixels[:, ::-1])]
    rows = answers(workspace, request(tmp_path / "r", ["one"], films))[-1]["results"]
    same, mirrored = (row["similarity"] for row in rows)
    assert same["nearest"][0]["film_id"] == ids[7]
    assert same["nearest"][0]["class_name"] == "healthy"
    assert len(same["nearest"]) == 3
    assert not same["unlike"]
    assert mirrored["distance"] > same["distance"]


def test_the_heat_of_a_class_can_be_asked_for(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one", "cnn")
    films = [png(0), png(1)]
    heats = {}
    for asked in ("covid", "healthy", "a class of another run", None):
        content = request(tmp_path / str(asked), ["one"], films) | {"heat_class": asked}
        rows = answers(workspace, content)[-1]["results"]
        shown = [row["heat_class"] for row in rows]
        known = asked in ("covid", "healthy")
        assert shown == ([asked] * 2 if known else [row["label"] for row in rows])
        heats[asked] = [np.load(tmp_path / str(asked) / row["heat"]) for row in rows]
    assert not np.array_equal(heats["covid"], heats["healthy"])
    assert np.array_equal(heats[None], heats["a class of another run"])


def test_the_heats_of_all_classes_come_when_they_are_asked_for(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    classes = ("covid", "healthy", "pneumonia")
    make_run("one", "cnn", classes=classes)
    content = request(tmp_path / "r", ["one"], [png(0)])
    [few] = answers(workspace, content)[-1]["results"]
    assert len(few["heats"]) == 2
    [row] = answers(workspace, content | {"every_class": True})[-1]["results"]
    assert tuple(row["heats"]) == classes
    heats = {np.load(tmp_path / "r" / file).tobytes() for file in row["heats"].values()}
    assert len(heats) == 3
    assert row["heat"] == row["heats"][row["label"]]


def test_the_map_is_that_of_the_class_answered_and_of_not_sure_both_are_there(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    """Whatever the larger probability is: the rule names the class, and the map follows."""
    make_run("one", "cnn")
    files = RunFiles(workspace.run_folder("one"))
    content = request(tmp_path / "r", ["one"], [png(0), png(1)])
    bands = {(0.0, 0.0): "covid", (1.0, 1.0): "healthy", (0.0, 1.0): "not_sure"}
    for (low, high), expected in bands.items():
        threshold = 0.5 if low < high else low
        OperatingPoint(
            positive="covid",
            target_sensitivity=0.95,
            threshold=threshold,
            not_sure=(low, high),
            temperature=1.0,
            chosen_by="person",
        ).save(files.operating_point)
        for row in answers(workspace, content)[-1]["results"]:
            assert row["answer"] == expected
            assert set(row["heats"]) == {"covid", "healthy"}
            assert row["heat"] == row["heats"][row["heat_class"]]
            assert row["decision"]["point"]["chosen_by"] == "person"
            if expected != "not_sure":
                assert row["heat_class"] == expected
            maps = [np.load(tmp_path / "r" / file) for file in row["heats"].values()]
            assert not np.array_equal(*maps)
            for name, heat in zip(row["heats"], maps, strict=True):
                assert (name in row["blank"]) == (not heat.any())


def test_a_blank_map_says_why(workspace: Workspace, make_run: MakeRun, tmp_path: Path) -> None:
    """A network whose score for one class nothing on the film can change."""
    from core.models.build import build_model, load_head, save_head
    from core.models.registry import get_network

    card = make_run("one", "vgg16")
    model = build_model(
        get_network("vgg16"), image_size=32, classes=2, dropout=0.3, weights="random", seed=0
    )
    files = RunFiles(workspace.run_folder("one"))
    load_head(model, files.weights)
    last = model.get_layer("logits")
    kernel = np.asarray(last.kernel)
    last.kernel.assign(np.stack([kernel[:, 0], np.zeros(len(kernel))], axis=1))
    save_head(model, files.weights)
    assert card.weights == "random"
    row = answers(workspace, request(tmp_path / "r", ["one"], [png(0)]))[-1]["results"][0]
    assert "random weights" in row["blank"]["healthy"]
    assert "no place of the film would change this class's score" in row["blank"]["healthy"]


def test_more_films_than_a_batch(workspace: Workspace, make_run: MakeRun, tmp_path: Path) -> None:
    """A film's answer does not depend on the batch it is in."""
    make_run("one")
    films = [png(seed) for seed in range(BATCH + 3)]
    many, alone = (
        said["results"]
        for said in answers(
            workspace,
            request(tmp_path / "many", ["one"], films, cam=False),
            request(tmp_path / "alone", ["one"], films[-1:], cam=False),
        )
        if "results" in said
    )
    assert len(many) == BATCH + 3
    assert many[-1]["probabilities"] == pytest.approx(alone[0]["probabilities"], abs=1e-5)
    assert len({row["probabilities"]["covid"] for row in many}) > BATCH / 2
    assert not list((tmp_path / "many").glob("*-*-*.npy"))


def test_a_request_whose_folder_is_gone_is_given_up(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("one")
    left = request(tmp_path / "left", ["one"], [png(0)])
    (tmp_path / "left").rename(tmp_path / "left-done")
    kept = request(tmp_path / "kept", ["one"], [png(0)])
    said = answers(workspace, left, kept)
    assert {"kind": "failure", "id": 7, "error": GIVEN_UP} in said
    assert said[-1]["results"][0]["error"] is None


def test_a_failure_of_one_request_leaves_the_next(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("one")
    bad = request(tmp_path / "bad", ["one"], [png(0)])
    good = request(tmp_path / "good", ["one"], [png(0)])
    decode = decode_bytes

    def decode_or_fail(data: bytes, name: str) -> Any:
        if bad:
            bad.clear()
            raise MemoryError("no room")
        return decode(data, name)

    monkeypatch.setattr(answering, "decode_bytes", decode_or_fail)
    said = answers(workspace, dict(bad), good)
    assert {
        "kind": "failure",
        "id": 7,
        "error": "Classifying failed: MemoryError: no room.",
    } in said
    assert said[-1]["results"][0]["error"] is None


def test_a_run_deleted_in_the_middle_fails_alone(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("one")
    make_run("two")
    load = load_run

    def delete_first(workspace: Workspace, run_id: str) -> Any:
        if run_id == "one":
            shutil.rmtree(workspace.run_folder(run_id))
            raise FileNotFoundError("head.weights.h5")
        return load(workspace, run_id)

    monkeypatch.setattr(loader, "load_run", delete_first)
    rows = answers(workspace, request(tmp_path / "r", ["one", "two"], [png(0)]))[-1]["results"]
    assert "no model to classify with" in rows[0]["error"]
    assert rows[1]["error"] is None


def test_the_loader_keeps_the_runs_used_last(
    workspace: Workspace, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    load = load_run

    def counting(workspace: Workspace, run_id: str) -> Any:
        loads.append(run_id)
        return load(workspace, run_id)

    monkeypatch.setattr(loader, "load_run", counting)
    for run_id in "abc":
        make_run(run_id)
    kept = Loader(workspace, limit=2)
    for run_id in "abacba":  # c pushes b out, then b pushes a out
        kept.get(run_id)
    assert loads == ["a", "b", "c", "b", "a"]
    # Trained further: the file is another one.
    weights = RunFiles(workspace.run_folder("a")).weights
    copy = weights.with_name("copy")
    copy.write_bytes(weights.read_bytes())
    copy.replace(weights)
    kept.get("a")
    assert loads[5:] == ["a"]
    weights.unlink()
    with pytest.raises(NotFoundError):
        kept.get("a")
