"""Weights that are applied again, and layers that parameters stand for."""

from __future__ import annotations

from cnngen.ops import Map, Shape, Vector
from fuzz.strategies.expressions import layer_value, new_layer
from fuzz.strategies.layers import fit, layer
from fuzz.strategies.scope import APPLIED, READ, Made, Scope, unquoted
from fuzz.strategies.values import LayerValue


def reuse(scope: Scope) -> str:
    """``reuse`` of what has a label before, after layers that make the value fit."""
    known = [label for label, made in scope.made.items() if _can_follow(scope, label, made)]
    if not known:
        return layer(scope)
    label = known[-1 - scope.drawer.below(len(known))]
    made = scope.made[label]
    items = fit(scope, _wanted(scope, made))
    text = f"reuse {label}"
    network = scope.probe(text)
    if network is None or not scope.allows(network.body.at.output):
        return ", ".join([*items, layer(scope)])
    scope.program.layers_left -= 1
    scope.fates[unquoted(label)] = APPLIED
    scope.shape = network.body.at.output
    return ", ".join([*items, text])


def _can_follow(scope: Scope, label: str, made: Made) -> bool:
    """Whether the value here can be made one that it is applied to."""
    x = scope.shape
    if scope.fates.get(unquoted(label)) == READ:
        return False
    if isinstance(made.shape, Vector) or isinstance(x, Vector):
        return isinstance(made.shape, Vector) and (isinstance(x, Vector) or not scope.stay)
    same = x.sizes == made.shape.sizes
    return x.axes == made.shape.axes and (same or not (scope.keep and made.alone))


def _wanted(scope: Scope, made: Made) -> Shape:
    """The shape that it is applied to: of another size than the first time, where it can be."""
    x = scope.shape
    if not isinstance(x, Map) or not isinstance(made.shape, Map) or made.alone:
        return made.shape
    stays = scope.keep or scope.drawer.below(3) > 0
    return x._replace(channels=made.shape.channels) if stays else made.shape


def layer_parameter(scope: Scope) -> str:
    """A layer that a parameter stands for, a new one or one that is there."""
    names = [name for name, value in scope.names.items() if isinstance(value, LayerValue)]
    new = scope.parameters is not None and not (names and scope.drawer.chance(2))
    name = (
        new_layer(scope, layer_value(scope)) if new else scope.drawer.pick(names) if names else None
    )
    if name is None:
        return layer(scope)
    network = scope.probe(f"identity, {name}")
    if network is None or not scope.allows(network.body.at.output):
        if new:
            assert scope.parameters is not None
            scope.parameters.pop()
            del scope.names[name]
        return layer(scope)
    scope.spend(network)
    scope.shape = network.body.at.output
    return name
