from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets.roots import ROOTS_VARIABLE
from core.errors import DownloadError
from core.images.decode import decode_file
from core.store import Store
from pages.components.films.filters import Filters, How
from pages.components.films.gallery import tile
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.shown_films import shown_films


def shown(app: AppTest) -> str:
    """The “n of N films” line."""
    return next(one.value for one in app.markdown if one.value.endswith(" films"))


def make_class_folders(root: Path) -> Path:
    rng = np.random.default_rng(0)
    for number in range(4):
        folder = root / ("sick" if number % 2 else "healthy")
        folder.mkdir(parents=True, exist_ok=True)
        grey = rng.integers(0, 255, (64, 64), dtype=np.uint8)
        Image.fromarray(grey).save(folder / f"{number}.png")
    (root / "sick" / "broken.png").write_bytes(b"not a picture")
    return root


def test_all_films_are_shown_at_first(phantom_store: Store) -> None:
    app = open_app("explore")
    assert shown(app) == "**40** of 40 films"
    assert len(app.get("image")) == 24
    assert app.get("plotly_chart")


def test_filters_act_on_everything_and_can_be_reset(phantom_store: Store) -> None:
    frame = phantom_store.catalogue.frame()
    expected = frame[(frame["view"] == "PA") & (frame["finding"] == "COVID-19")]
    app = open_app("explore")
    app.multiselect("explore_view").set_value(["PA"])
    app.multiselect("explore_finding").set_value(["COVID-19"])
    app.run()
    assert shown(app) == f"**{len(expected)}** of 40 films"
    assert len(app.get("image")) == min(len(expected), 24)
    app.button("explore_reset").click().run()
    assert shown(app) == "**40** of 40 films"


def test_filters_that_leave_nothing_say_so(phantom_store: Store) -> None:
    frame = phantom_store.catalogue.frame()
    app = open_app("explore")
    [ages] = app.slider
    top = int(ages.max)
    ages.set_value((top, top)).run()
    assert frame["age"].max() < top
    assert "No film passes all the filters" in everything_said(app)
    assert not app.exception


def test_paging_shows_the_rest(phantom_store: Store) -> None:
    app = open_app("explore")
    app.pagination[0].set_value(2).run()
    assert len(app.get("image")) == 16
    assert "Films 25 to 40 of 40" in everything_said(app)


def test_a_film_in_the_address_is_opened_with_all_that_is_known(phantom_store: Store) -> None:
    film = phantom_store.catalogue.film(phantom_store.catalogue.frame()["film_id"].iloc[3])
    app = open_app("explore", film=film.film_id)
    assert not app.exception
    facts = app.table[0].value["Value"]
    assert facts["Patient"] == film.patient
    assert facts["File"] == Path(film.path).name
    assert facts["Kind of file"] == "PNG, 8 bits a pixel"
    assert facts["Grey from"] == "as stored: 0 is black, 255 is white"
    assert facts["Taken for"] == "A frontal chest X-ray."
    assert "Odd" not in facts
    assert "Artificial: a program drew this film" in everything_said(app)


def test_masks_can_be_laid_over_a_film(phantom_store: Store) -> None:
    films = phantom_store.catalogue.films(phantom_store.catalogue.frame()["film_id"].tolist())
    film = next(one for one in films if "lungs" in one.masks)
    app = open_app("explore", film=film.film_id)
    assert not app.exception
    assert not app.error
    (viewer,) = shown_films(app)
    assert viewer["marks"][0]["label"] == "Show the lung outline"
    assert len(viewer["marks"]) == len(film.masks)
    assert viewer["film"]["alt"].startswith("Chest X-ray: ")
    np.testing.assert_array_equal(viewer["greys"], decode_file(film.path).pixels)


def test_a_film_that_is_gone_is_explained(phantom_store: Store) -> None:
    app = open_app("explore", film="0" * 32)
    assert "no longer in the catalogue" in app.error[0].value
    assert not app.exception


def test_import_of_a_folder_reports_each_left_out_file(
    phantom_store: Store, tmp_path: Path
) -> None:
    folder = make_class_folders(tmp_path / "hospital")
    app = open_app("explore", tab="Import")
    app.text_input[0].set_value(str(folder))
    next(one for one in app.button if one.label == "Import folder").click().run()
    assert not app.exception
    assert not app.error
    numbers = {one.label: one.value for one in app.metric}
    assert numbers == {"Looked at": "5", "Added": "4", "Already known": "0", "Left out": "1"}
    left_out = app.dataframe[0].value
    assert "broken.png" in left_out["File"].iloc[0]
    assert left_out["Why it was left out"].iloc[0]
    assert phantom_store.catalogue.count() == 44
    app.text_input[0].set_value("/no/such/folder")
    next(one for one in app.button if one.label == "Import folder").click().run()
    assert "/no/such/folder" in app.error[0].value
    assert not app.metric, "the report of the import before is not about this one"


def test_import_of_a_folder_that_is_not_there_is_explained(phantom_store: Store) -> None:
    app = open_app("explore", tab="Import")
    app.text_input[0].set_value("/no/such/folder")
    next(one for one in app.button if one.label == "Import folder").click().run()
    assert "/no/such/folder" in app.error[0].value
    assert not app.exception


def test_from_another_computer_only_named_folders_are_imported(
    phantom_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_class_folders(tmp_path / "hospital")
    monkeypatch.setattr("pages.components.paths.viewer_is_here", lambda: False)
    for roots, taken in (("", False), (str(tmp_path / "other"), False), (str(tmp_path), True)):
        monkeypatch.setenv(ROOTS_VARIABLE, roots)
        app = open_app("explore", tab="Import")
        app.text_input[0].set_value(str(folder))
        next(one for one in app.button if one.label == "Import folder").click().run()
        assert not app.exception
        assert bool(app.error) == (not taken)
        assert phantom_store.catalogue.count() == (44 if taken else 40)
        if not taken:
            assert "can give it files only" in app.error[0].value


def test_import_of_an_uploaded_zip(phantom_store: Store, tmp_path: Path) -> None:
    folder = make_class_folders(tmp_path / "hospital")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.rglob("*.png"):
            archive.write(file, file.relative_to(folder))
    app = open_app("explore", tab="Import")
    app.file_uploader[0].set_value(("hospital.zip", packed.getvalue(), "application/zip"))
    next(one for one in app.button if one.label == "Import zip file").click().run()
    assert not app.exception
    assert phantom_store.catalogue.count() == 44
    assert as_read(app.success[0].value).startswith("4 films of “hospital” came in")
    next(one for one in app.button if one.label == "Import zip file").click().run()
    said = as_read(app.success[0].value)
    assert said.startswith("No films of “hospital” came in, 4 were here already")
    app.button("import_look").click().run()
    assert not app.exception
    assert "44** of 44 films" in everything_said(app)


def test_without_internet_the_download_says_so(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(store: Store, progress: object) -> list[object]:
        raise DownloadError("The server cannot be reached. Check the internet connection.")

    monkeypatch.setattr("pages.components.films.import_panel.download_study", offline)
    app = open_app("explore", tab="Import")
    next(one for one in app.button if "Download the study" in one.label).click().run()
    assert "cannot be reached" in app.error[0].value


def test_a_source_can_be_removed(phantom_store: Store) -> None:
    app = open_app("explore", tab="Sources")
    app.button("remove_Phantom films").click().run()
    assert not app.exception
    assert phantom_store.catalogue.count() == 0
    assert phantom_store.catalogue.sources() == []
    app.run()
    next(one for one in app.button if one.label.startswith("Bring the artificial")).click().run()
    assert [one.artificial for one in phantom_store.catalogue.sources()] == [True]


def test_filters_keep_unknown_ages_only_without_an_age_range() -> None:
    frame = pd.DataFrame({"age": [30.0, None, 70.0], "view": ["PA", "PA", "AP"]})
    assert len(Filters({"view": ()}).apply(frame)) == 3
    assert Filters({"view": ("PA",)}).apply(frame).index.tolist() == [0, 1]
    assert Filters({"view": ("PA",)}, (0.0, 40.0)).apply(frame).index.tolist() == [0]


def test_a_tile_is_square_and_shows_the_whole_film(tmp_path: Path) -> None:
    Image.new("L", (256, 128), 200).save(tmp_path / "wide.jpg")
    with Image.open(io.BytesIO(tile(str(tmp_path / "wide.jpg"), 160))) as picture:
        grey = np.asarray(picture)
    assert grey.shape == (160, 160)
    assert grey[80].min() > 190
    assert grey[:35].max() < 10
    assert grey[125:].max() < 10


def test_a_missing_thumbnail_gives_a_grey_tile(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(tile(str(tmp_path / "none.jpg"), 160))) as picture:
        assert picture.size == (160, 160)


def test_films_are_filtered_by_each_of_their_findings() -> None:
    texts = ["Mass", "Cardiomegaly + Mass", "No finding", "unknown"]
    frame = pd.DataFrame({"finding": texts}).astype("category")

    def left(how: How, *findings: str) -> list[int]:
        return Filters({"finding": findings}, how=how).apply(frame).index.tolist()

    assert left("any", "Mass", "No finding") == [0, 1, 2]
    assert left("all", "Mass", "Cardiomegaly") == [1]
    assert left("none", "Cardiomegaly") == [0, 2]
    assert left("any", "unknown") == [3]


def test_a_film_with_two_findings_is_counted_filtered_and_told_with_both(
    phantom_store: Store,
) -> None:
    one = phantom_store.catalogue.films(phantom_store.catalogue.frame()["film_id"].tolist())[0]
    both = dataclasses.replace(
        one, film_id="b" * 32, finding="Cardiomegaly + COVID-19", finding_original="cm|covid"
    )
    phantom_store.catalogue.save_source(phantom_store.catalogue.sources()[0], [both])
    app = open_app("explore")
    finding = app.multiselect("explore_finding")
    assert {"COVID-19 (21)", "Cardiomegaly (1)", "No finding (20)"} == set(finding.options)
    assert "counted with each: 42 findings of 41 films" in everything_said(app)
    app.multiselect("explore_finding").set_value(["COVID-19", "Cardiomegaly"]).run()
    assert shown(app) == "**21** of 41 films"
    app.selectbox("explore_how").set_value("all").run()
    assert shown(app) == "**1** of 41 films"
    app.selectbox("explore_how").set_value("none").run()
    assert shown(app) == "**20** of 41 films"
    app.button("explore_reset").click().run()
    assert shown(app) == "**41** of 41 films"
    facts = open_app("explore", film=both.film_id).table[0].value["Value"]
    assert "Cardiomegaly, COVID-19 (in the source: “cm|covid”)" in facts["Findings"].replace(
        "\\", ""
    )


def test_a_thumbnail_that_comes_later_is_shown(tmp_path: Path) -> None:
    place = tmp_path / "film.jpg"
    before = tile(str(place), 40)
    Image.new("L", (60, 40), 255).save(place, "JPEG")
    assert tile(str(place), 40) != before
