"""Hand-written models, each in a style of its own."""

from __future__ import annotations

from collections import OrderedDict, namedtuple

import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
from torch import Tensor, nn


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5, padding="same")
        self.fc1 = nn.Linear(16 * 7 * 7, 20)
        self.fc2 = nn.Linear(20, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x), inplace=True)
        x = x.view(x.size(0), -1)
        x = F.dropout(F.relu(self.fc1(x)), 0.3, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


class Loops(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(n, m, 3, padding=1), nn.BatchNorm2d(m), nn.ReLU(True))
            for n, m in ((3, 4), (4, 8), (8, 8))
        )
        self.heads = nn.ModuleDict({"a": nn.Linear(8, 2), "b": nn.Linear(8, 3)})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        for at, stage in enumerate(self.stages):
            y = stage(x)
            x = x + y if at == 2 else y
        x = x.mean([2, 3])
        return {name: head(x) for name, head in self.heads.items()}


class Reused(nn.Module):
    """One activation for all, one layer applied twice, weights that two layers share."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.LeakyReLU(0.2, inplace=True)
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.tied = nn.Conv2d(4, 4, 3, padding=1)
        self.tied.weight, self.tied.bias = self.again.weight, self.again.bias

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.first(x))
        x = self.act(self.again(x))
        x = self.act(self.again(x))
        return self.tied(x)


Pair = namedtuple("Pair", ["logits", "features"])


class Several(nn.Module):
    """Two inputs, a named tuple of results, and a head in training alone."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 4, 1), nn.Conv2d(2, 4, 1)
        self.head, self.aux = nn.Linear(4, 5), nn.Linear(4, 2)

    def forward(self, image: Tensor, depth: Tensor) -> Pair | tuple[Pair, Tensor]:
        x = torch.add(self.left(image), self.right(depth))
        features = torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1)
        made = Pair(self.head(features), features)
        return (made, self.aux(features)) if self.training else made


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        y += x
        y.mul_(0.5)
        identity = y
        F.relu_(y)
        y = y + identity
        y -= 1
        return y.clamp_(0, 6) / 3


class Cut(nn.Module):
    """Channels in parts, shuffled, and joined again."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.up = nn.ConvTranspose2d(8, 2, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        a, b = x.chunk(2, dim=1)
        x = torch.cat((a, self.conv(b)), dim=1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)
        x = torch.cat([x[:, :3], x[:, 3:]], 1)
        small = F.interpolate(x[:, :, ::2, ::2], scale_factor=2, mode="bilinear")
        x = self.up(x + small[:, :, : x.shape[2], :])
        return F.pixel_shuffle(F.pad(x, (0, 0, 1, 1, 0, 2)), 2)


class SqueezeExcite(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(8, 2), nn.ReLU(), nn.Linear(2, 8), nn.Sigmoid())
        self.spatial = nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        b, c, _, _ = x.size()
        weight = self.fc(F.adaptive_avg_pool2d(x, 1).view(b, c)).view(b, c, 1, 1)
        x = x * weight.expand_as(x)
        pooled = torch.cat([x.mean(1, keepdim=True), torch.max(x, 1, keepdim=True)[0]], 1)
        return x * torch.sigmoid(self.spatial(pooled))


class ChannelsLast(nn.Module):
    """ConvNeXt's block, and the same over tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.out = nn.LayerNorm(6), nn.LayerNorm(6, eps=1e-6)
        self.up, self.down = nn.Linear(6, 24), nn.Linear(24, 6)
        self.gamma = nn.Parameter(torch.full((6,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x.permute(0, 2, 3, 1))
        y = self.gamma * self.down(F.gelu(self.up(y)))
        x = x + y.permute(0, 3, 1, 2)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.down(F.gelu(self.up(self.out(tokens))))
        return tokens.mean(1)


class Arithmetic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2, 0.3, 0.1]))
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = (x - self.mean) / self.std[None, :, None, None]
        x = self.conv(x) * torch.tensor(0.7)
        x = x * F.relu6(x + 3) / 6 + x * torch.sigmoid(x)
        return 1 - torch.maximum(x, x.neg()) + F.hardtanh(x + 3, 0, 6) / 6


class Blocks(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                conv=nn.Conv2d(3, 8, 3, stride=2, padding=(1, 0), padding_mode="reflect"),
                none=nn.Identity(),
                pool=nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False),
                act=nn.PReLU(8),
                norm=nn.GroupNorm(2, 8),
                flat=nn.Flatten(),
                drop=nn.Dropout(0.2),
                fc=nn.LazyLinear(4) if False else nn.Linear(8 * 4 * 3, 4),
            )
        )


class OneAxis(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 8, 5, stride=2, dilation=2)
        self.norm = nn.BatchNorm1d(8)
        self.lstm = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool1d(F.elu(self.norm(self.conv(x))), 3)
        return self.lstm(F.adaptive_max_pool1d(x, 1).squeeze(-1))


class StdConv2d(nn.Conv2d):
    """A convolution with standardised weights."""

    eps = 1e-6
    unbiased = False

    def forward(self, x: Tensor) -> Tensor:
        w = self.weight
        w = w - w.mean((1, 2, 3), keepdim=True)
        w = w / torch.sqrt(w.var((1, 2, 3), unbiased=self.unbiased, keepdim=True) + self.eps)
        return F.conv2d(x, w, self.bias, self.stride, self.padding, self.dilation, self.groups)


class GRN(nn.Module):
    """Global response normalisation over a map with channels last."""

    eps = 1e-6

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, 1, dim))
        self.beta = nn.Parameter(torch.zeros(1, 1, 1, dim))

    def forward(self, x: Tensor) -> Tensor:
        of_channel = torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True)
        share = of_channel / (of_channel.mean(dim=-1, keepdim=True) + self.eps)
        return self.gamma * (x * share) + self.beta + x


class BlurPool2d(nn.Module):
    """A blur with binomials, of which every other position is kept."""

    def __init__(self, channels: int, filt_size: int = 3) -> None:
        super().__init__()
        self.filt_size, self.stride, self.channels = filt_size, 2, channels
        line = torch.tensor({3: [1.0, 2, 1], 5: [1.0, 4, 6, 4, 1]}[filt_size])
        kernel = torch.outer(line, line) / line.sum() ** 2
        self.register_buffer("filt", kernel.repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, [(self.filt_size - 1) // 2] * 4, "reflect")
        return F.conv2d(x, self.filt, stride=self.stride, groups=self.channels)


class LayerNorm(nn.Module):
    """Over the channels of a map that come first, as ConvNeXt's authors write it."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + self.eps)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class Generator(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Linear(10, 32),
            nn.Unflatten(1, (8, 2, 2)),
            nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False),
            nn.ReLU(True),
            nn.AdaptiveAvgPool2d((4, 4)),
            nn.ConvTranspose2d(4, 1, 3, 2, 1, output_padding=1, groups=1),
            nn.Tanh(),
        )


class KnownByName(nn.Module):
    """Layers that are known by name, each written out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = StdConv2d(3, 4, 3, padding=1, stride=2)
        self.blur = BlurPool2d(4, 5)
        self.channels = LayerNorm(4)
        self.norm = GRN(4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.channels(self.blur(self.conv(x)))
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
