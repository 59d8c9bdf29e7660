"""Gives every label of a source another name, wherever the label stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cnngen.elaborate.naming import like_of
from cnngen.elaborate.words import JOINS
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text

Rename = Callable[[str], str]


def renamed(text: str, rename: Rename) -> str:
    """The source with its labels renamed: those before items, those that joins and side heads
    name, and those of shortcuts.
    """
    file, found = parse(Source("net.cnn", text))
    assert not found
    return to_text(_rebuilt(file, rename))


def _rebuilt(node: Any, rename: Rename) -> Any:
    if type(node) is tuple:
        return tuple(_rebuilt(part, rename) for part in node)
    if not hasattr(node, "span") and not isinstance(node, ast.File):
        return node
    made = type(node)(*(_rebuilt(part, rename) for part in node))
    return _CHANGES[type(made)](made, rename) if type(made) in _CHANGES else made


def _name(node: Any, rename: Rename) -> Any:
    """A label that is read; ``up[i]`` and one in quotes are, too."""
    if isinstance(node, ast.Literal) and isinstance(node.value, str):
        return node._replace(value=rename(node.value))
    if isinstance(node, ast.Index):
        return node._replace(value=_name(node.value, rename))
    if isinstance(node, ast.Name):  # of a value in a group, each part
        return node._replace(name=".".join(map(rename, node.name.split("."))))
    return node


def _label(node: ast.Label, rename: Rename) -> ast.Label:
    if node.pieces:  # what is in braces is no part of the name
        parts = re.findall(r"\{.*?\}|[^{]+", node.name.name)
        text = "".join(part if part.startswith("{") else rename(part) for part in parts)
        return node._replace(name=node.name._replace(name=text))
    return node._replace(name=_name(node.name, rename))


def _argument(node: ast.Argument, rename: Rename) -> ast.Argument:
    if node.name.name != "shortcut_name":
        return node
    return node._replace(value=_name(node.value, rename))


def _join(node: ast.Layer, rename: Rename) -> ast.Layer:
    like = like_of(node)
    if like is not None:
        other = like._replace(value=_name(like.value, rename))
        return node._replace(arguments=tuple(other if a is like else a for a in node.arguments))
    if node.word.name not in JOINS:
        return node
    return node._replace(arguments=tuple(_name(argument, rename) for argument in node.arguments))


def _side_head(node: ast.Region, rename: Rename) -> ast.Region:
    if node.word.name != "aux":
        return node
    name, *others = node.arguments
    return node._replace(arguments=(_name(name, rename), *others))


_CHANGES: dict[type, Callable[[Any, Rename], Any]] = {
    ast.Label: _label,
    ast.Argument: _argument,
    ast.Layer: _join,
    ast.Region: _side_head,
}
