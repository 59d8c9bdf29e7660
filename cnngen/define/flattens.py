"""Whether the order in which a map is flattened shows must not depend on values.

A dense layer takes the features in any order, since its weights go along; see
:mod:`cnngen.passes.flatten_order`, which decides it for the values of each network.
"""

from __future__ import annotations

from cnngen.define.symbols import OpenError
from cnngen.definition import Body, For, If, Layer, Let, Repeat, nodes, parts
from cnngen.expressions import Expression, names
from cnngen.ops import Dense, Flatten


def check_flattens(body: Body) -> None:
    """Refuse a condition or a loop between a flatten and what tells whether its order shows.

    Raises:
        OpenError: it has to know what they depend on.
    """
    for each in _bodies(body):
        flattened = False
        for node in each.nodes:
            if isinstance(node, Layer):
                op = node.op
                flattened = isinstance(op, Flatten) or (
                    flattened and not isinstance(op, Dense) and not op.reads_order
                )
            elif isinstance(node, (If, Repeat, For)):
                if flattened:
                    raise OpenError(names(_decides(node)), "how a map is flattened depends on it")
            elif not isinstance(node, Let):
                flattened = False


def _decides(node: If | Repeat | For) -> Expression:
    if isinstance(node, If):
        return node.condition
    return node.times if isinstance(node, Repeat) else node.values


def _bodies(body: Body) -> list[Body]:
    """The body, and those of groups and of other nodes in it."""
    found = [body]
    for node in nodes(body):
        found += parts(node)
    return found


__all__ = ["check_flattens"]
