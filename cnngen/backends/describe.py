"""What docstrings of generated code say of a network."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.backends.base import mac_count, parameter_count
from cnngen.backends.code import number, readable
from cnngen.ir import Module, Network, layers, width
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
    real = _real_parameters(network)
    return [
        f"{p.name}: float = {number(float(p.default))}"
        if p.name in real
        else f"{p.name}: int = {p.default}"
        for p in network.parameters
    ]


def _real_parameters(network: Network) -> set[str]:
    """Those that layers take as a number with a fraction, whole though the default may be."""
    return {
        parameter
        for _, layer in layers(network.body)
        for field, parameter in layer.symbols.items()
        if isinstance(getattr(layer.op, field), float)
    }
