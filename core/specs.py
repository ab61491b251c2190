"""What a user decides, as frozen and validated values that survive a trip through JSON.

A data set is reproducible from its ``DatasetSpec`` and the catalogue; a run from its
``RunSpec`` and the data set. Nothing here looks at disk or at the catalogue.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core import names
from core.documents import Json
from core.errors import SpecError
from core.spec_words import in_plain_words

LONGEST_NAME, LONGEST_CLASS_NAME = 64, 40
STORED = {"stored": True}  # the context in which a text is read that was written long ago
DEVICE = re.compile(r"auto|cpu|gpu:\d+")

Balance = Literal["undersample", "class_weights", "none"]
SplitBy = Literal["study", "patient"]
Preprocessing = Literal["model", "rescale"]
Optimizer = Literal["nadam", "adam", "sgd", "rmsprop"]
Schedule = Literal["constant", "cosine"]
RepeatKind = Literal["seeds", "folds"]
HeadKind = Literal["dense", "linear"]

SPLITS = ("train", "validation", "test")


class Spec(BaseModel):
    """Frozen; unknown fields are refused; errors are ``SpecError`` with plain words. A stored
    one may use the names that its fields had before."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    _spoken: ClassVar[str] = "This description"
    # What a field was called before 0.3 → what it is called now.
    _renamed: ClassVar[dict[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _by_todays_names(cls, fields: Any, info: ValidationInfo) -> Any:
        if info.context is not STORED or not isinstance(fields, dict):
            return fields
        stored: Json = dict(fields)
        for old, name in cls._renamed.items():
            if old in stored:
                stored[name] = stored.pop(old)
        return cls._as_today(stored)

    @classmethod
    def _as_today(cls, stored: Json) -> Json:
        """What was written long ago, in the words of today."""
        return stored

    @classmethod
    def build(cls, **fields: Any) -> Self:
        """Validate ``fields``. Raises SpecError naming each field that is wrong."""
        try:
            return cls(**fields)
        except ValidationError as error:
            raise SpecError(in_plain_words(cls._spoken, error)) from None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what ``to_json`` wrote. Raises SpecError."""
        try:
            return cls.model_validate_json(text, context=STORED)
        except ValidationError as error:
            raise SpecError(in_plain_words(cls._spoken, error)) from None

    def to_json(self) -> str:
        return self.model_dump_json()

    def as_dict(self) -> dict[str, Any]:
        """As a JSON object for other programs: what was renamed stands there by both names."""
        fields = self.model_dump(mode="json")
        return fields | {old: fields[name] for old, name in self._renamed.items()}

    def changed(self, **fields: Any) -> Self:
        """A validated copy with some fields replaced. Raises SpecError."""
        return type(self).build(**{**self.model_dump(), **fields})


def _named(longest: int) -> AfterValidator:
    def check(name: str, info: ValidationInfo) -> str:
        # What is stored keeps its name to the letter: predictions and runs go by it.
        tidy = name if info.context is STORED else names.tidy(name)
        if why := names.objection(tidy, longest):
            raise ValueError(why)
        return tidy

    return AfterValidator(check)


class ClassSpec(Spec):
    """One class of a data set: a set of films chosen by what the catalogue says.

    A film belongs that has any of ``findings`` and none of ``without``; with ``alone`` it has
    no finding besides ``findings``. One entry may be several findings joined (``A + B``): the
    film has them all. Without ``findings`` any film belongs whose finding is known and none
    of ``without``. ``views`` are normalised views; ``source_splits`` are the folder splits that a
    source came with (``train``, ``test`` …); for these and ``sources`` an empty tuple means
    "any".
    """

    _spoken = "This class"
    _renamed: ClassVar[dict[str, str]] = {"subsets": "source_splits"}

    name: Annotated[str, _named(LONGEST_CLASS_NAME)]
    findings: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    alone: bool = False
    sources: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    source_splits: tuple[str, ...] = ()

    @classmethod
    def _as_today(cls, stored: Json) -> Json:
        # Before films could have several findings, a class took those whose whole finding was
        # one of its own: that is ``alone``. Such a class is known by its want of ``without``.
        return stored if "without" in stored else stored | {"alone": True}

    @model_validator(mode="after")
    def _says_which_films(self) -> Self:
        if not self.findings and not self.without:
            raise ValueError("choose findings that its films have, or that they do not have")
        if self.alone and not self.findings:
            raise ValueError("choose the findings that its films have and no others")
        both = [one for one in self.findings if one in self.without]
        if both:
            raise ValueError(f"“{both[0]}” cannot be a finding to have and not to have at once")
        return self


class DatasetSpec(Spec):
    """How a data set is made. The first class is the positive one.

    Fractions follow the study: the test set is ``ceil(test_fraction · n)`` of each class
    and the validation set ``ceil(validation_fraction · rest)``. ``split_by``: ``patient`` keeps
    all films of a patient in one split, ``study`` divides film by film.
    """

    _spoken = "This data set"
    _renamed: ClassVar[dict[str, str]] = {"split": "split_by"}

    name: Annotated[str, _named(LONGEST_NAME)]
    classes: tuple[ClassSpec, ...] = Field(min_length=2)
    balance: Balance = "undersample"
    split_by: SplitBy = "patient"
    test_fraction: float = Field(0.20, gt=0, lt=1)
    validation_fraction: float = Field(0.25, gt=0, lt=1)
    image_size: int = Field(224, ge=32, le=1024)
    preprocessing: Preprocessing = "model"
    seed: int = Field(0, ge=0, lt=2**31)
    preset: Literal["study", "recommended", "four-classes", "adult-negatives", "custom"] = "custom"

    @model_validator(mode="after")
    def _classes_differ(self) -> Self:
        seen: dict[str, str] = {}
        for name in self.class_names:
            other = seen.setdefault(names.name_key(name), name)
            if other != name:
                raise ValueError(
                    f"two classes have the same name: “{other}” and “{name}” differ in capitals "
                    "or the width of letters only"
                )
        if len(seen) < len(self.classes):
            raise ValueError("two classes have the same name")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.classes)

    def as_dict(self) -> dict[str, Any]:
        return super().as_dict() | {"classes": [one.as_dict() for one in self.classes]}


class AugmentSpec(Spec):
    """Random changes to each training film; all zero and False means none.

    ``rotation`` in degrees, ``zoom`` and ``shift`` as fractions of the film's side,
    ``brightness`` as a fraction of the full grey range; each is the largest change
    in either direction, drawn uniformly.
    """

    _spoken = "This augmentation"

    rotation: float = Field(10.0, ge=0, le=180)
    zoom: float = Field(0.10, ge=0, le=0.5)
    shift: float = Field(0.05, ge=0, le=0.5)
    horizontal_flip: bool = True
    vertical_flip: bool = False
    brightness: float = Field(0.0, ge=0, le=0.5)


class RepeatSpec(Spec):
    """One of several runs that are one question: the same training with ``count`` other
    seeds, or on ``count`` folds. ``group`` names them; ``index`` counts from 0.

    A seed changes where the trained part starts, the order of films and the dropout. The
    frozen part and the augmented copies stay those of ``RunSpec.seed``. Folds are grouped by
    patient: each film of the data set is tested once.
    """

    _spoken = "These repeats"

    group: str = Field(pattern=r"^[A-Za-z0-9-]{1,64}$")
    kind: RepeatKind
    index: int = Field(ge=0)
    count: int = Field(ge=2, le=20)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.index >= self.count:
            raise ValueError("a repeat's index is less than their count")
        return self

    def in_words(self, finished: int) -> str:
        """All of them, of which so many have finished: “5 seeds”, “5 folds (3 of 5 finished)”."""
        words = f"{self.count} {self.kind}"
        return words if finished == self.count else f"{words} ({finished} of {self.count} finished)"


class RunSpec(Spec):
    """One training run. Defaults are the study's where it states them.

    ``weights`` is ``imagenet``, ``random`` or the path of a local ``.weights.h5`` file;
    for the CNN only ``random`` means anything. ``device`` is ``auto``, ``cpu`` or
    ``gpu:N``. ``early_stopping`` is a patience in epochs, None for never.
    ``image_size`` and ``preprocessing`` None mean: as the data set says.

    ``schedule``: how the learning rate goes over the epochs. ``find_learning_rate``: try
    many rates on a few batches first, and train with the one suggested instead of
    ``learning_rate``.

    For frozen backbones only: so many ``augmented_copies`` of each training film are
    learnt from beside the film itself; with 0, ``augment`` changes nothing for them.
    ``fine_tune`` blocks from the top are unfrozen after the head has been trained, for
    ``fine_tune_epochs`` more epochs at ``fine_tune_learning_rate``. With ``cache`` False
    everything is computed afresh and nothing is kept.

    ``vector_blocks``: the head gets the pooled vectors of so many blocks, counted from the top.
    ``head``: ``dense`` has a hidden layer, as in the study; ``linear`` has none, which is a
    logistic regression on vectors brought to mean 0 and deviation 1. ``l2``: the sum of the
    squares of the head's kernels, times this, is added to the training loss while the head
    learns.
    """

    _spoken = "This run"
    _renamed: ClassVar[dict[str, str]] = {"views": "augmented_copies"}

    dataset: str
    model: str
    weights: str = "imagenet"
    epochs: int = Field(50, ge=1, le=1000)
    batch_size: int = Field(32, ge=1, le=512)
    optimizer: Optimizer = "nadam"
    learning_rate: float = Field(1e-3, gt=0, le=1)
    schedule: Schedule = "constant"
    find_learning_rate: bool = False
    dropout: float = Field(0.3, ge=0, lt=1)
    augment: AugmentSpec | None = AugmentSpec()
    augmented_copies: int = Field(0, ge=0, le=16)
    early_stopping: int | None = Field(None, ge=1)
    class_weighting: bool = False
    vector_blocks: int = Field(1, ge=1, le=100)
    head: HeadKind = "dense"
    l2: float = Field(0.0, ge=0, le=1000)
    fine_tune: int = Field(0, ge=0, le=100)
    fine_tune_epochs: int = Field(10, ge=1, le=1000)
    fine_tune_learning_rate: float = Field(1e-5, gt=0, le=1)
    device: str = "auto"
    image_size: int | None = Field(None, ge=32, le=1024)
    preprocessing: Preprocessing | None = None
    seed: int = Field(0, ge=0, lt=2**31)
    repeat: RepeatSpec | None = None
    cache: bool = True

    @property
    def trained_seed(self) -> int:
        """What seeds the trained part: differs between repeats by seed."""
        moved = self.repeat.index if self.repeat and self.repeat.kind == "seeds" else 0
        return (self.seed + moved) % 2**31

    @field_validator("device")
    @classmethod
    def _device_can_be_named(cls, device: str) -> str:
        if not DEVICE.fullmatch(device):
            raise ValueError("choose auto, cpu or gpu:N, where N is a number")
        return device
