"""Which layers and sums may put their output in their input's place.

They may where nothing else reads the input, and no gradient is worked out from it: it is the
fresh output of an op whose own gradient does not need it. The input of a definition belongs to
whoever uses it.
"""

from __future__ import annotations

from collections.abc import Collection

from cnngen.define.bias import labels_applied, labels_read
from cnngen.definition import (
    Body,
    Branch,
    Branches,
    For,
    Gate,
    Group,
    If,
    Join,
    Layer,
    Let,
    Node,
    Repeat,
    Residual,
    Use,
    label_of,
    rebuild,
)
from cnngen.expressions import is_constant

JOINED = ("auto", "identity", "projection", "pad", "path")
"""Shortcuts that always add something."""


def overwrite(body: Body, free: bool = False, exports: Collection[str] = ()) -> tuple[Body, bool]:
    """The body, a namespace of its own, with what may overwrite its input marked.

    ``free`` says whether what comes in may be overwritten; the answer, whether what goes out may.
    ``exports`` are the labels in it that are read outside.
    """
    return _Marker(labels_read(body).union(exports), labels_applied(body)).body(body, free)


class _Marker:
    def __init__(self, read: frozenset[str], applied: frozenset[str]) -> None:
        self.read = read
        self.applied = applied

    def body(self, body: Body, free: bool) -> tuple[Body, bool]:
        made: list[Node] = []
        for node in body.nodes:
            own = free and label_of(node) not in self.applied  # it may get others' values
            marked, free = self._node(node, own)
            made.append(marked)
            free = free and label_of(marked) not in self.read
        return body._replace(nodes=tuple(made)), free

    def _node(self, node: Node, free: bool) -> tuple[Node, bool]:
        if isinstance(node, Let):
            return node, free
        if isinstance(node, Layer):
            overwrites = free and node.op.may_overwrite
            return node._replace(overwrites=overwrites), not node.op.keeps_output
        if isinstance(node, Use):
            return node, node.callee.overwritable
        if isinstance(node, Group):
            body, free = overwrite(node.body, free, node.exports)
            return node._replace(body=body), free
        if isinstance(node, If):
            first, a = self.body(node.body, free)
            second, b = self.body(node.otherwise, free)
            return node._replace(body=first, otherwise=second), a and b
        if isinstance(node, (Repeat, For)):
            body, end = self.body(node.body, False)
            return node._replace(body=body), free and end
        if isinstance(node, Residual):
            body, end = self.body(node.body, False)
            beside = {
                name: item and self._node(item, False)[0]
                for name, item in (("path", node.path), ("padding", node.padding))
            }
            marked = node._replace(body=body, overwrites=end, **beside)  # type: ignore[arg-type]
            always = is_constant(node.mode) and node.mode in JOINED
            return marked, always or end
        return self._inside(node), isinstance(node, (Branch, Branches, Gate, Join))

    def _inside(self, node: Node) -> Node:
        return rebuild(
            node, lambda part: self.body(part, False)[0], lambda item: self._node(item, False)[0]
        )


__all__ = ["overwrite"]
