"""Regions: branches, gate, side head. What is in them is named with what is around."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from cnngen.diagnostics import Diagnostic, DiagnosticError, Related, codes
from cnngen.elaborate.arguments import Written, arrange
from cnngen.elaborate.bodies import Around, alone, inline, walk_body
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Step
from cnngen.elaborate.layers import note_start
from cnngen.elaborate.losses import loss_weight
from cnngen.elaborate.names import Items, Label, Named, Unnamed
from cnngen.elaborate.place import Branch, Fork, Place
from cnngen.elaborate.residual import residual
from cnngen.elaborate.scope import refusal
from cnngen.elaborate.trail import came_about
from cnngen.elaborate.walker import Head, Walker
from cnngen.elaborate.words import REGIONS
from cnngen.ir import At, Branches, Gate, Item, SideHead
from cnngen.ops import Map, Shape, is_factor
from cnngen.syntax import ast


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
    step, x = walker.step, walker.flow.shape
    inner = place.group(node)
    _REGIONS[node.word.name](walker, node, inner)
    chain = x and walker.chain(inner, x, node.span, step)
    if chain:
        walker.add(Unnamed(label, node, chain), place, inner.namespace)
    else:
        walker.keep(label, place, inner.namespace)


def _finish(
    walker: Walker,
    node: ast.Region,
    place: Place,
    around: Around,
    parts: Sequence[Items],
    build: Callable[[Sequence[Named], str], Item],
) -> None:
    walker.flow.note(Step(around.span, None, around.x, _shape(walker)))
    walker.add(Unnamed(None, node, parts=parts, build=build), place)


def _shape(walker: Walker) -> Shape:
    assert walker.flow.shape is not None
    return walker.flow.shape


# --- branches --------------------------------------------------------------------------------


def _branches(walker: Walker, node: ast.Region, place: Place) -> None:
    arrange(node, (), (), REGIONS["inception"].usage)
    flow = walker.flow
    before, span, step = flow.shape, node.word.span, walker.step
    fork = Fork(before, [])
    walk_body(walker, node.body, place.branch(fork))
    branches = fork.branches
    values = [branch.value for branch in branches if branch.value is not None]
    if before is None or not values or len(values) < len(branches):
        flow.lose()
        return
    around = Around(before, span, step)
    result = flow.shape = joined(walker, values, lambda: _differ(node, branches))
    labels = tuple(map(_label, branches))
    if result is None:
        return

    def build(parts: Sequence[Named], _path: str) -> Branches:
        chains = tuple(
            inline(items, around._replace(span=branch.span, step=branch.step), value)
            for items, branch, value in zip(parts, branches, values, strict=True)
        )
        return Branches("", chains, labels, At(before, result, span, step))

    _finish(walker, node, place, around, [branch.items for branch in branches], build)


def _label(branch: Branch) -> str:
    """What the branch is called: the label of its only item."""
    label = branch.items[0].label if len(branch.items) == 1 else None
    return label.name if label else ""


def _differ(node: ast.Region, branches: Iterable[Branch]) -> Diagnostic:
    """Branches of different size, all of them shown."""
    rows = [(f"line {b.span.line}", " ".join(b.span.text.split()), b.value) for b in branches]
    shown = [f"{where}  {text[:60]}  -> {value}" for where, text, value in rows if value]
    return Diagnostic(
        codes.BRANCHES_DIFFER,
        f"the branches of this `{node.word.name}` differ in height or width",
        node.word.span,
        "joined on channels, so all need one height and width",
        hint="`pad` keeps the size: 1 for 3x3, 2 for 5x5; a pool needs `stride=1` too",
        notes=("the branches:\n" + "\n".join(shown),),
    )


def joined(
    walker: Walker, values: Sequence[Shape], differ: Callable[[], Diagnostic]
) -> Shape | None:
    """Several values joined on channels; None, with ``differ`` reported, where they cannot be."""
    first = values[0]
    sizes = {value.sizes if isinstance(value, Map) else None for value in values}
    if len(sizes) != 1:
        walker.report(differ())
        return None
    total = sum(value.channels for value in values)
    return first._replace(channels=total) if isinstance(first, Map) else type(first)(total)


# --- gate ------------------------------------------------------------------------------------


def _gate(walker: Walker, node: ast.Region, place: Place) -> None:
    arrange(node, (), (), REGIONS["gate"].usage)
    flow = walker.flow
    before, span, step = flow.shape, node.word.span, walker.step
    inner, start = place.branch(), max(len(flow.trail) - 1, 0)
    walk_body(walker, node.body, inner)
    after = flow.shape
    flow.shape = before
    if before is None or after is None:
        flow.lose()
        return
    _check_gate(before, after, node, flow.trail[start:])
    around = Around(before, span, step)

    def build(parts: Sequence[Named], _path: str) -> Gate:
        return Gate("", inline(parts[0], around, after), At(before, before, span, step))

    _finish(walker, node, place, around, [inner.items], build)


def _check_gate(x: Shape, y: Shape, node: ast.Region, trail: Sequence[Step]) -> None:
    """Refuse a body whose result, after the steps of ``trail``, is no factor of the input."""
    if is_factor(y, x):
        return
    hint = "`avgpool global` and 1x1 convolutions give one factor for each channel"
    if isinstance(x, Map) and not isinstance(y, Map):
        hint = "leave out `flatten`, and write 1x1 convolutions for `dense`: " + hint
    elif isinstance(y, Map) and set(y.sizes) == {1}:
        hint = f"for one factor for each channel, the last convolution is `conv {x.channels} 1x1`"
        if re.search(r"\bchannels\b", node.body.span.text):
            hint = (
                "`channels` is what comes into each layer: with `let entry = channels` before the "
                "gate, the last convolution is `conv entry 1x1`"
            )
    fail(
        codes.GATE_MISMATCH,
        f"a gate of {y} does not fit on {x}",
        node.word.span,
        f"expected {x}, or 1 in place of some of its sizes",
        hint,
        came_about(trail, "the factor"),
    )


# --- side heads ------------------------------------------------------------------------------


def _aux(walker: Walker, node: ast.Region, place: Place) -> None:
    usage = REGIONS["aux"].usage
    written = arrange(node, ("name",), ("weight",), usage)
    if walker.regions or walker.calls:
        again = walker.calls and isinstance(walker.calls[-1].node, (ast.Group, ast.Region))
        what = "a side head stands in a network's body or its groups, not inside of anything else"
        fail(
            codes.SIDE_HEAD_PLACE,
            "a group with a side head is applied once" if again else what,
            node.word.span,
            "would be applied again" if again else "not expected here",
            "put it behind what holds it here, and it takes the output of that",
        )
    if node.label is not None:
        fail(
            codes.NAME_REFUSED,
            "a side head has one name, the one after `aux`",
            node.label.span,
            "leave this label out",
        )
    label = _head_name(node, written, usage)
    _check_unique(walker, label)
    weight = _weight(walker, node, written, place, usage)
    flow = walker.flow
    before, step = flow.shape, walker.step
    inner = place.group(node.body)
    inner.namespace.is_head = True
    walk_body(walker, node.body, inner)
    output = flow.shape
    chain = before and walker.chain(inner, before, node.span, step)
    flow.shape = before
    if before is None or chain is None or output is None:
        return
    walker.heads.append(Head(label, output, node.word.span))
    head = alone(chain)._replace(name=label.name)
    made = SideHead("", head, weight, At(before, before, node.word.span, step))
    place.items.append(Unnamed(label, node, made))


def _check_unique(walker: Walker, label: Label) -> None:
    """Refuse a name that another side head has, in whatever group: outputs are told apart by it."""
    before = next((each.label for each in walker.heads if each.label.name == label.name), None)
    if before is None:
        return
    again = before.span == label.span
    raise DiagnosticError(
        Diagnostic(
            codes.NAME_TAKEN,
            f"there is a side head `{label.name}` already",
            label.span,
            "the loop comes here more than once" if again else "used again",
            hint="the network gives the output of each side head by its name: "
            + ("write them out, outside of the loop" if again else "rename one of the two"),
            related=() if again else (Related(before.span, "used here before"),),
        )
    )


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
    return loss_weight(walker.values.evaluate(place.scope, expression), expression.span)


_REGIONS: dict[str, Callable[[Walker, ast.Region, Place], None]] = {
    "residual": residual,
    "inception": _branches,
    "concat": _branches,
    "gate": _gate,
    "aux": _aux,
}
