"""The items of CLAIM that a run can fill by itself, and those that its authors must.

Source: A. S. Tejani et al., Checklist for Artificial Intelligence in Medical Imaging (CLAIM):
2024 Update, Radiology: Artificial Intelligence 6 (2024) e240300. Items are named here in a
few words of our own; the checklist itself says what each one asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.card.document import Section, Table
from core.card.facts import Facts
from core.card.training_sentences import (
    settings_sentence,
    software_sentence,
    split_sentences,
    training_sentences,
)
from core.datasets.choosing import in_words
from core.models.learnt import from_scratch, learnt_short, weights_source
from core.models.registry import get_network
from core.text import capital, count, percent

FOR_AUTHORS = "For the authors: nothing in the program knows this."


@dataclass(frozen=True)
class Item:
    """One item of the checklist, and what the run says to it (empty: the authors must)."""

    number: int
    name: str
    filled: str = ""


def items(facts: Facts) -> tuple[Item, ...]:
    """All 44 items in order."""
    run, spec = facts.run, facts.dataset
    network = get_network(run.spec.model)
    test = facts.test
    sources = facts.films.sources if facts.films else []
    known = f"Sources: {', '.join(sources)}." if sources else ""
    audited = f"Shortcut audit: {facts.audit_sentence}" if facts.audit_sentence else ""
    outside = "; ".join(one.comparison.source for one in facts.external)
    kind = facts.card.preprocessing
    goal = f"To tell {' from '.join(facts.predictions.classes)} on single chest X-ray films."
    heats = (
        "Heat maps from the last feature map: gradient times activation, place by place "
        "(HiResCAM, R. L. Draelos and L. Carin, 2020)."
    )
    filled = {
        1: "Deep learning: a convolutional network that classifies images.",
        5: "Retrospective: films that had been collected before.",
        6: goal,
        7: known,
        8: _criteria(facts),
        9: f"Films resized to {facts.card.image_size} × {facts.card.image_size} pixels, "
        f"grey levels {_PREPARED.get(kind, f'prepared as “{kind}”')}.",
        10: f"{_BALANCED[spec.balance]}." if spec else "",
        11: "File names and identifiers as the sources publish them; of DICOM headers, "
        "patients' numbers are kept as salted hashes only.",
        12: "A film whose view, sex or age its source does not give counts as not recorded.",
        14: "The finding that the source states for each film.",
        16: known and f"{known} Each film's finding is the one that its source states.",
        19: split_sentences(facts),
        20: _disjoint(facts),
        22: f"{network.title} ({network.citation}): {facts.run.result.total_params:,} "
        f"parameters, {facts.run.result.trainable_params:,} of them trained.",
        23: software_sentence(facts),
        24: f"Weights at the start: {_weights(facts)}; seed {run.spec.trained_seed}.",
        25: training_sentences(facts),
        26: f"The epoch with the lowest validation loss (epoch {run.result.best_epoch}).",
        27: "None: one network.",
        28: "Sensitivity, specificity, precision, F1, accuracy, areas under the ROC and the "
        "precision–recall curve.",
        29: "95 % intervals: Wilson's for shares, a bootstrap over patients for F1 and areas.",
        30: audited,
        31: heats,
        32: f"{count(test.films, 'test film')} that took no part in training or in choosing the "
        "epoch.",
        33: f"Tested on: {outside}." if outside else "",
        35: _films(facts),
        36: "See the table of the films above." if spec else "",
        37: f"Accuracy {percent(test.accuracy)}; with intervals in the table of results.",
        38: "Sensitivity and specificity with intervals in the table of results.",
        39: _failures(test.classes[0], test.false_negatives, test.false_positives),
        40: "See “What to keep in mind”.",
        42: f"All settings: {settings_sentence(facts)}",
    }
    return tuple(Item(number, name, filled.get(number, "")) for number, name in NAMES.items())


def claim_section(facts: Facts) -> Section:
    """The checklist as the last part of a card."""
    every = items(facts)
    done = sum(bool(one.filled) for one in every)
    intro = (
        f"CLAIM is the checklist that journals of radiology ask for (2024 update, 44 items). "
        f"This run fills {done} of them; the others are for its authors."
    )
    rows = tuple((str(one.number), one.name, one.filled or FOR_AUTHORS) for one in every)
    return Section("CLAIM checklist", (intro, Table(("Item", "Asks for", "Here"), rows)))


def _criteria(facts: Facts) -> str:
    if facts.dataset is None:
        return ""
    parts = []
    for one in facts.dataset.classes:
        chosen = [
            f"{what} {', '.join(values)}"
            for what, values in (
                ("finding", (in_words(one),)), ("source", one.sources),
                ("view", one.views), ("folder", one.source_splits),
            )
            if values
        ]  # fmt: skip
        parts.append(f"{one.name}: {'; '.join(chosen)}.")
    return " ".join(parts)


def _disjoint(facts: Facts) -> str:
    if facts.films is None or facts.dataset is None:
        return ""
    if facts.films.of_unknown_patients:
        return "Films: the patients of some are not known."
    return "Patients." if facts.dataset.split_by == "patient" or _by_patient(facts) else "Films."


def _by_patient(facts: Facts) -> bool:
    return bool(facts.run.spec.repeat and facts.run.spec.repeat.kind == "folds")


# In an article's words; the kinds: core.models.preprocess, core.specs.
_PREPARED = {
    "rescale": "divided by 255",
    "raw": "as they are, from 0 to 255",
    "tf": "scaled to lie between -1 and 1",
    "caffe": "less the mean of ImageNet's photographs, in the order blue, green, red",
    "torch": "divided by 255, then normalised by mean and deviation of ImageNet's photographs",
    "xrv": "scaled to lie between -1024 and 1024",
    "radimagenet": "less the mean of ImageNet's photographs, in the order blue, green, red, and "
    "divided by 255",
}
_BALANCED = {
    "undersample": "The same number of films in each class, drawn by chance",
    "class_weights": "All films; in training, mistakes on a rare class weigh more",
    "none": "All films, as many of each class as there are",
}


def _failures(positive: str, missed: int, alarms: int) -> str:
    told = f"{count(missed, 'film')} of {positive} missed, {count(alarms, 'film')} called so by "
    return f"{capital(told)}mistake; the Compare page shows them."


def _weights(facts: Facts) -> str:
    said = learnt_short(facts.run.spec)
    if weights_source(facts.run.spec) == "nothing":
        return f"random ({said})" if from_scratch(facts.run.spec) else "random"
    return f"{said} (hash {facts.card.backbone_hash[:16]}…)"


def _films(facts: Facts) -> str:
    splits = facts.predictions.splits
    return ", ".join(f"{len(facts.predictions.of(one))} {one}" for one in splits) + " films."


NAMES = {
    1: "Title: a study of AI, and of which kind",
    2: "Structured abstract",
    3: "Background, intended use and role of the AI",
    4: "Aims and hypotheses",
    5: "Prospective or retrospective",
    6: "Goal of the study",
    7: "Where the data come from",
    8: "Who was included and excluded",
    9: "How images were prepared",
    10: "How a part of the data was chosen",
    11: "De-identification",
    12: "Missing data",
    13: "How images were acquired",
    14: "Definition of the reference standard",
    15: "Why this reference standard",
    16: "Who annotated, and their experience",
    17: "Annotation of the test set",
    18: "Agreement between annotators",
    19: "How data were assigned to splits",
    20: "At which level the splits are apart",
    21: "How the size of the test set was chosen",
    22: "The model in detail",
    23: "Software",
    24: "How parameters were initialised",
    25: "How it was trained",
    26: "How the final model was chosen",
    27: "Ensembles",
    28: "Measures of performance",
    29: "Measures of uncertainty",
    30: "Robustness and sensitivity analyses",
    31: "Explainability",
    32: "Internal testing",
    33: "External testing",
    34: "Registration of a trial",
    35: "Numbers of patients and films",
    36: "Demographic and clinical characteristics",
    37: "Performance in each split",
    38: "Diagnostic accuracy with its precision",
    39: "Failures",
    40: "Limits",
    41: "Meaning for practice",
    42: "Protocol and technical details",
    43: "Availability of software, model and data",
    44: "Funding and role of funders",
}
