"""PyTorch's files are read as arrays; nothing in them is ever run."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.models.torch_files import is_torch_file, read_module, read_state_dict
from tests.core.models.torch_writing import Call, Filled, Name, Persistent, Saved

CONTAINERS = ("legacy", "zipped")
Write = Callable[..., Path]

GRID = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture(params=CONTAINERS)
def container(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def write(container: str, saved: Saved, path: Path, content: object) -> Path:
    return saved.legacy(path, content) if container == "legacy" else saved.zipped(path, content)


def test_tensors_come_back_whatever_their_numbers(container: str, tmp_path: Path) -> None:
    saved = Saved()
    values = {
        "grid": GRID,
        "double": np.array([1.5, -2.5]),
        "half": np.array([0.5, 2.0], np.float16),
        "count": np.array(7, np.int64),
        "bytes": np.arange(5, dtype=np.uint8),
        "flags": np.array([True, False]),
    }
    content = {name: saved.tensor(value) for name, value in values.items()}
    path = write(container, saved, tmp_path / "a.pth", content)
    assert is_torch_file(path)
    found = read_state_dict(path)
    assert list(found) == list(values)
    for name, value in values.items():
        assert found[name].dtype == value.dtype
        assert found[name].shape == value.shape
        np.testing.assert_array_equal(found[name], value)
        assert found[name].flags.writeable


def test_strides_and_offsets_are_obeyed(container: str, tmp_path: Path) -> None:
    saved = Saved()
    flat = np.arange(24, dtype=np.float32)
    content = {
        # Channels last: numbers of one place stand beside each other.
        "last": saved.tensor(flat, shape=(4, 2, 3), strides=(1, 12, 4)),
        "part": saved.tensor(flat, shape=(2, 2), strides=(6, 1), offset=5),
        "scalar": saved.tensor(flat, shape=(1,), strides=(1,), offset=23),
    }
    found = read_state_dict(write(container, saved, tmp_path / "a.pth", content))
    np.testing.assert_array_equal(found["last"], flat.reshape(2, 3, 4).transpose(2, 0, 1))
    np.testing.assert_array_equal(found["part"], [[5, 6], [11, 12]])
    assert found["scalar"] == [23]


def test_bfloat16_becomes_float32(container: str, tmp_path: Path) -> None:
    wanted = np.array([1.0, -2.5, 0.15625], np.float32)  # exact in bfloat16
    upper = (wanted.view(np.uint32) >> 16).astype(np.uint16)
    saved = Saved()
    content = {"x": saved.tensor(upper.view(np.int16), storage="BFloat16Storage")}
    found = read_state_dict(write(container, saved, tmp_path / "a.pth", content))["x"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("inner", ["state_dict", "model"])
def test_a_checkpoint_around_the_state_dict_is_looked_through(inner: str, tmp_path: Path) -> None:
    saved = Saved()
    content = {"epoch": 3, inner: {"grid": saved.tensor(GRID)}, "loss": 0.25}
    assert list(read_state_dict(saved.zipped(tmp_path / "a.pt", content))) == ["grid"]


@pytest.mark.parametrize(
    "harmful",
    [
        Call(Name("os", "system"), ("touch CANARY",)),
        Call(Name("builtins", "eval"), ("open('CANARY', 'w')",)),
        Call(Name("torch.nn.modules.linear", "Linear"), ()),
        Name("subprocess", "Popen"),
    ],
)
def test_a_state_dict_that_names_anything_else_is_refused(
    harmful: object, container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = Saved()
    content = {"grid": saved.tensor(GRID), "more": harmful}
    path = write(container, saved, tmp_path / "a.pth", content)
    with pytest.raises(InputError, match=r"names \S+, which is no part of a tensor"):
        read_state_dict(path)
    assert not (tmp_path / "CANARY").exists()


def network(saved: Saved, more: dict[str, object] | None = None) -> Filled:
    """A module ``features`` with a convolution and a normalisation inside, as PyTorch saves it."""

    def module(kind: str, state: dict[str, object]) -> Filled:
        made = Call(
            Name("copyreg", "_reconstructor"), (Name("torchvision.models", kind), None, None)
        )
        return Filled(made, {"training": False, **state})

    def parameter(values: np.ndarray) -> Call:
        return Call(Name("torch._utils", "_rebuild_parameter"), (saved.tensor(values), True, {}))

    convolution = module("Conv2d", {"_parameters": {"weight": parameter(GRID), "bias": None}})
    norm = module(
        "BatchNorm2d",
        {
            "_parameters": {"weight": parameter(np.ones(2, np.float32))},
            "_buffers": {"running_mean": saved.tensor(np.full(2, 3, np.float32))},
        },
    )
    features = module("Sequential", {"_modules": {"conv0": convolution, "norm0": norm}})
    return module("DenseNet", {"_modules": {"features": features}, **(more or {})})


def test_a_whole_network_gives_its_state_dict(container: str, tmp_path: Path) -> None:
    saved = Saved()
    path = write(container, saved, tmp_path / "model.pt", network(saved))
    found = read_module(path)
    assert list(found) == [
        "features.conv0.weight", "features.norm0.weight", "features.norm0.running_mean",
    ]  # fmt: skip
    np.testing.assert_array_equal(found["features.conv0.weight"], GRID)
    with pytest.raises(InputError, match="Save the state dict alone"):
        read_state_dict(path)


def test_code_in_a_network_does_not_run(
    container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = Saved()
    canaries: dict[str, object] = {
        "a": Call(Name("os", "system"), ("touch CANARY",)),
        "b": Call(Name("builtins", "exec"), ("open('CANARY', 'w')",)),
        "c": Filled(Call(Name("collections", "deque"), ()), {"maxlen": 3}),
        "d": Call(Name("pathlib", "Path"), ("CANARY",)),
    }
    path = write(container, saved, tmp_path / "model.pt", network(saved, canaries))
    assert len(read_module(path)) == 3
    assert not (tmp_path / "CANARY").exists()


def test_nothing_can_be_set_on_what_rebuilds_tensors(tmp_path: Path) -> None:
    saved = Saved()
    twisted = Filled(Name("torch._utils", "_rebuild_tensor_v2"), {"__call__": 1})
    with pytest.raises(InputError, match="damaged"):
        read_state_dict(saved.zipped(tmp_path / "a.pth", {"a": saved.tensor(GRID), "b": twisted}))


@pytest.mark.parametrize(
    ("shape", "strides", "offset"),
    [
        ((4, 7), (7, 1), 0),  # four rows where there are not four
        ((2, 3), (12, 5), 10),
        ((24,), (1,), 1),
        ((3,), (-1,), 5),
        ((1_000_000, 1_000_000), (0, 0), 0),  # a terabyte out of one number
        ((2, 2), (1,), 0),
    ],
)
def test_a_tensor_that_leaves_its_storage_is_refused(
    shape: tuple[int, ...], strides: tuple[int, ...], offset: int, container: str, tmp_path: Path
) -> None:
    saved = Saved()
    tensor = saved.tensor(GRID.ravel(), shape=shape, strides=strides, offset=offset)
    with pytest.raises(InputError, match="damaged"):
        read_state_dict(write(container, saved, tmp_path / "a.pth", {"x": tensor}))


def test_sizes_that_are_not_there_are_refused(container: str, tmp_path: Path) -> None:
    for count in (25, 10**12, -1):
        saved = Saved()
        content = {"x": saved.tensor(GRID, count=count)}
        with pytest.raises(InputError, match="damaged"):
            read_state_dict(write(container, saved, tmp_path / "a.pth", content))
    large = (
        b"\x80\x02]r\xff\xff\xff\x7f."  # asks pickle for a memory of two thousand million places
    )
    with zipfile.ZipFile(tmp_path / "memo.pt", "w") as archive:
        archive.writestr("archive/data.pkl", large)
    with pytest.raises(InputError, match="damaged"):
        read_state_dict(tmp_path / "memo.pt")


def test_what_is_cut_short_or_changed_is_a_sentence(container: str, tmp_path: Path) -> None:
    """Each byte of a small file missing from its end, and every third one another."""
    saved = Saved()
    path = write(container, saved, tmp_path / "a.pth", {"x": saved.tensor(GRID[0, 0])})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError):
            read_state_dict(path)
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with suppress(InputError):  # a changed number inside a tensor cannot be noticed
            read_state_dict(path)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"lr": 0.1},
        [1, 2],
        "text",
        Persistent(("storage", Name("torch", "FloatStorage"), 5, "cpu", 1)),
        Persistent(("module", None)),
    ],
)
def test_a_file_without_tensors_is_none_of_weights(content: object, tmp_path: Path) -> None:
    path = Saved().zipped(tmp_path / "a.pt", content)
    for read in (read_state_dict, read_module):
        with pytest.raises(InputError, match="no file of PyTorch weights"):
            read(path)


def test_other_files_are_told_from_these(tmp_path: Path) -> None:
    other = tmp_path / "other.pth"
    for content in (b"", b"\x89HDF\r\n\x1a\n" + bytes(99), b"not a pickle"):
        other.write_bytes(content)
        assert not is_torch_file(other)
        with pytest.raises(InputError):
            read_state_dict(other)
    with pytest.raises(InputError, match="cannot be opened"):
        read_state_dict(tmp_path / "none.pth")
