"""What is lifted of models in many styles: the text, the names, and that it computes the same."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnngen.lifting.torch import watching
from cnngen.lifting.traced import UnliftableError
from cnngen.ops import Map, Shape
from lifting.round_trip import Trip, lifted
from lifting.test_torch_models import CASES, randomise
from lifting.torch_models import Several


def same(model: nn.Module, *shapes: Shape, renamed: bool = False) -> str:
    """The network and its blocks as text, without the first comment."""
    randomise(model)
    trip: Trip = lifted(model, list(shapes), "torch", "Net")
    assert all(each.holds for each in trip.compared), trip.compared
    assert bool(trip.renamed) == renamed, trip.renamed
    return trip.text.partition("\n\n")[2]


SAYABLE = [case for case in CASES if case[0] is not Several]


@pytest.mark.parametrize(
    ("kind", "shapes"), SAYABLE, ids=lambda each: getattr(each, "__name__", "")
)
def test_hand_written_models_compute_the_same(kind: type[nn.Module], shapes: list[Shape]) -> None:
    model = kind()
    randomise(model)
    trip = lifted(model, shapes, "torch")
    assert all(each.holds for each in trip.compared), (trip.compared, trip.text)


def test_side_heads_beside_several_outputs_are_refused() -> None:
    with pytest.raises(UnliftableError, match="in training alone, beside several outputs"):
        lifted(Several(), [Map((5, 5), 3), Map((5, 5), 2)], "torch")


class Inverted(nn.Module):
    """With an expansion but for the first, and a shortcut where shapes allow it."""

    def __init__(self, inp: int, oup: int, stride: int, expand_ratio: int) -> None:
        super().__init__()
        hidden = inp * expand_ratio
        layers: list[nn.Module] = []
        if expand_ratio != 1:
            layers += [nn.Conv2d(inp, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6()]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, oup, 1, bias=False),
            nn.BatchNorm2d(oup),
        ]
        self.conv = nn.Sequential(*layers)
        self.use_res_connect = stride == 1 and inp == oup

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return x + y if self.use_res_connect else y


def test_what_some_uses_lack_stands_under_a_condition() -> None:
    with watching():
        model = nn.Sequential(
            Inverted(8, 4, 1, 1), Inverted(4, 6, 2, 3), Inverted(6, 6, 1, 3), Inverted(6, 8, 2, 3)
        )
    assert same(model, Map((16, 16), 8)) == (
        """# `lifting.test_lifted.Inverted`.
block inverted(oup, expand_ratio, stride=1) {
    residual shortcut=match {
        conv: {
            if expand_ratio != 1 { conv expand_ratio * channels 1x1, bn, relu6 }
            depthwise_conv 3x3 stride=stride pad=1, bn, relu6
            conv oup 1x1, bn
        }
    }
}

network Net {
    input 16x16x8
    "0": inverted 4 1               -> 16x16x4
    "1": inverted 6 3 stride=2      -> 8x8x6
    "2": inverted 6 3
    "3": inverted 8 3 stride=2      -> 4x4x8
}
"""
    )


class Dense(nn.Module):
    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.depth = depth
        for i in range(depth):
            self.add_module(f"layer{i + 1}", nn.Conv2d(channels + 4 * i, 4, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        found = [x]
        for i in range(self.depth):
            found.append(torch.relu(getattr(self, f"layer{i + 1}")(torch.cat(found, 1))))
        return torch.cat(found, 1)


def test_a_dense_pattern_is_a_loop_with_counted_labels() -> None:
    with watching():
        model = nn.Sequential(Dense(4, 3), nn.Conv2d(16, 6, 1), Dense(6, 4))
    text = same(model, Map((6, 6), 4))
    assert (
        """block dense_block(depth) {
    for i in range(depth) {
        concat {
            identity
            layer[i + 1]: conv 4 3x3 pad=1, relu
        }
    }
}
"""
        in text
    )
    assert '"2": dense_block 4' in text


class Double(nn.Sequential):
    def __init__(self, channels: int, filters: int) -> None:
        super().__init__(
            nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(),
        )  # fmt: skip


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.bottom = Double(3, 4), Double(4, 8), Double(8, 16)
        self.grow2, self.up2 = nn.ConvTranspose2d(16, 8, 2, 2), Double(16, 8)
        self.grow1, self.up1 = nn.ConvTranspose2d(8, 4, 2, 2), Double(8, 4)
        self.pool, self.head = nn.MaxPool2d(2), nn.Conv2d(4, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.down1(x)]
        skips.append(self.down2(self.pool(skips[0])))
        x = self.bottom(self.pool(skips[1]))
        for grow, up in ((self.grow2, self.up2), (self.grow1, self.up1)):
            x = up(torch.cat((skips.pop(), grow(x)), 1))
        return self.head(x)


def test_what_passes_by_has_a_label() -> None:
    text = same(UNet(), Map((16, 16), 3))
    assert "from down2, concat grow2" in text
    assert "up2: double 8" in text


class Heads(nn.Module):
    """Two outputs, and one that training alone has."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        self.aux = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
        self.fc = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.trunk(x)
        y: Tensor = self.fc(x.mean((2, 3)))
        return (y, self.aux(x)) if self.training else y


def test_an_output_of_training_alone_is_a_side_head() -> None:
    text = same(Heads(), Map((8, 8), 3))
    assert "aux aux weight=0.3 { avgpool global, flatten, dense 2 }" in text
    assert "output" not in text


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(4, 1)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        apart = self.tower(left) - self.tower(right)
        return self.fc(apart.mean((2, 3)))


def test_a_module_that_is_applied_twice_is_reused() -> None:
    text = same(Tied(), Map((8, 8), 1), Map((8, 8), 1))
    assert "reuse tower" in text
    assert "left: input 8x8x1\n    right: input 8x8x1\n" in text


class Sizes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.tower(x)
        return self.tower(nn.functional.max_pool2d(x, 2))


def test_a_module_for_several_sizes_is_a_block() -> None:
    assert same(Sizes(), Map((8, 8), 3)) == (
        """# `module tower`.
block tower {
    conv 3 3x3 pad=1, relu
}

network Net {
    input 8x8x3
    tower: tower
    maxpool 2x2     -> 4x4x3
    reuse tower
}
"""
    )


class Pyramid(nn.Module):
    """Modules of a list side by side, in a module that is not called itself; with a scale."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()),
                nn.Conv2d(3, 4, 3, padding=2, dilation=2),
                nn.Conv2d(3, 4, 3, padding=1),
            ]
        )
        self.neck = nn.ModuleDict({"out": nn.Conv2d(12, 5, 1)})

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.neck["out"](torch.cat([conv(x) for conv in self.convs], 1))
        return out


def test_modules_of_a_list_that_share_an_input_keep_their_names() -> None:
    assert same(Pyramid(), Map((8, 8), 3)) == (
        """network Net {
    input 8x8x3
    convs: {
        concat {
            "0": { conv 4 1x1, relu }
            "1": conv 4 3x3 pad=2 dilation=2
            "2": conv 4 3x3 pad=1
        }                           -> 8x8x12
    }
    neck: { out: conv 5 1x1 }       -> 8x8x5
}
"""
    )


class Features(nn.Module):
    """Returns in training what a layer of the trunk gives, too."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 4, 1)
        self.fc = nn.Linear(4, 2)
        self.name = "map"

    def forward(self, x: Tensor) -> Tensor | dict[str, Tensor]:
        features = self.features(x)
        out = self.fc(features.relu().mean((2, 3)))
        return {"out": out, self.name: features} if self.training else out


def test_a_value_of_the_trunk_is_a_side_head() -> None:
    text = same(Features(), Map((8, 8), 3))
    assert "aux map weight=0.3 { identity }" in text


def test_a_side_head_is_not_called_as_the_output_is() -> None:
    model = Features()
    model.name = "main"
    with pytest.raises(UnliftableError, match="that is what a network's own output is called"):
        lifted(model, [Map((8, 8), 3)], "torch")


def test_a_start_is_as_someone_wrote_it() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gamma = nn.Parameter(1e-6 * torch.ones(3, 1, 1))

        def forward(self, x: Tensor) -> Tensor:
            return x + self.gamma * x.relu()

    trip = lifted(Scaled(), [Map((8, 8), 3)], "torch", "Net")
    assert "residual { relu, gamma: layer_scale bare=map }" in trip.text
    assert trip.renamed == {}
