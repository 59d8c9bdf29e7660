"""Which weight of a model of the user's own is which of the generated one's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnngen.record import NamedTuple

Sizes = tuple[int, ...]
Shapes = Mapping[str, Sizes]
"""The shapes of arrays by the framework's names, in its order."""

MOST = 5
"""How many of what does not match are told."""


class Match(NamedTuple):
    """Two names of one weight, and by what they were found to be: ``name`` or ``order``."""

    generated: str
    own: str
    shape: Sizes
    by: str


class MismatchError(Exception):
    """The weights are not those of the network; the message says which."""


def match(generated: Shapes, own: Shapes) -> list[Match]:
    """Match by name, what is left by order among those of the same shape.

    Raises:
        MismatchError: there are more or fewer of a shape.
    """
    by_name = {name: name for name in generated if own.get(name) == generated[name]}
    ours = [name for name in generated if name not in by_name]
    theirs = [name for name in own if name not in by_name]
    by_order: dict[str, str] = {}
    for kind in (_attribute_and_shape, _shape):
        groups = _groups(theirs, own, kind)
        for key, names in _groups(ours, generated, kind).items():
            if len(groups.get(key, ())) == len(names):
                by_order.update(zip(names, groups[key], strict=True))
        ours = [name for name in ours if name not in by_order]
        theirs = [name for name in theirs if name not in by_order.values()]
    if ours or theirs:
        raise MismatchError("\n".join(_complaints(ours, generated, theirs, own)))
    found = by_name | by_order
    return [
        Match(name, found[name], shape, "name" if name in by_name else "order")
        for name, shape in generated.items()
    ]


def _attribute_and_shape(name: str, shape: Sizes) -> object:
    return name.rpartition(".")[2], shape


def _shape(name: str, shape: Sizes) -> object:
    return shape


def _groups(
    names: Sequence[str], shapes: Shapes, kind: Callable[[str, Sizes], object]
) -> dict[object, list[str]]:
    """The names of each kind, in their order."""
    groups: dict[object, list[str]] = {}
    for name in names:
        groups.setdefault(kind(name, shapes[name]), []).append(name)
    return groups


def _complaints(
    ours: Sequence[str], generated: Shapes, theirs: Sequence[str], own: Shapes
) -> Iterator[str]:
    for whose, names, shapes in (("network", ours, generated), ("model", theirs, own)):
        if names:
            shown = [f"{name} {shapes[name]}" for name in names[:MOST]]
            more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
            yield f"only in the {whose}: {', '.join(shown)}{more}"
