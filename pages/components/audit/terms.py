"""What an audit's words mean, for somebody who has never met them."""

from __future__ import annotations

from core.audit.report import Finding

_V = (
    "**Cramér's V** is 0 when two things have nothing to do with each other, 1 when one tells "
    "the other."
)
_P = "**p** is how often chance alone would do as much; small means: this is no chance."
_RANGE = "A range in brackets is a 95 % interval: where the true value most likely lies."
_OWN = (
    "The network of this run itself, shown its test films with that part blacked out, so that "
    "there is nothing left to be diagnosed. A network that looks at lungs should then be guessing."
)
HELP = {
    "class_by_source": f"Source: the collection that a film was imported with. {_V} {_P}",
    "class_by_view": f"View: from behind (PA), from the front (AP), from the side. {_V} {_P}",
    "shared_patients": "Two films of one patient are much alike. A network that has seen one has "
    "seen most of the other.",
    "unknown_patients": "The patient of a film is known from a table, a DICOM header, or names of "
    "files and folders. Where nobody knows it, a patient may be in training and in test.",
    "near_duplicates": "Found by a perceptual hash, a short code that stays nearly the same when a "
    "picture is resized or compressed, and by comparing the pictures.",
    "heat_in_lungs": "Heat (HiResCAM): the places that the answer rests on. With random weights: "
    "where it lies when nothing has been learnt.",
    "own_lungs_blacked_out": _OWN,
    "own_middle_blacked_out": _OWN,
    "split_inflation": "Where films of one patient are in training and in test, recognising the "
    "patient is enough. Here the films are split both ways, to see what that is worth.",
    "untrained_network": "Random weights: the network has never seen a film; only its last step, "
    "a logistic regression, was fitted. McNemar's test compares two networks on the same films. "
    f"{_P}",
    "leak_inflation": "A leak: a test film that training has seen, be it another film of the same "
    "patient or nearly the same picture.",
}
_ABOUT_V = f"{_V} {_P}"
_ABOUT_PROBE = (
    "A simple classifier, trained on the training films and tried on the test films, that cannot "
    "see disease. The classes counted alike (balanced accuracy): the mean of the shares right in "
    f"each class, so that guessing gives the same whatever the class sizes. {_RANGE} {_P}"
)


def about(one: Finding) -> str:
    """What a check does, in Markdown of bold words only."""
    if one.check in HELP:
        return HELP[one.check]
    return _ABOUT_V if one.check.startswith("class_by_") else _ABOUT_PROBE
