"""Joins of a definition, and what they read: labelled values, layers that are applied again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnngen.define.namespace import Value
from cnngen.define.symbols import OpenError
from cnngen.definition import Form, Join, Layer, Name, Node, Output, Resume, Reuse, Use, written
from cnngen.elaborate.joins import parted
from cnngen.elaborate.naming import label_read, like_of, stem_of
from cnngen.expressions import (
    IN_CHANNELS,
    Expression,
    Symbol,
    are_constant,
    names,
    operation,
    substitute,
)
from cnngen.ir import RESIZE
from cnngen.ops import Resize
from cnngen.ops.kinds import PerAxis
from cnngen.ops.shapes import POSITIONS
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.define.builder import Builder


def join(builder: Builder, node: ast.Layer, name: Name) -> Node:
    """The node of a word that reads labels; its value is the current one then."""
    before = builder.value.form
    if node.word.name == "reuse":
        return _reuse(builder, node, name)
    if node.word.name == RESIZE:
        return _resize(builder, node, name)
    given = [each for each in node.arguments if not isinstance(each, ast.Argument)]
    labels = tuple(_label(builder, each) for each in given)
    if node.word.name == "output":
        return _output(builder, node, name, labels)
    values = [_labelled(builder, label) for label in labels]
    if node.word.name == "from":
        builder.value = values[0]._replace(stride=_stride_of(builder, labels[0]))
        return Resume(name, labels[0], builder.where(before, node))
    axis = _axis(builder, node, before)
    if axis is not None:
        form = before._replace(sizes=_along(axis, [before, *(each.form for each in values)]))
        builder.value = Value(form, None)
        return Join(name, "concat", labels, builder.where(before, node), axis)
    if node.word.name == "concat":
        channels = before.channels
        for value in values:
            channels = operation("+", channels, value.form.channels)
        form = builder.value.form._replace(channels=builder.shortened(channels))
    elif node.word.name == "multiply":
        form = _product(builder, [before, *(value.form for value in values)])
    else:
        form = builder.value.form
        check_open(builder, [before, *(value.form for value in values)])
    builder.value = Value(form, _joined_stride(builder, node.word.name, labels))
    return Join(name, node.word.name, labels, builder.where(before, node))


def _resize(builder: Builder, node: ast.Layer, name: Name) -> Join:
    """The current value in the size of a labelled one."""
    before, like = builder.value.form, like_of(node)
    assert like is not None
    label = _label(builder, like.value)
    form = _labelled(builder, label).form
    if not before.is_map or form.axes != before.axes:
        raise OpenError((), "a map takes the size of a value with other axes")
    others = tuple(each for each in node.arguments if each is not like)
    op: Any = builder.op_of(node._replace(arguments=others), Resize)
    builder.value = Value(before._replace(sizes=form.sizes), _stride_of(builder, label))
    return Join(name, RESIZE, (label,), builder.where(before, node), mode=op.mode)


def _reuse(builder: Builder, node: ast.Layer, name: Name) -> Reuse:
    """What has been made under a label, applied to the value here."""
    read = label_read(node.arguments[0])
    made = builder.namespace.made.get(read.name) if read is not None else None
    if made is None:
        raise OpenError((), "what is applied again has an index, or stands in a condition")
    before = builder.value.form
    if isinstance(made, Layer):
        builder.value = builder.after(made.op)._replace(stride=None)
    elif isinstance(made, Use):
        builder.value = _used_again(builder, made)
    elif before.sizes != made.at.input.sizes:
        raise OpenError((), "a group is applied again to another size")
    else:
        builder.value = Value(made.at.output, None)
    return Reuse(name, made.name, builder.where(before, node))


def _used_again(builder: Builder, made: Use) -> Value:
    """What a use of a block gives for the value here."""
    before, callee = builder.value.form, made.callee
    output = callee.output
    known = {**made.arguments, IN_CHANNELS: before.channels}
    sizes = builder.registry.sizes_of(callee, made.arguments, before)
    channels = builder.shortened(substitute(output.channels, known))
    return Value(Form(output.axes, sizes if output.is_map else None, channels), None)


def _output(builder: Builder, node: ast.Layer, name: Name, labels: tuple[Name, ...]) -> Output:
    said = {each.name.name: each.value for each in node.arguments if isinstance(each, ast.Argument)}
    loss = said["loss"].span.text if "loss" in said else ""
    weight: Expression = 1.0
    if "weight" in said:
        weight = builder.symbols.expression(said["weight"], builder.value.form)
    decided = [each.position for each in labels if each.position is not None] + [weight]
    if not are_constant(decided):
        open_names = (names(builder.symbols.resolve(each)) for each in decided)
        raise OpenError(frozenset().union(*open_names), "what is returned depends on it")
    builder.outputs |= {written(label): _labelled(builder, label).form for label in labels}
    return Output(name, labels, loss, weight, builder.where(builder.value.form, node))


def _axis(builder: Builder, node: ast.Layer, form: Form) -> int | None:
    """The axis of positions that a ``concat`` joins, if not channels."""
    _, word = parted(node)
    if word is None:
        return None
    known = POSITIONS.get(form.axes, ())
    if not isinstance(word, ast.Name) or word.name not in known:
        raise OpenError((), "an axis is joined that a map of other axes has")
    return known.index(word.name)


def _joined_stride(builder: Builder, word: str, labels: Sequence[Name]) -> Expression | None:
    """By how much the joined value has shrunk: all of one size have shrunk alike."""
    if word != "multiply":
        return builder.value.stride
    known = [builder.value.stride, *(_stride_of(builder, label) for label in labels)]
    strides = [stride for stride in known if stride is not None]
    # A factor of one position has no stride, and the whole has that of the others.
    return strides[0] if strides and all(each == strides[0] for each in strides) else None


def _stride_of(builder: Builder, label: Name) -> Expression | None:
    """By how much a labelled value has shrunk; None where that is counted from elsewhere."""
    same = builder.namespace.origins.get(label.text) == builder.origin
    return _labelled(builder, label).stride if same else None


def check_open(builder: Builder, forms: list[Form]) -> None:
    """Where any channels may come in, only equal ones are joined element by element.

    Raises:
        OpenError: they meet others.
    """
    channels = {builder.symbols.resolve(form.channels) for form in forms}
    if builder.any_shape and len(channels - {1}) > 1:
        raise OpenError((), "the channels that come in meet others")


def _product(builder: Builder, forms: list[Form]) -> Form:
    """The form of a product, whose factors may have a size or channels of 1.

    Raises:
        OpenError: which of them has the channels of the product depends on values.
    """
    channels: Expression = 1
    for form in forms:
        own, known = map(builder.symbols.resolve, (form.channels, channels))
        if own == known or own == 1:
            continue
        if known != 1:
            raise OpenError(names(own) | names(known), "which value weighs the other differs")
        channels = form.channels
    sizes = [form.sizes for form in forms]
    whole = None
    if forms[0].is_map and None not in sizes:
        known_sizes = [size for size in sizes if size is not None]
        whole = tuple(map(max, zip(*known_sizes, strict=True)))
    return Form(forms[0].axes, whole, channels)


def _label(builder: Builder, node: ast.Expression | ast.Argument) -> Name:
    """The label that an argument of a join is."""
    space = builder.namespace
    if isinstance(node, ast.Index) and isinstance(node.value, ast.Name):
        text = node.value.name
        position = builder.symbols.expression(node.position, builder.value.form)
        if type(position) is int and f"{text}{position}" in space.labels:
            return Name(f"{text}{position}")
        if text in space.families:
            return Name(text, position)
        unknown = names(builder.symbols.resolve(position))
        raise OpenError(unknown, "which value is read depends on it")
    read = label_read(node)
    assert read is not None
    if read.name in space.labels:
        return Name(read.name)
    stem = stem_of(read.name)
    if stem not in space.families or stem == read.name:
        raise OpenError((), "a label is read that has no value here")
    return Name(stem, int(read.name[len(stem) :]))


def _labelled(builder: Builder, name: Name) -> Value:
    space = builder.namespace
    if name.position is None:
        return space.labels[name.text]
    value, made = space.families[name.text], space.positions[name.text]
    if not isinstance(made, Symbol) or made == name.position:
        return value
    channels = substitute(value.form.channels, builder.enumerated)  # over the position alone
    channels = substitute(channels, {made.name: name.position})
    return value._replace(form=value.form._replace(channels=channels))


def _along(axis: int, forms: Sequence[Form]) -> PerAxis | None:
    """The sizes of maps that are joined along an axis, where all are known."""
    sizes = [form.sizes for form in forms]
    known = [each for each in sizes if each is not None]
    if len(known) < len(sizes):
        return None
    total = sum(each[axis] for each in known)
    return (*known[0][:axis], total, *known[0][axis + 1 :])
