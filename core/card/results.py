"""What a card says of a run's results on its test films, and of its threshold."""

from __future__ import annotations

from core.card.document import Picture, Section, Table
from core.card.facts import Facts
from core.errors import InputError
from core.evaluation.decision import WHO
from core.evaluation.performance import performance, target_words
from core.figures.picture import confusion_png
from core.text import NONE, capital, chosen, count, interval, percent


def results_section(facts: Facts) -> Section:
    test = facts.test
    if not test.films:
        return Section("Results on the test films", ("This run has no test films.",))
    intro = (
        f"{count(test.films, 'film')} that took no part in training or in the choice of the "
        f"epoch. {facts.decision.sentence()}{_doubts(facts)} Intervals are 95 %: Wilson's for "
        "shares, a bootstrap over patients for F1 and areas."
        + (f" {facts.resampled}" if facts.resampled else "")
    )
    picture = Picture(
        confusion_png(test, "Test films"), "Confusion matrix of the test films, as counts."
    )
    return Section("Results on the test films", (intro, _shares(facts), picture))


def _shares(facts: Facts) -> Table:
    """Each measure with the films behind it and its interval."""
    test, positive = facts.test, facts.test.classes[0]
    diagonal, called = test.confusion.diagonal(), test.confusion.sum(axis=0)
    found = test.positives - test.false_negatives
    clear = test.negatives - test.false_positives
    shares = [
        ("accuracy", "Accuracy: films called rightly", int(diagonal.sum()), test.films),
        ("sensitivity", f"Sensitivity: {positive} films found", found, test.positives),
        ("specificity", f"Specificity: other films not called {positive}", clear, test.negatives),
        *_others(facts),
        *(
            (f"precision {name}", f"Precision: films called {name} that are so", *pair)
            for name, pair in zip(test.classes, zip(diagonal, called, strict=True), strict=True)
        ),
    ]
    rows = [
        (
            words,
            f"{hits} of {films}",
            percent(hits / films if films else None),
            interval(facts.intervals.get(key)),
        )
        for key, words, hits, films in shares
    ]
    for key, words, value in (
        ("f1", f"F1 of {positive}", test.f1),
        ("roc_auc", "Area under the ROC curve", test.roc_auc),
        ("average_precision", "Area under the precision–recall curve", test.average_precision),
    ):
        rows.append((words, NONE, percent(value), interval(facts.intervals.get(key))))
    return Table(("Measure", "Films", "Value", "95 % interval"), tuple(rows), numeric=1)


def _others(facts: Facts) -> list[tuple[str, str, int, int]]:
    """With several classes, how many films of each but the first get their own."""
    test = facts.test
    if len(test.classes) == 2:
        return []
    return [
        (f"recall {name}", f"Recall: {name} films called so", int(row[place]), int(row.sum()))
        for place, (name, row) in enumerate(zip(test.classes, test.confusion, strict=True))
        if place
    ]


def threshold_section(facts: Facts) -> Section:
    title = "The threshold"
    if facts.point is None:
        why = f" ({facts.decision.problem})" if facts.decision.problem else ""
        return Section(
            title,
            (f"It has no threshold of its own{why}: each film gets its most probable class.",),
        )
    point, test, plain = facts.point, facts.test, facts.plain
    rule = (
        f"{capital(WHO[point.chosen_by])}, on the validation films, so that "
        f"{chosen(point.target_sensitivity)} of the {point.positive} films are found: a film "
        f"is called {point.positive} from a probability of {point.threshold:.3f} on, and between "
        f"{point.not_sure[0]:.3f} and {point.not_sure[1]:.3f} the answer is “not sure”."
        f"{_promised(facts)}"
    )
    came = (
        f"On the test films it finds {test.positives - test.false_negatives} of "
        f"{test.positives} and raises {count(test.false_positives, 'false alarm')} on "
        f"{count(test.negatives, 'other film')}. Probabilities were calibrated with the "
        f"temperature {point.temperature:.2f}. With each film's most probable class instead, it "
        f"would find {plain.positives - plain.false_negatives} and raise "
        f"{count(plain.false_positives, 'false alarm')}."
    )
    return Section(title, (rule, came))


def _promised(facts: Facts) -> str:
    """What the validation films behind the threshold are enough for; nothing without them."""
    assert facts.point
    try:
        return f" {target_words(facts.point, performance(facts.point, facts.raw))}"
    except InputError:
        return ""


def _doubts(facts: Facts) -> str:
    """How many of the films counted here get no answer elsewhere."""
    if not facts.unsure:
        return ""
    films = "film" if facts.unsure == 1 else "films"
    return (
        f" For {facts.unsure} {films} near the threshold the answer is “not sure”; here they "
        "count for their side of the threshold."
    )
