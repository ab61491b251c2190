"""The Ray cluster that work runs on, where one is named: is Ray here, does the cluster answer, and
have its machines the same program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from core.cluster.seen import SeenCluster, look_once
from core.doctor.observation import Observation
from core.text import count, listed
from core.workspace import PROJECT_ROOT, RAY_VARIABLE

INSTALL = "pip install --require-hashes -r requirements-ray.lock"


def ray(
    address: str,
    look: Callable[[str], SeenCluster] = look_once,
    version_of: Callable[[str], str] = metadata.version,
    requirements: Path = PROJECT_ROOT / "requirements-ray.txt",
) -> Iterator[Observation]:
    """``address``: as ``core.workspace.ray_address`` has it. ``look``: at the cluster, seconds.
    ``version_of``: package → its version here; raises PackageNotFoundError."""
    if not address:
        yield Observation("Ray", "well", "No Ray cluster is named: all work runs on this machine.")
        return
    try:
        here = version_of("ray")
    except metadata.PackageNotFoundError:
        yield Observation(
            "Ray",
            "ill",
            f"Work is to run on the Ray cluster {address}, and Ray is not installed here: "
            f"{INSTALL}. Or leave {RAY_VARIABLE} out, and work runs on this machine.",
        )
        return
    tested = _tested(requirements)
    if here != tested:
        yield Observation(
            "Ray",
            "note",
            f"Ray is here as {here}; ThoraxLens is tested with {tested}. Every machine of the "
            f"cluster needs the same version: {INSTALL}.",
        )
    yield from _machines(address, look(address))


def _machines(address: str, seen: SeenCluster) -> Iterator[Observation]:
    if seen.trouble:
        yield Observation(
            "Ray",
            "ill",
            f"The Ray cluster {address} cannot be used. {seen.trouble} Start it with ray start "
            "--head, and let this machine be one of its nodes; work waits until then.",
        )
        return
    there = [one for one in seen.nodes if not one.gone]
    able = [one for one in there if one.unfit == ""]
    for one in there:
        if one.unfit:
            yield Observation("Ray", "note" if able else "ill", one.unfit)
        elif one.unfit is None:
            yield Observation(
                "Ray",
                "note" if able else "ill",
                f"{one.name} is in the cluster and has not answered. Is it overloaded, or a "
                "firewall between?",
            )
    gone = sorted({one.name for one in seen.nodes if one.gone} - {one.name for one in there})
    if gone:
        yield Observation(
            "Ray", "note", f"No longer in the cluster: {listed(gone, most=5)}. Start Ray there."
        )
    if able:
        cores = count(round(sum(one.cpus for one in able)), "core")
        cards = round(sum(one.gpus for one in able))
        with_cards = f", {count(cards, 'graphics card')}" if cards else ""
        yield Observation(
            "Ray",
            "well",
            f"{count(len(able), 'machine')} of the Ray cluster {address} "
            f"{'takes' if len(able) == 1 else 'take'} work: {cores}"
            f"{with_cards}.",
        )


def _tested(requirements: Path) -> str:
    for line in requirements.read_text(encoding="utf-8").splitlines():
        wanted = line.split("#")[0].strip()
        if wanted and Requirement(wanted).name == "ray":
            return str(next(iter(Requirement(wanted).specifier)).version)
    return ""
