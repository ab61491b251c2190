"""DenseNet121 as torchvision and TorchXRayVision build it, written in PyTorch for comparison.

Layers and names are those of ``torchvision.models.densenet`` (one input channel and batch
normalisation with epsilon 1e-5, as TorchXRayVision's); imported only where PyTorch is installed.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

GROWTH, START, BLOCKS = 32, 64, (6, 12, 24, 16)


class DenseLayer(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.relu1 = nn.BatchNorm2d(channels), nn.ReLU()
        self.conv1 = nn.Conv2d(channels, 4 * GROWTH, 1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm2d(4 * GROWTH), nn.ReLU()
        self.conv2 = nn.Conv2d(4 * GROWTH, GROWTH, 3, padding=1, bias=False)

    def forward(self, x: Any) -> Any:
        new = self.conv2(self.relu2(self.norm2(self.conv1(self.relu1(self.norm1(x))))))
        return torch.cat([x, new], 1)


class DenseNet(nn.Module):
    """Films float32 (n, 1, S, S) → vectors (n, 1024) by ``vectors``."""

    def __init__(self) -> None:
        super().__init__()
        parts: list[tuple[str, nn.Module]] = [
            ("conv0", nn.Conv2d(1, START, 7, stride=2, padding=3, bias=False)),
            ("norm0", nn.BatchNorm2d(START)),
            ("relu0", nn.ReLU()),
            ("pool0", nn.MaxPool2d(3, stride=2, padding=1)),
        ]
        channels = START
        for number, count in enumerate(BLOCKS, 1):
            layers = [
                (f"denselayer{i + 1}", DenseLayer(channels + i * GROWTH)) for i in range(count)
            ]
            parts.append((f"denseblock{number}", nn.Sequential(OrderedDict(layers))))
            channels += count * GROWTH
            if number < len(BLOCKS):
                parts.append((f"transition{number}", _transition(channels)))
                channels //= 2
        parts.append(("norm5", nn.BatchNorm2d(channels)))
        self.features = nn.Sequential(OrderedDict(parts))
        self.classifier = nn.Linear(channels, 18)

    def vectors(self, films: Any) -> Any:
        return torch.relu(self.features(films)).mean(dim=(2, 3))


def _transition(channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(),
            conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
            pool=nn.AvgPool2d(2, stride=2),
        )
    )


def drawn(seed: int) -> DenseNet:
    """One with random weights and averages that are not those of a beginning."""
    torch.manual_seed(seed)
    network = DenseNet()
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network
