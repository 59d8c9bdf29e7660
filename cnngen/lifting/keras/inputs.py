"""What a model is run on."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import keras

from cnngen.lifting.keras.symbolic import BATCH
from cnngen.lifting.traced import UnliftableError
from cnngen.ops import Map, Shape
from cnngen.record import NamedTuple


class Given(NamedTuple):
    """The arguments of a model's ``call``, and the tensors in them by name."""

    args: tuple[Any, ...]
    tensors: list[tuple[Any, str]]


def given_inputs(model: Any, shapes: Sequence[Shape] | None) -> Given:
    """What a model takes.

    Args:
        model: the model.
        shapes: of its inputs, where they are not known or are to be others.

    Raises:
        UnliftableError: the sizes are not known, or do not fit.
    """
    struct = structure_of(model)
    if struct is None:
        return _called(model, shapes)
    own = keras.tree.flatten(struct)
    if shapes is not None and len(shapes) != len(own):
        raise UnliftableError(f"the model takes {len(own)} inputs, not {len(shapes)}")
    names = _names(struct, own)
    tensors = []
    for place, (name, tensor) in enumerate(zip(names, own, strict=True)):
        sizes = tuple(tensor.shape[1:]) if shapes is None else _sizes(shapes[place])
        if None in sizes:
            raise UnliftableError(
                f"the model leaves sizes of its input `{name}` open: say with `--input` how large "
                "it is"
            )
        tensors.append(keras.KerasTensor((BATCH, *sizes), tensor.dtype))
    packed = keras.tree.pack_sequence_as(struct, tensors)
    return Given((packed,), list(zip(tensors, names, strict=True)))


def structure_of(model: Any) -> Any:
    """The inputs that a model was made with, in their structure."""
    inner = getattr(model, "_functional", None) or model
    return getattr(inner, "_inputs_struct", None)


def _names(struct: Any, own: Sequence[Any]) -> list[str]:
    if isinstance(struct, dict):
        return [str(path[-1]) for path, _ in keras.tree.flatten_with_path(struct)]
    return [tensor._keras_history.operation.name for tensor in own]


def _called(model: Any, shapes: Sequence[Shape] | None) -> Given:
    """Of a model whose inputs only its ``call`` knows."""
    if shapes is None:
        raise UnliftableError("the model does not say what it takes: say with `--input` how large")
    tensors = [keras.KerasTensor((BATCH, *_sizes(shape))) for shape in shapes]
    parameters = [
        name
        for name, parameter in inspect.signature(model.call).parameters.items()
        if name not in ("training", "mask") and parameter.default is parameter.empty
    ]
    if len(tensors) == 1:
        name = parameters[0] if parameters else "input"
        return Given((tensors[0],), [(tensors[0], name)])
    if len(parameters) == len(tensors):
        return Given(tuple(tensors), list(zip(tensors, parameters, strict=True)))
    names = [f"input{number}" for number in range(len(tensors))]
    return Given((tensors,), list(zip(tensors, names, strict=True)))


def _sizes(shape: Shape) -> tuple[int, ...]:
    return (*shape.sizes, shape.channels) if isinstance(shape, Map) else (shape.features,)
