"""planted shortcuts: how often an audit finds them, and how often it raises a false alarm

20 data sets of phantoms, 60 patients a class, one film each; the same films without a shortcut
and with each of five. Every second data set comes without lung masks. Checks on films alone, no
network. Found: the verdict is not “no shortcut found”, and a check that can see this
shortcut says so. False alarm: any other verdict on a data set without a shortcut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.report import head, row
from bench.settings import Settings
from core.audit.check_result import after_holm
from core.audit.checks import data_checks
from core.audit.verdict import judge_findings
from core.statistics.proportions import wilson
from tools.planted import EXPECTED, PLANTS, clean, material_of

CLEAN = "none"


def table(settings: Settings, folder: Path) -> Iterator[str]:
    alarms: dict[str, Counter[str]] = {name: Counter() for name in (CLEAN, *PLANTS)}
    raised: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for number in range(settings.planted_sets):
        drawn = clean(number, settings.planted_per_class)
        for name in (CLEAN, *PLANTS):
            rng = np.random.default_rng([number, 11])
            one = PLANTS[name](drawn, rng) if name in PLANTS else drawn
            material = material_of(one, folder, masks=number % 2 == 0)
            findings = after_holm(data_checks(material)[0])
            verdict, _ = judge_findings(findings, test_films=len(material.rows("test")))
            loud = {one.check for one in findings if one.clause}
            alarms[name][verdict] += 1
            if name == CLEAN:
                raised.update(loud)
            else:
                found[name] += verdict != "no_shortcut_found" and bool(loud & {*EXPECTED[name]})
    sets = settings.planted_sets
    yield head(
        "shortcut", "data sets", "found", "95 % interval", "do not believe", "caution",
        "no shortcut found",
    )  # fmt: skip
    for name, verdicts in alarms.items():
        low, high = wilson(found[name], sets) or (0.0, 1.0)
        told = f"{found[name]} ({100 * found[name] / sets:.0f} %)"
        yield row(
            name, str(sets), "–" if name == CLEAN else told,
            "–" if name == CLEAN else f"{100 * low:.0f}–{100 * high:.0f} %",
            *(str(verdicts[one]) for one in ("do_not_believe", "caution", "no_shortcut_found")),
        )  # fmt: skip
    wrong = sets - alarms[CLEAN]["no_shortcut_found"]
    low, high = wilson(wrong, sets) or (0.0, 1.0)
    told = ", ".join(f"{one} {count}" for one, count in raised.items()) or "none"
    yield (
        f"\nFalse alarms: {wrong} of {sets} ({100 * low:.0f}–{100 * high:.0f} %), by check: {told}"
    )
