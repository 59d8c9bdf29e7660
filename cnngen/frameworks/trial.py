"""What a model of the user's own has to be like to be compared with a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnngen.frameworks.base import UnfitModelError
from cnngen.frameworks.outputs import by_name, names_of
from cnngen.ir import Network, inputs, outputs
from cnngen.ops import Shape
from cnngen.reference import Array, sizes_of

RANDOM = (
    "its outputs in training are random, also without its dropout layers: nothing can be compared"
)


def trial_inputs(network: Network) -> dict[str, Array]:
    """Some random inputs."""
    random = np.random.default_rng(0)
    return {
        name: random.normal(0, 1, (4, *sizes_of(shape))) for name, shape in inputs(network).items()
    }


def check_inputs(found: Sequence[tuple[str, Sequence[int | None]]], network: Network) -> None:
    """Refuse a model that is made for other inputs; a size of None is any.

    Args:
        found: the names and the sizes of the model's own inputs.
        network: what it is to be.

    Raises:
        UnfitModelError: there are others, or a size differs.
    """
    wanted = inputs(network)
    if len(wanted) == 1 and len(found) == 1:
        _check_input(found[0][1], next(iter(wanted.values())), network)
        return
    if {name for name, _ in found} != wanted.keys():
        own = ", ".join(name for name, _ in found)
        raise UnfitModelError(f"its inputs are {own}, those of {network.name} {', '.join(wanted)}")
    for name, sizes in found:
        _check_input(sizes, wanted[name], network)


def _check_input(found: Sequence[int | None], shape: Shape, network: Network) -> None:
    wanted = sizes_of(shape)
    fits = len(found) == len(wanted) and all(
        size in (None, other) for size, other in zip(found, wanted, strict=True)
    )
    if not fits:
        own = "x".join("any" if size is None else str(size) for size in found)
        raise UnfitModelError(f"its input is {own}, that of {network.name} is {shape}")


def check_outputs(
    made: Any, kind: type, network: Network, sizes: Callable[[Any], tuple[int, ...]]
) -> None:
    """Refuse what has no output of one of the network's names and shapes.

    Raises:
        UnfitModelError: it is of another kind or shape.
    """
    if isinstance(made, (list, tuple)) and not made:
        raise UnfitModelError("it returns nothing")
    returned = by_name(made, names_of(network))
    for name, shape in outputs(network).items():
        if name not in returned:
            raise UnfitModelError(f"it returns nothing that is called {name}")
        if not isinstance(returned[name], kind):
            raise UnfitModelError(f"it returns a value of type {type(returned[name]).__name__}")
        found = tuple(sizes(returned[name]))
        if found != sizes_of(shape):
            raise UnfitModelError(
                f"its output is {_text(found)}, that of {network.name} is {shape}"
            )


def _text(found: tuple[int, ...]) -> str:
    return "x".join(map(str, found)) or "one number"
