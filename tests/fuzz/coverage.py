"""What a source has of the language, and what all sources together have to have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

from cnngen import std
from cnngen.elaborate import Choice, elaborate
from cnngen.elaborate.words import JOINS, REGIONS, SHORTCUTS
from cnngen.ir import Instance, Layer, Network, Residual, paths
from cnngen.ops import LAYERS, Map, Vector, parameters
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse

NOT_DRAWN = {ast.Broken}
"""Nodes that no valid source has."""

KINDS = {
    "a constructor's parameter",
    "a block used again",
    "a block in a block",
    "a block with other arguments",
    "a block of two networks",
    "a label in quotes",
    "a label of an input",
    "a label read by its index",
    "a name for a shortcut",
    "a vector as input",
    "a map as output",
    "an output stated",
}
"""What has no node or layer of its own."""


def required() -> set[str]:
    """All that has to be seen."""
    nodes = (ast.Expression, ast.Statement, ast.Item, ast.Definition)
    found = {f"node {node.__name__}" for union in nodes for node in get_args(union)}
    found -= {f"node {node.__name__}" for node in NOT_DRAWN}
    found |= {f"layer {word}" for word in LAYERS}
    for word, cls in LAYERS.items():
        found |= {f"argument {word} {name}" for name in parameters(cls)}
        found |= {f"word {name} {w}" for name, p in parameters(cls).items() for w in p.kind.words}
    found |= {f"shortcut {mode}" for mode in (*SHORTCUTS, "path")}
    found |= {f"region {word}" for word in REGIONS} | {f"join {word}" for word in JOINS}
    found |= {f"use {name}" for name in std.names()}
    return found | KINDS


def seen(text: str) -> Counter[str]:
    """How often a valid source has what is required."""
    source = Source("seen.cnn", text)
    file, _ = parse(source)
    found = Counter(key for node in _nodes(file) for key in _of_node(node))
    networks = elaborate(file, Choice())[0].networks
    for network in networks:
        found.update(_of_network(network))
    used = Counter(block for network in networks for block in _blocks(network))
    found["a block of two networks"] += sum(count > 1 for count in used.values())
    return +found


def _nodes(value: Any) -> Iterator[Any]:
    """Every node of a tree."""
    if isinstance(value, Source) or not isinstance(value, tuple):
        return
    if hasattr(value, "_fields"):
        yield value
    for part in value:
        yield from _nodes(part)


def _of_node(node: Any) -> Iterator[str]:
    yield f"node {type(node).__name__}"
    if _quoted(node):
        yield "a label in quotes"
    if isinstance(node, ast.Use):
        yield f"use {node.target}"
    elif isinstance(node, ast.Region):
        yield f"region {node.word.name}"
        if any(
            isinstance(a, ast.Argument) and a.name.name == "shortcut_name" for a in node.arguments
        ):
            yield "a name for a shortcut"
    elif isinstance(node, ast.Input) and node.label is not None:
        yield "a label of an input"
    elif isinstance(node, ast.Line) and node.shape is not None:
        yield "an output stated"
    elif isinstance(node, ast.Layer):
        yield from _of_layer(node)


def _quoted(node: Any) -> bool:
    label = getattr(node, "label", None)
    return label is not None and label.quoted


def _of_layer(node: ast.Layer) -> Iterator[str]:
    word = node.word.name
    if word in JOINS:
        yield f"join {word}"
        if any(isinstance(a, ast.Index) for a in node.arguments):
            yield "a label read by its index"
    elif word in LAYERS:
        yield f"layer {word}"
        names = list(parameters(LAYERS[word]))
        for place, argument in enumerate(node.arguments):
            name = argument.name.name if isinstance(argument, ast.Argument) else names[place]
            yield f"argument {word} {name}"
            value = argument.value if isinstance(argument, ast.Argument) else argument
            if isinstance(value, ast.Name):
                yield f"word {name} {value.name}"


def _of_network(network: Network) -> Iterator[str]:
    if network.parameters:
        yield "a constructor's parameter"
    if isinstance(network.body.at.input, Vector):
        yield "a vector as input"
    if isinstance(network.body.at.output, Map):
        yield "a map as output"
    used: dict[str, list[object]] = {}
    for path, item in paths(network.body):
        if isinstance(item, Residual):
            yield f"shortcut {item.mode}"
        elif isinstance(item, Layer):
            yield from _words(item)
        elif isinstance(item, Instance):
            yield from _of_use(item, path, used)


def _blocks(network: Network) -> set[str]:
    return {item.block.name for _, item in paths(network.body) if isinstance(item, Instance)}


def _words(layer: Layer) -> Iterator[str]:
    for name, parameter in parameters(type(layer.op)).items():
        value = getattr(layer.op, name)
        if value in parameter.kind.words:
            yield f"word {name} {value}"


def _of_use(item: Instance, path: str, used: dict[str, list[object]]) -> Iterator[str]:
    arguments = dict(item.arguments)
    before = used.setdefault(item.block.name, [])
    if before:
        yield "a block used again"
    if any(other != arguments for other in before):
        yield "a block with other arguments"
    before.append(arguments)
    if any(isinstance(inner, Instance) for _, inner in paths(item.body)):
        yield "a block in a block"
