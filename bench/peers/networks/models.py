# SPDX-License-Identifier: Apache-2.0
"""The networks, with random weights: torchvision's, and a U-Net."""

import torch
from torch import nn


def block(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [
            nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Down in steps of two and up again by transposed convolutions, each step joined with what it
    was on the way down."""

    def __init__(self, channels: int = 32, steps: int = 4, classes: int = 2) -> None:
        super().__init__()
        widths = [channels << step for step in range(steps + 1)]
        pairs = list(zip(widths, widths[1:]))
        self.first = block(3, channels)
        self.down = nn.ModuleList(block(narrow, wide) for narrow, wide in pairs)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(wide, narrow, 2, stride=2) for narrow, wide in reversed(pairs)
        )
        self.join = nn.ModuleList(block(2 * narrow, narrow) for narrow, _ in reversed(pairs))
        self.last = nn.Conv2d(channels, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        passed = []
        for down in self.down:
            passed.append(x)
            x = down(self.pool(x))
        for up, join in zip(self.up, self.join):
            x = join(torch.cat((passed.pop(), up(x)), 1))
        return self.last(x)


def make(name: str) -> nn.Module:
    if name == "unet":
        return UNet()
    import torchvision

    return getattr(torchvision.models, name)(weights=None)


def settled(name: str, images: torch.Tensor) -> nn.Module:
    """With random weights, the same each time, and with the statistics of these images in its batch
    norms, so that numbers stay about as large from layer to layer."""
    torch.manual_seed(0)
    model = make(name)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model.train()
    with torch.no_grad():
        model(images)
    return model.eval()
