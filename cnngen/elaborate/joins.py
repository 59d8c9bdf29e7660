"""``add``, ``concat``, ``from`` and others: earlier values by their labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NoReturn

from cnngen.diagnostics import Diagnostic, DiagnosticError, Related, codes, did_you_mean, listed
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Step
from cnngen.elaborate.layers import note_start
from cnngen.elaborate.names import Unnamed
from cnngen.elaborate.naming import (
    input_labels,
    label_pattern,
    label_read,
    like_of,
    naming_of,
    stem_of,
)
from cnngen.elaborate.place import Labelled, Namespace, Place
from cnngen.elaborate.regions import joined
from cnngen.elaborate.scope import QUOTED, written_label
from cnngen.elaborate.trail import trails_apart
from cnngen.elaborate.values import FOLLOWS
from cnngen.elaborate.walker import Walker
from cnngen.elaborate.words import JOINS, LIKE, OF_ONE
from cnngen.ir import At, Join, Resume
from cnngen.ops import Map, Shape, product_shape, same_size
from cnngen.ops.shapes import POSITIONS
from cnngen.source import Span
from cnngen.syntax import ast
from cnngen.syntax.walk import items_in


def join(walker: Walker, node: ast.Layer, place: Place) -> None:
    """``add a``, ``concat a b``, ``multiply a``: the current value and labelled ones."""
    walker.spend(node.span)
    own = walker.label(node.label, place)
    note_start(walker, node.word)
    labels_, axis_word = parted(node)
    names, values = labels_given(walker, node, labels_, place)
    flow = walker.flow
    before = flow.shape
    if before is None or None in values:
        flow.lose()
        return
    axis = None if axis_word is None else _axis(axis_word, before)
    known = [value for value in values if value is not None]
    rows = [("the current value", before), *zip(_texts(names), known, strict=True)]
    kind = node.word.name

    def differ() -> Diagnostic:
        trails = trails_apart(flow.trail, place.namespace, [name.name for name in names])
        found = _differ(node, rows)
        return found._replace(notes=(*found.notes, *trails))

    if kind == "concat" and axis is not None:
        after = _along(walker, axis, [before, *known], differ)
    elif kind == "concat":
        after = joined(walker, [before, *known], differ)
    else:
        after = _elementwise(walker, kind, [before, *known], differ)
    flow.shape = after
    if after is None:
        return
    labels = tuple(name.name for name in names)
    made = Join("", kind, labels, At(before, after, node.span, walker.step), axis)
    flow.note(Step(node.span, None, before, after))
    walker.add(Unnamed(own, node, made), place)


def parted(
    node: ast.Layer,
) -> tuple[tuple[ast.Expression | ast.Argument, ...], ast.Expression | None]:
    """The labels of a join, and what ``axis=`` of a ``concat`` says."""
    is_axis = [
        isinstance(each, ast.Argument) and each.name.name == "axis" and node.word.name == "concat"
        for each in node.arguments
    ]
    given = [each for each, own in zip(node.arguments, is_axis, strict=True) if own]
    labels = tuple(each for each, own in zip(node.arguments, is_axis, strict=True) if not own)
    if len(given) > 1:
        fail(
            codes.REPEATED_ARGUMENT,
            "`axis` of `concat` is given twice",
            given[1].span,
            "the second time",
            "leave out one of the two",
        )
    return labels, given[0].value if given and isinstance(given[0], ast.Argument) else None


def _axis(expression: ast.Expression, x: Shape) -> int:
    """The axis of positions that a word names, counted from 0."""
    known = POSITIONS[x.axes] if isinstance(x, Map) else ()
    word = expression.name if isinstance(expression, ast.Name) else ""
    if word not in known:
        refuse_axis(expression, known, f"no axis of {x}")
    return known.index(word)


def refuse_axis(expression: ast.Expression, known: Sequence[str], what: str) -> NoReturn:
    """Refuse what is not the name of an axis of positions."""
    fail(
        codes.WRONG_VALUE,
        f"`{expression.span.text}` is {what}",
        expression.span,
        f"expected {listed(known)}" if known else "a vector has none",
        "without `axis=`, channels are joined",
    )


def _along(
    walker: Walker, axis: int, values: Sequence[Shape], differ: Callable[[], Diagnostic]
) -> Shape | None:
    """Values joined along an axis: they are the same but for it."""
    first = values[0]
    assert isinstance(first, Map)

    def others(value: Shape) -> object:
        if not isinstance(value, Map) or value.axes != first.axes:
            return None
        return value.channels, value.sizes[:axis], value.sizes[axis + 1 :]

    if any(others(value) != others(first) for value in values):
        message = "`concat` along an axis cannot join maps that differ in others"
        label = "joined along one axis"
        walker.report(differ()._replace(message=message, label=label, hint=_ALONG))
        return None
    total = sum(value.sizes[axis] for value in values if isinstance(value, Map))
    return first._replace(sizes=(*first.sizes[:axis], total, *first.sizes[axis + 1 :]))


_ALONG = "the maps have the same channels and the same other sizes: a 1x1 convolution, or a pool"


def _elementwise(
    walker: Walker, kind: str, values: list[Shape], differ: Callable[[], Diagnostic]
) -> Shape | None:
    """The shape of what is joined element by element; of a product, factors may be smaller."""
    shape: Shape | None = values[0]
    if kind == "multiply":
        shape = product_shape(values)
    elif not all(same_size(value, values[0]) for value in values):
        shape = None
    if shape is None:
        walker.report(differ())
    return shape


def resume(walker: Walker, node: ast.Layer, place: Place) -> None:
    """``from a``: go on from a labelled value."""
    walker.spend(node.span)
    own = walker.label(node.label, place)
    note_start(walker, node.word)
    names = _names(walker, node, node.arguments, place)
    walker.leave(node.word, place)
    value = label_value(names[0], place.namespace)
    flow = walker.flow
    before = flow.shape
    flow.shape = value
    if value is None or before is None:
        return
    made = Resume("", names[0].name, At(before, value, node.span, walker.step))
    flow.note(Step(node.span, None, before, value))
    walker.add(Unnamed(own, node, made), place)


def labels_given(
    walker: Walker,
    node: ast.Layer,
    arguments: Sequence[ast.Expression | ast.Argument],
    place: Place,
    *,
    sizes_alone: bool = False,
) -> tuple[list[ast.Name], list[Shape | None]]:
    """The labels that these arguments are, and their values, None where a mistake lost one.

    With ``sizes_alone``, what reads them needs no more of a value than its sizes.
    """
    names = _names(walker, node, arguments, place)
    values = [label_value(name, place.namespace, sizes_alone=sizes_alone) for name in names]
    return names, values


def label_given(walker: Walker, node: ast.Layer, place: Place) -> ast.Name:
    """The only label that is named."""
    (name,) = _names(walker, node, node.arguments, place)
    return name


def _names(
    walker: Walker,
    node: ast.Layer,
    arguments: Sequence[ast.Expression | ast.Argument],
    place: Place,
) -> list[ast.Name]:
    """The labels that the arguments are; `up[i]` is the label with that index."""
    check_labels(node, arguments)
    names = [_label(walker, node, argument, place) for argument in arguments]
    if walker.flow.incomplete and not all(_is_known(name, place.namespace) for name in names):
        raise DiagnosticError(FOLLOWS)  # its label may be in what could not be read
    return names


def _is_known(name: ast.Name, namespace: Namespace) -> bool:
    labels = {*namespace.labels, *labels_of(namespace)}
    return parted_label(name.name, labels)[0] in labels


def parted_label(path: str, labels: Collection[str]) -> tuple[str, str]:
    """The label that a path begins with, and what follows: of a group, the path of a label in it.

    A label may have dots in it itself: the longest one counts.
    """
    parts = path.split(".")
    for end in range(len(parts), 1, -1):
        label = ".".join(parts[:end])
        if label in labels:
            return label, ".".join(parts[end:])
    return parts[0], ".".join(parts[1:])


def _label(
    walker: Walker, node: ast.Layer, argument: ast.Expression | ast.Argument, place: Place
) -> ast.Name:
    label = label_read(argument)
    assert label is not None
    if not isinstance(argument, ast.Index):
        return label
    index = walker.values.evaluate(place.scope, argument.position)
    if type(index) is not int or index < 0:
        _no_label(node, argument)
    return ast.Name(argument.span, f"{label.name}{index}")


def check_labels(node: ast.Layer, arguments: Sequence[ast.Expression | ast.Argument]) -> None:
    """Refuse a join without labels, with one that is none, or with more than it takes."""
    for argument in arguments:
        if label_read(argument) is None:
            _no_label(node, argument)
    if not arguments:
        fail(
            codes.MISSING_ARGUMENT,
            f"`{node.word.name}` needs the label of a value before it",
            node.word.span,
            "expected a label",
            f"write it as `{_usage(node)}`"
            + (", or with branches: `concat { ... }`" if node.word.name == "concat" else ""),
        )
    word = node.word.name
    if word in OF_ONE and len(arguments) > 1:
        does = _DOES[word]
        fail(
            codes.EXTRA_ARGUMENT,
            f"`{word}` {does} one value, here are {len(arguments)}",
            arguments[1].span,
            "one argument too many",
            "`concat` and `add` join several" if word == "from" else "write one line for each",
        )


def _no_label(node: ast.Layer, argument: ast.Expression | ast.Argument) -> NoReturn:
    text = argument.span.text
    fail(
        codes.WRONG_VALUE,
        f"`{node.word.name}` takes labels of values before it",
        argument.span,
        "not a label",
        f'a label with a `-` in it stands in quotes: `{_before_label(node)}"{text}"`'
        if QUOTED.fullmatch(text) and "-" in text
        else f"write it as `{_usage(node)}`",
    )


def _usage(node: ast.Layer) -> str:
    if node.word.name in JOINS:
        return JOINS[node.word.name].usage.rsplit(", ", 1)[-1]
    return f"{_before_label(node)}label"


def _before_label(node: ast.Layer) -> str:
    """What a label stands behind."""
    return f"{node.word.name} " + (f"{LIKE}=" if like_of(node) is not None else "")


def _texts(names: list[ast.Name]) -> list[str]:
    return [f"`{name.name}`" for name in names]


def label_value(
    name: ast.Name, namespace: Namespace, path: str = "", *, sizes_alone: bool = False
) -> Shape | None:
    """The value of a label, None where it is unknown because of a mistake before.

    ``path`` leads to the namespace: the groups that it is in, each with a point. With
    ``sizes_alone``, only its size counts as read: its elements are still to be used by something.
    """
    group, inner = parted_label(name.name, namespace.labels)
    labelled: Labelled | None = namespace.labels.get(group)
    if labelled is not None and inner:
        own = ast.Name(name.span, inner)
        return _inside(own, path + group, labelled, sizes_alone=sizes_alone)
    if labelled is not None:
        (namespace.sizes_read if sizes_alone else namespace.read).add(name.name)
        return labelled.value
    labels = labels_of(namespace)
    group, _ = parted_label(name.name, labels)
    if group not in labels:
        unknown_label(ast.Name(name.span, group), namespace, path)
    span, inside = labels[group]
    if "{" in group:
        unknown_label(ast.Name(name.span, group), namespace, path)
    message = f"`{group}` has no value yet: its layer comes later"
    hint = "a value can be read after the line that gives it its label"
    if any(stem_of(each) == group and each != group for each in namespace.labels):
        message = f"`{group}` is the label of several values"
        hint = f"`{group}[0]` is the first of them"
    elif inside:
        message = f"`{group}` is inside of a group"
        hint = _from_outside(group, namespace)
    elif span.source is name.span.source and span.end <= name.span.start:
        message = f"`{group}` has no value here: its layer is on a way that is not taken"
        hint = "read it on that way, or give a value this label on the other, too"
    raise DiagnosticError(
        Diagnostic(
            codes.UNKNOWN_LABEL, message, name.span, "no value", hint,
            related=(Related(span, "the label"),),
        )
    )  # fmt: skip


def _inside(name: ast.Name, group: str, labelled: Labelled, *, sizes_alone: bool) -> Shape | None:
    """The value of a label in a group."""
    if labelled.inside is None:
        fail(
            codes.UNKNOWN_LABEL,
            f"`{group}` is no group: there are no labels in it",
            name.span,
            "no value",
            "a block's values stay in it; those of a group, `label: { ... }`, can be read outside",
        )
    labelled.inside.outside = name.span
    refuse_ambiguous(group, labelled.inside)
    return label_value(name, labelled.inside, f"{group}.", sizes_alone=sizes_alone)


def refuse_ambiguous(group: str, inside: Namespace) -> None:
    """Refuse to read a value in a group that is applied several times."""
    if inside.outside is None or inside.again is None:
        return
    raise DiagnosticError(
        Diagnostic(
            codes.REUSE_MISMATCH,
            f"`{group}` is applied more than once: which value of it is read outside?",
            inside.outside,
            "several values",
            hint=f"read what the group gives, `{group}`, or put what is read into a group alone",
            related=(Related(inside.again, "applied again here"),),
        )
    )


def _from_outside(label: str, namespace: Namespace) -> str:
    """How a label in a group is read from outside of it."""
    for name, labelled in namespace.labels.items():
        if labelled.inside is not None and label in labelled.inside.labels:
            return f"its name is `{written_label(name)}.{label}` here"
    return "give the group a label, `name: { ... }`: its values are `name.label` outside of it"


def unknown_label(name: ast.Name, namespace: Namespace, group: str = "") -> NoReturn:
    """Refuse a label that nothing has, here or in a group with labels as ``group.label``."""
    known = [group + written_label(label) for label in namespace.labels]
    hint = _without_label(name.name, namespace) or did_you_mean(
        group + written_label(name.name), known, f"labels here: {listed(known)}" if known else ""
    )
    fail(
        codes.UNKNOWN_LABEL,
        f"no value here has the label `{group}{name.name}`",
        name.span,
        "unknown label",
        hint or "a label stands before a layer: `enc1: conv 64 3x3`",
    )


def _without_label(name: str, namespace: Namespace) -> str:
    """What to say of a layer that has this name without a label, or of a label outside."""
    if name in naming_of(namespace.named, top=namespace.top).names.values():
        return f"only labels can be read: write `{name}: ...` before that layer"
    for label in labels_of(namespace):
        if "{" in label and (label == name or re.fullmatch(label_pattern(label), name)):
            return f"a value whose label has numbers in braces, as `{label}`, is not read by it"
    around = namespace.around
    while around is not None:
        if name in around.labels and namespace.is_head:
            return "a side head reads no labels outside of it: `output` returns a group that may"
        if name in around.labels:
            return f"a group does not read what is outside of it: join `{name}` after the group"
        around = around.around
    return ""


def labels_of(namespace: Namespace) -> dict[str, tuple[Span, bool]]:
    """The labels of a namespace's body, looked for once: a mistake in a loop asks again."""
    if namespace.written is None:
        namespace.written = _labels(namespace.body)
    return namespace.written


def _labels(body: ast.Body) -> dict[str, tuple[Span, bool]]:
    """Every label in a body, and whether it is in a group; of equal ones the last and nearest."""
    found: dict[str, tuple[Span, bool]] = {}
    for own in input_labels(body):
        found[own.name.name] = (own.span, False)
    for item, inside in items_in(body):
        label = getattr(item, "label", None)
        if label is not None:
            found.setdefault(label.name.name, (label.span, inside))
    return found


def _differ(node: ast.Layer, rows: Sequence[tuple[str, Shape]]) -> Diagnostic:
    shown = "\n".join(f"{text}: {shape}" for text, shape in rows)
    word = node.word.name
    differ, label, hint = _DIFFER.get(word, _ELEMENTS)
    shapes = [shape for _, shape in rows]
    if word not in ("multiply", "concat") and product_shape(shapes) is not None:
        hint = "a value with 1 in place of some sizes is a factor: only `multiply` takes it"
    return Diagnostic(
        codes.JOIN_MISMATCH,
        f"`{word}` cannot join values of {differ}",
        node.span,
        label,
        hint=hint,
        notes=(shown,),
    )


_DOES = {"from": "goes on from", "reuse": "applies", "subtract": "takes away"}
"""What is done with one value."""

_ELEMENTS = (
    "different shapes",
    "they are joined element by element",
    "a convolution of 1x1 makes channels alike, its `stride` or pooling sizes",
)
_DIFFER = {
    "add": (
        "different shapes",
        "they are added element by element",
        "a projection makes shapes alike: `residual { ... }` inserts it by itself",
    ),
    "concat": (
        "different height or width",
        "they are joined on channels",
        "`resize like=label` gives one the size of the other; a pool or `pad` may, too",
    ),
    "multiply": (
        "these shapes",
        "they are multiplied element by element",
        "a factor has the size of the whole or 1 on each axis: `avgpool global` gives 1x1xC, "
        "`conv 1 1x1` HxWx1",
    ),
}
"""What is wrong with the shapes of values, what is done with them, and a hint."""
