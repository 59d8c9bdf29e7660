"""The names of a model's variables, and the weights of ops among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnngen.backends import backend
from cnngen.backends.axes import target_shape
from cnngen.backends.base import InexpressibleError
from cnngen.frameworks.base import UnfitModelError
from cnngen.frameworks.keras import own_names
from cnngen.ir import At, Layer
from cnngen.lifting.keras.site import UnsaidError
from cnngen.lifting.traced import UnliftableError
from cnngen.ops import Op, Shape
from cnngen.source import Source, Span

NOWHERE = Span(Source("", ""), 0, 0)
"""The place in a source of what is in none."""


def variables(model: Any) -> dict[str, Any]:
    """Each variable by its name: ``<the layer's name>.<its own>``.

    As :func:`cnngen.frameworks.keras.own_names` has it; where two layers of nested models have one
    name, all have the names of the models around them before it.

    Raises:
        UnliftableError: two have one all the same.
    """
    try:
        return own_names(model)
    except UnfitModelError:
        pass
    found: dict[str, Any] = {}
    for path, layer in layers_of(model):
        for variable in (*layer._trainable_variables, *layer._non_trainable_variables):
            name = f"{path}.{variable.name}"
            if name in found:
                raise UnliftableError(f"two of its variables are called {name}")
            found[name] = variable
    return found


def layers_of(model: Any) -> Iterator[tuple[str, Any]]:
    """Every layer once, by its name after those of the layers that hold it; the model has none."""
    return _layers(model, "", set())


def _layers(layer: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(layer) in seen:
        return
    seen.add(id(layer))
    yield path, layer
    for inner in layer._layers:
        yield from _layers(inner, f"{path}.{inner.name}" if path else inner.name, seen)


def own_weights(op: Op, x: Shape, layer: Any) -> dict[str, Any]:
    """The variables of a layer, by the op's names of them."""
    slots = backend("keras").slots(placed(op, x)) if op.weights(x) else {}
    return {weight.name: getattr(layer, slots[weight.name].key) for weight in op.weights(x)}


def named(op: Op, x: Shape, own: Mapping[str, Any], known: Mapping[int, str]) -> dict[str, str]:
    """The model's names of the weights of an op.

    Raises:
        UnsaidError: a variable has another shape than Keras gives to the weight.
    """
    if {weight.name for weight in op.weights(x)} != own.keys():
        raise UnsaidError("it has other weights than such a layer")
    try:
        slots = backend("keras").slots(placed(op, x)) if own else {}
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


def placed(op: Op, x: Shape) -> Layer:
    """An op as a layer of a network."""
    return Layer("0", op, At(x, op.infer(x), NOWHERE, 0))
