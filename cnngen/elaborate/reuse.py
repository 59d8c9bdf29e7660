"""``reuse tower``: what has a label is applied once more, with the same weights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import NoReturn

from cnngen.diagnostics import Diagnostic, DiagnosticError, Related, codes
from cnngen.elaborate.bind import default_text
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Step
from cnngen.elaborate.joins import label_given, label_value, refuse_ambiguous
from cnngen.elaborate.layers import note_start
from cnngen.elaborate.names import Label, Unnamed
from cnngen.elaborate.place import Applied, Namespace, Place
from cnngen.elaborate.scope import Scope, written_label
from cnngen.elaborate.walker import Call, Walker
from cnngen.ir import At, Chain, Item, Layer, Residual, Reuse, layers, parts
from cnngen.ops import Map, PadChannels, Shape, parameters, same_size
from cnngen.ops.kinds import PerAxis
from cnngen.ops.resize import stride_between
from cnngen.syntax import ast


def reuse(walker: Walker, node: ast.Layer, place: Place) -> None:
    """``reuse a``: walk what has the label again, for the value here."""
    walker.spend(node.span)
    own = walker.label(node.label, place)
    note_start(walker, node.word)
    try:
        _reuse(walker, node, own, place)
    except DiagnosticError:
        walker.flow.lose()
        walker.keep(own, place)  # its value is unknown, and no second mistake
        raise


def _reuse(walker: Walker, node: ast.Layer, own: Label | None, place: Place) -> None:
    name = label_given(walker, node, place)
    if name.name not in place.namespace.labels:
        label_value(name, place.namespace)  # which says what is wrong with it
        _elsewhere(name)
    labelled = place.namespace.labels[name.name]
    first = labelled.applied
    if first is None and labelled.value is None:  # because of a mistake before
        walker.flow.lose()
        walker.keep(own, place)
        return
    if first is None:
        _no_weights(node, name)
    if first.node.label is not None and first.node.label.numbers:
        _of_a_turn(name)
    inside = labelled.inside
    if inside is not None:
        inside.again = node.span
        refuse_ambiguous(name.name, inside)
    before, step = walker.flow.shape, walker.step
    original = first.items[first.position].item
    assert original is not None
    if before is not None:
        _check_axes(node, name, original.at.input, before)
    item = _again(walker, node, first) if before is not None else None
    after = walker.flow.shape
    if before is None or after is None or item is None:
        walker.flow.lose()
        walker.keep(own, place)
        return
    _check_same(node, name, original, item)
    _check_arguments(node, name, original, item)
    _check_steps(node, name, original, item)
    _check_shape(node, name, original, item)
    made = Reuse("", name.name, item._replace(name=name.name), At(before, after, node.span, step))
    walker.flow.note(Step(node.span, None, before, after))
    walker.add(Unnamed(own, node, made), place)


def _again(walker: Walker, node: ast.Layer, first: Applied) -> Item | None:
    """What stood there, for another value; None where it has a mistake with that."""
    scratch = Place(Scope(first.scope), [], Namespace(first.named))
    trail = len(walker.flow.trail)
    walker.calls.append(Call(node.arguments[0].span.text, node.span, first.node))
    try:
        walker.handlers[type(first.node)](walker, first.node, scratch)
    finally:
        walker.calls.pop()
        del walker.flow.trail[trail:]
    return scratch.items[0].item if scratch.items else None


def _elsewhere(name: ast.Name) -> NoReturn:
    fail(
        codes.REUSE_MISMATCH,
        f"`{name.name}` is inside of a group, where it is applied",
        name.span,
        "not applied from outside",
        "put what has the weights before the group, or `reuse` into it",
    )


def _no_weights(node: ast.Layer, name: ast.Name) -> NoReturn:
    fail(
        codes.REUSE_MISMATCH,
        f"`{name.name}` is no layer, block or group: there is nothing to apply again",
        name.span,
        "not applied to anything",
        "label what has the weights: `tower: { ... }`, then `reuse tower`",
    )


def _of_a_turn(name: ast.Name) -> NoReturn:
    fail(
        codes.REUSE_MISMATCH,
        f"`{name.span.text}` has an index: what is applied again stands there once",
        name.span,
        "one of several",
        "make what is in the loop a block, in which the label has no index and the `reuse` stands",
    )


def _check_axes(node: ast.Layer, name: ast.Name, first: Shape, again: Shape) -> None:
    """Refuse a vector for a map, or a map of more axes: the frameworks have other layers there."""
    if first.axes != again.axes:
        fail(
            codes.REUSE_MISMATCH,
            f"`{name.name}` is made for {_described(first)}, and here is {_described(again)}",
            node.span,
            f"made for {first}",
            "`from label` goes on from another value, such as an input; or write the layers once "
            "more",
        )


def _described(shape: Shape) -> str:
    if not shape.axes:
        return "a vector"
    return "a map of one axis" if shape.axes == 1 else f"a map of {shape.axes} axes"


def _check_same(node: ast.Layer, name: ast.Name, first: Item, again: Item) -> None:
    """Refuse a value for which there would be other weights, or none where there are some."""
    for a, b in zip_longest(_with_weights(first), _with_weights(again)):
        if a is None or b is None or a[2] != b[2]:
            found = b or a
            assert found is not None
            path, layer, _ = found
            where = f"{name.name}.{path}" if isinstance(first, Chain) and path else name.name
            raise DiagnosticError(
                Diagnostic(
                    codes.REUSE_MISMATCH,
                    f"`{name.name}` has other weights for {again.at.input} "
                    f"than for {first.at.input}"
                    if str(first.at.input) != str(again.at.input)
                    else f"`{name.name}` takes the features of another map, in another order",
                    node.span,
                    f"made for {first.at.input}",
                    hint="the number of channels, and the features of a `dense`, have to be the "
                    "same: a 1x1 convolution, or `avgpool global` before `flatten`, sees to it",
                    related=(Related(layer.at.span, f"the first that differs: `{where}`"),),
                )
            )


def _check_arguments(node: ast.Layer, name: ast.Name, first: Item, again: Item) -> None:
    """Refuse a value for which it would be other layers, though with the same weights."""
    for (path, one), (_, other) in zip(layers(first), layers(again), strict=True):
        if isinstance(one.op, PadChannels):
            _check_added(node, name, one, other)
        for argument in parameters(type(one.op)):
            here, there = getattr(other.op, argument), getattr(one.op, argument)
            if argument in _OF_PLACE or here == there:
                continue
            where = f"{name.name}.{path}" if isinstance(first, Chain) and path else name.name
            raise DiagnosticError(
                Diagnostic(
                    codes.REUSE_MISMATCH,
                    f"`{argument}` of `{where}` is {default_text(there)} for {first.at.input} "
                    f"and {default_text(here)} for {again.at.input}",
                    node.span,
                    f"made for {first.at.input}",
                    hint="what reads the shape gives another layer on another: give the value "
                    "itself, or write the layer once more",
                    related=(Related(one.at.span, "the layer"),),
                )
            )


def _check_added(node: ast.Layer, name: ast.Name, first: Layer, again: Layer) -> None:
    """Refuse to pad other channels: the layer adds as many as it did."""
    one, other = first.at.input.channels, again.at.input.channels
    if one != other:
        raise DiagnosticError(
            Diagnostic(
                codes.REUSE_MISMATCH,
                f"`{name.name}` has a `pad_channels` for {one} channels, and here {other} come in",
                node.span,
                "other channels",
                hint="write the layer once more: it has no weights",
                related=(Related(first.at.span, "the layer"),),
            )
        )


_OF_PLACE = ("bias", "init")
"""What is decided by the place of a layer, and made once."""


def _check_shape(node: ast.Layer, name: ast.Name, first: Item, again: Item) -> None:
    """Refuse a group for another shape: unlike a block, it is written for the one it stands on."""
    if not isinstance(first, Chain) or same_size(first.at.input, again.at.input):
        return
    raise DiagnosticError(
        Diagnostic(
            codes.REUSE_MISMATCH,
            f"`{name.name}` is a group for {first.at.input}, and not applied to {again.at.input}",
            node.span,
            "another shape",
            hint=f"make it a block, `block part {{ ... }}` and `{written_label(name.name)}: part`: "
            "a block is applied to other shapes too",
            related=(Related(first.at.span, "the group"),),
        )
    )


def _with_weights(item: Item) -> Iterator[tuple[str, Layer, object]]:
    """The layers with their weights, and whether shortcuts have a path, which has weights too."""
    for path, layer in layers(item):
        weights = layer.op.weights(layer.at.input)
        yield path, layer, (layer.op.word, weights)
    for each in _residuals(item):
        last = next(iter(dict(layers(each.body)).items()), None)
        if last is not None:
            yield last[0], last[1], each.takes_path


def _check_steps(node: ast.Layer, name: ast.Name, first: Item, again: Item) -> None:
    """Refuse a value for which the projection that is inserted has another stride."""
    for one, other in zip(_residuals(first), _residuals(again), strict=False):
        if _step(one) != _step(other):
            fail(
                codes.REUSE_MISMATCH,
                f"the shortcut in `{name.name}` goes from {one.at.input} to {one.at.output}, and "
                f"here from {other.at.input} to {other.at.output}",
                node.span,
                "with another stride",
                "`shortcut { ... }` writes out a path for both, or write the layers once more",
            )


def _step(residual: Residual) -> PerAxis | None:
    """The stride of the path that is inserted later on; None where there is none."""
    x, y = residual.at.input, residual.at.output
    if not residual.takes_path or residual.path is not None:
        return None
    return stride_between(x.sizes, y.sizes) if isinstance(x, Map) and isinstance(y, Map) else None


def _residuals(item: Item) -> Iterator[Residual]:
    if isinstance(item, Residual):
        yield item
    for part in parts(item):
        yield from _residuals(part)
