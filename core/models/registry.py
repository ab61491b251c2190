"""Every network that a run can use, as frozen facts. No keras: pages read this.

Parameter counts are those of docs/study.md; the contract tests compare them with what is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import InputError
from core.models.backbones import BACKBONES, Backbone
from core.models.preprocess import KINDS
from core.models.weight_sources import WeightSource

HEAD_UNITS = 64
DEFAULT_INPUT_SIZE = 224

_CNN_CONVOLUTIONS = 402_976  # the seven convolutions of the study's table, any film size
_CNN_NORM = 4 * HEAD_UNITS  # gamma, beta, and the two moving averages that do not train
_CNN_LAST_CHANNELS = 32
_CNN_SHRINKS = 8  # three poolings by 2


@dataclass(frozen=True)
class Counts:
    """Parameters of one built model; ``trainable`` is the part that a run changes."""

    total: int
    trainable: int


@dataclass(frozen=True)
class ModelSpec:
    """One network. Counts are for 2 classes at ``input_size``. ``sources``: the published
    weights that there are for it; none for the CNN, which learns everything itself."""

    name: str
    title: str
    family: Literal["cnn", "backbone"]
    application: str
    preprocessing: str
    feature_channels: int
    backbone_params: int
    total_params: int
    trainable_params: int
    min_image_size: int
    citation: str
    summary: str
    sources: tuple[WeightSource, ...] = ()
    input_size: int = DEFAULT_INPUT_SIZE

    @property
    def has_pretrained(self) -> bool:
        return bool(self.sources)

    def source(self, learnt: str) -> WeightSource | None:
        """The weights that have learnt this (``imagenet``, ``chest``), or None."""
        return next((one for one in self.sources if one.learnt == learnt), None)


def _head_params(channels: int, classes: int) -> int:
    return (channels + 1) * HEAD_UNITS + (HEAD_UNITS + 1) * classes


def _cnn_counts(image_size: int, classes: int) -> Counts:
    flat = (image_size // _CNN_SHRINKS) ** 2 * _CNN_LAST_CHANNELS
    total = _CNN_CONVOLUTIONS + _head_params(flat, classes) + _CNN_NORM
    return Counts(total, total - _CNN_NORM // 2)


def _backbone_counts(row: Backbone, classes: int) -> Counts:
    head = _head_params(row.channels, classes)
    return Counts(row.params + head, head)


def _from_row(row: Backbone) -> ModelSpec:
    counts = _backbone_counts(row, 2)
    return ModelSpec(
        name=row.name,
        title=row.title,
        family="backbone",
        application="" if row.packaged else row.title,
        preprocessing=row.family.preprocessing,
        feature_channels=row.channels,
        backbone_params=row.params,
        total_params=counts.total,
        trainable_params=counts.trainable,
        min_image_size=row.family.min_image_size,
        citation=row.family.citation,
        summary=row.summary,
        sources=row.sources,
    )


_CNN_STUDY = _cnn_counts(DEFAULT_INPUT_SIZE, 2)

MODELS: dict[str, ModelSpec] = {
    "cnn": ModelSpec(
        name="cnn",
        title="CNN",
        family="cnn",
        application="",
        preprocessing="rescale",
        feature_channels=_CNN_LAST_CHANNELS,
        backbone_params=0,
        total_params=_CNN_STUDY.total,
        trainable_params=_CNN_STUDY.trainable,
        min_image_size=32,
        citation="The study's own baseline (Granada, June 2020)",
        summary="A small network of seven convolutions that learns everything from the "
        "films of the data set.",
    ),
    **{row.name: _from_row(row) for row in BACKBONES},
}


STUDY_MODELS = tuple(MODELS)[:4]  # the networks that the study compared stand first


def get_model(name: str) -> ModelSpec:
    """The network called ``name``. Raises InputError listing those there are."""
    try:
        return MODELS[name]
    except KeyError:
        raise InputError(
            f"There is no model called “{name}”. Choose one of: {', '.join(MODELS)}."
        ) from None


def parameter_counts(name: str, image_size: int = DEFAULT_INPUT_SIZE, classes: int = 2) -> Counts:
    """Exact counts for films of ``image_size`` pixels a side. Raises InputError."""
    spec = get_model(name)
    check_shape(spec, image_size, classes)
    if spec.family == "cnn":
        return _cnn_counts(image_size, classes)
    head = _head_params(spec.feature_channels, classes)
    return Counts(spec.backbone_params + head, head)


def check_shape(spec: ModelSpec, image_size: int, classes: int) -> None:
    """Raises InputError when the network cannot be built for this film size or class count."""
    if image_size < spec.min_image_size:
        raise InputError(
            f"{spec.title} needs films of at least {spec.min_image_size} pixels a side, "
            f"and {image_size} was asked for. Choose a larger image size."
        )
    if classes < 2:
        raise InputError(f"A model tells at least 2 classes apart, and {classes} was asked for.")


def preprocessing_kind(name: str, choice: str, weights: str = "imagenet") -> str:
    """The kind that ``preprocess`` takes, for a spec's choice ``model`` or ``rescale``.

    ``weights``: what the spec says of them, since weights that have learnt something else may
    want films prepared in another way. A kind itself passes through. A network that takes
    ``raw`` grey levels divides by 255 itself, so it gets them for ``rescale`` too; one that
    has learnt from chest X-rays between -1024 and 1024 would see nothing in 0 to 1, so it gets
    its own as well. Raises InputError for anything else.
    """
    network = get_model(name)
    source = network.source(weights)
    own = source.preprocessing if source else network.preprocessing
    if choice == "model" or (choice == "rescale" and own in ("raw", "xrv")):
        return own
    if choice in KINDS:
        return choice
    raise InputError(f"There is no preprocessing called “{choice}”. Choose model or rescale.")
