"""Checks of names that all backends make, each with its own list of names that are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from cnngen.diagnostics import Diagnostic, codes
from cnngen.ir import Instance, Item, Module, Residual, SideHead, distinct, paths
from cnngen.source import Span


def reserved_globals(
    module: Module, taken: Collection[str], target: str, of_heads: str
) -> Iterator[Diagnostic]:
    """Networks whose name the generated module itself uses.

    ``of_heads`` ends the name of the class that comes with a network that has side heads.
    """
    headed = [n for n in module.networks if any(isinstance(i, SideHead) for i in n.body.items)]
    own = {f"{name}{of_heads}" for n in headed for name in (n.name, n.base.name)}
    for network in module.networks:
        if network.name in taken or network.name in own:
            yield _reserved("network", network.name, network.span, target)


def reserved_parameters(
    module: Module, taken: Collection[str], target: str
) -> Iterator[Diagnostic]:
    """Parameters whose name the generated code itself uses.

    Those of blocks, those that stay a network's, and all of a network of which there are variants:
    these may be what the class that they share takes.
    """
    networks = {network.name for network in module.networks}
    bases = Counter(network.base.span for network in module.networks)
    for network in module.networks:
        shared = network.base.parameters if bases[network.base.span] > 1 else ()
        uses = (item.block for item in distinct(network.body) if isinstance(item, Instance))
        blocks = {block.span: block for block in uses}.values()
        given = [(p.name, p.span) for p in network.parameters]
        given += [(p.name, p.span) for p in shared]
        given += [(p.name, p.span) for block in blocks for p in block.parameters]
        for name, span in given:
            if name in taken or name in networks:
                yield _reserved("parameter", name, span, target)


def reserved_labels(module: Module, taken: Collection[str], target: str) -> Iterator[Diagnostic]:
    """Labels that are attributes of the classes that the generated code builds on."""
    for network in module.networks:
        for _, item in paths(network.body):
            if item.name in taken:
                yield _reserved("label", item.name, _label_span(item), target)
            elif isinstance(item, Residual) and item.path_name in taken:
                yield _reserved("shortcut", item.path_name, item.span, target)


def reserved_heads(module: Module, taken: Collection[str], target: str) -> Iterator[Diagnostic]:
    """Side heads whose name the outputs of a network have otherwise."""
    for network in module.networks:
        for item in network.body.items:
            if isinstance(item, SideHead) and item.name in taken:
                yield _reserved("side head", item.name, item.span, target)


def _label_span(item: Item) -> Span:
    """The label stands at the item's start."""
    start = item.span.start
    return Span(item.span.source, start, start + len(item.name))


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
