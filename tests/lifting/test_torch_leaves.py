"""A module's name proves nothing: one that computes otherwise is not the layer it is called."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnngen.lifting.torch import record
from cnngen.ops import GaussianDropout, GaussianNoise, HardSigmoid, Map, Normalize, Op, Resize

IMAGE = [Map((4, 6), 3)]


class Noisy(nn.Module):
    """Noise of one deviation, by whichever draw."""

    def __init__(self, draw: str = "randn_like") -> None:
        super().__init__()
        self.std = 0.5
        self.draw = draw

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * getattr(torch, self.draw)(x) if self.training else x


class Dropping(nn.Module):
    """Gaussian dropout, of a deviation that may be another one than the rate's."""

    def __init__(self, more: float = 1.0) -> None:
        super().__init__()
        self.p = 0.2
        self.more = more

    def forward(self, x: Tensor) -> Tensor:
        deviation = self.more * (self.p / (1 - self.p)) ** 0.5
        return x * (1 + deviation * torch.randn_like(x)) if self.training else x


class Slope(nn.Module):
    def __init__(self, middle: float = 0.5) -> None:
        super().__init__()
        self.slope = 0.25
        self.middle = middle

    def forward(self, x: Tensor) -> Tensor:
        return (self.slope * x + self.middle).clamp(0, 1)


class Centred(nn.Module):
    def __init__(self, power: int = 1) -> None:
        super().__init__()
        self.mean, self.std = (0.1, 0.2, 0.3), (1.0, 2.0, 4.0)
        self.power = power

    def forward(self, x: Tensor) -> Tensor:
        mean, std = x.new_tensor(self.mean), x.new_tensor(self.std)
        return ((x.movedim(1, -1) - mean) / std**self.power).movedim(-1, 1)


class Sized(nn.Module):
    def __init__(self, late: int = 0) -> None:
        super().__init__()
        self.size = (8, 9)
        self.late = late

    def forward(self, x: Tensor) -> Tensor:
        for axis, wanted in enumerate(self.size, 2):
            places = (torch.arange(wanted) * x.shape[axis] + self.late) // wanted
            x = x.index_select(axis, places)
        return x


CASES: dict[str, tuple[nn.Module, nn.Module, Op]] = {
    "GaussianNoise": (Noisy(), Noisy("rand_like"), GaussianNoise(0.5)),
    "GaussianDropout": (Dropping(), Dropping(2.0), GaussianDropout(0.2)),
    "HardSigmoid": (Slope(), Slope(0.25), HardSigmoid(0.25)),
    "Normalize": (Centred(), Centred(2), Normalize((0.1, 0.2, 0.3), (1.0, 2.0, 4.0))),
    "ResizeNearest": (Sized(), Sized(7), Resize(to=(8, 9))),
}


def _said(name: str, module: nn.Module, training: bool) -> list[object]:
    type(module).__name__ = name
    traced = record(nn.Sequential(nn.ReLU(), module).train(training), IMAGE)
    return [step.what for step in traced.steps]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("training", [True, False])
def test_what_computes_the_layer_is_it(name: str, training: bool) -> None:
    module, _, op = CASES[name]
    assert _said(name, module, training)[2:] == [op]


@pytest.mark.parametrize("name", CASES)
def test_what_computes_something_else_is_not(name: str) -> None:
    _, impostor, op = CASES[name]
    assert not any(type(what) is type(op) for what in _said(name, impostor, training=True))
