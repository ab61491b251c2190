"""Importing a folder: what becomes a film, what is left out and why, and what comes twice."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from core.datasets import looking
from core.datasets.ingest import ImportReport, import_folder
from core.datasets.looked import Looked
from core.errors import Cancelled, InputError
from core.store import Store
from tests.core.datasets.conftest import FILES, film_bytes, write


def test_a_folder_becomes_a_source_with_films(store: Store, folder: Path) -> None:
    report = import_folder(store, folder)
    assert report == ImportReport(
        source="My films",
        layout="folders",
        records=3,
        added=3,
        known=0,
        by_finding={"COVID-19": 2, "No finding": 1},
        by_view={"unknown": 3},
        left_out=(),
    )
    frame = store.catalogue.frame()
    assert set(frame["patient"]) == {"My films/00000001", "My films/00000002"}
    assert sorted(zip(frame["width"], frame["height"], strict=True))[-1] == (300, 600)
    assert set(frame["path"]) == {str(folder / name) for name in FILES}
    kept = store.catalogue.sources()[0].report
    assert kept is not None
    assert kept.as_dict() == report.as_dict() == json.loads(json.dumps(report.as_dict()))
    assert kept.choices == {"uncertain": "left out", "table": "", "columns": None}


def test_who_was_slower_to_import_a_folder_is_told_under_which_name_it_stands(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = store.catalogue.known

    def other_is_quicker() -> dict[str, tuple[str, str]]:
        monkeypatch.setattr(store.catalogue, "known", ask)
        import_folder(store, folder, name="theirs")
        return ask()

    monkeypatch.setattr(store.catalogue, "known", other_is_quicker)
    with pytest.raises(InputError, match="has just been imported as “theirs”"):
        import_folder(store, folder, name="mine")
    assert [one.name for one in store.catalogue.sources()] == ["theirs"]


def test_every_film_gets_a_thumbnail(store: Store, folder: Path) -> None:
    import_folder(store, folder)
    sizes = []
    for film_id in store.catalogue.frame()["film_id"]:
        place = store.workspace.thumbnail(film_id)
        with Image.open(place) as image:
            assert image.format == "JPEG"
            sizes.append(image.size)
    assert sorted(sizes) == [(30, 20), (30, 20), (128, 256)]
    assert not list(store.workspace.thumbnails.rglob("*.part"))


def test_a_lost_thumbnail_comes_back(store: Store, folder: Path) -> None:
    import_folder(store, folder)
    place = store.workspace.thumbnail(store.catalogue.frame()["film_id"][0])
    place.unlink()
    assert import_folder(store, folder).known == 3
    assert place.exists()


def test_the_second_time_adds_only_what_is_new(store: Store, folder: Path) -> None:
    import_folder(store, folder, name="First name")
    write(folder, {"Normal/new.png": film_bytes(9)})
    again = import_folder(store, folder, name="Another name")
    assert (again.source, again.records, again.added, again.known) == ("First name", 4, 1, 3)
    assert again.by_finding == {"COVID-19": 2, "No finding": 2}
    assert len(store.catalogue.sources()) == 1


def test_a_renamed_file_is_found_again(store: Store, folder: Path) -> None:
    import_folder(store, folder)
    (folder / "Normal/00000002_000.png").rename(folder / "Normal/renamed.png")
    assert import_folder(store, folder).known == 3
    frame = store.catalogue.frame()
    assert str(folder / "Normal/renamed.png") in set(frame["path"])
    assert len(frame) == 3


def test_names_that_are_no_text_are_left_out(store: Store, folder: Path) -> None:
    odd = os.fsencode(folder) + b"/COVID/\xff.png"
    try:
        Path(os.fsdecode(odd)).write_bytes(film_bytes(9))
    except OSError:
        pytest.skip("this file system takes only names that are text")
    report = import_folder(store, folder)
    assert report.added == 3
    [left_out] = report.left_out
    assert left_out.file == "COVID/\ufffd.png"
    assert "rename it" in left_out.reason
    elsewhere = Path(os.fsdecode(os.fsencode(folder.parent) + b"/\xfe"))
    folder.rename(elsewhere)
    with pytest.raises(InputError, match=r"is not text.*Rename it"):
        import_folder(store, elsewhere)


def test_files_that_are_no_films_are_reported(store: Store, folder: Path) -> None:
    whole = film_bytes(5, (200, 200))
    write(
        folder,
        {
            "COVID/text.png": b"not a film at all",
            "COVID/empty.png": b"",
            "COVID/cut.png": whole[: len(whole) // 2],
            "beside.png": whole,
        },
    )
    report = import_folder(store, folder)
    assert (report.records, report.added) == (6, 3)
    reasons = {one.file: one.reason for one in report.left_out}
    assert set(reasons) == {"COVID/text.png", "COVID/empty.png", "COVID/cut.png"}
    assert all(reason.startswith("cannot be read: ") for reason in reasons.values())
    assert "not an image" in reasons["COVID/text.png"]
    assert "empty" in reasons["COVID/empty.png"]
    assert "damaged" in reasons["COVID/cut.png"]
    assert report.unlisted == ("beside.png",)


def test_exact_duplicates_name_the_first(store: Store, folder: Path, tmp_path: Path) -> None:
    write(folder, {"COVID/twin.png": FILES["COVID/00000001_000.png"]})
    report = import_folder(store, folder)
    [twin] = report.left_out
    assert twin.file == "COVID/twin.png"
    assert twin.reason == "exact duplicate of COVID/00000001_000.png (My films)"

    elsewhere = {"Normal/same.png": FILES["Normal/00000002_000.png"], "Normal/own.png": b""}
    elsewhere["Normal/own.png"] = film_bytes(7)
    other = import_folder(store, write(tmp_path / "Other", elsewhere))
    assert (other.added, other.known) == (1, 0)
    [same] = other.left_out
    assert same.reason == "exact duplicate of 00000002_000.png (My films)"


def test_a_folder_with_nothing_new_makes_no_empty_source(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    import_folder(store, folder)
    report = import_folder(store, write(tmp_path / "Copy", FILES))
    assert (report.added, len(report.left_out)) == (0, 3)
    assert [source.name for source in store.catalogue.sources()] == ["My films"]


def test_progress_comes_from_the_calling_thread(store: Store, folder: Path) -> None:
    calls = []
    import_folder(
        store, folder, progress=lambda *told: calls.append((*told, threading.get_ident()))
    )
    assert [call[:2] for call in calls] == [(1, 3), (2, 3), (3, 3)]
    assert {call[3] for call in calls} == {threading.get_ident()}
    assert [call[2] for call in calls] == sorted(FILES)


def test_a_cancelled_import_adds_nothing(store: Store, folder: Path) -> None:
    def stop(done: int, total: int, file: str) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        import_folder(store, folder, progress=stop)
    assert store.catalogue.count() == 0


def test_files_are_opened_a_few_at_a_time(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "Many", {f"Normal/{n:03d}.png": b"%d" % n for n in range(200)})
    begun = []
    nothing = Looked(reason="no film")
    monkeypatch.setattr(looking, "look", lambda *asked: begun.append(1) or nothing)
    ahead = []
    import_folder(
        store, tmp_path / "Many", progress=lambda done, *_: ahead.append(len(begun) - done)
    )
    assert max(ahead) <= 4 * looking.THREADS


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "bell\x07"])
def test_names_that_cannot_be_shown_are_refused(store: Store, folder: Path, name: str) -> None:
    with pytest.raises(InputError, match="needs a name"):
        import_folder(store, folder, name=name)


def test_a_taken_name_is_refused_before_any_work(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    import_folder(store, folder)
    other = write(tmp_path / "Other", {"COVID/z.png": film_bytes(8)})
    with pytest.raises(InputError, match="Give this import another name"):
        import_folder(store, other, name="My films")


def test_folders_that_are_none(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        import_folder(store, tmp_path / "absent")
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(InputError, match="is a file"):
        import_folder(store, tmp_path / "file.txt")


def test_the_real_collections(store: Store, real_data: Path) -> None:
    covid = import_folder(store, real_data / "covid-chestxray-dataset")
    assert (covid.records, covid.added) == (682, 576)
    reasons = Counter(one.reason.partition(" of ")[0] for one in covid.left_out)
    assert reasons == {
        "a CT slice, not an X-ray": 84,
        "the file is not there": 17,
        "exact duplicate": 5,
    }
    frame = store.catalogue.frame()
    wanted = frame[(frame["finding"] == "COVID-19") & (frame["view"] == "PA")]
    assert len(wanted) == 197
    both = frame["finding"] == "COVID-19 + ARDS"
    assert both.sum() == 12  # they count for both findings
    assert covid.by_finding["ARDS"] == 12 + (frame["finding"] == "ARDS").sum()
    assert len(covid.unlisted) == 7
    with_masks = [one for one in store.catalogue.films(list(frame["film_id"])) if one.masks]
    assert len(with_masks) > 150
    assert all(Path(one.masks["lungs"]).is_file() for one in with_masks)

    children = import_folder(store, real_data / "chest_xray")
    assert (children.records, children.added) == (720, 719)
    [twin] = children.left_out
    assert twin.file == "train/PNEUMONIA/person1312_bacteria_3318.jpeg"
    assert "person1312_bacteria_3317.jpeg" in twin.reason

    adults = import_folder(store, real_data / "chestxray8_sample")
    assert (adults.records, adults.added, len(adults.left_out)) == (401, 400, 1)
    assert import_folder(store, real_data / "chestxray8_sample").known == 400
