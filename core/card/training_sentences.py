"""How a run was trained, as sentences: for the sections of a card and for its checklist."""

from __future__ import annotations

from core.card.facts import Facts
from core.specs import RunSpec
from core.text import count

# What every run notes of the software that trained it; its backend comes beside.
SOFTWARE = ("thoraxlens", "python", "keras", "numpy")
TITLES = {
    "thoraxlens": "ThoraxLens",
    "python": "Python",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
    "jax": "JAX",
    "numpy": "NumPy",
}
NOT_RECORDED = "not recorded"
OPTIMIZERS = {"nadam": "Nadam", "adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}


def split_sentences(facts: Facts) -> str:
    """How films came into training, validation and test."""
    repeat = facts.run.spec.repeat
    films = facts.films
    unknown = films.of_unknown_patients if films else 0
    but = f" {_but(unknown, films.films)}" if films and unknown else ""
    if repeat and repeat.kind == "folds":
        return f"Fold {repeat.index + 1} of {repeat.count}, grouped by patient.{but}"
    if facts.dataset is None:
        return ""
    if unknown and facts.dataset.split_by == "patient":
        how = "At random, stratified by class, and grouped by patient where the patient is known."
        return f"{how}{but} Seed {facts.dataset.seed}."
    how = {
        "study": "At random within each class, as the study did: films of one patient may be "
        "in several splits.",
        "patient": "At random, grouped by patient and stratified by class: no patient is in "
        "two splits.",
    }[facts.dataset.split_by]
    return f"{how} Seed {facts.dataset.seed}."


def _but(unknown: int, films: int) -> str:
    which = "The patients of these films" if unknown == films else (
        f"The patients of {unknown:,} of the {films:,} films"
    )  # fmt: skip
    return f"{which} are not known, so whether one is in two splits is not known either."


def training_sentences(facts: Facts) -> str:
    """The training in one or two sentences."""
    spec, result = facts.run.spec, facts.run.result
    words = (
        f"{OPTIMIZERS[spec.optimizer]}, learning rate {_learning_rate(facts)}, "
        f"batches of {spec.batch_size}, {result.epochs} epochs, dropout {spec.dropout:g}, "
        f"categorical cross-entropy"
    )
    words += head_words(spec)
    if spec.early_stopping:
        words += f", early stopping after {spec.early_stopping} epochs without gain"
    if spec.class_weighting:
        words += ", classes weighted"
    if spec.fine_tune:
        words += (
            f"; then the last {spec.fine_tune} blocks for up to {spec.fine_tune_epochs} epochs "
            f"at {spec.fine_tune_learning_rate:g}"
        )
    return words + "."


def head_words(spec: RunSpec) -> str:
    """“, a head without a hidden layer …”, where it is not the study's; empty otherwise."""
    parts = []
    if spec.head == "linear":
        parts.append("a head without a hidden layer (logistic regression)")
    if spec.vector_blocks > 1:
        parts.append(f"on the vectors of the last {spec.vector_blocks} blocks")
    if spec.l2:
        parts.append(f"L2 penalty {spec.l2:g}")
    if spec.augmented_copies:
        copies = count(spec.augmented_copies, "augmented copy", "augmented copies")
        parts.append(f"{copies} of each training film")
    return "".join(f", {one}" for one in parts)


def _learning_rate(facts: Facts) -> str:
    """The one that the network learnt with, which a search may have found, and its schedule."""
    spec, used = facts.run.spec, facts.run.result.learning_rate
    if not spec.find_learning_rate:
        # Without a search, the one asked for is the one used, even where nobody wrote it down.
        return f"{spec.learning_rate if used is None else used:g} ({spec.schedule})"
    if used is None:
        return f"{NOT_RECORDED} ({spec.schedule})"
    found = "found by trying many" if used != spec.learning_rate else "as asked for: no other found"
    return f"{used:g} ({found}; {spec.schedule})"


def settings_sentence(facts: Facts) -> str:
    """What it takes to repeat the run: the specs as JSON."""
    dataset = f"data set {facts.dataset.to_json()}" if facts.dataset else "the data set was deleted"
    return f"run {facts.run.spec.to_json()}; {dataset}"


def software_sentence(facts: Facts) -> str:
    """What the run was trained with, as it noted then; an old run noted less."""
    kept = facts.run.result.software or {}
    backend = facts.run.result.backend
    names = [*dict.fromkeys((*SOFTWARE, *kept))]
    if not kept and backend:
        names.insert(names.index("numpy"), backend)
    listed = ", ".join(f"{TITLES.get(name, name)} {kept.get(name, NOT_RECORDED)}" for name in names)
    precision = facts.run.result.precision_mode or NOT_RECORDED
    device = facts.run.device or NOT_RECORDED
    return f"Trained with {listed}; arithmetic: {precision}; device: {device}."
