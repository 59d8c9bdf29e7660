"""What a model returns, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnngen.ir import Network, outputs, side_heads


def names_of(network: Network) -> tuple[str, ...]:
    """The names of a network's outputs in training: its own, and the side heads."""
    return (*outputs(network), *(each.name for each in side_heads(network)))


def by_name(made: Any, names: Sequence[str]) -> dict[str, Any]:
    """A model's outputs by name.

    The first of several is the first of ``names``, whatever it is called; others that have names
    keep them. Those without, as many as there should be, stand in the order of ``names``.
    """
    if hasattr(made, "_asdict"):  # a named tuple
        made = made._asdict()
    own = names[0]
    if isinstance(made, Mapping):
        if own in made or not made:
            return dict(made)
        first = next(iter(made))
        return {own if name == first else name: y for name, y in made.items()}
    if not isinstance(made, (list, tuple)):
        return {own: made}
    return dict(zip(names, made, strict=False)) if len(made) == len(names) else {own: made[0]}
