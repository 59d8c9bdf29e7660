"""Sums of branches in definitions: what each layer gives is added, and used for nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cnngen.define.inference.bodies import Namespace, is_identity, places
from cnngen.definition import (
    Body,
    Group,
    If,
    Join,
    Layer,
    Let,
    Name,
    Node,
    Output,
    Resume,
    Reuse,
    open_nodes,
)
from cnngen.ops import BatchNorm, Conv
from cnngen.record import NamedTuple
from cnngen.source import Span


class Branch(NamedTuple):
    """A layer that is applied to the value from which the branches start.

    ``node`` is the layer, or a group of it alone; ``path`` is its name where the sum is.
    ``is_certain`` unless a condition decides whether it is there.
    """

    layer: Layer
    node: Layer | Group
    path: str
    is_certain: bool = True


class Sum(NamedTuple):
    """What branches give, added; and the value that they start from, so many times."""

    branches: tuple[Branch, ...]
    inputs: int

    def plus(self, other: Sum) -> Sum | None:
        """Both added; None where something is in both."""
        own = {id(branch.node) for branch in self.branches}
        twice = any(id(branch.node) in own for branch in other.branches)
        if twice or self.inputs + other.inputs > 1:
            return None
        return Sum((*self.branches, *other.branches), self.inputs + other.inputs)


VALUE = Sum((), 1)


class Run(NamedTuple):
    """Nodes that come to a sum and to nothing else, and the places of all of them."""

    sum: Sum
    spans: frozenset[Span]


def runs(body: Body, namespace: Namespace) -> Iterator[list[Run]]:
    """By the place where branches start, the runs of nodes from there, the shortest first."""
    for start, node in enumerate(body.nodes):
        label = _label(node)
        if label and label in namespace.read:
            yield list(_from(label, body.nodes[start + 1 :], namespace))


def _from(label: str, row: Sequence[Node], namespace: Namespace) -> Iterator[Run]:
    value: Sum | None = VALUE
    known = {label: VALUE}
    for end, node in enumerate(row, 1):
        value = _after(node, value, known)
        if value is None:
            return
        body = Body(tuple(row[:end]))
        if _is_whole(value, body) and not _is_used(body, namespace):
            yield Run(value, frozenset(places(open_nodes(body))))


def _is_whole(value: Sum, body: Body) -> bool:
    """Whether everything that is worked out is added once."""
    made = [each for each in open_nodes(body) if isinstance(each, (Layer, Group))]
    nodes = {id(branch.node) for branch in value.branches}
    return len(nodes) == len(value.branches) == sum(not is_identity(each) for each in made)


def _is_used(body: Body, namespace: Namespace) -> bool:
    """Whether something reads or applies again what is in a body, but the body itself."""
    made = {_label(node) for node in open_nodes(body)}
    elsewhere = Counter(_reads(namespace.body)) - Counter(_reads(body))
    return not made.isdisjoint({*elsewhere, *namespace.exports, *namespace.applied})


def _reads(body: Body) -> Iterator[str]:
    for node in open_nodes(body):
        if isinstance(node, (Join, Output)):
            yield from (label.text for label in node.labels)
        elif isinstance(node, (Resume, Reuse)):
            yield node.label.text


def _label(node: Node) -> str:
    """The name of a node; empty where it has none that is the same in each turn of a loop."""
    name = getattr(node, "name", None)
    return name.text if isinstance(name, Name) and _is_fixed(name) else ""


def _is_fixed(name: Name) -> bool:
    return not name.looped and name.position is None and "." not in name.text


def _after(node: Node, value: Sum | None, known: dict[str, Sum]) -> Sum | None:
    """What the value is after a node; None where it is no sum of branches."""
    if value is None:
        return None
    if isinstance(node, Let):  # what it computes is not the value
        return value
    if isinstance(node, If):
        return None if node.otherwise.nodes else _perhaps(node.body, value, known)
    made = _given(node, value, known)
    if made is None or not _label(node):
        return None
    known[_label(node)] = made
    return made


def _perhaps(body: Body, value: Sum, known: Mapping[str, Sum]) -> Sum | None:
    """What the value is after a body that may be skipped, which may only add branches to it."""
    made: Sum | None = value
    inside = dict(known)
    for node in body.nodes:
        made = _after(node, made, inside)
    if made is None or made.inputs != value.inputs or not {*value.branches} <= {*made.branches}:
        return None
    more = (each for each in made.branches if each not in value.branches)
    return value.plus(Sum(tuple(each._replace(is_certain=False) for each in more), 0))


def _given(node: Node, value: Sum, known: Mapping[str, Sum]) -> Sum | None:
    if isinstance(node, Resume):
        return known.get(node.label.text) if _is_fixed(node.label) else None
    if isinstance(node, Join):
        return _added(node, value, known)
    if is_identity(node):
        return value
    branch = _branch(node) if value == VALUE else None
    return None if branch is None else Sum((branch,), 0)


def _added(join: Join, value: Sum, known: Mapping[str, Sum]) -> Sum | None:
    if join.kind != "add" or not all(map(_is_fixed, join.labels)):
        return None
    made: Sum | None = value
    for label in join.labels:
        if made is None or label.text not in known:
            return None
        made = made.plus(known[label.text])
    return made


def _branch(node: Node) -> Branch | None:
    """The branch that a node is: a layer, or a group of one."""
    if isinstance(node, Layer):
        return Branch(node, node, node.name.text) if _is_linear(node) else None
    if not isinstance(node, Group) or node.exports:
        return None
    items = [each for each in enumerate(node.body.nodes) if not is_identity(each[1])]
    if len(items) != 1:
        return None
    place, layer = items[0]
    name = str(place) if node.body.numbered else _label(layer)
    if not isinstance(layer, Layer) or not name or not _is_linear(layer):
        return None
    return Branch(layer, node, f"{node.name.text}.{name}")


def _is_linear(layer: Layer) -> bool:
    return type(layer.op) in (Conv, BatchNorm)
