"""Models that run on shapes alone.

Keras records what is called on its own tensors. Each model, and each layer of the user's own, is
run anew on tensors of the sizes that are wanted: what it was made with may leave them open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from cnngen.record import NamedTuple

BATCH = 7919
"""The size of a batch: a prime, which no other size is likely to have."""


class Call(NamedTuple):
    """What Keras records of a call."""

    operation: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: list[Any]


def fresh(tensor: Any) -> Any:
    """A tensor of the same shape and type, which comes from nowhere."""
    return keras.KerasTensor(tensor.shape, tensor.dtype)


def is_tensor(thing: Any) -> bool:
    """Whether this is a tensor of Keras' own, without numbers."""
    return isinstance(thing, keras.KerasTensor)


def flat(structure: Any) -> list[Any]:
    """The tensors in a structure, in Keras' order."""
    return [leaf for leaf in keras.tree.flatten(structure) if is_tensor(leaf)]


def calls_before(outputs: list[Any], known: set[int]) -> Iterator[Call]:
    """The calls that lead to some tensors, each after those whose results it takes.

    ``known`` are the ids of tensors at which the search ends.
    """
    done: set[int] = set()
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    while waiting:
        tensor, ready = waiting.pop()
        if id(tensor) in known:
            continue
        operation, place, _ = getattr(tensor, "_keras_history", (None, 0, 0))
        if operation is None:
            continue
        node = operation._inbound_nodes[place]
        if id(node) in done:
            continue
        if ready:
            done.add(id(node))
            yield Call(operation, node.arguments.args, node.arguments.kwargs, node.outputs)
            continue
        waiting.append((tensor, True))
        waiting += [(each, False) for each in reversed(node.arguments.keras_tensors)]


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """The user's model knows nothing of what was recorded, afterwards."""
    kept = []
    for operation in operations(model):
        for name in ("_inbound_nodes", "_outbound_nodes"):
            nodes = getattr(operation, name)
            kept.append((nodes, len(nodes)))
    try:
        yield
    finally:
        for nodes, count in kept:
            del nodes[count:]


def operations(model: Any) -> Iterator[Any]:
    """A model, and all layers and functions in it, each once."""
    return _operations(model, set())


def _operations(thing: Any, seen: set[int]) -> Iterator[Any]:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    yield thing
    for inner in (*getattr(thing, "_layers", ()), *(getattr(thing, "_operations", None) or ())):
        yield from _operations(inner, seen)


class _Run(keras.Layer):  # type: ignore[misc] # Keras has no types
    """Runs a function inside a call, which tells the layers in it of training."""

    def __init__(self, function: Callable[[], None]) -> None:
        super().__init__(name="run")
        self.function = function

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Of layers that know their output, Keras asks for that alone."""
        raise NotImplementedError

    def compute_output_spec(self, x: Any, training: bool | None = None) -> Any:
        """Called on Keras' own tensors, as what runs in it has to be."""
        self.function()
        return fresh(x)


def run(function: Callable[[], Any], *, training: bool) -> Any:
    """What a function makes of Keras' own tensors, where a model runs in training or not.

    Raises:
        Exception: whatever the function raises.
    """
    found: list[Any] = []
    failed: list[Exception] = []

    def kept() -> None:
        try:
            found.append(function())
        except Exception as error:  # Keras would put more into its message
            failed.append(error)

    _Run(kept)(keras.KerasTensor((1,)), training=training)
    if failed:
        raise failed[0]
    return found[0]
