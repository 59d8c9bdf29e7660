"""What is in a body, without recursion: braces may be nested deeper than the stack."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.syntax import ast


def items_in(body: ast.Body) -> Iterator[tuple[ast.Item, bool]]:
    """The items in a body, the last first, each with whether it stands in a group."""
    waiting: list[tuple[ast.Body | ast.Item, bool]] = [(body, False)]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, ast.Layer):  # has nothing in it
            yield node, inside
            continue
        if not isinstance(node, ast.Body):
            yield node, inside
        named = isinstance(node, ast.Region) and node.label is not None
        inside = inside or named or isinstance(node, ast.Group)
        waiting += [(part, inside) for part in _parts(node)]


def _parts(node: ast.Body | ast.Item) -> Iterator[ast.Body | ast.Item]:
    """The items of a body, the bodies of an item."""
    if isinstance(node, ast.Body):
        for statement in node.statements:
            if isinstance(statement, ast.Line):
                yield from statement.items
    else:
        for part in (getattr(node, "body", None), getattr(node, "otherwise", None)):
            if part is not None:
                yield part


def bodies_of(item: ast.Item) -> Iterator[ast.Body]:
    """The bodies right inside of an item; of a condition, those of each way."""
    rest: ast.Item | ast.Body | None = item
    while rest is not None:
        if isinstance(rest, ast.Body):
            yield rest
            return
        body = getattr(rest, "body", None)
        if body is not None:
            yield body
        rest = getattr(rest, "otherwise", None)


def bodies_in(body: ast.Body) -> Iterator[ast.Body]:
    """A body and every body in it."""
    waiting = [body]
    while waiting:
        body = waiting.pop()
        yield body
        for statement in body.statements:
            if isinstance(statement, ast.Line):
                waiting += [inner for item in statement.items for inner in bodies_of(item)]
