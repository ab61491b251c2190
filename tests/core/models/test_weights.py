"""Finding, fetching and refusing pretrained weights; the server is a loopback one."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import Cancelled, DownloadError, InputError, WeightsMissingError
from core.models import registry, weights
from core.models.local_weights import check_local_file
from core.models.network import Network
from core.models.registry import get_network
from core.models.weights import (
    check_at_hand,
    download_weights,
    find_weights,
    missing_message,
    resolve_weights,
)
from core.specs import RunSpec
from core.workspace import Workspace

CONTENT = b"\x89HDF\r\n\x1a\n" + bytes(3_000_000)
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TAG = '"this"'
VGG16 = get_network("vgg16")
SOURCE = VGG16.sources[0]
FILE = SOURCE.file


def with_source(name: str, **changes: str) -> Network:
    """The network, its first published weights somewhat different."""
    network = get_network(name)
    return dataclasses.replace(
        network, sources=(dataclasses.replace(network.sources[0], **changes),)
    )


class Handler(BaseHTTPRequestHandler):
    requests: list[str]
    ranges: list[str]

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.requests.append(self.path)
        self.ranges.append(asked)
        if self.path == "/missing":
            self.send_error(404)
            return
        same = self.headers.get("If-Range", TAG) == TAG
        start = int(asked[len("bytes=") : -1]) if asked and same else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.send_header("ETag", TAG)
        self.end_headers()
        cut = self.path == "/cut" and not start
        self.wfile.write(CONTENT[start : 500_000 if cut else None])

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    Handler.requests, Handler.ranges = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras" / "models").mkdir(parents=True)
    return tmp_path / "keras"


@pytest.fixture
def published(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the small file were the published one."""
    spec = with_source("vgg16", url=f"{server}/f", hash=MD5)
    monkeypatch.setitem(registry.NETWORKS, "vgg16", spec)


def resolved(workspace: Workspace, spec: RunSpec) -> Path | None:
    return resolve_weights(workspace, get_network(spec.model), spec)


def spec_of(weights: str, model: str = "vgg16") -> RunSpec:
    return RunSpec.build(dataset="study", model=model, weights=weights)


def left_in(workspace: Workspace) -> list[str]:
    return sorted(p.name for p in workspace.weights.iterdir() if not p.name.endswith(".lock"))


@pytest.mark.parametrize("digest", [MD5, SHA256])
def test_a_download_is_verified_and_put_in_place(
    workspace: Workspace, server: str, digest: str
) -> None:
    seen: list[tuple[int, int]] = []
    path = download_weights(
        workspace,
        VGG16,
        lambda done, total: seen.append((done, total)),
        url=f"{server}/file",
        expected_hash=digest,
    )
    assert path == workspace.weights / FILE == find_weights(workspace, VGG16)
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert len(seen) > 1
    assert left_in(workspace) == [FILE]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("file", "^What came for the file with the weights of VGG16 is not the published file"),
        ("missing", "^The file with the weights of VGG16 cannot be downloaded.* answers 404"),
    ],
)
def test_a_bad_download_leaves_nothing(
    workspace: Workspace, server: str, path: str, words: str
) -> None:
    """The registry's hash is not that of the small file."""
    with pytest.raises(DownloadError, match=words):
        download_weights(workspace, VGG16, url=f"{server}/{path}")
    assert left_in(workspace) == []
    assert find_weights(workspace, VGG16) is None


@pytest.fixture
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing passes between two tries."""
    monkeypatch.setattr(weights, "_waiting", lambda progress: lambda seconds: None)


def test_a_stop_during_a_download_keeps_what_has_come(workspace: Workspace, server: str) -> None:
    def stop(done: int, total: int) -> None:
        if done >= 1_000_000:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        download_weights(workspace, VGG16, stop, url=f"{server}/file", expected_hash=MD5)
    part = workspace.weights / f"{FILE}.part"
    kept = part.stat().st_size
    assert kept >= 1_000_000
    assert find_weights(workspace, VGG16) is None, "and half a file is none"
    seen: list[int] = []
    path = download_weights(
        workspace, VGG16, lambda done, total: seen.append(done), url=f"{server}/file",
        expected_hash=MD5,
    )  # fmt: skip
    assert path.read_bytes() == CONTENT
    assert seen[0] > kept, "it went on from there"
    assert Handler.ranges == ["", f"bytes={kept}-"]
    assert left_in(workspace) == [FILE]


@pytest.mark.usefixtures("no_wait")
def test_a_connection_that_breaks_is_resumed_by_itself(workspace: Workspace, server: str) -> None:
    path = download_weights(workspace, VGG16, url=f"{server}/cut", expected_hash=MD5)
    assert path.read_bytes() == CONTENT
    assert [bool(one) for one in Handler.ranges] == [False, True]
    assert left_in(workspace) == [FILE]


@pytest.mark.usefixtures("no_wait")
def test_no_two_versions_of_a_file_are_put_together(workspace: Workspace, server: str) -> None:
    (workspace.weights / f"{FILE}.part").write_bytes(b"of the version before")
    (workspace.weights / f"{FILE}.part-version").write_text('"older"')
    path = download_weights(workspace, VGG16, url=f"{server}/file", expected_hash=MD5)
    assert path.read_bytes() == CONTENT
    assert Handler.requests == ["/file"], "the server was told which version, and sent all of its"


@pytest.mark.usefixtures("no_wait")
def test_offline_says_the_address_once_and_no_hash(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/f.h5"
    monkeypatch.setitem(registry.NETWORKS, "vgg16", with_source("vgg16", url=url, hash=MD5))
    with pytest.raises(WeightsMissingError) as caught:
        resolved(workspace, spec_of("imagenet"))
    message = str(caught.value)
    assert message.startswith("The file with the weights of VGG16 cannot be reached.")
    assert message.count(url) == 1
    assert MD5 not in message


def test_two_that_want_it_fetch_it_once(workspace: Workspace, server: str) -> None:
    def fetch() -> None:
        download_weights(workspace, VGG16, url=f"{server}/file", expected_hash=MD5)

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Handler.requests == ["/file"]
    assert left_in(workspace) == [FILE]


def test_the_workspace_comes_before_the_cache(workspace: Workspace, keras_home: Path) -> None:
    assert find_weights(workspace, VGG16) is None
    cached = keras_home / "models" / FILE
    cached.write_bytes(CONTENT)
    assert find_weights(workspace, VGG16) == cached
    (workspace.weights / FILE).write_bytes(CONTENT)
    assert find_weights(workspace, VGG16) == workspace.weights / FILE
    assert find_weights(workspace, get_network("cnn")) is None


def test_the_name_on_the_server_is_found_too(workspace: Workspace) -> None:
    """A browser saves NASNetLarge's file under another name than Keras does."""
    (workspace.weights / "NASNet-large-no-top.h5").write_bytes(CONTENT)
    found = find_weights(workspace, get_network("nasnetlarge"))
    assert found == workspace.weights / "NASNet-large-no-top.h5"


@pytest.mark.usefixtures("published")
def test_resolving_fetches_what_is_not_here(workspace: Workspace) -> None:
    assert resolved(workspace, spec_of("imagenet")) == workspace.weights / FILE
    assert resolved(workspace, spec_of("imagenet")) == workspace.weights / FILE
    assert Handler.requests == ["/f"]


def test_a_server_that_answers_is_reached_and_a_closed_port_is_not(
    workspace: Workspace, server: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/file"
        there, gone = (with_source("vgg16", url=url) for url in (f"{server}/missing", nobody))
        check_at_hand(workspace, there, "imagenet")
        with pytest.raises(WeightsMissingError, match="cannot be reached"):
            check_at_hand(workspace, gone, "imagenet")
    (workspace.weights / FILE).write_bytes(b"as if")
    check_at_hand(workspace, gone, "imagenet")


def test_a_damaged_file_is_not_used(workspace: Workspace) -> None:
    (workspace.weights / FILE).write_bytes(CONTENT)  # not what the registry's hash says
    with pytest.raises(DownloadError, match="Delete it"):
        resolved(workspace, spec_of("imagenet"))


def test_missing_weights_say_what_to_do(
    workspace: Workspace, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = with_source("vgg16", url=f"{server}/missing")
    monkeypatch.setitem(registry.NETWORKS, "vgg16", spec)
    with pytest.raises(WeightsMissingError) as caught:
        resolved(workspace, spec_of("imagenet"))
    message = str(caught.value)
    assert message.endswith(missing_message(workspace, spec))
    for part in (FILE, str(workspace.weights), "random", spec.sources[0].url):
        assert part in message


def test_random_needs_no_file(workspace: Workspace) -> None:
    assert resolved(workspace, spec_of("random")) is None
    assert resolved(workspace, spec_of("imagenet", "cnn")) is None
    with pytest.raises(InputError, match="takes no file"):
        resolved(workspace, spec_of("some.h5", "cnn"))
    with pytest.raises(InputError, match="no pretrained weights"):
        download_weights(workspace, get_network("cnn"))


def test_a_local_file_is_looked_at(workspace: Workspace, tmp_path: Path) -> None:
    good = tmp_path / "my.weights.h5"
    good.write_bytes(CONTENT)
    assert resolved(workspace, spec_of(str(good))) == good
    whole = tmp_path / "model.keras"
    whole.write_bytes(CONTENT)
    fake = tmp_path / "fake.h5"
    fake.write_bytes(b"PK\x03\x04 not what the name says")
    for path, words in (
        (tmp_path / "none.h5", "There is no file"),
        (whole, "reads .weights.h5, .h5, .pth and .pt only"),
        (fake, "not an HDF5 file"),
    ):
        with pytest.raises(InputError, match=words):
            check_local_file(path, VGG16)


@pytest.mark.parametrize("spec", registry.from_keras())
def test_the_registry_holds_what_keras_holds(spec: Network) -> None:
    """File, address and hash, read from the source of the installed keras.applications."""
    import keras

    module = inspect.getmodule(getattr(keras.applications, spec.title))
    assert module is not None
    source = "".join(re.split(r'[\s"()]+', inspect.getsource(module)))
    folder, file = spec.sources[0].url.rsplit("/", 1)
    if spec.name.startswith("mobilenet"):
        assert spec.sources[0].hash == ""
        assert spec.sources[0].url == module.BASE_WEIGHT_PATH + spec.sources[0].file
        # There Keras puts a width and a film size into the name.
        assert spec.sources[0].file in (
            "mobilenet_1_0_224_tf_no_top.h5",
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        )
        assert "_no_top.h5" in source
    elif spec.name.startswith(("resnet", "efficientnet")):
        from keras.src.applications import efficientnet, resnet

        if spec.name.startswith("resnet"):
            base, hashes, key = resnet.BASE_WEIGHTS_PATH, resnet.WEIGHTS_HASHES, spec.name
            name = f"{key}_weights_tf_dim_ordering_tf_kernels_notop.h5"
        else:
            base, hashes = efficientnet.BASE_WEIGHTS_PATH, efficientnet.WEIGHTS_HASHES
            key = spec.name.removeprefix("efficientnet")
            name = f"{spec.name}_notop.h5"
        assert spec.sources[0].hash == hashes[key][1]
        assert spec.sources[0].file == name
        assert spec.sources[0].url == base + name
    else:
        assert f"file_hash={spec.sources[0].hash}" in source
        assert file in source
        assert folder.removeprefix("https://storage.googleapis.com/") in source
        # NASNet's files have another name on this computer than on the server.
        assert spec.sources[0].file in (file, *re.findall(r"nasnet_\w+_no_top\.h5", source))


def test_a_file_without_a_published_hash_must_at_least_be_hdf5(
    workspace: Workspace, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = with_source("mobilenet", url=f"{server}/file")
    monkeypatch.setitem(registry.NETWORKS, "mobilenet", spec)
    run = spec_of("imagenet", "mobilenet")
    path = resolved(workspace, run)
    assert path is not None
    assert path.read_bytes() == CONTENT
    assert resolved(workspace, run) == path
    path.write_bytes(b"<html>not here</html>")
    with pytest.raises(DownloadError, match="not an HDF5 file"):
        resolved(workspace, run)
    path.unlink()
    monkeypatch.setattr("tests.core.models.test_weights.CONTENT", b"<html>" * 1000)
    with pytest.raises(WeightsMissingError, match="not the published file"):
        resolved(workspace, run)
    assert left_in(workspace) == []
