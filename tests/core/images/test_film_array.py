"""One array for a data set's films: right pixels, kept, healed, safe between processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from core.errors import FilmError, InputError
from core.images import film_array as film_array_module
from core.images.decode import decode_file, film_id_of
from core.images.film_array import film_array, give_back
from core.images.resize import resize
from core.workspace import PROJECT_ROOT, Workspace


@pytest.fixture
def films(tmp_path: Path) -> tuple[list[str], list[str]]:
    """Ids and paths of 70 small films, more than are held in memory at once."""
    rng = np.random.default_rng(0)
    ids, paths = [], []
    for number in range(70):
        path = tmp_path / f"film {number}.png"
        cv2.imwrite(str(path), rng.integers(0, 256, (40, 50 + number), np.uint8))
        ids.append(film_id_of(path.read_bytes()))
        paths.append(str(path))
    return ids, paths


def test_films_come_in_order_at_size_and_read_only(
    workspace: Workspace, films: tuple[list[str], list[str]]
) -> None:
    ids, paths = films
    seen: list[tuple[int, int]] = []
    array = film_array(workspace, ids, paths, 32, lambda done, total: seen.append((done, total)))
    assert isinstance(array, np.memmap)
    assert array.shape == (70, 32, 32)
    assert array.dtype == np.uint8
    for number in (0, 1, 63, 64, 69):
        pixels = decode_file(paths[number]).pixels
        assert np.array_equal(array[number], resize(pixels, 32))
    assert seen == [(done, 70) for done in range(1, 71)]
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0, 0] = 1


def test_second_call_opens_no_film(
    workspace: Workspace, films: tuple[list[str], list[str]]
) -> None:
    ids, paths = films
    first = np.array(film_array(workspace, ids, paths, 32))
    for path in paths:
        Path(path).unlink()
    assert np.array_equal(film_array(workspace, ids, paths, 32), first)


def test_order_and_size_make_another_array(
    workspace: Workspace, films: tuple[list[str], list[str]]
) -> None:
    ids, paths = films
    first = film_array(workspace, ids, paths, 32)
    turned = film_array(workspace, ids[::-1], paths[::-1], 32)
    assert np.array_equal(turned[0], first[69])
    assert film_array(workspace, ids, paths, 48).shape == (70, 48, 48)


@pytest.mark.parametrize("left", [0, 5, 100, 30_000])
def test_a_file_cut_short_is_built_again(
    workspace: Workspace, films: tuple[list[str], list[str]], left: int
) -> None:
    ids, paths = films
    whole = np.array(film_array(workspace, ids, paths, 32))
    (kept,) = workspace.film_cache.glob("*.npy")
    kept.write_bytes(kept.read_bytes()[:left])
    assert np.array_equal(film_array(workspace, ids, paths, 32), whole)


def test_lost_damaged_and_changed_films_are_named_together(
    workspace: Workspace, films: tuple[list[str], list[str]]
) -> None:
    ids, paths = films
    Path(paths[3]).unlink()
    Path(paths[66]).write_bytes(Path(paths[0]).read_bytes())  # another film under this name
    with pytest.raises(FilmError, match=r"2 films .*film 3\.png.*film 66\.png is not the file"):
        film_array(workspace, ids, paths, 32)
    assert not list(workspace.film_cache.glob("*.npy"))
    assert not [*workspace.film_cache.glob("*.part"), *workspace.film_cache.glob("*.sums")]


class _Killed(BaseException):
    """What a kill is to the files that are left."""


@pytest.mark.parametrize("harm", [None, "cut short", "rotten", "without sums"])
def test_an_array_that_was_not_finished_is_gone_on_with(
    workspace: Workspace,
    films: tuple[list[str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    harm: str | None,
) -> None:
    ids, paths = films

    def killed(done: int, _: int) -> None:
        if done == 66:
            raise _Killed

    with pytest.raises(_Killed):
        film_array(workspace, ids, paths, 32, killed)
    (part,) = workspace.film_cache.glob("*.part")
    (sums,) = workspace.film_cache.glob("*.sums")
    data = part.read_bytes()
    if harm == "cut short":
        part.write_bytes(data[: 40 * 32 * 32])
    elif harm == "rotten":
        part.write_bytes(data[:5000] + bytes(200) + data[5200:])
    elif harm == "without sums":
        sums.unlink()
    decoded: list[str] = []
    film = film_array_module._film
    monkeypatch.setattr(
        film_array_module, "_film", lambda *given: decoded.append(given[0]) or film(*given)
    )
    done = np.array(film_array(workspace, ids, paths, 32))
    assert sorted(decoded) == sorted(ids[64:] if harm is None else ids)
    assert not [*workspace.film_cache.glob("*.part"), *workspace.film_cache.glob("*.sums")]
    for kept in workspace.film_cache.glob("*.npy"):
        kept.unlink()
    assert np.array_equal(film_array(workspace, ids, paths, 32), done)


def test_a_long_list_of_broken_films_is_cut(
    workspace: Workspace, films: tuple[list[str], list[str]]
) -> None:
    ids, paths = films
    with pytest.raises(FilmError, match=r"70 films .* And 65 more"):
        film_array(workspace, ids, [path + ".gone" for path in paths], 32)


def test_nothing_is_no_array(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="at least one film"):
        film_array(workspace, [], [], 32)


def test_memory_stays_flat(workspace: Workspace, films: tuple[list[str], list[str]]) -> None:
    """Building takes a small part of what the whole array would. Asked in a process where
    nothing else allocates."""
    ids, paths = films
    program = (
        "import json, sys, tracemalloc\n"
        "from core.images.film_array import film_array\n"
        "from core.workspace import open_workspace\n"
        "root, ids, paths = json.loads(sys.stdin.read())\n"
        "tracemalloc.start()\n"
        "array = film_array(open_workspace(root), ids * 20, paths * 20, 128)\n"
        "print(tracemalloc.get_traced_memory()[1], array.nbytes)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_ROOT,
        input=json.dumps([str(workspace.root), ids, paths]),
        capture_output=True,
        text=True,
        check=True,
    )
    peak, whole = map(int, done.stdout.split())
    assert 0 < peak < whole / 3


def test_two_processes_build_at_once(
    workspace: Workspace, films: tuple[list[str], list[str]]
) -> None:
    ids, paths = films
    program = (
        "import json, sys\n"
        "from core.images.film_array import film_array\n"
        "from core.workspace import open_workspace\n"
        "root, ids, paths = json.loads(sys.stdin.read())\n"
        "array = film_array(open_workspace(root), ids, paths, 64)\n"
        "print(int(array.astype('int64').sum()))\n"
    )
    question = json.dumps([str(workspace.root), ids, paths])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for one in running:
        assert one.stdin is not None
        one.stdin.write(question)
        one.stdin.close()
        one.stdin = None
    answers = [one.communicate(timeout=240)[0] for one in running]
    expected = int(film_array(workspace, ids, paths, 64).astype(np.int64).sum())
    assert answers == [f"{expected}\n"] * 2
    assert len(list(workspace.film_cache.glob("*.npy"))) == 1


def test_mapped_films_are_given_back_to_the_system_and_read_again(tmp_path: Path) -> None:
    films = np.random.default_rng(0).integers(0, 256, (200, 64, 64), dtype=np.uint8)
    path = tmp_path / "films.npy"
    np.save(path, films)
    mapped = np.load(path, mmap_mode="r")

    def held() -> int:
        """Bytes of the file that count as this process's memory."""
        return sum(one.rss for one in psutil.Process().memory_maps() if one.path == str(path))

    if not hasattr(psutil.Process, "memory_maps"):
        pytest.skip("this system does not say what is mapped")
    mapped.sum()
    assert held() >= films.nbytes
    give_back(mapped)
    assert held() == 0
    np.testing.assert_array_equal(mapped, films)
    give_back(films)  # what is not mapped stays as it is
