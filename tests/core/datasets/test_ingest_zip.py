"""Importing a zip: unpacked safely, and nothing left of one that is not taken."""

from __future__ import annotations

import errno
import io
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from core.datasets import archive, archive_checks
from core.datasets.ingest import import_folder, import_zip
from core.errors import Cancelled, InputError
from core.store import Store
from tests.core.datasets.conftest import FILES, film_bytes


def zipped(files: dict[str, bytes], **options: int) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            # Without the time of day, so that the same files are the same archive.
            entry = zipfile.ZipInfo(name)
            packed.writestr(entry, data, **{"compress_type": zipfile.ZIP_DEFLATED, **options})
    return io.BytesIO(buffer.getvalue())


def leftovers(store: Store) -> list[Path]:
    return list(store.workspace.uploads.iterdir())


def test_a_zip_is_unpacked_and_imported(store: Store) -> None:
    files = {f"top/{name}": data for name, data in FILES.items()}
    files["__MACOSX/top/COVID/._00000001_000.png"] = b"litter"
    steps: list[str] = []
    report = import_zip(
        store, zipped(files), "clinic.zip", progress=lambda *told: steps.append(told[2])
    )
    assert (report.source, report.records, report.added) == ("clinic", 3, 3)
    assert steps[0].startswith("Unpacking ")
    [folder] = leftovers(store)
    assert all(Path(path).is_relative_to(folder) for path in store.catalogue.frame()["path"])
    assert not list(folder.rglob("._*"))


def test_the_same_zip_twice_changes_nothing(store: Store) -> None:
    first = import_zip(store, zipped(FILES), "clinic.zip")
    before = sorted(store.workspace.uploads.rglob("*"))
    second = import_zip(store, zipped(FILES), "renamed.zip", name="Another name")
    assert (second.source, second.added, second.known) == (first.source, 0, 3)
    assert sorted(store.workspace.uploads.rglob("*")) == before


def test_a_zip_of_films_that_are_here_already_leaves_nothing(store: Store, folder: Path) -> None:
    import_folder(store, folder)
    report = import_zip(store, zipped(FILES), "copy.zip")
    assert (report.added, len(report.left_out)) == (0, 3)
    assert leftovers(store) == []


def test_a_zip_unpacked_again_after_its_folder_was_lost(store: Store) -> None:
    import_zip(store, zipped(FILES), "clinic.zip")
    [folder] = leftovers(store)
    archive.discard_archive(folder)
    assert import_zip(store, zipped(FILES), "clinic.zip").known == 3
    assert all(Path(path).is_file() for path in store.catalogue.frame()["path"])


def test_a_film_deleted_from_an_unpacked_zip_comes_back(store: Store) -> None:
    import_zip(store, zipped(FILES), "clinic.zip")
    [folder] = leftovers(store)
    (folder / "Normal/00000002_000.png").unlink()
    assert import_zip(store, zipped(FILES), "clinic.zip").known == 3
    assert all(Path(path).is_file() for path in store.catalogue.frame()["path"])


def test_a_zip_is_spoken_of_by_its_own_name(store: Store) -> None:
    with pytest.raises(InputError, match=r"“notes\.zip” is not laid out"):
        import_zip(store, zipped({"notes.txt": b"hello"}), "notes.zip")


def test_backslashes_in_a_zip_are_folders(store: Store) -> None:
    files = {name.replace("/", "\\"): data for name, data in FILES.items()}
    assert import_zip(store, zipped(files), "windows.zip").added == 3


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("COVID/link.png")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def zip_with(*members: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("COVID/film.png", film_bytes(1))
        for info, data in members:
            packed.writestr(info, data)
    return buffer


def locked() -> io.BytesIO:
    data = bytearray(zip_with().getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return io.BytesIO(bytes(data))


def damaged() -> io.BytesIO:
    data = bytearray(zip_with().getvalue())
    data[60:70] = b"\0" * 10
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (zip_with(("../evil.png", b"x")), "outside"),
        (zip_with(("COVID/../../evil.png", b"x")), "outside"),
        (zip_with(("..\\evil.png", b"x")), "outside"),
        (zip_with(("/etc/evil.png", b"x")), "outside"),
        (zip_with(("C:\\evil.png", b"x")), "outside"),
        (zip_with((link(), b"/etc/passwd")), "link"),
        (zip_with(("COVID/zeros.png", bytes(40 * 1024**2))), "far more"),
        (locked(), "password"),
        (damaged(), "damaged|cannot be read"),
        (io.BytesIO(b"plain text"), "not a zip"),
        (io.BytesIO(b""), "not a zip"),
        (io.BytesIO(zip_with().getvalue()[:-30]), "a damaged zip"),
        (zip_with(("COVID/film.png/inner.png", b"x")), "cannot be unpacked"),
        (zipped({"letter.txt": b"dear"}), "not laid out"),
        (zipped({"metadata.csv": b"id,finding\n1,2\n"}), "lacks the columns"),
    ],
)
def test_a_zip_that_is_not_taken_leaves_nothing(store: Store, file: io.BytesIO, says: str) -> None:
    with pytest.raises(InputError, match=says):
        import_zip(store, file, "upload.zip")
    assert leftovers(store) == []
    assert store.catalogue.count() == 0
    assert not (store.workspace.root / "evil.png").exists()


def test_a_zip_beyond_the_limits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_checks, "MAX_UNPACKED", 1000)
    with pytest.raises(InputError, match="Unpack it yourself"):
        import_zip(store, zipped(FILES), "large.zip")
    monkeypatch.setattr(archive_checks, "MAX_UNPACKED", 10**9)
    monkeypatch.setattr(archive_checks, "MAX_FILES", 2)
    with pytest.raises(InputError, match="3 files"):
        import_zip(store, zipped(FILES), "many.zip")
    assert leftovers(store) == []


def test_a_zip_that_does_not_fit_the_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(store.workspace.root)
    full = usage._replace(free=10)
    monkeypatch.setattr("core.datasets.archive.shutil.disk_usage", lambda _: full)
    with pytest.raises(InputError, match="Make room"):
        import_zip(store, zipped(FILES), "clinic.zip")


def test_a_zip_cancelled_half_way_leaves_nothing(store: Store) -> None:
    def stop(done: int, total: int, file: str) -> None:
        if done == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        import_zip(store, zipped(FILES), "clinic.zip", progress=stop)
    assert leftovers(store) == []


def test_a_film_that_was_half_written_on_a_full_disk_comes_back_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_zip(store, zipped(FILES), "clinic.zip")
    gone = next(store.workspace.uploads.rglob("00000002_000.png"))
    gone.unlink()

    def full(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("core.datasets.archive.bare_film", full)
        with pytest.raises(InputError, match="No space left"):
            import_zip(store, zipped(FILES), "clinic.zip")
    report = import_zip(store, zipped(FILES), "clinic.zip")
    assert (report.known, report.left_out) == (3, ())
    assert not list(store.workspace.uploads.rglob("*.part"))
