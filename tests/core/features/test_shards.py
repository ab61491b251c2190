"""Vectors in shards: the same to the last bit however the work is cut, shared between processes,
and hardly anything lost when one is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from core.cache import cache_usage, clear, trim
from core.features import shards, vectors
from core.features.shards import SHARDS, SUFFIX, record_of, shards_of
from core.features.source import Variant
from core.features.vectors import Pass, features
from core.models.build import build_model
from core.models.registry import SMALLEST_FROZEN
from core.training.feature_extractor import FeatureExtractor
from core.workspace import PROJECT_ROOT, Workspace
from tests.core.features.made import COUNT, FILM_IDS, ROWS, SOURCE, Counted, average, quiet


def never(films: np.ndarray) -> np.ndarray:
    raise AssertionError("a film was computed that is known")


def records(folder: Path) -> list[bytes]:
    """All that lie in a folder, one a film, in an order that says nothing of the shards."""
    size = record_of(3).itemsize
    files = [one.read_bytes() for one in folder.glob(f"*{SUFFIX}")]
    return sorted(one[at : at + size] for one in files for at in range(0, len(one), size))


def test_a_network_says_the_same_bits_however_the_work_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = build_model(
        SMALLEST_FROZEN, image_size=32, classes=2, dropout=0.3, weights="random", seed=0
    )
    extract = FeatureExtractor(whole).extract
    source = replace(SOURCE, channels=SMALLEST_FROZEN.feature_channels)
    expected = features(tmp_path / "sixteen", source, ROWS, Variant(), extract, quiet)[:]
    assert expected.std(axis=0).max() > 0
    monkeypatch.setattr(vectors, "PIECE", 1)  # each shard by itself, its last batch filled up
    apart = features(tmp_path / "apart", source, ROWS, Variant(), extract, quiet)[:]
    assert apart.tobytes() == expected.tobytes()
    for count in (1, 3):
        monkeypatch.setattr(shards, "SHARDS", count)
        monkeypatch.setattr(vectors, "SHARDS", count)
        other = features(tmp_path / str(count), source, ROWS, Variant(), extract, quiet)[:]
        assert other.tobytes() == expected.tobytes()
    # And whatever was there before: the films of two data sets, the second in another order.
    folder = tmp_path / "two"
    features(folder, source, ROWS[5:26], Variant(), extract, quiet)
    added = features(folder, source, ROWS[::-1], Variant(), extract, quiet)[:]
    assert added[::-1].tobytes() == expected.tobytes()


def test_a_film_that_is_added_is_the_only_one_computed(tmp_path: Path) -> None:
    features(tmp_path, SOURCE, ROWS[:-1], Variant(), average, quiet)
    before = {one: one.read_bytes() for one in tmp_path.glob(f"*{SUFFIX}")}
    looked, told = [], []

    def extract(films: np.ndarray) -> np.ndarray:
        looked.append(films)
        return average(films)

    features(tmp_path, SOURCE, ROWS, Variant(), extract, lambda *n: told.append(n))
    assert told == [(59, 59), (60, 59)]
    [films] = looked
    assert np.ptp(films, axis=0).max() == 0, "filled up with the film itself"
    after = {one: one.read_bytes() for one in tmp_path.glob(f"*{SUFFIX}")}
    [grown] = [one for one in after if after[one] != before.get(one)]
    assert after[grown].startswith(before.get(grown, b""))
    assert shards_of(np.array([FILM_IDS[-1].encode()])) == int(grown.stem.split("-")[1], 16)


def child(folder: Path, name: str = "one", company: int = 1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.core.features.made", str(folder), name, str(company)],
        cwd=PROJECT_ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_what_a_killed_process_had_written_is_not_computed_again(tmp_path: Path) -> None:
    expected = features(tmp_path / "whole", SOURCE, ROWS, Variant(), average, quiet)[:]
    folder = tmp_path / "kept"
    process = child(tmp_path)
    until = time.monotonic() + 240
    while len(records(folder)) < COUNT // 3:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.005)
    process.kill()
    process.communicate()
    kept = records(folder)
    assert COUNT // 3 <= len(kept) < COUNT
    told: list[tuple[int, int]] = []
    found = features(folder, SOURCE, ROWS, Variant(), average, lambda *n: told.append(n))
    assert told[0] == (len(kept), len(kept))
    assert told[-1] == (COUNT, len(kept))
    assert set(kept) < set(records(folder))
    assert found[:].tobytes() == expected.tobytes()


def test_two_processes_share_the_work_and_compute_nothing_twice(tmp_path: Path) -> None:
    expected = features(tmp_path / "whole", SOURCE, ROWS, Variant(), average, quiet)[:]
    both = [child(tmp_path, name, company=2) for name in ("one", "two")]
    answers = []
    for one in both:
        out, err = one.communicate(timeout=240)
        assert one.returncode == 0, err
        answers.append(json.loads(out))
    first, second = (set(one["looked"]) for one in answers)
    assert first
    assert second
    assert not first & second
    assert first | second == set(range(COUNT))
    assert len(records(tmp_path / "kept")) == COUNT
    for one, ours in zip(answers, (first, second), strict=True):
        assert one["sum"] == float(expected.sum())
        done = [films for films, _ in one["told"]]
        assert done == sorted(done)
        assert one["told"][-1] == [COUNT, COUNT - len(ours)], "others' films are counted"
    again = features(tmp_path / "kept", SOURCE, ROWS, Variant(), never, quiet)
    assert again[:].tobytes() == expected.tobytes()


def test_who_only_helps_leaves_what_others_are_at(tmp_path: Path) -> None:
    features(tmp_path, SOURCE, ROWS[:1], Variant(), average, quiet)
    [there] = tmp_path.glob(f"*{SUFFIX}")
    number = int(there.stem.split("-")[1], 16)
    looked = Counted()
    helping = Pass(tmp_path, replace(SOURCE, films=looked), ROWS, Variant(), average, quiet)
    with FileLock(there.with_suffix(".lock")):
        helping.carry_out(alone=False)
    theirs = np.flatnonzero(shards_of(np.array([one.encode() for one in FILM_IDS])) == number)
    assert len(theirs) > 1
    assert sorted(looked.looked) == sorted(set(ROWS.tolist()) - set(theirs.tolist()))


def old_file(folder: Path, rows: np.ndarray) -> Path:
    """All vectors in one file, as earlier versions kept them."""
    kept = np.empty(len(rows), record_of(3))
    kept["film"] = [FILM_IDS[row].encode() for row in rows]
    kept["vector"] = features(folder / "afresh", SOURCE, rows, Variant(), average, quiet)[:]
    path = folder / f"{SOURCE.key(Variant())}{SUFFIX}"
    path.write_bytes(kept.tobytes() + b"torn")
    path.with_suffix(".lock").touch()
    return path


def test_vectors_of_earlier_versions_are_taken_over(tmp_path: Path) -> None:
    old = old_file(tmp_path, ROWS[:40])
    whole = features(tmp_path / "whole", SOURCE, ROWS, Variant(), average, quiet)[:]
    told: list[tuple[int, int]] = []
    found = features(tmp_path, SOURCE, ROWS, Variant(), average, lambda *n: told.append(n))
    assert found[:].tobytes() == whole.tobytes()
    assert told[0] == (40, 40)
    assert told[-1] == (COUNT, 40)
    assert not old.exists()
    assert records(tmp_path) == records(tmp_path / "whole")


def test_taking_over_can_be_broken_off_and_what_is_broken_stays_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = old_file(tmp_path, ROWS[:40])
    kept = np.fromfile(old, record_of(3), 40)
    kept["vector"][3] = np.inf
    old.write_bytes(kept.tobytes())
    unlink = Path.unlink

    def killed(path: Path) -> None:
        if path == old:
            raise KeyboardInterrupt
        unlink(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            features(tmp_path, SOURCE, ROWS[:40], Variant(), never, quiet)
    assert len(records(tmp_path)) == 40 + 39
    features(tmp_path, SOURCE, ROWS[:40], Variant(), average, quiet)
    assert len(records(tmp_path)) == 40
    assert not old.exists()


def test_a_clean_up_knows_the_shards(workspace: Workspace) -> None:
    folder = workspace.feature_cache
    features(folder, SOURCE, ROWS, Variant(), average, quiet)
    kept = list(folder.glob(f"*{SUFFIX}"))
    assert len(kept) == SHARDS
    size = COUNT * record_of(3).itemsize
    assert (cache_usage(workspace)["features"].bytes, len(kept)) == (size, 16)
    with FileLock(kept[0].with_suffix(".lock")):  # somebody computes with it
        trim(workspace, 0)
        assert [one.name for one in folder.glob(f"*{SUFFIX}")] == [kept[0].name]
    clear(workspace)
    assert list(folder.iterdir()) == []
    assert features(folder, SOURCE, ROWS, Variant(), average, quiet)[:].shape == (COUNT, 3)
