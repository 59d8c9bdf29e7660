"""Layers: any of the registry, with any of its arguments."""

from __future__ import annotations

import re
from typing import Any

from cnngen.ops import (
    LAYERS,
    Flatten,
    Map,
    Op,
    OpError,
    Permute,
    Reshape,
    Shape,
    Vector,
    made,
    parameters,
)
from cnngen.ops.base import divisors
from cnngen.ops.kinds import Misfit
from cnngen.ops.shapes import CHANNELS, POSITIONS, by
from fuzz.strategies.expressions import argument
from fuzz.strategies.scope import Scope, small

OFTEN = ("relu", "conv", "bn", "conv_transpose", "depthwise_conv", "maxpool", "avgpool", "dense")
"""What networks are mostly made of is drawn more often."""

TRIES = 4
"""Attempts at arguments that fit on the shape."""

Arguments = dict[str, tuple[str, Any]]
"""Each argument by its name: how it is written, and its value."""


def layer(scope: Scope) -> str:
    """A layer that fits on the current shape, which becomes its output's."""
    scope.program.layers_left -= 1
    words = OFTEN + tuple(LAYERS)
    cls = LAYERS[scope.drawer.pick(words)]
    made = _fitting(scope, cls)
    if made is None:
        return "relu"
    text, scope.shape = made
    return text


def _fitting(scope: Scope, cls: type[Op]) -> tuple[str, Shape] | None:
    """The layer with arguments that fit; None where none were found."""
    kept = _State(scope)
    given = _drawn(scope, cls)
    for _ in range(TRIES):
        try:
            y = _inferred(scope, cls, given)
        except OpError as error:
            _mend(scope, cls, given, error.argument)
            continue
        except Misfit:
            break
        if _allowed(scope, cls, y):
            kept.forget_unused(given)
            return _written(scope, cls, given), y
        break
    kept.restore()
    return None


class _State:
    """The parameters that there were before a layer was tried."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.count = len(scope.parameters or ())

    def forget_unused(self, given: Arguments) -> None:
        """Drop the parameters made for arguments that were left out again."""
        words = {word for text, _ in given.values() for word in re.findall(r"\w+", text)}
        self._drop([p.name for p in self._new() if p.name not in words])

    def restore(self) -> None:
        """Drop all parameters made since."""
        self._drop([p.name for p in self._new()])

    def _new(self) -> list[Any]:
        return list(self.scope.parameters or ())[self.count :]

    def _drop(self, names: list[str]) -> None:
        if names and self.scope.parameters is not None:
            kept = [p for p in self.scope.parameters if p.name not in names]
            self.scope.parameters[:] = kept
            for name in names:
                del self.scope.names[name]


LABELLED = ("bare",)
"""Arguments with which a layer needs a label."""


def _drawn(scope: Scope, cls: type[Op]) -> Arguments:
    if issubclass(cls, Reshape):
        return {"shape": _rearranged(scope)}
    if issubclass(cls, Permute):
        return _permuted(scope)
    return {
        name: argument(scope, parameter.kind.on_axes(scope.shape.axes), name)
        for name, parameter in parameters(cls).items()
        if name not in LABELLED
        and (parameter.required or scope.drawer.below(6) >= (2 if parameter.positional else 3))
    }


def _permuted(scope: Scope) -> Arguments:
    """The axes of the map in another order."""
    known = [*POSITIONS[scope.shape.axes or 1], CHANNELS]
    left, order = list(known), list[str]()
    while left:
        order.append(left.pop(scope.drawer.below(len(left))))
    if order == known:  # which is refused
        order.reverse()
    return {name: (axis, axis) for name, axis in zip(parameters(Permute), order, strict=False)}


def _rearranged(scope: Scope) -> tuple[str, Any]:
    """A map of as many elements as there are."""
    sizes, left = [], scope.shape.elements
    for _ in range(scope.drawer.below(3) + 1):
        sizes.append(scope.drawer.pick(divisors(left)))
        left //= sizes[-1]
    shape = (*sizes, left)
    return by(shape), shape


def _inferred(scope: Scope, cls: type[Op], given: Arguments) -> Shape:
    axes = scope.shape.axes
    kinds = {name: parameter.kind.on_axes(axes) for name, parameter in parameters(cls).items()}
    op = made(cls, {name: kinds[name].read(value) for name, (_, value) in given.items()}, axes)
    op.check()
    return op.infer(scope.shape)


def _mend(scope: Scope, cls: type[Op], given: Arguments, name: str) -> None:
    """Give the argument at fault if it was not given, leave it out if it can be, else redraw it."""
    known = parameters(cls)
    if name not in known:
        return
    if name in given and not known[name].required:
        del given[name]
    else:
        given[name] = argument(scope, known[name].kind.on_axes(scope.shape.axes), name)


def _allowed(scope: Scope, cls: type[Op], y: Shape) -> bool:
    x = scope.shape
    if issubclass(cls, (Flatten, Reshape)) and scope.stay:
        return False
    if scope.keep and isinstance(x, Map) and isinstance(y, Map) and y.sizes != x.sizes:
        return False
    return small(y)


def _written(scope: Scope, cls: type[Op], given: Arguments) -> str:
    """The layer as text: positional arguments up to the first that is missing, or by name."""
    positional, named = [cls.word], []
    in_order = not scope.drawer.chance(12)
    for name, parameter in parameters(cls).items():
        in_order = in_order and parameter.positional and name in given
        if name in given:
            text = given[name][0]
            if in_order:
                positional.append(f"({text})" if text.startswith("-") else text)
            else:
                named.append(f"{name}={text}")
    return " ".join([*positional, *named])


def fit(scope: Scope, target: Shape, channels: str = "") -> list[str]:
    """Layers that bring the current shape to another; ``channels`` is how its last is written."""
    x, items = scope.shape, []
    channels = channels or str(target.channels)
    if isinstance(target, Map):
        assert isinstance(x, Map)
        if x.sizes != target.sizes:
            pool = scope.drawer.pick(("avgpool", "maxpool"))
            items.append(f"{pool} adaptive={by(target.sizes)}")
        if x.channels != target.channels or not channels.isdigit():
            items.append(f"conv {channels} 1")
    else:
        if isinstance(x, Map):
            items += scope.drawer.pick((["avgpool global", "flatten"], ["flatten"]))
        if not isinstance(x, Vector) or x.elements != target.elements or not channels.isdigit():
            items.append(f"dense {channels}")
    scope.program.layers_left -= len(items)
    scope.shape = target
    return items
