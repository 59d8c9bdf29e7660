"""Checks of names that all backends make, each with its own list of names that are taken."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cnngen.diagnostics import Diagnostic, codes
from cnngen.ir import Instance, Item, Module, children
from cnngen.source import Span


def reserved_globals(module: Module, taken: Collection[str], target: str) -> Iterator[Diagnostic]:
    """Networks whose name the generated module itself uses."""
    for network in module.networks:
        if network.name in taken:
            yield _reserved("network", network.name, network.span, target)


def reserved_parameters(
    module: Module, taken: Collection[str], target: str
) -> Iterator[Diagnostic]:
    """Parameters whose name the generated constructor itself uses."""
    networks = {network.name for network in module.networks}
    for network in module.networks:
        for parameter in network.parameters:
            if parameter.name in taken or parameter.name in networks:
                yield _reserved("parameter", parameter.name, parameter.span, target)


def reserved_labels(module: Module, taken: Collection[str], target: str) -> Iterator[Diagnostic]:
    """Labels that are attributes of the classes that the generated code builds on."""
    for network in module.networks:
        for item in _items(network.body):
            if item.name in taken:
                yield _reserved("label", item.name, _label_span(item), target)


def _label_span(item: Item) -> Span:
    """The label stands at the item's start."""
    start = item.span.start
    return Span(item.span.source, start, start + len(item.name))


def _items(item: Item) -> Iterator[Item]:
    """The items in an item, those of blocks once for each use."""
    inside = item.body.items if isinstance(item, Instance) else children(item)
    for child in inside:
        yield child
        yield from _items(child)


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
