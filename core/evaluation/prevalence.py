"""What an answer is worth where the finding is as frequent as somebody says.

Sensitivity and specificity belong to the network; how often a positive answer is right
depends as well on how many of the people have the finding at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from core.errors import InputError
from core.evaluation.bootstrap import Interval
from core.evaluation.intervals import Share

PEOPLE = 1000


@dataclass(frozen=True)
class Worth:
    """What answers are worth at one prevalence (0 to 1).

    ``ppv``: of those called positive, the share that are; ``npv``: of those called negative,
    the share that are. None where nobody is called so. The intervals carry those of
    sensitivity and specificity.
    """

    prevalence: float
    sensitivity: Share
    specificity: Share
    ppv: float | None
    ppv_interval: Interval
    npv: float | None
    npv_interval: Interval


@dataclass(frozen=True)
class Thousand:
    """So many people, in whole persons: ``found``, ``missed``, ``alarms``, ``cleared``."""

    found: int
    missed: int
    alarms: int
    cleared: int

    @property
    def called_positive(self) -> int:
        return self.found + self.alarms

    @property
    def called_negative(self) -> int:
        return self.missed + self.cleared


def worth(sensitivity: Share, specificity: Share, prevalence: float) -> Worth:
    """Bayes' theorem, for a prevalence strictly between 0 and 1; else raises InputError.

    The intervals move the odds: of log(sensitivity / (1 − specificity)) and
    log((1 − sensitivity) / specificity), whose two parts err independently (MOVER, G. Y. Zou,
    A. Donner, Statistics in Medicine 27 (2008) 1693), from the parts' Wilson intervals.
    """
    if not 0 < prevalence < 1:
        raise InputError(f"The prevalence must lie between 0 and 1, not at {prevalence:g}.")
    alarm = (1 - specificity.value, _turned(specificity.interval))
    missed = (1 - sensitivity.value, _turned(sensitivity.interval))
    odds = prevalence / (1 - prevalence)
    ppv, ppv_interval = _of_ratio((sensitivity.value, sensitivity.interval), alarm, odds)
    npv, npv_interval = _of_ratio((specificity.value, specificity.interval), missed, 1 / odds)
    return Worth(prevalence, sensitivity, specificity, ppv, ppv_interval, npv, npv_interval)


def of_people(found: Worth, people: int = PEOPLE) -> Thousand:
    """What happens to ``people`` people, rounded so that all of them are somewhere."""
    sick = round(found.prevalence * people)
    caught = round(found.sensitivity.value * sick)
    well = people - sick
    cleared = round(found.specificity.value * well)
    return Thousand(caught, sick - caught, well - cleared, cleared)


def _turned(interval: Interval) -> Interval:
    return 1 - interval[1], 1 - interval[0]


def _of_ratio(
    right: tuple[float, Interval], wrong: tuple[float, Interval], odds: float
) -> tuple[float | None, Interval]:
    """right · odds / (right · odds + wrong) and its interval."""
    (value, (low, high)), (other, (other_low, other_high)) = right, wrong
    share = value * odds / (value * odds + other) if value * odds + other > 0 else None
    if min(value, other) > 0 and min(low, other_low) > 0:
        # Distances on the logarithm, put together as those of independent numbers are.
        down = ((log(value / low)) ** 2 + (log(other_high / other)) ** 2) ** 0.5
        up = ((log(high / value)) ** 2 + (log(other / other_low)) ** 2) ** 0.5
        middle = log(value / other)
        ends = [_logistic(middle - down, odds), _logistic(middle + up, odds)]
    else:
        # No logarithm of 0: the ends that suit the share worst and best, a little wide.
        ends = [
            _part(low * odds, other_high),
            _part(high * odds, other_low),
        ]
    return share, (ends[0], ends[1])


def _part(right: float, wrong: float) -> float:
    return right / (right + wrong) if right + wrong > 0 else 0.0


def _logistic(log_ratio: float, odds: float) -> float:
    return _part(exp(log_ratio) * odds, 1.0)
