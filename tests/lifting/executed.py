"""What a recorded model computes, by the reference's table of ops: what a front end is held to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np

from cnngen.backends import backend
from cnngen.backends.axes import from_target
from cnngen.ir import At, Layer
from cnngen.lifting.traced import Input, Join, Step, Traced
from cnngen.ops import Op, Vector
from cnngen.ops.basic import axes_of
from cnngen.reference import TABLE, Array
from cnngen.source import Source, Span

JOINED = {
    "add": np.add,
    "average": np.add,
    "maximum": np.maximum,
    "multiply": np.multiply,
    "subtract": np.subtract,
}


def execute(
    traced: Traced, target: str, weights: Mapping[str, Array], inputs: Mapping[str, Array]
) -> dict[str, Array]:
    """What the model returns in evaluation, and its heads, by name.

    ``weights`` are the framework's own, by its names and in its layout; arrays of values are
    (N, positions, channels) or (N, features), in the order of :mod:`cnngen.reference`.
    """
    values: list[Array] = []
    for step in traced.steps:
        given = [values[place] for place in step.inputs]
        value = _value(traced, step, target, weights, inputs, given)
        expected = (
            step.shape[:1]
            if isinstance(step.shape, Vector)
            else (*step.shape.sizes, step.shape.channels)
        )
        assert value.shape[1:] == tuple(expected), (step, value.shape)
        values.append(value)
    return {output.name: values[output.step] for output in (*traced.outputs, *traced.heads)}


def _value(
    traced: Traced,
    step: Step,
    target: str,
    weights: Mapping[str, Array],
    inputs: Mapping[str, Array],
    given: list[Array],
) -> Array:
    if isinstance(step.what, Input):
        return inputs[step.what.name]
    if isinstance(step.what, Join):
        return _joined(step.what, step, given)
    assert isinstance(step.what, Op), f"{step.place}: {step.what}"
    (place,) = step.inputs
    layer = Layer(
        "", step.what, At(traced.steps[place].shape, step.shape, Span(Source("", ""), 0, 0), 0)
    )
    return TABLE(step.what, _own(layer, step, target, weights), given[0])


def _own(layer: Layer, step: Step, target: str, weights: Mapping[str, Array]) -> dict[str, Array]:
    """The layer's weights as the reference has them."""
    to = backend(target)
    slots = to.slots(layer) if step.weights else {}
    return {
        weight.name: from_target(
            weights[step.weights[weight.name]], weight, slots[weight.name], to.flat_order
        )
        for weight in layer.op.weights(layer.at.input)
    }


def _joined(join: Join, step: Step, given: list[Array]) -> Array:
    if join.word == "concat":
        axes = 0 if isinstance(step.shape, Vector) else step.shape.axes
        place = axes_of(axes).index(join.axis) if axes else 0
        return np.concatenate(given, axis=1 + place)
    total = reduce(JOINED[join.word], given)
    return total / len(given) if join.word == "average" else total
