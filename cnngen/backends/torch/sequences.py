"""Which bodies are plain sequences of modules, and what is in them."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen import definition as d
from cnngen.backends import lower as low
from cnngen.define.bias import labels_read
from cnngen.definition import Body, Name

Items = d.Layer | d.Use | d.Group


def is_sequence(body: Body) -> bool:
    """Whether ``nn.Sequential`` does what the body does.

    Beside names of its own it cannot: there each turn of a loop adds to a list.
    """
    plain = (d.Layer, d.Use, d.Group, d.Let, d.Repeat, d.For, d.If)
    inside = list(d.open_nodes(body))
    lists = any(name.looped and name.position is None for node in inside for name in d.names(node))
    held = any("." in name.text for node in inside for name in d.names(node))
    if (lists and not body.numbered) or held or any(map(is_bare, inside)):
        return False
    return all(isinstance(node, plain) for node in inside) and not labels_read(body)


def is_bare(node: d.Node) -> bool:
    """Whether a layer is a parameter of the class, and no module."""
    return isinstance(node, d.Layer) and node.op.needs_label


def is_sequence_of(group: d.Group) -> bool:
    """Whether ``nn.Sequential`` does what a group does, which gives one value."""
    return not group.exports and is_sequence(group.body)


def is_simple(body: Body) -> bool:
    """Whether the modules of a sequence can stand as arguments, one after another."""
    return all(
        is_expression(node)
        or (
            isinstance(node, d.Repeat)
            and len(node.body.nodes) == 1
            and body.numbered
            and is_expression(node.body.nodes[0])
        )
        for node in body.nodes
    )


def is_expression(node: d.Node) -> bool:
    """Whether one expression makes the module of a node: no statements need to build it."""
    if isinstance(node, d.Group):
        return not is_sequence_of(node) or is_simple(node.body)
    return isinstance(node, (d.Layer, d.Use))


def has_turns(node: d.Node) -> bool:
    """Whether a shortcut stands in a loop, each turn of which decides on its own."""
    return isinstance(node, d.Residual) and node.path_name.looped


def module_names(node: d.Node) -> Iterator[Name]:
    """The names of the modules that a node makes itself."""
    if isinstance(node, (d.Layer, d.Use, d.Group)):
        yield node.name
    elif isinstance(node, d.Residual) and low.shortcut_kind(node) in low.WITH_PATH:
        yield node.path_name


def leading(body: Body) -> tuple[Items, ...]:
    """The items that a body begins with."""
    found: list[Items] = []
    for node in body.nodes:
        if not isinstance(node, (d.Layer, d.Use, d.Group)):
            break
        if node.name.position is not None or not is_expression(node):
            break
        found.append(node)
    return tuple(found)
