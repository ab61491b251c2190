"""What an answer is worth where the finding is as frequent as somebody says.

Sensitivity and specificity belong to the network; how often a positive answer is right
depends as well on how many of the people have the finding at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from core.errors import InputError
from core.statistics import Interval
from core.statistics.mover import mover
from core.statistics.proportions import Proportion

PEOPLE = 1000


@dataclass(frozen=True)
class PredictiveValues:
    """What answers are worth at one prevalence (0 to 1).

    ``ppv``: of those called positive, the proportion that are; ``npv``: of those called
    negative, the proportion that are. None where nobody is called so. The intervals carry those
    of sensitivity and specificity.
    """

    prevalence: float
    sensitivity: Proportion
    specificity: Proportion
    ppv: float | None
    ppv_interval: Interval
    npv: float | None
    npv_interval: Interval


@dataclass(frozen=True)
class NaturalFrequencies:
    """What happens to so many people, in whole persons (G. Gigerenzer, U. Hoffrage, Psychol.
    Rev. 102 (1995) 684: understood where percentages are not)."""

    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int

    @property
    def called_positive(self) -> int:
        return self.true_positives + self.false_positives

    @property
    def called_negative(self) -> int:
        return self.false_negatives + self.true_negatives


def predictive_values(
    sensitivity: Proportion, specificity: Proportion, prevalence: float
) -> PredictiveValues:
    """Bayes' theorem, for a prevalence strictly between 0 and 1; else raises InputError.

    The intervals move the odds: of log(sensitivity / (1 − specificity)) and
    log((1 − sensitivity) / specificity), whose two parts err independently
    (``core.statistics.mover``), from the parts' Wilson intervals.
    """
    if not 0 < prevalence < 1:
        raise InputError(f"The prevalence must lie between 0 and 1, not at {prevalence:g}.")
    false_alarm = (1 - specificity.value, _complement(specificity.interval))
    miss = (1 - sensitivity.value, _complement(sensitivity.interval))
    odds = prevalence / (1 - prevalence)
    ppv, ppv_interval = _of_ratio((sensitivity.value, sensitivity.interval), false_alarm, odds)
    npv, npv_interval = _of_ratio((specificity.value, specificity.interval), miss, 1 / odds)
    return PredictiveValues(
        prevalence, sensitivity, specificity, ppv, ppv_interval, npv, npv_interval
    )


def natural_frequencies(values: PredictiveValues, people: int = PEOPLE) -> NaturalFrequencies:
    """What happens to ``people`` people, rounded so that all of them are somewhere."""
    positives = round(values.prevalence * people)
    true_positives = round(values.sensitivity.value * positives)
    negatives = people - positives
    true_negatives = round(values.specificity.value * negatives)
    return NaturalFrequencies(
        true_positives, positives - true_positives, negatives - true_negatives, true_negatives
    )


def _complement(interval: Interval) -> Interval:
    return 1 - interval[1], 1 - interval[0]


def _of_ratio(
    right: tuple[float, Interval], wrong: tuple[float, Interval], odds: float
) -> tuple[float | None, Interval]:
    """right · odds / (right · odds + wrong) and its interval."""
    (value, (low, high)), (other, (other_low, other_high)) = right, wrong
    share = value * odds / (value * odds + other) if value * odds + other > 0 else None
    if min(low, other_low) > 0:
        logs = [(log(low), log(high)), (log(other_low), log(other_high))]
        down, up = mover((log(value), log(other)), logs, (1.0, -1.0))
        return share, (_part(exp(down) * odds, 1.0), _part(exp(up) * odds, 1.0))
    # No logarithm of 0: the ends that suit the proportion worst and best, a little wide. A
    # Wilson interval's upper end is never 0, so neither is divided by 0.
    return share, (_part(low * odds, other_high), _part(high * odds, other_low))


def _part(right: float, wrong: float) -> float:
    return right / (right + wrong)
