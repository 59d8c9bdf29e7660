"""What the class of a layer says of it."""

from __future__ import annotations

import inspect
from typing import Any

import keras

from cnngen.lifting.keras.site import TABLE, Says
from cnngen.lifting.keras.symbolic import Call


def has_own_code(model: Any) -> bool:
    """Whether code of the user's own takes part, which may do something else in training."""
    every = model._flatten_layers(include_self=True, recursive=True)
    return any(not type(layer).__module__.startswith("keras.") for layer in every)


def why_unsaid(operation: Any) -> str:
    """Why there is nothing that stands for a layer or a function of Keras."""
    if ".image_preprocessing." in type(operation).__module__:
        return "it prepares images: leave it out of the model, and apply it to the data"
    return "the language has no layer for it"


def told(operation: Any, *, training: bool) -> dict[str, bool]:
    """The argument for training, where a call has one."""
    has_one = "training" in inspect.signature(operation.call).parameters
    return {"training": training} if has_one else {}


def told_of_training(call: Call) -> bool | None:
    """What a call says of training."""
    names = list(inspect.signature(call.operation.call).parameters)
    given: bool | None = dict(zip(names, call.args, strict=False)).get("training")
    return call.kwargs.get("training", given)


def said(operation: Any) -> Says | None:
    """How a layer or a function is said: as the class that it is, or adds nothing to."""
    for cls in type(operation).__mro__:
        found = TABLE.get(_key(cls))
        if found is not None:
            return found
        if cls.__module__.startswith("keras.") or not _adds_nothing(cls):
            return None
    return None


def _key(cls: type) -> str:
    package, *rest = cls.__module__.split(".")
    return f"{rest[1]}.{cls.__name__}" if package == "keras" and len(rest) > 1 else ""


SAYS_NOTHING = frozenset(
    """
    __module__ __doc__ __init__ __qualname__ __firstlineno__ __static_attributes__ __annotations__
    get_config from_config
    """.split()  # noqa: SIM905
)
"""What a class may have and still be what it derives from."""


def _adds_nothing(cls: type) -> bool:
    return vars(cls).keys() <= SAYS_NOTHING


def is_composite(operation: Any) -> bool:
    """Whether its own code tells what it does: a model, or a layer of the user's own."""
    if isinstance(operation, keras.Model):
        return True
    return isinstance(operation, keras.Layer) and not type(operation).__module__.startswith(
        "keras."
    )
