from __future__ import annotations

import io
import json
import socket
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets import download
from core.datasets.download import download_ieee8023, download_kaggle, download_study
from core.datasets.ingest import ImportReport
from core.errors import DownloadError
from core.fetch import ATTEMPTS, REACHING, fetch, git_hash, is_blob
from core.store import Store
from tests.core.datasets.origin import Origin, no_wait

BODY = np.random.default_rng(0).bytes(600_000)
SHA = git_hash(BODY)


def test_git_hash_is_gits() -> None:
    assert git_hash(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert git_hash(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_fetches_once(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"] = BODY
    place = tmp_path / "deep" / "a"
    assert fetch(f"{origin.url}/a", place, is_blob(SHA), wait=no_wait) is True
    assert fetch(f"{origin.url}/a", place, is_blob(SHA), wait=no_wait) is False
    assert place.read_bytes() == BODY
    assert origin.count("/a") == 1
    assert [one.name for one in place.parent.iterdir()] == ["a"]


def test_a_dropped_connection_is_resumed_where_it_broke(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"], origin.cut["/a"] = BODY, 2
    fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert (tmp_path / "a").read_bytes() == BODY
    spans = [span for _, span in origin.asked]
    assert len(spans) == 3
    assert spans[0] == ""
    assert 0 < int(spans[1][6:-1]) < int(spans[2][6:-1]) < len(BODY)


def test_a_part_of_an_earlier_call_is_used(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"] = BODY
    (tmp_path / "a.part").write_bytes(BODY[:1000])
    fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert origin.asked == [("/a", "bytes=1000-")]
    assert (tmp_path / "a").read_bytes() == BODY


def test_a_whole_part_needs_only_its_name(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"] = BODY
    (tmp_path / "a.part").write_bytes(BODY)
    fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert (tmp_path / "a").read_bytes() == BODY
    assert not (tmp_path / "a.part").exists()


def test_a_server_without_ranges_starts_again(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"], origin.ranges = BODY, False
    (tmp_path / "a.part").write_bytes(BODY[:1000])
    fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert (tmp_path / "a").read_bytes() == BODY


def test_a_stale_part_is_thrown_away(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"] = BODY
    (tmp_path / "a.part").write_bytes(b"of another version")
    fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert (tmp_path / "a").read_bytes() == BODY


def test_another_content_is_refused_and_removed(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"] = b"not what was published"
    with pytest.raises(DownloadError, match="hash differs"):
        fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_not_asked_for_again(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="answers 404"):
        fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert origin.count("/a") == 1


def test_passing_trouble_is_waited_out(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"], origin.status["/a"] = BODY, [503, 429, 500]
    waited: list[float] = []
    fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=waited.append)
    assert waited == [1.0, 2.0, 4.0]
    assert (tmp_path / "a").read_bytes() == BODY


def test_lasting_trouble_ends_in_words(origin: Origin, tmp_path: Path) -> None:
    origin.files["/a"], origin.status["/a"] = BODY, [503] * 20
    with pytest.raises(DownloadError, match="answers 503"):
        fetch(f"{origin.url}/a", tmp_path / "a", is_blob(SHA), wait=no_wait)
    assert origin.count("/a") == ATTEMPTS


def test_offline_says_so_and_keeps_what_came(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    (tmp_path / "a.part").write_bytes(BODY[:1000])
    waited: list[float] = []
    with pytest.raises(DownloadError, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/a", tmp_path / "a", is_blob(SHA), wait=waited.append)
    assert len(waited) == REACHING - 1
    assert (tmp_path / "a.part").read_bytes() == BODY[:1000]


def film(seed: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 20), np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


TABLE = (
    b"patientid,finding,view,modality,folder,filename\n"
    b"1,COVID-19,PA,X-ray,images,pa film.png\n"
    b"2,COVID-19,AP Supine,X-ray,images,supine.png\n"
    b"3,COVID-19,L,X-ray,images,side.png\n"
    b"4,COVID-19,Axial,CT,images,ct.png\n"
    b"5,No Finding,AP,X-ray,images,not in git.png\n"
    b"6,COVID-19,PA,X-ray,images,../../escape.png\n"
)
COMMIT = "c0ffee"


@pytest.fixture
def collection(origin: Origin) -> Origin:
    """The origin, holding a small ieee8023 collection as git and GitHub serve it."""
    repository = {
        "metadata.csv": TABLE + b"7,edited since,,,,\n",
        "images/pa film.png": film(1),
        "images/supine.png": film(2),
        "images/side.png": film(3),
        "images/ct.png": film(4),
        "images/../../escape.png": film(5),
        "annotations/lungVAE-masks/pa film_mask.png": film(6),
    }
    for name, data in repository.items():
        origin.files[f"/raw/{COMMIT}/{name}"] = data
    tree = [
        {"path": name, "type": "blob", "sha": git_hash(data)} for name, data in repository.items()
    ]
    tree.append({"path": "images", "type": "tree", "sha": "0" * 40})
    origin.files[f"/api/git/trees/{COMMIT}?recursive=1"] = json.dumps(
        {"tree": tree, "truncated": False}
    ).encode()
    origin.files[f"/api/git/blobs/{git_hash(TABLE)}"] = TABLE
    return origin


def get(store: Store, origin: Origin, **told: object) -> ImportReport:
    return download_ieee8023(
        store,
        base_url=f"{origin.url}/raw",
        api_url=f"{origin.url}/api",
        commit=COMMIT,
        metadata_hash=git_hash(TABLE),
        wait=no_wait,
        **told,
    )


def test_fetches_what_is_needed_and_imports_it(store: Store, collection: Origin) -> None:
    steps: list[tuple[int, int, str]] = []
    report = get(store, collection, progress=lambda *told: steps.append(told))
    assert (report.layout, report.records, report.added) == ("ieee8023", 6, 2)
    reasons = {one.file: one.reason for one in report.left_out}
    assert reasons["images/not in git.png"] == "the file is not there"
    assert reasons["images/side.png"] == "the file is not there"
    raw = {path for path, _ in collection.asked if path.startswith("/raw/")}
    assert {Path(path).name for path in raw} == {"pa film.png", "supine.png", "pa film_mask.png"}
    films = store.catalogue.films(list(store.catalogue.frame()["film_id"]))
    assert [sorted(one.masks) for one in films if "pa film" in one.path] == [["lungs"]]
    assert not list(store.workspace.root.rglob("escape.png"))
    assert (1, 3) in [step[:2] for step in steps]


def test_a_second_download_asks_for_no_film(store: Store, collection: Origin) -> None:
    get(store, collection)
    asked = len(collection.asked)
    again = get(store, collection)
    assert (again.added, again.known) == (0, 2)
    assert [path for path, _ in collection.asked[asked:]] == [
        f"/api/git/trees/{COMMIT}?recursive=1"
    ]


def test_goes_on_after_a_failure(store: Store, collection: Origin) -> None:
    name = f"/raw/{COMMIT}/images/supine.png"
    collection.status[name] = [404]
    with pytest.raises(DownloadError, match="404"):
        get(store, collection)
    assert store.catalogue.count() == 0
    assert get(store, collection).added == 2


def test_an_altered_film_stops_the_download(store: Store, collection: Origin) -> None:
    collection.files[f"/raw/{COMMIT}/images/supine.png"] = film(99)
    with pytest.raises(DownloadError, match="hash differs"):
        get(store, collection)
    assert store.catalogue.count() == 0


@pytest.mark.parametrize("answer", [{"truncated": True, "tree": []}, {"message": "no"}, [1]])
def test_a_list_that_is_none(store: Store, collection: Origin, answer: object) -> None:
    collection.files[f"/api/git/trees/{COMMIT}?recursive=1"] = json.dumps(answer).encode()
    with pytest.raises(DownloadError, match="did not list"):
        get(store, collection)


def test_the_pinned_table_is_the_one_of_the_study(real_data: Path) -> None:
    table = (real_data / "covid-chestxray-dataset" / "metadata.csv").read_bytes()
    assert git_hash(table) == download.METADATA_HASH


def kaggle(handle: str, folder: str) -> str:
    assert handle == "paultimothymooney/chest-xray-pneumonia/versions/2"
    root = Path(folder) / "versions" / "2"
    for seed, name in enumerate(("NORMAL/IM-0115-0001.jpeg", "PNEUMONIA/person1_virus_6.jpeg")):
        path = root / "chest_xray" / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film(seed))
    return str(root)


def test_kaggle_is_imported_from_where_it_was_put(store: Store) -> None:
    report = download_kaggle(store, download=kaggle)
    assert (report.source, report.layout, report.added) == ("chest-xray-pneumonia", "kaggle", 2)
    assert all(
        Path(path).is_relative_to(store.workspace.uploads)
        for path in store.catalogue.frame()["path"]
    )


def test_kaggles_own_errors_become_plain(store: Store) -> None:
    def offline(handle: str, folder: str) -> str:
        raise ConnectionError("Name or service not known")

    with pytest.raises(DownloadError, match="download it yourself"):
        download_kaggle(store, download=offline)


def test_kagglehub_keeps_its_cache_with_the_uploads(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kagglehub = import_module("kagglehub")
    monkeypatch.delenv("KAGGLEHUB_CACHE", raising=False)
    monkeypatch.setattr(
        kagglehub,
        "dataset_download",
        lambda handle: kaggle(handle, kagglehub.config.get_cache_folder()),
    )
    try:
        assert download_kaggle(store).added == 2
    finally:
        monkeypatch.delenv("KAGGLEHUB_CACHE", raising=False)
    assert (store.workspace.uploads / "chest-xray-pneumonia").is_dir()


def test_the_study_is_both(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "download_ieee8023", lambda *_: "first")
    monkeypatch.setattr(download, "download_kaggle", lambda *_: "second")
    reports: list[object] = list(download_study(store))
    assert reports == ["first", "second"]
    assert [source.layout for source in download.STUDY_SOURCES] == ["ieee8023", "kaggle"]
