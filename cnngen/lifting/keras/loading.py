"""Models from ``.keras`` files that nobody vouches for.

A configuration can name any class, and a class can do anything with what it is given. So only
layers and functions are made that can be said, from nothing that runs code; Keras draws no weights
for them, and makes no more of them than the file has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import keras
import numpy as np

from cnngen.frameworks.files import hdf5
from cnngen.frameworks.files.base import MOST_LEVELS, NotWeightsError, Tensor
from cnngen.frameworks.files.keras_files import (
    CONFIGURATION,
    MEMBER,
    OPTIMISER,
    Kept,
    layers_kept,
    member,
)
from cnngen.frameworks.files.opening import Budget, regular
from cnngen.lifting.keras.site import TABLE
from cnngen.lifting.keras.variables import layers_of
from cnngen.lifting.traced import UnliftableError

MODELS = {"Functional", "Sequential", "InputLayer"}
"""Classes that hold what is said, or begin it."""

DATA = {"__keras_tensor__", "__slice__", "__ellipsis__", "__tuple__", "__numpy__", "__tensor__"}
"""What a configuration has in place of values of Python."""

VALUES: Mapping[str, Any] = {
    "keras.initializers": keras.initializers.Initializer,
    "keras.regularizers": keras.regularizers.Regularizer,
    "keras.constraints": keras.constraints.Constraint,
    "keras": keras.DTypePolicy,
}
"""What else a layer is made with, by its module: a class of Keras, of this kind."""

SPARE = 1000
"""Values of weights that a file may have none for: counters, states of random numbers."""


def load(path: str) -> Any:
    """The model in a ``.keras`` file, with its weights.

    Raises:
        UnliftableError: it is damaged, or has something in it that is not made from a file.
        OSError: it cannot be read.
    """
    try:
        with regular(path) as file:
            budget = Budget.of_file(os.fstat(file.fileno()).st_size)
            config = json.loads(member(file, CONFIGURATION, budget))
            kept = {".".join(layer.names): layer.tensors for layer in _kept(file, budget)}
    except NotWeightsError as error:
        raise UnliftableError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise UnliftableError(f"`{CONFIGURATION}` in it is not JSON, or damaged") from error
    _check(config)
    size = sum(int(np.prod(tensor.shape)) for own in kept.values() for tensor in own.values())
    try:
        with _at_most(size + SPARE):
            model = keras.saving.deserialize_keras_object(config, custom_objects={}, safe_mode=True)
    except UnliftableError:
        raise
    except Exception as error:  # a damaged one can fail anywhere in Keras
        raise UnliftableError(f"`{CONFIGURATION}` in it describes no model of Keras") from error
    if not isinstance(model, keras.Model):
        raise UnliftableError(f"`{CONFIGURATION}` in it describes no model of Keras")
    _assign(model, kept)
    return model


def _kept(file: BinaryIO, budget: Budget) -> Iterator[Kept]:
    found = hdf5.read(member(file, MEMBER, budget), budget, unread=[OPTIMISER])
    return layers_kept([item for item in found if item.path[:1] != (OPTIMISER,)])


def _check(config: Any) -> None:
    """Refuse what names another class than those that are known; nothing is compiled."""
    waiting = [(config, 0)]
    while waiting:
        at, level = waiting.pop()
        if level > 8 * MOST_LEVELS:
            raise UnliftableError(f"`{CONFIGURATION}` in it is too deep")
        if isinstance(at, dict):
            at.pop("compile_config", None)
            if "class_name" in at and not _is_known(at):
                raise UnliftableError(
                    f"it has {_shown(at)} in it, which is not made from a file: name the function "
                    "that makes the model in its place"
                )
            waiting += [(value, level + 1) for value in at.values()]
        elif isinstance(at, list):
            waiting += [(value, level + 1) for value in at]


def _is_known(entry: Mapping[str, Any]) -> bool:
    name, module = entry["class_name"], entry.get("module")
    if not isinstance(name, str) or entry.get("registered_name") not in (None, name):
        return False
    if name in DATA:
        return True
    if not isinstance(module, str):
        return False
    if name in MODELS:
        return module in ("keras", "keras.layers") or module.startswith("keras.src.models.")
    if module in VALUES:
        made = getattr(keras if module == "keras" else getattr(keras, module[6:]), name, None)
        return isinstance(made, type) and issubclass(made, VALUES[module])
    package, *rest = module.removeprefix("keras.").removeprefix("src.").split(".")
    return module.startswith("keras.") and len(rest) < 2 and f"{package}.{name}" in TABLE


def _shown(entry: Mapping[str, Any]) -> str:
    """The name of a class, if it is one."""
    name = entry["class_name"]
    return f"`{name}`" if isinstance(name, str) and name.isidentifier() else "something"


@contextmanager
def _at_most(size: int) -> Iterator[None]:
    """Layers have no more values of weights than these together, all of them zeros."""
    left = size
    add = keras.Layer.add_weight

    def counted(layer: Any, shape: Any = None, initializer: Any = None, **given: Any) -> Any:
        nonlocal left
        left -= int(np.prod([int(each) for each in shape or ()], dtype=object))
        if left < 0:
            raise UnliftableError("it describes layers with more weights than it has")
        return add(layer, shape, "zeros", **given)

    keras.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.Layer.add_weight = add


def _assign(model: Any, kept: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Give a model the weights of a file, by the names of its layers."""
    for path, layer in layers_of(model):
        own = (*layer._trainable_variables, *layer._non_trainable_variables)
        if not own:
            continue
        tensors = kept.get(path, {})
        for place, variable in enumerate(own):
            if "float" not in variable.dtype:
                continue  # a counter
            tensor = tensors.get(str(place))
            if tensor is None or tensor.array is None or tensor.shape != tuple(variable.shape):
                raise UnliftableError(f"it has not the weights that its layer `{path}` needs")
            variable.assign(tensor.array.astype(variable.dtype))
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
