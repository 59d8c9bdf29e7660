"""What a source has of the language, and what all sources together have to have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

from cnngen import shipped
from cnngen.choice import Choice
from cnngen.elaborate import elaborate
from cnngen.elaborate.layer_values import NONE, LayerWord
from cnngen.elaborate.naming import label_read, like_of
from cnngen.elaborate.scope import Word
from cnngen.elaborate.words import JOINS, REGIONS, SHORTCUTS
from cnngen.ir import (
    Block,
    Branches,
    Chain,
    Gate,
    Input,
    Instance,
    Item,
    Layer,
    Network,
    Output,
    Residual,
    Reuse,
    heads_in,
    inputs,
    layers,
    paths,
)
from cnngen.losses import LOSSES
from cnngen.ops import LAYERS, BatchNorm, Map, Vector, parameters, same_size
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from cnngen.syntax.walk import items_in
from fuzz.strategies.layers import LABELLED

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
    "several inputs",
    "inputs of several sizes",
    "inputs of several axes",
    "an input that is a map and one that is a vector",
    "an input in the middle of a network",
    "several outputs",
    "an output with a loss",
    "an output with a weight",
    "an output without a loss",
    "an input as output",
    *(f"{what} applied again" for what in ("a layer", "a block", "a group", "a region")),
    *(f"applied again in {where}" for where in ("a loop", "a residual", "branches", "a block")),
    "applied again to another size",
    "applied again more than once",
    "a batch norm applied again",
    "the size of a labelled value",
    "a value of a group",
    "a value of a group in a group",
    "a value of a group gone on from",
    "a side head in a group",
    "a side head in a group in a group",
    "a layer as a value",
    "a layer with arguments as a value",
    "no layer as a value",
    "a layer as a value of a network",
    "a layer passed on to a block",
}
"""What has no node or layer of its own."""


def required() -> set[str]:
    """All that has to be seen."""
    nodes = (ast.Expression, ast.Statement, ast.Item, ast.Definition)
    found = {f"node {node.__name__}" for union in nodes for node in get_args(union)}
    found -= {f"node {node.__name__}" for node in NOT_DRAWN}
    found |= {f"layer {word}" for word in LAYERS}
    for word, cls in LAYERS.items():
        drawn = {name: p for name, p in parameters(cls).items() if name not in LABELLED}
        found |= {f"argument {word} {name}" for name in drawn}
        found |= {f"word {name} {w}" for name, p in drawn.items() for w in p.kind.words}
    found |= {f"shortcut {mode}" for mode in (*SHORTCUTS, "path")}
    found |= {f"region {word}" for word in REGIONS} | {f"join {word}" for word in JOINS}
    found |= {f"loss {word}" for word in LOSSES}
    found |= {f"use {name}" for name in shipped.names(shipped.STD)}
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
    if isinstance(node, ast.Block):
        yield from _passed_on(node)
    if isinstance(node, (ast.Repeat, ast.For)) and _applies(node.body):
        yield "applied again in a loop"
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
        for name in filter(None, map(label_read, node.arguments)):
            if "." in name.name:
                yield "a value of a group"
                yield from ["a value of a group in a group"] * (name.name.count(".") > 1)
                yield from ["a value of a group gone on from"] * (word == "from")
    elif word in LAYERS:
        if like_of(node) is not None:
            yield "the size of a labelled value"
        yield f"layer {word}"
        names = list(parameters(LAYERS[word]))
        for place, argument in enumerate(node.arguments):
            name = argument.name.name if isinstance(argument, ast.Argument) else names[place]
            yield f"argument {word} {name}"
            value = argument.value if isinstance(argument, ast.Argument) else argument
            if isinstance(value, ast.Name):
                yield f"word {name} {value.name}"


def _applies(body: ast.Body) -> bool:
    """Whether something is applied again in a body."""
    words = (getattr(item, "word", None) for item, _ in items_in(body))
    return any(word is not None and word.name == "reuse" for word in words)


def _passed_on(node: ast.Block) -> Iterator[str]:
    """Whether a block gives a layer that it is given to a block in it."""
    own = {p.name.name for p in node.parameters if _is_layer_written(p.default)}
    for inner, _ in items_in(node.body):
        for argument in getattr(inner, "arguments", ()):
            value = argument.value if isinstance(argument, ast.Argument) else None
            if isinstance(value, ast.Name) and value.name in own:
                yield "a layer passed on to a block"


def _is_layer_written(expression: ast.Expression | None) -> bool:
    word = expression.function if isinstance(expression, ast.Call) else expression
    return isinstance(word, ast.Name) and word.name in LAYERS


def _of_network(network: Network) -> Iterator[str]:
    yield from _of_ends(network)
    if any(_is_used_layer(network.base, *each) for each in network.values.items()):
        yield "a layer as a value of a network"
    again = Counter(item.label for _, item in paths(network.body) if isinstance(item, Reuse))
    if max(again.values(), default=0) > 1:
        yield "applied again more than once"
    for path, _ in heads_in(network.body):
        if "." in path:
            yield "a side head in a group" + " in a group" * (path.count(".") > 1)
    if network.parameters:
        yield "a constructor's parameter"
    if isinstance(network.body.at.input, Vector):
        yield "a vector as input"
    if isinstance(network.body.at.output, Map):
        yield "a map as output"
    used: dict[str, list[object]] = {}
    found = dict(paths(network.body))
    for path, item in found.items():
        if isinstance(item, Residual):
            yield f"shortcut {item.mode}"
            yield from ["applied again in a residual"] * _holds_reuse(item)
        elif isinstance(item, Layer):
            yield from _words(item)
        elif isinstance(item, Branches):
            yield from ["applied again in branches"] * _holds_reuse(item)
        elif isinstance(item, Reuse):
            yield from _of_reuse(item, found[path.removesuffix(item.name) + item.label])
        elif isinstance(item, Instance):
            yield from _of_use(item, path, used)


def _of_ends(network: Network) -> Iterator[str]:
    """What is there of inputs and outputs."""
    shapes = list(inputs(network).values())
    if len(shapes) > 1:
        yield "several inputs"
    maps = [shape for shape in shapes if isinstance(shape, Map)]
    if len({shape.axes for shape in maps}) > 1:
        yield "inputs of several axes"
    if len({shape.sizes for shape in maps}) > 1:
        yield "inputs of several sizes"
    if maps and len(maps) < len(shapes):
        yield "an input that is a map and one that is a vector"
    kinds = [isinstance(item, Input) for item in network.body.items]
    if True in kinds[kinds.index(False) :]:
        yield "an input in the middle of a network"
    returned = [item for item in network.body.items if isinstance(item, Output)]
    if sum(len(item.labels) for item in returned) > 1:
        yield "several outputs"
    for item in returned:
        yield f"loss {item.loss}" if item.loss else "an output without a loss"
        yield from ["an output with a loss"] * bool(item.loss)
        yield from ["an output with a weight"] * (item.weight != 1)
        yield from ["an input as output"] * bool(inputs(network).keys() & set(item.labels))


def _of_reuse(item: Reuse, first: Item) -> Iterator[str]:
    """What is applied again after it stood at ``first``."""
    what = {Layer: "a layer", Instance: "a block"}.get(type(first), "a group")
    if isinstance(first, Chain) and isinstance(first.items[0], (Residual, Branches, Gate)):
        what = "a region"
    yield f"{what} applied again"
    if not same_size(first.at.input, item.item.at.input):
        yield "applied again to another size"
    if any(isinstance(layer.op, BatchNorm) for _, layer in layers(first)):
        yield "a batch norm applied again"


def _holds_reuse(item: Item) -> bool:
    """Whether something is applied again in an item."""
    return any(isinstance(inner, Reuse) for _, inner in paths(item))


def _is_used_layer(block: Block, name: str, value: object) -> bool:
    """Whether a parameter's value is a layer, as which its name stands in the definition."""
    return name in block.words and isinstance(value, Word)


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
    if _holds_reuse(item.body):
        yield "applied again in a block"
    for name, value in arguments.items():
        if _is_used_layer(item.block, name, value):
            yield "no layer as a value" if value == NONE else "a layer as a value"
            yield from ["a layer with arguments as a value"] * isinstance(value, LayerWord)
