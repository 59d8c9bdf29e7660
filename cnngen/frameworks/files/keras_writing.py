"""Models of Keras that are made to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from cnngen.frameworks.files.base import Generated, MixedTypesError
from cnngen.frameworks.keras import FRAMEWORK, own_names, settings, undrawn
from cnngen.ir import Network
from cnngen.reference import Array


def model_of(network: Network, module: Generated, arrays: Mapping[str, Array]) -> Any:
    """The generated model with these weights, of their type.

    Raises:
        MixedTypesError: there are several types; a model of Keras has one.
    """
    types = sorted({str(array.dtype) for array in arrays.values()})
    if len(types) > 1:
        raise MixedTypesError(" and ".join(types))
    made = FRAMEWORK.module(module.text)
    _known_as(made, module.name)
    with settings(types[0] if types else "float32"), undrawn():
        model = getattr(made, network.name)()
    own = own_names(model)
    for name, array in arrays.items():
        own[name].assign(array)
    return model


def _known_as(module: ModuleType, name: str) -> None:
    """Its classes say that they come from the user's own file: a saved model names it."""
    for thing in vars(module).values():
        if isinstance(thing, type) and thing.__module__ == module.__name__:
            thing.__module__ = name
