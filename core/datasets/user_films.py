"""Films that a user classified and wants to keep: pixels only, as a source of their own."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from core.datasets.ingest import ImportReport, import_folder
from core.errors import FilmError
from core.images.decode import decode_bytes, film_id_of
from core.people.asking import asks
from core.people.roles import Deed
from core.store import Store

KEPT_SOURCE = "Kept films"
KEPT_FOLDER = "kept"  # in the workspace's uploads
CLASS_FOLDER = "unknown"  # the finding: nobody has said what these films show


@asks(Deed.IMPORT)
def keep_films(store: Store, films: Sequence[tuple[str, bytes]]) -> ImportReport:
    """Write the films (name, content) as PNG and import them as “Kept films”.

    Only pixels are kept: a DICOM header or a camera's notes hold who the patient is, and so
    may the file's name, which is replaced by the hash of the pixels. Films that cannot be
    read are passed over. Keeping the same film twice changes nothing. Raises InputError
    when none of the films could be read.
    """
    folder = store.workspace.uploads / KEPT_FOLDER
    (folder / CLASS_FOLDER).mkdir(parents=True, exist_ok=True)
    kept = 0
    for name, data in films:
        try:
            pixels = decode_bytes(data, name).pixels
        except FilmError:
            continue  # the caller has said so beside the film
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        content = buffer.getvalue()
        target = folder / CLASS_FOLDER / f"{film_id_of(content)}.png"
        temporary = target.with_suffix(".part")
        temporary.write_bytes(content)
        temporary.replace(target)
        kept += 1
    if not kept:
        raise FilmError("None of these films could be read, so none was kept.")
    return import_folder(store, folder, name=KEPT_SOURCE)
