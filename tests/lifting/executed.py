"""What a record computes, by the reference's functions and with a model's own weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from cnngen.backends import backend
from cnngen.frameworks.axes import from_target
from cnngen.ir import At, Layer
from cnngen.lifting.traced import Input, Join, Output, Step, Traced
from cnngen.ops import Op, Shape
from cnngen.ops.shapes import POSITIONS
from cnngen.reference import TABLE, Array, Weights
from cnngen.source import Source, Span

NOWHERE = Span(Source("", ""), 0, 0)

ELEMENTWISE = {
    "add": np.add,
    "average": np.add,
    "maximum": np.maximum,
    "multiply": np.multiply,
    "subtract": np.subtract,
}


def executed(
    traced: Traced, target: str, weights: Mapping[str, Array], inputs: Sequence[Array]
) -> dict[str, Array]:
    """The outputs and the side heads by name, in evaluation.

    Args:
        traced: the record.
        target: whose layout the weights have.
        weights: by the names that the record has for them.
        inputs: in the order of the record, channels last.
    """
    given = iter(inputs)
    values: list[Array] = []
    for step in traced.steps:
        taken = [values[place] for place in step.inputs]
        shapes = [traced.steps[place].shape for place in step.inputs]
        if isinstance(step.what, Input):
            values.append(next(given))
        elif isinstance(step.what, Join):
            values.append(_joined(step.what, taken))
        elif isinstance(step.what, Op):
            own = _weights(step, shapes[0], target, weights)
            values.append(TABLE(step.what, own, taken[0]))
        else:
            raise AssertionError(f"{step.place}: {step.what}")
    outputs: tuple[Output, ...] = (*traced.outputs, *traced.heads)
    return {output.name: values[output.step] for output in outputs}


def _weights(step: Step, x: Shape, target: str, weights: Mapping[str, Array]) -> Weights:
    op = step.what
    assert isinstance(op, Op)
    own = op.weights(x)
    assert {weight.name for weight in own} == step.weights.keys(), step
    to = backend(target)
    slots = to.slots(Layer("0", op, At(x, op.infer(x), NOWHERE, 0))) if own else {}
    return {
        weight.name: from_target(
            weights[step.weights[weight.name]], weight, slots[weight.name], to.flat_order
        )
        for weight in own
    }


def _joined(join: Join, values: Sequence[Array]) -> Array:
    if join.word == "concat":
        rank = values[0].ndim
        names = (*POSITIONS.get(rank - 2, ()), "channels")
        return np.concatenate(values, axis=1 + names.index(join.axis))
    total = reduce(ELEMENTWISE[join.word], values)
    return total / len(values) if join.word == "average" else total
