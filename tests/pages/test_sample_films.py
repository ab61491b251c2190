"""“Get 24 real films” in Explore and on Classify, and whose they are below each."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.datasets import sample_films
from core.datasets.credits import SAMPLE_SOURCE
from core.datasets.ingest import ImportReport, import_folder
from core.errors import DownloadError
from core.progress import NamedProgress
from core.store import Store
from tests.core.datasets.conftest import film_bytes, write
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.runs import RESULT, make_dataset, make_run

WHOSE = "Hannover Medical School. CC BY 3.0"


@pytest.fixture
def trained(phantom_store: Store) -> Store:
    make_dataset(phantom_store)
    make_run(phantom_store, "done", result=RESULT)
    return phantom_store


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """What the download brings, two films long."""
    rows = sample_films.sample_films()[:2]
    table = ",".join(rows[0]) + "\n"
    table += "".join(",".join(f'"{cell}"' for cell in row.values()) + "\n" for row in rows)
    pictures = {f"images/{row['filename']}": film_bytes(n, (90, 80)) for n, row in enumerate(rows)}
    return write(tmp_path / "fetched", {"metadata.csv": table.encode(), **pictures})


def test_they_are_fetched_and_each_says_whose_it_is(
    trained: Store, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(store: Store, progress: NamedProgress) -> ImportReport:
        progress(1, 2, "one.jpg")
        return import_folder(store, films, name=SAMPLE_SOURCE)

    monkeypatch.setattr(sample_films, "download_samples", download)
    app = open_app("classify")
    app.button("samples_classify").click().run()
    assert not app.exception
    assert "samples_classify" not in [one.key for one in app.button]
    app.selectbox("classify_pool").set_value(f"All films of {SAMPLE_SOURCE}").run()
    assert as_read(everything_said(app)).count(WHOSE) == 2
    gallery = as_read(everything_said(open_app("explore")))
    assert gallery.count(WHOSE) == 2
    film = next(one for one in trained.catalogue.sample(50) if one.source == SAMPLE_SOURCE)
    opened = as_read(everything_said(open_app("explore", film=film.film_id)))
    assert opened.count(WHOSE) == 3, "and once more below the large one"


def test_offline_the_artificial_ones_serve(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(store: Store, progress: NamedProgress) -> ImportReport:
        raise DownloadError("The list of films cannot be reached. Check the connection.")

    monkeypatch.setattr(sample_films, "download_samples", download)
    for app, key in (
        (open_app("classify"), "classify"),
        (open_app("explore", tab="Import"), "import"),
    ):
        app.button(f"samples_{key}").click().run()
        assert not app.exception
        assert "The artificial films serve until then." in app.error[0].value
        assert "cannot be reached" in app.error[0].value
