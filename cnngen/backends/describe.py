"""What docstrings of generated code say of a network."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.backends.base import mac_count, parameter_count
from cnngen.backends.code import number, readable
from cnngen.ir import Module, Network, width
from cnngen.ops import Shape

ShapeText = Callable[[Shape, str | None], str]
"""A shape with the batch, in the order of a target; the text stands for the channels."""


def module_docstring(module: Module, framework: str) -> str:
    """The comment at the head of the file, else the names of its networks."""
    names = ", ".join(network.name for network in module.networks)
    return readable(module.description) or f"{names} for {framework}."


def network_docstring(network: Network, shape_text: ShapeText) -> str:
    """Description, shapes and size."""
    given = shape_text(network.body.input, None)
    result = shape_text(network.body.output, width(network.body))
    size = (
        f"{parameter_count(network):,} parameters, "
        f"{mac_count(network):,} multiply-accumulates per input"
    )
    if network.parameters:
        size += ", with the default arguments"
    description = readable(network.description) or f"The network {network.name}."
    return f"{description}\n\nInput: {given}. Output: {result}.\n\n{size}."


def parameters_code(network: Network) -> list[str]:
    """The constructor's parameters with their types and defaults."""
    return [
        f"{p.name}: float = {number(p.default)}"
        if isinstance(p.default, float)
        else f"{p.name}: int = {p.default}"
        for p in network.parameters
    ]
