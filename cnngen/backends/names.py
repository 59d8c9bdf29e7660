"""Checks of names that all backends make, each with its own list of names that are taken."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cnngen.diagnostics import Diagnostic, codes
from cnngen.elaborate.naming import head_name, shortcut_name
from cnngen.ir import (
    MAIN,
    Block,
    Module,
    Output,
    has_named_outputs,
    side_heads,
    used_blocks,
)
from cnngen.source import Span
from cnngen.syntax import ast
from cnngen.syntax.walk import items_in


def reserved_globals(
    module: Module, taken: Collection[str], target: str, *endings: str
) -> Iterator[Diagnostic]:
    """Networks whose name the generated module itself uses.

    ``endings`` are those of the names that come with a network which has several outputs.
    """
    several = [n for n in module.networks if side_heads(n) or has_named_outputs(n)]
    names = {name for network in several for name in (network.name, network.base.name)}
    own = {name + ending for name in names for ending in endings}
    for network in module.networks:
        if network.name in taken or network.name in own:
            yield _reserved("network", network.name, network.span, target)


def reserved_parameters(
    module: Module, taken: Collection[str], target: str
) -> Iterator[Diagnostic]:
    """Parameters of networks and of blocks that they use whose name the code itself uses."""
    networks = {network.name for network in module.networks}
    for block in _definitions(module):
        for name, _, span in block.parameters:
            if name in taken or name in networks:
                yield _reserved("parameter", name, span, target)


def reserved_labels(
    module: Module, taken: Collection[str], target: str, inside: Collection[str] = ()
) -> Iterator[Diagnostic]:
    """Labels that are attributes of the classes that the generated code builds on.

    ``inside`` are those of what holds the modules that labels with dots name.
    """
    for block in _definitions(module):
        for item, _ in items_in(block.node.body):
            label: ast.Label | None = getattr(item, "label", None)
            if label is not None:
                first, *others = label.name.name.split(".")
                used = [first] if first in taken else [p for p in others if p in inside]
                if used:
                    yield _reserved("label", used[0], label.name.span, target)
            if not isinstance(item, ast.Region):
                continue
            for what, named in (("shortcut", shortcut_name(item)), ("side head", head_name(item))):
                if named is not None and named.name in taken:
                    yield _reserved(what, named.name, named.span, target)


def _definitions(module: Module) -> Iterator[Block]:
    """Networks and the blocks that they use."""
    return used_blocks(network.base for network in module.networks)


def reserved_heads(module: Module, taken: frozenset[str], target: str) -> Iterator[Diagnostic]:
    """Side heads and outputs whose name the outputs of a network have otherwise."""
    for network in module.networks:
        for head in side_heads(network):
            if head.name in taken:
                yield _reserved("side head", head.name, head.at.span, target)
        for item in network.body.items:
            if isinstance(item, Output):
                for label in item.labels:
                    if label in taken - {MAIN}:
                        yield _reserved("output", label, item.at.span, target)


def _reserved(what: str, name: str, span: Span, target: str) -> Diagnostic:
    return Diagnostic(
        codes.NAME_RESERVED,
        f"the {target} module uses `{name}` itself, so no {what} can have this name",
        span,
        "taken",
        hint=f"choose another name, for example `my_{name}`"
        if what != "network"
        else f"choose another name, for example `{name}Net`",
    )
