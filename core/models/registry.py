"""Every network that a run can use. No keras: pages read this.

Parameter counts are those of docs/study.md; the contract tests compare them with what is built.
"""

from __future__ import annotations

from core.errors import InputError
from core.models.backbone import Backbone
from core.models.backbones import BACKBONES
from core.models.baseline import CNN
from core.models.network import Network


def _network(row: Backbone) -> Network:
    family = row.family
    return Network(
        name=row.name,
        title=row.title,
        builder=family.builder.format(title=row.title),
        preprocessing=family.preprocessing,
        feature_channels=row.channels,
        min_image_size=family.min_image_size,
        citation=family.citation,
        summary=row.summary,
        multiply_adds=row.multiply_adds,
        frozen_params=row.params,
        sources=row.sources,
        blocks=family.blocks,
        block_channels=row.block_channels,
        torch_names=family.torch_names,
    )


NETWORKS: dict[str, Network] = {one.name: one for one in (CNN, *map(_network, BACKBONES))}
STUDY_NETWORKS = tuple(NETWORKS)[:4]  # those that the study compared stand first
BASELINE = CNN  # what the study trained from nothing
# For somebody without a wish: it has learnt from photographs and comes with ThoraxLens.
FIRST_CHOICE = NETWORKS["efficientnetlite0"]
SMALLEST_FROZEN = min(
    (one for one in NETWORKS.values() if one.is_frozen), key=lambda one: one.counts().total
)


def get_network(name: str) -> Network:
    """The network called ``name``. Raises InputError listing those there are."""
    try:
        return NETWORKS[name]
    except KeyError:
        raise InputError(
            f"There is no model called “{name}”. Choose one of: {', '.join(NETWORKS)}."
        ) from None


def from_keras() -> list[Network]:
    """Those that keras.applications builds, under their titles."""
    return [one for one in NETWORKS.values() if one.builder.startswith("keras.applications:")]


def network_title(name: str) -> str:
    """“VGG16” for ``vgg16``; the name itself when this version does not know the network."""
    return NETWORKS[name].title if name in NETWORKS else name
