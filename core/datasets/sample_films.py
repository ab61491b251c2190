"""A few real films to try things on: fetched from a pinned commit, under licences that let anybody
use and share them, with whom to name.

``sample_films.csv`` beside this file lists them, in the layout of ieee8023 with a column
``credit``. The repository holds no film. What each file's content has to be, the commit itself
says: the list of its files has git's hash of each.
"""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from core.datasets.credits import SAMPLE_SOURCE
from core.datasets.download import API_URL, COMMIT, RAW_URL, fetch_all, files_of_commit
from core.datasets.importers import ieee8023
from core.datasets.ingest import ImportReport, import_folder
from core.errors import DownloadError
from core.fetch import fetch, is_blob
from core.files import written_whole
from core.people.asking import asks
from core.people.roles import Deed
from core.progress import NamedProgress
from core.store import Store

LIST = Path(__file__).with_name("sample_films.csv")


def sample_films() -> list[dict[str, str]]:
    """The rows of the list, a film each."""
    with LIST.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@asks(Deed.IMPORT)
def download_samples(
    store: Store,
    progress: NamedProgress | None = None,
    *,
    base_url: str = RAW_URL,
    commit: str = COMMIT,
    api_url: str = API_URL,
    wait: Callable[[float], object] = time.sleep,
) -> ImportReport:
    """Fetch the films that are not here yet, check each against git's hash of it, and import them.

    Broken off, it goes on where it stopped. Raises DownloadError, and imports nothing then.
    """
    folder = store.workspace.uploads / "sample-films"
    if progress is not None:
        progress(0, 1, "The list of films")
    names = [f"{row['folder']}/{row['filename']}" for row in sample_films()]
    hashes = files_of_commit(f"{api_url}/git/trees/{commit}?recursive=1", wait)
    if gone := [name for name in names if name not in hashes]:
        raise DownloadError(
            f"The collection that they come from has no {gone[0]} any more, so nothing was fetched."
        )

    def get(name: str) -> str:
        url = f"{base_url}/{commit}/{quote(name)}"
        fetch(url, folder / name, is_blob(hashes[name]), called=f"the film {name}", wait=wait)
        return name

    fetch_all(get, names, progress)
    with written_whole(folder / ieee8023.TABLE) as temporary:
        shutil.copyfile(LIST, temporary)
    return import_folder(store, folder, name=SAMPLE_SOURCE, progress=progress)
