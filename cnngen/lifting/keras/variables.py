"""The names of a model's variables, and the weights of ops among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnngen.backends import backend
from cnngen.backends.base import InexpressibleError
from cnngen.frameworks.axes import target_shape
from cnngen.frameworks.base import UnfitModelError
from cnngen.frameworks.keras import own_names
from cnngen.ir import At, Layer
from cnngen.lifting.keras.site import UnsaidError
from cnngen.lifting.traced import UnliftableError
from cnngen.ops import Op, Shape
from cnngen.source import Source, Span

NOWHERE = Span(Source("", ""), 0, 0)
"""The place in a source of what is in none."""


def names(model: Any) -> dict[int, str]:
    """The name of each variable, by its identity.

    Raises:
        UnliftableError: two have one.
    """
    try:
        return {id(variable): name for name, variable in own_names(model).items()}
    except UnfitModelError as error:
        raise UnliftableError(f"{error}: give the layers names of their own") from error


def own_weights(op: Op, x: Shape, layer: Any) -> dict[str, Any]:
    """The variables of a layer, by the op's names of them."""
    slots = backend("keras").slots(_placed(op, x)) if op.weights(x) else {}
    return {weight.name: getattr(layer, slots[weight.name].key) for weight in op.weights(x)}


def named(op: Op, x: Shape, own: Mapping[str, Any], known: Mapping[int, str]) -> dict[str, str]:
    """The model's names of the weights of an op.

    Raises:
        UnsaidError: a variable has another shape than Keras gives to the weight.
    """
    if {weight.name for weight in op.weights(x)} != own.keys():
        raise UnsaidError("it has other weights than such a layer")
    try:
        slots = backend("keras").slots(_placed(op, x)) if own else {}
    except InexpressibleError as error:
        raise UnsaidError(str(error)) from error
    found = {}
    for weight in op.weights(x):
        variable = own[weight.name]
        name = known.get(id(variable))
        wanted = target_shape(weight, slots[weight.name])
        if name is None or tuple(variable.shape) != wanted:
            raise UnsaidError(f"its {weight.name} is not a weight of the shape {wanted}")
        found[weight.name] = name
    return found


def _placed(op: Op, x: Shape) -> Layer:
    return Layer("0", op, At(x, op.infer(x), NOWHERE, 0))
