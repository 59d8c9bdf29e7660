"""What docstrings of generated code say of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cnngen.backends.base import mac_count, parameter_count
from cnngen.backends.code import number, readable
from cnngen.backends.sharing import network_context
from cnngen.formula import Formula
from cnngen.ir import Block, Module, Network
from cnngen.ops import Shape
from cnngen.passes.projection import inserted

ShapeText = Callable[[Shape, Formula | None], str]
"""A shape with the batch, in the order of a target; the formula stands for the channels."""


INSERTED = "Inserted on shortcuts whose shapes differ (parameters; multiply-accumulates):"


def module_docstring(module: Module, framework: str) -> str:
    """The comment at the head of the file, else the names of its networks."""
    names = ", ".join(network.name for network in module.networks)
    return readable(module.description) or f"{names} for {framework}."


def network_docstring(network: Network, shape_text: ShapeText) -> str:
    """Description, shapes and size."""
    given = shape_text(network.body.input, None)
    channels = network_context(network).formula(network.body.channels)
    result = shape_text(network.body.output, channels)
    size = (
        f"{parameter_count(network):,} parameters, "
        f"{mac_count(network):,} multiply-accumulates per input"
    )
    if network.parameters:
        size += ", with the default arguments"
    description = readable(network.description) or f"The network {network.name}."
    paragraphs = [description, f"Input: {given}. Output: {result}.", f"{size}."]
    projections = list(_projections(network))
    if projections:
        paragraphs.append("\n".join([INSERTED, *projections]))
    return "\n\n".join(paragraphs)


def _projections(network: Network) -> Iterator[str]:
    """What was inserted: where, from which shape to which, and at what cost."""
    for path, residual, parameters, macs in inserted(network):
        yield f"- {path}: {residual.input} -> {residual.output} ({parameters:,}; {macs:,})"


def block_docstring(block: Block, shapes: Sequence[str]) -> str:
    """Description, and the shapes where they are the same for all uses."""
    description = readable(block.description) or f"The block `{block.name}`."
    if not shapes:
        return description
    return f"{description}\n\nInput: {shapes[0]}. Output: {shapes[1]}."


def parameters_code(network: Network) -> list[str]:
    """The constructor's parameters with their types and defaults."""
    return [
        f"{p.name}: float = {number(p.default)}"
        if isinstance(p.default, float)
        else f"{p.name}: int = {p.default}"
        for p in network.parameters
    ]
