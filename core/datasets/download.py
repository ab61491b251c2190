"""Download the study's two collections, and import them.

The ieee8023 collection comes file by file from a pinned commit; every file is checked
against git's own hash of it. Kaggle's comes through kagglehub.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from core.datasets.importers import ieee8023
from core.datasets.importers.table_file import read_table
from core.datasets.importers.tables import path_inside
from core.datasets.ingest import ImportReport, import_folder
from core.datasets.label_map import normalise_view
from core.errors import DownloadError, ThoraxLensError
from core.fetch import fetch, fetch_json, is_blob
from core.people.asking import asks
from core.people.roles import Deed
from core.progress import NamedProgress
from core.store import Store

RAW_URL = "https://raw.githubusercontent.com/ieee8023/covid-chestxray-dataset"
API_URL = "https://api.github.com/repos/ieee8023/covid-chestxray-dataset"
# The commit that added the last image named in the table of 3 June 2020.
COMMIT = "dd1eb5783f61142315c532fc960e1f0b52c9f429"
# git's hash of metadata.csv as of 3 June 2020: 682 rows, 198 of them COVID-19 and PA. The
# table was edited after the commit above, so it is asked for by its content, not by commit.
METADATA_HASH = "1d5b1304582f9bda51067c5f98994e1567f93900"
FRONTAL = frozenset({"PA", "AP", "AP supine"})

# The version is pinned: a re-upload must not change a study.
KAGGLE_HANDLE = "paultimothymooney/chest-xray-pneumonia/versions/2"

CONNECTIONS = 4


@dataclass(frozen=True)
class StudySource:
    """One of the study's collections, for a page to offer. ``name``: the source's name."""

    name: str
    layout: str
    title: str
    address: str
    size: str
    licence: str


STUDY_SOURCES = (
    StudySource(
        "covid-chestxray-dataset",
        "ieee8023",
        "COVID-19 and other pneumonias (ieee8023), 3 June 2020",
        "https://github.com/ieee8023/covid-chestxray-dataset",
        "about 300 MB",
        "by film, in its metadata; many are for non-commercial use",
    ),
    StudySource(
        "chest-xray-pneumonia",
        "kaggle",
        "Healthy and pneumonia films of children (Kaggle)",
        "https://www.kaggle.com/datasets/paultimothymooney/chest-xray-pneumonia",
        "about 2.3 GB",
        "CC BY 4.0",
    ),
)


@asks(Deed.IMPORT)
def download_study(store: Store, progress: NamedProgress | None = None) -> list[ImportReport]:
    """Both collections, downloaded where missing and imported. Raises DownloadError."""
    return [download_ieee8023(store, progress), download_kaggle(store, progress)]


@asks(Deed.IMPORT)
def download_ieee8023(
    store: Store,
    progress: NamedProgress | None = None,
    *,
    base_url: str = RAW_URL,
    commit: str = COMMIT,
    api_url: str = API_URL,
    metadata_hash: str = METADATA_HASH,
    wait: Callable[[float], object] = time.sleep,
) -> ImportReport:
    """The table, its frontal X-rays and their lung masks; then the import.

    Broken off, it goes on where it stopped. Files that the commit does not hold are left
    to the import's report. ``wait(seconds)`` passes the time between two tries. Raises
    DownloadError.
    """
    source = STUDY_SOURCES[0].name
    folder = store.workspace.uploads / source
    if progress is not None:
        progress(0, 1, ieee8023.TABLE)
    fetch(
        f"{api_url}/git/blobs/{metadata_hash}",
        folder / ieee8023.TABLE,
        is_blob(metadata_hash),
        headers={"Accept": "application/vnd.github.raw+json"},
        wait=wait,
    )
    hashes = files_of_commit(f"{api_url}/git/trees/{commit}?recursive=1", wait)
    wanted = dict(_wanted(folder, set(hashes)))

    def get(name: str) -> str:
        url = f"{base_url}/{commit}/{quote(name)}"
        fetch(url, wanted[name], is_blob(hashes[name]), wait=wait)
        return name

    fetch_all(get, list(wanted), progress)
    return import_folder(store, folder, name=source, progress=progress)


@asks(Deed.IMPORT)
def download_kaggle(
    store: Store,
    progress: NamedProgress | None = None,
    *,
    download: Callable[[str, str], str] | None = None,
) -> ImportReport:
    """Kaggle's collection through kagglehub (which resumes and unpacks), then the import.

    ``download(handle, folder)`` returns where the files are. Raises DownloadError.
    """
    source = STUDY_SOURCES[1].name
    folder = store.workspace.uploads / source
    if progress is not None:
        progress(0, 1, STUDY_SOURCES[1].title)
    try:
        found = (download or _kagglehub)(KAGGLE_HANDLE, str(folder))
    except ThoraxLensError:
        raise
    except Exception as error:
        # kagglehub raises its own, requests' and operating system errors, by version.
        raise DownloadError(
            "Kaggle's collection cannot be downloaded. Check the connection and try again, or "
            f"download it yourself from {STUDY_SOURCES[1].address} and import its folder."
        ) from error
    return import_folder(store, found, name=source, progress=progress)


def _kagglehub(handle: str, folder: str) -> str:
    # Its cache goes among our uploads, unless the user has said where. Not "output_dir":
    # that refuses a folder in which a download broke off, instead of going on.
    os.environ.setdefault("KAGGLEHUB_CACHE", folder)
    import kagglehub  # slow to import, and needed here only

    return str(kagglehub.dataset_download(handle))


def files_of_commit(url: str, wait: Callable[[float], object]) -> dict[str, str]:
    """Every file of the commit: path → git hash. Raises DownloadError."""
    answer = fetch_json(url, called="the list of films", wait=wait)
    try:
        if not isinstance(answer, dict) or answer.get("truncated"):
            raise KeyError("tree")
        return {one["path"]: one["sha"] for one in answer["tree"] if one["type"] == "blob"}
    except (KeyError, TypeError) as error:
        raise DownloadError(
            f"{url} did not list the collection's files. Try again later, or download the "
            "collection yourself and import its folder."
        ) from error


def _wanted(folder: Path, there: set[str]) -> Iterator[tuple[str, Path]]:
    """Frontal X-rays that the table names, each with its lung mask: (name, where to put it)."""
    table = read_table(folder / ieee8023.TABLE, ieee8023.REQUIRED)
    for row in table.to_dict("records"):
        film = f"{ieee8023.IMAGES}/{row['filename']}"
        frontal = normalise_view(str(row["view"])) in FRONTAL
        if not (frontal and ieee8023.is_xray({str(key): str(text) for key, text in row.items()})):
            continue
        mask = f"{ieee8023.MASKS}/{Path(film).stem}_mask.png"
        for name in (film, mask):
            place = path_inside(folder, name)
            if place is not None and name in there:
                yield name, place


def fetch_all(get: Callable[[str], str], names: list[str], progress: NamedProgress | None) -> None:
    """Run ``get``, which returns its name, for every name, a few at once; the first failure stops
    the rest, and what it raised passes through."""
    threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="download")
    try:
        running: list[Future[str]] = [threads.submit(get, name) for name in names]
        for done, one in enumerate(as_completed(running), 1):
            name = one.result()
            if progress is not None:
                progress(done, len(names), name)
    finally:
        threads.shutdown(cancel_futures=True)
