"""Everything that an audit can find out without a network."""

from __future__ import annotations

from collections.abc import Callable

from core.audit.associations import associations
from core.audit.audit_data import AuditData
from core.audit.check_result import CheckResult
from core.audit.leak_findings import of_leaks
from core.audit.leaks import Leaks, find_leaks
from core.audit.probes import PROBES, try_probe

Stage = Callable[[str], None]


def data_checks(
    material: AuditData, stage: Stage = lambda _: None
) -> tuple[list[CheckResult], Leaks]:
    """Associations, classifiers without lungs, and leaks. ``stage`` is told what begins."""
    stage("Comparing what is recorded of the classes")
    found = associations(material)
    shown = material.drawn()
    for one in PROBES:
        stage(f"Trying a classifier on {one.what}")
        found.append(try_probe(one, shown))
    del shown
    stage("Looking for test films that training has seen")
    leaks = find_leaks(material)
    return [*found, *of_leaks(material, leaks)], leaks
