"""What it takes to build a run's network again. No Keras here: pages read this too."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import NotFoundError
from core.files import written_whole


@dataclass(frozen=True)
class RunConfig:
    """What it takes to rebuild a run's network, apart from its weights.

    ``preprocessing`` is the resolved kind that ``core.models.preprocess`` takes.
    ``weights`` is what the run was started with: ``random`` or the path of the backbone's
    file. ``backbone_hash``: SHA-256 over the frozen weights in order (empty for the CNN),
    so that another file of the same name, or a random backbone that another Keras would
    draw differently, is noticed before it classifies anything. ``fine_tune``: how many of
    its last blocks the run has changed since then.
    """

    run_id: str
    model: str
    classes: tuple[str, ...]
    image_size: int
    preprocessing: str
    dropout: float
    seed: int
    weights: str
    backbone_hash: str
    fine_tune: int = 0

    def save(self, path: Path) -> None:
        with written_whole(path) as temporary:
            temporary.write_text(
                json.dumps(asdict(self), indent=2, ensure_ascii=False), encoding="utf-8"
            )

    def _check(self) -> None:
        """Raises ValueError for what no network can be built from."""
        words = (self.run_id, self.model, self.preprocessing, self.weights, self.backbone_hash)
        numbers = (self.image_size, self.seed, self.fine_tune)
        if not all(isinstance(one, str) for one in (*words, *self.classes)):
            raise ValueError("a name in it is not text")
        if not all(type(one) is int and one >= 0 for one in numbers) or not self.image_size:
            raise ValueError("a number in it is not a whole number of at least 0")
        if not (isinstance(self.dropout, int | float) and 0 <= self.dropout < 1):
            raise ValueError("its dropout is not a number from 0 to 1")
        if len(self.classes) < 2 or self.image_size > 10_000:
            raise ValueError("it has fewer than two classes, or films of a size that none has")

    @classmethod
    def load(cls, path: Path) -> RunConfig:
        """Read what ``save`` wrote. Raises NotFoundError when it is missing or damaged."""
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            card = cls(**{**fields, "classes": tuple(fields["classes"])})
            card._check()
            return card
        except OSError as error:
            why = f"{path}: {error.strerror or error}"
        except (ValueError, LookupError, TypeError, AttributeError):
            why = f"{path} is damaged"
        raise NotFoundError(
            f"The description of this run cannot be read ({why}). Train the run again."
        )
