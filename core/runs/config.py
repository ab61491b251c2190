"""What it takes to build a run's network again. No Keras here: pages read this too."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from core.documents import Document
from core.models.network import HeadForm
from core.specs import HeadKind

Count = Annotated[int, Field(ge=0)]


class RunConfig(Document):
    """What it takes to rebuild a run's network, apart from its weights.

    ``preprocessing`` is the resolved kind that ``core.models.preprocess`` takes.
    ``weights`` is what the run was started with: ``random`` or the path of the backbone's
    file. ``backbone_hash``: SHA-256 over the frozen weights in order (empty for the CNN),
    so that another file of the same name, or a random backbone that another Keras would
    draw differently, is noticed before it classifies anything. ``fine_tune``: how many of
    its last blocks the run has changed since then. ``vector_blocks`` and ``head``: the form of
    its head, as in RunSpec.
    """

    VERSION: ClassVar[int] = 2  # 2: the form of the head
    SPOKEN: ClassVar[str] = "The description of this run"
    REMEDY: ClassVar[str] = "Train the run again."

    run_id: str
    model: str
    classes: tuple[str, ...] = Field(min_length=2)
    image_size: int = Field(ge=1, le=10_000)
    preprocessing: str
    dropout: float = Field(ge=0, lt=1)
    seed: Count
    weights: str
    backbone_hash: str
    fine_tune: Count = 0
    vector_blocks: int = Field(1, ge=1, le=100)
    head: HeadKind = "dense"

    @property
    def head_form(self) -> HeadForm:
        """The head that stands on its backbone."""
        return HeadForm(self.head, self.vector_blocks)
