"""A model made ready to be compared with what was lifted from it: nothing in it draws at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from cnngen.lifting import Runs
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
        return model, own
    try:
        copy = type(model).from_config(_cast(model.get_config(), own, dtype))
        copy.set_weights(model.get_weights())
    except Exception:  # whatever a class of the user's own raises when it is made otherwise
        return model, own
    return copy, dtype


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


def runs(_model: Any) -> Runs:
    """Every model of Keras trains, on batches of any size."""
    return Runs()


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
