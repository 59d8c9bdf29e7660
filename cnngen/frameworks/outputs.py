"""What a model returns, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnngen.frameworks.base import MAIN
from cnngen.ir import Network, SideHead


def names_of(network: Network) -> tuple[str, ...]:
    """The names of a network's outputs in training: the main one, and the side heads."""
    heads = (item.name for item in network.body.items if isinstance(item, SideHead))
    return (MAIN, *heads)


def by_name(made: Any, names: Sequence[str]) -> dict[str, Any]:
    """A model's outputs under these names.

    A model of the user's own may return them by names, or one after another; where they are not as
    many, the first is the main one and the others are left aside.
    """
    if hasattr(made, "_asdict"):  # a named tuple
        made = made._asdict()
    if isinstance(made, Mapping):
        if set(made) == set(names):
            return {name: made[name] for name in names}
        made = list(made.values())
    if not isinstance(made, list | tuple):
        return {MAIN: made}
    if len(made) != len(names):
        return {MAIN: made[0]}
    return dict(zip(names, made, strict=True))
