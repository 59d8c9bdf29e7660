"""The same values in another shape.

Keras goes through a map position after position, the language channel after channel: with the
first axis in the place of the channels, the two are one.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnngen import ops
from cnngen.lifting.keras.site import Site, UnsaidError, Value, Writes, built, only, says, sizes
from cnngen.lifting.keras.views import regrouped, turned, whole, words
from cnngen.ops import Map, Shape
from cnngen.ops.basic import axes_of
from cnngen.ops.shapes import MOST_AXES


def permuted(site: Writes, x: Value, order: Sequence[int]) -> Value:
    """A map with its axes in another order, each by its place in what comes in."""
    if list(order) == list(range(len(order))):
        return site.step(ops.Identity(), x)
    known = axes_of(x.axes)
    names = ("first", "second", "third", "fourth")
    given = {name: known[place] for name, place in zip(names, order, strict=False)}
    return site.step(built(ops.Permute, x.axes, **given), x)


def _first_last(site: Writes, x: Value) -> Value:
    """The first axis in the place of the channels, so that both orders are the same."""
    return permuted(site, x, [*range(1, x.axes + 1), 0])


def _last_first(site: Writes, x: Value) -> Value:
    return permuted(site, x, [x.axes, *range(x.axes)])


def _has_one_order(shape: Shape) -> bool:
    return not isinstance(shape, Map) or shape.channels == 1 or shape.positions == 1


def reshaped(site: Writes, x: Value, target: Sequence[int]) -> Value:
    """The values in their order in Keras, in a shape without the batch."""
    given = x.known
    if len(target) == 1:
        return site.step(ops.Flatten(), x)
    if not 2 <= len(target) <= MOST_AXES + 1:
        raise UnsaidError(f"it makes a shape of {len(target)} axes")
    wanted = Map(tuple(target[:-1]), target[-1])
    if wanted == given:
        return site.step(ops.Identity(), x)
    alike = isinstance(given, Map) and given.channels == wanted.channels
    if alike or (_has_one_order(given) and _has_one_order(wanted)):
        return site.step(built(ops.Reshape, x.axes, shape=tuple(target)), x)
    y = x if _has_one_order(given) else _first_last(site, x)
    if _has_one_order(wanted):
        return site.step(built(ops.Reshape, y.axes, shape=tuple(target)), y)
    first, *rest = target
    return _last_first(site, site.step(built(ops.Reshape, y.axes, shape=(*rest, first)), y))


@says("layers.Flatten")
def _flatten(site: Site) -> Value:
    """Its order is settled when all is known that reads it: see :mod:`.order`."""
    return site.own(ops.Flatten(), only(site))


def settled(site: Writes, x: Value) -> Value:
    """A value without a view: what was done to it is said step by step."""
    if x.view is None:
        return x
    y = Value(x.step, x.shape)
    for change in x.view.changes:
        if change.order is None:
            y = reshaped(site, y, change.shape)
        else:
            y = permuted(site, y, change.order)
    return y


def reshaped_view(site: Writes, x: Value, target: Sequence[int]) -> Value:
    """A reshape of a value that may be seen with other axes, or is then."""
    shape = x.known
    if not isinstance(shape, Map):
        return reshaped(site, x, target)
    before = whole(shape) if x.view is None else x.view
    view = regrouped(before, target)
    if view is None:
        return reshaped(site, settled(site, x), target)
    if len(target) > shape.axes + 1:
        return x._replace(view=view)
    if x.view is None:
        return reshaped(site, x, target)
    made = words(shape, view)
    y = Value(x.step, shape)
    if made is None:
        return settled(site, x._replace(view=view))
    for op in made:
        y = site.step(op, y)
    return y


def permuted_view(site: Writes, x: Value, order: Sequence[int]) -> Value:
    """The axes in another order, of a value that may be seen with others than it has."""
    if x.view is None:
        return permuted(site, x, order)
    return x._replace(view=turned(x.view, order))


@says("layers.Reshape")
def _reshape(site: Site) -> Value:
    (x,) = site.seen
    return reshaped_view(site, x, _whole(site.layer.target_shape, x))


def _whole(target: Sequence[int], x: Value) -> list[int]:
    """A shape with the size that it leaves open."""
    known = 1
    for size in target:
        known *= size if size != -1 else 1
    return [x.known.elements // known if size == -1 else size for size in sizes(target)]


@says("layers.Permute")
def _permute(site: Site) -> Value:
    (x,) = site.seen
    return permuted_view(site, x, [place - 1 for place in sizes(site.layer.dims)])
