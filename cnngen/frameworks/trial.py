"""What a model of the user's own has to be like to be compared with a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cnngen.frameworks.base import UnfitModelError
from cnngen.frameworks.outputs import by_name, names_of
from cnngen.ir import Network
from cnngen.reference import MAIN, sizes_of

RANDOM = (
    "its outputs in training are random, also without its dropout layers: nothing can be compared"
)


def check_input(found: Sequence[int | None], network: Network) -> None:
    """Refuse a model that is made for another input; a size of None is any.

    Raises:
        UnfitModelError: a size differs.
    """
    wanted = sizes_of(network.body.at.input)
    fits = len(found) == len(wanted) and all(
        size in (None, other) for size, other in zip(found, wanted, strict=True)
    )
    if not fits:
        shape = "x".join("any" if size is None else str(size) for size in found)
        raise UnfitModelError(
            f"its input is {shape}, that of {network.name} is {network.body.at.input}"
        )


def check_output(
    made: Any, kind: type, network: Network, sizes: Callable[[Any], tuple[int, ...]]
) -> None:
    """Refuse what is no output of the network's shape.

    Raises:
        UnfitModelError: it is of another kind or shape.
    """
    if isinstance(made, (list, tuple)) and not made:
        raise UnfitModelError("it returns nothing")
    main = by_name(made, names_of(network))[MAIN]
    if not isinstance(main, kind):
        raise UnfitModelError(f"it returns a value of type {type(main).__name__}")
    found, wanted = sizes(main), sizes_of(network.body.at.output)
    if tuple(found) != wanted:
        raise UnfitModelError(
            f"its output is {_text(found)}, that of {network.name} is {network.body.at.output}"
        )


def _text(found: tuple[int, ...]) -> str:
    return "x".join(map(str, found)) or "one number"
