"""The doctor names each fault of a cluster that is planted, and finds a whole one well."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from typing import Any

import pytest

from core.__main__ import main
from core.cluster.seen import SeenCluster, SeenNode
from core.doctor.cluster import ray
from core.doctor.observation import Observation
from core.workspace import RAY_VARIABLE

ADDRESS = "10.0.0.7:6379"
TESTED = "2.60.0"


def version(of: str | None) -> Callable[[str], str]:
    def version_of(name: str) -> str:
        if of is None:
            raise metadata.PackageNotFoundError(name)
        return of

    return version_of


def node(name: str, **more: Any) -> SeenNode:
    return SeenNode(**{"node": name, "name": name, "unfit": "", "cpus": 2.0} | more)


def found(*nodes: SeenNode, trouble: str = "", here: str | None = TESTED) -> list[Observation]:
    seen = SeenCluster(address=ADDRESS, nodes=nodes, trouble=trouble)
    return list(ray(ADDRESS, lambda address: seen, version(here)))


def test_without_a_cluster_nothing_is_looked_at() -> None:
    def look(address: str) -> SeenCluster:
        raise AssertionError("nobody named a cluster")

    [one] = ray("", look, version(None))
    assert (one.part, one.level) == ("Ray", "well")
    assert "all work runs on this machine" in one.sentence


def test_a_whole_cluster_is_well() -> None:
    [one] = found(node("a"), node("b", gpus=1.0))
    assert one.level == "well"
    assert one.sentence == (
        f"2 machines of the Ray cluster {ADDRESS} take work: 4 cores, 1 graphics card."
    )


def test_ray_that_is_missing_is_named() -> None:
    [one] = found(node("a"), here=None)
    assert one.level == "ill"
    assert "Ray is not installed here: pip install" in one.sentence


def test_another_version_of_ray_is_named() -> None:
    odd, well = found(node("a"), here="2.9.0")
    assert (odd.level, well.level) == ("note", "well")
    assert odd.sentence.startswith(f"Ray is here as 2.9.0; ThoraxLens is tested with {TESTED}.")


def test_a_cluster_that_does_not_answer_is_named() -> None:
    [one] = found(trouble="Nothing answers at 10.0.0.7:6379 (Connection refused).")
    assert one.level == "ill"
    assert "Nothing answers at 10.0.0.7:6379 (Connection refused)." in one.sentence


def test_a_machine_that_differs_is_named_and_the_others_work() -> None:
    differs = "b gets no work: it has Keras 3.0, and this machine has Keras 3.15."
    noted, well = found(node("a"), node("b", unfit=differs))
    assert (noted.level, noted.sentence) == ("note", differs)
    assert well.sentence.startswith("1 machine of the Ray cluster")
    [alone] = found(node("b", unfit=differs))
    assert alone.level == "ill", "nothing can work"


def test_machines_that_are_silent_or_gone_are_named() -> None:
    silent, gone, well = found(
        node("a"),
        node("b", unfit=None),
        node("c", gone="It is gone."),
        node("a", gone="It is gone."),
    )
    assert silent.sentence.startswith("b is in the cluster and has not answered.")
    assert gone.sentence.startswith("No longer in the cluster: c.")
    assert (silent.level, gone.level, well.level) == ("note", "note", "well")


def test_the_command_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv(RAY_VARIABLE, "")
    monkeypatch.setenv("THORAXLENS_DATA", "")  # which --data sets, and a test must set back
    monkeypatch.setattr("core.doctor.installation.computing", lambda devices: iter(()))
    said = "Nothing answers at 127.0.0.1:1" if find_spec("ray") else "Ray is not installed here"
    folder = ["--data", str(tmp_path / "new")]
    assert main(["doctor", "--json", "--ray", "127.0.0.1:1", *folder]) == 1
    told = json.loads(capsys.readouterr().out)
    [one] = [one for one in told["observations"] if one["part"] == "Ray"]
    assert one["level"] == "ill"
    assert said in one["sentence"]
