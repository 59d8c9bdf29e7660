"""What is recorded of hand-written models computes what they compute."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnngen.lifting.torch import record
from cnngen.lifting.traced import Unsaid
from cnngen.ops import Map, Shape, Vector
from cnngen.reference import Array, sizes_of
from lifting import torch_models as models
from lifting.executed import execute

CASES: list[tuple[type[nn.Module], list[Shape]]] = [
    (models.Functional, [Map((18, 18), 3)]),
    (models.Loops, [Map((8, 8), 3)]),
    (models.Reused, [Map((6, 6), 3)]),
    (models.Several, [Map((5, 5), 3), Map((5, 5), 2)]),
    (models.InPlace, [Map((6, 6), 3)]),
    (models.Cut, [Map((6, 8), 8)]),
    (models.SqueezeExcite, [Map((6, 8), 8)]),
    (models.ChannelsLast, [Map((4, 5), 6)]),
    (models.Arithmetic, [Map((4, 5), 3)]),
    (models.Blocks, [Map((16, 14), 3)]),
    (models.OneAxis, [Map((50,), 2)]),
    (models.Generator, [Vector(10)]),
    (models.KnownByName, [Map((20, 16), 3)]),
]


def to_torch(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def compare(model: nn.Module, shapes: list[Shape]) -> None:
    """The steps in float64, by the reference, against the model."""
    randomise(model)
    traced = record(model, shapes)
    assert not [step for step in traced.steps if isinstance(step.what, Unsaid)]
    random = np.random.default_rng(1)
    arrays = [random.normal(size=(2, *sizes_of(shape))) for shape in shapes]
    names = [step.what.name for step in traced.steps if not step.inputs]
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    made = execute(traced, "torch", weights, dict(zip(names, arrays, strict=True)))
    with torch.no_grad():
        wanted = model.eval()(*map(to_torch, arrays))
    results = {"": wanted} if isinstance(wanted, torch.Tensor) else named(wanted)
    assert [output.name for output in traced.outputs] == [*results]
    for name, tensor in results.items():
        got = np.moveaxis(made[name], -1, 1)
        np.testing.assert_allclose(got, tensor.numpy(), rtol=1e-9, atol=1e-12)


def named(result: object) -> dict[str, torch.Tensor]:
    return dict(result) if isinstance(result, dict) else result._asdict()  # type: ignore


def randomise(model: nn.Module) -> None:
    model.double()
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point() and not name.endswith("filt"):
                tensor.copy_(torch.rand_like(tensor) * 0.6 + 0.2)
                if not name.endswith("var") and not name.endswith("std"):
                    tensor.sub_(0.4)


@pytest.mark.parametrize(("kind", "shapes"), CASES, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_recorded_computes_the_same(kind: type[nn.Module], shapes: list[Shape]) -> None:
    torch.manual_seed(0)
    compare(kind(), shapes)
