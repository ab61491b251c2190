"""The doctor names each fault that is planted, and finds a whole installation well."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

from core.__main__ import main
from core.datasets.ingest import import_folder
from core.doctor import installation, place
from core.doctor.observation import Observation
from core.models.registry import NETWORKS
from core.runs.devices import CPU, Device
from core.specs import RunSpec
from core.store import RunState, Store
from core.workspace import Workspace

PROCESSOR = Device(CPU, "a processor")
CARD = Device("gpu:0", "a card")


def ill(found: Observation | Iterable[Observation]) -> list[str]:
    """The sentences of what is not well."""
    each = [found] if isinstance(found, Observation) else list(found)
    return [one.sentence for one in each if one.level != "well"]


@pytest.mark.parametrize(("version", "fits"), [
    ((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 9), True), ((3, 14, 0), False),
])  # fmt: skip
def test_a_python_that_does_not_fit_is_named(version: tuple[int, ...], fits: bool) -> None:
    said = ill(installation.python(version))
    assert (not said) if fits else said[0].startswith(".".join(["Python 3", str(version[1])]))


def versions(**here: str) -> Callable[[str], str]:
    def version_of(name: str) -> str:
        if name not in here:
            raise metadata.PackageNotFoundError(name)
        return here[name]

    return version_of


def test_libraries_that_are_missing_or_of_another_version_are_named(tmp_path: Path) -> None:
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(
        "# a comment\nnumpy==2.0  # arrays\npandas==3.1\nuvloop==1; sys_platform == 'no-such'\n"
        "keras==3.15\n"
    )
    found = list(installation.libraries(wanted, versions(numpy="2.0", pandas="3.2")))
    assert [one.level for one in found] == ["note", "ill", "well"]
    assert found[0].sentence.startswith("pandas is here as 3.2; ThoraxLens is tested with ==3.1")
    assert found[1].sentence.startswith("The library keras is missing.")
    assert found[2].sentence == "1 libraries are here as tested."


def test_what_is_installed_here_is_well() -> None:
    assert ill(installation.libraries()) == []


def test_a_backend_that_nobody_knows_and_one_that_is_missing_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    [said] = ill(installation.computing([PROCESSOR]))
    assert said.startswith("KERAS_BACKEND is “theano”")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    [said] = ill(installation.computing([PROCESSOR]))
    assert said.startswith("PyTorch is missing")


def test_a_device_that_does_not_compute_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def compute(slot: str) -> tuple[bool, str]:
        return (True, "fine") if slot == CPU else (False, "no kernel image")

    found = list(installation.computing([CARD, PROCESSOR], compute))
    assert [one.level for one in found] == ["well", "note"]
    assert "does not compute on GPU 0 (a card) (no kernel image)" in found[1].sentence
    passed = Device("gpu:0", "a card", note="the installed TensorFlow is the CPU build")
    [well, noted] = installation.computing([passed, PROCESSOR], compute)
    assert well.level == "well"
    assert "the installed TensorFlow is the CPU build" in noted.sentence
    [broken] = installation.computing([PROCESSOR], lambda slot: (False, "illegal instruction"))
    assert broken.level == "ill"


def test_a_process_that_cannot_compute_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(installation, "COMPUTE", "core.no_such_module")
    [said] = ill(installation.computing([PROCESSOR]))
    assert "No module named" in said


def test_a_disk_without_room_and_a_folder_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    assert ill(place.disk(Workspace(tmp_path), free=10**12)) == []
    assert ill(place.disk(Workspace(tmp_path), free=10**8))[0].startswith("Only 0.1 GB are free")
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert ill(place.disk(Workspace(blocked / "data")))[0].startswith("Nothing can be written")
    assert not list(tmp_path.glob(".doctor*"))


def test_a_damaged_store_and_one_of_a_newer_version_are_named(store: Store) -> None:
    assert ill(place.store(store.workspace)) == []
    with closing(sqlite3.connect(store.workspace.database)) as work:
        work.execute("PRAGMA user_version = 999")
    [said] = ill(place.store(store.workspace))
    assert "was written by a newer ThoraxLens" in said
    for one in store.workspace.root.glob("thoraxlens.sqlite3-*"):
        one.unlink()
    store.workspace.database.write_bytes(b"this is no database" * 1000)
    [said] = ill(place.store(store.workspace))
    assert str(store.workspace.database) in said


def test_a_store_that_is_lost_is_named_and_left_for_a_copy_to_be_put_back(
    workspace: Workspace,
) -> None:
    [said] = ill(place.store(workspace))
    assert said.startswith(f"Nobody has worked in the data folder {workspace.root} yet.")
    assert not workspace.database.exists(), "to look at a folder makes it no data folder"
    workspace.run_folder("20200101-000000-abcd").mkdir()
    workspace.database.touch()
    [said] = ill(place.store(workspace))
    assert "is gone or empty, and 1 run lies beside it" in said
    assert workspace.database.stat().st_size == 0


def test_films_whose_folder_is_gone_are_named(
    store: Store, phantom_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    shutil.copytree(phantom_folder, folder)
    import_folder(store, folder, name="Ward 3")
    assert ill(place.store(store.workspace)) == []
    folder.rename(tmp_path / "elsewhere")
    [said] = ill(place.store(store.workspace))
    assert said.startswith(f"The films of Ward 3 lay in {folder}, which is not there.")


def test_work_that_lost_its_process_is_named(store: Store) -> None:
    run = store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    store.runs.transition(run.run_id, RunState.PREPARING, pid=2**22 + 1, pid_started=1.0)
    store.runs.transition(run.run_id, RunState.TRAINING)
    [said] = ill(place.store(store.workspace))
    assert said.startswith(f"{run.run_id} lost the process")


def test_weights_that_were_cut_short_are_named(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no-keras"))
    assert ill(place.weights(store.workspace)) == []
    [source] = [one for one in NETWORKS["vgg16"].sources if one.learnt == "imagenet"]
    (store.workspace.weights / source.file).write_bytes(b"\x89HDF\r\n\x1a\n cut short")
    [said] = ill(place.weights(store.workspace))
    assert "is not the published file of VGG16" in said


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert ill(place.port(number))[0].startswith(f"Port {number} is taken")
    assert ill(place.port(number)) == []


def test_the_command_says_all_of_it_and_computes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.setenv("THORAXLENS_DATA", "")  # which --data sets, and a test must set back
    code = main(["doctor", "--json", "--data", str(tmp_path / "new")])
    told = json.loads(capsys.readouterr().out)
    assert code == 0, told
    assert told["well"]
    parts = {one["part"] for one in told["observations"]}
    assert parts == {
        "Python", "Libraries", "Disk", "Store", "Weights", "Port", "Ray", "Devices",
    }  # fmt: skip
    assert any("computes on CPU" in one["sentence"] for one in told["observations"])
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    assert main(["doctor", "--data", str(tmp_path / "new")]) == 1
    said = capsys.readouterr().out
    assert "✗ Backend: KERAS_BACKEND is “theano”" in said
    assert said.endswith("Something keeps ThoraxLens from working.\n")
