"""Regions of a definition: residuals, branches, gates, side heads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnngen.define.joins import check_open
from cnngen.define.loops import counted
from cnngen.define.symbols import OpenError, product
from cnngen.definition import (
    Body,
    Branch,
    Branches,
    For,
    Form,
    Gate,
    Group,
    If,
    Layer,
    Let,
    Name,
    Node,
    Repeat,
    Residual,
    SideHead,
    Use,
    Where,
    expressions,
    tap_of,
)
from cnngen.elaborate.arguments import arrange
from cnngen.elaborate.residual import SHORTCUT
from cnngen.elaborate.scope import Word
from cnngen.elaborate.start import SETTINGS
from cnngen.expressions import (
    IN_CHANNELS,
    Choice,
    Expression,
    Sizes,
    Symbol,
    is_constant,
    names,
    operation,
    rows,
    substitute,
)
from cnngen.ops import BatchNorm, Op, Subsample
from cnngen.ops.resize import stride_between
from cnngen.passes.shortcuts import norm_for_path, projection
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.define.builder import Builder
    from cnngen.define.namespace import Value

Values = Mapping[str, Expression]


def region(builder: Builder, node: ast.Region) -> Node:
    """The node of a word with a body."""
    made: Node = _REGIONS[node.word.name](builder, node)
    return made


def _inner(builder: Builder, body: ast.Body, numbered: bool = False) -> Body:
    builder.regions += 1
    made = Body(builder.statements(body), numbered)
    builder.regions -= 1
    return made


# --- residuals ---------------------------------------------------------------------------------


def _residual(builder: Builder, node: ast.Region) -> Residual:
    written = arrange(node, (), ("shortcut", "shortcut_name", "zero_init"), "")
    before = builder.value
    mode: Expression = "auto"
    start = builder.start
    if "shortcut" in written:
        expression = written["shortcut"]
        word = isinstance(expression, ast.Name) and expression.name in SHORTCUT.kind.words
        if word and builder.symbols.find(expression.name) is None:  # type: ignore[union-attr]
            mode = expression.span.text
        else:
            mode = builder.symbols.expression(expression, before.form)
            mode = str(mode) if isinstance(mode, Word) else mode
    if "zero_init" in written:
        kind = SETTINGS["zero_init"].kind
        zero = builder.symbols.argument(written["zero_init"], kind, before.form)
        if not is_constant(zero):
            raise OpenError(names(builder.symbols.resolve(zero)), "how weights start is decided")
        start = start._replace(zero_init=zero)
    outside = builder.origin
    builder.origin = id(node)  # strides are counted from here
    builder.value = before._replace(stride=1)
    body = _inner(builder, node.body)
    after = builder.value
    path: Layer | Use | Group | None = None
    padding: Layer | None = None
    path_name = _path_name(builder, node)
    if node.otherwise is not None:
        mode = "path"
        path = _written_path(builder, node, before, path_name)
    if not is_constant(mode) and path_name.looped:
        unknown = names(builder.symbols.resolve(mode))
        raise OpenError(unknown, "which shortcut each turn of a loop has depends on it")
    differs = _differs(builder, before.form, after)
    where = Where(before.form, after.form, node.word.span, builder.line)
    stride = _total(before.stride, after.stride)
    if mode in ("auto", "projection") or not is_constant(mode):
        path = _projection(
            builder, where, body, after, path_name, start.projection_init, mode, differs
        )
    if mode == "pad" or not is_constant(mode):
        padding = _padding(where, after, path_name, differs)
    if start.zero_init:
        body = _zeroed(builder, body, mode, differs)
    builder.origin = outside
    builder.value = type(after)(after.form, stride)
    return Residual(
        builder.name(node, label=False), body, mode, differs, path_name, path, padding, where
    )


def _total(a: Expression | None, b: Expression | None) -> Expression | None:
    return None if a is None or b is None else product(a, b)


def _path_name(builder: Builder, node: ast.Region) -> Name:
    for argument in node.arguments:
        if isinstance(argument, ast.Argument) and argument.name.name == "shortcut_name":
            return Name(argument.value.span.text)
    naming = builder.namespace.naming
    return Name(naming.paths[id(node)], None, id(node) in naming.looped)


def _written_path(
    builder: Builder, node: ast.Region, before: Value, name: Name
) -> Layer | Use | Group:
    assert node.otherwise is not None
    after = builder.value
    builder.value = before
    group = builder.group(node, node.otherwise, name)
    builder.value = after
    return _alone(builder, group)


def _alone(builder: Builder, group: Group) -> Layer | Use | Group:
    """The only item of a group without labels, which then bears the group's name; or the group.

    Raises:
        OpenError: whether there is only one depends on values.
    """
    if not group.body.numbered:
        return group
    counts = [_count(node) for node in group.body.nodes]
    if sum(count or 0 for count in counts) > 1:
        return group
    only = group.body.nodes[0]
    while isinstance(only, Repeat) and only.times == 1 and len(only.body.nodes) == 1:
        only = only.body.nodes[0]
    if len(group.body.nodes) == 1 and isinstance(only, (Layer, Use, Group)):
        return only._replace(name=group.name)
    read = (name for node in group.body.nodes for each in expressions(node) for name in names(each))
    known = (names(builder.symbols.resolve(Symbol(name))) for name in read)
    raise OpenError(frozenset().union(*known), "what a path is called depends on it")


def _count(node: Node) -> int | None:
    """How many items a node makes; None where that depends on values."""
    if isinstance(node, (Repeat, For)):
        turns: Any = node.times if isinstance(node, Repeat) else rows(node.values)
        times = turns if isinstance(node, Repeat) else turns and len(turns)
        inside = [_count(each) for each in node.body.nodes]
        if type(times) is not int or None in inside:
            return None
        return times * sum(count or 0 for count in inside)
    return None if isinstance(node, If) else int(not isinstance(node, Let))


def _differs(builder: Builder, x: Form, after: Value) -> Expression:
    """Whether the body's output has another shape than its input.

    Raises:
        OpenError: its axes have been permuted, and their sizes are open.
    """
    y = after.form
    resolve = builder.symbols.resolve
    channels: Expression = operation("!=", x.channels, y.channels)
    if is_constant(operation("!=", resolve(x.channels), resolve(y.channels))):
        channels = operation("!=", resolve(x.channels), resolve(y.channels))
    sizes: Expression = False
    if x.is_map:
        if x.sizes is not None and y.sizes is not None:
            sizes = x.sizes != y.sizes
        elif after.lengths is not None:
            raise OpenError(builder.names_in(after.lengths), "whether the sizes are the same")
        elif after.stride is not None:
            for step in _steps(after.stride):
                sizes = operation("or", sizes, operation("!=", step, 1))
    return operation("or", sizes, channels)


def _steps(stride: Expression) -> list[Expression]:
    """What a stride is on its axes, each once; a choice among the others says nothing more."""
    steps = list(dict.fromkeys(stride.parts)) if isinstance(stride, Sizes) else [stride]
    plain = [step for step in steps if not isinstance(step, Choice)]
    return [
        step
        for step in steps
        if not (isinstance(step, Choice) and {step.first, step.second} <= {1, *plain})
    ]


def _ratio(x: Form, after: Value) -> Expression | None:
    """The stride of a path that makes the body's size of its input's."""
    y = after.form
    if x.sizes is not None and y.sizes is not None:
        ratio = stride_between(x.sizes, y.sizes)
        if ratio is not None and after.stride is not None and not is_constant(after.stride):
            return after.stride
        return ratio
    stride = after.stride
    return (stride,) * y.axes if type(stride) is int else stride


def _projection(
    builder: Builder,
    where: Where,
    body: Body,
    after: Value,
    name: Name,
    init: Any,
    mode: Expression,
    differs: Expression,
) -> Layer | Group | None:
    """The convolution, and the norm, that a shortcut may need; None where none ever does."""
    if mode == "auto" and differs is False:
        return None
    stride = _ratio(where.input, after)
    if stride is None:
        if mode == "auto" and is_constant(differs):
            raise OpenError(["in sizes"], "the projection's stride depends on the size")
        stride = (1,) * after.form.axes
    form, channels = after.form, after.form.channels
    ops = [projection(channels, stride, init, form.axes)]
    norm = _ending(builder, body, {})
    if isinstance(norm, BatchNorm):
        ops.append(norm_for_path(norm))
    whole = Where(where.input, form, where.span, where.line)
    layers = [Layer(Name(""), ops[0], whole)]
    if len(ops) == 1:
        return layers[0]._replace(name=name)
    layers.append(Layer(Name(""), ops[1], Where(form, form, where.span, where.line)))
    return Group(name, Body(tuple(layers), True), whole)


def _padding(where: Where, after: Value, name: Name, differs: Expression) -> Layer | None:
    if differs is False:
        return None
    stride = _ratio(where.input, after)
    step: Any = (1,) * after.form.axes if stride is None else stride
    channels: Any = after.form.channels
    op = Subsample(channels, step)
    return Layer(name, op, Where(where.input, after.form, where.span, where.line))


def _ending(builder: Builder, body: Body, known: Values) -> Op | None:
    """The op that a body ends in, gates and factors aside, over names of the definition around it.

    ``known`` is what the names of the body's own definition are there.
    """
    for node in reversed(body.nodes):
        if not _only_weighs(node):
            return _op_of(builder, node, known)
    return None


def _op_of(builder: Builder, node: Node, known: Values) -> Op | None:
    if isinstance(node, Layer):
        return substituted(node.op, known)
    if isinstance(node, (Group, Repeat, For)):
        return _ending(builder, node.body, known)
    if isinstance(node, Use):
        given = {name: substitute(value, known) for name, value in node.arguments.items()}
        channels = substitute(node.at.input.channels, known)
        return _ending(builder, node.callee.body, {**given, IN_CHANNELS: channels})
    if isinstance(node, If):
        condition = builder.symbols.resolve(substitute(node.condition, known))
        if is_constant(condition):
            return _ending(builder, node.body if condition else node.otherwise, known)
        first = _ending(builder, node.body, known)
        if first == _ending(builder, node.otherwise, known):
            return first
        raise OpenError(names(condition), "what a body ends in differs")
    return None


def substituted(op: Op, values: Values) -> Op:
    """The op with names replaced in its fields."""
    changed = {
        name: substitute(value, values)
        for name, value in op.__dict__.items()
        if not is_constant(value)
    }
    return op.replace(**changed) if changed else op


def _only_weighs(node: Node) -> bool:
    """Whether a node only weighs its input, or computes nothing."""
    if isinstance(node, Layer):
        return node.op.only_weighs
    if isinstance(node, Gate):
        return True
    if isinstance(node, Use):
        return all(map(_only_weighs, node.callee.body.nodes))
    if isinstance(node, (Group, If, Repeat, For)):
        others = node.otherwise.nodes if isinstance(node, If) else ()
        inside = (*node.body.nodes, *others)
        return bool(inside) and all(map(_only_weighs, inside))
    return isinstance(node, Let)


def _zeroed(builder: Builder, body: Body, mode: Expression, differs: Expression) -> Body:
    """The body of a residual that starts as its shortcut alone, where it has one."""
    if mode == "none":
        return body
    if not is_constant(mode):
        raise OpenError(names(builder.symbols.resolve(mode)), "how weights start depends on it")
    if mode == "match":
        if not is_constant(differs):
            unknown = names(builder.symbols.resolve(differs))
            raise OpenError(unknown, "how weights start depends on it")
        if differs:
            return body
    return with_zeros(builder, body)


def with_zeros(builder: Builder, body: Body) -> Body:
    """The body with zeros for the scale of the batch norm before its last gates and factors."""
    for place in range(len(body.nodes) - 1, -1, -1):
        node = body.nodes[place]
        if _only_weighs(node):
            continue
        made: Node = node
        if isinstance(node, Layer) and isinstance(node.op, BatchNorm):
            if node.op.has_scale:
                made = node._replace(op=node.op.replace(zero_scale=True))
        elif isinstance(node, Group):
            made = node._replace(body=with_zeros(builder, node.body))
        elif isinstance(node, Use):
            made = node._replace(callee=builder.registry.zeroed(node.callee, builder))
        elif isinstance(node, Repeat) and node.times == 1:
            made = node._replace(body=with_zeros(builder, node.body))
        elif isinstance(node, (If, Repeat, For)):
            raise OpenError(("",), "how weights start depends on it")
        return body._replace(nodes=(*body.nodes[:place], made, *body.nodes[place + 1 :]))
    return body


# --- branches, gates, heads ----------------------------------------------------------------------


def _branches(builder: Builder, node: ast.Region) -> Branches:
    before = builder.value
    builder.regions += 1
    branches, channels, first = _rows(builder, node.body, before)
    builder.regions -= 1
    if first is None:
        raise OpenError((), "there are no branches")
    form = first.form._replace(channels=channels)
    builder.value = type(first)(form, first.stride)
    where = Where(before.form, form, node.word.span, builder.line)
    return Branches(builder.name(node, label=False), Body(tuple(branches)), where)


def _rows(
    builder: Builder, body: ast.Body, before: Value
) -> tuple[list[Node], Expression, Value | None]:
    """The branches of a body, the channels of all of them, and the value of the first."""
    made: list[Node] = []
    channels: Expression = 0
    first: Value | None = None
    builder.symbols.visible.append({})
    for statement in body.statements:
        builder.value = before
        if isinstance(statement, ast.Let):
            value = builder.symbols.expression(statement.value, before.form)
            symbol = builder.symbols.let(statement.name.name, value)
            if symbol is not None:
                made.append(Let(symbol.name, value))
            continue
        if not isinstance(statement, ast.Line):
            continue
        only = statement.items[0] if len(statement.items) == 1 and statement.shape is None else None
        if isinstance(only, (ast.Repeat, ast.For, ast.If)):
            nodes, added, value_ = _controlled(builder, only, before)
            made += nodes
            channels = operation("+", channels, added)
            first = first or value_
            continue
        builder.line += 1
        items: list[Node] = []
        builder.items(statement, items)
        where = Where(before.form, builder.value.form, statement.span, builder.line)
        label = _branch_label(statement)
        made.append(Branch(label, Body(tuple(items)), where))
        channels = operation("+", channels, builder.value.form.channels)
        first = first or builder.value
    builder.symbols.visible.pop()
    builder.value = before
    return made, channels, first


def _branch_label(line: ast.Line) -> str:
    """What the branch is called: the label of its only item."""
    only = line.items[0] if len(line.items) == 1 else None
    label = getattr(only, "label", None)
    return label.name.name if label is not None and not label.numbers else ""


def _controlled(
    builder: Builder, node: ast.Repeat | ast.For | ast.If, before: Value
) -> tuple[list[Node], Expression, Value | None]:
    """Branches that a loop or a condition makes."""
    symbols = builder.symbols
    if isinstance(node, ast.Repeat):
        times = symbols.expression(node.times, before.form)
        if times == 0:
            return [], 0, None
        counted(builder, node.body, times)
        turn, channels, first = _rows(builder, node.body, before)
        return [Repeat(times, Body(tuple(turn)))], operation("*", times, channels), first
    if isinstance(node, ast.If):
        condition = symbols.expression(node.condition, before.form)
        if not is_constant(condition):
            raise OpenError(names(symbols.resolve(condition)), "which branches there are differs")
        chosen = node.body if condition else node.otherwise
        if isinstance(chosen, ast.If):
            return _controlled(builder, chosen, before)
        return _rows(builder, chosen, before) if chosen is not None else ([], 0, None)
    values = symbols.resolve(symbols.expression(node.values, before.form))
    if not is_constant(values):
        raise OpenError(names(values), "which branches there are differs")
    made: list[Node] = []
    channels = 0
    first = None
    rows_: Any = values
    for row in rows_:
        parts = row if len(node.targets) > 1 else (row,)
        symbols.visible.append({t.name: p for t, p in zip(node.targets, parts, strict=True)})
        nodes, added, value = _rows(builder, node.body, before)
        symbols.visible.pop()
        made += nodes
        channels = operation("+", channels, added)
        first = first or value
    return made, channels, first


def _gate(builder: Builder, node: ast.Region) -> Gate:
    before = builder.value
    body = _inner(builder, node.body)
    check_open(builder, [before.form, builder.value.form])
    builder.value = before
    where = Where(before.form, before.form, node.word.span, builder.line)
    return Gate(builder.name(node, label=False), body, where)


def _aux(builder: Builder, node: ast.Region) -> SideHead:
    written = arrange(node, ("name",), ("weight",), "")
    before = builder.value
    weight = builder.symbols.expression(written["weight"], before.form)
    decided = [*builder.conditions, *(() if is_constant(weight) else (weight,))]
    if decided:
        open_names = (names(builder.symbols.resolve(each)) for each in decided)
        raise OpenError(frozenset().union(*open_names), "which side heads there are depends on it")
    name = Name(written["name"].span.text)
    builder.namespace.taps.append(tap_of(name.text))
    head = _alone(builder, builder.group(node, node.body, name))
    builder.value = before
    where = Where(before.form, before.form, node.word.span, builder.line)
    return SideHead(name, head, weight, where)


_REGIONS: dict[str, Any] = {
    "residual": _residual,
    "inception": _branches,
    "concat": _branches,
    "gate": _gate,
    "aux": _aux,
}
