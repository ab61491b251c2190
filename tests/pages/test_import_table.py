"""The step in which columns are chosen, and films that are set apart, on the page."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.store import Store
from tests.core.datasets.conftest import film_bytes, write
from tests.pages.opening import everything_said, open_app

TABLE = "id;x1;Befund 1;who\n" + "".join(
    f"f{n}.png;9;{'Effusion' if n % 2 else 'Mass|Effusion'};p{n // 2}\n" for n in range(12)
)


def films() -> dict[str, bytes]:
    return {f"pictures/f{n}.png": film_bytes(n) for n in range(12)}


def button(app: AppTest, key: str) -> None:
    next(one for one in app.button if one.key == key).click().run()


def begin_with_a_folder(folder: Path) -> AppTest:
    app = open_app("explore", tab="Import")
    app.text_input[0].set_value(str(folder))
    button(app, "import_columns_folder")
    return app


def test_columns_are_guessed_previewed_and_can_be_changed(
    phantom_store: Store, tmp_path: Path
) -> None:
    folder = write(tmp_path / "Own films", {**films(), "list.csv": TABLE.encode()})
    app = begin_with_a_folder(folder)
    assert not app.exception
    preview = app.dataframe[0].value
    assert preview.shape == (10, 4)
    assert list(preview.columns) == ["id", "x1", "Befund 1", "who"]
    assert app.selectbox(key="table_file_list.csv").value == "id"
    assert app.multiselect(key="table_findings_list.csv").value == ["Befund 1"]
    app.selectbox(key="table_patient_list.csv").set_value("who").run()
    button(app, "table_import")
    assert not app.exception
    assert "list.csv was read as file = id, finding = Befund 1, patient = who." in (
        everything_said(app).replace("\\", "")
    )
    [source] = [one for one in phantom_store.catalogue.sources() if one.layout == "table"]
    assert source.report is not None
    assert source.report.by_finding == {"Effusion": 12, "Mass": 6}
    frame = phantom_store.catalogue.frame()
    assert frame[frame["source"] == "Own films"]["patient"].nunique() == 6
    assert "table_import" not in {one.key for one in app.button}, "the step is over"


def test_a_folder_without_a_table_says_so_and_the_step_can_be_left(
    phantom_store: Store, tmp_path: Path
) -> None:
    app = begin_with_a_folder(write(tmp_path / "bare", films()))
    assert "holds no table" in app.error[0].value
    button(app, "table_cancel")
    assert not app.error


def test_the_columns_of_a_table_in_a_zip(phantom_store: Store) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in {**films(), "list.csv": TABLE.encode()}.items():
            archive.writestr(f"wrapped/{name}", data)
    app = open_app("explore", tab="Import")
    app.file_uploader[0].set_value(("own.zip", packed.getvalue(), "application/zip"))
    button(app, "import_columns_zip")
    assert not app.exception
    assert app.selectbox(key="table_file_wrapped/list.csv").value == "id"
    button(app, "table_import")
    assert not app.exception
    [source] = [one for one in phantom_store.catalogue.sources() if one.layout == "table"]
    assert source.report is not None
    assert source.report.added == 12


def test_films_that_show_nothing_are_tiles_and_can_be_used_all_the_same(
    phantom_store: Store, tmp_path: Path
) -> None:
    black = io.BytesIO()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(black, "PNG")
    folder = write(tmp_path / "Mixed", {f"Mass/{n}.png": film_bytes(n) for n in range(3)})
    write(folder, {"Mass/black.png": black.getvalue()})
    app = open_app("explore", tab="Import")
    app.text_input[0].set_value(str(folder))
    next(one for one in app.button if one.label == "Import folder").click().run()
    assert not app.exception
    said = everything_said(app)
    assert "1 film shows hardly anything: set apart, not used." in said
    assert "It is black nearly everywhere." in said
    before = len(phantom_store.catalogue.frame())
    next(one for one in app.button if one.label == "Use it").click().run()
    assert len(phantom_store.catalogue.frame()) == before + 1
    assert "Use it" not in {one.label for one in app.button}


@pytest.mark.parametrize(("choice", "films_of_edema"), [("left out", 1), ("positive", 2)])
def test_uncertain_findings_are_a_choice(
    phantom_store: Store, tmp_path: Path, choice: str, films_of_edema: int
) -> None:
    folder = write(tmp_path / "C", {f"train/patient{n}/v.png": film_bytes(n) for n in (1, 2)})
    rows = "".join(f"C/train/patient{n}/v.png,F,50,Frontal,PA,{mark}\n"
                   for n, mark in ((1, "1.0"), (2, "-1.0")))  # fmt: skip
    write(folder, {"train.csv": f"Path,Sex,Age,Frontal/Lateral,AP/PA,Edema\n{rows}".encode()})
    app = open_app("explore", tab="Import")
    app.text_input[0].set_value(str(folder))
    app.selectbox(key="import_uncertain_folder").set_value(choice)
    next(one for one in app.button if one.label == "Import folder").click().run()
    assert not app.exception
    [source] = [one for one in phantom_store.catalogue.sources() if one.layout == "chexpert"]
    assert source.report is not None
    assert source.report.by_finding == {"Edema": films_of_edema}
