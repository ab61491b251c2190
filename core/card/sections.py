"""A run's card, section by section, from its facts."""

from __future__ import annotations

import time

from core.card.claim import claim_section
from core.card.document import CardLevel, ModelCard, Section, Table
from core.card.facts import Facts
from core.card.results import results_section, threshold_section
from core.card.slices_section import slices_section
from core.card.training_sentences import (
    settings_sentence,
    software_sentence,
    split_sentences,
    training_sentences,
)
from core.datasets.correcting import corrected_sentences
from core.evaluation.slice_sentences import slice_name
from core.external.external_sentences import external_headline, external_verdict
from core.external.report import Comparison
from core.models.learnt import learnt_before, learnt_short, random_backbone
from core.models.registry import get_network
from core.specs import SPLITS
from core.text import count, interval, percent

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
    named = f"{network} on {run.spec.dataset}"
    title = f"Model card: {run.called or named}"
    trained = time.strftime("%d %B %Y", time.gmtime(run.finished_at)) if run.finished_at else ""
    subtitle = f"Run {run.run_id}" + (f", trained on {trained}" if trained else "")
    if run.origin.mark:
        subtitle += f"; {run.origin.mark}"
    told, level = _verdict(facts)
    sections = (
        _use(facts),
        results_section(facts),
        slices_section(facts),
        threshold_section(facts),
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
    origin, spec = facts.run.origin, facts.run.spec
    about = []
    if facts.run.called:  # what the title of the card would say otherwise
        network = get_network(spec.model).title
        about.append(f"{network} ({learnt_short(spec)}), trained on {spec.dataset}.")
    if origin.note:
        about.append(origin.note)
    if origin.licence:
        about.append(f"Licence: {origin.licence}.")
    return Section("What it is for", (goal, *about, NOT_A_DIAGNOSIS))


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
        (
            aspect,
            slice_name(aspect.lower(), value),
            *(_of_class(of.get(name, 0), films.of_class(name)) for name in names),
        )
        for aspect, values in films.aspects.items()
        for value, of in sorted(values.items())
    ]
    return Section(
        title,
        (
            split_sentences(facts),
            *corrected_sentences(films.corrected),
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
