"""One network as facts and abilities: what everybody asks, resolved once and passed on. No keras.

Pages and workers get a ``Network`` from ``core.models.registry`` and pass it on; nobody asks
what a network is called to know what it can do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import InputError
from core.models.blocks import Block
from core.models.preprocess import KINDS, KINDS_THAT_RESCALE
from core.models.weight_sources import WeightSource, named_radimagenet
from core.specs import HeadKind, RunSpec
from core.text import count

HEAD_UNITS = 64
STUDY_SIZE = 224  # pixels a side


@dataclass(frozen=True)
class Counts:
    """Parameters of one built network; ``trainable`` is the part that a run changes."""

    total: int
    trainable: int


@dataclass(frozen=True)
class HeadForm:
    """What stands on a frozen backbone: ``kind`` and ``l2`` as in RunSpec, on the vectors of
    ``blocks`` blocks from the top."""

    kind: HeadKind = "dense"
    blocks: int = 1
    l2: float = 0.0

    @classmethod
    def of(cls, spec: RunSpec) -> HeadForm:
        """The one that a run asks for."""
        return cls(spec.head, spec.vector_blocks, spec.l2)


STUDY_HEAD = HeadForm()


@dataclass(frozen=True)
class Network:
    """One architecture.

    ``name``: in specs, addresses and files; ``title``: on the screen. ``builder``:
    ``module:function`` that builds the graph; only workers load it. ``preprocessing``: how its
    films are prepared (see preprocess.py). ``feature_channels``: of the last feature map.
    ``min_image_size``: smallest film side in pixels. ``sources``: published weights, those of
    photographs first. ``blocks``: what fine-tuning can unfreeze, the last first.
    ``block_channels``: of the map that each of these ends with, for networks whose head can
    have the vectors of several; empty for the others.
    ``torch_names``: ``module:function`` that says how PyTorch names its weights.
    ``multiply_adds``: billions of multiplications that one film of STUDY_SIZE pixels takes, those
    of convolutions and dense layers: how long a training may take is worked out from it.

    ``frozen_params``: all weights of the part that does not learn, None for a network that
    learns as a whole, which brings ``counts_as_a_whole`` (film side, classes → Counts) instead.
    """

    name: str
    title: str
    builder: str
    preprocessing: str
    feature_channels: int
    min_image_size: int
    citation: str
    summary: str
    multiply_adds: float
    frozen_params: int | None = None
    counts_as_a_whole: Callable[[int, int], Counts] | None = None
    sources: tuple[WeightSource, ...] = ()
    blocks: tuple[Block, ...] = ()
    block_channels: tuple[int, ...] = ()
    torch_names: str = ""

    @property
    def is_frozen(self) -> bool:
        """Whether only a head on top learns, on vectors that can be kept."""
        return self.frozen_params is not None

    @property
    def can_fine_tune(self) -> bool:
        """Whether blocks of the frozen part can be unfrozen."""
        return bool(self.blocks)

    @property
    def has_pretrained(self) -> bool:
        """Whether somebody has published weights for it."""
        return bool(self.sources)

    @property
    def weights_bytes(self) -> int:
        """About how large a file with the weights of its frozen part is: float32, no top."""
        return 4 * (self.frozen_params or 0)

    @property
    def default_weights(self) -> str:
        """What a run starts from when nobody says otherwise."""
        return "imagenet" if self.has_pretrained else "random"

    def source(self, weights: str) -> WeightSource | None:
        """The weights that have learnt this (``imagenet``, ``chest``), or that a file of this
        name or path holds, by the name; None for others."""
        learnt = "radimagenet" if named_radimagenet(weights) else weights
        return next((one for one in self.sources if one.learnt == learnt), None)

    @property
    def most_vectors(self) -> int:
        """Of how many blocks, at most, the head can have the vectors."""
        return max(1, len(self.block_channels))

    def vector_length(self, blocks: int = 1) -> int:
        """Numbers in the pooled vectors of so many blocks from the top. Raises InputError for
        more than this network offers."""
        if not 1 <= blocks <= self.most_vectors:
            raise InputError(
                f"The head of {self.title} can have the vectors of at most "
                f"{count(self.most_vectors, 'block')}, and {blocks} were asked for. Choose fewer."
            )
        return sum(self.block_channels[:blocks]) if blocks > 1 else self.feature_channels

    def counts(
        self, image_size: int = STUDY_SIZE, classes: int = 2, form: HeadForm = STUDY_HEAD
    ) -> Counts:
        """Exact counts for films of ``image_size`` pixels a side. Raises InputError."""
        self.check_shape(image_size, classes)
        if self.frozen_params is None:
            assert self.counts_as_a_whole is not None
            return self.counts_as_a_whole(image_size, classes)
        head = head_params(self.vector_length(form.blocks), classes, form.kind)
        return Counts(self.frozen_params + head, head)

    def check_shape(self, image_size: int, classes: int) -> None:
        """Raises InputError when it cannot be built for this film size or class count."""
        if image_size < self.min_image_size:
            raise InputError(
                f"{self.title} needs films of at least {self.min_image_size} pixels a side, "
                f"and {image_size} was asked for. Choose a larger image size."
            )
        if classes < 2:
            raise InputError(
                f"A network tells at least 2 classes apart, and {classes} was asked for."
            )

    def last_blocks(self, count: int) -> tuple[Block, ...]:
        """The ``count`` blocks nearest the head, the last first. Raises InputError for more
        than there are."""
        if not 0 <= count <= len(self.blocks):
            raise InputError(
                f"{self.title} has {len(self.blocks)} blocks that can be fine-tuned, and "
                f"{count} were asked for. Choose fewer."
            )
        return self.blocks[:count]

    def preprocessing_for(self, choice: str, weights: str = "imagenet") -> str:
        """The kind that ``preprocess`` takes, for a spec's choice ``model`` or ``rescale``.

        ``weights``: what the spec says of them, since weights that have learnt something else
        may want films prepared in another way. A kind itself passes through. A network that
        takes ``raw`` grey levels divides by 255 itself, so it gets them for ``rescale`` too;
        one that has learnt from chest X-rays between -1024 and 1024 would see nothing in 0 to
        1, so it gets its own as well, and so does RadImageNet's. Raises InputError for
        anything else.
        """
        source = self.source(weights)
        own = source.preprocessing if source else self.preprocessing
        if choice == "model" or (choice == "rescale" and own not in KINDS_THAT_RESCALE):
            return own
        if choice in KINDS:
            return choice
        raise InputError(f"There is no preprocessing called “{choice}”. Choose model or rescale.")


def head_params(channels: int, classes: int, kind: HeadKind = "dense") -> int:
    """Parameters of the head on a vector of so many channels."""
    if kind == "linear":
        return (channels + 1) * classes
    return (channels + 1) * HEAD_UNITS + (HEAD_UNITS + 1) * classes
