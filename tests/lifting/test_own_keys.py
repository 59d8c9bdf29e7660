"""The module that a lifted model comes back as takes the model's own state dict, strictly."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnngen.frameworks import framework
from cnngen.ops import Map, Shape, Vector
from lifting.round_trip import compiled, lifted

MAP = Map((6, 8), 4)


def keeps_keys(model: nn.Module, *shapes: Shape) -> str:
    """The text of a model, which has to come back with the keys and shapes that it has."""
    trip = lifted(model, list(shapes) or [MAP], "torch")
    assert trip.renamed == {}, trip.text
    assert all(each.holds for each in trip.compared), trip.compared
    made: Any = framework("torch").module(compiled(trip.text).outputs[0].text)
    made.Net().load_state_dict(model.state_dict(), strict=True)
    return trip.text


class Scaled(nn.Module):
    """A residual of ConvNeXt's kind, whose factors have some shape."""

    def __init__(self, channels: int, *shape: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.layer_scale = nn.Parameter(torch.full(shape, 0.5))

    def forward(self, x: Tensor) -> Tensor:
        factors = self.layer_scale
        if factors.dim() == 1:
            factors = factors[:, None, None]
        return x + factors * self.conv(x)


@pytest.mark.parametrize(
    ("shape", "word"), [((4, 1, 1), "map"), ((1, 4, 1, 1), "batch"), ((4,), "vector")]
)
def test_a_parameter_of_a_block(shape: tuple[int, ...], word: str) -> None:
    text = keeps_keys(nn.Sequential(Scaled(4, *shape), Scaled(4, *shape)))
    assert f"layer_scale: layer_scale start=0.5 bare={word}" in text
    assert '"1": scaled' in text


class Factors(nn.Module):
    """A layer scale that is a module."""

    def __init__(self, name: str, *shape: int) -> None:
        super().__init__()
        self.name = name
        self.register_parameter(name, nn.Parameter(torch.full(shape, 0.5)))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.get_parameter(self.name).reshape(4, 1, 1)


def test_a_module_with_a_parameter_of_another_name_is_a_group() -> None:
    text = keeps_keys(nn.Sequential(nn.Conv2d(4, 4, 1), Factors("weight", 4, 1, 1)))
    assert '"1": { weight: layer_scale start=0.5 bare=map }' in text


class OfVectors(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(5, 3)
        self.gain = nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * self.fc(x) * self.gain


def test_a_parameter_of_the_model_itself_twice() -> None:
    assert "reuse gain" in keeps_keys(OfVectors(), Vector(5))


@pytest.mark.parametrize(
    ("shape", "text"),
    [((4,), "layer_scale start=0.5\n"), ((4, 1, 1), "{ gamma: layer_scale start=0.5 bare=map }\n")],
)
def test_a_module_is_ours_where_it_has_our_key_and_its_shape(
    shape: tuple[int, ...], text: str
) -> None:
    model = nn.Sequential(nn.Conv2d(4, 4, 1), Factors("gamma", *shape))
    assert text in keeps_keys(model)


class Turns(nn.Module):
    """Two lists of modules that take turns."""

    def __init__(self, *widths: int) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in pairs])
        self.norms = nn.ModuleList([nn.BatchNorm2d(b) for _, b in pairs])

    def forward(self, x: Tensor) -> Tensor:
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = norm(conv(x)).relu()
        return x


def test_lists_that_take_turns() -> None:
    text = keeps_keys(Turns(4, 8, 8, 8, 8))
    assert "for i in range(4) {" in text
    assert '"convs.{i}": conv 8 3x3 pad=1 bias=true, "norms.{i}": bn, relu' in text


def test_lists_that_take_turns_in_a_block() -> None:
    text = keeps_keys(nn.Sequential(Turns(4, 6, 6), Turns(6, 8, 8)))
    assert "block turns" in text


class Head(nn.Module):
    """A head with two inputs (LR-ASPP's)."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.cbr = nn.Sequential(nn.Conv2d(high, 6, 1), nn.BatchNorm2d(6), nn.ReLU())
        self.scale = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(high, 6, 1), nn.Sigmoid())
        self.low_classifier = nn.Conv2d(low, 5, 1)
        self.high_classifier = nn.Conv2d(6, 5, 1)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        x = self.cbr(high) * self.scale(high)
        x = nn.functional.interpolate(x, size=low.shape[2:], mode="bilinear")
        return self.low_classifier(low) + self.high_classifier(x)


class TwoScales(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.low = nn.Conv2d(4, 8, 3, padding=1)
        self.high = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.head = Head(8, 12)

    def forward(self, x: Tensor) -> Tensor:
        low = self.low(x).relu()
        y: Tensor = self.head(low, self.high(low).relu())
        return y


def test_a_module_with_two_inputs() -> None:
    text = keeps_keys(TwoScales())
    assert '"head.cbr": { conv 6 1x1 bias=true, bn, relu }' in text


class Outside(nn.Module):
    """A list of which one module is applied before another module, and one after it."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = nn.ModuleList([nn.Conv2d(4, 4, 1), nn.Sequential(nn.Conv2d(4, 4, 1))])
        self.items = nn.ModuleDict({"type_": nn.Conv2d(4, 4, 1)})

    def forward(self, x: Tensor) -> Tensor:
        return self.ends[1](self.items["type_"](self.ends[0](x)))


def test_a_list_around_something_else() -> None:
    text = keeps_keys(Outside())
    assert '"ends.0": conv 4 1x1' in text


class Branched(nn.Module):
    """Layers of a list that are added up: none of them can be the path of a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(4, 4, size, padding=size // 2) for size in (3, 1)])

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.convs[0](x) + self.convs[1](x))


def test_a_sum_of_a_list() -> None:
    keeps_keys(nn.Sequential(Branched(), Branched()))
