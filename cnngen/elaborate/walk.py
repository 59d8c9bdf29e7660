"""What each item of a line does: the table that the walker goes by."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.elaborate import blocks, control, joins, layers, regions, resize_like
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.layer_values import layer_of
from cnngen.elaborate.naming import like_of
from cnngen.elaborate.outputs import output
from cnngen.elaborate.place import Place
from cnngen.elaborate.reuse import reuse
from cnngen.elaborate.sums import as_residual
from cnngen.elaborate.walker import Handler, Walker
from cnngen.elaborate.words import JOINS, REGIONS
from cnngen.ops import LAYERS
from cnngen.syntax import ast


def _layer(walker: Walker, node: ast.Layer, place: Place) -> None:
    """A word without a body: a layer, a join, or a block."""
    word = node.word.name
    if like_of(node) is not None:
        resize_like.resize(walker, node, place)
    elif word in LAYERS:
        layers.layer(walker, node, place)
    elif word in JOINS:
        _JOINS.get(word, joins.join)(walker, node, place)
    elif word in walker.blocks:
        blocks.call(walker, node, place, walker.blocks[word])
    elif word in REGIONS:
        _no_body(node)
    elif word in place.scope:
        _value(walker, node, place)
    else:
        layers.unknown(walker, node, place, list(walker.blocks))


def _value(walker: Walker, node: ast.Layer, place: Place) -> None:
    """A name that stands for a layer."""
    value = place.scope.find(node.word.name)
    if value is None:  # because of a mistake before
        walker.flow.lose()
        walker.keep(walker.label(node.label, place), place)
        return
    meant = layer_of(node, value)
    layers.note_start(walker, node.word)
    if meant is not None:
        layers.layer(walker, meant, place, node)
    else:
        walker.keep(walker.label(node.label, place), place)


_JOINS: dict[str, Callable[[Walker, ast.Layer, Place], None]] = {
    "from": joins.resume,
    "output": output,
    "reuse": reuse,
}
"""What takes labels and is no join."""


def _region(walker: Walker, node: ast.Region, place: Place) -> None:
    """A word with a body."""
    word = node.word.name
    if word in REGIONS:
        regions.region(walker, node, place)
    elif word in LAYERS or word in walker.blocks or word in JOINS:
        _body_extra(node)
    else:
        layers.unknown(walker, node, place, list(walker.blocks))


def _no_body(node: ast.Layer) -> NoReturn:
    word = node.word.name
    fail(
        codes.BODY_MISSING,
        f"`{word}` needs a body in braces",
        node.word.span,
        "expected `{ ... }` after it",
        f"write it as `{REGIONS[word].usage}`",
    )


def _body_extra(node: ast.Region) -> NoReturn:
    word = node.word.name
    found = Diagnostic(
        codes.BODY_EXTRA,
        f"`{word}` takes no body",
        node.word.span,
        "has no `{ ... }`",
        "a comma or a new line starts what follows it",
    )
    raise DiagnosticError(as_residual(found, node) if word == "add" else found)


ITEMS: dict[type, Callable[..., None] | Handler] = {
    ast.Layer: _layer,
    ast.Region: _region,
    ast.Group: control.group,
    ast.Repeat: control.repeat,
    ast.For: control.for_,
    ast.If: control.if_,
}
