"""A model made ready to be compared with what was lifted from it: nothing in it draws at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np

from cnngen.lifting import Runs
from cnngen.lifting.keras.symbolic import operations
from cnngen.lifting.traced import Traced
from cnngen.ops import Op

RATES = ("rate", "drop_path_rate", "stddev")
"""How often, or how much, layers draw: with 0, they are the identity."""


def comparable(model: Any, dtype: str) -> tuple[Any, str]:
    """A copy of this type, where the model can be made again from its configuration.

    One that cannot is compared as it is, in its own type.
    """
    own: str = model.compute_dtype
    if own == dtype:
        _with_exact_constants(model, dtype)
        return model, own
    try:
        copy = type(model).from_config(_cast(model.get_config(), own, dtype))
        copy.set_weights(model.get_weights())
    except Exception:  # whatever a class of the user's own raises when it is made otherwise
        return model, own
    _with_exact_constants(copy, dtype)
    return copy, dtype


def _with_exact_constants(model: Any, dtype: str) -> None:
    """On TensorFlow, numbers of Python become float32, and so do those of a configuration."""
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if isinstance(layer, keras.layers.Rescaling):
            layer.scale, layer.offset = np.float64(layer.scale), np.float64(layer.offset)
        elif isinstance(layer, keras.layers.Normalization) and layer.input_mean is not None:
            layer.mean = _constant(layer.input_mean, dtype)
            layer.variance = _constant(layer.input_variance, dtype)


def _constant(values: Any, dtype: str) -> Any:
    """A number for each channel of a map."""
    return keras.ops.convert_to_tensor(np.reshape(np.float64(values), (1, 1, 1, -1)), dtype)


def _cast(config: Any, own: str, dtype: str) -> Any:
    """A configuration with another type in it."""
    if isinstance(config, dict):
        return {
            key: dtype if key in ("dtype", "name") and value == own else _cast(value, own, dtype)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(_cast(value, own, dtype) for value in config)
    return config


def runs(model: Any) -> Runs:
    """Every model of Keras trains, on batches of any size; TensorFlow interpolates in float32."""
    modes = {getattr(each, "interpolation", "nearest") for each in operations(model)}
    return Runs(exact=modes <= {"nearest"})


def watching() -> nullcontext[None]:
    """Nothing to do: a configuration says what a layer was made with."""
    return nullcontext()


@contextmanager
def still(model: Any, traced: Traced) -> Iterator[None]:
    """While it lasts, the layers that were recorded as drawing give their input back."""
    names = {s.name for s in traced.steps if isinstance(s.what, Op) and s.what.draws}
    before: list[tuple[Any, str, Any]] = []
    for layer in model._flatten_layers(include_self=False, recursive=True):
        for rate in RATES:
            if layer.name in names and isinstance(getattr(layer, rate, None), float):
                before.append((layer, rate, getattr(layer, rate)))
                setattr(layer, rate, 0.0)
    try:
        yield
    finally:
        for layer, rate, value in before:
            setattr(layer, rate, value)


def is_double(model: Any, *, made: bool) -> bool:
    """Whether the model is, of itself."""
    return not made and model.compute_dtype == "float64"
