"""Views in any order: the layers that stand for them give the same numbers, or it is said."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnngen.lifting.torch import record
from cnngen.lifting.traced import Unsaid
from cnngen.ops import (
    ChannelShuffle,
    ChannelSlice,
    Crop,
    Flatten,
    Map,
    MaxPool,
    Permute,
    PixelShuffle,
    PixelUnshuffle,
    Reshape,
    Shape,
)
from lifting.executed import execute


class Views(nn.Module):
    def __init__(self, view: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.view = view

    def forward(self, x: Tensor) -> Tensor:
        return self.view(x)


def check(view: Callable[[Tensor], Tensor], shape: Map) -> list[object] | None:
    """The layers that a view is; None where it is unsaid. They give what it gives."""
    traced = record(Views(view), [shape])
    if any(isinstance(step.what, Unsaid) for step in traced.steps):
        return None
    x = np.random.default_rng(0).normal(size=(2, *shape.sizes, shape.channels))
    made = execute(traced, "torch", {}, {"x": x})[""]
    wanted = view(torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1))))
    np.testing.assert_array_equal(np.moveaxis(made, -1, 1), wanted.numpy())
    return [step.what for step in traced.steps[1:]]


MAP = Map((4, 6), 8)

KNOWN: dict[str, tuple[Callable[[Tensor], Tensor], list[object]]] = {
    "nothing": (lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2), []),
    "flatten": (lambda x: x.reshape(len(x), -1), [Flatten()]),
    "transposed": (lambda x: x.transpose(2, 3), [Permute("width", "height", "channels")]),
    "rows first": (
        lambda x: x.permute(0, 2, 3, 1).flatten(1),
        [Permute("width", "channels", "height"), Flatten()],
    ),
    "shuffle": (
        lambda x: x.unflatten(1, (4, 2)).transpose(1, 2).flatten(1, 2),
        [ChannelShuffle(4)],
    ),
    "pixel shuffle": (
        lambda x: x.view(-1, 2, 2, 2, 4, 6).permute(0, 1, 4, 2, 5, 3).reshape(-1, 2, 8, 12),
        [PixelShuffle(2)],
    ),
    "pixel unshuffle": (
        lambda x: x.view(-1, 8, 2, 2, 3, 2).permute(0, 1, 3, 5, 2, 4).reshape(-1, 32, 2, 3),
        [PixelUnshuffle(2)],
    ),
    "focus": (
        lambda x: x.view(-1, 8, 2, 2, 3, 2).permute(0, 3, 5, 1, 2, 4).reshape(-1, 32, 2, 3),
        [PixelUnshuffle(2), ChannelShuffle(8)],
    ),
    "reshaped": (lambda x: x.view(-1, 4, 8, 6), [Reshape((8, 6, 4))]),
    "tokens": (lambda x: x.flatten(2), [Reshape((24, 8))]),
    "every other": (lambda x: x[:, :, ::2, ::2], [MaxPool((1, 1), stride=(2, 2))]),
    "inside": (lambda x: x[..., 1:-1, 2:], [Crop((1, 2), (1, 0))]),
    "from the second on": (
        lambda x: x[:, :, 1::2],
        [Crop((1, 0), (0, 0)), MaxPool((1, 1), stride=(2, 1))],
    ),
    "one row": (lambda x: x[:, :, 1], [Crop((1, 0), (2, 0)), Reshape((6, 8))]),
    "some channels": (lambda x: x[:, 2:-1], [ChannelSlice(2, 7)]),
    "one channel": (lambda x: x[:, -1:], [ChannelSlice(7, 8)]),
    "back to a map": (lambda x: x.flatten(1).view(-1, 8, 24).unflatten(2, (4, 6)), []),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_view_is_the_layers_that_a_person_would_write(name: str) -> None:
    view, layers = KNOWN[name]
    assert check(view, MAP) == layers


def drawn(seed: int) -> Callable[[Tensor], Tensor]:
    """Some views one after another, drawn for a tensor of these sizes."""
    draw = random.Random(seed)
    sizes = [8, 4, 6]
    steps: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(draw.randint(1, 4)):
        if draw.random() < 0.5:
            order = draw.sample(range(len(sizes)), len(sizes))
            sizes = [sizes[each] for each in order]
            steps.append(("permute", (0, *(1 + each for each in order))))
        else:
            place = draw.randrange(len(sizes))
            factors = [n for n in (2, 3, 4) if sizes[place] % n == 0 and n < sizes[place]]
            if factors and len(sizes) < 5:
                factor = draw.choice(factors)
                sizes[place : place + 1] = [factor, sizes[place] // factor]
            elif place:
                sizes[place - 1 : place + 1] = [sizes[place - 1] * sizes[place]]
            steps.append(("reshape", (-1, *sizes)))
    if len(sizes) > 4:
        steps.append(("reshape", (-1, sizes[0] * sizes[1], *sizes[2:])))

    def view(x: Tensor) -> Tensor:
        for name, given in steps:
            x = getattr(x, name)(given)
        return x

    return view


def test_views_that_are_drawn_give_the_same_numbers() -> None:
    said = [check(drawn(seed), MAP) is not None for seed in range(200)]
    assert sum(said) > 150, "most of them can be said"


SHAPES: list[Shape] = [Map((1, 1), 8), Map((1, 6), 8), Map((4, 6), 1), Map((6,), 4)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sizes_of_one(shape: Map) -> None:
    assert check(lambda x: x.flatten(1), shape) == [Flatten()]
    assert check(lambda x: x.flatten(1)[..., None, None], shape) is not None
    assert check(lambda x: x.unsqueeze(1).squeeze(1), shape) == []
    assert check(lambda x: x.movedim(1, -1).movedim(-1, 1), shape) == []
