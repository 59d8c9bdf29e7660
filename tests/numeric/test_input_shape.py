"""A Keras model of another ``input_shape`` is the torch module, which takes any size."""

from __future__ import annotations

import inspect
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnngen.frameworks import framework
from numeric.harness import (
    Compiled,
    assert_close,
    compiled,
    keras_floats,
    problem,
    run_keras,
    run_torch,
    torch_model,
)
from numeric.smaller import EXAMPLES, networks, smaller

MORE = 32
"""Cells that are added to each axis: a multiple of what the examples halve their maps by."""

TOLERANCE = 1e-10


def _is_open(function: Any) -> bool:
    """Whether a function takes another shape, itself or on behalf of what it is a variant of."""
    return not {"input_shape", "kwargs"}.isdisjoint(inspect.signature(function).parameters)


def _may_be_none(function: Any) -> bool:
    """Whether sizes may be left open even in the model."""
    given = inspect.signature(function).parameters.get("input_shape")
    return given is None or given.annotation == "Shape"


def _cases() -> list[Any]:
    found = []
    for path in sorted(EXAMPLES.glob("*.cnn")):
        module = compiled(smaller(path), path.name).modules["keras"]
        # Of each file one of which sizes may stay open, and one of which they may not.
        names = {
            _may_be_none(getattr(module, name)): name
            for name in networks(path)
            if _is_open(getattr(module, name))
        }
        found += [pytest.param(path.name, name, id=name) for name in names.values()]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("file", "name"), _cases())
def test_keras_takes_the_sizes_that_torch_does(file: str, name: str) -> None:
    _agree(compiled(smaller(EXAMPLES / file), file), name)


SMALL = {
    "a block applied again": """block unit { conv 3 3x3 pad=1, relu }
network Case {
    input 8x8x3
    a: unit
    avgpool adaptive=8
    reuse a
}
""",
    "the size of a label": """network Case {
    input 8x8x3
    a: conv 4 3x3 pad=1
    maxpool 2, conv 4 1x1
    resize like=a mode=linear
    add a
}
""",
}
"""What the examples do not have."""


@pytest.mark.parametrize("text", SMALL.values(), ids=SMALL)
def test_small_networks_take_the_sizes_that_torch_does(text: str) -> None:
    _agree(compiled(text), "Case")


def _agree(source: Compiled, name: str) -> None:
    network = source.networks[name]
    given = problem(network, "float64", 2)
    ((label, x),) = given.inputs.items()
    *sizes, channels = x.shape[1:]
    larger = tuple(size + MORE for size in sizes)
    x = np.random.default_rng(1).normal(0, 1, (2, *larger, channels))
    given = given._replace(inputs={label: x})
    expected = run_torch(torch_model(source, network, given), given)
    function = getattr(source.modules["keras"], name)
    shapes = [(*larger, channels)]
    if _may_be_none(function):
        shapes.append((*[None] * len(sizes), channels))
    for shape in shapes:
        module: Any = SimpleNamespace(**{name: partial(function, input_shape=shape)})
        model = framework("keras").build(module, network, "float64")
        model.load(given.weights)
        with keras_floats("float64"), framework("keras").exact():
            assert model.model.input_shape[1:] == shape
            assert_close(run_keras(model.model, given), expected, TOLERANCE, str(shape))
