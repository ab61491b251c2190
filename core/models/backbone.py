"""What a row of the table of backbones says. No keras."""

from __future__ import annotations

from dataclasses import dataclass

from core.models.families import Family
from core.models.weight_sources import WeightSource


@dataclass(frozen=True)
class Backbone:
    """One network without its top.

    ``title``: also its name in ``keras.applications``, where that has it. ``channels``: of
    the last feature map. ``params``: all weights without the top, moving averages included.
    ``multiply_adds``: as ``Network`` says.
    ``block_channels``: of the map that each of the family's blocks ends with, the last first,
    where a head can have the vectors of several.
    ``weights_hash``: empty where Keras publishes none. ``kept_as``: the file's name on this
    computer where Keras gives it another than on its server. ``packaged``: the weights, where
    a Python package brings them instead. ``also``: weights that have learnt something else.
    """

    title: str
    family: Family
    channels: int
    params: int
    multiply_adds: float
    weights_hash: str
    summary: str
    kept_as: str = ""
    packaged: WeightSource | None = None
    also: tuple[WeightSource, ...] = ()
    block_channels: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.title.lower()

    @property
    def sources(self) -> tuple[WeightSource, ...]:
        """The weights that there are for it, photographs first."""
        return (self.packaged or self._published(), *self.also)

    def _published(self) -> WeightSource:
        """Keras's own, under the names and addresses that ``keras.applications`` uses."""
        there = self.family.file.format(name=self.name)
        return WeightSource(
            "imagenet",
            self.kept_as or there,
            self.family.preprocessing,
            url=self.family.folder + there,
            hash=self.weights_hash,
        )
