"""What a run is in another data folder: the same network, the same results, no films."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.audit.status import audit_status, start_audit
from core.card.facts import gather_facts
from core.card.html import to_html
from core.card.sections import model_card
from core.card.slices_section import slices_section
from core.datasets.phantom import draw
from core.errors import InputError
from core.evaluation.predictions import Predictions
from core.external.result_file import load_result
from core.gate.similarity import training_films
from core.prediction.loading import load_run
from core.runs.files import RunFiles
from core.runs.learnt_films import dataset_of, patients_by_film
from core.specs import RunSpec
from core.store import Film, Run, RunRemarks, Source, Store, open_store
from core.travel.exporting import export_run
from core.travel.head_files import head_arrays, write_head
from core.travel.importing import import_run
from core.travel.snippet import snippet

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(phantom_store: Store, run: Run, tmp_path: Path) -> Path:
    return export_run(phantom_store, run.run_id, tmp_path / "run.zip").path


@pytest.fixture
def brought(away: Store, file: Path) -> Run:
    return import_run(away, file, file.name).run


def test_the_same_films_get_the_same_probabilities_to_the_last_digit(
    phantom_store: Store, run: Run, away: Store, brought: Run
) -> None:
    films = np.random.default_rng(3).integers(0, 256, (4, 32, 32), dtype=np.uint8)
    here, here_heat = load_run(phantom_store.workspace, run.run_id).classify(films)
    there, there_heat = load_run(away.workspace, brought.run_id).classify(films)
    assert np.array_equal(here, there)
    assert np.array_equal(here_heat, there_heat)
    assert len(np.unique(here[:, 0])) == 4, "the films differ, so equal answers say something"


def test_what_is_known_of_the_run_comes_along(
    phantom_store: Store, run: Run, away: Store, brought: Run
) -> None:
    assert (brought.run_id, brought.spec, brought.state) == (run.run_id, run.spec, run.state)
    assert (brought.result, brought.created_at) == (run.result, run.created_at)
    assert (brought.origin.kind, brought.origin.artificial) == ("imported", True)
    assert away.runs.finished_epochs(run.run_id) == phantom_store.runs.finished_epochs(run.run_id)
    here, there = (
        Predictions.load(RunFiles(store.workspace.run_folder(run.run_id)).predictions)
        for store in (phantom_store, away)
    )
    for part in ("film_ids", "split", "y_true", "probabilities"):
        assert np.array_equal(getattr(here, part), getattr(there, part)), part
    assert dataset_of(away, brought).spec == phantom_store.datasets.get("tiny").spec
    assert dataset_of(away, brought).counts == phantom_store.datasets.get("tiny").counts
    assert away.datasets.all() == []


def test_the_card_says_the_same_as_where_the_run_was_trained(
    phantom_store: Store, run: Run, away: Store, brought: Run
) -> None:
    here, there = gather_facts(phantom_store, run.run_id), gather_facts(away, brought.run_id)
    assert here.intervals == there.intervals
    assert here.films == there.films
    assert here.decision == there.decision
    mine, theirs = to_html(model_card(here)), to_html(model_card(there))
    assert "tiny" in theirs
    mine = mine.replace("/home/ann.meier/films/scan.png", "…")
    # By view, sex and age it can be told only where the films are: no such thing travels.
    slices = slices_section(here)
    mine = re.sub(rf"{slices.title}.*?</table>", "", mine, flags=re.DOTALL)
    assert "are not in this data folder" in theirs
    assert set(re.findall(r"<t[dh][^>]*>([^<]*)", mine)) <= set(
        re.findall(r"<t[dh][^>]*>([^<]*)", theirs)
    )


def test_audit_and_external_test_hold_still(
    phantom_store: Store, run: Run, away: Store, brought: Run
) -> None:
    found = audit_status(away, brought)
    assert found.result is not None
    assert (found.result.verdict, found.stale, found.lost) == ("caution", "", True)
    assert len(found.result.pairs) == 1
    tested = load_result(away.workspace, brought.run_id, "Other hospital")
    assert tested is not None
    assert tested.predictions.probabilities.tolist()[0] == pytest.approx([0.9, 0.1])
    answers = RunFiles(away.workspace.run_folder(run.run_id)).answers()
    assert tested.basis["answers"] == answers == found.result.basis["answers"]
    with pytest.raises(InputError, match="audit it where it was trained"):
        start_audit(away, brought.run_id)


def test_which_films_are_of_one_patient_is_known_and_nothing_else_of_them(
    phantom_store: Store, run: Run, away: Store, brought: Run
) -> None:
    films = Predictions.load(
        RunFiles(phantom_store.workspace.run_folder(run.run_id)).predictions
    ).film_ids
    here = patients_by_film(phantom_store, [run], films)
    there = patients_by_film(away, [brought], films)
    assert set(here) == set(there) == set(films.tolist())
    pairs = {(here[one], there[one]) for one in films.tolist()}
    assert len(pairs) == len(set(here.values())) == len(set(there.values()))


def test_films_that_come_later_without_their_patients_are_still_of_one_patient(
    phantom_store: Store, run: Run, away: Store, brought: Run
) -> None:
    """As when somebody has them under other names, or keeps what was classified."""
    films = phantom_store.datasets.members("tiny")
    mine = patients_by_film(phantom_store, [run], films["film_id"].tolist())
    there = [
        Film(one, "kept", f"/films/{one}.png", "" if place % 2 else f"kept:{mine[one]}", "COVID-19")
        for place, one in enumerate(films["film_id"].tolist()[:20])
    ]
    away.catalogue.save_source(Source("kept", "folders", "/films"), there)
    found = patients_by_film(away, [brought], films["film_id"].tolist())
    pairs = {(mine[one], found[one]) for one in mine}
    assert len(pairs) == len(set(mine.values())) == len(set(found.values()))
    assert {one.patient for one in there if one.patient} < set(found.values())


def test_unlike_training_is_said_without_the_films(
    phantom_store: Store, run: Run, away: Store, brought: Run, tmp_path: Path
) -> None:
    here, there = (
        training_films(store.workspace, RunFiles(store.workspace.run_folder(run.run_id)))
        for store in (phantom_store, away)
    )
    assert here is not None
    assert there is not None
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    mine, theirs = here.compare(noise), there.compare(noise)
    assert mine.unlike
    assert theirs.unlike
    assert theirs.distance == pytest.approx(mine.distance, abs=0.01)
    assert [one.film_id for one in theirs.nearest] == [one.film_id for one in mine.nearest]
    bare = export_run(phantom_store, run.run_id, tmp_path / "bare.zip", vectors=False)
    assert not any(name.startswith("vectors/") for name in bare.table.entries)
    assert any("unlike" in one for one in bare.left_out)


def test_nothing_says_who_the_patients_are_or_where_files_lay(
    phantom_store: Store, run: Run, file: Path
) -> None:
    films = phantom_store.datasets.members("tiny")
    secrets = {
        *films["patient"].astype(str),
        *(Path(one).name for one in films["path"]),
        *(Path(one).stem for one in films["path"]),
        str(phantom_store.workspace.root),
        "meier",
        run.node,
        run.who,
        "/home",
    } - {""}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            for secret in secrets:
                # Text of arrays has four bytes a letter.
                for said in (secret.encode(), secret.encode("utf-32-le")):
                    assert said not in content, f"{name} says {secret}"
        record = json.loads(archive.read("external/0/external.json"))
    assert {"reason": "they could not be read", "films": 1} in record["left_out"]


def test_importing_twice_changes_nothing(away: Store, file: Path, brought: Run) -> None:
    folder = away.workspace.run_folder(brought.run_id)
    before = {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    again = import_run(away, file, file.name)
    assert (again.run, again.is_new) == (brought, False)
    assert away.runs.all() == [brought]
    assert {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()} == before


def test_it_is_known_where_it_was_trained(phantom_store: Store, run: Run, file: Path) -> None:
    found = import_run(phantom_store, file, file.name)
    assert (found.run, found.is_new) == (run, False)


def test_an_imported_run_can_be_passed_on(
    away: Store, brought: Run, file: Path, tmp_path: Path
) -> None:
    again = export_run(away, brought.run_id, tmp_path / "again.zip")
    with zipfile.ZipFile(file) as first, zipfile.ZipFile(again.path) as second:
        assert first.namelist() == second.namelist()
        for name in first.namelist():
            # The record says that it was imported; the card may say it too.
            if name not in ("record.json", "card.html", "manifest.json"):
                same = first.read(name) == second.read(name)
                assert same or name.endswith(("audit.json", "external.json")), name


def test_the_same_run_gives_the_same_file(
    phantom_store: Store, run: Run, file: Path, tmp_path: Path
) -> None:
    again = export_run(phantom_store, run.run_id, tmp_path / "again.zip").path
    assert again.read_bytes() == file.read_bytes()


def test_the_title_goes_along_and_what_was_said_among_friends_does_not(
    phantom_store: Store, run: Run, away: Store, tmp_path: Path
) -> None:
    said = {"title": "Mine", "star": True, "tags": ("Mrs Smith",), "notes": "Mrs Smith's film"}
    phantom_store.runs.remark([run.run_id], **said)
    path = export_run(phantom_store, run.run_id, tmp_path / "named.zip").path
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            assert b"Smith" not in packed.read(name), name
        assert b"Model card: Mine" in packed.read("card.html")
    brought = import_run(away, path, path.name).run
    assert (brought.called, brought.remarks) == ("Mine", RunRemarks())


def test_another_run_of_that_id_is_left_alone(away: Store, file: Path, run: Run) -> None:
    spec = RunSpec.build(dataset="mine", model="cnn")
    own = away.runs.create(spec)
    with away.database.work(write=True) as work:
        work.execute("UPDATE runs SET run_id = ?", (run.run_id,))
    found = import_run(away, file, file.name)
    assert found.run.run_id != run.run_id
    assert found.run.run_id[:15] == run.run_id[:15]
    assert away.runs.get(run.run_id).spec == own.spec
    assert import_run(away, file, file.name).run == found.run


def test_a_lost_store_finds_it_again(away: Store, brought: Run) -> None:
    for one in away.workspace.root.glob("thoraxlens.sqlite3*"):
        one.unlink()
    again = open_store(away.workspace)
    assert again.runs.get(brought.run_id) == brought
    assert again.datasets.all() == []
    assert dataset_of(again, brought).spec.name == "tiny"


def test_the_lines_of_python_run_as_they_are_shown(
    away: Store, brought: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """In a folder of somebody's own, with a film there; a worker of its own answers."""
    folder = tmp_path / "somewhere else"
    folder.mkdir()
    Image.fromarray(draw(0, covid_like=True, size=80).pixels).save(folder / "film.png")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    lines = snippet(away, brought)
    assert len(lines.splitlines()) == 10
    exec(compile(lines, "snippet.py", "exec"), {"__name__": "__main__"})
    said = capsys.readouterr().out
    assert re.fullmatch(r"film\.png (covid|healthy|not_sure) \{'covid': 0\.\d+, .+\}\n", said)


def test_what_an_optimiser_kept_stays_behind(tmp_path: Path) -> None:
    weights = {
        "layers/dense/vars/0": np.arange(6, dtype=np.float32).reshape(2, 3),
        "optimizer/vars/2": np.ones((2, 3), np.float32),
    }
    file = tmp_path / "head.weights.h5"
    write_head(weights, file)
    found = head_arrays(file)
    assert list(found) == ["layers/dense/vars/0"]
    assert np.array_equal(found["layers/dense/vars/0"], weights["layers/dense/vars/0"])
