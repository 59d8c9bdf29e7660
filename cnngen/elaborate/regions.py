"""Regions: residual, branches, gate, side head. What is in them is named with what is around."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cnngen.diagnostics import Diagnostic, codes, did_you_mean, listed
from cnngen.elaborate.arguments import Written, arrange
from cnngen.elaborate.evaluate import describe, fail
from cnngen.elaborate.flow import Current, Step
from cnngen.elaborate.layers import note_start
from cnngen.elaborate.names import GATE, Items, Label, Named, Unnamed
from cnngen.elaborate.place import Branch, Fork, Place
from cnngen.elaborate.scope import Word, refusal
from cnngen.elaborate.start import Start, setting_value
from cnngen.elaborate.walker import Head, Walker
from cnngen.elaborate.words import REGIONS, SHORTCUTS
from cnngen.elaborate.zero_init import check_end, zeroed
from cnngen.formula import Formula, bounded, is_constant, is_long, operation, substitute
from cnngen.ir import Branches, Chain, Gate, Item, Residual, SideHead
from cnngen.ops import Map, Shape, same_size
from cnngen.ops.resize import stride_between
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast


class Around(NamedTuple):
    """What every region has: the value that comes in, and where the region stands."""

    x: Shape
    source: Formula
    span: Span
    step: int


def region(walker: Walker, node: ast.Region, place: Place) -> None:
    """A word with a body: with a label, the region is a group of that name."""
    walker.spend(node.span)
    note_start(walker, node.word)
    if node.second is not None and (node.word.name, node.second.name) != ("residual", "shortcut"):
        fail(
            codes.BODY_EXTRA,
            f"`{node.second.name}` cannot follow the body of `{node.word.name}`",
            node.second.span,
            "not expected here",
            "`residual { ... } shortcut { ... }` writes the path of a shortcut out",
        )
    label = walker.label(node.label, place)
    if label is None or node.word.name == "aux":
        _REGIONS[node.word.name](walker, node, place)
        return
    step, x, source = walker.step, walker.flow.shape, walker.flow.channels
    inner = place.group(node.body)
    _REGIONS[node.word.name](walker, node, inner)
    chain = x and walker.chain(inner, x, node.span, step, source)
    if chain:
        walker.add(Unnamed(label, "group", chain), place)
    else:
        walker.keep(label, place)


def _body(walker: Walker, body: ast.Body, place: Place) -> None:
    """Walk a region's body at ``place``; refuse one without layers."""
    mistakes, lost = walker.mistakes, walker.flow.shape is None
    walker.regions += 1
    walker.statements(body, place)
    walker.regions -= 1
    made = place.items or (place.fork and place.fork.branches)
    if not made and not lost and not walker.flow.incomplete and walker.mistakes == mistakes:
        fail(
            codes.EMPTY_NETWORK,
            "this body has no layers",
            body.span,
            "empty",
            "put `identity` into it where a value is to pass unchanged",
        )


def _finish(
    walker: Walker,
    place: Place,
    around: Around,
    stem: str,
    parts: Sequence[Items],
    build: Callable[[Sequence[Named], str], Item],
) -> None:
    walker.flow.trail.append(Step(around.span, None, around.x, _shape(walker)))
    walker.add(Unnamed(None, stem, parts=parts, build=build), place)


def _shape(walker: Walker) -> Shape:
    assert walker.flow.shape is not None
    return walker.flow.shape


def _inline(items: Named, around: Around, value: Current) -> Chain:
    """Items that are named with those around them, as a chain without a name."""
    shape, _, channels = value
    return Chain("", items, around.x, shape, around.span, around.step, channels, around.source)


# --- residual --------------------------------------------------------------------------------


def _residual(walker: Walker, node: ast.Region, place: Place) -> None:
    usage = REGIONS["residual"].usage
    known = ("shortcut", "shortcut_name", "zero_init")
    written = arrange(node, (), known, usage)
    mode = _mode(walker, written, place)
    init, zero = _start(walker, node, written, place)
    name = _path_name(written)
    if node.otherwise is not None and "shortcut" in written:
        fail(
            codes.CONFLICTING_ARGUMENTS,
            "the path of this shortcut is written out, so nothing is left to choose",
            written["shortcut"].span,
            "not both",
            "leave out `shortcut=`, or the second body",
        )
    flow = walker.flow
    before, source, strides = flow.current(), flow.channels, len(flow.strides)
    span, step = node.word.span, walker.step
    inner = place.branch()
    _body(walker, node.body, inner)
    after, path = flow.current(), None
    shrunk = len(flow.strides)
    if node.otherwise is not None:
        mode = "path"
        path, after = _written_path(walker, node, place, before, after)
        del flow.strides[shrunk:]
    flow.go_on_from(after)
    if before is None or after is None:
        return
    if zero and "zero_init" in written:
        check_end(inner.items, written["zero_init"].span, walker.report)
    around = Around(before.shape, source, span, step)
    _check_shortcut(mode, before.shape, after.shape, node)
    if mode != "none":
        walker.values.fix(before.symbol)
        walker.values.fix(after.symbol)
        flow.symbol = None
    stride = _stride(walker, flow.strides[strides:], before.shape, after.shape)

    def build(parts: Sequence[Named], path_name: str) -> Residual:
        body = _inline(parts[0], around, after)
        named = path and path._replace(name=path_name)
        x, shape, channels = before.shape, after.shape, after.channels
        about = (init, x, shape, span, step, channels, source)
        made = Residual("", body, mode, path_name, named, stride, *about)
        return zeroed(made, walker.zeroed) if zero else made

    flow.trail.append(Step(span, None, around.x, after.shape))
    item = Unnamed(None, "add", parts=[inner.items], build=build, has_path=True, path=name)
    walker.add(item, place)


def _mode(walker: Walker, written: Written, place: Place) -> str:
    """What is done where shapes differ. A word stands for itself, unless a parameter hides it."""
    expression = written.get("shortcut")
    if expression is None:
        return "auto"
    if isinstance(expression, ast.Name) and expression.name in SHORTCUTS:
        own = place.scope.find(expression.name)
        if own is None or not isinstance(own.value, Word):
            return expression.name
    value = walker.values.evaluate(expression, place.scope)
    if not isinstance(value, Word) or value not in SHORTCUTS:
        fail(
            codes.WRONG_VALUE,
            f"`shortcut` of `residual` cannot be {describe(value)}",
            expression.span,
            f"expected one of {listed(SHORTCUTS)}",
            did_you_mean(expression.span.text, SHORTCUTS, ""),
        )
    return str(value)


def _start(walker: Walker, node: ast.Region, written: Written, place: Place) -> Start:
    """What is in force for a residual."""
    own = written.get("zero_init")
    if own is None:
        return walker.start
    zero = setting_value(node.word, "zero_init", own, walker.values, place.scope)
    return walker.start._replace(zero_init=zero)


def _path_name(written: Written) -> Label | None:
    expression = written.get("shortcut_name")
    if expression is None:
        return None
    why = "" if isinstance(expression, ast.Name) else "a name is written without quotes"
    name = expression.span.text
    why = why or refusal(name, of_code=False)
    if why:
        fail(codes.NAME_REFUSED, why, expression.span, "choose another name")
    return Label(name, expression.span)


def _written_path(
    walker: Walker, node: ast.Region, place: Place, before: Current | None, after: Current | None
) -> tuple[Item | None, Current | None]:
    """The path that the source writes out: its only item, or a chain of its own."""
    assert node.otherwise is not None
    source = before.channels if before else 0
    walker.flow.go_on_from(before)
    inner = place.group(node.otherwise)
    _body(walker, node.otherwise, inner)
    made = walker.flow.current()
    if before is None or after is None or made is None:
        return None, None
    if not same_size(made.shape, after.shape):
        fail(
            codes.SHORTCUT_MISMATCH,
            f"the body gives {after.shape}, the shortcut {made.shape}",
            node.second.span if node.second else node.span,
            f"expected {after.shape}",
            "both are added, so their shapes must be the same",
        )
    walker.values.fix(made.symbol)
    chain = walker.chain(inner, before.shape, node.otherwise.span, walker.step, source)
    return chain and alone(chain), after


def alone(chain: Chain) -> Item:
    """The only item of a chain without labels, which then bears the chain's name; or the chain."""
    return chain.items[0] if chain.numbered and len(chain.items) == 1 else chain


def _check_shortcut(mode: str, x: Shape, y: Shape, node: ast.Region) -> None:
    """Whether the shortcut can be made; SHORTCUT_MISMATCH, with both shapes, where it cannot."""
    always = mode == "projection"
    if mode in ("none", "match", "path") or (same_size(x, y) and not always):
        return
    gives = f"the body makes {y} of {x}"
    if mode == "identity":
        why, hint = "the shortcut is to be the identity", "`shortcut=auto` inserts a projection"
    elif not isinstance(x, Map) or not isinstance(y, Map):
        why = "a projection is a 1x1 convolution, which needs maps"
        hint = "write the path out: `residual { ... } shortcut { ... }`"
    elif stride_between(x, y) is None:
        why = f"no stride takes {x.height}x{x.width} to {y.height}x{y.width}"
        hint = "is `pad` missing in the body? a 3x3 convolution keeps the size with `pad=1`"
    elif mode == "pad" and y.channels < x.channels:
        why, hint = "zeros add channels, they take none away", "`shortcut=auto` projects"
    else:
        return
    fail(codes.SHORTCUT_MISMATCH, f"{gives}: {why}", node.word.span, f"{x} and {y}", hint)


def _stride(walker: Walker, strides: Sequence[Formula | None], x: Shape, y: Shape) -> Formula:
    """By how much the body shrinks its input: a formula where that gives the same."""
    ratio = stride_between(x, y) if isinstance(x, Map) and isinstance(y, Map) else None
    if ratio is None:
        return 1
    plain: Formula = ratio[0] if ratio[0] == ratio[1] else ratio
    product: Formula = 1
    for stride in strides:
        if stride is None or (is_constant(stride) and type(stride) is not int):
            return plain
        product = operation("*", product, stride)
        if is_long(product):
            return plain
    given = substitute(product, walker.values.parameters)
    return product if given == plain else plain


# --- branches --------------------------------------------------------------------------------


def _branches(walker: Walker, node: ast.Region, place: Place) -> None:
    arrange(node, (), (), REGIONS["inception"].usage)
    flow = walker.flow
    before, source = flow.current(), flow.channels
    around_span, step = node.word.span, walker.step
    fork = Fork(before, [])
    _body(walker, node.body, place.branch(fork))
    branches = fork.branches
    values = [branch.value for branch in branches if branch.value is not None]
    if before is None or not values or len(values) < len(branches):
        flow.lose()
        return
    around = Around(before.shape, source, around_span, step)
    flow.go_on_from(joined(walker, values, lambda: _differ(node, branches)))
    labels = tuple(map(_label, branches))
    result = flow.current()
    if result is None:
        return

    def build(parts: Sequence[Named], _path: str) -> Branches:
        chains = tuple(
            _inline(items, around._replace(span=branch.span, step=branch.step), value)
            for items, branch, value in zip(parts, branches, values, strict=True)
        )
        about = (before.shape, result.shape, around_span, step, result.channels, source)
        return Branches("", chains, labels, *about)

    _finish(walker, place, around, "concat", [branch.items for branch in branches], build)


def _label(branch: Branch) -> str:
    """What the branch is called: the label of its only item."""
    label = branch.items[0].label if len(branch.items) == 1 else None
    return label.name if label else ""


def _differ(node: ast.Region, branches: Iterable[Branch]) -> Diagnostic:
    """Branches of different size, all of them shown."""
    rows = [(f"line {b.span.line}", " ".join(b.span.text.split()), b.value) for b in branches]
    shown = [f"{where}  {text[:60]}  -> {value.shape}" for where, text, value in rows if value]
    return Diagnostic(
        codes.BRANCHES_DIFFER,
        f"the branches of this `{node.word.name}` differ in height or width",
        node.word.span,
        "joined on channels, so all need one height and width",
        hint="`pad` keeps the size: 1 for 3x3, 2 for 5x5; a pool needs `stride=1` too",
        notes=("the branches:\n" + "\n".join(shown),),
    )


def joined(
    walker: Walker, values: Sequence[Current], differ: Callable[[], Diagnostic]
) -> Current | None:
    """Several values joined on channels; None, with ``differ`` reported, where they cannot be."""
    first = values[0].shape
    sizes = {v.shape[:2] if isinstance(v.shape, Map) else None for v in values}
    if len(sizes) != 1:
        walker.report(differ())
        return None
    channels: Formula = 0
    for value in values:
        walker.values.fix(value.symbol)
        channels = operation("+", channels, value.channels)
    total = sum(value.shape.channels for value in values)
    shape = first._replace(channels=total) if isinstance(first, Map) else type(first)(total)
    return Current(shape, None, bounded(channels, total))


# --- gate ------------------------------------------------------------------------------------


def _gate(walker: Walker, node: ast.Region, place: Place) -> None:
    arrange(node, (), (), REGIONS["gate"].usage)
    flow = walker.flow
    before, source, strides = flow.current(), flow.channels, len(flow.strides)
    span, step = node.word.span, walker.step
    inner = place.branch()
    _body(walker, node.body, inner)
    after = flow.current()
    flow.go_on_from(before)
    del flow.strides[strides:]
    if before is None or after is None:
        flow.lose()
        return
    _check_gate(before.shape, after.shape, node)
    walker.values.fix(before.symbol)
    walker.values.fix(after.symbol)
    flow.symbol = None
    around = Around(before.shape, source, span, step)

    def build(parts: Sequence[Named], _path: str) -> Gate:
        x, body = before.shape, _inline(parts[0], around, after)
        return Gate("", body, x, x, span, step, source, source)

    _finish(walker, place, around, GATE, [inner.items], build)


def _check_gate(x: Shape, y: Shape, node: ast.Region) -> None:
    fits = same_size(x, y)
    if isinstance(x, Map) and isinstance(y, Map):
        fits = all(own in (1, size) for own, size in zip(y, x, strict=True))
    if fits:
        return
    hint = "`avgpool global` and 1x1 convolutions give one factor for each channel"
    if isinstance(x, Map) and not isinstance(y, Map):
        hint = "leave out `flatten`, and write 1x1 convolutions for `dense`: " + hint
    fail(
        codes.GATE_MISMATCH,
        f"a gate of {y} does not fit on {x}",
        node.word.span,
        f"expected {x}, or 1 in place of some of its sizes",
        hint,
    )


# --- side heads ------------------------------------------------------------------------------


def _aux(walker: Walker, node: ast.Region, place: Place) -> None:
    usage = REGIONS["aux"].usage
    written = arrange(node, ("name",), ("weight",), usage)
    if not place.namespace.top or walker.regions or walker.calls:
        fail(
            codes.SIDE_HEAD_PLACE,
            "a side head stands directly in a network's body, not inside of anything",
            node.word.span,
            "not expected here",
            "put it into the network, after the group or block whose output it takes",
        )
    if node.label is not None:
        fail(
            codes.NAME_REFUSED,
            "a side head has one name, the one after `aux`",
            node.label.span,
            "leave this label out",
        )
    label = _head_name(node, written, usage)
    weight = _weight(walker, node, written, place, usage)
    flow = walker.flow
    before, source = flow.current(), flow.channels
    strides, step = len(flow.strides), walker.step
    inner = place.group(node.body)
    _body(walker, node.body, inner)
    output = flow.shape
    chain = before and walker.chain(inner, before.shape, node.span, step, source)
    flow.go_on_from(before)
    del flow.strides[strides:]
    if before is None or chain is None or output is None:
        return
    if before.symbol:
        walker.values.fix(before.symbol)
        flow.symbol = None
    walker.heads.append(Head(label.name, output, node.word.span))
    head = alone(chain)._replace(name=label.name)
    x, span = before.shape, node.word.span
    made = SideHead("", head, weight, x, x, span, step, source, source)
    item = Unnamed(label, "aux", parts=[], build=lambda _parts, _path: made)
    place.items.append(item)


def _head_name(node: ast.Region, written: Written, usage: str) -> Label:
    name = written.get("name")
    if not isinstance(name, ast.Name):
        fail(
            codes.MISSING_NAME,
            "a side head needs a name",
            name.span if name else node.word.span,
            "expected a name",
            f"write it as `{usage}`",
        )
    why = refusal(name.name, of_code=False)
    if why:
        fail(codes.NAME_REFUSED, why, name.span, "choose another name")
    return Label(name.name, name.span)


def _weight(walker: Walker, node: ast.Region, written: Written, place: Place, usage: str) -> float:
    expression = written.get("weight")
    if expression is None:
        fail(
            codes.MISSING_ARGUMENT,
            "a side head needs the weight of its loss",
            node.word.span,
            "expected a weight",
            f"write it as `{usage}`",
        )
    value = walker.values.evaluate(expression, place.scope)
    if type(value) not in (int, float) or not 0 < value < float("inf"):  # type: ignore[operator]
        fail(
            codes.WRONG_VALUE,
            f"the weight of a loss cannot be {describe(value)}",
            expression.span,
            "expected a number greater than 0",
        )
    return float(value)  # type: ignore[arg-type]


_REGIONS: dict[str, Callable[[Walker, ast.Region, Place], None]] = {
    "residual": _residual,
    "inception": _branches,
    "concat": _branches,
    "gate": _gate,
    "aux": _aux,
}
