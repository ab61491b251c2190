"""What the study published, as rows to set beside one's own (80 test films, June 2020).

Only what the report states is here. Counts that could be worked back from its rounded
shares are left out, because the report does not state them.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.documents import Json
from core.models.registry import BASELINE


@dataclass(frozen=True)
class Published:
    """One network's row. Shares from 0 to 1; seconds on the authors' own GPU."""

    model: str
    title: str
    train_accuracy: float
    train_loss: float
    precision_healthy: float
    precision_covid: float
    recall_covid: float
    accuracy: float
    trainable_params: int
    seconds_per_epoch: float

    @property
    def weights(self) -> str:
        """What its weights had learnt before, in the words of ``core.models.learnt``."""
        return "from scratch" if self.model == BASELINE.name else "photographs"

    def row(self) -> Json:
        """Its row of ``core.evaluation.comparison.summary_table``."""
        return {
            "run": f"{self.title} (published)",
            "run_id": "",
            "model": self.title,
            "weights": self.weights,
            "dataset": "the study's",
            "accuracy": self.accuracy,
            "sensitivity": self.recall_covid,
            "precision covid": self.precision_covid,
            "precision healthy": self.precision_healthy,
            "train_accuracy": self.train_accuracy,
            "train_loss": self.train_loss,
            "trainable_params": self.trainable_params,
            "seconds_per_epoch": self.seconds_per_epoch,
        }


PUBLISHED = (
    Published(BASELINE.name, "CNN", 0.8814, 0.30, 0.77, 1.00, 0.70, 0.85, 2_008_930, 4),
    Published("vgg16", "VGG16", 0.9492, 0.15, 0.97, 0.95, 0.97, 0.96, 32_962, 4),
    Published("nasnetlarge", "NASNetLarge", 0.9873, 0.04, 0.95, 1.00, 0.95, 0.97, 258_242, 6),
    Published(
        "inceptionresnetv2", "InceptionResNetV2", 0.9619, 0.09, 1.00, 1.00, 1.00, 1.00, 98_498, 4
    ),
)
