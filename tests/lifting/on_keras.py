"""Models of Keras against what is recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from cnngen.frameworks.keras import FRAMEWORK, floats
from cnngen.lifting.keras import record, variables
from cnngen.lifting.traced import Input, Step, Traced, Unsaid
from cnngen.ops import Map, Shape
from cnngen.reference import Array
from lifting.executed import execute

TOLERANCE = 1e-12
"""Relative to the largest value: another order of sums."""


def randomised(model: Any, seed: int = 0) -> None:
    """Weights far from where they start; variances are positive."""
    random = np.random.default_rng(seed)
    for variable in model.weights:
        shape, kind = tuple(variable.shape), variable.path.rpartition("/")[2]
        if kind == "moving_variance" or kind == "variance":
            variable.assign(random.uniform(0.5, 1.5, shape))
        elif kind in ("kernel", "depthwise_kernel", "pointwise_kernel"):
            fan = max(int(np.prod(shape[:-1])), 1)
            variable.assign(random.normal(0, np.sqrt(2 / fan), shape))
        elif "int" not in variable.dtype:
            variable.assign(random.normal(0.3, 0.3, shape))


def arrays(model: Any) -> dict[str, Any]:
    """A model's weights by their names."""
    return {name: variable.numpy() for name, variable in variables(model).items()}


def unsaid(traced: Traced) -> list[Step]:
    """What the language has no word for."""
    return [step for step in traced.steps if isinstance(step.what, Unsaid)]


def draws(traced: Traced, size: int = 2, seed: int = 1) -> list[Any]:
    """A batch for each input."""
    random = np.random.default_rng(seed)
    return [
        random.normal(size=(size, *sizes(step.shape)))
        for step in traced.steps
        if isinstance(step.what, Input)
    ]


def sizes(shape: Shape) -> tuple[int, ...]:
    return (*shape.sizes, shape.channels) if isinstance(shape, Map) else (shape.features,)


def same(model: Any, inputs: Sequence[Shape] | None = None, **given: Any) -> Traced:
    """The record of a model, which computes what the model does."""
    traced = record(model, inputs, **given)
    assert not unsaid(traced)
    randomised(model)
    x = draws(traced)
    with floats("float64"), FRAMEWORK.exact():
        expected = called(model, x)
    made = execute(traced, "keras", arrays(model), _by_name(traced, x))
    found = {output.name: made[output.name] for output in traced.outputs}
    names = list(expected) if isinstance(expected, dict) else list(found)
    assert list(found) == names
    wanted = list(expected.values()) if isinstance(expected, dict) else keras.tree.flatten(expected)
    for name, y in zip(names, wanted, strict=True):
        close(found[name], np.asarray(y))
    return traced


def called(model: Any, x: Sequence[Any]) -> Any:
    struct = getattr(getattr(model, "_functional", None) or model, "_inputs_struct", None)
    if struct is None:
        return model(*x, training=False) if takes_training(model) else model(*x)
    return model(keras.tree.pack_sequence_as(struct, list(x)), training=False)


def takes_training(model: Any) -> bool:
    return bool(model._call_has_training_arg)


def close(found: Any, expected: Any, tolerance: float = TOLERANCE) -> None:
    """Equal, but for rounding."""
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * max(np.abs(expected).max(), 1e-300)


def _by_name(traced: Traced, x: Sequence[Array]) -> dict[str, Array]:
    names = [step.what.name for step in traced.steps if isinstance(step.what, Input)]
    return dict(zip(names, x, strict=True))
