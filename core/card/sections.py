"""A run's card, section by section, from its facts."""

from __future__ import annotations

import time

from core.card.claim import claim_section
from core.card.document import CardLevel, ModelCard, Picture, Section, Table
from core.card.facts import Facts
from core.card.training_sentences import (
    settings_sentence,
    software_sentence,
    split_sentences,
    training_sentences,
)
from core.errors import InputError
from core.evaluation.decision import WHO
from core.evaluation.performance import performance, target_words
from core.external.external_sentences import external_headline, external_verdict
from core.external.report import Comparison
from core.figures.picture import confusion_png
from core.models.learnt import learnt_before, learnt_short, random_backbone
from core.models.registry import get_network
from core.specs import SPLITS
from core.text import NONE, capital, count, interval, percent

NOT_A_DIAGNOSIS = (
    "For teaching and research on chest X-rays. It is not a medical device, and what it says of "
    "a film is not a diagnosis."
)
_LEVELS: dict[str, CardLevel] = {
    "do_not_believe": "bad",
    "caution": "caution",
    "no_shortcut_found": "good",
}


def model_card(facts: Facts) -> ModelCard:
    """The whole card."""
    run = facts.run
    network = f"{get_network(run.spec.model).title} ({learnt_short(run.spec)})"
    title = f"Model card: {network} on {run.spec.dataset}"
    trained = time.strftime("%d %B %Y", time.gmtime(run.finished_at)) if run.finished_at else ""
    subtitle = f"Run {run.run_id}" + (f", trained on {trained}" if trained else "")
    told, level = _verdict(facts)
    sections = (
        _use(facts),
        _results(facts),
        _aim(facts),
        _audit(facts),
        _external(facts),
        _data(facts),
        _keep_in_mind(facts),
        _training(facts),
        claim_section(facts),
    )
    return ModelCard(title, subtitle, told, level, sections)


def _verdict(facts: Facts) -> tuple[str, CardLevel]:
    audit = facts.audited.result
    if audit is None:
        return (
            "Nobody has looked for shortcuts in this run yet, so its numbers may mean less than "
            "they seem to.",
            "unknown",
        )
    level = _LEVELS[audit.verdict]
    # A clean bill of something else is none; a bad one is not lifted by a change.
    if facts.audited.stale and level == "good":
        level = "unknown"
    return facts.audit_sentence, level


def _use(facts: Facts) -> Section:
    goal = f"Tells {' from '.join(facts.predictions.classes)} on single chest X-ray films."
    return Section("What it is for", (goal, NOT_A_DIAGNOSIS))


def _results(facts: Facts) -> Section:
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


def _aim(facts: Facts) -> Section:
    title = "The threshold"
    if facts.point is None:
        why = f" ({facts.decision.problem})" if facts.decision.problem else ""
        return Section(
            title,
            (f"It has no threshold of its own{why}: each film gets its most probable class.",),
        )
    point, test, plain = facts.point, facts.test, facts.plain
    chosen = (
        f"{capital(WHO[point.chosen_by])}, on the validation films, so that "
        f"{percent(point.target_sensitivity, 0)} of the {point.positive} films are found: a film "
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
    return Section(title, (chosen, came))


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
        "count as the threshold calls them."
    )


def _audit(facts: Facts) -> Section:
    title = "Shortcuts and leaks"
    audit = facts.audited.result
    if audit is None:
        return Section(title, ("Not audited.",))
    words = {
        "do_not_believe": "speaks against",
        "caution": "caution",
        "no_shortcut_found": "nothing found",
        "not_checked": "not checked",
    }
    rows = tuple((one.title, words[one.level], one.sentence) for one in audit.findings)
    return Section(title, (facts.audit_sentence, Table(("Check", "Result", "In words"), rows)))


def _external(facts: Facts) -> Section:
    title = "Films from elsewhere"
    if not facts.external:
        return Section(
            title, ("Not tested on any other source: how it does elsewhere is not known.",)
        )
    parts: list[str | Table] = [facts.decision.sentence()]
    for one in facts.external:
        found = one.comparison
        parts += [
            *filter(None, (one.stale, external_headline(found), external_verdict(found))),
            _sides(found),
        ]
    return Section(title, tuple(parts))


def _sides(found: Comparison) -> Table:
    rows = []
    for name, key in (
        ("Sensitivity", "sensitivity"),
        ("False positive rate", "false_positive_rate"),
        ("Area under the ROC curve", "auc"),
    ):
        cells = [name]
        for side in (found.internal, found.external):
            rate = getattr(side, key)
            cells.append(f"{percent(rate.value)} ({interval(rate.interval)})")
        rows.append(tuple(cells))
    head = ("Measure", "Own test films", found.source)
    return Table(head, tuple(rows), numeric=1)


def _data(facts: Facts) -> Section:
    title = "The films"
    films = facts.films
    if films is None:
        return Section(title, ("The data set was deleted; only its predictions are left.",))
    names = films.spec.class_names
    splits = tuple(
        (
            name,
            *(str(films.counts[name].get(split, 0)) for split in SPLITS),
            _patients(*films.patients[name]),
        )
        for name in names
    )
    head = ("Class", "Training", "Validation", "Test", "Patients")
    rows = [
        (aspect, value, *(_of_class(of.get(name, 0), films.of_class(name)) for name in names))
        for aspect, values in films.aspects.items()
        for value, of in sorted(values.items())
    ]
    return Section(
        title,
        (
            split_sentences(facts),
            Table(head, splits, numeric=1),
            Table(("Known of them", "Value", *names), tuple(rows), numeric=2),
        ),
    )


def _patients(known: int, unknown: int) -> str:
    """“12”, “12, and 3 films of unknown ones”, or “unknown”."""
    if not unknown:
        return str(known)
    return f"{known}, and {count(unknown, 'film')} of unknown ones" if known else "unknown"


def _of_class(films: int, all_films: int) -> str:
    return f"{films} ({percent(films / all_films if all_films else None, 0)})"


def _keep_in_mind(facts: Facts) -> Section:
    limits = list(facts.bias_warnings)
    if random_backbone(facts.run.spec):
        limits.append(learnt_before(facts.run.spec))
    if not facts.external:
        limits.append("It has not been tested on films from another source.")
    if not facts.run.spec.repeat:
        limits.append("One training with one seed: another seed gives somewhat other numbers.")
    return Section("What to keep in mind", tuple(limits))


def _training(facts: Facts) -> Section:
    result = facts.run.result
    return Section(
        "The network and its training",
        (
            f"{get_network(facts.run.spec.model).title}, {result.total_params:,} parameters, "
            f"{result.trainable_params:,} of them trained, on films of "
            f"{facts.card.image_size} × {facts.card.image_size} pixels. "
            f"{learnt_before(facts.run.spec)}",
            training_sentences(facts),
            f"Kept is epoch {result.best_epoch}, the one with the lowest validation loss.",
            software_sentence(facts),
            f"To repeat it: {settings_sentence(facts)}",
        ),
    )
